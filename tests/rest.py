"""A caller of the REST API: a project with its key, another project beside it, and short ways to ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

import app as wiring
from bot.config import Config
from bot.domain import answering, chains, issues, keys, projects, runs, sessions
from bot.store.db import Database
from bot.store.models import AnsweringSession, Issue, IssueSession, Project, Run, SessionQuestion, WorkChain

QUESTION: dict[str, Any] = {
    "external_id": "default", "question": "May the default change?", "why": "Callers may count on it.",
    "assumption": "Yes, it may.", "options": [], "places": [], "confidence": "high", "evidence": None,
    "issue_ids": [], "blocking": False, "needs_own_answer": False,
}  # fmt: skip
OPTIONS = [
    {"letter": "A", "text": "Yes, it may.", "recommended": True, "leaves": False},
    {"letter": "B", "text": "Leave it alone.", "recommended": False, "leaves": True},
]


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

    def put(self, path: str, **body: Any) -> TestResponse:
        return self.call("PUT", path, json=body)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)

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

    def asked(
        self, *questions: dict[str, Any], project: Project | None = None
    ) -> tuple[AnsweringSession, list[SessionQuestion]]:
        """An active session with these questions about an issue, which come from outside; with none it is pending."""
        project, issue = project or self.mine, self.issue(project)
        with self.db.write() as tx:
            session = answering.create(tx, project, created_by="key:ci", issue_ids=[issue.id], agent=False)
            found = [
                QUESTION | {"external_id": f"q{number}", "issue_ids": [issue.id]} | each
                for number, each in enumerate(questions)
            ]
            if found:
                answering.asked(tx, project, session, found)
            return session, answering.questions(tx, session.id)

    def chain(self, *issue_ids: str, project: Project | None = None, **fields: Any) -> WorkChain:
        """A chain of these issues, or of a new one."""
        ids = issue_ids or (self.issue(project).id,)
        with self.db.write() as tx:
            fields = {"title": "Some work", "created_by": "key:ci"} | fields
            return chains.create(tx, project or self.mine, issue_ids=ids, **fields)

    def caller(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Callable[[], TestResponse]:
        """What makes this request, as a caller of its own."""
        http, headers = self.app.test_client(), {"Authorization": f"Bearer {self.key}"} | (headers or {})
        return lambda: http.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    def at_once(
        self, *requests: tuple[str, str, dict[str, Any]], headers: dict[str, str] | None = None
    ) -> list[TestResponse]:
        """The answers to requests that are made at the same time."""
        return at_once(*[self.caller(*request, headers) for request in requests])


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at the same time, each in a thread of its own; what each came to, in their order."""
    start = threading.Barrier(len(acts))
    came_to: dict[int, Any] = {}

    def do(place: int, act: Callable[[], Any]) -> None:
        start.wait(10)
        came_to[place] = act()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(came_to) == len(acts)
    return [came_to[place] for place in range(len(acts))]


def refused(answer: TestResponse, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The error of an answer that must be one, in the shape that every error has."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    error: dict[str, Any] = answer.json["error"]
    assert error["code"] == code and error["message"].endswith(".") and error.get("field") == field, error
    assert error["requestId"] == answer.headers["X-Request-ID"]
    return error
