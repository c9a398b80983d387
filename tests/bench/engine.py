"""How fast the engine does jobs that do nothing, in turns with RQ doing such jobs by itself, with the same workers."""

from __future__ import annotations

import sys
import time
from statistics import median

from redis import Redis
from rq import Queue, Worker

from bot.store import outbox
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox
from tests.bench.empty import NAME, nothing
from tests.bench.figures import Figure
from tests.bench.ground import ground, left, postgres
from tests.bench.mirror import until
from tests.bench.servers import running

LEAST_OF_RQ = 0.5
JOBS, TURNS = 600, 3
WORKERS = (1, 2, 4)


def engine() -> list[Figure]:
    """On PostgreSQL with one, two and four workers; on SQLite with two."""
    with ground() as environment:
        figures = _figures("SQLite, 2 workers", _turns(environment, 2))
    with postgres() as url:
        for count in WORKERS if url else ():
            with ground(url) as environment:
                turns = _turns(environment, count)
            workers = f"{count} worker{'s' * (count > 1)}"
            figures += _figures(f"PostgreSQL, {workers}", turns)
    return figures


def _turns(environment: dict[str, str], count: int) -> list[tuple[float, float]]:
    """Jobs a second with so many workers, by the engine and by RQ, one pair for each turn."""
    command, redis = [sys.executable, "-m", "tests.bench.empty"], Redis.from_url(environment["REDIS_URL"])
    with running([command] * count, environment):
        until(lambda: len(Worker.all(connection=redis)) == count)
        _by_engine(environment, JOBS // 10)  # brings the imports with it
        return [(_by_engine(environment), _by_rq(environment)) for _ in range(TURNS)]


def _medians(turns: list[tuple[float, float]]) -> tuple[float, ...]:
    return tuple(median(each) for each in zip(*turns, strict=True))


def _figures(on: str, turns: list[tuple[float, float]]) -> list[Figure]:
    ours, rq = _medians(turns)
    ratio = median(rq / ours for ours, rq in turns)
    return [
        Figure(f"RQ's empty jobs ÷ the engine's on {on}", ratio, "×", 1 / LEAST_OF_RQ),
        Figure(f"the engine's empty jobs on {on}", ours, "a second"),
        Figure(f"RQ's empty jobs on {on}", rq, "a second"),
    ]


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
    until(lambda: not left(db, Outbox))
    taken = time.perf_counter() - started
    db.close()
    return jobs / taken
