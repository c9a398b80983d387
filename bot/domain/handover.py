"""Answers are given: the set is frozen, each goes into its issues, and what waited for it goes on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import answering, answers, chains
from bot.domain.errors import Conflict
from bot.store.models import AnsweringSession, Project


def hand_over(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Complete a reviewed session. Raises Conflict in any other state."""
    chains.hold_waiting(tx, project)
    if session.status == "reviewed" and not session.answers_digest:
        answering.freeze(tx, session, answers.of_session(tx, session))
    answering.complete(tx, project, session)
    chains.answered(tx, project, session)


def set_status(tx: Session, project: Project, session: AnsweringSession, status: str) -> None:
    """What a client may set, see `answering.set_status`; `completed` hands the answers over.

    At once, unless people gave them on GitHub: the job first looks once more whether they may.
    """
    if status != "completed" or session.status != "reviewed":
        answering.set_status(tx, project, session, status)
    elif session.answers_digest or not _from_github(tx, session):
        hand_over(tx, project, session)
    elif session.agent:
        raise Conflict(
            f"Session {session.id} completes by itself, once GitHub has said that those who answered there may.",
            "status",
        )
    else:
        answering.freeze_next(tx, session, only=answering.digest(answers.of_session(tx, session)))


def _from_github(tx: Session, session: AnsweringSession) -> bool:
    return any(question.via == "github" for question in answering.questions(tx, session.id))


def must_be_fixed(session: AnsweringSession) -> None:
    """Raises Conflict until the answers are frozen."""
    if session.answers_digest is None:
        raise Conflict(
            f"The answers of session {session.id} are not fixed yet: it is {session.status}.", "id"
        )
