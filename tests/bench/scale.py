"""How long REST takes in a project with a million issues, beside one with a thousand."""

from __future__ import annotations

import json

from sqlalchemy import create_engine, text

from api.cursors import Place
from api.schemas.issues import IssueFilters
from bot.config import load
from bot.store.db import Database
from tests.bench.figures import Figure
from tests.bench.ground import ground, postgres
from tests.bench.load import per_second, repeatedly, request
from tests.bench.many import Filled, fill
from tests.bench.servers import ASKFIRST, server
from tests.bench.turns import in_turns

MOST_TIMES_FEW = 1.5
FEW, MANY = 1_000, 1_000_000
TURNS, WARM = 200, 20
NEW = json.dumps({"title": "The label printer jams", "description": "It eats labels. " * 10}).encode()


def scale() -> list[Figure]:
    """On SQLite and on PostgreSQL."""
    with ground() as few, ground() as many:
        figures = _on("SQLite", few, many)
    with postgres() as url:
        if url:
            with ground(_database(url, "few")) as few, ground(_database(url, "many")) as many:
                figures += _on("PostgreSQL", few, many)
    return figures


def _database(url: str, name: str) -> str:
    """The URL of a new database on that server."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def _on(name: str, few: dict[str, str], many: dict[str, str]) -> list[Figure]:
    """A project with few issues by itself, one with many, and one with few in the database of the many."""
    alone, big, beside = _fill(few, FEW), _fill(many, MANY), _fill(many, FEW)
    figures = []
    with server(_ours, few) as (first, _), server(_ours, many) as (second, _):
        places = [
            (first, _requests(few, alone)),
            (second, _requests(many, big)),
            (second, _requests(many, beside)),
        ]
        for what in _requests(few, alone):
            figures += _measured(f"{what} on {name}", [(port, *asked[what]) for port, asked in places])
    return figures


def _ours(port: int) -> list[str]:
    return [str(ASKFIRST), "web", "--port", str(port)]


def _fill(environment: dict[str, str], count: int) -> Filled:
    db = Database(environment["DATABASE_URL"])
    filled = fill(db, count)
    db.close()
    return filled


def _requests(environment: dict[str, str], filled: Filled) -> dict[str, tuple[bytes, int]]:
    """What is asked, and the status of its answer."""
    headers = {"Authorization": f"Bearer {filled.key}", "Content-Type": "application/json"}
    place = Place(load(environment).secret_key, filled.id, "/issues/list", IssueFilters())
    lists = {
        "list": "",
        "list from the middle": f"cursor={place.cursor(filled.middle)}",
        "list by status": "status=failed",
        "list by priority": "priority=critical",
        "list by status and priority": "status=failed&priority=low",
        "list by session": f"sessionId={filled.session_id}",
        "word in every title": "q=flaw",
        "word in three titles": "q=needle",
        "word in no title": "q=zebra",
        "both words and a status": "q=flaw+needle&status=failed",
    }
    asked = {
        what: (request("GET", f"/api/v1/issues/list?{query}", headers), 200) for what, query in lists.items()
    }
    asked["a single issue"] = request("GET", f"/api/v1/issues/get?id={filled.middle}", headers), 200
    asked["a new issue"] = request("POST", "/api/v1/issues/create", headers, NEW), 201
    return asked


def _measured(what: str, places: list[tuple[int, bytes, int]]) -> list[Figure]:
    for port, asked, status in places:
        per_second(port, [asked] * WARM, status, connections=4)
    alone, big, beside = in_turns(TURNS, *(repeatedly(*place) for place in places))
    return [
        Figure(f"{what}: {MANY:,} issues ÷ {FEW:,}", big / alone, "×", MOST_TIMES_FEW),
        Figure(f"{what}: {FEW:,} issues beside {MANY:,} ÷ alone", beside / alone, "×", MOST_TIMES_FEW),
        Figure(f"{what}: {MANY:,} issues", big, "ms"),
    ]
