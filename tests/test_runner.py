"""The engine: how a job ends, and what follows from each way to end."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.config import Config
from bot.domain import projects, sessions
from bot.github.errors import RateLimited, Unavailable
from bot.jobs import JOBS
from bot.jobs.errors import GiveUp, Later
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.jobs.work import Job, Work
from bot.store import outbox
from bot.store.db import Database
from bot.store.models import IssueSession, Outbox, Run
from cli.base import watch
from tests.conftest import Clock

TOKEN = "ghs_123456_" + "abc.DEF-" * 10


class Engine:
    """A runner whose job `test` does what the test says."""

    def __init__(self, config: Config, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db, self.runner = db, Runner(db, Tools(config))
        self._set = monkeypatch.setitem

    def does(self, run: Callable[[Work], None], died: Callable[..., None] | None = None) -> None:
        self._set(JOBS, "test", Job(run, died))

    def raises(self, error: Exception, died: Callable[..., None] | None = None) -> None:
        def run(work: Work) -> None:
            raise error

        self.does(run, died)

    def add(self, lane: str = "a", job: str = "test", **args: Any) -> int:
        with self.db.write() as tx:
            outbox.add(tx, job, lane=lane, key=f"{lane} {args}", **args)
        with self.db.read() as tx:
            return tx.scalars(select(Outbox.id).order_by(Outbox.id.desc())).first() or 0

    def row(self, row_id: int) -> Outbox:
        with self.db.read() as tx:
            return tx.get_one(Outbox, row_id)


@pytest.fixture
def engine(config: Config, db: Database, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(config, db, monkeypatch)


def test_a_job_that_returns_is_done(engine: Engine) -> None:
    seen: list[dict[str, Any]] = []
    engine.does(lambda work: seen.append(work.args))
    row = engine.add(what=1)
    engine.runner.work(row)
    engine.runner.work(row)
    assert seen == [{"what": 1}] and engine.row(row).done_at is not None


def test_what_a_job_finishes_with_is_kept(engine: Engine) -> None:
    def run(work: Work) -> None:
        with work.finish() as tx:
            projects.create(tx, "kept", "/srv/kept")

    engine.does(run)
    row = engine.add()
    engine.runner.work(row)
    assert engine.row(row).done_at is not None and names(engine.db) == ["kept"]


def names(db: Database) -> list[str]:
    with db.read() as tx:
        return [project.name for project in projects.everything(tx)]


def test_an_error_undoes_its_transaction_and_is_tried_again(engine: Engine, frozen: Clock) -> None:
    def run(work: Work) -> None:
        with work.finish() as tx:
            projects.create(tx, "half done", "/srv/half")
            raise RuntimeError("the disk is full")

    engine.does(run)
    row = engine.add()
    engine.runner.work(row)
    left = engine.row(row)
    assert (left.done_at, left.dead_at, left.lease_until) == (None, None, None)
    assert left.error == "RuntimeError: the disk is full" and left.due_at > frozen.time
    assert names(engine.db) == []
    engine.does(lambda work: None)
    frozen.forward(seconds=2)
    assert engine.runner.drain() == 1
    assert engine.row(row).done_at is not None and engine.row(row).error is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Later(90, "GitHub is busy"), 90),
        (RateLimited("slow down", status=429, retry_after=600), 600),
    ],
)
def test_later_is_no_try_however_often(engine: Engine, frozen: Clock, error: Exception, seconds: int) -> None:
    engine.raises(error)
    row = engine.add()
    for _ in range(outbox.TRIES + 2):
        assert engine.runner.drain() == 1
        left = engine.row(row)
        assert left.due_at == frozen.time + timedelta(seconds=seconds) and left.error == str(error)
        frozen.forward(seconds=seconds)
    assert left.dead_at is None and left.attempts == 0


def test_a_moments_wait_ends_with_the_bell(engine: Engine) -> None:
    row_id, rung = engine.add(), threading.Event()
    engine.db.ring = lambda rows: rung.set() if rows == [(row_id, "test")] else None
    engine.raises(Later(0.01, "its turn comes soon"))
    engine.runner.work(row_id)
    assert rung.wait(10), "the relay may look a second later"


def test_giving_up_is_dead_at_once_and_says_so(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[Any, str]] = []
    engine.raises(GiveUp("no GitHub App is set up"), lambda tx, args, error: told.append((args, error)))
    row = engine.add(what=1)
    engine.runner.work(row)
    assert engine.row(row).dead_at is not None
    assert told == [({"what": 1}, "no GitHub App is set up")]
    assert f"outbox row {row} (test) is dead: no GitHub App is set up" in caplog.text


def test_the_last_try_is_dead_and_tells_whom_it_concerns(engine: Engine, frozen: Clock) -> None:
    told: list[str] = []
    engine.raises(
        Unavailable("GitHub answered 502", maybe_done=False), lambda tx, args, error: told.append(error)
    )
    row = engine.add()
    for _ in range(outbox.TRIES):
        assert told == []
        engine.runner.drain()
        frozen.forward(hours=1)
    assert told == ["Unavailable: GitHub answered 502"] and engine.row(row).dead_at is not None
    assert engine.runner.drain() == 0


def test_a_job_that_nobody_knows_ends_too(engine: Engine, frozen: Clock) -> None:
    row, other = engine.add(job="of a newer version"), engine.add("b")
    engine.does(lambda work: None)
    for _ in range(outbox.TRIES + 1):
        engine.runner.drain()
        frozen.forward(hours=1)
    assert engine.row(row).dead_at is not None and "of a newer version" in (engine.row(row).error or "")
    assert engine.row(other).done_at is not None


def test_the_next_in_the_lane_is_rung_for_however_the_first_ended(engine: Engine) -> None:
    for ends in (lambda work: None, raising(GiveUp("no"))):
        engine.does(ends)
        first, second = engine.add("lane", n=1), engine.add("lane", n=2)
        engine.add("another lane", n=3)
        rung: list[Any] = []
        engine.db.ring = rung.extend
        engine.runner.work(second)
        assert rung == [], "it is not its turn"
        engine.runner.work(first)
        assert rung == [(second, "test")]
        engine.runner.drain()


def raising(error: Exception) -> Callable[[Work], None]:
    def run(work: Work) -> None:
        raise error

    return run


# the claim


def test_a_superseded_worker_leaves_nothing_behind(engine: Engine, frozen: Clock) -> None:
    others: list[outbox.Claim | None] = []

    def run(work: Work) -> None:
        frozen.forward(seconds=outbox.LEASE.total_seconds() + 1)
        with engine.db.write() as tx:
            others.append(outbox.claim(tx, work.claim.id))
        with work.finish() as tx:
            projects.create(tx, "too late", "/srv/late")

    engine.does(run)
    row = engine.add()
    engine.runner.work(row)
    assert names(engine.db) == [] and engine.row(row).done_at is None
    [other] = others
    assert other is not None
    with engine.db.write() as tx:
        outbox.finish(tx, other)


def test_neither_a_late_error_nor_a_late_later_counts(engine: Engine, frozen: Clock) -> None:
    for error in (RuntimeError("late"), Later(5, "late"), GiveUp("late")):

        def run(work: Work, error: Exception = error) -> None:
            frozen.forward(seconds=outbox.LEASE.total_seconds() + 1)
            with engine.db.write() as tx:
                assert outbox.claim(tx, work.claim.id)
            raise error

        engine.does(run, lambda tx, args, error: pytest.fail("it is not dead"))
        row = engine.add(f"lane {error!r}")
        engine.runner.work(row)
        left = engine.row(row)
        assert (left.error, left.dead_at) == (None, None) and left.lease_until is not None


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=0.2))


@pytest.mark.usefixtures("short_lease")
def test_the_heartbeat_keeps_the_claim(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    beats = count_beats(monkeypatch)
    leases = []

    def run(work: Work) -> None:
        leases.append(engine.row(work.claim.id).lease_until)
        for _ in range(5):
            assert beats.acquire(timeout=30)
        leases.append(engine.row(work.claim.id).lease_until)
        assert not work.lost.is_set()

    engine.does(run)
    row = engine.add()
    engine.runner.work(row)
    assert leases[0] < leases[1] and engine.row(row).done_at is not None


def count_beats(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    beats, hold = threading.Semaphore(0), outbox.hold

    def held(tx: Session, claim: outbox.Claim) -> None:
        hold(tx, claim)
        beats.release()

    monkeypatch.setattr(outbox, "hold", held)
    return beats


@pytest.mark.usefixtures("short_lease")
def test_the_heartbeat_outlives_a_database_that_does_not_answer(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats, note = count_beats(monkeypatch), Work.note
    failures = iter([True, True])

    @contextmanager
    def failing(work: Work) -> Iterator[Session]:
        if next(failures, False):
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        with note(work) as tx:
            yield tx

    monkeypatch.setattr(Work, "note", failing)
    engine.does(lambda work: beats.acquire(timeout=30) or pytest.fail("its heart stood still"))  # type: ignore[arg-type,return-value]
    row = engine.add()
    engine.runner.work(row)
    assert engine.row(row).done_at is not None, engine.row(row).error


@pytest.mark.usefixtures("short_lease")
def test_a_worker_hears_that_it_lost_its_claim(engine: Engine) -> None:
    heard = []

    def run(work: Work) -> None:
        with engine.db.write() as tx:
            tx.get_one(Outbox, work.claim.id).claims += 1
        heard.append(work.lost.wait(30))

    engine.does(run)
    row = engine.add()
    engine.runner.work(row)
    assert heard == [True] and engine.row(row).done_at is None


# what becomes of a scan


@pytest.fixture
def scan(engine: Engine, db: Database) -> IssueSession:
    with db.write() as tx:
        project = projects.create(tx, "shop", "/no/such/repository")
    with db.write() as tx:
        return sessions.start(tx, project, prompt="Find bugs", created_by="test")


def ended(db: Database, scan: IssueSession) -> tuple[str, str | None, str, str | None]:
    with db.read() as tx:
        session, run = tx.get_one(IssueSession, scan.id), tx.get_one(Run, scan.run_id)
        return session.status, session.error, run.status, run.error


def test_a_scan_that_fails_each_time_has_failed(
    engine: Engine, scan: IssueSession, frozen: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "scan", Job(raising(RuntimeError(f"boom {TOKEN}")), JOBS["scan"].died))
    frozen.forward(days=400)
    for _ in range(outbox.TRIES):
        assert ended(engine.db, scan)[0] == "active"
        engine.runner.drain()
        frozen.forward(hours=1)
    said = "RuntimeError: boom [redacted]"
    assert ended(engine.db, scan) == ("failed", said, "failed", said)


def test_a_scan_whose_worker_dies_each_time_has_failed(
    engine: Engine, scan: IssueSession, frozen: Clock
) -> None:
    frozen.forward(days=400)
    for _ in range(outbox.TRIES):
        with engine.db.write() as tx:
            [(row, _)] = outbox.due(tx, 10)
            assert outbox.claim(tx, row)
        frozen.forward(seconds=outbox.LEASE.total_seconds() + 1)
    assert ended(engine.db, scan)[0] == "active"
    engine.runner.drain()
    said = "its worker was lost each time"
    assert ended(engine.db, scan) == ("failed", said, "failed", said)


def test_a_scan_that_was_cancelled_stays_so_when_its_job_dies(
    engine: Engine, scan: IssueSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "scan", Job(raising(GiveUp("no")), JOBS["scan"].died))
    with engine.db.write() as tx:
        sessions.cancel(tx, tx.get_one(IssueSession, scan.id))
    engine.runner.drain()
    assert ended(engine.db, scan)[0] == "cancelled"


# secrets


@pytest.fixture
def written(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process of ours writes to its log."""
    given: dict[str, Any] = {}
    with monkeypatch.context() as patched:
        patched.setattr(logging, "basicConfig", given.update)
        watch(config)
    [handler] = given["handlers"]
    text = io.StringIO()
    handler.setStream(text)
    logging.getLogger("bot").addHandler(handler)
    yield text
    logging.getLogger("bot").removeHandler(handler)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"fatal: https://x-access-token:{TOKEN}@github.com\0"),
        GiveUp(f"no: {TOKEN}"),
        Later(1, f"not now: {TOKEN} \0 \ud800"),
    ],
)
def test_no_token_is_stored_or_logged(engine: Engine, written: io.StringIO, error: Exception) -> None:
    engine.raises(error)
    row = engine.add()
    engine.runner.work(row)
    stored = engine.row(row).error or ""
    assert "[redacted]" in stored and TOKEN[:20] not in stored and "\0" not in stored
    log = written.getvalue()
    log.encode()
    assert TOKEN[:20] not in log
    assert isinstance(error, Later) or f"outbox row {row} (test)" in log


def test_a_job_of_a_project_that_is_not_on_github_gives_up(engine: Engine) -> None:
    with engine.db.write() as tx:
        project = projects.create(tx, "plain", "/srv/plain")
    engine.does(lambda work: work.tools.repo(project, issues="write") and None)
    row = engine.add()
    engine.runner.work(row)
    assert engine.row(row).error == "project plain is not on GitHub"
    assert engine.row(row).dead_at is not None
