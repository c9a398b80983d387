"""Where a list continues: an opaque word, signed together with the place it was given out for."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from api.errors import Refused
from api.schemas.base import Paged

SIGNATURE = 16  # bytes


@dataclass(frozen=True)
class Place:
    """One list: a project's, at a path, under filters. `secret` signs."""

    secret: str
    project_id: str
    path: str
    query: Paged

    def cursor(self, after: str) -> str:
        """The word for "continue after this id"."""
        return urlsafe_b64encode(self._signature(after) + after.encode()).rstrip(b"=").decode()

    def after(self) -> str | None:
        """The id that the query's cursor stands for. Raises Refused for one that was not given out here."""
        cursor = self.query.cursor
        if cursor is None:
            return None
        try:
            after = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[SIGNATURE:].decode()
        except ValueError:
            raise _bad() from None
        if not hmac.compare_digest(cursor.encode(), self.cursor(after).encode()):
            raise _bad()
        return after

    def _signature(self, after: str) -> bytes:
        filters = self.query.model_dump(mode="json", exclude={"limit", "cursor"})
        text = json.dumps(["cursor", self.project_id, self.path, filters, after], sort_keys=True)
        return hmac.digest(self.secret.encode(), text.encode(), hashlib.sha256)[:SIGNATURE]


def _bad() -> Refused:
    message = "cursor: It was not given out for this list with these filters; start again without it."
    return Refused(400, "VALIDATION", message, "cursor")
