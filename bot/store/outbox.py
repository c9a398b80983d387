"""Work that was promised with a commit: added in the same transaction, claimed once, done once.

A *lane* runs in order and one row at a time; lanes run side by side. A *key* coalesces: while a row with it
waits, another one is not needed, since jobs bring about a state and do not apply a change.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.orm import Session

from bot.store import clock, db
from bot.store.models import Outbox
from bot.store.outbox_statements import ADDED, DUE, FENCED, FOUND, NEXT_IN, TAKEN, WAITING, WOKEN

LEASE = timedelta(seconds=20)
TRIES = 8
LONGEST_WAIT = 3600.0

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
    bulk: bool
    attempt: int
    number: int


def add(
    tx: Session,
    job: str,
    *,
    lane: str,
    key: str | None = None,
    due_at: datetime | None = None,
    first: bool = False,
    bulk: bool = False,
    **args: Any,
) -> None:
    """Promise a job; nothing is added when one with the same key still waits for its turn, at the latest when due.

    The `first` with its key needs no look for others. `bulk`: nobody waits for it, unless this transaction answers
    a person.
    """
    key, bulk, wanted = key or f"{job}:{lane}", bulk and not tx.info.get("answers"), due_at or clock.now()
    asked = {"waiting": key, "wanted": wanted, "still_bulk": bulk}
    there = None if first else tx.execute(WAITING, asked).first()
    if there and there.due_at != wanted:
        return
    row_id = there.id if there else _append(tx, job, lane, key, args, wanted, bulk)
    if due_at is None:
        tx.info.setdefault("bells", []).append((row_id, job))


def answers_a_person(tx: Session) -> None:
    """What is promised in this transaction is none of it bulk."""
    tx.info["answers"] = True


def add_first(tx: Connection, job: str, *, lane: str, key: str, **args: Any) -> Rows:
    """Promise a job whose key cannot be in use yet, so that none is looked for. Returns what to ring for."""
    return [(_append(tx, job, lane, key, args, clock.now(), bulk=False), job)]


def claim(tx: Session, row_id: int) -> Claim | None:
    """Take the row if it is due, nobody holds it, and nothing in its lane comes before it."""
    row = tx.execute(FOUND, {"row_id": row_id}).one_or_none()
    if row is None:
        return None
    db.lock(tx, f"lane:{row.lane}")
    now = clock.now()
    taken = tx.execute(TAKEN, {"row_id": row_id, "now": now, "until": now + LEASE}).one_or_none()
    return Claim(row_id, row.job, row.lane, row.args, *taken) if taken else None


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


def put_off(tx: Session, claim: Claim, seconds: float, reason: str, waits_for: str | None = None) -> None:
    """Give the row back until later, or until `wake` is told of what it waits for; it does not count as a try."""
    _fenced(
        tx, claim, due_at=clock.now() + timedelta(seconds=seconds), lease_until=None, error=reason,
        attempts=claim.attempt - 1, waits_for=waits_for,
    )  # fmt: skip


def wake(tx: Session, waits_for: str) -> None:
    """What was put off for this is due now."""
    for row in tx.execute(WOKEN, {"waited_for": waits_for, "now": clock.now()}):
        tx.info.setdefault("bells", []).append((row.id, row.job))


def due(tx: Session, limit: int) -> Rows:
    """Rows that could be claimed now, bulk last and otherwise oldest first: (id, job)."""
    return [(row.id, row.job) for row in tx.execute(DUE, {"now": clock.now(), "most": limit})]


def next_in(tx: Connection, lane: str) -> Rows:
    """The row that the lane's last one kept waiting, if there is one: (id, job)."""
    return [(row.id, row.job) for row in tx.execute(NEXT_IN, {"now": clock.now(), "in_lane": lane})]


def _append(
    tx: Session | Connection,
    job: str,
    lane: str,
    key: str,
    args: dict[str, Any],
    due_at: datetime,
    bulk: bool,
) -> int:
    row = {
        "job": job, "lane": lane, "key": key, "args": args, "bulk": bulk, "due_at": due_at, "attempts": 0, "claims": 0
    }  # fmt: skip
    row_id: int = tx.execute(ADDED, row).scalar_one()
    return row_id


def _fenced(tx: Session, claim: Claim, **values: Any) -> None:
    if not tx.execute(FENCED, {"row_id": claim.id, "number": claim.number, **values}).rowcount:  # type: ignore[attr-defined]
        raise Superseded(f"outbox row {claim.id} ({claim.job}) was taken over")


def forget_done(tx: Session, before: datetime) -> None:
    """Remove the rows that were done before then."""
    tx.execute(delete(Outbox).where(Outbox.done_at < before))
