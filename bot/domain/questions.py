"""Questions: what people say about each, and what that comes to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, states, threads, votes
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.votes import NOTHING, WITHDRAWN, Source, Voter
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, Issue, Project, QuestionVote, SessionQuestion


def get(
    tx: Session, project_id: str, question_id: str, *, field: str = "id", lock: bool = False
) -> tuple[SessionQuestion, AnsweringSession]:
    """The question and its session, unless they are another project's: NotFound."""
    question = tx.get(SessionQuestion, question_id)
    session = (
        tx.get(AnsweringSession, question.answering_session_id, with_for_update=lock or None)
        if question
        else None
    )
    if question is None or session is None or session.project_id != project_id:
        raise NotFound(f"There is no question {question_id} in this project.", field)
    if lock:
        tx.refresh(question, with_for_update=True)
    return question, session


def review(
    tx: Session, project: Project, question_id: str, status: str, correction: str | None, by: str
) -> SessionQuestion:
    """Decide by REST: sets the status and ends a conflict; a correction may name an option by its letter.

    Raises Invalid for a correction that is missing or out of place, Conflict once the session is reviewed.
    """
    if status == "declined" and not correction:
        raise Invalid("Say what holds instead: a declined question needs its correction.", "correction")
    if status == "approved" and correction:
        raise Invalid("An approved question takes no correction: leave it out, or decline.", "correction")
    question, session = get(tx, project.id, question_id, lock=True)
    _must_let(session, question, "review")
    chosen = _chosen(question, correction) if correction else None
    correction = chosen["text"] if chosen else correction or None
    over = [vote.source for vote in votes.of(tx, [question.id]).get(question.id, [])]
    question.decision = {
        "status": status, "correction": correction, "by": by, "at": clock.now().isoformat(), "over": over,
    }  # fmt: skip
    _settle(tx, question, via="rest")
    answering.show(tx, project, session)
    return question


def withdraw(tx: Session, project: Project, question_id: str) -> SessionQuestion:
    """Take the review back; people's own votes on GitHub stay theirs. Raises Conflict once the session is reviewed."""
    question, session = get(tx, project.id, question_id, lock=True)
    _must_let(session, question, "withdraw")
    before, question.decision = question.decision, None
    _settle(tx, question, via="github")
    if before and question.status == "pending" and not question.conflict:
        threads.reply(tx, project, question, "open", session=session, after=before["at"])
    answering.show(tx, project, session)
    return question


def assume(tx: Session, project: Project, question_id: str, assumption: str) -> SessionQuestion:
    """Change the assumption. Raises Conflict while it is approved: nobody's approval moves onto another text."""
    question, session = get(tx, project.id, question_id, lock=True)
    _must_let(session, question, "assume")
    said = [vote.status for vote in votes.of(tx, [question.id]).get(question.id, [])]
    approved = "approved" in [*said, (question.decision or {}).get("status")]
    if question.conflict and approved:
        raise Conflict(f"Q{question.number} is in conflict: end that first, by a review.", "assumption")
    if question.assumption != assumption:
        # approvals that a later review overruled: a withdrawal must not bring them back for another text
        votes.drop(tx, [question.id], QuestionVote.status == "approved")
        question.assumption, question.revision = assumption, question.revision + 1
        answering.show(tx, project, session)
    return question


def vote(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    by: Voter,
    source: Source,
    status: str,
    correction: str | None = None,
) -> None:
    """A person with the right to says so on GitHub; the same text again replaces what it said before."""
    if states.lets(session, question, "vote") and votes.hear(tx, question, by, source, status, correction):
        _changed(tx, project, session, question)


def take_back(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    by: Voter,
    source: Source,
) -> None:
    """What the person said about this question before does not count any more."""
    if states.lets(session, question, "vote") and votes.hear(tx, question, by, source, WITHDRAWN):
        _changed(tx, project, session, question)


def forget(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    by: Voter,
    source: Source,
) -> None:
    """This text says nothing about the question, or not any more."""
    if states.lets(session, question, "vote") and votes.hear(tx, question, by, source, NOTHING):
        _changed(tx, project, session, question)


def has_voted(tx: Session, question: SessionQuestion, by: Voter, *, besides: Source) -> bool:
    """Whether the person has a vote on this question by another text than this one."""
    cast = votes.of(tx, [question.id]).get(question.id, [])
    return any(vote.user_id == by.id and vote.source != besides.name for vote in cast)


def drop_votes(tx: Session, session: AnsweringSession, user_ids: set[int]) -> None:
    """These people may not speak any more: what they said does not count."""
    for question in answering.questions(tx, session.id):
        votes.drop(tx, [question.id], QuestionVote.user_id.in_(user_ids))
        _settle(tx, question, via="github")


def settled(tx: Session, session: AnsweringSession, settle: timedelta) -> float | None:
    """Seconds until the votes have rested long enough; None where something is unanswered again."""
    if session.status != "active" or session.voted_at is None:
        return None
    if any(question.status == "pending" for question in answering.questions(tx, session.id)):
        return None
    return max(0.0, (session.voted_at + settle - clock.now()).total_seconds())


def answer(question: SessionQuestion) -> str | None:
    """What the agent is given: the assumption, or the correction; nothing while it is open."""
    if question.status == "approved":
        return question.assumption
    return question.correction if question.status == "declined" else None


def answers(tx: Session, session: AnsweringSession) -> list[dict[str, Any]]:
    """The set as it is frozen. `leaves`: this answer leaves things alone; `free`: it is none of the options."""
    return [_answered(question) for question in answering.questions(tx, session.id)]


def blocking(tx: Session, project_id: str, issue_ids: set[str]) -> list[SessionQuestion]:
    """Blocking questions about these issues that are not answered: no fix runs while there is one."""
    asked = _about(tx, project_id, issue_ids, SessionQuestion.blocking, SessionQuestion.status == "pending")
    return [question for question, _ in asked]


def answers_for(tx: Session, project_id: str, issue: Issue) -> list[dict[str, str]]:
    """What people said about the issue: handed over already, or reviewed in a session that still goes on."""
    fresh = [
        {"question": question.question, "answer": answer(question) or ""}
        for question, _ in _about(tx, project_id, {issue.id}, SessionQuestion.status != "pending")
    ]
    return [*issue.answers, *(one for one in fresh if one not in issue.answers)]


def names_for(tx: Session, project_id: str, issue: Issue) -> list[str]:
    """The answers that a fix of the issue rests on, as `as_…/Q3`."""
    sessions = AnsweringSession.status.in_(("active", "reviewed", "completed"))
    query = (
        select(SessionQuestion)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(AnsweringSession.project_id == project_id, sessions, SessionQuestion.status != "pending")
        .order_by(SessionQuestion.id)
    )
    return [
        f"{row.answering_session_id}/Q{row.number}" for row in tx.scalars(query) if issue.id in row.issue_ids
    ]


def _about(tx: Session, project_id: str, issue_ids: set[str], *conditions: Any) -> list[Any]:
    query = (
        select(SessionQuestion, AnsweringSession)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(
            AnsweringSession.project_id == project_id,
            AnsweringSession.status.in_(("active", "reviewed")),
            *conditions,
        )
        .order_by(SessionQuestion.id)
    )
    return [row for row in tx.execute(query) if issue_ids & set(row[0].issue_ids)]


def on_comment(
    tx: Session, project: Project, comment_id: int
) -> tuple[SessionQuestion, AnsweringSession] | None:
    """The question whose thread begins with this comment."""
    query = (
        select(SessionQuestion, AnsweringSession)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(AnsweringSession.project_id == project.id, SessionQuestion.comment_id == comment_id)
    )
    found = tx.execute(query.with_for_update()).first()
    return (found[0], found[1]) if found else None


def on_pull_request(tx: Session, project: Project, number: int) -> AnsweringSession | None:
    """The newest session that is asked on this pull request."""
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.pull_request_number == number,
        AnsweringSession.status != "archived",
    )
    return tx.scalars(query.order_by(AnsweringSession.id.desc()).with_for_update()).first()


def _changed(tx: Session, project: Project, session: AnsweringSession, question: SessionQuestion) -> None:
    tx.flush()
    _settle(tx, question, via="github")
    session.voted_at = clock.now()
    answering.show(tx, project, session)
    if settled(tx, session, timedelta()) is not None:
        outbox.add(tx, "settle", lane=f"settle:{session.id}", session_id=session.id)


def _settle(tx: Session, question: SessionQuestion, *, via: str) -> None:
    """Work the question's state out of the decision and of each person's vote after it."""
    decision = question.decision
    cast = votes.counted(question, votes.of(tx, [question.id]).get(question.id, []))
    said = [(decision["status"], decision["correction"])] if decision else []
    said += [(vote.status, vote.correction) for vote in cast]
    question.status, question.conflict = "pending", False
    for voice in said:
        agrees = voice == said[0] and not question.conflict
        states.move_question(question, voice[0] if agrees else "contradicted")
    if question.status != "pending":
        newest = cast[-1] if cast else None
        question.correction = said[0][1]
        question.reviewed_by = decision["by"] if decision else f"github:{newest.by}" if newest else None
        question.reviewed_at = (
            datetime.fromisoformat(decision["at"]) if decision else newest.at if newest else None
        )
        question.via = "rest" if decision else via
    else:
        question.correction = None
        question.reviewed_by = question.reviewed_at = question.via = None


def _answered(question: SessionQuestion) -> dict[str, Any]:
    text = answer(question) or ""
    chosen = next((option for option in question.options if option["text"] == text), None)
    return {
        "number": question.number,
        "question": question.question,
        "answer": text,
        "status": question.status,
        "issueIds": question.issue_ids,
        "by": question.reviewed_by,
        "at": question.reviewed_at.isoformat() if question.reviewed_at else None,
        "leaves": bool(chosen and chosen["leaves"]),
        "free": question.status == "declined" and chosen is None,
    }


def _chosen(question: SessionQuestion, text: str) -> dict[str, Any] | None:
    """The option that the text names, by its letter or its words."""
    said = text.strip().casefold()
    for option in question.options:
        if said in (option["letter"].casefold(), option["text"].casefold()):
            return option
    return None


def _must_let(session: AnsweringSession, question: SessionQuestion, act: str) -> None:
    if states.lets(session, question, act):
        return
    if session.status in states.ASKING:
        raise Conflict(f"Q{question.number} is approved as it is: withdraw the review first.", "assumption")
    raise Conflict(f"Session {session.id} is {session.status}; its answers do not change any more.", "id")
