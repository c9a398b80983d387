"""Reminders of open questions: one after a day of silence, one after three, and no more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.domain import answering, threads
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, Project

AFTER = (timedelta(hours=24), timedelta(hours=72))


def plan(tx: Session, session: AnsweringSession) -> None:
    """Have somebody reminded when it is time, if it still comes to that."""
    wait = _wait(tx, session)
    if wait is not None:
        due_at = clock.now() + wait
        outbox.add(tx, "remind", lane=f"remind:{session.id}", due_at=due_at, session_id=session.id)


def remind(tx: Session, project: Project, session: AnsweringSession) -> float | None:
    """Say it where it is time, and plan the next one. Returns the seconds that are left, None where nothing is."""
    wait = _wait(tx, session)
    if wait is None or wait > timedelta():
        return wait.total_seconds() if wait else None
    # after a long standstill one is enough
    session.reminded = sum(span <= _silence(tx, session) for span in AFTER)
    key = f"reminder.{session.id}.{session.reminded}"
    threads.say(
        tx, project, session.pull_request_number or 0, key, "reminder",
        session_id=session.id, last=session.reminded == len(AFTER),
    )  # fmt: skip
    return None


def _wait(tx: Session, session: AnsweringSession) -> timedelta | None:
    """How long until it is time; None where there is nothing to remind of, or it was done often enough."""
    if session.status != "active" or session.asked_at is None or session.reminded >= len(AFTER):
        return None
    if all(question.status != "pending" for question in answering.questions(tx, session.id)):
        return None
    return max(timedelta(), AFTER[session.reminded] - _silence(tx, session))


def _silence(tx: Session, session: AnsweringSession) -> timedelta:
    """Since when nobody answered: the questions came, or the last answer did."""
    reviewed = [question.reviewed_at for question in answering.questions(tx, session.id)]
    moments = [session.asked_at, session.voted_at, *reviewed]
    return clock.now() - max(moment for moment in moments if moment is not None)
