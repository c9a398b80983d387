"""How fast the engine does jobs that do nothing, in turns with RQ doing such jobs by itself, with the same workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from redis import Redis
from rq import Queue, Worker
from sqlalchemy import func, select

from bot.store import outbox
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox
from tests.bench.chart import bars
from tests.bench.empty import NAME, nothing
from tests.bench.figures import Figure
from tests.bench.ground import ground, postgres
from tests.bench.mirror import until

CHART = Path(__file__).parents[2] / "docs" / "engine.svg"
LEAST_OF_RQ = 0.5
JOBS, TURNS = 600, 3
WORKERS = (1, 2, 4)


def engine() -> list[Figure]:
    """On PostgreSQL with one, two and four workers; on SQLite with two."""
    with ground() as environment:
        figures = _figures("SQLite", environment, 2)
    with postgres() as url:
        for count in WORKERS if url else ():
            with ground(url) as environment:
                figures += _figures("PostgreSQL", environment, count)
    if url:
        title, names = "Jobs that do nothing, with PostgreSQL", ("Askfirst", "RQ alone")
        CHART.write_text(bars(title, "a second", _curve(figures), names))
    return figures


def _curve(figures: list[Figure]) -> dict[str, tuple[float, ...]]:
    found = {figure.name: figure.value for figure in figures}
    ends = {f"{count} worker{'s' * (count > 1)}": f"on PostgreSQL, {count} worker" for count in WORKERS}
    return {
        label: tuple(
            next(
                value
                for name, value in found.items()
                if name.startswith(start) and end in name and "÷" not in name
            )
            for start in ("the engine", "RQ")
        )
        for label, end in ends.items()
    }


def _figures(kind: str, environment: dict[str, str], count: int) -> list[Figure]:
    with _workers(environment, count):
        pairs = [(_by_rq(environment), _by_engine(environment)) for _ in range(TURNS)]
    rq, ours = (median(each) for each in zip(*pairs, strict=True))
    on = f"{kind}, {count} worker{'s' * (count > 1)}"
    ratio = median(rq / ours for rq, ours in pairs)
    return [
        Figure(f"RQ's empty jobs ÷ the engine's on {on}", ratio, "×", 1 / LEAST_OF_RQ),
        Figure(f"the engine's empty jobs on {on}", ours, "a second"),
        Figure(f"RQ's empty jobs on {on}", rq, "a second"),
    ]


@contextmanager
def _workers(environment: dict[str, str], count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.empty"]
    started = [subprocess.Popen(command, env={**os.environ, **environment}) for _ in range(count)]
    redis = Redis.from_url(environment["REDIS_URL"])
    until(lambda: len(Worker.all(connection=redis)) == count)
    _by_engine(environment, JOBS // 10)  # brings the imports with it
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()


def _by_rq(environment: dict[str, str]) -> float:
    redis = Redis.from_url(environment["REDIS_URL"])
    queue = Queue("jobs", connection=redis)
    calls = [Queue.prepare_data(nothing, [number], result_ttl=0, failure_ttl=0) for number in range(JOBS)]
    started = time.perf_counter()
    queue.enqueue_many(calls)
    until(lambda: not queue.count and not queue.started_job_registry.count)
    return JOBS / (time.perf_counter() - started)


def _by_engine(environment: dict[str, str], jobs: int = JOBS) -> float:
    db = Database(environment["DATABASE_URL"])
    with db.write() as tx:
        for number in range(jobs):
            outbox.add(tx, NAME, lane=f"{NAME}:{number}", first=True)
        tx.flush()
        rows = list(tx.info["bells"])
    started = time.perf_counter()
    Doorbell(environment["REDIS_URL"]).ring(rows)
    until(lambda: not _left(db))
    taken = time.perf_counter() - started
    db.close()
    return jobs / taken


def _left(db: Database) -> int:
    with db.read() as tx:
        return tx.execute(select(func.count()).where(Outbox.done_at.is_(None))).scalar_one()
