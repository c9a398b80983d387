"""What starting costs: the time of `askfirst --help`, and what the web process carries."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bot.domain import keys, projects
from bot.store.db import Database
from tests.bench.figures import Figure
from tests.bench.ground import ground
from tests.bench.hooks import deliveries
from tests.bench.load import request, seconds_each
from tests.bench.servers import ASKFIRST, server

MOST_HELP_SECONDS = 0.6
MOST_MEBIBYTES = 120.0
FORBIDDEN = {"githubkit", "docker"}
OF_EACH = 200


def startup() -> list[Figure]:
    """All three."""
    with ground() as environment:
        key = _key(environment["DATABASE_URL"])
        return [
            Figure("askfirst --help", median(_help() for _ in range(7)), "s", MOST_HELP_SECONDS),
            Figure("githubkit and docker in the web process", len(_imported(environment, key)), "", 0),
            Figure("memory of a web process", _mebibytes(environment, key), "MiB", MOST_MEBIBYTES),
        ]


def _help() -> float:
    started = time.perf_counter()
    subprocess.run([str(ASKFIRST), "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _key(database_url: str) -> str:
    db = Database(database_url)
    with db.write() as tx:
        _, text = keys.make(tx, projects.create(tx, "bench", "/srv/bench"), "bench", [])
    db.close()
    return text


def _imported(environment: dict[str, str], key: str) -> set[str]:
    """Which of the forbidden are loaded once each door has served a request."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.imported", key],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return FORBIDDEN & set(json.loads(told.stdout))


def _mebibytes(environment: dict[str, str], key: str) -> float:
    """The greatest of the server's processes after some hundred requests at each door."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    issue = json.dumps({"title": "The label printer jams", "description": "It eats labels. " * 50}).encode()
    with server(lambda port: [str(ASKFIRST), "web", "--port", str(port)], environment) as (port, process_id):
        # connections are shared out among the workers, so each kind is sent on several
        for _ in range(4):
            seconds_each(port, deliveries(OF_EACH // 4), 202)
            seconds_each(
                port, [request("POST", "/api/v1/issues/create", headers, issue)] * (OF_EACH // 4), 201
            )
            seconds_each(port, [request("GET", "/api/v1/issues/list", headers)] * (OF_EACH // 4), 200)
        return max(_resident(child) for child in [process_id, *_children(process_id)])


def memory(process_id: int) -> float:
    """MiB of it and of all processes below it; what several share is counted once.

    https://docs.kernel.org/filesystems/proc.html#smaps-rollup
    """
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own / 1024 + sum(map(memory, _children(process_id)))


def _children(process_id: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "ppid=,pid="], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for parent, child in pairs if int(parent) == process_id]


def _resident(process_id: int) -> float:
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(process_id)], stdout=subprocess.PIPE, text=True, check=True
    )
    return int(shown.stdout) / 1024
