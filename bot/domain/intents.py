"""What we are about to make on GitHub is written down first, so that a kill in between makes nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store import clock
from bot.store.models import GithubObject, Project

LOST = "lost"  # was there, and somebody deleted it
AGAIN = ".again"  # ends the local id of what is made once more


def intend(tx: Session, kind: str, local_id: str, repository_id: int) -> tuple[GithubObject, datetime | None]:
    """The row of this thing, and since when an earlier try may have made it without our knowing (None: no such)."""
    row = find(tx, kind, local_id)
    if row is not None and (row.state != LOST or is_given_up(row)):
        return row, row.intended_at if row.state == "intended" else None
    fresh = GithubObject(
        kind=kind, local_id=f"{local_id}{AGAIN}" if row else local_id, repository_id=repository_id,
        state="intended", intended_at=clock.now(),
    )  # fmt: skip
    tx.add(fresh)
    return fresh, None


def is_given_up(row: GithubObject) -> bool:
    """Whether people deleted it a second time: then it stays away."""
    return row.state == LOST and row.local_id.endswith(AGAIN)


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
    row = tx.get(GithubObject, (kind, f"{local_id}{AGAIN}")) or tx.get_one(GithubObject, (kind, local_id))
    row.state, row.number, row.node_id, row.url, row.shown = "made", number, node_id, url, shown


def find(tx: Session, kind: str, local_id: str) -> GithubObject | None:
    """What we made or are about to make, if we have begun; the second one where the first was lost."""
    return tx.get(GithubObject, (kind, f"{local_id}{AGAIN}")) or tx.get(GithubObject, (kind, local_id))


def pushing(tx: Session, project: Project, commit: str, by: str) -> None:
    """This commit is about to be pushed, `by` which run or session: where it is found it is ours."""
    row, _ = intend(tx, "commit", commit, project.repository_id or 0)
    row.shown = by


def pushed(tx: Session, commits: Sequence[str]) -> dict[str, str | None]:
    """Those of the commits that are ours, with the run or session that made each."""
    query = select(GithubObject.local_id, GithubObject.shown).where(
        GithubObject.kind == "commit", GithubObject.local_id.in_(commits)
    )
    return {row.local_id: row.shown for row in tx.execute(query)}


def begun(tx: Session, kind: str, beginning: str) -> list[str]:
    """The local ids of things of this kind that begin so."""
    query = select(GithubObject.local_id).where(
        GithubObject.kind == kind, GithubObject.local_id.startswith(beginning, autoescape=True)
    )
    return list(tx.scalars(query))


def numbered(tx: Session, repository_id: int, number: int, kind: str) -> str | None:
    """The local id of the thing of this kind that GitHub knows, or knew, by this number."""
    query = select(GithubObject.local_id).where(
        GithubObject.number == number,
        GithubObject.repository_id == repository_id,
        GithubObject.kind == kind,
    )
    found = tx.scalars(query).first()
    return found.removesuffix(AGAIN) if found else None


def lost(tx: Session, kind: str, number: int) -> None:
    """Somebody deleted it on GitHub: it is made again, once."""
    query = select(GithubObject).where(GithubObject.kind == kind, GithubObject.number == number)
    for row in tx.scalars(query):
        row.state = LOST
