"""The GitHub door: what it takes, what it refuses, and what becomes of what it took."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse, create_environ, run_wsgi_app
from werkzeug.wrappers import Request

from app import create_app
from bot.config import Config
from bot.store import db as store
from bot.store.db import Database
from bot.store.models import Delivery, Outbox
from bot.webhooks.receive import LIMIT, is_signed
from tests.house import House
from tests.test_events import EXAMPLES

SECRET = "it is a secret"
BODY = b'{"zen": "Keep it logically awesome."}'


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Door:
    """The webhook door of a server with an App, and what is stored behind it."""

    def __init__(self, config: Config, db: Database) -> None:
        self.config, self.db = with_app(config), db
        self.http = create_app(self.config, db).test_client()

    def send(
        self, body: bytes = BODY, http: FlaskClient | None = None, event: str = "ping", **headers: str | None
    ) -> TestResponse:
        """One delivery; a header that is None is left out."""
        given = {
            "X-Hub-Signature-256": signature(body),
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        return (http or self.http).post("/webhooks/github", data=body, headers=sent)

    def stored(self) -> list[str]:
        with self.db.read() as tx:
            return list(tx.scalars(select(Delivery.id)))

    def promised(self) -> int:
        with self.db.read() as tx:
            return len(list(tx.scalars(select(Outbox.id))))


def with_app(config: Config) -> Config:
    return config.model_copy(
        update={"github_app_id": 1, "github_private_key": "a key", "github_webhook_secret": SECRET}
    )


@pytest.fixture
def door(config: Config, db: Database) -> Door:
    return Door(config, db)


def refused(door: Door, answer: TestResponse, status: int, word: str) -> None:
    """It says why, in JSON, and left nothing behind."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert word in answer.json["message"]
    assert door.stored() == [] and door.promised() == 0


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(BODY)[:-1],
        signature(BODY) + "0",
        signature(BODY).upper(),
        "sha256=" + signature(BODY)[7:].upper(),
        signature(BODY)[7:],
        "sha1=" + signature(BODY)[7:],
        signature(b"another body"),
        signature(BODY, "another secret"),
        signature(BODY, ""),
        "sha256=" + "é" * 64,
    ],
)
def test_a_signature_that_is_not_ours_is_401(door: Door, given: str | None) -> None:
    answer = door.send(X_Hub_Signature_256=given)
    refused(door, answer, 401, "GITHUB_WEBHOOK_SECRET")


def test_an_empty_secret_signs_nothing() -> None:
    assert is_signed(SECRET, BODY, signature(BODY))
    assert not is_signed("", BODY, signature(BODY, ""))


@pytest.mark.parametrize("name", ["github_app_id", "github_private_key", "github_webhook_secret"])
def test_without_a_whole_app_it_is_503(door: Door, name: str) -> None:
    config = door.config.model_copy(update={name: None if name == "github_app_id" else ""})
    http = create_app(config, door.db).test_client()
    for secret in (SECRET, ""):
        answer = door.send(http=http, X_Hub_Signature_256=signature(BODY, secret))
        refused(door, answer, 503, "/setup")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"payload=%7B%22zen%22%3A%20%22x%22%7D",
    ],
)
def test_what_is_no_json_object_is_400(door: Door, body: bytes) -> None:
    refused(door, door.send(body), 400, "application/json")


def test_a_form_is_400_although_it_is_signed(door: Door) -> None:
    body = b"payload=%7B%7D"
    answer = door.send(body, Content_Type="application/x-www-form-urlencoded")
    refused(door, answer, 400, "application/json")


@pytest.mark.parametrize("name", ["X_GitHub_Event", "X_GitHub_Delivery"])
@pytest.mark.parametrize("value", [None, "", "two words", "x" * 65, "../up"])
def test_without_its_headers_it_is_400(door: Door, name: str, value: str | None) -> None:
    refused(door, door.send(**{name: value}), 400, "X-GitHub-Delivery")


def test_only_post(door: Door) -> None:
    answer = door.http.get("/webhooks/github")
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]


class Endless:
    """A body that goes on for as long as somebody reads it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nobody asks for all of it"
        self.given += size
        return b" " * size

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)

    def sent_to(self, door: Door, **environ: Any) -> TestResponse:
        environ = create_environ("/webhooks/github", method="POST") | {"wsgi.input": self} | environ
        return TestResponse(*run_wsgi_app(door.http.application, environ, buffered=True), Request(environ))


def test_what_says_that_it_is_over_25_mb_is_refused_unread(door: Door) -> None:
    body = Endless()
    refused(door, body.sent_to(door, CONTENT_LENGTH=str(LIMIT + 1)), 413, "25 MB")
    assert body.given == 0


def test_what_does_not_say_how_long_it_is_is_not_read_past_25_mb(door: Door) -> None:
    body = Endless()
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    refused(door, body.sent_to(door, **chunked), 401, "signature")  # nobody signed what was read of it
    assert LIMIT <= body.given <= LIMIT + 2**20


def test_a_large_payload_below_the_limit_is_taken(door: Door) -> None:
    body = b'{"text": "' + b"x" * 5_000_000 + b'"}'
    assert door.send(body).status_code == 202
    assert len(door.stored()) == 1


def test_a_doubled_delivery_is_stored_once(door: Door) -> None:
    first, second = door.send(), door.send()
    assert (first.status_code, first.json["message"]) == (202, "Stored.")
    assert (second.status_code, second.json["message"]) == (202, "Known already.")
    assert len(door.stored()) == door.promised() == 1


@pytest.mark.parametrize("action", ['"a\\u0000b"', '"\\ud800"', '"two words"', "[]", "{}", "7", '""'])
def test_an_action_that_is_no_word_is_400(door: Door, action: str) -> None:
    refused(door, door.send(f'{{"action": {action}}}'.encode()), 400, "GitHub's JSON")


def test_it_is_taken_while_redis_is_away(door: Door) -> None:
    with_bell = create_app(door.config).test_client()  # its doorbell rings at a port where nobody listens
    assert door.send(http=with_bell).status_code == 202
    assert len(door.stored()) == door.promised() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_is_503_and_the_redelivery_is_taken(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SQLITE_WAIT", 0)
    impatient = Database(door.config.database_url)
    http = create_app(door.config, impatient).test_client()
    with door.db.write():
        unavailable(door.send(http=http))
    assert door.stored() == [] and door.promised() == 0
    assert door.send(http=http).json["message"] == "Stored."
    impatient.close()


def test_a_database_that_is_away_is_503(door: Door, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'no folder' / 'x.db'}", "postgresql+psycopg://x@127.0.0.1:1/x"):
        away = Database(url)
        unavailable(door.send(http=create_app(door.config, away).test_client()))
        away.close()


def unavailable(answer: TestResponse) -> None:
    assert answer.status_code == 503 and answer.mimetype == "application/json", answer.text
    assert "database" in answer.text and answer.headers["Retry-After"] == "1"
    assert "sqlite" not in answer.text.lower() and "psycopg" not in answer.text


def deliver(house: House, event: str, payload: Any, guid: str) -> int:
    body = json.dumps(payload).encode()
    headers = {
        "X-Hub-Signature-256": signature(body),
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
    }
    return house.web.post("/webhooks/github", data=body, headers=headers).status_code


def test_every_published_example_goes_through(house: House) -> None:
    number = 0
    for event, payloads in EXAMPLES.items():
        for payload in payloads:
            number += 1
            assert deliver(house, event, payload, f"example-{number}") == 202
    house.settle()
    assert number > 90
    assert house.unfinished() == []
    with house.db.read() as tx:
        assert list(tx.scalars(select(Delivery.id).where(Delivery.done_at.is_(None)))) == []


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("no_such_event", {"whatever": 1}),
        ("issues", EXAMPLES["issues"][0] | {"action": "no_such_action"}),
        ("issue_comment", EXAMPLES["issue_comment"][0] | {"action": "no_such_action"}),
        ("installation", EXAMPLES["installation"][0] | {"action": "no_such_action"}),
        ("installation_repositories", EXAMPLES["installation_repositories"][0] | {"action": "no_such"}),
    ],
)
def test_an_unknown_event_or_action_is_stored_and_passed_over(
    house: House, event: str, payload: dict[str, Any]
) -> None:
    projects = house.project.id
    assert deliver(house, event, payload, "unknown") == 202
    house.settle()
    assert house.unfinished() == [] and house.project.id == projects
    assert house.issues() == []


def test_a_doubled_delivery_is_handled_once(house: House) -> None:
    house.fake.webhooks.copies = 2
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.mona.comments(talk, "/askfirst scan")
    house.settle()
    house.fake.webhooks.redeliver(house.fake.deliveries[-1])
    house.settle()
    assert len(house.get("/issue-sessions/list")["data"]) == 1
    assert house.unfinished() == []


def test_a_payload_that_cannot_be_read_is_dead_and_its_lane_goes_on(house: House) -> None:
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.settle()
    broken = {
        "action": "created",
        "repository": {"id": house.repository.id},
        "issue": {"number": talk.number},
        "comment": {"body": "ghs_" + "x" * 40},
    }
    assert deliver(house, "issue_comment", broken, "broken") == 202
    asked = house.mona.comments(talk, "/askfirst help")
    house.settle()
    assert [reaction.content for reaction in asked.reactions] == ["eyes", "+1"]
    [(job, error)] = house.unfinished()
    assert job == "delivery" and error is not None
    assert "issue_comment" in error and "repository.name" in error, "it says what is wrong with it"
    assert "ghs_" not in error and str(house.repository.id) not in error, "and repeats nothing of it"
    with house.db.read() as tx:
        assert tx.scalars(select(Outbox).where(Outbox.done_at.is_(None))).one().dead_at is not None
