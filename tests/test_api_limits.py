"""How much a key may do, counted in a real Redis."""

from __future__ import annotations

import re

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from bot.config import Config
from bot.store.db import Database
from tests.conftest import Clock
from tests.rest import Rest, refused

UNLIMITED = "askfirst_unlimited_requests_total "


@pytest.fixture
def rest(config: Config, db: Database, redis_url: str, frozen: Clock) -> Rest:
    Redis.from_url(redis_url).flushall()
    few = {"askfirst_reads_per_minute": 3, "askfirst_writes_per_minute": 4, "askfirst_starts_per_hour": 2}
    return Rest(config.model_copy(update={"redis_url": redis_url, **few}), db)


def told(answer: TestResponse) -> tuple[int, int, int]:
    return tuple(int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))  # type: ignore[return-value]


def start(rest: Rest) -> TestResponse:
    return rest.post("/issue-sessions/start", prompt="Find bugs")


def test_reads_and_writes_are_counted_by_the_minute(rest: Rest, frozen: Clock) -> None:
    frozen.forward(seconds=20)
    assert told(rest.get("/whoami")) == (3, 2, 40)
    assert told(rest.post("/issues/create", title="x")) == (4, 3, 40)
    assert told(rest.get("/issues/get", id="iss_" + "0" * 26)) == (3, 1, 40)  # refused, and counted
    assert told(rest.get("/issues/list")) == (3, 0, 40)
    answer = rest.get("/issues/list")
    assert refused(answer, 429, "RATE_LIMITED")["retryable"] is True
    assert told(answer) == (3, 0, 40) and answer.headers["Retry-After"] == "40"
    assert rest.post("/issues/create", title="x").status_code == 201
    frozen.forward(seconds=40)
    assert told(rest.get("/whoami")) == (3, 2, 60)


def test_each_key_has_its_own(rest: Rest) -> None:
    for _ in range(4):
        answer = rest.get("/whoami")
    refused(answer, 429, "RATE_LIMITED")
    assert rest.call("GET", "/whoami", rest.new_key()).status_code == 200


def test_starts_are_counted_by_the_hour_and_only_accepted_ones(rest: Rest, frozen: Clock) -> None:
    refused(rest.post("/issue-sessions/start", prompt=""), 400, "VALIDATION", "prompt")
    refused(rest.post("/runs/create", issueId="iss_" + "0" * 26), 404, "NOT_FOUND", "issueId")
    assert start(rest).status_code == 201
    chain = rest.chain()
    assert told(rest.post("/work-chains/start", chainId=chain.id)) == (4, 0, 60)
    frozen.forward(minutes=1)
    answer = start(rest)
    refused(answer, 429, "RATE_LIMITED")
    assert told(answer) == (2, 0, 3540) and answer.headers["Retry-After"] == "3540"
    refused(rest.post("/answering-sessions", issueIds=[rest.issue().id]), 429, "RATE_LIMITED")
    frozen.forward(minutes=59)
    assert start(rest).status_code == 201


def test_a_start_that_is_replayed_is_not_another_one(rest: Rest) -> None:
    for _ in range(3):
        body, headers = {"prompt": "Find bugs"}, {"Idempotency-Key": "one"}
        assert rest.call("POST", "/issue-sessions/start", json=body, headers=headers).status_code == 201
    assert start(rest).status_code == 201


def test_of_many_starts_at_once_only_so_many_are_accepted(rest: Rest) -> None:
    answers = rest.at_once(*[("POST", "/issue-sessions/start", {"prompt": "Find bugs"})] * 4)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]
    assert len(rest.get("/issue-sessions/list").json["data"]) == 2


def test_without_redis_everything_passes_and_is_counted(config: Config, db: Database) -> None:
    rest = Rest(config.model_copy(update={"askfirst_reads_per_minute": 1}), db)
    counted = re.search(rf"^{UNLIMITED}(\d+)", rest.http.get("/metrics").text, re.MULTILINE)
    before = float(counted[1]) if counted else 0
    for _ in range(3):
        answer = rest.get("/whoami")
        assert answer.status_code == 200 and told(answer)[:2] == (1, 1)
    metrics = rest.http.get("/metrics")
    assert metrics.mimetype == "text/plain"
    [after] = [float(line.split()[1]) for line in metrics.text.splitlines() if line.startswith(UNLIMITED)]
    assert after - before == 3


def test_what_was_counted_is_told_without_the_database_too(config: Config, db: Database) -> None:
    rest = Rest(config, db)
    rest.get("/whoami")
    rest.app.extensions["db"] = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    metrics = rest.http.get("/metrics")
    assert metrics.status_code == 200 and f"\n{UNLIMITED}" in metrics.text
