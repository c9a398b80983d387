"""Work chains: issues worked in order, one commit each, on one branch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.domain import answering, issues, mirror, questions, runs, states, workflows
from bot.domain.branches import branch_name_error
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.pages import Page, page
from bot.store import clock, outbox
from bot.store.db import lock
from bot.store.models import AnsweringSession, ChainItem, Issue, Project, Run, WorkChain

OPEN_TO_FIX = ("open", "failed")


def create(
    tx: Session,
    project: Project,
    *,
    title: str,
    issue_ids: Sequence[str],
    created_by: str,
    description: str = "",
    workflow_id: str = workflows.DEFAULT,
    github_repo_url: str | None = None,
    branch_name: str | None = None,
    base_branch: str | None = None,
    on_failure: str = "stop",
    answering_session_id: str | None = None,
) -> WorkChain:
    """A chain that waits to be started. Raises Invalid or NotFound, with the field."""
    workflows.get(project, workflow_id)
    if github_repo_url is not None and not is_repository(project, github_repo_url):
        raise Invalid(f"This key belongs to {project.name}; leave githubRepoUrl out.", "githubRepoUrl")
    for issue_id in issue_ids:
        issues.get(tx, project.id, issue_id, field="issueIds")
    session = None
    if answering_session_id is not None:
        session = answering.get(tx, project.id, answering_session_id, field="answeringSessionId")
    for name, field in ((branch_name, "branchName"), (base_branch, "baseBranch")):
        if name is not None and (error := branch_name_error(name)):
            raise Invalid(error, field)
    chain_id = clock.new_id("wc")
    branch = branch_name or (session.branch if session and session.branch else f"askfirst/{chain_id}")
    if branch in (project.default_branch, base_branch):
        raise Invalid(f"{branch} is what the chain starts from; name another branch for it.", "branchName")
    chain = WorkChain(
        id=chain_id, project_id=project.id, title=title, description=description, status="pending",
        workflow_id=workflow_id, branch_name=branch, base_branch=base_branch, on_failure=on_failure,
        answering_session_id=answering_session_id, created_by=created_by, created_at=clock.now(),
    )  # fmt: skip
    tx.add(chain)
    tx.flush()
    for position, issue_id in enumerate(issue_ids, start=1):
        tx.add(ChainItem(chain_id=chain_id, issue_id=issue_id, position=position, status="pending"))
    tx.flush()
    return chain


def is_repository(project: Project, url: str) -> bool:
    """Whether a URL names the project's repository, whatever its scheme, user, ending and letter case."""
    return _plain(url) == _plain(project.url)


def get(tx: Session, project_id: str, chain_id: str, *, field: str = "id", lock: bool = False) -> WorkChain:
    """The chain, unless it is another project's or in the trash: NotFound."""
    chain = tx.get(WorkChain, chain_id, with_for_update=lock or None)
    if chain is None or chain.project_id != project_id or chain.deleted_at:
        raise NotFound(f"There is no work chain {chain_id} in this project.", field)
    return chain


def listed(tx: Session, project_id: str, limit: int = 100, after: str | None = None) -> Page[WorkChain]:
    """A page of the chains that are not in the trash, newest first."""
    query = select(WorkChain).where(WorkChain.project_id == project_id, WorkChain.deleted_at.is_(None))
    return page(tx, query, WorkChain.id, limit, after)


def items(tx: Session, chain_ids: Sequence[str]) -> dict[str, list[ChainItem]]:
    """By chain: its items, in order."""
    query = select(ChainItem).where(ChainItem.chain_id.in_(chain_ids)).order_by(ChainItem.position)
    found: dict[str, list[ChainItem]] = {chain_id: [] for chain_id in chain_ids}
    for item in tx.scalars(query):
        found[item.chain_id].append(item)
    return found


def counts(tx: Session, chain_ids: Sequence[str]) -> dict[str, tuple[int, int, str | None]]:
    """By chain: how many issues it has outside the trash, how many of them are worked, which one is in hand."""
    worked = func.count().filter(ChainItem.status.in_(states.ITEM_WORKED))
    in_hand = func.max(case((ChainItem.status.in_(("running", "waiting")), ChainItem.issue_id)))
    query = (
        select(ChainItem.chain_id, func.count(), worked, in_hand)
        .join(Issue, Issue.id == ChainItem.issue_id)
        .where(ChainItem.chain_id.in_(chain_ids), Issue.deleted_at.is_(None))
        .group_by(ChainItem.chain_id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in tx.execute(query)}


def worked_issues(tx: Session, chain: WorkChain) -> list[tuple[ChainItem, Issue]]:
    """The chain's items with their issues, in order, without issues in the trash."""
    query = (
        select(ChainItem, Issue)
        .join(Issue, Issue.id == ChainItem.issue_id)
        .where(ChainItem.chain_id == chain.id, Issue.deleted_at.is_(None))
        .order_by(ChainItem.position)
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def fix(tx: Session, project: Project, issue_id: str, *, created_by: str) -> Run:
    """Make and start a chain of this one issue; its run. Raises Conflict where it is not open to be fixed."""
    issue = issues.get(tx, project.id, issue_id, field="issueId", lock=True)
    _must_be_open(issue)
    _must_be_answered(tx, project, {issue_id}, "issueId")
    chain = create(tx, project, title=issue.title[:200], issue_ids=[issue_id], created_by=created_by)
    start(tx, project, chain.id)
    return runs.get(tx, project.id, issue.run_id or "")


def start(tx: Session, project: Project, chain_id: str) -> WorkChain:
    """Begin, or resume a failed chain at the failed issue.

    Raises Conflict in any other state, in a paused project, while a blocking question about one of its issues
    is open, or while another chain works the same branch.
    """
    runs.must_be_allowed(tx, project)
    chain = get(tx, project.id, chain_id, field="chainId", lock=True)
    states.must_allow(chain, "start")
    left = [item for item in items(tx, [chain.id])[chain.id] if item.status not in states.ITEM_WORKED]
    _must_be_answered(tx, project, {item.issue_id for item in left}, "chainId")
    for item in left:
        if item.status == "failed":
            states.move_item(item, "retry")
    _go_on(tx, project, chain, "start")
    return chain


def resume(tx: Session, project: Project, chain_id: str) -> WorkChain:
    """Go on with a paused chain, on top of what somebody else put on its branch.

    Raises Conflict in any other state, in a paused project, while the question that it waits for is open, or while
    another chain works the same branch.
    """
    runs.must_be_allowed(tx, project)
    chain = get(tx, project.id, chain_id, field="chainId", lock=True)
    states.must_allow(chain, "resume")
    _must_be_answered(tx, project, {item.issue_id for item in _waiting(tx, chain)}, "chainId")
    _go_on(tx, project, chain, "resume")
    return chain


def retry(tx: Session, project: Project, chain_id: str, issue_id: str) -> WorkChain:
    """Have an issue worked again that failed, was skipped or needed no change; a failed chain goes on with it.

    Raises Conflict for an item in another state, for an issue that is not open, in a chain that has ended, and for
    a failed chain where `start` would.
    """
    runs.must_be_allowed(tx, project)
    chain, item = _item(tx, project, chain_id, issue_id)
    states.move_item(item, "retry")
    _must_be_open(issues.get(tx, project.id, issue_id, field="issueId", lock=True))
    if chain.status == "failed":
        _must_be_answered(tx, project, {issue_id}, "issueId")
        _go_on(tx, project, chain, "start")
    else:
        show(tx, project, chain)
    return chain


def skip(tx: Session, project: Project, chain_id: str, issue_id: str, reason: str | None = None) -> WorkChain:
    """Leave an issue out; a chain that waits for it or failed at it goes on.

    Raises Conflict for an item that is in work or done, and in a chain that has ended.
    """
    chain, item = _item(tx, project, chain_id, issue_id)
    before = item.status
    states.move_item(item, "skip", error=reason or "somebody skipped it")
    action = {"waiting": "resume", "failed": "start"}.get(before)
    if action and chain.status in states.CHAIN[action][0]:
        runs.must_be_allowed(tx, project)
        _go_on(tx, project, chain, action)
    else:
        show(tx, project, chain)
    return chain


def delete(tx: Session, project: Project, chain_id: str) -> WorkChain:
    """Put the chain in the trash; a paused one is cancelled. Raises Conflict while it runs."""
    chain = get(tx, project.id, chain_id, field="chainId", lock=True)
    if chain.status == "running":
        raise Conflict(f"Chain {chain_id} is running: cancel it first, or wait for it.", "chainId")
    if chain.status == "paused":
        cancel(tx, project, chain)
    chain.deleted_at = clock.now()
    return chain


def cancel(tx: Session, project: Project, chain: WorkChain) -> None:
    """End it; the run in hand stops at its next word, what was pushed stays."""
    states.move_chain(chain, "cancel")
    for item in items(tx, [chain.id])[chain.id]:
        if item.status in ("running", "waiting"):
            _give_back(tx, project, item)
    show(tx, project, chain)


def restore(chain: WorkChain) -> None:
    """Take the chain out of the trash."""
    chain.deleted_at = None


def permanent_delete(tx: Session, chain: WorkChain) -> None:
    """Remove the chain for good; its issues, its runs and what it pushed stay. Raises Conflict outside the trash."""
    if chain.deleted_at is None:
        raise Conflict(f"Chain {chain.id} is not in the trash: delete it first.", "id")
    tx.delete(chain)


def current(tx: Session, chain: WorkChain) -> ChainItem | None:
    """The item that is worked now."""
    return next((item for item in items(tx, [chain.id])[chain.id] if item.status == "running"), None)


def pushed(
    tx: Session, project: Project, chain: WorkChain, item: ChainItem, commit: str, summary: str
) -> None:
    """The item's commit is on the branch."""
    runs.end(_run(tx, project, item), "completed", outcome="done", summary=summary)
    runs.get(tx, project.id, item.run_id or "").commit = commit
    states.move_item(item, "push")
    item.commit = chain.head = commit
    _issue_moves(tx, project, item, "fix_pushed")
    if project.repository_id is None:
        _issue_moves(tx, project, item, "merged")
    _next(tx, project, chain)


def changed_nothing(tx: Session, project: Project, chain: WorkChain, item: ChainItem, why: str) -> None:
    """There was nothing to do for this item, and why; no commit is made."""
    runs.end(_run(tx, project, item), "completed", outcome="no_change", summary=why)
    states.move_item(item, "change_nothing", error=why)
    _issue_moves(tx, project, item, "returned")
    _next(tx, project, chain)


def went_wrong(tx: Session, project: Project, chain: WorkChain, item: ChainItem, error: str) -> None:
    """The item failed: the chain stops there, or goes on where it is told to."""
    runs.end(_run(tx, project, item), "failed", outcome="failed", error=error)
    states.move_item(item, "fail", error=error)
    _issue_moves(tx, project, item, "run_failed", reason=error)
    if chain.on_failure == "continue":
        _next(tx, project, chain)
    else:
        _fail(tx, project, chain, f"Issue {item.position} failed: {error}")


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
    runs.end(_run(tx, project, item), "completed", outcome="needs_answer", summary=summary)
    states.move_item(item, "wait")
    _issue_moves(tx, project, item, "returned")
    session = answering.create(
        tx, project, created_by=chain.created_by, issue_ids=[item.issue_id], agent=False
    )
    session.agent, session.commit = True, commit
    session.pull_request_number, session.pull_request_url = chain.pull_request_number, chain.pull_request_url
    answering.asked(tx, project, session, [{**one, "issue_ids": [item.issue_id]} for one in found])
    states.move_chain(chain, "pause", reason="needs_answer")
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
        _give_back(tx, project, item)
    show(tx, project, chain)


def project_paused(tx: Session, project: Project) -> None:
    """Nothing is to run in the project any more: what runs waits until that is over."""
    for chain in tx.scalars(_of(project, WorkChain.status == "running")):
        pause(tx, project, chain, "project")


def project_resumed(tx: Session, project: Project) -> None:
    """The project runs again: what waited for that goes on."""
    for chain in tx.scalars(_of(project, WorkChain.paused_reason == "project")):
        if _rival(tx, chain) is None:
            _go_on(tx, project, chain, "resume")


def answered(tx: Session, project: Project, session: AnsweringSession) -> None:
    """These answers were given: chains that waited for them go on, or do so when the project does."""
    paused = runs.pause_of(tx, project)
    for chain in tx.scalars(_of(project, WorkChain.paused_reason == "needs_answer")):
        if not any(item.issue_id in session.asked for item in _waiting(tx, chain)):
            continue
        if paused:
            chain.paused_reason = "project"
        elif _rival(tx, chain) is None:
            _go_on(tx, project, chain, "resume")


def pull_request_closed(tx: Session, project: Project, number: int, *, merged: bool) -> None:
    """The chain's pull request was merged: its issues are done; or closed: they are open again."""
    query = select(WorkChain).where(
        WorkChain.project_id == project.id, WorkChain.pull_request_number == number
    )
    for chain in tx.scalars(query.with_for_update()):
        for item in items(tx, [chain.id])[chain.id]:
            if item.status == "done":
                _issue_moves(tx, project, item, "merged" if merged else "returned")


def show(tx: Session, project: Project, chain: WorkChain) -> None:
    """Have GitHub brought to what the chain is now, once it has started."""
    if project.repository_id and project.mode == "live" and chain.started_at:
        outbox.add(tx, "show_chain", lane=f"pull:{chain.branch_name}:{project.id}", key=f"show_chain:{chain.id}",
                   chain_id=chain.id)  # fmt: skip


def _go_on(tx: Session, project: Project, chain: WorkChain, action: str) -> None:
    """Start or resume. Raises Conflict while another chain works the same branch."""
    _must_be_alone(tx, chain)
    states.move_chain(chain, action)
    chain.error, chain.started_at = None, chain.started_at or clock.now()
    if chain.head and chain.foreign_head:
        chain.head = chain.foreign_head
    chain.foreign_head = None
    for item in _waiting(tx, chain):
        states.move_item(item, "return")
    _next(tx, project, chain)


def _next(tx: Session, project: Project, chain: WorkChain) -> None:
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
        if questions.blocking(tx, project.id, {issue.id}):
            states.move_item(item, "wait")
            states.move_chain(chain, "pause", reason="needs_answer")
            show(tx, project, chain)
            return
        show(tx, project, chain)
        _work(tx, project, chain, item, issue)
        return
    failed = [item for item in all_items if item.status == "failed"]
    if failed:
        _fail(tx, project, chain, f"{len(failed)} of {len(all_items)} issues failed.")
    else:
        states.move_chain(chain, "complete")
        show(tx, project, chain)
        if chain.head and chain.answering_session_id:
            outbox.add(tx, "tidy", lane=f"chain:{chain.id}", key=f"tidy:{chain.id}", chain_id=chain.id)


def _work(tx: Session, project: Project, chain: WorkChain, item: ChainItem, issue: Issue) -> None:
    template = workflows.get(project, chain.workflow_id).template_id
    run = runs.queue(tx, project, "fix", template, issue_id=issue.id, chain_id=chain.id)
    states.move_item(item, "work")
    item.run_id = issue.run_id = run.id
    states.move(issue, "run_started")
    outbox.add(tx, "fix", lane=f"chain:{chain.id}", key=f"fix:{run.id}", run_id=run.id)


def _give_back(tx: Session, project: Project, item: ChainItem) -> None:
    """The item is not worked now; its run stops at its next word."""
    if item.run_id and runs.is_live(tx, item.run_id):
        runs.end(_run(tx, project, item), "cancelled")
    states.move_item(item, "return")
    _issue_moves(tx, project, item, "returned")


def _fail(tx: Session, project: Project, chain: WorkChain, error: str) -> None:
    states.move_chain(chain, "fail")
    chain.error = error
    show(tx, project, chain)


def _issue_moves(
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


def _run(tx: Session, project: Project, item: ChainItem) -> Any:
    return runs.get(tx, project.id, item.run_id or "")


def _waiting(tx: Session, chain: WorkChain) -> list[ChainItem]:
    return [item for item in items(tx, [chain.id])[chain.id] if item.status == "waiting"]


def _item(tx: Session, project: Project, chain_id: str, issue_id: str) -> tuple[WorkChain, ChainItem]:
    """A chain that has not ended, and its item of this issue. Raises NotFound, Conflict."""
    chain = get(tx, project.id, chain_id, field="chainId", lock=True)
    found = {issue.id: item for item, issue in worked_issues(tx, chain)}
    if issue_id not in found:
        raise NotFound(f"There is no issue {issue_id} in chain {chain_id}.", "issueId")
    if chain.status in ("completed", "cancelled"):
        raise Conflict(f"Chain {chain_id} is {chain.status}: make a new one for this issue.", "chainId")
    return chain, found[issue_id]


def _of(project: Project, *conditions: Any) -> Any:
    """The project's chains that fulfil these, held."""
    query = select(WorkChain).where(WorkChain.project_id == project.id, *conditions)
    return query.order_by(WorkChain.id).with_for_update()


def _must_be_open(issue: Issue) -> None:
    if issue.status not in OPEN_TO_FIX:
        raise Conflict(
            f"Issue {issue.id} is {issue.status}: only one that is open or failed is fixed.", "issueId"
        )


def _must_be_answered(tx: Session, project: Project, issue_ids: set[str], field: str) -> None:
    if open_ones := questions.blocking(tx, project.id, issue_ids):
        first = open_ones[0]
        raise Conflict(f"Q{first.number} ({first.id}) is open: {first.question} Answer it first.", field)


def _must_be_alone(tx: Session, chain: WorkChain) -> None:
    if other := _rival(tx, chain):
        raise Conflict(f"Chain {other} works on {chain.branch_name} now; wait for it.", "chainId")


def _rival(tx: Session, chain: WorkChain) -> str | None:
    """The chain that works on this one's branch; none can begin to before the transaction ends."""
    lock(tx, f"branch:{chain.project_id}:{chain.branch_name}")
    query = select(WorkChain.id).where(
        WorkChain.project_id == chain.project_id, WorkChain.branch_name == chain.branch_name,
        WorkChain.status == "running", WorkChain.id != chain.id,
    )  # fmt: skip
    return tx.scalars(query).first()


def _plain(url: str) -> str:
    place = re.sub(r"^([a-z][a-z0-9+.-]*://)?([^/@]*@)?", "", url.lower())
    if "://" not in url:
        place = re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", place)  # git's short form of ssh, host:path; no port
    return place.rstrip("/").removesuffix(".git")
