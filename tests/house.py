"""The whole house in one process, with a fake GitHub beside it: real doors, real ledger, jobs run by hand."""

from __future__ import annotations

import os
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from flask.testing import FlaskClient
from sqlalchemy import update

from app import create_app
from bot.config import load
from bot.domain import keys, projects
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import clock
from bot.store.db import Database
from bot.store.models import AnsweringSession, Outbox, Project
from tests.fakes.github import FakeGitHub, Issue, Person, PullRequest, Repository, Thread, into_app, serve

SECRET = "it is a secret"
FLAWED = {
    "shop/cart.py": (
        "import os\n\n\ndef add(item, cart=[]):\n    cart.append(item)\n    return cart\n\n\n"
        "def same(a):\n    return a is 'x'\n"
    ),
    "deploy.sh": "#!/bin/sh\ncd $1\nrm -rf build\n",
}


def plain() -> httpx.HTTPTransport:
    """Without certificates, which no address here asks for, and which take their time to read."""
    return httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class House:
    """Mona owns the repository `mona/shop` on the fake GitHub, where the App is installed."""

    def __init__(self, database_url: str, home: Path, files: dict[str, str] | None = None) -> None:
        self.fake = FakeGitHub(home / "github")
        self.server = serve(self.fake)
        self.github = self.fake.create_app("askfirst", SECRET)
        self._database_url, self._home = database_url, home
        self.config = load(self.environment())
        self.db = Database(self.config.database_url, template=self.config.template)
        self.web: FlaskClient = create_app(self.config, self.db).test_client()
        self.github.deliver = into_app(self.web.application)
        self.mona: Person = self.fake.create_user("mona")
        self.stranger: Person = self.fake.create_user("stranger")
        self.repository: Repository = self.fake.create_repository(
            self.mona, "shop", files=FLAWED if files is None else files
        )
        self.installation = self.fake.install(self.mona, [self.repository])
        self.runner = Runner(self.db, Tools(self.config, plain()))
        self.settle()
        self.key = self.make_key("mona/shop")

    def environment(self) -> dict[str, str]:
        """The settings, as a process of ours gets them."""
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self._database_url,
            "REDIS_URL": "redis://127.0.0.1:1",
            "ASKFIRST_HOME": str(self._home / "home"),
            "SANDBOX": "process",
            "GITHUB_APP_ID": str(self.github.id),
            "GITHUB_PRIVATE_KEY": self.github.private_key,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            "GITHUB_API_URL": self.fake.api_url,
            "GITHUB_SERVER_URL": self.server.url,
            "GITHUB_CLIENT_ID": self.github.client_id,
            "GITHUB_CLIENT_SECRET": self.github.client_secret,
        }

    def make_key(self, project: str, *scopes: str) -> str:
        """The text of a new API key."""
        with self.db.write() as tx:
            return keys.make(tx, projects.find(tx, project), "test", list(scopes))[1]

    @property
    def project(self) -> Project:
        with self.db.read() as tx:
            return projects.find(tx, "mona/shop")

    def settle(self) -> None:
        """Do all that is due, until nothing more follows."""
        self.runner.drain()

    def get(self, path: str, **query: Any) -> Any:
        """The body of a REST answer."""
        return self.web.get(f"/api/v1{path}", query_string=query, headers=self.headers()).get_json()

    def post(self, path: str, **body: Any) -> Any:
        return self.web.post(f"/api/v1{path}", json=body, headers=self.headers()).get_json()

    def scan(self, **more: Any) -> dict[str, Any]:
        """Run a scan to its end; the session."""
        session = self.post("/issue-sessions/start", prompt="Find bugs", **more)["data"]
        self.settle()
        return dict(self.get("/issue-sessions/get", id=session["id"])["data"])

    def issues(self) -> list[Issue]:
        """The issues on GitHub, oldest first."""
        return sorted(self.repository.issues.values(), key=lambda issue: issue.number)

    def pulls(self) -> list[PullRequest]:
        """The pull requests on GitHub, oldest first."""
        return sorted(self.repository.pulls.values(), key=lambda pull: pull.number)

    def threads(self, pull: PullRequest) -> list[Thread]:
        """The review threads of a pull request, in the order in which they were begun."""
        return sorted(pull.threads, key=lambda thread: thread.comments[0].id)

    def settle_answers(self) -> None:
        """As `settle`, and let the time pass in which the last answer could still be corrected."""
        self.settle()
        with self.db.write() as tx:
            tx.execute(update(Outbox).where(Outbox.job == "settle").values(due_at=clock.now()))
            tx.execute(update(AnsweringSession).values(voted_at=clock.now() - timedelta(days=1)))
        self.settle()

    def unfinished(self) -> list[tuple[str, str | None]]:
        """Outbox rows that are not done: (job, error); but for reminders, which wait for days."""
        left = Outbox.done_at.is_(None) & (Outbox.job != "remind")
        with self.db.read() as tx:
            return [(row.job, row.error) for row in tx.query(Outbox).filter(left)]

    def close(self) -> None:
        self.server.stop()
        self.db.close()
        assert not self.fake.violations, self.fake.violations

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}
