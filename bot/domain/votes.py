"""What people say about a question on GitHub: each text is one word of its author, and the latest word counts.

GitHub delivers in any order. So what a text says is kept with its time, also where that is nothing: an older
state of a text that comes late changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.store.models import QuestionVote, SessionQuestion

VOTES = ("approved", "declined")
WITHDRAWN = "withdrawn"  # takes back what the person said before
NOTHING = "nothing"  # the text is conversation, or gone


@dataclass(frozen=True)
class Voter:
    """A person on GitHub; the id stays when the login changes hands."""

    login: str
    id: int


@dataclass(frozen=True)
class Source:
    """The text that holds a vote: kind and id on GitHub, where to read it, and when it was last changed."""

    name: str
    url: str
    at: datetime


def hear(
    tx: Session,
    question: SessionQuestion,
    by: Voter,
    source: Source,
    status: str,
    correction: str | None = None,
    *,
    explicit: bool = True,
) -> bool:
    """The text says this now. Returns whether that may change how the question stands."""
    row = tx.get(QuestionVote, (question.id, source.name))
    if row is None:
        row = QuestionVote(question_id=question.id, source=source.name, status=NOTHING)
        tx.add(row)
    elif row.at > source.at or (status == NOTHING and row.status == WITHDRAWN):
        return False
    silent = row.status == status == NOTHING
    row.by, row.user_id, row.url, row.at = by.login, by.id, source.url, source.at
    row.status, row.correction, row.explicit = status, correction, explicit
    tx.flush()
    return not silent


def of(tx: Session, question_ids: Sequence[str]) -> dict[str, list[QuestionVote]]:
    """By question: each person's vote, oldest first."""
    query = select(QuestionVote).where(
        QuestionVote.question_id.in_(question_ids), QuestionVote.status != NOTHING
    )
    latest: dict[tuple[str, int], QuestionVote] = {}
    # GitHub's times are whole seconds; its ids grow
    for vote in sorted(tx.scalars(query), key=lambda vote: (vote.at, int(vote.source.rpartition(":")[2]))):
        if not vote.explicit and (vote.question_id, vote.user_id) in latest:
            continue
        latest.pop((vote.question_id, vote.user_id), None)
        if vote.status in VOTES:
            latest[vote.question_id, vote.user_id] = vote
    found: dict[str, list[QuestionVote]] = {}
    for vote in latest.values():
        found.setdefault(vote.question_id, []).append(vote)
    return found


def of_text(tx: Session, question_ids: Sequence[str], source: Source) -> list[str]:
    """The questions of these that the text says something about."""
    query = select(QuestionVote.question_id).where(
        QuestionVote.question_id.in_(question_ids),
        QuestionVote.source == source.name,
        QuestionVote.status != NOTHING,
    )
    return list(tx.scalars(query))


def silence(tx: Session, question: SessionQuestion, at: datetime) -> None:
    """Nothing that was said about the question until then counts any more."""
    said = QuestionVote.question_id == question.id, QuestionVote.status != NOTHING, QuestionVote.at <= at
    tx.execute(update(QuestionVote).where(*said).values(status=NOTHING, correction=None, at=at))


def counted(question: SessionQuestion, votes: Iterable[QuestionVote]) -> list[QuestionVote]:
    """Those that a decision does not overrule."""
    if not (decision := question.decision):
        return list(votes)
    at = datetime.fromisoformat(decision["at"])
    # within the second of the decision GitHub's time does not say which was first
    second, known = at.replace(microsecond=0), decision["over"]
    return [vote for vote in votes if vote.at > at or (vote.at >= second and vote.source not in known)]


def drop(tx: Session, question_ids: Sequence[str], *conditions: Any) -> None:
    """Forget the votes of these questions that fulfil the conditions."""
    tx.execute(delete(QuestionVote).where(QuestionVote.question_id.in_(question_ids), *conditions))
