"""The log: lines for people at a terminal, JSON for programs; with the ids of what is at hand, and without secrets."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_at_hand: ContextVar[dict[str, str]] = ContextVar("at_hand", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Every line that is logged in this block carries these ids: request, row, job, delivery, project, run …"""
    before = _at_hand.set(_at_hand.get() | ids)
    try:
        yield
    finally:
        _at_hand.reset(before)


def at_hand() -> dict[str, str]:
    """The ids that lines carry now."""
    return _at_hand.get()


def begin(level: str, redact: Callable[[str], str]) -> None:
    """Log to standard error from now on; `redact` takes secrets out of each line."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(redact) if sys.stderr.isatty() else Json(redact))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for chatty in ("alembic", "httpx", "rq"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """A line for people, the ids at its end."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        ids = ", ".join(f"{name} {value}" for name, value in _at_hand.get().items())
        # what cannot be encoded would be shown as it is, in the complaint about it
        line = f"{super().format(record)}{f' ({ids})' if ids else ''}"
        return self._redact(line).encode(errors="backslashreplace").decode()


class Json(logging.Formatter):
    """A JSON object in a line, the ids among its fields."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__("%(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": super().format(record),
            **_at_hand.get(),
        }
        return self._redact(json.dumps(line))
