"""kill -9 of a real worker after GitHub or git acted on a round or a chain: each thing is there once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from sqlalchemy import update

from bot.store import clock, outbox
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox, Run
from tests import warm
from tests.house import House
from tests.rounds import BOT, Round, Scripted, asked, done, filed, ours, said

PUSH = ("POST", "/mona/shop.git/git-receive-pack")


class Worker:
    """A worker process that finds what is due, and dies at one request."""

    def __init__(self, house: House, redis_url: str, queue: str) -> None:
        self.house, self.doorbell = house, Doorbell(redis_url)
        self.doorbell.redis.flushall()
        self.process = warm.start(house.environment(), redis_url, queue)

    def dies_after(self, method: str, pattern: str, saying: str = "") -> None:
        """Ring for what is due; SIGKILL when GitHub has acted on such a request, before the worker can hear of it."""
        note, dead = self.house.fake.note, threading.Event()

        def note_and_kill(request: Any, path: str, status: Any, by: Any, body: Any = None) -> None:
            note(request, path, status, by, body)
            hit = request.method == method and fnmatchcase(path, pattern) and saying in str(body)
            if hit and status in (200, 201):
                os.kill(self.process.pid or 0, signal.SIGKILL)
                dead.wait(30)

        self.house.fake.note = note_and_kill  # type: ignore[method-assign]
        with self.house.db.read() as tx:
            self.doorbell.ring(outbox.due(tx, 100))
        self.process.join(30)
        dead.set()
        assert self.process.exitcode == -signal.SIGKILL, "it never got there"
        self.house.fake.note = note  # type: ignore[method-assign]

    def is_replaced(self) -> None:
        """Its lease has run out, and another one does the work."""
        with self.house.db.write() as tx:
            past = clock.now() - timedelta(seconds=1)
            tx.execute(update(Outbox).where(Outbox.lease_until.is_not(None)).values(lease_until=past))
        self.house.settle()


@pytest.fixture
def killed(house: House, redis_url: str) -> Iterator[Callable[..., None]]:
    """Do what is due in a worker that is killed after this request, and the rest in another one."""
    started: list[Worker] = []

    def kill(method: str, pattern: str, saying: str = "", queue: str = "jobs") -> None:
        worker = Worker(house, redis_url, queue)
        started.append(worker)
        worker.dies_after(method, pattern, saying)
        # so that what the next one makes anew would be another commit
        house.mona.pushes(house.repository, {"notes.md": "Mine.\n"}, "My notes")
        worker.is_replaced()

    yield kill
    for worker in started:
        worker.process.kill()
        worker.process.join()


def all_there_once(house: House, asked: Round) -> None:
    """One branch with one commit, one pull request, review, index and check run, a thread for each question."""
    branch = f"askfirst/{asked.id}"
    assert sorted(house.repository.git.refs()) == [f"refs/heads/{branch}", "refs/heads/main"]
    assert len(house.repository.git.log(branch, "^main")) == 1
    [pull] = house.pulls()
    assert [review.user.login for review in pull.reviews if review.body] == [BOT]
    assert len(house.threads(pull)) == len(asked.questions) == 2
    assert all(question["github"] for question in asked.questions)
    assert len(ours(pull)) == 1 and "2 of 2 questions open" in asked.index
    assert [check.conclusion for check in house.repository.checks] == ["action_required"]
    assert house.unfinished() == []


@pytest.mark.parametrize(
    "at",
    [
        PUSH,
        ("POST", "/repos/*/pulls"),
        ("POST", "/repos/*/pulls/*/reviews"),
        ("POST", "/repos/*/issues/*/comments"),
        ("POST", "/repos/*/check-runs"),
    ],
    ids=["push", "pull request", "review", "index", "check run"],
)
def test_while_a_round_is_opened(house: House, killed: Callable[..., None], at: tuple[str, str]) -> None:
    round = asked(house, {}, {}, settle=False)
    killed(*at)
    all_there_once(house, round)


@pytest.mark.parametrize(
    "at", ["/repos/*/issues/comments/*", "/repos/*/check-runs/*"], ids=["index", "check run"]
)
def test_while_an_answer_is_shown(house: House, killed: Callable[..., None], at: str) -> None:
    round = asked(house, {}, {})
    house.mona.replies(round.threads[0], "approve")
    killed("PATCH", at)
    assert round.states == ["approved", "pending"]
    assert len(ours(round.pull)) == 1 and "1 of 2 questions open" in round.index
    [check] = house.repository.checks
    assert "Q2" in check.output["summary"] and "Q1" not in check.output["summary"]
    assert house.unfinished() == []


def test_after_a_reply_was_posted(house: House, killed: Callable[..., None]) -> None:
    round = asked(house, {}, {})
    house.mona.replies(round.threads[0], "no")
    killed("POST", "/repos/*/pulls/*/comments/*/replies")
    assert len(said(round.threads[0])) == 1 and round.states == ["pending"] * 2
    assert house.unfinished() == []


def test_after_the_receipt_was_posted(house: House, killed: Callable[..., None]) -> None:
    round = asked(house, {}, {})
    for number in (1, 2):
        round.reviews(number, "approved")
    house.settle()
    round.set("reviewed")
    killed("POST", "/repos/*/issues/*/comments")
    assert round.session["status"] == "completed"
    assert len([text for text in ours(round.pull) if "The answers are fixed" in text]) == 1
    assert house.unfinished() == []


@pytest.mark.parametrize(
    "at",
    [
        PUSH,
        ("PATCH", "/repos/*/issues/comments/*"),
        ("POST", "/repos/*/check-runs"),
        ("PATCH", "/repos/*/pulls/*"),
    ],
    ids=["the file", "index", "check run", "the pull request's text"],
)
def test_while_the_answers_are_written_down(
    house: House, killed: Callable[..., None], at: tuple[str, ...]
) -> None:
    round = asked(house, {}, {})
    for number in (1, 2):
        round.reviews(number, "approved")
    house.settle()
    round.set("reviewed")
    killed(*at)
    log = [row["message"].split("\n")[0] for row in house.repository.git.log(round.pull.head_ref, "^main")]
    assert [line.split()[0] for line in log] == ["Write", "Ask"]
    assert round.session["status"] == "completed" and len(round.receipts()) == 1
    assert round.check.conclusion == "success" and "These answers are fixed" in round.index
    assert "All 2 decisions made" in (round.pull.body or "") and house.unfinished() == []


def works(house: House, round: Round) -> None:
    """A chain is begun on what was answered."""
    made = house.post(
        "/work-chains/create", title="Fix", issueIds=round.issue_ids, answeringSessionId=round.id
    )
    house.post("/work-chains/start", chainId=made["data"]["id"])


@pytest.mark.parametrize("at", ["replies", "resolveReviewThread"])
def test_while_threads_are_resolved(house: House, killed: Callable[..., None], at: str) -> None:
    round = asked(house, {})
    round.approve()
    Scripted(house, done(one="x = 1\n"))
    works(house, round)
    for job in ("fix", "show_chain"):
        only(house, job, 1)
    killed("POST", "*/replies" if at == "replies" else "/graphql", "" if at == "replies" else at)
    assert round.threads[0].resolved_by and len(said(round.threads[0])) == 1
    assert house.unfinished() == []


FIXES = [done(one="x = 1\n"), done(two="x = 2\n")]


@pytest.fixture
def chain(house: House) -> str:
    """A chain of two issues, started; its first run waits for a worker."""
    scripted = Scripted(house, *FIXES)
    made = house.post("/work-chains/create", title="First fixes", issueIds=filed(house, "One", "Two"))["data"]
    assert house.post("/work-chains/start", chainId=made["id"])["data"]["status"] == "running"
    scripted.template("base")
    scripted.worked = 0
    with house.db.write() as tx:
        tx.execute(update(Run).values(template_id="scripted"))
    return str(made["id"])


def all_done_once(house: House, chain_id: str) -> None:
    """One commit for each issue in order, on one branch; one pull request, ready; one last word."""
    chain = house.get("/work-chains/get", id=chain_id)["data"]
    assert (chain["status"], chain["completedCount"]) == ("completed", 2), chain
    [pull] = house.pulls()
    assert sorted(house.repository.git.refs()) == ["refs/heads/" + chain["branchName"], "refs/heads/main"]
    subjects = [
        commit["message"].splitlines()[0] for commit in house.repository.git.log(pull.head_ref, "^main")
    ]
    assert subjects == ["Fix: Two", "Fix: One"]
    assert not pull.draft and "2 of 2 issues done" in (pull.body or "")
    checks = [check.conclusion for check in house.repository.checks if check.head_sha == pull.head_sha]
    assert checks == ["success"]
    assert len(ours(pull)) == 1 and "ready for review" in ours(pull)[0]
    assert house.unfinished() == []


@pytest.mark.parametrize(
    "at",
    [("POST", "/app/installations/*/access_tokens"), ("POST", "/mona/shop.git/git-upload-pack"), PUSH],
    ids=["token", "fetch", "push"],
)
def test_while_an_issue_is_worked(
    house: House, killed: Callable[..., None], chain: str, at: tuple[str, ...]
) -> None:
    killed(*at, queue="agents")
    all_done_once(house, chain)


def test_after_a_fix_was_pushed_on_top_of_somebody_elses(
    house: House, killed: Callable[..., None], chain: str
) -> None:
    only(house, "fix", 1)
    branch = house.get("/work-chains/get", id=chain)["data"]["branchName"]
    house.mona.pushes(house.repository, {"theirs.md": "x"}, "Theirs", branch)
    house.settle()
    log = [row["message"].splitlines()[0] for row in house.repository.git.log(branch, "^main")]
    assert log == ["Theirs", "Fix: One"], "it waits"
    house.post("/work-chains/resume", chainId=chain)
    with house.db.write() as tx:
        tx.execute(update(Run).values(template_id="scripted"))
    killed(*PUSH, queue="agents")
    log = [row["message"].splitlines()[0] for row in house.repository.git.log(branch, "^main")]
    assert log == ["Fix: Two", "Theirs", "Fix: One"] and len(house.pulls()) == 1
    assert house.get("/work-chains/get", id=chain)["data"]["status"] == "completed"


def test_after_the_questions_were_taken_away_again(house: House, killed: Callable[..., None]) -> None:
    round = asked(house, {})
    round.approve()
    Scripted(house, done(one="x = 1\n"))
    works(house, round)
    only(house, "fix", 1)
    killed(*PUSH)
    log = [row["message"].split()[0] for row in house.repository.git.log(round.pull.head_ref, "^main")]
    assert log == ["Remove", "Fix:", "Write", "Ask"]
    last = [one for one in house.repository.checks if one.head_sha == round.pull.head_sha]
    assert {one.name: one.conclusion for one in last}["askfirst / chain"] == "success"
    assert not round.pull.draft and house.unfinished() == []


@pytest.mark.parametrize(
    "at",
    [
        ("POST", "/repos/*/pulls"),
        ("POST", "/graphql", "markPullRequestReadyForReview"),
        ("POST", "/repos/*/check-runs"),
        ("POST", "/repos/*/issues/*/comments"),
    ],
    ids=["draft", "ready", "check run", "last word"],
)
def test_while_a_chain_is_shown(
    house: House, killed: Callable[..., None], chain: str, at: tuple[str, ...]
) -> None:
    only(house, "fix", 2)
    killed(*at)
    all_done_once(house, chain)


def test_after_the_table_was_brought_up_to_date(
    house: House, killed: Callable[..., None], chain: str
) -> None:
    for job in ("fix", "show_chain", "fix"):
        only(house, job, 1)
    killed("PATCH", "/repos/*/pulls/*")
    all_done_once(house, chain)
    assert house.fake.count("PATCH", "/repos/*/pulls/*") == 1, "the second worker saw that it was done"


def only(house: House, job: str, times: int) -> None:
    """Do this many jobs of one kind, and nothing else that is due."""
    for _ in range(times):
        with house.db.read() as tx:
            [row_id] = [row_id for row_id, name in outbox.due(tx, 100) if name == job]
        house.runner.work(row_id)
