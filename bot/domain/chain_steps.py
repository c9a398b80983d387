"""How a chain goes on: from one issue to the next, and to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answers, mirror, runs, states, workflows
from bot.domain.errors import Conflict
from bot.store import clock, outbox
from bot.store.db import lock
from bot.store.models import ChainItem, Issue, Project, Run, WorkChain

OPEN_TO_FIX = ("open", "failed")
BETWEEN_EDITS = timedelta(seconds=20)


def items(tx: Session, chain_ids: Sequence[str]) -> dict[str, list[ChainItem]]:
    """By chain: its items, in order."""
    query = select(ChainItem).where(ChainItem.chain_id.in_(chain_ids)).order_by(ChainItem.position)
    found: dict[str, list[ChainItem]] = {chain_id: [] for chain_id in chain_ids}
    for item in tx.scalars(query):
        found[item.chain_id].append(item)
    return found


def current(tx: Session, chain: WorkChain) -> ChainItem | None:
    """The item that is worked now."""
    return next((item for item in items(tx, [chain.id])[chain.id] if item.status == "running"), None)


def run_of(tx: Session, project: Project, item: ChainItem) -> Run:
    """The item's last run."""
    return runs.get(tx, project.id, item.run_id or "")


def show(tx: Session, project: Project, chain: WorkChain) -> None:
    """Have GitHub brought to what the chain is now, once it has started; while it goes on not too often."""
    if project.repository_id and project.mode == "live" and chain.started_at:
        goes_on = chain.status == "running" and chain.pull_request_number is not None
        outbox.add(
            tx, "show_chain", lane=f"pull:{chain.branch_name}:{project.id}", key=f"show_chain:{chain.id}",
            due_at=clock.now() + BETWEEN_EDITS if goes_on else None, chain_id=chain.id,
        )  # fmt: skip


def go_on(tx: Session, project: Project, chain: WorkChain, action: str) -> None:
    """Start or resume. Raises Conflict while another chain works the same branch."""
    must_be_alone(tx, chain)
    states.move_chain(chain, action)
    chain.error, chain.started_at = None, chain.started_at or clock.now()
    if chain.head and chain.foreign_head:
        chain.head = chain.foreign_head
    chain.foreign_head = None
    for item in waiting(tx, chain):
        states.move_item(item, "return")
    go_to_next(tx, project, chain)


def go_to_next(tx: Session, project: Project, chain: WorkChain) -> None:
    """Work the next item, or end."""
    tx.flush()
    all_items = items(tx, [chain.id])[chain.id]
    for item in all_items:
        if item.status != "pending":
            continue
        # locked: of two chains with this issue only one works it
        issue = tx.get_one(Issue, item.issue_id, with_for_update=True, populate_existing=True)
        if issue.deleted_at or issue.status not in OPEN_TO_FIX:
            why = f"the issue is {'deleted' if issue.deleted_at else issue.status}"
            states.move_item(item, "skip", error=why)
            continue
        if answers.blocking(tx, project.id, {issue.id}):
            states.move_item(item, "wait")
            states.move_chain(chain, "pause", reason="needs_answer")
            show(tx, project, chain)
            return
        if stopped := _stopped(tx, project, chain):
            fail(tx, project, chain, stopped)
            return
        show(tx, project, chain)
        _work(tx, project, chain, item, issue)
        return
    failed = [item for item in all_items if item.status == "failed"]
    if failed:
        fail(tx, project, chain, f"{len(failed)} of {len(all_items)} issues failed.")
    else:
        states.move_chain(chain, "complete")
        show(tx, project, chain)
        if chain.head and chain.answering_session_id:
            outbox.add(tx, "tidy", lane=f"chain:{chain.id}", key=f"tidy:{chain.id}", chain_id=chain.id)


def _stopped(tx: Session, project: Project, chain: WorkChain) -> str | None:
    """Why nothing more can be worked now, where the repository's own configuration says so."""
    if workflows.find(project, chain.workflow_id) is None:
        return f"Workflow {chain.workflow_id} is not in the repository's configuration any more."
    return runs.spent(tx, project)


def _work(tx: Session, project: Project, chain: WorkChain, item: ChainItem, issue: Issue) -> None:
    template = workflows.get(project, chain.workflow_id).template_id
    run = runs.queue(tx, project, "fix", template, issue_id=issue.id, chain_id=chain.id)
    states.move_item(item, "work")
    item.run_id = issue.run_id = run.id
    states.move(issue, "run_started")
    mirror.show_soon(tx, project, [issue.id])
    outbox.add(tx, "fix", lane=f"chain:{chain.id}", key=f"fix:{run.id}", run_id=run.id)


def cancel(tx: Session, project: Project, chain: WorkChain) -> None:
    """End it; the run in hand stops at its next word, what was pushed stays."""
    states.move_chain(chain, "cancel")
    for item in items(tx, [chain.id])[chain.id]:
        if item.status in ("running", "waiting"):
            give_back(tx, project, item)
    show(tx, project, chain)


def pause(
    tx: Session, project: Project, chain: WorkChain, reason: str, *, foreign: str | None = None
) -> None:
    """Let nothing more be worked until it is resumed; the item in hand begins anew then.

    `foreign`: somebody else's commit that is the reason. Raises Conflict unless the chain runs.
    """
    states.move_chain(chain, "pause", reason=reason)
    chain.foreign_head = foreign
    if item := current(tx, chain):
        give_back(tx, project, item)
    show(tx, project, chain)


def give_back(tx: Session, project: Project, item: ChainItem) -> None:
    """The item is not worked now; its run stops at its next word."""
    if item.run_id and runs.is_live(tx, item.run_id):
        runs.end(run_of(tx, project, item), "cancelled")
    states.move_item(item, "return")
    issue_moves(tx, project, item, "returned")


def fail(tx: Session, project: Project, chain: WorkChain, error: str) -> None:
    states.move_chain(chain, "fail")
    chain.error = error
    show(tx, project, chain)


def issue_moves(
    tx: Session, project: Project, item: ChainItem, action: str, *, reason: str | None = None
) -> None:
    """Move the item's issue, and every other that was linked to its run."""
    if item.run_id is None:
        return
    query = select(Issue).where(Issue.project_id == project.id, Issue.run_id == item.run_id)
    for issue in tx.scalars(query.with_for_update()):
        if states.allows(issue, action):
            states.move(issue, action, reason=reason)
            mirror.show(tx, project, issue)
        elif action == "merged" and issue.resolution == "closed":
            # GitHub closes the issue by the same merge, and may tell of that first
            issue.resolution = "merged"


def waiting(tx: Session, chain: WorkChain) -> list[ChainItem]:
    return [item for item in items(tx, [chain.id])[chain.id] if item.status == "waiting"]


def must_be_alone(tx: Session, chain: WorkChain) -> None:
    if other := rival(tx, chain):
        raise Conflict(f"Chain {other} works on {chain.branch_name} now; wait for it.", "chainId")


def rival(tx: Session, chain: WorkChain) -> str | None:
    """The chain that works on this one's branch; none can begin to before the transaction ends."""
    lock(tx, f"branch:{chain.project_id}:{chain.branch_name}")
    query = select(WorkChain.id).where(
        WorkChain.project_id == chain.project_id, WorkChain.branch_name == chain.branch_name,
        WorkChain.status == "running", WorkChain.id != chain.id,
    )  # fmt: skip
    return tx.scalars(query).first()
