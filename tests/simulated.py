"""A house whose clock, GitHub's too, jumps to whatever is due next: hours of waiting take no time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, func, select

from app import create_app
from bot.config import load
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store.db import Database
from bot.store.models import Outbox
from tests.conftest import Clock
from tests.fakes.github import FakeGitHub, auth, into_app
from tests.house import SECRET


class Simulated:
    """Mona's repository on a GitHub with limits; one worker, with the budget in Redis."""

    def __init__(
        self, sqlite: str, redis_url: str, home: Path, frozen: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.clock = frozen
        # the App's own token is made by githubkit, which has the real clock
        monkeypatch.setattr(auth, "_check_times", lambda *_: None)
        self.fake = FakeGitHub(home / "github", lambda: frozen.time)
        self.fake.limited = True
        self.github = self.fake.create_app("askfirst", SECRET, events=["issue_comment"])
        environment = {
            "DATABASE_URL": sqlite,
            "REDIS_URL": redis_url,
            "ASKFIRST_HOME": str(home / "home"),
            "SANDBOX": "process",
            "GITHUB_APP_ID": str(self.github.id),
            "GITHUB_PRIVATE_KEY": self.github.private_key,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            "GITHUB_API_URL": self.fake.api_url,
            "GITHUB_SERVER_URL": self.fake.server_url,
        }
        self.config = load(environment)
        self.db = Database(sqlite)
        event.listen(self.db.engine, "connect", lambda to, _: to.execute("PRAGMA synchronous=OFF"))
        self.github.deliver = into_app(create_app(self.config, self.db))
        self.mona = self.fake.create_user("mona")
        self.repository = self.fake.create_repository(self.mona, "shop", files={"a.py": "x = 1\n"})
        self.installation = self.fake.install(self.mona, [self.repository])
        self.runner = Runner(self.db, Tools(self.config, httpx.WSGITransport(self.fake.app)))
        self.start = frozen.time
        self.run()

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return (self.clock.time - self.start).total_seconds()

    def run(self, *, until: float | None = None, stop: Callable[[], bool] = lambda: False) -> None:
        """Work until nothing is left, that many seconds have passed, or `stop` says so."""
        limit = self.start + timedelta(seconds=until) if until is not None else None
        self.runner.drain()
        while not stop():
            following = self._next()
            if following is None or (limit and following > limit):
                self.clock.time = limit or self.clock.time
                return
            self.clock.time = following
            self.runner.drain()

    def creations(self) -> int:
        """How many things were created."""
        return self.fake.count("POST", "/repos/*", 201)

    def unfinished(self) -> list[tuple[str, str | None]]:
        """Outbox rows that are not done: (job, error); but for reminders, which wait for days."""
        left = Outbox.done_at.is_(None) & (Outbox.job != "remind")
        with self.db.read() as tx:
            return [(row.job, row.error) for row in tx.query(Outbox).filter(left)]

    def searches(self) -> int:
        """How often we looked for what a lost worker may have made."""
        return sum(self.fake.count("GET", f"/repos/mona/shop/issues{below}") for below in ("", "/*/comments"))

    def refusals(self) -> list[str]:
        """What GitHub refused."""
        return [f"{seen.method} {seen.path}" for seen in self.fake.requests if seen.status in (403, 429)]

    def _next(self) -> datetime | None:
        with self.db.read() as tx:
            later = Outbox.due_at > self.clock.time
            query = select(func.min(Outbox.due_at)).where(
                Outbox.done_at.is_(None), Outbox.dead_at.is_(None), later
            )
            return tx.scalar(query)


def least_seconds(creations: int) -> float:
    """The least time that GitHub allows for so many: one a second, 500 an hour, 80 a minute being more than that."""
    hours, rest = divmod(creations - 1, 500)
    return hours * 3600 + rest
