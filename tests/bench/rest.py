"""How long REST takes for an issue, a hundred of them and a new one, beside bare views with the same queries."""

from __future__ import annotations

import json
import sys
from statistics import median

from bot.store.db import Database
from tests.bench.figures import Figure
from tests.bench.ground import on_both
from tests.bench.load import per_second, repeatedly, request
from tests.bench.many import Filled, fill
from tests.bench.servers import ASKFIRST, server
from tests.bench.turns import in_turns

MOST_TIMES_BARE = 2.0
ISSUES = 1_000
TURNS = 400
BURST, BURSTS = 200, 3
NEW = {"title": "The label printer jams", "description": "It eats labels. " * 10}


def rest() -> list[Figure]:
    """On SQLite and on PostgreSQL."""
    return on_both(_on)


def _ours(port: int) -> list[str]:
    return [str(ASKFIRST), "web", "--port", str(port)]


def _bare(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.bare_rest", str(port)]


def _on(name: str, environment: dict[str, str]) -> list[Figure]:
    db = Database(environment["DATABASE_URL"])
    filled = fill(db, ISSUES)
    db.close()
    figures = []
    with server(_ours, environment) as (door, _), server(_bare, environment) as (floor, _):
        for what, (ours, bare, status) in _requests(filled).items():
            figures += _measured(f"{what} on {name}", (door, ours, status), (floor, bare, status))
    return figures


def _requests(filled: Filled) -> dict[str, tuple[bytes, bytes, int]]:
    """What is asked of the door and of the bare view, and the status of both answers."""
    headers = {"Authorization": f"Bearer {filled.key}", "Content-Type": "application/json"}
    new, bare_new = json.dumps(NEW).encode(), json.dumps(NEW | {"project": filled.id}).encode()
    return {
        "a single issue": (
            request("GET", f"/api/v1/issues/get?id={filled.middle}", headers),
            request("GET", f"/get?id={filled.middle}", headers),
            200,
        ),
        "a list of 100": (
            request("GET", "/api/v1/issues/list", headers),
            request("GET", f"/list?project={filled.id}", headers),
            200,
        ),
        "a new issue": (
            request("POST", "/api/v1/issues/create", headers, new),
            request("POST", "/create", headers, bare_new),
            201,
        ),
    }


def _measured(what: str, ours: tuple[int, bytes, int], bare: tuple[int, bytes, int]) -> list[Figure]:
    bursts = [
        [per_second(port, [asked] * BURST, status, connections=4) for port, asked, status in (ours, bare)]
        for _ in range(BURSTS)
    ]
    at_once = [median(rates) for rates in zip(*bursts, strict=True)]
    door, floor = in_turns(TURNS, repeatedly(*ours), repeatedly(*bare))
    return [
        Figure(f"{what} ÷ bare view", door / floor, "×", MOST_TIMES_BARE),
        Figure(f"{what}", door, "ms"),
        Figure(f"{what}, bare view", floor, "ms"),
        Figure(f"{what}, 4 at once", at_once[0], "a second"),
        Figure(f"{what}, bare view, 4 at once", at_once[1], "a second"),
    ]
