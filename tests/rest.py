"""A caller of the REST API: a project with its key, another project beside it, and short ways to ask."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

import app as wiring
from bot.config import Config
from bot.domain import issues, keys, projects, runs, sessions
from bot.store.db import Database
from bot.store.models import Issue, IssueSession, Project, Run


class Rest:
    """Speaks to the API with a key of project `mine`; `theirs` belongs to somebody else."""

    def __init__(self, config: Config, db: Database) -> None:
        self.db = db
        self.app = wiring.create_app(config, db)
        self.http = self.app.test_client()
        with db.write() as tx:
            self.mine = projects.create(tx, "mine", "/srv/mine")
            self.theirs = projects.create(tx, "theirs", "/srv/theirs")
        self.key = self.new_key()

    def new_key(self, *scopes: str, project: Project | None = None) -> str:
        with self.db.write() as tx:
            return keys.make(tx, project or self.mine, "ci", list(scopes))[1]

    def call(self, method: str, path: str, key: str | None = None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {key or self.key}"} | options.pop("headers", {})
        return self.http.open("/api/v1" + path, method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.call("GET", path, query_string=query)

    def post(self, path: str, **body: Any) -> TestResponse:
        return self.call("POST", path, json=body)

    def issue(self, project: Project | None = None, **fields: Any) -> Issue:
        with self.db.write() as tx:
            fields = {"title": "Something", "created_by": "key:ci"} | fields
            return issues.create(tx, project or self.mine, **fields)

    def session(self, project: Project | None = None) -> IssueSession:
        with self.db.write() as tx:
            return sessions.start(tx, project or self.mine, prompt="Find bugs", created_by="key:ci")

    def run(self, project: Project | None = None, kind: str = "fix", **ids: str | None) -> Run:
        with self.db.write() as tx:
            return runs.queue(tx, project or self.mine, kind, "base", **ids)


def refused(answer: TestResponse, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The error of an answer that must be one, in the shape that every error has."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    error: dict[str, Any] = answer.json["error"]
    assert error["code"] == code and error["message"].endswith(".") and error.get("field") == field, error
    assert error["requestId"] == answer.headers["X-Request-ID"]
    return error
