"""What became of a chain's issue in hand, and of its pull request."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, runs, states
from bot.domain import chain_steps as steps
from bot.store.models import ChainItem, Project, WorkChain

NOT_SHOWN = "GitHub does not show it in a pull request"


def pushed(
    tx: Session,
    project: Project,
    chain: WorkChain,
    item: ChainItem,
    commit: str,
    summary: str,
    head: str | None = None,
    verified: str | None = None,
) -> None:
    """The item's commit is on the branch; `head`: with others of ours on top of it; `verified`: by which command."""
    run = steps.run_of(tx, project, item)
    runs.end(run, "completed", outcome="done", summary=summary, verified=verified)
    run.commit = commit
    states.move_item(item, "push")
    item.commit, chain.head = commit, head or commit
    steps.issue_moves(tx, project, item, "fix_pushed")
    if project.repository_id is None:
        steps.issue_moves(tx, project, item, "merged")
    steps.go_to_next(tx, project, chain)


def changed_nothing(tx: Session, project: Project, chain: WorkChain, item: ChainItem, why: str) -> None:
    """There was nothing to do for this item, and why; no commit is made."""
    runs.end(steps.run_of(tx, project, item), "completed", outcome="no_change", summary=why)
    states.move_item(item, "change_nothing", error=why)
    steps.issue_moves(tx, project, item, "returned")
    steps.go_to_next(tx, project, chain)


def went_wrong(tx: Session, project: Project, chain: WorkChain, item: ChainItem, error: str) -> None:
    """The item failed: the chain stops there, or goes on where it is told to."""
    runs.end(steps.run_of(tx, project, item), "failed", outcome="failed", error=error)
    states.move_item(item, "fail", error=error)
    steps.issue_moves(tx, project, item, "run_failed", reason=error)
    if chain.on_failure == "continue":
        steps.go_to_next(tx, project, chain)
    else:
        steps.fail(tx, project, chain, f"Issue {item.position} failed: {error}")


def needs_answer(
    tx: Session,
    project: Project,
    chain: WorkChain,
    item: ChainItem,
    found: list[dict[str, Any]],
    summary: str,
    commit: str | None = None,
) -> None:
    """The agent asks before it goes on, about `commit`: the chain waits for a session of its own."""
    runs.end(steps.run_of(tx, project, item), "completed", outcome="needs_answer", summary=summary)
    states.move_item(item, "wait")
    steps.issue_moves(tx, project, item, "returned")
    session = answering.create(
        tx, project, created_by=chain.created_by, issue_ids=[item.issue_id], agent=False
    )
    session.agent, session.commit = True, commit
    session.pull_request_number, session.pull_request_url = chain.pull_request_number, chain.pull_request_url
    answering.asked(tx, project, session, [{**one, "issue_ids": [item.issue_id]} for one in found])
    states.move_chain(chain, "pause", reason="needs_answer")
    steps.show(tx, project, chain)


def issue_gone(tx: Session, project: Project, chain: WorkChain, item: ChainItem, why: str) -> None:
    """Nothing is to be done about the issue any more: what its run came to is not pushed."""
    runs.end(steps.run_of(tx, project, item), "cancelled", summary=why)
    states.move_item(item, "return")
    states.move_item(item, "skip", error=why)
    steps.go_to_next(tx, project, chain)


def pull_request_closed(
    tx: Session, project: Project, number: int, *, merged: bool, head: str | None = None
) -> None:
    """The chain's pull request was merged at `head`: its issues are done; or closed: they are open again.

    Work that goes on ends with a merge, and pauses when it is closed.
    """
    query = select(WorkChain).where(
        WorkChain.project_id == project.id, WorkChain.pull_request_number == number
    )
    for chain in tx.scalars(query.with_for_update()):
        if merged:
            _merged(tx, project, chain, head)
        else:
            _closed(tx, project, chain)


def _merged(tx: Session, project: Project, chain: WorkChain, head: str | None) -> None:
    done = [item for item in steps.items(tx, [chain.id])[chain.id] if item.status == "done"]
    commits = [item.commit for item in done]
    # what was pushed after the merge is not in it
    last = commits.index(head) if head in commits else len(done)
    for place, item in enumerate(done):
        steps.issue_moves(tx, project, item, "merged" if place <= last else "returned")
    if chain.status in states.CHAIN["cancel"][0]:
        steps.cancel(tx, project, chain)
        chain.error = (
            f"Pull request #{chain.pull_request_number} was merged before all was worked; "
            "make a new chain for what is left."
        )


def _closed(tx: Session, project: Project, chain: WorkChain) -> None:
    for item in steps.items(tx, [chain.id])[chain.id]:
        if item.status == "done":
            steps.issue_moves(tx, project, item, "returned")
    if chain.status == "running":
        steps.pause(tx, project, chain, "person")
        chain.error = (
            f"Pull request #{chain.pull_request_number} was closed; reopen it, then resume the chain."
        )


def pull_request_reopened(tx: Session, project: Project, number: int) -> None:
    """The chain's pull request is open again: what it fixes is proposed once more."""
    query = select(WorkChain).where(
        WorkChain.project_id == project.id, WorkChain.pull_request_number == number
    )
    for chain in tx.scalars(query.with_for_update()):
        for item in steps.items(tx, [chain.id])[chain.id]:
            if item.status == "done":
                steps.issue_moves(tx, project, item, "proposed_again")


def not_shown(chain: WorkChain, error: str) -> None:
    """GitHub takes no pull request for the chain, and why; what was pushed stays."""
    chain.error = f"{NOT_SHOWN}: {error}"


def shown(chain: WorkChain) -> None:
    """GitHub shows the chain as it stands."""
    if (chain.error or "").startswith(NOT_SHOWN):
        chain.error = None
