"""What we are about to make on GitHub is written down first, so that a kill in between makes nothing twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.store import clock
from bot.store.models import GithubObject


def intend(tx: Session, kind: str, local_id: str, repository_id: int) -> tuple[GithubObject, datetime | None]:
    """The row of this thing, and since when an earlier try may have made it without our knowing (None: no such)."""
    row = tx.get(GithubObject, (kind, local_id))
    if row is not None:
        return row, row.intended_at if row.state == "intended" else None
    row = GithubObject(
        kind=kind, local_id=local_id, repository_id=repository_id, state="intended", intended_at=clock.now()
    )
    tx.add(row)
    return row, None


def made(
    tx: Session,
    kind: str,
    local_id: str,
    number: int,
    node_id: str | None = None,
    url: str | None = None,
    shown: str | None = None,
) -> None:
    """It is there, this is what GitHub calls it, and what it says."""
    row = tx.get_one(GithubObject, (kind, local_id))
    row.state, row.number, row.node_id, row.url, row.shown = "made", number, node_id, url, shown


def find(tx: Session, kind: str, local_id: str) -> GithubObject | None:
    """What we made or are about to make, if we have begun."""
    return tx.get(GithubObject, (kind, local_id))
