"""Webhooks as they came in, each kept once by GitHub's own id."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import clock, outbox
from bot.store.models import Base

# made once, since making a statement costs more than running it
_KEPT = {
    dialect.dialect.name: dialect.insert(Base.metadata.tables["deliveries"])
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
    for dialect in (postgresql, sqlite)
}


def keep(
    tx: Connection, delivery_id: str, event: str, *, action: str | None, lane: str, raw: str
) -> outbox.Rows:
    """Store a delivery and promise its handling. Returns what to ring for: nothing when it is here already."""
    row = {"id": delivery_id, "event": event, "action": action, "payload": raw, "received_at": clock.now()}
    if not tx.execute(_KEPT[tx.dialect.name], row).rowcount:
        return []
    return outbox.add_first(tx, "delivery", lane=lane, key=f"delivery:{delivery_id}", delivery_id=delivery_id)
