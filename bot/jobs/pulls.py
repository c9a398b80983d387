"""Brings a chain's pull request to what the chain is now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.domain import chain_results, intents, rounds, threads
from bot.github import chaintext
from bot.github.chaintext import Chain, Conclusion
from bot.github.checks import ensure_check_run
from bot.github.errors import Unprocessable
from bot.github.pulls import ensure_pull_request, mark_ready
from bot.github.recovery import Made
from bot.jobs import agent, pictures
from bot.jobs.making import ensure
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, GithubObject, Project, WorkChain

TURNING_POINTS = ("completed", "failed", "paused")


def show(work: Work) -> None:
    """Open the draft once something was pushed, keep its table and check run current, and mark it ready at the end."""
    with work.note() as tx:
        chain = tx.get_one(WorkChain, work.args["chain_id"])
        project = tx.get_one(Project, chain.project_id)
        agent.must_be_allowed(project)
        repository_url = f"{work.tools.config.github_server_url}/{project.name}"
        picture = pictures.chain_of(tx, project, chain, repository_url)
        session = tx.get(AnsweringSession, chain.answering_session_id or "")
        shared = session is not None and session.branch == chain.branch_name
        local_id = session.id if session is not None and shared else chain.id
        # the text is the chain's from now on, also where the round of questions opened the pull request
        intents.intend(tx, "chain_body", chain.branch_name, project.repository_id or 0)
    if chain.head is None and not shared:
        return
    try:
        pull = _pull(work, project, chain, picture, local_id)
    except Unprocessable as refused:
        with work.finish() as tx:
            chain_results.not_shown(tx.get_one(WorkChain, chain.id), str(refused))
        return
    _checks(work, project, chain, picture)
    with work.finish() as tx:
        kept = tx.get_one(WorkChain, chain.id)
        kept.pull_request_number, kept.pull_request_url = pull.number, pull.url
        chain_results.shown(kept)
        rounds.follow(tx, project, kept)
        if chain.status in TURNING_POINTS:
            worked = len([item for item in picture.items if item.state != "pending"])
            key = f"chain.{chain.id}.{chain.status}.{chain.foreign_head or worked}"
            threads.say(tx, project, pull.number or 0, key, "chain", chain_id=chain.id)


def not_shown(tx: Session, args: dict[str, Any], error: str) -> None:
    """The last try failed: the chain says why."""
    chain_results.not_shown(tx.get_one(WorkChain, args["chain_id"]), error)


def _pull(work: Work, project: Project, chain: WorkChain, picture: Chain, local_id: str) -> GithubObject:
    repo = work.tools.repo(project, pull_requests="write", contents="write", issues="write")
    body = chaintext.chain_body(picture)

    def make(row: GithubObject, since: datetime | None) -> Made:
        return ensure_pull_request(
            repo, secret=work.tools.secret, local_id=local_id, number=row.number, recover_since=since,
            head=chain.branch_name, base=chain.base_branch or project.default_branch or "main",
            title=chaintext.chain_title(picture), body=body,
        )  # fmt: skip

    pull = ensure(work, project, "pull", local_id, body, make)
    if chain.status == "completed" and chain.head and pull.node_id:
        mark_ready(repo, pull.node_id)
    return pull


def _checks(work: Work, project: Project, chain: WorkChain, picture: Chain) -> None:
    """A check run on each commit that was the chain's last one; only that on the last tells how it stands."""
    if chain.head is None:
        return
    with work.db.read() as tx:
        before = intents.begun(tx, "check", f"{chain.id}.")
    told = dict.fromkeys(before, chaintext.went_on())
    for local_id, output in (told | {f"{chain.id}.{chain.head}": chaintext.check_output(picture)}).items():
        _check(work, project, local_id, *output)


def _check(
    work: Work, project: Project, local_id: str, conclusion: Conclusion | None, title: str, summary: str
) -> None:
    chain_id, _, commit = local_id.partition(".")

    def make(row: GithubObject, since: datetime | None) -> Made:
        return ensure_check_run(
            work.tools.repo(project, checks="write"), external_id=f"chain.{chain_id}",
            name=chaintext.CHECK_NAME, head_sha=commit, check_run_id=row.number, recover_since=since,
            conclusion=conclusion, title=title, summary=summary,
        )  # fmt: skip

    ensure(work, project, "check", local_id, f"{conclusion} {title} {summary}", make)
