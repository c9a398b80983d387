"""Issue sessions: an agent looks over the repository and files what it finds."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, findings, runs, states, threads
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.pages import Page, page
from bot.domain.places import Finding, Scope
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, IssueSession, Project, Run

DEFAULT_PROMPT = "Find bugs, security and performance problems."
OUTSIDE = "is not a path below the top of the repository, without .."
NO_COUNTS = {"found": 0, "new": 0, "known": 0, "reopened": 0, "gone": 0}


def start(
    tx: Session,
    project: Project,
    *,
    prompt: str,
    created_by: str,
    template_id: str | None = None,
    memory_mb: int | None = None,
    cpu_count: int | None = None,
    timeout_ms: int | None = None,
    ref: str | None = None,
    paths: list[str] | None = None,
    comment: dict[str, Any] | None = None,
) -> IssueSession:
    """Queue a scan; `comment` names the GitHub comment that asked for it.

    Raises Conflict in a paused project, Invalid for a path that is not in the repository.
    """
    runs.must_be_allowed(tx, project)
    for path in paths or ():
        if not is_inside(path):
            raise Invalid(f"{path} {OUTSIDE}.", "paths")
    session_id = clock.new_id("is")
    run = runs.queue(tx, project, "scan", template_id, session_id=session_id)
    session = IssueSession(
        id=session_id,
        project_id=project.id,
        name=" ".join(prompt.split())[:60].strip(),
        prompt=prompt,
        status="active",
        template_id=run.template_id,
        memory_mb=memory_mb,
        cpu_count=cpu_count,
        timeout_ms=timeout_ms,
        ref=ref,
        paths=paths or [],
        progress={"stage": "queued", "percent": 0, "message": "Waiting for a worker."},
        counts=dict(NO_COUNTS),
        issue_ids=[],
        run_id=run.id,
        comment=comment,
        created_by=created_by,
        created_at=run.created_at,
    )
    tx.add(session)
    outbox.add(tx, "scan", lane=f"session:{session.id}", session_id=session.id)
    return session


def is_inside(path: str) -> bool:
    """Whether a path names something below the top of the repository."""
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts


def get(
    tx: Session, project_id: str, session_id: str, *, field: str = "id", lock: bool = False
) -> IssueSession:
    """The session, also from the trash, unless it is another project's: NotFound."""
    session = tx.get(IssueSession, session_id, with_for_update=lock or None)
    if session is None or session.project_id != project_id:
        raise NotFound(f"There is no issue session {session_id} in this project.", field)
    return session


def listed(tx: Session, project_id: str, limit: int = 100, after: str | None = None) -> Page[IssueSession]:
    """A page of the sessions that are not in the trash, newest first."""
    query = select(IssueSession).where(
        IssueSession.project_id == project_id, IssueSession.deleted_at.is_(None)
    )
    return page(tx, query, IssueSession.id, limit, after)


def rename(session: IssueSession, name: str) -> None:
    session.name = name


def delete(tx: Session, session: IssueSession) -> None:
    """Put the session in the trash; an active one is cancelled."""
    if session.status == "active":
        cancel(tx, session)
    session.deleted_at = session.deleted_at or clock.now()


def restore(session: IssueSession) -> None:
    session.deleted_at = None


def permanent_delete(tx: Session, session: IssueSession, *, field: str = "sessionId") -> None:
    """Remove the session and its answering sessions for good; its issues stay, without it.

    Raises Conflict outside the trash, and while a chain builds on one of its answering sessions.
    """
    if session.deleted_at is None:
        raise Conflict(f"Session {session.id} is not in the trash: delete it first.", field)
    asked = select(AnsweringSession.id).where(AnsweringSession.issue_session_id == session.id)
    answering.must_not_be_built_on(tx, list(tx.scalars(asked)), field)
    tx.delete(session)


def cancel(tx: Session, session: IssueSession) -> None:
    """End an active session; its worker stops at its next word."""
    states.move_session(session, "cancel")
    runs.end(_run(tx, session), "cancelled")
    answering.scan_came_to_nothing(tx, session)


def begin(tx: Session, session: IssueSession) -> None:
    """A worker took the scan."""
    run = _run(tx, session)
    runs.start(run)
    session.started_at = run.started_at


def progress(session: IssueSession, stage: str, percent: int, message: str) -> None:
    """How far the scan is."""
    session.progress = {"stage": stage, "percent": percent, "message": message}


def complete(
    tx: Session, project: Project, session: IssueSession, found: list[Finding], scope: Scope
) -> None:
    """The scan ended: file what it found, close what is gone. `scope.commit` is what was looked at."""
    states.move_session(session, "complete")
    filed = findings.file(tx, project, session, found, scope)
    session.commit, session.counts, session.issue_ids = scope.commit, filed.counts, filed.issue_ids
    waiting = f" {filed.held_back} of its issues wait for room on GitHub." if filed.held_back else ""
    ignored = f" Not in force: {project.config_error}" if project.config_error else ""
    progress(session, "done", 100, scope.summary + waiting + ignored)
    run = _run(tx, session)
    run.commit = scope.commit
    runs.end(run, "completed", summary=scope.summary + waiting + ignored)
    counts = {**filed.counts, "filed": filed.filed, "held_back": filed.held_back}
    _answer(
        tx,
        project,
        session,
        "scan_finished",
        "+1",
        counts=counts,
        commit=scope.commit,
        summary=scope.summary + ignored,
    )
    answering.scan_ended(tx, project, session)


def fail(tx: Session, project: Project, session: IssueSession, error: str) -> None:
    """The scan could not be done, and why."""
    states.move_session(session, "fail")
    session.error = error
    runs.end(_run(tx, session), "failed", error=error)
    answering.scan_came_to_nothing(tx, session)
    _answer(tx, project, session, "scan_failed", "confused", error=error)


def _run(tx: Session, session: IssueSession) -> Run:
    return runs.get(tx, session.project_id, session.run_id)


def _answer(
    tx: Session, project: Project, session: IssueSession, text: str, reaction: str, **values: Any
) -> None:
    """Tell whoever asked by a comment how it ended."""
    if session.comment:
        number = session.comment["number"]
        threads.say(tx, project, number, f"{text}.{session.id}", text, **values)
        threads.react(tx, project, number, session.comment["source"], reaction)
