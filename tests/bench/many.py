"""Many issues, made by the database itself: a million in a minute or two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, case, cast, func, insert, literal, null, select, text
from sqlalchemy.sql.elements import ColumnElement

from bot.domain import keys, projects, sessions
from bot.store.db import Database
from bot.store.models import Base

ISSUES = Base.metadata.tables["issues"]
BATCH = 50_000
OF_EACH = 150  # issues that a filter finds, however many there are
THEN = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = {"path": "src/labels.py", "startLine": 10, "endLine": 12, "commit": "0" * 40}
DESCRIPTION = (
    "The default is made once and shared by every call, so that what one call puts in, the next one sees."
)


@dataclass(frozen=True)
class Filled:
    """A project with many issues; `middle` is the id of one with as many before it as after it."""

    id: str
    session_id: str
    key: str
    middle: str


def fill(db: Database, count: int) -> Filled:
    """A new project on GitHub with so many issues.

    Each title has the word `flaw`, three have `needle`. Failed, critical and of the session are 150 each, spread
    over all.
    """
    with db.write() as tx:
        number = len(projects.everything(tx)) + 1
        project = projects.create(tx, f"acme/parcels-{number}", f"https://github.com/acme/parcels-{number}")
        project.repository_id = number
        tx.flush()
        session = sessions.start(tx, project, prompt="Find bugs", created_by="key:bench")
        key = keys.make(tx, project, "bench", [])[1]
    for first in range(0, count, BATCH):
        with db.write() as tx:
            row = _row(project.id, session.id, number, first, min(first + BATCH, count), count)
            tx.execute(insert(ISSUES).from_select(list(row), select(*row.values())))
    with db.engine.connect() as connection:  # as PostgreSQL does by itself, a little later
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE issues"))
    return Filled(project.id, session.id, key, f"{_ids(number)}{count // 2:09}")


def _ids(number: int) -> str:
    """How the ids of project `number`'s issues begin; 9 digits follow. They sort below every id that is made today."""
    return f"iss_0{number:05}" + "0" * 11


def _row(
    project_id: str, session_id: str, number: int, first: int, end: int, count: int
) -> dict[str, ColumnElement[Any]]:
    """The columns of issues `first` to `end` - 1 of `count`."""
    series = select(literal(first).label("n")).cte("series", recursive=True)
    series = series.union_all(select(series.c.n + 1).where(series.c.n < end - 1))
    n, every = series.c.n, max(1, count // OF_EACH)
    which, module, function = (cast(value, Text) for value in (n, n % 997, n % 8191))
    last = case((n < 3, " needle"), else_="")
    row = {
        "id": _ids(number) + func.substr(cast(n + 10**9, Text), 2),
        "title": "Flaw " + which + " in module" + module + ".function" + function + last,
        "title_words": " flaw " + which + " in module" + module + " function" + function + last,
        "status": case((n % every == 0, "failed"), (n % 3 == 0, "completed"), else_="open"),
        "priority": case((n % every == 1, "critical"), (n % 3 == 0, "low"), else_="medium"),
        "session_id": case((n % every == 2, session_id), else_=null()),
    }
    same = {
        "project_id": project_id, "description": DESCRIPTION, "labels": ["bug"], "locations": [PLACE], "answers": [],
        "rule": "B006", "area": PLACE["path"], "evidence": "def add(item, to=[]):", "confidence": "high",
        "autofix": True, "mirrored": True, "created_by": "scan", "created_at": THEN, "updated_at": THEN,
    }  # fmt: skip
    return row | {name: literal(value, ISSUES.c[name].type) for name, value in same.items()}
