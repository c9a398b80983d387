"""Ten thousand webhook deliveries at 200 a second, with workers that handle them on the same cores."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bot.store.db import Database
from bot.store.models import Delivery
from tests.bench.figures import Figure
from tests.bench.ground import left, on_both
from tests.bench.hooks import SECRET, deliveries
from tests.bench.load import Connection
from tests.bench.servers import ASKFIRST, running, server
from tests.fakes.github import FakeGitHub, serve

SENT, A_SECOND, CONNECTIONS = 10_000, 200, 16
MOST_MILLISECONDS = 100.0
PATIENCE = 300.0  # seconds for what is left when the last was sent


def storm() -> list[Figure]:
    """On SQLite and on PostgreSQL: web, relay and two workers."""
    return on_both(_on)


def _on(kind: str, environment: dict[str, str]) -> list[Figure]:
    requests = deliveries(SENT)
    with (
        _github(environment),
        server(lambda port: [str(ASKFIRST), "web", "--port", str(port)], environment) as (port, _),
        running([[str(ASKFIRST), command] for command in ("relay", "worker", "worker")], environment),
    ):
        began = time.perf_counter()
        refused, taken = _send(port, requests)
        unhandled = _handled(environment["DATABASE_URL"])
        ended = time.perf_counter()
    return [
        Figure(f"of {SENT:,} deliveries refused on {kind}", refused, "", 0),
        Figure(f"of them not handled on {kind}", unhandled, "", 0),
        Figure(
            f"99 in 100 answered within, on {kind}", 1000 * taken[int(0.99 * SENT)], "ms", MOST_MILLISECONDS
        ),
        Figure(f"half answered within, on {kind}", 1000 * taken[SENT // 2], "ms"),
        Figure(f"sent at {A_SECOND} a second, the last handled after, on {kind}", ended - began, "s"),
    ]


@contextmanager
def _github(environment: dict[str, str]) -> Iterator[None]:
    """A stand-in for GitHub that knows the App; it does not know what the deliveries are about."""
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder:
        fake = FakeGitHub(Path(folder))
        serving, known = serve(fake), fake.create_app("askfirst", SECRET)
        environment |= {
            "GITHUB_APP_ID": str(known.id),
            "GITHUB_PRIVATE_KEY": known.private_key,
            "GITHUB_API_URL": fake.api_url,
            "GITHUB_SERVER_URL": serving.url,
        }
        yield
        serving.stop()


def _send(port: int, requests: list[bytes]) -> tuple[int, list[float]]:
    """How many were refused, and the seconds each took from when it was due, in their order."""
    began, numbers, lock = time.perf_counter() + 0.5, count(), threading.Lock()
    taken: list[float] = []
    refused = 0

    def keep_sending() -> None:
        nonlocal refused
        connection = Connection(port)
        while True:
            with lock:
                number = next(numbers)
            if number >= len(requests):
                break
            due = began + number / A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            status, _ = connection.ask(requests[number])
            seconds = time.perf_counter() - due
            with lock:
                refused += status != 202
                taken.append(seconds)
        connection.close()

    threads = [threading.Thread(target=keep_sending) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused, sorted(taken)


def _handled(database_url: str) -> int:
    """Wait for the last one; how many are left when patience ends."""
    db, until = Database(database_url), time.monotonic() + PATIENCE
    while (unhandled := left(db, Delivery)) and time.monotonic() < until:
        time.sleep(0.2)
    db.close()
    return unhandled
