"""Issues: what there is to do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot.domain import mirror, runs, states, threads
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.pages import Page, page
from bot.store import clock, outbox
from bot.store.models import Issue, IssueSession, Project, Run
from bot.store.search import with_words

PRIORITIES = ("low", "medium", "high", "critical")
REASONS = ("not_planned", "duplicate", "false_positive")  # to dismiss an issue

# made once: to make it costs as much as to run it
_ONE = select(Issue).where(Issue.id == bindparam("issue_id"))
_ONE_LOCKED = _ONE.with_for_update().execution_options(populate_existing=True)


def create(
    tx: Session,
    project: Project,
    *,
    title: str,
    created_by: str,
    description: str = "",
    priority: str = "medium",
    suggested_prompt: str | None = None,
    session_id: str | None = None,
) -> Issue:
    """A new open issue, which GitHub will show. Raises NotFound for a session that is not there."""
    if session_id is not None:
        session = tx.get(IssueSession, session_id)
        if session is None or session.project_id != project.id:
            raise NotFound(f"There is no issue session {session_id} in this project.", "sessionId")
    issue = new(project, title=title, description=description, created_by=created_by)
    issue.priority, issue.suggested_prompt, issue.session_id = priority, suggested_prompt, session_id
    tx.add(issue)
    tx.flush()
    mirror.show(tx, project, issue, first=True)
    return issue


def adopt(tx: Session, project: Project, number: int, url: str, seen: mirror.Seen, *, opened_by: str) -> None:
    """The issue that a person opened on GitHub is one of ours from now on, if it was not before."""
    if mirror.on(tx, project, number) is not None:
        return
    issue = new(project, title=seen.title, description=seen.description, created_by=opened_by)
    mirror.adopted(issue, number, url, seen)
    tx.add(issue)
    tx.flush()


def new(project: Project, *, title: str, description: str, created_by: str) -> Issue:
    """An open issue with nothing else known of it, not yet added."""
    now = clock.now()
    return Issue(
        id=clock.new_id("iss"),
        project_id=project.id,
        title=title,
        description=description,
        priority="medium",
        status="open",
        labels=[],
        locations=[],
        answers=[],
        autofix=False,
        mirrored=True,
        created_by=created_by,
        created_at=now,
        updated_at=now,
    )


def get(tx: Session, project_id: str, issue_id: str, *, field: str = "id", lock: bool = False) -> Issue:
    """The issue, unless it is another project's or in the trash: NotFound."""
    issue = tx.scalars(_ONE_LOCKED if lock else _ONE, {"issue_id": issue_id}).one_or_none()
    if issue is None or issue.project_id != project_id or issue.deleted_at:
        raise NotFound(f"There is no issue {issue_id} in this project.", field)
    return issue


def listed(
    tx: Session,
    project_id: str,
    *,
    status: str | None = None,
    session_id: str | None = None,
    priority: str | None = None,
    words: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> Page[Issue]:
    """A page of the project's issues, newest first."""
    query = select(Issue).where(Issue.project_id == project_id, Issue.deleted_at.is_(None))
    its_status, its_priority = Issue.status.expression, Issue.priority.expression
    if session_id:
        query = query.where(Issue.session_id == session_id)
        # a session has few issues: the other filters look at each of them, and at no index of their own
        its_status, its_priority = its_status + "", its_priority + ""
    if status:
        query = query.where(its_status == status)
    if priority:
        query = query.where(its_priority == priority)
    if after:
        query = query.where(Issue.id < after)  # before the search, which looks at what comes next
    if words:
        query = with_words(tx, query, project_id, words, limit + 1)
    return page(tx, query, Issue.id, limit)


def update(tx: Session, project: Project, issue_id: str, changes: dict[str, Any]) -> Issue:
    """Change title, description, priority or suggested_prompt; GitHub follows."""
    issue = get(tx, project.id, issue_id, field="issueId", lock=True)
    changes = {name: value for name, value in changes.items() if getattr(issue, name) != value}
    for name, value in changes.items():
        setattr(issue, name, value)
    if changes:
        issue.updated_at = clock.now()
        mirror.show(tx, project, issue)
    return issue


def delete(tx: Session, project: Project, issue_id: str) -> Issue:
    """Put the issue in the trash; its GitHub issue is closed as not planned. Raises Conflict while it runs."""
    issue = get(tx, project.id, issue_id, field="issueId", lock=True)
    if issue.status == "running":
        raise Conflict(f"Issue {issue_id} is running: cancel its run first, or wait for it.", "issueId")
    issue.deleted_at = clock.now()
    mirror.show(tx, project, issue)
    return issue


def restore(tx: Session, project: Project, issue: Issue) -> None:
    """Take the issue out of the trash; GitHub shows it as it is now."""
    issue.deleted_at, issue.updated_at = None, clock.now()
    mirror.show(tx, project, issue)


def permanent_delete(issue: Issue) -> None:
    """Remove the words of an issue in the trash for good.

    The row stays: by its places a scan knows that it is never to be filed again, and chains keep their order.
    """
    issue.purged_at = clock.now()
    issue.title = issue.description = ""
    issue.suggested_prompt = issue.evidence = issue.failure_reason = None
    issue.labels, issue.answers = [], []
    if issue.shown:
        kept = ("priority", "state", "reason", "at")
        issue.shown = {"title": "", "description": "", "body": ""} | {
            name: issue.shown[name] for name in kept
        }


def dismiss(
    tx: Session,
    project: Project,
    issue_id: str,
    *,
    reason: str = "not_planned",
    comment: str | None = None,
    field: str = "issueId",
) -> Issue:
    """Nothing is to be done about the issue: `reason` is one of REASONS, `comment` is said on GitHub.

    Raises Conflict when it is completed.
    """
    issue = get(tx, project.id, issue_id, field=field, lock=True)
    states.move(issue, "dismissed", resolution=reason)
    mirror.show(tx, project, issue)
    if comment and issue.github_number:
        key = f"dismissed.{issue.id}.{issue.updated_at:%Y%m%d%H%M%S%f}"
        threads.say(tx, project, issue.github_number, key, "dismissed", reason=reason, comment=comment)
    return issue


def reopen(tx: Session, project: Project, issue_id: str) -> Issue:
    """The issue is to be worked after all. Raises Conflict unless it is completed, dismissed or failed."""
    issue = get(tx, project.id, issue_id, field="issueId", lock=True)
    states.move(issue, "reopened")
    mirror.show(tx, project, issue)
    return issue


def recheck(tx: Session, project: Project, issue_id: str, *, created_by: str) -> Issue:
    """Queue a run that looks whether what a scan filed is still there, unless one waits already.

    Raises Invalid for an issue that no scan filed, Conflict while it is fixed and in a paused project.
    """
    runs.must_be_allowed(tx, project)
    issue = get(tx, project.id, issue_id, field="issueId", lock=True)
    if issue.fingerprint is None:
        raise Invalid(f"No scan filed issue {issue_id}, so there is nothing to look for.", "issueId")
    if issue.status == "running":
        raise Conflict(f"Issue {issue_id} is running: cancel its run first, or wait for it.", "issueId")
    if not runs.listed(tx, project.id, {"issue_id": issue.id, "kind": "scan", "status": "queued"}).rows:
        session = tx.get(IssueSession, issue.session_id) if issue.session_id else None
        template = session.template_id if session else None
        run = runs.queue(tx, project, "scan", template, issue_id=issue.id)
        tx.flush()
        runs.append_log(tx, run.id, f"Asked for by {created_by}.\n")
        outbox.add(tx, "recheck", lane=f"recheck:{issue.id}", key=f"recheck:{run.id}", run_id=run.id)
    return issue


def link_run(tx: Session, project: Project, issue_id: str, run_id: str) -> Issue:
    """Say that the run works this issue: it takes the state that the run gave its own.

    Raises Invalid for what is not a fix run of this project, Conflict for a second live run.
    """
    issue = get(tx, project.id, issue_id, field="issueId", lock=True)
    run = tx.get(Run, run_id)
    if run is None or run.project_id != project.id or run.kind != "fix":
        raise Invalid(f"{run_id} is no fix run of this project; only those are linked to issues.", "runId")
    if issue.run_id == run_id:
        return issue
    if runs.is_live(tx, issue.run_id):
        raise Conflict(f"Issue {issue_id} has a live run, {issue.run_id}: cancel it first, or wait.", "runId")
    states.move(issue, "run_started")
    issue.run_id = run_id
    status, issue.resolution, issue.failure_reason = _verdict(tx, run)
    issue.status = status
    issue.completed_at = clock.now() if status == "completed" else None
    mirror.show(tx, project, issue)
    return issue


def _verdict(tx: Session, run: Run) -> tuple[str, str | None, str | None]:
    """The (status, resolution, failure reason) that the run gave its own issue."""
    own = tx.get(Issue, run.issue_id) if run.issue_id else None
    if own is not None and own.run_id == run.id:
        return own.status, own.resolution, own.failure_reason
    return runs.verdict(run)
