"""Answers that were seen already: asked for again with their ETag, one that still holds is free.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.github.answer import Answer

_MOST = 500
_LARGEST = 100_000  # bytes


class Seen:
    """The last answers to reads, in this process. Whether a token may see one, GitHub decides each time."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()

    def find(self, installation_id: int, method: str, path: str, params: Any) -> Answer | None:
        """The answer to the same question, which may be out of date."""
        return self._answers.get(_key(installation_id, path, params)) if method == "GET" else None

    def keep(self, installation_id: int, method: str, path: str, params: Any, answer: Answer) -> None:
        """Remember it, if there is a way to ask whether it still holds."""
        size = int(answer.headers.get("content-length", _LARGEST))
        if method == "GET" and answer.status == 200 and "etag" in answer.headers and size < _LARGEST:
            key = _key(installation_id, path, params)
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > _MOST:
                self._answers.popitem(last=False)


def _key(installation_id: int, path: str, params: Any) -> tuple[Any, ...]:
    return (installation_id, path, *sorted((params or {}).items()))
