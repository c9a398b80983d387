"""`Idempotency-Key`: what is sent twice is done once, and answered twice the same."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

import app as wiring
from bot.config import Config
from bot.jobs.relay import Relay
from bot.store import idempotency
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.models import IdempotentRequest, Issue, Outbox
from tests.conftest import Clock
from tests.rest import Rest, refused

KEY = "7f0c-first"


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def send(rest: Rest, path: str = "/issues/create", key: str = KEY, **body: Any) -> TestResponse:
    return rest.call("POST", path, json=body or {"title": "Once"}, headers={"Idempotency-Key": key})


def count(rest: Rest) -> int:
    with rest.db.read() as tx:
        return len(tx.scalars(select(Issue)).all())


def test_the_same_request_is_done_once_and_answered_byte_for_byte(rest: Rest) -> None:
    first, second = send(rest), send(rest)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.mimetype == second.mimetype == "application/json"
    assert "Idempotent-Replayed" not in first.headers and second.headers["Idempotent-Replayed"] == "true"
    assert count(rest) == 1


def test_another_body_needs_another_key(rest: Rest) -> None:
    send(rest)
    refused(send(rest, title="Twice"), 409, "IDEMPOTENCY_MISMATCH", "Idempotency-Key")
    assert send(rest, key="7f0c-second", title="Twice").status_code == 201
    assert count(rest) == 2


def test_a_token_that_is_shown_once_is_kept_sealed(rest: Rest) -> None:
    body = {"issueIds": [rest.issue().id], "agent": False}
    first, second = (send(rest, "/answering-sessions", **body) for _ in range(2))
    token = first.json["data"]["callbackToken"]
    assert token and first.data == second.data
    with rest.db.read() as tx:
        [kept] = tx.scalars(select(IdempotentRequest)).all()
        assert kept.body and token not in kept.body
    app = wiring.create_app(rest.app.extensions["config"].model_copy(update={"secret_key": "other"}), rest.db)
    headers = {"Authorization": f"Bearer {rest.key}", "Idempotency-Key": KEY}
    again = app.test_client().post("/api/v1/answering-sessions", json=body, headers=headers)
    refused(again, 409, "CONFLICT", "Idempotency-Key")


def test_a_key_counts_for_one_caller_and_one_path(rest: Rest) -> None:
    issue = send(rest).json["data"]["id"]
    other = rest.new_key()
    answer = rest.call(
        "POST", "/issues/create", other, json={"title": "Once"}, headers={"Idempotency-Key": KEY}
    )
    assert "Idempotent-Replayed" not in answer.headers
    assert send(rest, "/issues/delete", issueId=issue).status_code == 200
    assert count(rest) == 2


def test_a_refusal_is_replayed_too(rest: Rest) -> None:
    for body, status, code, field in (
        ({"title": ""}, 400, "VALIDATION", "title"),
        ({"title": "x", "sessionId": "is_" + "0" * 26}, 404, "NOT_FOUND", "sessionId"),
    ):
        first, second = send(rest, key=code, **body), send(rest, key=code, **body)
        refused(first, status, code, field)
        assert first.data == second.data and second.headers["Idempotent-Replayed"] == "true"


def test_what_says_nothing_of_the_request_itself_is_not_kept(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = rest.new_key("issues:read")
    refused(
        rest.call("POST", "/issues/create", narrow, json={"title": "x"}, headers={"Idempotency-Key": KEY}),
        403, "SCOPE_DENIED",
    )  # fmt: skip
    with monkeypatch.context() as broken:
        broken.setattr("bot.domain.issues.create", lambda *args, **named: 1 / 0)
        refused(send(rest), 500, "INTERNAL")
    assert send(rest).status_code == 201
    assert count(rest) == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "x" * 256, "tab\tbed"])
def test_a_key_has_a_form(rest: Rest, key: str) -> None:
    refused(send(rest, key=key), 400, "VALIDATION", "Idempotency-Key")
    assert count(rest) == 0


def test_a_twin_in_flight_is_told_to_come_again(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.domain import issues

    inside, go_on, create = threading.Event(), threading.Event(), issues.create

    def slowly(*args: Any, **named: Any) -> Issue:
        # before the first statement that writes: SQLite lets one writer in at a time
        made = create(*args, **named)
        inside.set()
        assert go_on.wait(10)
        return made

    monkeypatch.setattr("bot.domain.issues.create", slowly)
    answers: list[TestResponse] = []
    first = threading.Thread(target=lambda: answers.append(send(rest)))
    first.start()
    assert inside.wait(10)
    if rest.db.engine.dialect.name == "postgresql":
        error = refused(send(rest), 409, "CONFLICT", "Idempotency-Key")
        assert error["retryable"] is True
    go_on.set()
    first.join(10)
    assert answers[0].status_code == 201
    assert send(rest).headers["Idempotent-Replayed"] == "true"
    assert count(rest) == 1


def test_many_at_once_make_one(rest: Rest) -> None:
    for number in range(5):
        start = threading.Barrier(4)
        answers: list[TestResponse] = []

        def call(key: str = f"race-{number}", start: threading.Barrier = start) -> None:
            start.wait(10)
            answers.append(send(rest, key=key))  # noqa: B023

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = [answer for answer in answers if answer.status_code == 201]
        assert made and len({answer.data for answer in made}) == 1
        assert count(rest) == number + 1


def test_a_request_that_was_lost_with_its_process_is_taken_over(rest: Rest, frozen: Clock) -> None:
    with rest.db.write() as tx:
        which = idempotency.Which(_key_id(rest), "POST /api/v1/issues/create", KEY)
        lost = idempotency.claim(tx, which, _digest(rest))
    assert isinstance(lost, idempotency.Claim)
    refused(send(rest), 409, "CONFLICT", "Idempotency-Key")
    frozen.forward(seconds=61)
    assert send(rest).status_code == 201
    with pytest.raises(idempotency.InFlight), rest.db.write() as tx:
        idempotency.keep(tx, lost, idempotency.Answer(201, {}, "late"))
    assert count(rest) == 1


def test_a_day_later_it_is_a_new_request(rest: Rest, frozen: Clock) -> None:
    send(rest)
    frozen.forward(hours=23, minutes=59)
    assert send(rest).headers["Idempotent-Replayed"] == "true"
    frozen.forward(minutes=2)
    assert "Idempotent-Replayed" not in send(rest).headers
    assert count(rest) == 2


def test_what_is_over_is_swept(rest: Rest, frozen: Clock, redis_url: str) -> None:
    relay = Relay(rest.db, Doorbell(redis_url))
    send(rest)
    with rest.db.write() as tx:
        tx.query(Outbox).delete()
    frozen.forward(hours=25)
    relay.sweep()
    with rest.db.read() as tx:
        assert tx.scalars(select(IdempotentRequest)).all() == []


def test_puts_are_kept_as_well(rest: Rest) -> None:
    session, (question,) = rest.asked({})
    path, headers = f"/session-questions/{question.id}/review", {"Idempotency-Key": KEY}
    first = rest.call("PUT", path, json={"status": "approved"}, headers=headers)
    rest.put(path, status="declined", correction="No.")
    again = rest.call("PUT", path, json={"status": "approved"}, headers=headers)
    assert again.data == first.data and again.headers["Idempotent-Replayed"] == "true"
    assert rest.get(f"/session-questions/{question.id}").json["data"]["status"] == "declined"
    assert rest.get(f"/answering-sessions/{session.id}").json["data"]["reviewedCount"] == 1


def _key_id(rest: Rest) -> str:
    return str(rest.get("/whoami").json["data"]["keyId"])


def _digest(rest: Rest) -> str:
    import hashlib

    from flask import json

    return hashlib.sha256(json.dumps({"title": "Once"}).encode()).hexdigest()
