"""What the REST door is compared with: views that make the same queries, and nothing else."""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask, Response, jsonify, request
from sqlalchemy import bindparam, insert, select

from bot.store import clock
from bot.store.db import Database
from bot.store.models import Base
from bot.store.words import words

ISSUES, OUTBOX, EVENTS = (Base.metadata.tables[name] for name in ("issues", "outbox", "events"))
ONE = select(ISSUES).where(ISSUES.c.id == bindparam("id"))
LIST = (
    select(ISSUES)
    .where(ISSUES.c.project_id == bindparam("project"), ISSUES.c.deleted_at.is_(None))
    .order_by(ISSUES.c.id.desc())
    .limit(101)
)


def create_app() -> Flask:
    """One view each for a single issue, a hundred of them, and a new one."""
    app = Flask("bare")
    db = Database(os.environ["DATABASE_URL"])

    @app.get("/get")
    def get() -> Response:
        with db.engine.connect() as connection:
            row = connection.execute(ONE, {"id": request.args["id"]}).mappings().one()
            return jsonify(dict(row))

    @app.get("/list")
    def list_() -> Response:
        with db.engine.connect() as connection:
            rows = connection.execute(LIST, {"project": request.args["project"]}).mappings().all()
            return jsonify([dict(row) for row in rows[:100]])

    @app.post("/create")
    def create() -> tuple[Response, int]:
        issue = _row(**request.get_json())
        job = {
            "job": "show_issue", "lane": f"issue:{issue['id']}", "key": f"show_issue:issue:{issue['id']}",
            "args": {"issue_id": issue["id"]}, "due_at": issue["created_at"], "attempts": 0, "claims": 0,
        }  # fmt: skip
        line = {
            "id": clock.new_id("evt"), "project_id": issue["project_id"], "at": issue["created_at"], "by": "key:bench",
            "door": "rest", "action": "issues/create", "object_id": issue["id"], "source": clock.new_id("req"),
        }  # fmt: skip
        with db.append() as connection:
            connection.execute(insert(ISSUES), issue)
            connection.execute(insert(OUTBOX), job)
            connection.execute(insert(EVENTS), line)
        return jsonify(issue), 201

    return app


def _row(project: str, title: str, description: str) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": clock.new_id("iss"), "project_id": project, "title": title, "description": description,
        "title_words": "".join(f" {word}" for word in words(title)), "priority": "medium", "status": "open",
        "labels": [], "locations": [], "answers": [], "autofix": False, "mirrored": True,
        "created_by": "key:bench", "created_at": now, "updated_at": now,
    }  # fmt: skip


if __name__ == "__main__":
    from cli.serving import serve

    serve("tests.bench.bare_rest:create_app", "127.0.0.1", int(sys.argv[1]), workers=2)
