"""The outbox' statements, made once: to make one costs several times what it costs to run it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, exists, insert, not_, or_, select, update

from bot.store.models import Base

ROWS = Base.metadata.tables["outbox"]
_NOW = bindparam("now", type_=ROWS.c.due_at.type)


def _open(statement: Any) -> Any:
    return statement.where(ROWS.c.done_at.is_(None), ROWS.c.dead_at.is_(None))


def _ready(statement: Any) -> Any:
    """Only rows that are due, that nobody holds, and before which nothing is open in their lane."""
    other = ROWS.alias()
    before = and_(
        other.c.lane == ROWS.c.lane,
        other.c.id != ROWS.c.id,
        other.c.done_at.is_(None),
        other.c.dead_at.is_(None),
        or_(other.c.id < ROWS.c.id, other.c.lease_until > _NOW),
    )
    return _open(statement).where(
        ROWS.c.due_at <= _NOW,
        or_(ROWS.c.lease_until.is_(None), ROWS.c.lease_until <= _NOW),
        ~exists(select(other.c.id).where(before)),
    )


ADDED = insert(ROWS).returning(ROWS.c.id)

# an UPDATE, not a SELECT: it holds the waiting row, so that no worker claims it before we commit; bulk that somebody
# waits for from now on, and one that was put off from the beginning, are due when the first who asks wants it
_WANTED = bindparam("wanted", type_=ROWS.c.due_at.type)
_STILL_BULK = bindparam("still_bulk", type_=ROWS.c.bulk.type)
_HURRIES = and_(
    ROWS.c.due_at > _WANTED,
    or_(and_(ROWS.c.bulk, not_(_STILL_BULK)), and_(ROWS.c.attempts == 0, ROWS.c.error.is_(None))),
)
WAITING = (
    _open(update(ROWS))
    .where(ROWS.c.key == bindparam("waiting"), ROWS.c.lease_until.is_(None))
    .values(
        bulk=and_(ROWS.c.bulk, _STILL_BULK),
        due_at=case((_HURRIES, _WANTED), else_=ROWS.c.due_at),
    )
    .returning(ROWS.c.id, ROWS.c.due_at)
)

FOUND = select(ROWS.c.job, ROWS.c.lane, ROWS.c.args).where(ROWS.c.id == bindparam("row_id"))

TAKEN = (
    _ready(update(ROWS))
    .where(ROWS.c.id == bindparam("row_id"))
    .values(
        attempts=ROWS.c.attempts + 1, claims=ROWS.c.claims + 1, lease_until=bindparam("until"), waits_for=None
    )
    .returning(ROWS.c.bulk, ROWS.c.attempts, ROWS.c.claims)
)

# what is set are the other parameters that come with it
FENCED = _open(update(ROWS)).where(ROWS.c.id == bindparam("row_id"), ROWS.c.claims == bindparam("number"))

WOKEN = (
    _open(update(ROWS))
    .where(ROWS.c.waits_for == bindparam("waited_for"))
    .values(due_at=_NOW, waits_for=None)
    .returning(ROWS.c.id, ROWS.c.job)
)

DUE = (
    _ready(select(ROWS.c.id, ROWS.c.job))
    .order_by(ROWS.c.bulk, ROWS.c.due_at, ROWS.c.id)
    .limit(bindparam("most"))
)

NEXT_IN = _ready(select(ROWS.c.id, ROWS.c.job)).where(ROWS.c.lane == bindparam("in_lane")).limit(1)
