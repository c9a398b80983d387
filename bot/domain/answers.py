"""Answers: what reviewed questions come to, for agents, issues and receipts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, votes
from bot.store.models import AnsweringSession, Issue, QuestionVote, SessionQuestion

_FROM_OPTION = re.compile(r"(?:option )?([A-E])(?:[,;:.)] ?\S| (?:but|except|only)\b)", re.IGNORECASE)
REVIEWED_IN = ("active", "reviewed", "completed")  # sessions whose answers hold


def given(question: SessionQuestion) -> str | None:
    """What the agent is given: the assumption, or the correction; nothing while it is open.

    Of a correction that starts from an option, as "B, but only in tests", the option's text is given too.
    """
    if question.status == "approved":
        return question.assumption
    said = question.correction if question.status == "declined" else None
    start = _FROM_OPTION.match(said or "")
    option = chosen(question, start[1]) if start else None
    return f"{said}\n\n({option['letter']}: {option['text']})" if option else said


def of_session(tx: Session, session: AnsweringSession) -> list[dict[str, Any]]:
    """The set as it is frozen. `leaves`: this answer leaves things alone; `free`: it is none of the options."""
    asked = answering.questions(tx, session.id)
    cast = votes.of(tx, [question.id for question in asked])
    return [_answered(question, url(question, cast.get(question.id, []))) for question in asked]


def url(question: SessionQuestion, cast: Sequence[QuestionVote]) -> str | None:
    """The text on GitHub that the question's answer rests on; None for one by REST."""
    if question.decision:
        return question.decision.get("url")
    by_reviewer = (vote.url for vote in reversed(cast) if f"github:{vote.by}" == question.reviewed_by)
    return next(by_reviewer, None)


def blocking(tx: Session, project_id: str, issue_ids: set[str]) -> list[SessionQuestion]:
    """Blocking questions about these issues that are not answered: no fix runs while there is one."""
    asked = _about(tx, project_id, issue_ids, SessionQuestion.blocking, SessionQuestion.status == "pending")
    return [question for question, _ in asked]


def for_issue(tx: Session, project_id: str, issue: Issue) -> list[dict[str, str]]:
    """What people said about the issue and who: handed over already, or reviewed in a session that still goes on."""
    about = _about(tx, project_id, {issue.id}, SessionQuestion.status != "pending", sessions=REVIEWED_IN)
    by = {(row.question, given(row) or ""): row.reviewed_by or "" for row, _ in about}
    fresh = [
        {"question": row.question, "answer": given(row) or ""}
        for row, session in about
        if session.status != "completed"
    ]
    every = [*issue.answers, *(one for one in fresh if one not in issue.answers)]
    return [{**one, "by": by.get((one["question"], one["answer"]), "")} for one in every]


def names_for(tx: Session, project_id: str, issue: Issue) -> list[str]:
    """The answers that a fix of the issue rests on, as `as_…/Q3`."""
    going_on = AnsweringSession.status.in_(REVIEWED_IN)
    query = (
        select(SessionQuestion)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(AnsweringSession.project_id == project_id, going_on, SessionQuestion.status != "pending")
        .order_by(SessionQuestion.id)
    )
    return [
        f"{row.answering_session_id}/Q{row.number}" for row in tx.scalars(query) if issue.id in row.issue_ids
    ]


def _about(
    tx: Session,
    project_id: str,
    issue_ids: set[str],
    *conditions: Any,
    sessions: Sequence[str] = ("active", "reviewed"),
) -> list[Any]:
    query = (
        select(SessionQuestion, AnsweringSession)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(
            AnsweringSession.project_id == project_id,
            AnsweringSession.status.in_(sessions),
            *conditions,
        )
        .order_by(SessionQuestion.id)
    )
    return [row for row in tx.execute(query) if issue_ids & set(row[0].issue_ids)]


def _answered(question: SessionQuestion, source: str | None) -> dict[str, Any]:
    text = given(question) or ""
    taken = next((option for option in question.options if option["text"] == text), None)
    return {
        "number": question.number,
        "question": question.question,
        "answer": text,
        "status": question.status,
        "issueIds": question.issue_ids,
        "by": question.reviewed_by,
        "at": question.reviewed_at.isoformat().replace("+00:00", "Z") if question.reviewed_at else None,
        "via": question.via,
        "url": source,
        "leaves": bool(taken and taken["leaves"]),
        "free": question.status == "declined" and taken is None,
    }


def chosen(question: SessionQuestion, text: str) -> dict[str, Any] | None:
    """The option that the text names, by its letter or its words."""
    said = text.strip().casefold()
    named = (
        option
        for name in ("letter", "text")
        for option in question.options
        if option[name].casefold() == said
    )
    return next(named, None)
