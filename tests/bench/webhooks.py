"""How long a webhook delivery takes, in turns with the bare view on the same database, and with Probot."""

from __future__ import annotations

import time
from contextlib import ExitStack
from statistics import median

from bot.store.db import Database
from tests.bench.bare import TABLE
from tests.bench.figures import Figure
from tests.bench.ground import ground, postgres
from tests.bench.hooks import deliveries
from tests.bench.load import per_second, seconds_each
from tests.bench.receivers import BARE, OURS, Receiver, probot
from tests.bench.servers import server
from tests.bench.startup import memory
from tests.bench.turns import in_turns

MOST_TIMES_BARE = 2.0
TURNS, IN_A_TURN = 60, 20
WARM, BURST, STARTS = 100, 400, 3


def webhooks() -> list[Figure]:
    """On SQLite, which has the goal, and on PostgreSQL; Probot, which stores nothing, beside each."""
    with probot() as rival:
        receivers = [OURS, BARE, *([rival] if rival else [])]
        with ground() as environment:
            figures = _on("SQLite", receivers, environment, MOST_TIMES_BARE)
        with postgres() as url:
            if url:
                with ground(url) as environment:
                    figures += _on("PostgreSQL", receivers, environment, None)
    return figures


def _on(
    database: str, receivers: list[Receiver], environment: dict[str, str], goal: float | None
) -> list[Figure]:
    db = Database(environment["DATABASE_URL"])
    with db.append() as tx:
        tx.exec_driver_sql(TABLE)
    db.close()
    starts = [median(_start(each, environment) for _ in range(STARTS)) for each in receivers]
    with ExitStack() as stack:
        servers = [stack.enter_context(server(each.command, environment)) for each in receivers]
        places = [(port, each.status) for each, (port, _) in zip(receivers, servers, strict=True)]
        for port, status in places:
            per_second(port, deliveries(WARM), status, connections=4)
        each_takes = in_turns(
            TURNS,
            *(lambda at=at: seconds_each(at[0], deliveries(IN_A_TURN), at[1]) for at in places),
        )
        bursts = [[_burst(*at) for at in places] for _ in range(3)]
        rates = [median(of_one) for of_one in zip(*bursts, strict=True)]
        mebibytes = [memory(process_id) for _, process_id in servers]
    figures = [
        Figure(f"webhook delivery on {database} ÷ bare view", each_takes[0] / each_takes[1], "×", goal)
    ]
    if len(receivers) > 2:
        figures += [
            Figure(f"webhook delivery on {database} ÷ Probot", each_takes[0] / each_takes[2], "×"),
            Figure(f"Probot's deliveries a second ÷ ours on {database}, 4 at once", rates[2] / rates[0], "×"),
            Figure(f"memory on {database} ÷ Probot", mebibytes[0] / mebibytes[2], "×"),
            Figure(f"start on {database} ÷ Probot", starts[0] / starts[2], "×"),
        ]
    for number, each in enumerate(receivers):
        name = f"{each.name}, on {database}"
        figures += [
            Figure(f"one delivery: {name}", each_takes[number], "ms"),
            Figure(f"deliveries, 4 at once: {name}", rates[number], "a second"),
            Figure(f"memory of all processes: {name}", mebibytes[number], "MiB"),
            Figure(f"start to the first answer: {name}", starts[number], "s"),
        ]
    return figures


def _burst(port: int, status: int) -> float:
    return per_second(port, deliveries(BURST), status, connections=4)


def _start(receiver: Receiver, environment: dict[str, str]) -> float:
    """Seconds from starting it to the answer to its first delivery."""
    first = deliveries(1)
    started = time.perf_counter()
    with server(receiver.command, environment) as (port, _):
        seconds_each(port, first, receiver.status)
        return time.perf_counter() - started
