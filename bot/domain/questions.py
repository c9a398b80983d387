"""Questions: what people say about each, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, answers, intents, states, threads, votes
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.votes import NOTHING, WITHDRAWN, Source, Voter
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, Project, QuestionVote, SessionQuestion


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
    _must_be_whole(status, correction)
    question, session = get(tx, project.id, question_id, lock=True)
    _must_let(session, question, "review")
    _decide(tx, question, status, correction, by)
    answering.show(tx, project, session)
    return question


def review_all(
    tx: Session, project: Project, reviews: Sequence[dict[str, Any]], by: str
) -> list[SessionQuestion]:
    """Decide many, all or none: the questions in the order of their reviews. Errors are those of `review`.

    Their field names the review: `reviews.3.correction`.
    """
    ids = [one["id"] for one in reviews]
    for place, one in enumerate(reviews):
        _must_be_whole(one["status"], one["correction"], f"reviews.{place}.")
        if one["id"] in ids[:place]:
            raise Invalid("It is reviewed twice here; send one review of each.", f"reviews.{place}.id")
    found = _locked(tx, project.id, ids)
    for place, question_id in enumerate(ids):
        if question_id not in found:
            raise NotFound(f"There is no question {question_id} in this project.", f"reviews.{place}.id")
        question, session = found[question_id]
        _must_let(session, question, "review", f"reviews.{place}.")
    for one in reviews:
        _decide(tx, found[one["id"]][0], one["status"], one["correction"], by)
    for session in sorted({session for _, session in found.values()}, key=lambda one: one.id):
        answering.show(tx, project, session)
    return [found[question_id][0] for question_id in ids]


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
    *,
    explicit: bool = True,
) -> bool:
    """A person with the right to says so on GitHub; the same text again replaces what it said before.

    What is not `explicit` counts only where the person had no vote before. Returns whether it was heard.
    """
    heard = states.lets(session, question, "vote") and votes.hear(
        tx, question, by, source, status, correction, explicit=explicit
    )
    if heard:
        _changed(tx, project, session, question)
    return heard


def decide(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    by: Voter,
    source: Source,
    status: str,
    correction: str | None = None,
) -> None:
    """A maintainer's word on GitHub ends a conflict; what somebody says later may dispute it again.

    Raises Conflict once the session is reviewed.
    """
    _must_let(session, question, "review")
    over = [vote.source for vote in votes.of(tx, [question.id]).get(question.id, [])]
    question.decision = {
        "status": status, "correction": correction, "by": f"github:{by.login}", "user_id": by.id, "via": "github",
        "url": source.url, "at": source.at.isoformat(), "over": over,
    }  # fmt: skip
    _changed(tx, project, session, question)


def reopen(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    source: Source,
) -> None:
    """Nothing that was said until now counts any more, whoever said it. Raises Conflict once it is reviewed."""
    _must_let(session, question, "withdraw")
    votes.silence(tx, question, source.at)
    question.decision = None
    _changed(tx, project, session, question)
    threads.reply(tx, project, question, "open", session=session, after=source.name)


def take_back(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    by: Voter,
    source: Source,
) -> bool:
    """What the person said about this question before does not count any more, nor what they decided."""
    heard = states.lets(session, question, "vote") and votes.hear(tx, question, by, source, WITHDRAWN)
    if heard:
        if (question.decision or {}).get("user_id") == by.id:
            question.decision = None
        _changed(tx, project, session, question)
    return heard


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
    """Whether the person had a vote on this question, by another text than this one, when this was said."""
    cast = votes.of(tx, [question.id]).get(question.id, [])
    return any(
        vote.user_id == by.id and vote.source != besides.name and vote.at <= besides.at for vote in cast
    )


def voices(tx: Session, session: AnsweringSession) -> dict[int, str]:
    """The logins, by user id, of everybody on GitHub whose word counts in the session."""
    asked = answering.questions(tx, session.id)
    cast = votes.of(tx, [question.id for question in asked])
    found = {vote.user_id: vote.by for row in cast.values() for vote in row}
    decided = [one.decision for one in asked if one.decision and "user_id" in one.decision]
    return found | {one["user_id"]: one["by"].removeprefix("github:") for one in decided}


def weigh_again(
    tx: Session, project: Project, session: AnsweringSession, *, silent: Set[int], powerless: Set[int]
) -> bool:
    """By user id: who may not answer any more, and who may not end a conflict, does not count; that is told.

    Returns whether an answer is another one now, so that people must have time to see it.
    """
    changed = []
    for question in answering.questions(tx, session.id):
        before = (question.status, question.correction, question.reviewed_by)
        votes.drop(tx, [question.id], QuestionVote.user_id.in_(silent))
        if (question.decision or {}).get("user_id") in powerless:
            question.decision = None
        _settle(tx, question, via="github")
        if (question.status, question.correction) != before[:2]:
            threads.reply(tx, project, question, "lost", session=session, by=before[2] or "")
            changed.append(question)
    if changed:
        states.move_answering(session, "active")
        _changed(tx, project, session, changed[0])
    return bool(changed)


def settled(tx: Session, session: AnsweringSession, settle: timedelta) -> float | None:
    """Seconds until the votes have rested long enough; None where something is unanswered again."""
    if session.status != "active" or session.voted_at is None:
        return None
    if any(question.status == "pending" for question in answering.questions(tx, session.id)):
        return None
    return max(0.0, (session.voted_at + settle - clock.now()).total_seconds())


def on_comment(
    tx: Session, project: Project, comment_id: int
) -> tuple[SessionQuestion, AnsweringSession] | None:
    """The question whose thread begins with this comment, also where that was deleted and posted again."""
    asked = intents.numbered(tx, project.repository_id or 0, comment_id, "thread")
    query = (
        select(SessionQuestion.id)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(AnsweringSession.project_id == project.id, SessionQuestion.id == (asked or ""))
    )
    found = tx.scalars(query).first()
    return get(tx, project.id, found, lock=True) if found else None


def waiting(tx: Session, project: Project, limit: int) -> list[tuple[SessionQuestion, AnsweringSession]]:
    """The questions that nobody has answered yet, oldest first, each with its session."""
    query = (
        select(SessionQuestion, AnsweringSession)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(
            AnsweringSession.project_id == project.id,
            AnsweringSession.status.in_(states.ASKING),
            SessionQuestion.status == "pending",
        )
        .order_by(AnsweringSession.id, SessionQuestion.number)
    )
    return [(question, session) for question, session in tx.execute(query.limit(limit))]


def numbered(
    tx: Session, project: Project, number: int
) -> dict[int, tuple[SessionQuestion, AnsweringSession]]:
    """By their numbers, the questions that are asked on this pull request or issue; an open one before a fixed one."""
    # sessions before their questions, and in one order, as everywhere: nobody waits for each other
    of_sessions = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.pull_request_number == number,
        AnsweringSession.status != "archived",
    )
    sessions = {
        row.id: row for row in tx.scalars(of_sessions.order_by(AnsweringSession.id).with_for_update())
    }
    asked = (
        select(SessionQuestion).where(SessionQuestion.answering_session_id.in_(sessions)).with_for_update()
    )
    found = [(row, sessions[row.answering_session_id]) for row in tx.scalars(asked)]
    found.sort(key=lambda one: (one[1].status == "active", one[1].id))
    return {question.number: (question, session) for question, session in found}


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
        question.via = decision.get("via", "rest") if decision else via
    else:
        question.correction = None
        question.reviewed_by = question.reviewed_at = question.via = None


def _must_be_whole(status: str, correction: str | None, prefix: str = "") -> None:
    field = f"{prefix}correction"
    if status == "declined" and not correction:
        raise Invalid("Say what holds instead: a declined question needs its correction.", field)
    if status == "approved" and correction:
        raise Invalid("An approved question takes no correction: leave it out, or decline.", field)


def _must_let(session: AnsweringSession, question: SessionQuestion, act: str, prefix: str = "") -> None:
    if states.lets(session, question, act):
        return
    if session.status in states.ASKING:
        raise Conflict(f"Q{question.number} is approved as it is: withdraw the review first.", "assumption")
    raise Conflict(
        f"Session {session.id} is {session.status}; its answers do not change any more.", f"{prefix}id"
    )


def _locked(
    tx: Session, project_id: str, question_ids: Sequence[str]
) -> dict[str, tuple[SessionQuestion, AnsweringSession]]:
    """The questions with their sessions, which are locked in one order, so that no two wait for each other."""
    theirs = select(SessionQuestion.answering_session_id).where(SessionQuestion.id.in_(question_ids))
    query = select(AnsweringSession).where(
        AnsweringSession.id.in_(theirs), AnsweringSession.project_id == project_id
    )
    sessions = {row.id: row for row in tx.scalars(query.order_by(AnsweringSession.id).with_for_update())}
    rows = tx.scalars(
        select(SessionQuestion).where(
            SessionQuestion.id.in_(question_ids), SessionQuestion.answering_session_id.in_(sessions)
        )
    )
    return {row.id: (row, sessions[row.answering_session_id]) for row in rows}


def _decide(tx: Session, question: SessionQuestion, status: str, correction: str | None, by: str) -> None:
    chosen = answers.chosen(question, correction) if correction else None
    correction = chosen["text"] if chosen else correction or None
    over = [vote.source for vote in votes.of(tx, [question.id]).get(question.id, [])]
    question.decision = {
        "status": status, "correction": correction, "by": by, "at": clock.now().isoformat(), "over": over,
    }  # fmt: skip
    _settle(tx, question, via="rest")
