"""Webhooks as they came in, each kept once by GitHub's own id."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.store import clock, outbox
from bot.store.models import Base

# made once, since making a statement costs more than running it
_KEPT = {
    dialect.dialect.name: dialect.insert(Base.metadata.tables["deliveries"])
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
    for dialect in (postgresql, sqlite)
}


def keep(tx: Session, delivery_id: str, event: str, payload: dict[str, Any], raw: str) -> bool:
    """Store a delivery and promise its handling; False when it is here already."""
    action = payload.get("action")
    row = {
        "id": delivery_id,
        "event": event,
        "action": action if isinstance(action, str) else None,
        "payload": raw,
        "received_at": clock.now(),
    }
    if not tx.execute(_KEPT[tx.get_bind().dialect.name], row).rowcount:  # type: ignore[attr-defined]
        return False
    outbox.add_first(
        tx, "delivery", lane=lane(payload), key=f"delivery:{delivery_id}", delivery_id=delivery_id
    )
    return True


def lane(payload: dict[str, Any]) -> str:
    """Deliveries about one issue or pull request keep their order; others keep that of their repository."""
    repository, installation = _id(payload, "repository", "id"), _id(payload, "installation", "id")
    number = _id(payload, "issue", "number") or _id(payload, "pull_request", "number")
    if repository and number:
        return f"delivery:{repository}#{number}"
    return f"delivery:{repository}" if repository else f"delivery:installation:{installation}"


def _id(payload: dict[str, Any], *names: str) -> int | None:
    value: Any = payload
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, int) else None
