"""Claims an outbox row, does its job, and commits the end of it."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import NoResultFound, OperationalError

from bot import config, counters, logs, telemetry
from bot.domain import installations, projects, runs
from bot.github.errors import RateLimited, Standstill, redact
from bot.jobs import JOBS, standstill
from bot.jobs.errors import GiveUp, Later, Waits
from bot.jobs.tools import Errand, Tools
from bot.jobs.work import Work
from bot.store import outbox
from bot.store.counted import Counted
from bot.store.db import Database
from bot.store.doorbell import Doorbell

log = logging.getLogger(__name__)

LOGGED = ("delivery_id", "project_id", "run_id", "session_id", "chain_id", "issue_id")
SOON = 5.0  # seconds
PAUSED_SECONDS = 3600.0  # it is woken when its project goes on


class Runner:
    """Does outbox rows one after another."""

    def __init__(self, db: Database, tools: Tools) -> None:
        self.db, self.tools = db, tools

    def work(self, row_id: int) -> None:
        """Do this row if it can be claimed, then wake whoever it kept waiting in its lane."""
        with self.db.write() as tx:
            claim = outbox.claim(tx, row_id)
        if claim is None:
            return
        work, began = Work(claim, self.db, self.tools), time.monotonic()
        ids = {name.removesuffix("_id"): str(claim.args[name]) for name in LOGGED if name in claim.args}
        with (
            logs.about(row=str(row_id), job=claim.job, **ids),
            telemetry.span(claim.job, row=str(row_id), **ids),
            self.tools.errand(str(row_id), bulk=claim.bulk) as errand,
        ):
            try:
                with self._heartbeat(work):
                    self._attempt(work)
            except outbox.Superseded as lost:
                log.warning("%s", lost)
        counters.add("askfirst_job_seconds_total", time.monotonic() - began, job=claim.job)
        self._follow_names(errand)
        with self.db.look() as connection:
            waiting = outbox.next_in(connection, claim.lane)
        if waiting:
            self.db.ring(waiting)

    def drain(self) -> int:
        """Do all rows that are due, and what they lead to. Returns how many were done."""
        done = 0
        while rows := self._due():
            for row_id, _ in rows:
                self.work(row_id)
            done += len(rows)
        return done

    def _due(self) -> outbox.Rows:
        with self.db.read() as tx:
            return outbox.due(tx, 100)

    def _attempt(self, work: Work) -> None:
        claim = work.claim
        if claim.attempt > outbox.TRIES:
            return self._failed(work, "its worker was lost each time", for_good=True)
        try:
            if claim.job not in JOBS:
                raise LookupError(f"there is no job {claim.job}; a newer version may know it")
            JOBS[claim.job].run(work)
            if not work.finished:
                with work.finish():
                    pass
            _count(work, "done")
        except outbox.Superseded:
            raise
        except NoResultFound as gone:
            # what it is about was deleted for good: there is nothing left to bring about
            log.warning("outbox row %d (%s): %s", claim.id, claim.job, gone)
            with work.finish():
                pass
            _count(work, "done")
        except Later as later:
            self._put_off(work, later.seconds, str(later))
        except RateLimited as limit:
            self._put_off(work, limit.retry_after, str(limit))
        except Waits as waits:
            self._wait(work, waits.project_id, str(waits))
        except Standstill as stop:
            self._stand_still(work, stop)
        except GiveUp as reason:
            self._failed(work, str(reason), for_good=True)
        except Exception as error:  # the engine is the one place that may not fall over
            log.exception("outbox row %d (%s), try %d", claim.id, claim.job, claim.attempt)
            self._failed(work, f"{type(error).__name__}: {error}")

    def _put_off(self, work: Work, seconds: float, reason: str) -> None:
        _count(work, "later")
        with self.db.write() as tx:
            outbox.put_off(tx, work.claim, seconds, _storable(reason))
        if seconds < SOON:
            # the relay looks once a second, which is as long as the whole wait
            again = threading.Timer(seconds, self.db.ring, [[(work.claim.id, work.claim.job)]])
            again.daemon = True
            again.start()

    def _follow_names(self, errand: Errand) -> None:
        """Repositories that GitHub knew by another name are known by that one from now on."""
        for project, repo in errand.repos:
            if repo.full_name != project.name:
                with self.db.write() as tx:
                    projects.renamed(tx, repo.repository_id, project.name, repo.full_name)

    def _wait(self, work: Work, project_id: str, reason: str) -> None:
        _count(work, "later")
        with self.db.write() as tx:
            # held until we commit, so that nobody wakes it before it waits
            seconds = PAUSED_SECONDS if runs.pause_of(tx, project_id) else 0.0
            outbox.put_off(tx, work.claim, seconds, _storable(reason), waits_for=project_id)

    def _stand_still(self, work: Work, stop: Standstill) -> None:
        """Nothing goes in the whole repository: its project waits, and this with it."""
        reason = standstill.reason(stop)
        with self.db.write() as tx:
            project = projects.on(tx, stop.repository_id or 0)
            # else it has moved to another account since the job began
            if project is not None and project.installation_id == stop.installation_id:
                _count(work, "later")
                installations.stop(tx, project, reason)
                if JOBS[work.claim.job].renewed:
                    return outbox.finish(tx, work.claim)
                return outbox.put_off(tx, work.claim, PAUSED_SECONDS, reason, waits_for=project.id)
        self._failed(work, f"{type(stop).__name__}: {stop}")

    def _failed(self, work: Work, reason: str, *, for_good: bool = False) -> None:
        claim, error = work.claim, _storable(reason)
        with self.db.write() as tx:
            dead = outbox.fail(tx, claim, error, for_good=for_good)
            job = JOBS.get(claim.job)
            if dead and job and job.died:
                job.died(tx, work.args, error)
        _count(work, "dead" if dead else "failed")
        if dead:
            log.error("outbox row %d (%s) is dead: %s", claim.id, claim.job, error)

    @contextmanager
    def _heartbeat(self, work: Work) -> Iterator[None]:
        """Keep the lease while the job runs; say so to the job when it is lost."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(outbox.LEASE.total_seconds() / 4):
                try:
                    with work.note():
                        pass
                except outbox.Superseded:
                    if not work.finished:
                        work.lost.set()
                    return
                except OperationalError as error:
                    log.warning("the lease of outbox row %d was not lengthened: %s", work.claim.id, error)

        thread = threading.Thread(target=beat, name=f"lease-{work.claim.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _count(work: Work, outcome: str) -> None:
    counters.add("askfirst_jobs_total", job=work.claim.job, outcome=outcome)
    telemetry.note("askfirst.outcome", outcome)


def _storable(text: str) -> str:
    """Without secrets, and without what no database takes: a NUL, half a surrogate pair."""
    return redact(text).replace("\0", "\ufffd").encode(errors="replace").decode()


@functools.cache
def _of_this_process() -> tuple[Runner, Counted]:
    settings = config.load()
    db = Database(settings.database_url, Doorbell(settings.redis_url).ring, template=settings.template)
    return Runner(db, Tools(settings)), Counted(settings.redis_url)


def work(*row_ids: int) -> None:
    """RQ's entry: do these outbox rows with the settings of the environment."""
    runner, counted = _of_this_process()
    for row_id in row_ids:
        runner.work(row_id)
    # a run is done in a process of its own, which ends with it
    counted.flush(now=True)
