"""How soon GitHub is told of an issue that was filed by REST, with `askfirst up` as people run it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median

from bot.store.db import Database
from bot.store.models import Delivery
from tests.bench.figures import Figure
from tests.bench.ground import left
from tests.bench.hooks import deliveries
from tests.bench.load import per_second
from tests.demo.stage import Stage, free_port

MOST_MILLISECONDS = 300.0
ISSUES, HOOKS = 20, 400
PATIENCE = 60.0


def mirror() -> list[Figure]:
    """From the row to the POST, and how fast two workers go through deliveries."""
    with (
        tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder,
        Stage(Path(folder), free_port(0), free_port(0)) as stage,
    ):
        _milliseconds(stage)  # the first one brings the workers' imports with it
        before = len(stage.github.requests)
        delays = [_milliseconds(stage) for _ in range(ISSUES)]
        calls = len(stage.github.requests) - before
        return [
            Figure("REST issue to POST at GitHub, median", median(delays), "ms", MOST_MILLISECONDS),
            Figure("REST issue to POST at GitHub, slowest", max(delays), "ms"),
            Figure("requests to GitHub for each mirrored issue", calls / ISSUES, ""),
            Figure("deliveries taken in and handled, 2 workers", _handled(stage), "a second"),
        ]


def _milliseconds(stage: Stage) -> float:
    """Both times are of this machine's clock; `createdAt` is just before the commit."""
    there = stage.repository.issues
    before = len(there)
    issue = stage.post("/issues/create", title=f"The label printer jams, part {before}", priority="high")
    until(lambda: len(there) > before)
    time.sleep(0.1)  # what follows of it is done too: the machine is idle again
    created = datetime.fromisoformat(issue["createdAt"])
    return (there[max(there)].created_at - created).total_seconds() * 1000


def _handled(stage: Stage) -> float:
    """Deliveries a second, from the first that is sent to the last that is handled."""
    hooks = deliveries(HOOKS, stage.app.webhook_secret)
    db = Database(f"sqlite:///{stage.folder / 'home' / 'askfirst.db'}")
    started = time.perf_counter()
    per_second(int(stage.url.rpartition(":")[2]), hooks, 202, connections=4)
    until(lambda: not left(db, Delivery))
    taken = time.perf_counter() - started
    db.close()
    return HOOKS / taken


def until(happened: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    latest = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > latest:
            raise SystemExit("what was waited for did not happen in a minute")
        time.sleep(0.005)
