"""kill -9 of a real worker after GitHub acted and before our commit: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.store import clock
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox
from tests.house import House

ASKFIRST = str(Path(sys.executable).parent / "askfirst")


class Worker:
    """A worker process, on whose heels the fake GitHub is."""

    def __init__(self, house: House, redis_url: str, queue: str = "worker") -> None:
        self.house = house
        house.db.ring = Doorbell(redis_url).ring
        environment = house.environment() | {"REDIS_URL": redis_url}
        self.process = subprocess.Popen([ASKFIRST, queue], env=environment, stderr=subprocess.DEVNULL)

    def dies_after(self, method: str, pattern: str) -> None:
        """SIGKILL it when GitHub has acted on such a request, before it can hear the answer."""
        note = self.house.fake.note

        def note_and_kill(request: Any, path: str, *rest: Any, **more: Any) -> None:
            note(request, path, *rest, **more)
            if request.method == method and fnmatchcase(path, pattern) and self.process.poll() is None:
                os.kill(self.process.pid, signal.SIGKILL)
                self.process.wait()

        self.house.fake.note = note_and_kill  # type: ignore[method-assign]

    def is_replaced(self) -> None:
        """Wait for its death; then its lease has run out, and another one does the work."""
        assert self.process.wait(60) == -signal.SIGKILL
        self.house.db.ring = lambda bells: None
        with self.house.db.write() as tx:
            past = clock.now() - timedelta(seconds=1)
            tx.execute(update(Outbox).where(Outbox.lease_until.is_not(None)).values(lease_until=past))
        self.house.settle()


@pytest.fixture
def killable(house: House, redis_url: str) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(*queue: str) -> Worker:
        started.append(Worker(house, redis_url, *queue))
        return started[-1]

    yield start
    for worker in started:
        worker.process.kill()
        worker.process.wait()


def test_after_the_issue_was_made(house: House, killable: Callable[..., Worker]) -> None:
    worker = killable()
    worker.dies_after("POST", "/repos/*/issues")
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    worker.is_replaced()
    [there] = house.issues()
    assert house.get("/issues/get", id=made["id"])["data"]["github"]["number"] == there.number
    assert house.fake.count("POST", "/repos/*/issues") == 1
    assert house.unfinished() == []


def test_after_a_label_was_made(house: House, killable: Callable[..., Worker]) -> None:
    worker = killable()
    worker.dies_after("POST", "/repos/*/labels")
    house.post("/issues/create", title="Cart forgets items")
    worker.is_replaced()
    assert len(house.issues()) == 1
    assert sorted(label.name for label in house.repository.labels if "askfirst" in label.name) == ["askfirst"]


def test_after_the_issue_was_edited(house: House, killable: Callable[..., Worker]) -> None:
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    house.settle()
    worker = killable()
    worker.dies_after("PATCH", "/repos/*/issues/*")
    house.post("/issues/update", issueId=made["id"], title="Cart forgets everything")
    worker.is_replaced()
    [there] = house.issues()
    assert there.title == "Cart forgets everything"
    assert house.fake.count("PATCH", "/repos/*/issues/*") == 1, "the second worker saw that it was done"


def test_after_a_comment_was_posted(house: House, killable: Callable[..., Worker]) -> None:
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.settle()
    worker = killable()
    worker.dies_after("POST", "/repos/*/issues/*/comments")
    asked = house.mona.comments(talk, "/askfirst help")
    worker.is_replaced()
    ours = [comment for comment in talk.comments if comment.user.login == "askfirst[bot]"]
    assert len(ours) == 1
    assert [reaction.content for reaction in asked.reactions] == ["eyes", "+1"]
    assert house.unfinished() == []


def test_in_the_middle_of_a_scan(house: House, killable: Callable[..., Worker]) -> None:
    worker = killable("agents")
    worker.dies_after(
        "POST", "/app/installations/*/access_tokens"
    )  # the run has begun and fetches the repository
    session = house.post("/issue-sessions/start", prompt="Find bugs")["data"]
    worker.is_replaced()
    after = house.get("/issue-sessions/get", id=session["id"])["data"]
    assert after["status"] == "completed" and after["counts"]["new"] == len(house.issues()) > 0
    log = house.web.get(f"/api/v1/runs/log?id={session['runId']}", headers=house.headers()).text
    assert "The worker was lost; starting again." in log
