"""How a project's findings come and go, day by day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import Session

from bot.domain import states
from bot.domain.issues import PRIORITIES
from bot.store import clock
from bot.store.models import Issue

DAYS = 30

_THERE = (Issue.project_id == bindparam("project_id"), Issue.deleted_at.is_(None))
_OPEN = (
    select(Issue.status, Issue.priority, func.count())
    .where(*_THERE, Issue.status.in_(states.ISSUE_OPEN))
    .group_by(Issue.status, Issue.priority)
)
_FOUND = (*states.ISSUE_OPEN, "completed")
# an id begins with its time: an index tells what came between two. By state and priority, as that index is sorted: for
# a coarser order SQLite takes another one, and reads the table too
_NEW = (
    select(Issue.status, Issue.priority, func.count())
    .where(*_THERE, Issue.status.in_(_FOUND), Issue.priority.in_(PRIORITIES))
    .where(Issue.id >= bindparam("start"), Issue.id < bindparam("end"))
    .group_by(Issue.status, Issue.priority)
)
_ON = func.substr(cast(Issue.completed_at, Text), 1, len("2026-01-31")).label("on")
_GONE = (
    select(_ON, Issue.priority, func.count())
    .where(*_THERE, Issue.completed_at >= bindparam("first"))
    .group_by(_ON, Issue.priority)
)


@dataclass(frozen=True)
class Day:
    """By priority: how many issues came, how many were done with, and how many were open at its end.

    What was dismissed is left out, as if it had never been found.
    """

    on: date
    new: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)


def of(tx: Session, project_id: str) -> list[Day]:
    """The last 30 days in UTC, today at the end."""
    today = clock.now().date()
    days = {today - timedelta(days=ago): Day(today - timedelta(days=ago)) for ago in reversed(range(DAYS))}
    first = datetime.combine(min(days), time(), UTC)
    for day in days.values():
        start = datetime.combine(day.on, time(), UTC)
        span = {
            "start": clock.first_id("iss", start),
            "end": clock.first_id("iss", start + timedelta(days=1)),
        }
        day.new.update(_by_priority(tx, _NEW, {"project_id": project_id, **span}))
    for on, priority, count in _gone(tx, project_id, first):
        days[on].gone[priority] += count
    standing = open_now(tx, project_id)
    for day in reversed(days.values()):
        day.open.update(standing)
        standing = standing + day.gone
        standing.subtract(day.new)
        standing = +standing
    return list(days.values())


def open_now(tx: Session, project_id: str) -> Counter[str]:
    """How many issues are open, by priority."""
    return _by_priority(tx, _OPEN, {"project_id": project_id})


def _by_priority(tx: Session, query: Select[str, str, int], values: dict[str, str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for _, priority, count in tx.execute(query, values):
        found[priority] += count
    return found


def _gone(tx: Session, project_id: str, first: datetime) -> list[tuple[date, str, int]]:
    rows = tx.execute(_GONE, {"project_id": project_id, "first": first})
    return [(date.fromisoformat(day), priority, count) for day, priority, count in rows]
