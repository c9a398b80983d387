"""Redis, the database and workers go away under real processes: nothing is lost, and nobody has to help."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from bot import redis_server
from tests import warm
from tests.house import House
from tests.test_kill import ASKFIRST
from tests.warm import until

MADE = "/repos/*/issues"


class Site(House):
    """A house with a Redis of its own, a relay and workers, all processes of their own."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.redis, self.redis_url = redis_server.start(home / "r")
        super().__init__(database_url, home, files={"README.md": "# Shop\n"})
        self.workers: list[ForkServerProcess] = []
        self.relay = subprocess.Popen(
            [ASKFIRST, "relay"], env=self.environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self.redis_home = home / "r"

    def environment(self) -> dict[str, str]:
        return super().environment() | {"REDIS_URL": self.redis_url}

    def start_worker(self) -> ForkServerProcess:
        worker = warm.start(self.environment(), self.redis_url, "jobs", "bulk")
        self.workers.append(worker)
        return worker

    def asks_for(self, title: str) -> int:
        """The status of a request for an issue."""
        return self.web.post(
            "/api/v1/issues/create", json={"title": title}, headers=self.headers()
        ).status_code

    def shows(self, count: int) -> None:
        """Wait until GitHub shows so many issues, and nothing is left to be done."""

        def shown() -> bool:
            if self.workers and not any(worker.is_alive() for worker in self.workers):
                self.start_worker()  # as whatever keeps the processes running does
            return len(self.issues()) >= count and not self.unfinished()

        try:
            until(shown, 60)
        except AssertionError:
            raise AssertionError(f"{len(self.issues())} issues, left: {self.unfinished()}") from None
        titles = [issue.title for issue in self.issues()]
        assert len(titles) == len(set(titles)) == count

    def end(self) -> None:
        for process in (*self.workers, self.relay, self.redis):
            process.kill()
        for worker in self.workers:
            worker.join()
        self.relay.wait()
        self.redis.wait()
        self.close()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "r").mkdir()
    site = Site(database_url, tmp_path)
    yield site
    site.end()


def test_redis_is_away_comes_back_empty_and_is_emptied(site: Site) -> None:
    site.start_worker()
    assert site.asks_for("One") == 201
    site.shows(1)
    site.redis.kill()
    site.redis.wait()
    assert site.asks_for("Two") == 201
    site.mona.edits_issue(site.issues()[0], title="One, by Mona")
    assert site.fake.deliveries[-1].status == 202
    site.redis, url = redis_server.start(site.redis_home)
    assert url == site.redis_url
    site.shows(2)
    Redis.from_url(site.redis_url).flushall()
    assert site.asks_for("Three") == 201
    site.shows(3)
    assert "One, by Mona" in {issue["title"] for issue in site.get("/issues/list")["data"]}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_database_ends_all_connections_and_takes_none(site: Site) -> None:
    site.start_worker()
    assert site.asks_for("One") == 201
    site.shows(1)
    url = make_url(site.config.database_url)
    elsewhere = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with elsewhere.connect() as server:
        server.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        try:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            server.execute(text(ended), {"name": url.database})
            answer = site.web.post("/api/v1/issues/create", json={"title": "Two"}, headers=site.headers())
            assert answer.status_code == 503 and answer.get_json()["error"]["retryable"] is True
            site.mona.edits_issue(site.issues()[0], title="One, by Mona")
            assert site.fake.deliveries[-1].status == 503  # GitHub keeps it, and is asked for it
        finally:
            server.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    elsewhere.dispose()
    assert site.asks_for("Two") == 201
    site.shows(2)


@pytest.mark.one_database
def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(site: Site) -> None:
    worker, note = site.start_worker(), site.fake.note

    def note_and_tell(request: Any, path: str, *rest: Any, **more: Any) -> None:
        note(request, path, *rest, **more)
        if request.method == "POST" and fnmatchcase(path, MADE):
            os.kill(worker.pid or 0, signal.SIGTERM)

    site.fake.note = note_and_tell  # type: ignore[method-assign]
    assert site.asks_for("One") == 201
    worker.join(10)
    assert worker.exitcode == 0
    assert "show_issue" not in dict(site.unfinished()) and len(site.issues()) == 1


@pytest.mark.one_database
def test_all_workers_are_replaced_under_load(site: Site) -> None:
    old = [site.start_worker(), site.start_worker()]
    for number in range(8):
        assert site.asks_for(f"Number {number}") == 201
        if number == 3:
            until(site.issues)
            site.start_worker()
            os.kill(old[0].pid or 0, signal.SIGTERM)
            os.kill(old[1].pid or 0, signal.SIGKILL)
    site.shows(8)
    assert site.fake.count("POST", MADE) == 8
