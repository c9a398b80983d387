"""How long the console's pages take on the server in a project with 100,000 issues, and how large they are."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from statistics import median

from sqlalchemy import bindparam, text

from app import create_app
from bot.config import load
from bot.console import who
from bot.domain import projects, sign_ins, trends
from bot.store import clock
from bot.store.db import Database
from bot.store.models import Utc
from tests.bench.figures import Figure
from tests.bench.ground import on_both
from tests.bench.many import fill

ISSUES = 100_000
TURNS = 15
MOST_MS, MOST_BYTES = 100.0, 60_000
OF_PROJECT = ("", "/sessions", "/chains", "/runs", "/events", "/keys", "/configuration")
OF_SERVER = (
    "/",
    "/projects",
    "/admin",
    "/admin/deliveries",
    "/admin/machines",
    "/docs/guides",
    "/docs/guides/commands",
)


def pages() -> list[Figure]:
    """On SQLite and on PostgreSQL."""
    return on_both(_on)


def _on(name: str, environment: dict[str, str]) -> list[Figure]:
    config = load({
        **environment, "GITHUB_CLIENT_ID": "1", "GITHUB_CLIENT_SECRET": "1", "ASKFIRST_ADMINS": "root",
        "GITHUB_API_URL": "http://127.0.0.1:1",
    })  # fmt: skip
    db = Database(config.database_url)
    filled = fill(db, ISSUES)
    _spread(db)
    app = create_app(config, db)
    with db.write() as tx, app.app_context():
        access = {projects.get(tx, filled.id).repository_id or 0: True}
        secret = sign_ins.begin(tx, user_id=1, login="root", token=who.sealed("none"), access=access)
    browser = app.test_client()
    browser.set_cookie("askfirst", secret)
    project = f"/projects/{filled.id}"
    paths = [*OF_SERVER, *(project + part for part in OF_PROJECT), f"{project}/sessions/{filled.session_id}"]
    took, sizes = {}, {}
    for path in paths:
        times = []
        for _ in range(TURNS):
            began = time.perf_counter()
            answer = browser.get(path)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        took[path], sizes[path] = median(times[1:]), len(answer.data)
    db.close()
    slowest, largest = max(took, key=lambda path: took[path]), max(sizes, key=lambda path: sizes[path])
    return [
        Figure(f"the slowest page, {_short(slowest)}, on {name}", took[slowest], "ms", MOST_MS),
        Figure(f"the largest page, {_short(largest)}, on {name}", sizes[largest], "bytes", MOST_BYTES),
        Figure(f"pages of the console on {name}, median", median(took.values()), "ms"),
    ]


def _spread(db: Database) -> None:
    """The issues came in the last 30 days, and a third of them was done with: the most that the chart has to count."""
    now = clock.now()
    with db.write() as tx:
        for ago in range(trends.DAYS):
            day = now - timedelta(days=ago)
            start = clock.first_id("iss", day)[:14]
            tx.execute(
                text(
                    "UPDATE issues SET id = :start || substr(id, 15), "
                    "completed_at = CASE WHEN status = 'completed' THEN :day END "
                    "WHERE id LIKE 'iss\\_00%' ESCAPE '\\' AND CAST(substr(id, 22, 9) AS integer) % 30 = :ago"
                ).bindparams(bindparam("day", type_=Utc())),
                {"start": start, "day": day, "ago": ago},
            )
    tidy = "VACUUM ANALYZE issues" if db.engine.dialect.name == "postgresql" else "ANALYZE"
    with db.engine.connect() as connection:  # as PostgreSQL does by itself, a little later
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(tidy))


def _short(path: str) -> str:
    return re.sub(r"(proj|is)_\w+", "…", path)
