"""Work that was promised with a commit: added in the same transaction, claimed once, done once.

A *lane* runs in order and one row at a time; lanes run side by side. A *key* coalesces: while a row with it
waits, another one is not needed, since jobs bring about a state and do not apply a change.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.store import clock, db
from bot.store.models import Base, Outbox

LEASE = timedelta(seconds=20)
TRIES = 8
LONGEST_WAIT = 3600.0

# the door's way: made once, since making a statement costs more than running it
_ROWS = Base.metadata.tables["outbox"]
_ADDED = insert(_ROWS).returning(_ROWS.c.id)
# an UPDATE, not a SELECT: it holds the waiting row, so that no worker claims it before we commit
_WAITING = (
    update(_ROWS)
    .where(
        _ROWS.c.key == bindparam("waiting"),
        _ROWS.c.lease_until.is_(None),
        _ROWS.c.done_at.is_(None),
        _ROWS.c.dead_at.is_(None),
    )
    .values(key=_ROWS.c.key)
)

Rows = list[tuple[int, str]]  # (id, job)


class Superseded(Exception):
    """This worker lost its claim: another took over, or the row was dropped. Its result is thrown away."""


@dataclass(frozen=True)
class Claim:
    """A row taken by this worker. `attempt` counts the tries, `number` all claims: it is the fence."""

    id: int
    job: str
    lane: str
    args: dict[str, Any]
    attempt: int
    number: int


def add(
    tx: Session, job: str, *, lane: str, key: str | None = None, due_at: datetime | None = None, **args: Any
) -> None:
    """Promise a job; nothing is added when one with the same key still waits for its turn."""
    key = key or f"{job}:{lane}"
    if tx.execute(_WAITING, {"waiting": key}).rowcount:  # type: ignore[attr-defined]
        return
    row_id = _append(tx, job, lane, key, args, due_at or clock.now())
    if due_at is None:
        tx.info.setdefault("bells", []).append((row_id, job))


def add_first(tx: Connection, job: str, *, lane: str, key: str, **args: Any) -> Rows:
    """Promise a job whose key cannot be in use yet, so that none is looked for. Returns what to ring for."""
    return [(_append(tx, job, lane, key, args, clock.now()), job)]


def claim(tx: Session, row_id: int) -> Claim | None:
    """Take the row if it is due, nobody holds it, and nothing in its lane comes before it."""
    row = tx.get(Outbox, row_id)
    if row is None:
        return None
    db.lock(tx, f"lane:{row.lane}")
    now = clock.now()
    taken = tx.execute(
        _ready(update(Outbox), now)
        .where(Outbox.id == row_id)
        .values(attempts=Outbox.attempts + 1, claims=Outbox.claims + 1, lease_until=now + LEASE)
        .returning(Outbox.attempts, Outbox.claims)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Claim(row.id, row.job, row.lane, row.args, *taken) if taken else None


def hold(tx: Session, claim: Claim) -> None:
    """Lengthen the lease. Raises Superseded when the claim is lost."""
    _fenced(tx, claim, lease_until=clock.now() + LEASE)


def finish(tx: Session, claim: Claim) -> None:
    """Mark the row done, together with all else in this transaction. Raises Superseded."""
    _fenced(tx, claim, done_at=clock.now(), lease_until=None, error=None)


def fail(tx: Session, claim: Claim, error: str, *, for_good: bool = False) -> bool:
    """Give the row back with a growing wait; after 8 tries, or `for_good`, it is dead. Returns whether it is."""
    now = clock.now()
    if for_good or claim.attempt >= TRIES:
        _fenced(tx, claim, dead_at=now, lease_until=None, error=error)
        return True
    wait = min(LONGEST_WAIT, 2.0 ** (2 * claim.attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
    _fenced(tx, claim, due_at=now + timedelta(seconds=wait), lease_until=None, error=error)
    return False


def put_off(tx: Session, claim: Claim, seconds: float, reason: str) -> None:
    """Give the row back until later; it does not count as a try."""
    due = clock.now() + timedelta(seconds=seconds)
    _fenced(tx, claim, due_at=due, lease_until=None, error=reason, attempts=claim.attempt - 1)


def due(tx: Session, limit: int) -> Rows:
    """Rows that could be claimed now, oldest first: (id, job)."""
    rows = _ready(select(Outbox.id, Outbox.job), clock.now()).order_by(Outbox.due_at, Outbox.id).limit(limit)
    return [(row.id, row.job) for row in tx.execute(rows)]


def next_in(tx: Session, lane: str) -> Rows:
    """The row that the lane's last one kept waiting, if there is one: (id, job)."""
    rows = _ready(select(Outbox.id, Outbox.job), clock.now()).where(Outbox.lane == lane).limit(1)
    return [(row.id, row.job) for row in tx.execute(rows)]


def _append(
    tx: Session | Connection, job: str, lane: str, key: str, args: dict[str, Any], due_at: datetime
) -> int:
    row = {"job": job, "lane": lane, "key": key, "args": args, "due_at": due_at, "attempts": 0, "claims": 0}
    row_id: int = tx.execute(_ADDED, row).scalar_one()
    return row_id


def _open(statement: Any) -> Any:
    return statement.where(Outbox.done_at.is_(None), Outbox.dead_at.is_(None))


def _ready(statement: Any, now: datetime) -> Any:
    other = aliased(Outbox)
    before = and_(
        other.lane == Outbox.lane,
        other.id != Outbox.id,
        other.done_at.is_(None),
        other.dead_at.is_(None),
        or_(other.id < Outbox.id, other.lease_until > now),
    )
    return _open(statement).where(
        Outbox.due_at <= now,
        or_(Outbox.lease_until.is_(None), Outbox.lease_until <= now),
        ~exists(select(other.id).where(before)),
    )


def _fenced(tx: Session, claim: Claim, **values: Any) -> None:
    mine = _open(update(Outbox)).where(Outbox.id == claim.id, Outbox.claims == claim.number)
    if not tx.execute(mine.values(**values)).rowcount:  # type: ignore[attr-defined]
        raise Superseded(f"outbox row {claim.id} ({claim.job}) was taken over")


def forget_done(tx: Session, before: datetime) -> None:
    """Remove the rows that were done before then."""
    tx.execute(delete(Outbox).where(Outbox.done_at < before))
