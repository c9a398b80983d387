"""Many deletions in one request: each by itself, and for each that cannot be, why."""

from __future__ import annotations

from collections.abc import Callable

from api.errors import code_of
from api.schemas.base import BulkDeleted, Skipped
from bot.domain.errors import DomainError


def delete_each(ids: list[str], delete: Callable[[str], object]) -> BulkDeleted:
    """Delete what can be deleted; the ids in the order they came in."""
    codes: dict[str, str] = {}
    # locked in one order, so that two such requests at once do not wait for each other
    for each in sorted(ids):
        try:
            delete(each)
        except DomainError as error:
            codes[each] = code_of(error)[1]
    skipped = [Skipped(id=each, code=codes[each]) for each in ids if each in codes]
    return BulkDeleted(deleted=[each for each in ids if each not in codes], skipped=skipped)
