"""Redis, the database and workers go away under real processes: nothing is lost, and nobody has to help."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Worker
from sqlalchemy import URL, Connection, create_engine, make_url, text

from app import create_app
from bot import redis_server
from bot.store import db as store
from tests import warm
from tests.house import House
from tests.test_kill import ASKFIRST
from tests.warm import until

MADE = "/repos/*/issues"
ENDED = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")


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

    def asks(self, title: str, description: str = "") -> Any:
        """The answer to a request for an issue."""
        body = {"title": title, "description": description}
        return self.web.post("/api/v1/issues/create", json=body, headers=self.headers())

    def asks_for(self, title: str) -> int:
        """Its status."""
        status: int = self.asks(title).status_code
        return status

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


def unavailable(answer: Any, why: str) -> None:
    """It is a 503 that says why, and that the same request may be sent again."""
    error = answer.get_json()["error"]
    assert answer.status_code == 503 and why in error["message"] and error["retryable"] is True


@contextmanager
def elsewhere(url: URL) -> Iterator[Connection]:
    """The server of this database, by a connection that is not to it."""
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        yield server
    engine.dispose()


def _site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "r").mkdir()
    site = Site(database_url, tmp_path)
    yield site
    site.end()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """One on each database."""
    yield from _site(database_url, tmp_path)


@pytest.mark.one_database
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
    with elsewhere(url) as server:
        server.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        try:
            server.execute(ENDED, {"name": url.database})
            unavailable(site.asks("Two"), "busy or cannot be reached")
            site.mona.edits_issue(site.issues()[0], title="One, by Mona")
            assert site.fake.deliveries[-1].status == 503  # GitHub keeps it, and is asked for it
        finally:
            server.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    assert site.asks_for("Two") == 201
    site.shows(2)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_restart_of_the_database_while_nobody_asked_is_not_noticed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "RESTED", 0)  # as after a second without a request
    url = make_url(site.config.database_url)
    assert site.asks_for("One") == 201
    with elsewhere(url) as server:
        server.execute(ENDED, {"name": url.database})
    assert site.asks_for("Two") == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_sqlite_that_stays_locked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SQLITE_WAIT", 0)
    impatient = store.Database(site.config.database_url, site.db.ring)  # the worker has its ten seconds
    site.web = create_app(site.config, impatient).test_client()
    assert site.asks_for("One") == 201
    other = sqlite3.connect(make_url(site.config.database_url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    site.start_worker()
    unavailable(site.asks("Two"), "busy or cannot be reached")
    redis = Redis.from_url(site.redis_url)
    until(lambda: any(worker.failed_job_count for worker in Worker.all(connection=redis)))
    other.execute("ROLLBACK")
    other.close()
    until(lambda: site.asks_for("Two") == 201)  # the worker writes again, too
    site.shows(2)
    impatient.close()


@pytest.fixture
def small_disk(sqlite_template: Path, tmp_path: Path) -> Iterator[Path]:
    """A disk of 11 MiB with an empty database on it, and 8 MiB of something that can be deleted."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=11m", "askfirst", disk], check=True)
    shutil.copy(sqlite_template, disk / "askfirst.db")
    (disk / "old").write_bytes(bytes(8 * 2**20))
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def cramped(small_disk: Path, tmp_path: Path) -> Iterator[Site]:
    """A site whose database is on the small disk, the rest elsewhere."""
    yield from _site(f"sqlite:///{small_disk / 'askfirst.db'}", tmp_path)


def test_a_full_disk(cramped: Site, small_disk: Path) -> None:
    answers = [cramped.asks(f"Number {number}", "x" * 20_000) for number in range(100)]
    made = [answer.status_code for answer in answers].count(201)
    assert 5 < made < 100 and {answer.status_code for answer in answers} == {201, 503}
    unavailable(answers[-1], "disk of the database is full")
    cramped.start_worker()
    mine = cramped.mona.opens_issue(cramped.repository, "Mine")
    cramped.mona.comments(mine, "/askfirst help")
    assert cramped.fake.deliveries[-1].status == 503  # GitHub keeps it, and is asked for it
    (small_disk / "old").unlink()
    assert cramped.asks_for("One more") == 201
    cramped.shows(made + 2)
    assert len(cramped.get("/issues/list", limit=100)["data"]) == made + 1
    with sqlite3.connect(small_disk / "askfirst.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


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
