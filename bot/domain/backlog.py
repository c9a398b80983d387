"""The outbox as its operator sees it: what waits, what died of what, and how to let it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.errors import Conflict, NotFound
from bot.store import clock, outbox
from bot.store.models import Delivery, Outbox

OPEN = (Outbox.done_at.is_(None), Outbox.dead_at.is_(None))


@dataclass(frozen=True)
class Depth:
    """Of one job: how many rows wait or are worked on, since when the oldest is due, and how many are dead."""

    open: int
    oldest: datetime | None
    dead: int


def depths(tx: Session) -> dict[str, Depth]:
    """By job; only those with a row that is not done."""
    open_ones = select(Outbox.job, func.count(), func.min(Outbox.due_at)).where(*OPEN).group_by(Outbox.job)
    dead_ones = (
        select(Outbox.job, func.count().label("rows")).where(Outbox.dead_at.is_not(None)).group_by(Outbox.job)
    )
    waiting = {job: (count, oldest) for job, count, oldest in tx.execute(open_ones)}
    dead = {row.job: row.rows for row in tx.execute(dead_ones)}
    found = {}
    for job in sorted({*waiting, *dead}):
        count, oldest = waiting.get(job, (0, None))
        found[job] = Depth(count, oldest, dead.get(job, 0))
    return found


def dead(tx: Session, limit: int) -> list[Outbox]:
    """The rows that were given up, newest first."""
    query = select(Outbox).where(Outbox.dead_at.is_not(None)).order_by(Outbox.id.desc())
    return list(tx.scalars(query.limit(limit)))


def waiting(tx: Session, limit: int) -> list[Outbox]:
    """The rows that are still to be done, in the order in which they are due."""
    return list(tx.scalars(select(Outbox).where(*OPEN).order_by(Outbox.due_at, Outbox.id).limit(limit)))


def deliveries(
    tx: Session, limit: int, before: datetime | None = None
) -> list[tuple[Delivery, Outbox | None]]:
    """Webhooks as they came, newest first, each with the row that is still to handle it, or was given up."""
    query = select(Delivery).order_by(Delivery.received_at.desc())
    if before is not None:
        query = query.where(Delivery.received_at < before)
    found = list(tx.scalars(query.limit(limit)))
    rows = _not_done(tx, [one.id for one in found])
    return [(one, rows.get(one.id)) for one in found]


def delivery(tx: Session, delivery_id: str) -> tuple[Delivery, Outbox | None]:
    """One of them. Raises NotFound."""
    found = tx.get(Delivery, delivery_id)
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id}; they are kept for ASKFIRST_RETENTION_DAYS.")
    return found, _not_done(tx, [found.id]).get(found.id)


def handle_again(tx: Session, found: Delivery, row: Outbox | None, lane: str) -> None:
    """Have a delivery handled once more, from the start; `row` is what is left of the time before."""
    if row is not None:
        return wake(tx, row)
    found.done_at = None
    outbox.add(tx, "delivery", lane=lane, key=f"delivery:{found.id}", delivery_id=found.id)


def find(tx: Session, row_id: int) -> Outbox:
    """The row, held until the transaction ends. Raises NotFound, also for what is done."""
    row = tx.get(Outbox, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.done_at is not None:
        raise NotFound(f"There is no row {row_id} that is dead or waits; `askfirst outbox list` shows those.")
    return row


def wake(tx: Session, row: Outbox) -> None:
    """Have it tried now; a dead row begins anew, with all its tries."""
    if row.dead_at is not None:
        row.dead_at, row.attempts, row.error = None, 0, None
    row.due_at, row.waits_for = clock.now(), None
    tx.info.setdefault("bells", []).append((row.id, row.job))


def drop(tx: Session, row: Outbox) -> None:
    """Forget a dead row. Raises Conflict for one that still waits: who waits for it would do so for ever."""
    if row.dead_at is None:
        raise Conflict(f"Row {row.id} is not dead: cancel what it is for, or wait for its last try.")
    tx.delete(row)


def _not_done(tx: Session, delivery_ids: list[str]) -> dict[str, Outbox]:
    keys = {f"delivery:{one}": one for one in delivery_ids}
    dead = select(Outbox).where(Outbox.dead_at.is_not(None), Outbox.job == "delivery", Outbox.key.in_(keys))
    waits = select(Outbox).where(*OPEN, Outbox.key.in_(keys))
    return {keys[row.key]: row for query in (dead, waits) for row in tx.scalars(query)}
