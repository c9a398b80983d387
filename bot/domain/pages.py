"""One page of a list: newest first, continued after the last id seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`after` is the last row's id where more follow, else None."""

    rows: Sequence[Row]
    after: str | None


def page(tx: Session, query: Select[Any], key: Any, limit: int, after: str | None = None) -> Page[Any]:
    """The next `limit` rows of `query`, ordered by `key` downwards, after the row with key `after`."""
    if after is not None:
        query = query.where(key < after)
    rows = tx.scalars(query.order_by(key.desc()).limit(limit + 1)).all()
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)
