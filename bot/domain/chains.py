"""Work chains: issues worked in order, one commit each, on one branch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.domain import answering, answers, issues, runs, states, workflows
from bot.domain import chain_steps as steps
from bot.domain.branches import branch_name_error
from bot.domain.chain_steps import OPEN_TO_FIX
from bot.domain.chain_steps import cancel as cancel
from bot.domain.chain_steps import current as current
from bot.domain.chain_steps import items as items
from bot.domain.chain_steps import pause as pause
from bot.domain.chain_steps import show as show
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.pages import Page, page
from bot.store import clock
from bot.store.models import AnsweringSession, ChainItem, Issue, Project, Run, WorkChain


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
    steps.go_on(tx, project, chain, "start")
    return chain


def resume(tx: Session, project: Project, chain_id: str) -> WorkChain:
    """Go on with a paused chain, on top of what somebody else put on its branch.

    Raises Conflict in any other state, in a paused project, while the question that it waits for is open, or while
    another chain works the same branch.
    """
    runs.must_be_allowed(tx, project)
    chain = get(tx, project.id, chain_id, field="chainId", lock=True)
    states.must_allow(chain, "resume")
    _must_be_answered(tx, project, {item.issue_id for item in steps.waiting(tx, chain)}, "chainId")
    steps.go_on(tx, project, chain, "resume")
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
        steps.go_on(tx, project, chain, "start")
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
        steps.go_on(tx, project, chain, action)
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


def restore(chain: WorkChain) -> None:
    """Take the chain out of the trash."""
    chain.deleted_at = None


def permanent_delete(tx: Session, chain: WorkChain) -> None:
    """Remove the chain for good; its issues, its runs and what it pushed stay."""
    tx.delete(chain)


def project_paused(tx: Session, project: Project) -> None:
    """Nothing is to run in the project any more: what runs waits until that is over."""
    for chain in tx.scalars(_of(project, WorkChain.status == "running")):
        pause(tx, project, chain, "project")


def project_resumed(tx: Session, project: Project) -> None:
    """The project runs again: what waited for that goes on."""
    for chain in tx.scalars(_of(project, WorkChain.paused_reason == "project")):
        if steps.rival(tx, chain) is None:
            steps.go_on(tx, project, chain, "resume")


def hold_waiting(tx: Session, project: Project) -> list[WorkChain]:
    """The chains that wait for answers, held; whoever changes chains and issues holds the chains first."""
    return list(tx.scalars(_of(project, WorkChain.paused_reason == "needs_answer")))


def answered(tx: Session, project: Project, session: AnsweringSession) -> None:
    """These answers were given: chains that waited for them go on, or do so when the project does."""
    paused = runs.pause_of(tx, project.id)
    for chain in hold_waiting(tx, project):
        if not any(item.issue_id in session.asked for item in steps.waiting(tx, chain)):
            continue
        if paused:
            chain.paused_reason = "project"
        elif steps.rival(tx, chain) is None:
            steps.go_on(tx, project, chain, "resume")


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
    if open_ones := answers.blocking(tx, project.id, issue_ids):
        first = open_ones[0]
        raise Conflict(f"Q{first.number} ({first.id}) is open: {first.question} Answer it first.", field)


def _plain(url: str) -> str:
    place = re.sub(r"^([a-z][a-z0-9+.-]*://)?([^/@]*@)?", "", url.lower())
    if "://" not in url:
        place = re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", place)  # git's short form of ssh, host:path; no port
    return place.rstrip("/").removesuffix(".git")
