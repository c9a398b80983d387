"""What this server is, and whether it is well."""

from __future__ import annotations

from flask import Response, current_app

from bot.console import links
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger, settings
from bot.store.doorbell import Doorbell
from bot.store.migrate import is_current


@console.get("/")
def front() -> Response:
    """The start page, for everybody."""
    return shown("front.html", health=_health(), install=links.install(settings()))


def _health() -> list[tuple[str, bool, str]]:
    """(what, whether it is well, what that means) for each part."""
    doorbell: Doorbell = current_app.extensions["doorbell"]
    workers = doorbell.workers()
    current = is_current(ledger())
    working = bool(workers) and all(workers.values()) if workers is not None else False
    return [
        (
            "Database",
            current,
            "has the shape that this version needs" if current else "needs `askfirst migrate`",
        ),
        (
            "Redis",
            workers is not None,
            "answers" if workers is not None else "does not answer; nothing is lost meanwhile",
        ),
        (
            "Workers",
            working,
            _people(workers) if working else "some are missing: what is to be done waits for them",
        ),
    ]


def _people(workers: dict[str, int] | None) -> str:
    there = workers or {}
    return f"{there.get('jobs', 0)} for short jobs, {there.get('agents', 0)} for agent runs"
