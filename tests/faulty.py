"""A house in which each job's first row meets one fault after another, and what GitHub holds in the end."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import or_, select, update

from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import clock, outbox
from bot.store.db import Database
from bot.store.models import Outbox
from tests.house import House, plain

ROUNDS = 60  # of waiting, until nothing is left to be done
SAME = (
    (re.compile(r"<!-- askfirst:.*?-->", re.DOTALL), ""),
    (re.compile(r"\b(iss|is|as|sq|wc|run|proj)_[0-9a-z]{26}"), r"\1_"),
    (re.compile(r"127\.0\.0\.1:\d+"), "github"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?"), "then"),
    (re.compile(r"(#|/issues/|/pull/)\d+"), r"\1n"),
    (re.compile(r"\b(?:[0-9a-f]{7,64}|r?\d{9,})\b"), "id"),
)


class FaultyHouse(House):
    """Runs what is due; `strike` does the first row of each job, with its fault. Its Redis is a real one."""

    def __init__(
        self, database_url: str, home: Path, redis_url: str, strike: Callable[[FaultyHouse, int], None] | None
    ) -> None:
        Redis.from_url(redis_url).flushall()
        self._redis_url, self._strike = redis_url, strike
        self.struck: set[str] = set()
        super().__init__(database_url, home)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"REDIS_URL": self._redis_url}

    def settle(self) -> None:
        """Until nothing more follows; time passes when nothing is due."""
        for _ in range(ROUNDS):
            with self.db.read() as tx:
                rows = outbox.due(tx, 100)
            for row_id, job in rows:
                if self._strike and job not in self.struck:
                    self.struck.add(job)
                    self._strike(self, row_id)
                else:
                    self.runner.work(row_id)
            if not rows and not self.time_passes():
                return
        raise AssertionError(f"it does not come to an end: {self.unfinished()}")

    def in_a_process_that(self, row_id: int, dies: Callable[[], None]) -> None:
        """Do the row in a process of its own, which kills itself where `dies` arranged that."""
        self.db.close()  # no connection is shared
        child = os.fork()
        if child == 0:
            try:
                runner = Runner(Database(self.config.database_url), Tools(self.config, plain()))
                dies()
                runner.work(row_id)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0

    def time_passes(self) -> bool:
        """The leases of the dead run out, and limits are over. Returns whether anything is left to be done."""
        redis = Redis.from_url(self._redis_url)
        if budgets := redis.keys("askfirst:budget:*"):
            redis.delete(*budgets)
        with self.db.write() as tx:
            # what is to wait for people does, unless a worker died with it
            sooner = or_(Outbox.job.not_in(("remind", "settle")), Outbox.lease_until.is_not(None))
            left = (Outbox.done_at.is_(None), Outbox.dead_at.is_(None), sooner)
            now = clock.now()
            waits = or_(Outbox.due_at > now, Outbox.lease_until.is_not(None))
            changed = tx.execute(update(Outbox).where(*left, waits).values(due_at=now, lease_until=None))
            return bool(changed.rowcount)  # type: ignore[attr-defined]

    def hurry(self, job: str) -> None:
        """Rows of this job are due now."""
        with self.db.write() as tx:
            tx.execute(update(Outbox).where(Outbox.job == job).values(due_at=clock.now()))

    def promise(self, job: str, **args: Any) -> None:
        """As the relay does, every hour."""
        with self.db.write() as tx:
            outbox.add(tx, job, lane=job, **args)

    def dead(self) -> list[tuple[str, str | None]]:
        with self.db.read() as tx:
            return [
                (row.job, row.error) for row in tx.scalars(select(Outbox).where(Outbox.dead_at.is_not(None)))
            ]


def play(house: FaultyHouse) -> None:
    """All that the engine can do, once."""
    house.settle()
    scan = house.scan()
    first, second, third = (issue["id"] for issue in house.get("/issues/list")["data"][:3])
    house.mona.comments(house.issues()[0], "/askfirst help")
    house.mona.edits_issue(house.issues()[0], title="A better title")
    house.settle()
    asked = house.post("/answering-sessions", issueSessionId=scan["id"])["data"]["id"]
    house.settle()
    (pull,) = house.pulls()
    house.hurry("remind")
    house.settle()
    for thread in house.threads(pull):
        house.mona.replies(thread, "approve")
    house.settle_answers()
    house.mona.replies(house.threads(pull)[0], "No, leave it")  # too late
    house.promise("look_at_round", session_id=asked)
    house.promise("look_at_issue", issue_id=first)
    house.post("/issues/recheck", issueId=third)
    house.settle()
    made = house.post(
        "/work-chains/create", title="Fixes", issueIds=[first, second], answeringSessionId=asked
    )
    house.post("/work-chains/start", chainId=made["data"]["id"])
    house.settle()
    house.post("/project/pause", reason="A holiday")
    house.post("/issues/create", title="While it waits")
    house.settle()
    house.post("/project/resume")
    for job in ("leave", "look_everywhere"):
        house.promise(job)
    house.promise("ask_again", since=clock.now().isoformat())
    house.settle()
    for pull in house.pulls():
        if not pull.draft:
            house.mona.merges(pull)
    house.settle()


def snapshot(house: House) -> Counter[tuple[Any, ...]]:
    """All that GitHub holds, without what differs from one time to the next."""
    found: list[tuple[Any, ...]] = []
    for issue in house.issues():
        labels = sorted(label.name for label in issue.labels)
        found.append(
            ("issue", _same(issue.title), _same(issue.body), issue.state, issue.state_reason, *labels)
        )
        found += _said(issue)
    for pull in house.pulls():
        merged = pull.merged_at is not None
        found.append(
            (
                "pull",
                _same(pull.title),
                _same(pull.body),
                pull.state,
                pull.draft,
                merged,
                _same(pull.head_ref),
            )
        )
        found += _said(pull)
        for thread in pull.threads:
            texts = [(comment.user.login, _same(comment.body)) for comment in thread.comments]
            found.append(("thread", _same(thread.original.path), *texts))
        found += [("review", review.user.login, _same(review.body)) for review in pull.reviews]
    for check in house.repository.checks:
        found.append(("check", check.name, check.status, check.conclusion))
    found += [("branch", _same(ref)) for ref in house.repository.git.refs()]
    return Counter(found)


def _said(issue: Any) -> Iterator[tuple[Any, ...]]:
    for comment in issue.comments:
        faces = sorted((one.user.login, one.content) for one in comment.reactions)
        yield "comment", _same(issue.title), comment.user.login, _same(comment.body), *faces


def _same(text: str | None) -> str:
    for pattern, instead in SAME:
        text = pattern.sub(instead, text or "")
    return text or ""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
