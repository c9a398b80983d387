"""Answers are given: the set is frozen, each goes into its issues, and what waited for it goes on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import answering, chains, questions
from bot.domain.errors import Conflict
from bot.store.models import AnsweringSession, Project


def hand_over(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Complete a reviewed session. Raises Conflict in any other state."""
    if session.status == "reviewed" and not session.answers_digest:
        answering.freeze(tx, session, questions.answers(tx, session))
    answering.complete(tx, project, session)
    chains.answered(tx, project, session)


def set_status(tx: Session, project: Project, session: AnsweringSession, status: str) -> None:
    """What a client may set, see `answering.set_status`; `completed` hands the answers over at once."""
    if status == "completed" and session.status == "reviewed":
        _must_need_no_look(tx, session)
        hand_over(tx, project, session)
    else:
        answering.set_status(tx, project, session, status)


def _must_need_no_look(tx: Session, session: AnsweringSession) -> None:
    """Who answered on GitHub is asked about there once more before the freeze: that is the job's to do."""
    on_github = any(question.via == "github" for question in answering.questions(tx, session.id))
    if session.agent and on_github and not session.answers_digest:
        raise Conflict(
            f"Session {session.id} completes by itself, once GitHub has said that those who answered there may.",
            "status",
        )
