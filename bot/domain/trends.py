"""How a project's findings come and go, day by day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from bot.domain import states
from bot.store import clock
from bot.store.models import Issue

DAYS = 30
PREFIX = len("iss_")
HEAD = 6  # of an id's letters: they change every 17 minutes


@dataclass(frozen=True)
class Day:
    """By priority: how many issues came, how many were done with, and how many were open at its end."""

    on: date
    new: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)


def of(tx: Session, project_id: str) -> list[Day]:
    """The last 30 days in UTC, today at the end."""
    today = clock.now().date()
    days = {today - timedelta(days=ago): Day(today - timedelta(days=ago)) for ago in reversed(range(DAYS))}
    first = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    for on, priority, count in _new(tx, project_id, first):
        days[on].new[priority] += count
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
    query = select(Issue.priority, func.count()).where(
        Issue.project_id == project_id, Issue.deleted_at.is_(None), Issue.status.in_(states.ISSUE_OPEN)
    )
    rows = tx.execute(query.group_by(Issue.priority))
    return Counter({priority: count for priority, count in rows if count})


def _new(tx: Session, project_id: str, first: datetime) -> list[tuple[date, str, int]]:
    # an id begins with its time: counting by its first letters needs the index alone
    head = func.substr(Issue.id, PREFIX + 1, HEAD).label("head")
    query = select(head, Issue.priority, func.count()).where(
        Issue.project_id == project_id, Issue.deleted_at.is_(None), Issue.id >= clock.first_id("iss", first)
    )
    rows = tx.execute(query.group_by(head, Issue.priority))
    return [
        (max(clock.moment_of(letters).date(), first.date()), priority, count)
        for letters, priority, count in rows
    ]


def _gone(tx: Session, project_id: str, first: datetime) -> list[tuple[date, str, int]]:
    on = func.substr(cast(Issue.completed_at, Text), 1, len("2026-01-01")).label("on")
    query = select(on, Issue.priority, func.count()).where(
        Issue.project_id == project_id, Issue.deleted_at.is_(None), Issue.completed_at >= first
    )
    return [
        (date.fromisoformat(day), priority, count)
        for day, priority, count in tx.execute(query.group_by(on, Issue.priority))
    ]
