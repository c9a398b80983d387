"""How soon GitHub is told of an issue that was filed by REST, with `askfirst up` as people run it."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bot.store.db import Database
from bot.store.models import Delivery
from tests.bench.figures import Figure
from tests.bench.hooks import deliveries
from tests.bench.load import per_second
from tests.demo.stage import Stage, free_port

MOST_MILLISECONDS = 300.0
ISSUES, HOOKS = 20, 400
PATIENCE = 60.0


def mirror() -> list[Figure]:
    """From the row to the POST, and how fast two workers go through deliveries."""
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder:
        with Stage(Path(folder), free_port(0), free_port(0)) as stage:
            _milliseconds(stage)  # the first one brings the workers' imports with it
            delays = [_milliseconds(stage) for _ in range(ISSUES)]
            return [
                Figure("REST issue to POST at GitHub, median", median(delays), "ms", MOST_MILLISECONDS),
                Figure("REST issue to POST at GitHub, slowest", max(delays), "ms"),
                Figure("deliveries taken in and handled, 2 workers", _handled(stage), "a second"),
            ]


def _milliseconds(stage: Stage) -> float:
    """Both times are of this machine's clock: `createdAt` is just before the commit."""
    issue = stage.post("/issues/create", title="The label printer jams", priority="high")
    there = _until(lambda: stage.repository.issues.get(len(stage.repository.issues)), issue["id"])
    time.sleep(0.1)  # the echo comes back and is passed over
    created = datetime.fromisoformat(issue["createdAt"])
    return (there.created_at - created).total_seconds() * 1000
