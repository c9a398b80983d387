"""Comments and reactions of ours."""

from __future__ import annotations

from typing import Any

from bot.domain import commands, intents, standing, threads
from bot.domain.verbs import VERBS
from bot.github import answertext, chaintext, commandtext, replytext, statustext, texts
from bot.github.errors import Gone, NotFound
from bot.github.mirror import ensure_comment
from bot.github.reactions import ensure_reaction
from bot.jobs import pictures
from bot.jobs.errors import GiveUp, Later
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, Project, WorkChain

NOBODY_THERE = (Gone, NotFound)


def comment(work: Work) -> None:
    """Post a comment once; where the issue is gone, nobody is left to read it."""
    local_id: str = work.args["local_id"]
    number: int = work.args["number"]
    with work.db.read() as tx:
        project = tx.get_one(Project, work.args["project_id"])
        known = intents.find(tx, "comment", local_id)
        wait = 0.0 if known else threads.wait(tx, project, number)
    if known is not None and known.state == "made":
        return
    if wait:
        raise Later(wait, "enough was said in this thread for now")
    body = _text(work, project)
    if body is None:
        return
    repo = work.tools.repo(project, issues="write")
    repo.take_turn(creates=True)
    with work.note() as tx:
        row, since = intents.intend(tx, "comment", local_id, repo.repository_id)
        row.thread = number
    try:
        there = ensure_comment(
            repo,
            secret=work.tools.secret,
            issue_number=number,
            local_id=local_id,
            comment_id=None,
            recover_since=since,
            body=body,
        )
    except NOBODY_THERE:
        return
    with work.finish() as tx:
        intents.made(tx, "comment", local_id, there.number, there.node_id)


def react(work: Work) -> None:
    """Put a reaction on a text; GitHub itself keeps it to one of each kind."""
    with work.db.read() as tx:
        project = tx.get_one(Project, work.args["project_id"])
    try:
        repo = work.tools.repo(project, issues="write", pull_requests="write")
        ensure_reaction(
            repo, source=work.args["source"], number=work.args["number"], content=work.args["content"]
        )
    except NOBODY_THERE:
        return


def _text(work: Work, project: Project) -> str | None:
    """What is to be said; None where there is no reason for it any more."""
    values: dict[str, Any] = work.args["values"]
    match work.args["text"]:
        case "help":
            return _help(work, project, values["level"])
        case "status":
            return _status(work, project, values["user_id"])
        case "refused":
            return commandtext.refused(values["line"], values["refusal"])
        case "own_answers":
            return commandtext.own_answers(values["questions"])
        case "plan":
            return commandtext.plan(values)
        case "dry_run":
            return commandtext.dry_run(values["line"], values["would"], values["plan"])
        case "scan_finished":
            issues_url = f"{work.tools.config.github_server_url}/{project.name}/issues"
            counts = texts.ScanCounts(**values["counts"])
            return texts.scan_finished(
                counts, commit=values["commit"], issues_url=issues_url, summary=values["summary"]
            )
        case "scan_failed":
            return texts.scan_failed(values["error"])
        case "dismissed":
            return texts.dismissed(values["reason"], values["comment"])
        case "gone":
            return texts.gone(values["before"], values["commit"])
        case "found_again":
            return texts.back(values["commit"])
        case "receipt":
            return _receipt(work, project, values["session_id"])
        case "reminder":
            return _reminder(work, values["session_id"], values["last"])
        case "chain":
            return _turning_point(work, project, values["chain_id"])
        case unknown:
            raise GiveUp(f"there is no text {unknown}")


def _help(work: Work, project: Project, level: str) -> str:
    verbs = [(verb.usage, verb.does, commands.needed(project, verb)) for verb in VERBS.values()]
    return commandtext.help_answer(verbs, work.tools.app.slug, level)


def _status(work: Work, project: Project, user_id: int) -> str:
    with work.db.read() as tx:
        now, last = standing.of(tx, project), commands.last_refused(tx, project, user_id)
    refused = (last.written, last.refusal or {}) if last else None
    return statustext.status(now.trouble, now.running, now.waiting, refused)


def _receipt(work: Work, project: Project, session_id: str) -> str:
    with work.db.read() as tx:
        session = tx.get_one(AnsweringSession, session_id)
        return answertext.receipt(
            pictures.questions_of(tx, session),
            session_id=session.id,
            commit=session.commit,
            digest=session.answers_digest or "",
            repository_url=f"{work.tools.config.github_server_url}/{project.name}",
        )


def _reminder(work: Work, session_id: str, last: bool) -> str | None:
    with work.db.read() as tx:
        session = tx.get_one(AnsweringSession, session_id)
        asked = pictures.questions_of(tx, session)
    if session.status != "active" or all(question.status != "pending" for question in asked):
        return None
    return replytext.reminder(asked, asked_by=session.created_by, last=last)


def _turning_point(work: Work, project: Project, chain_id: str) -> str:
    with work.db.read() as tx:
        chain = tx.get_one(WorkChain, chain_id)
        picture = pictures.chain_of(
            tx, project, chain, f"{work.tools.config.github_server_url}/{project.name}"
        )
    if picture.state == "completed":
        return chaintext.finished(picture)
    if picture.state == "failed":
        return chaintext.failed(picture)
    if chain.paused_reason == "needs_answer":
        return chaintext.waiting([])
    return chaintext.paused(picture.reason)
