"""Answering sessions: questions about issues, which people review before code is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain import issues, mirror, repo_config, runs, states
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.pages import Page, page
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, Issue, IssueSession, Project, SessionQuestion, WorkChain


def create(
    tx: Session,
    project: Project,
    *,
    created_by: str,
    issue_session_id: str | None = None,
    issue_ids: Sequence[str] | None = None,
    pull_request_number: int | None = None,
    max_questions: int | None = None,
    agent: bool = True,
) -> AnsweringSession:
    """A session about what an issue session saw, or about these issues; asking starts when that has ended.

    Raises Invalid unless exactly one of the two is given, and for a pull request where there are none; NotFound;
    Conflict for a session that came to nothing.
    """
    runs.must_be_allowed(tx, project)
    if (issue_session_id is None) == (issue_ids is None):
        raise Invalid("Give exactly one of issueSessionId and issueIds.", "issueSessionId")
    if pull_request_number is not None and project.repository_id is None:
        raise Invalid("This project is not on GitHub; leave pullRequestNumber out.", "pullRequestNumber")
    scan = _scan(tx, project, issue_session_id) if issue_session_id else None
    for issue_id in issue_ids or ():
        issues.get(tx, project.id, issue_id, field="issueIds")
    session = AnsweringSession(
        id=clock.new_id("as"),
        project_id=project.id,
        issue_session_id=issue_session_id,
        asked=list(issue_ids or []),
        status="pending",
        agent=agent,
        max_questions=max_questions or repo_config.of(project).questions.max,
        pull_request_number=pull_request_number,
        answers=[],
        created_by=created_by,
        created_at=clock.now(),
    )
    tx.add(session)
    tx.flush()
    if scan is None or scan.status == "completed":
        ask(tx, project, session)
    return session


def get(
    tx: Session, project_id: str, session_id: str, *, field: str = "id", lock: bool = False
) -> AnsweringSession:
    """The session, also an archived one, unless it is another project's: NotFound."""
    session = tx.get(AnsweringSession, session_id, with_for_update=lock or None)
    if session is None or session.project_id != project_id:
        raise NotFound(f"There is no answering session {session_id} in this project.", field)
    return session


def listed(
    tx: Session,
    project_id: str,
    *,
    issue_session_id: str | None = None,
    status: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> Page[AnsweringSession]:
    """A page, newest first; archived ones only where that status is asked for."""
    query = select(AnsweringSession).where(AnsweringSession.project_id == project_id)
    if issue_session_id:
        query = query.where(AnsweringSession.issue_session_id == issue_session_id)
    if status:
        query = query.where(AnsweringSession.status == status)
    else:
        query = query.where(AnsweringSession.status != "archived")
    return page(tx, query, AnsweringSession.id, limit, after)


def counts(tx: Session, session_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By session: how many questions, and how many of them are reviewed."""
    reviewed = func.count().filter(SessionQuestion.status != "pending")
    query = (
        select(SessionQuestion.answering_session_id, func.count(), reviewed)
        .where(SessionQuestion.answering_session_id.in_(session_ids))
        .group_by(SessionQuestion.answering_session_id)
    )
    return {row[0]: (row[1], row[2]) for row in tx.execute(query)}


def ask(tx: Session, project: Project, session: AnsweringSession) -> None:
    """What it is about is settled now; then our agent asks, or one outside may."""
    session.error = None
    if session.issue_session_id:
        scan = tx.get_one(IssueSession, session.issue_session_id)
        session.asked, session.commit = _seen_by(tx, scan), scan.commit
    if not session.agent:
        return
    session.run_id = runs.queue(tx, project, "ask", None, session_id=session.id).id
    outbox.add(tx, "ask", lane=f"answers:{session.id}", session_id=session.id)


def scan_ended(tx: Session, project: Project, scan: IssueSession) -> None:
    """An issue session completed: what waited for it asks now."""
    for session in _waiting_for(tx, scan):
        ask(tx, project, session)


def scan_came_to_nothing(tx: Session, scan: IssueSession) -> None:
    """An issue session failed or was cancelled: what waited for it says so."""
    for session in _waiting_for(tx, scan):
        _came_to_nothing(session, scan)


def failed(tx: Session, session: AnsweringSession, error: str) -> None:
    """The asking came to nothing; the session stays pending, and can be tried again."""
    session.error = error
    if session.run_id:
        runs.end(runs.get(tx, session.project_id, session.run_id), "failed", error=error)


def retry(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Ask again after a failure. Raises Conflict where nothing failed."""
    runs.must_be_allowed(tx, project)
    if session.status != "pending" or session.error is None:
        raise Conflict(
            f"Session {session.id} has nothing to retry: it is {session.status}, and its asking did not fail.",
            "id",
        )
    if session.issue_session_id:
        _scan(tx, project, session.issue_session_id)
    ask(tx, project, session)


def questions(tx: Session, session_id: str) -> list[SessionQuestion]:
    """All questions of a session, in their order."""
    query = select(SessionQuestion).where(SessionQuestion.answering_session_id == session_id)
    return list(tx.scalars(query.order_by(SessionQuestion.number)))


def asked(tx: Session, project: Project, session: AnsweringSession, found: list[dict[str, Any]]) -> None:
    """The agent asked these. None: nothing was worth asking, and the session is reviewed by itself."""
    for number, values in enumerate(found, start=_next_number(tx, session)):
        tx.add(SessionQuestion(
            id=clock.new_id("sq"), answering_session_id=session.id, number=number,
            status="pending", conflict=False, revision=1, **values,
        ))  # fmt: skip
    tx.flush()
    if found:
        if session.status == "pending":
            states.move_answering(session, "active")
        mirror.show_soon(tx, project, {issue_id for one in found for issue_id in one["issue_ids"]})
        show(tx, project, session)
    else:
        review(tx, project, session)


def set_status(tx: Session, project: Project, session: AnsweringSession, status: str) -> None:
    """What a client may set: see `states.ANSWERING`; the present state is a no-op. Raises Conflict."""
    if status == session.status:
        return
    if status == "pending" or session.status == "archived":
        raise Conflict(f"Session {session.id} is {session.status}; it cannot be set to {status}.", "status")
    if status == "archived":
        archive(tx, project, session)
    elif status == "active":
        _reopen(tx, project, session)
    elif status == "reviewed":
        review(tx, project, session)
    else:
        complete(tx, project, session)


def review(tx: Session, project: Project, session: AnsweringSession) -> None:
    """All is answered: freeze comes next. Raises Conflict naming what is not."""
    unanswered = [
        f"Q{row.number}{' (in conflict)' if row.conflict else ''}"
        for row in questions(tx, session.id)
        if row.status == "pending"
    ]
    if unanswered:
        raise Conflict(f"Not answered yet: {', '.join(unanswered)}. Review them first.", "status")
    states.move_answering(session, "reviewed")
    if session.agent:
        freeze_next(tx, session)
    show(tx, project, session)


def freeze_next(tx: Session, session: AnsweringSession, only: str | None = None) -> None:
    """Have the answers fixed and handed over; `only`: if this is still their digest."""
    outbox.add(
        tx, "freeze", lane=f"answers:{session.id}", key=f"freeze:{session.id}:{only or ''}",
        session_id=session.id, digest=only,
    )  # fmt: skip


def freeze(tx: Session, session: AnsweringSession, answers: list[dict[str, Any]]) -> None:
    """From now on nothing changes the set; its digest names it."""
    session.answers = answers
    session.answers_digest = digest(answers)


def digest(answers: list[dict[str, Any]]) -> str:
    """The name of exactly this set of answers."""
    return hashlib.sha256(json.dumps(answers, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def complete(tx: Session, project: Project, session: AnsweringSession) -> None:
    """The answers are with their issues; what an answer excludes is dismissed."""
    states.move_answering(session, "completed")
    session.completed_at, session.error = clock.now(), None
    about = sorted({issue_id for answer in session.answers for issue_id in answer["issueIds"]})
    # in one order, so that two sessions about the same issues do not wait for each other
    locked = {issue_id: tx.get(Issue, issue_id, with_for_update=True) for issue_id in about}
    for answer in session.answers:
        for issue_id in answer["issueIds"]:
            if issue := locked[issue_id]:
                _hand_over(tx, project, issue, answer)
    show(tx, project, session)


def archive(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Put the session in the trash."""
    if session.status != "archived":
        session.status_before, session.archived_at = session.status, clock.now()
        states.move_answering(session, "archived")
        if session.run_id and runs.is_live(tx, session.run_id):
            runs.end(runs.get(tx, session.project_id, session.run_id), "cancelled")
            session.error = "Its asking was cancelled when it was archived: retry it."
        if session.status_before != "pending":
            show(tx, project, session)


def restore(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Bring it back, in the state it had; what it waited for then goes on. Raises Conflict outside the trash."""
    if session.status != "archived":
        raise Conflict(f"Session {session.id} is not archived.", "id")
    session.status, session.status_before = session.status_before or "pending", None
    session.archived_at = None
    if session.status == "pending":
        _catch_up(tx, project, session)
        return
    if session.status == "active" and session.voted_at:
        outbox.add(tx, "settle", lane=f"settle:{session.id}", session_id=session.id)
    elif session.status == "reviewed" and session.agent:
        freeze_next(tx, session)
    show(tx, project, session)


def permanent_delete(tx: Session, session: AnsweringSession) -> None:
    """Remove the session and its questions for good; what its issues were given stays.

    Raises Conflict while a chain builds on it.
    """
    must_not_be_built_on(tx, [session.id])
    tx.delete(session)


def must_not_be_built_on(tx: Session, session_ids: Sequence[str], field: str = "id") -> None:
    """Raises Conflict naming a chain that has not ended and works on what one of these opened on GitHub."""
    query = select(WorkChain).where(
        WorkChain.answering_session_id.in_(session_ids),
        WorkChain.status.not_in(("completed", "cancelled")),
        WorkChain.deleted_at.is_(None),
    )
    if chain := tx.scalars(query).first():
        raise Conflict(
            f"Chain {chain.id} builds on session {chain.answering_session_id}: cancel it first.", field
        )


def show(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Have GitHub brought to what the session is now."""
    mirror.show_questions(tx, project, session)


def _next_number(tx: Session, session: AnsweringSession) -> int:
    """Rounds on one pull request count on, so that `Q4` is one question there."""
    here = AnsweringSession.id == session.id
    if session.pull_request_number is not None:
        here |= (AnsweringSession.project_id == session.project_id) & (
            AnsweringSession.pull_request_number == session.pull_request_number
        )
    last = select(func.max(SessionQuestion.number)).join(
        AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id
    )
    return (tx.scalar(last.where(here)) or 0) + 1


def _reopen(tx: Session, project: Project, session: AnsweringSession) -> None:
    if session.status == "pending" and not questions(tx, session.id):
        raise Conflict(f"Session {session.id} has no questions yet.", "status")
    if session.status == "reviewed" and session.answers_digest:
        raise Conflict(f"Session {session.id} is frozen; start a new one.", "status")
    states.move_answering(session, "active")
    show(tx, project, session)


def _hand_over(tx: Session, project: Project, issue: Issue, answer: dict[str, Any]) -> None:
    if issue.purged_at:
        return
    given = {"question": answer["question"], "answer": answer["answer"]}
    if given not in issue.answers:
        issue.answers = [*issue.answers, given]
        issue.updated_at = clock.now()
    if answer["leaves"] and states.allows(issue, "dismissed") and not issue.deleted_at:
        states.move(issue, "dismissed", resolution="not_planned")
    elif answer["free"]:
        issue.autofix = False  # the keyless agent cannot follow free text
    mirror.show(tx, project, issue)


def _catch_up(tx: Session, project: Project, session: AnsweringSession) -> None:
    """While it was archived, the issue session that it waits for may have ended."""
    if session.run_id or not session.issue_session_id:
        return
    scan = tx.get_one(IssueSession, session.issue_session_id, with_for_update=True)
    if scan.status == "completed":
        ask(tx, project, session)
    elif scan.status != "active":
        _came_to_nothing(session, scan)


def _came_to_nothing(session: AnsweringSession, scan: IssueSession) -> None:
    session.error = f"Its issue session {scan.id} was {scan.status}: there is nothing to ask about."


def _waiting_for(tx: Session, scan: IssueSession) -> list[AnsweringSession]:
    return list(tx.scalars(select(AnsweringSession).where(
        AnsweringSession.issue_session_id == scan.id, AnsweringSession.status == "pending",
        AnsweringSession.run_id.is_(None),
    ).with_for_update()))  # fmt: skip


def _scan(tx: Session, project: Project, session_id: str) -> IssueSession:
    # locked, so that it does not end between our look and the commit, and nobody asks
    scan = tx.get(IssueSession, session_id, with_for_update=True)
    if scan is None or scan.project_id != project.id:
        raise NotFound(f"There is no issue session {session_id} in this project.", "issueSessionId")
    if scan.deleted_at or scan.status in ("failed", "cancelled"):
        state = "deleted" if scan.deleted_at else scan.status
        raise Conflict(
            f"Issue session {session_id} is {state}: there is nothing to ask about.", "issueSessionId"
        )
    return scan


def _seen_by(tx: Session, scan: IssueSession) -> list[str]:
    """The open issues that the scan found, reopened or saw again, and those created with its id."""
    query = select(Issue.id).where(
        (Issue.session_id == scan.id) | Issue.id.in_(scan.issue_ids),
        Issue.status.in_(("open", "failed")),
        Issue.deleted_at.is_(None),
    )
    return list(tx.scalars(query.order_by(Issue.id)))
