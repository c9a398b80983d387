"""The audit trail: who did what, by which door, when. Lines are added and never changed."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.domain.pages import Page, page
from bot.store import clock
from bot.store.models import Base, Event

Door = Literal["rest", "github", "cli", "console"]

# made once and run by itself: the session's own way to add a row takes several times as long
_ADDED = insert(Base.metadata.tables["events"])


def record(
    tx: Session,
    project_id: str,
    *,
    by: str,
    door: Door,
    action: str,
    object_id: str,
    source: str | None = None,
) -> None:
    """Write down what is done in this transaction.

    `action` is the endpoint's name, `issues/create`, by whichever door it came; `source` is where it can be read up:
    the request's id, the comment's URL.
    """
    line = {
        "id": clock.new_id("evt"), "project_id": project_id, "at": clock.now(), "by": by, "door": door,
        "action": action, "object_id": object_id, "source": source,
    }  # fmt: skip
    tx.execute(_ADDED, line)


def listed(
    tx: Session, project_id: str, object_id: str | None = None, limit: int = 100, after: str | None = None
) -> Page[Event]:
    """A page of what was done in the project, or to this object, newest first."""
    query = select(Event).where(Event.project_id == project_id)
    if object_id:
        query = query.where(Event.object_id == object_id)
    return page(tx, query, Event.id, limit, after)
