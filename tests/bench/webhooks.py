"""How long a webhook delivery takes, beside the bare view on the same server and the same database."""

from __future__ import annotations

import sys
from statistics import median

from bot.store.db import Database
from tests.bench.bare import TABLE
from tests.bench.figures import Figure
from tests.bench.ground import ground, postgres
from tests.bench.hooks import deliveries
from tests.bench.load import per_second, seconds_each
from tests.bench.servers import ASKFIRST, server
from tests.bench.turns import in_turns

MOST_TIMES_BARE = 2.0
TURNS, IN_A_TURN = 60, 20
WARM, BURST = 100, 400


def webhooks() -> list[Figure]:
    """On SQLite, which has the goal, and on PostgreSQL."""
    with ground() as environment:
        figures = _on("SQLite", environment, MOST_TIMES_BARE)
    with postgres() as url:
        if url:
            with ground(url) as environment:
                figures += _on("PostgreSQL", environment, None)
    return figures


def _ours(port: int) -> list[str]:
    return [str(ASKFIRST), "web", "--port", str(port)]


def _bare(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.bare", str(port)]


def _on(name: str, environment: dict[str, str], goal: float | None) -> list[Figure]:
    db = Database(environment["DATABASE_URL"])
    with db.append() as tx:
        tx.exec_driver_sql(TABLE)
    db.close()
    with server(_ours, environment) as (door, _), server(_bare, environment) as (floor, _):
        for port in (door, floor):
            per_second(port, deliveries(WARM), 202, connections=4)
        ours, bare = in_turns(
            TURNS,
            *(lambda port=port: seconds_each(port, deliveries(IN_A_TURN), 202) for port in (door, floor)),
        )
        bursts = [
            median(per_second(port, deliveries(BURST), 202, connections=4) for _ in range(3))
            for port in (door, floor)
        ]
    return [
        Figure(f"webhook delivery on {name} ÷ bare view", ours / bare, "×", goal),
        Figure(f"one delivery on {name}", ours, "ms"),
        Figure(f"one request to the bare view on {name}", bare, "ms"),
        Figure(f"deliveries on {name}, 4 at once", bursts[0], "a second"),
        Figure(f"requests to the bare view on {name}, 4 at once", bursts[1], "a second"),
    ]
