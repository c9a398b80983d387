"""Comments and reactions of ours."""

from __future__ import annotations

from typing import Any

from bot.domain import intents
from bot.github import answertext, chaintext, replytext, texts
from bot.github.errors import Gone, NoInstallation, NotFound
from bot.github.mirror import ensure_comment, ensure_reaction
from bot.jobs import pictures
from bot.jobs.errors import GiveUp
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, Project, WorkChain
from bot.webhooks.commands import VERBS

NOBODY_THERE = (Gone, NoInstallation, NotFound)

PAUSES = {
    "foreign_commit": "there is a commit on the branch that is not mine",
    "project": "the project is paused",
}


def comment(work: Work) -> None:
    """Post a comment once; where the issue or the App is gone, nobody is left to read it."""
    local_id: str = work.args["local_id"]
    with work.note() as tx:
        project = tx.get_one(Project, work.args["project_id"])
        row, since = intents.intend(tx, "comment", local_id, project.repository_id or 0)
        if row.state == "made":
            return
    body = _text(work, project)
    if body is None:
        return
    try:
        there = ensure_comment(
            work.tools.repo(project, issues="write"),
            secret=work.tools.secret,
            issue_number=work.args["number"],
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
    """Put a reaction on a comment; GitHub itself keeps it to one of each kind."""
    with work.db.read() as tx:
        project = tx.get_one(Project, work.args["project_id"])
    try:
        repo = work.tools.repo(project, issues="write")
        ensure_reaction(repo, content=work.args["content"], comment_id=work.args["comment_id"])
    except NOBODY_THERE:
        return


def _text(work: Work, project: Project) -> str | None:
    """What is to be said; None where there is no reason for it any more."""
    values: dict[str, Any] = work.args["values"]
    match work.args["text"]:
        case "help":
            return texts.help_answer(VERBS.values(), work.tools.app.slug, values["level"])
        case "unknown_verb":
            return texts.unknown_verb(values["line"], values["nearest"])
        case "not_allowed":
            return texts.refused(values["line"], values["needed"], values["level"])
        case "undecided":
            return texts.undecided(values["line"])
        case "not_started":
            return texts.not_started(values["line"], values["reason"])
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
    return chaintext.paused(PAUSES.get(chain.paused_reason or "", "somebody paused it"))
