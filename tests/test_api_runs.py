"""Runs by REST, and their logs."""

from __future__ import annotations

import pytest

from bot.config import Config
from bot.domain import runs
from bot.store.db import Database
from tests.conftest import Clock
from tests.rest import Rest, refused

FIELDS = (
    "id projectId kind status issueId chainId sessionId templateId outcome summary error commit tokens "
    "createdAt startedAt completedAt"
)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_a_run_tells_how_it_went(rest: Rest, frozen: Clock) -> None:
    run_id = rest.run().id
    queued = rest.get("/runs/get", id=run_id).json["data"]
    assert " ".join(queued) == FIELDS
    assert (queued["kind"], queued["status"], queued["startedAt"]) == ("fix", "queued", None)
    with rest.db.write() as tx:
        run = runs.get(tx, rest.mine.id, run_id)
        runs.start(run)
        runs.end(run, "completed", outcome="done", summary="Fixed it")
    ended = rest.get("/runs/get", id=run_id).json["data"]
    assert (ended["status"], ended["outcome"], ended["summary"]) == ("completed", "done", "Fixed it")
    assert ended["startedAt"] == ended["completedAt"] == "2026-03-01T12:00:00Z"


def test_a_log_is_read_on_from_where_one_was(rest: Rest) -> None:
    run_id = rest.run().id
    empty = rest.get("/runs/log", id=run_id)
    assert (empty.status_code, empty.data, empty.content_type) == (200, b"", "text/plain; charset=utf-8")
    with rest.db.write() as tx:
        for piece in ("grüß ", "<b>Gott</b>\n", "äöü"):
            runs.append_log(tx, run_id, piece)
    whole = "grüß <b>Gott</b>\näöü".encode()
    for after in range(len(whole) + 2):
        assert rest.get("/runs/log", id=run_id, after=after).data == whole[after:], after
    assert rest.get("/runs/log", id=run_id).headers["X-Content-Type-Options"] == "nosniff"


def test_where_a_log_may_be_read_from(rest: Rest) -> None:
    run_id = rest.run().id
    assert rest.get("/runs/log", id=run_id, after=2**53).data == b""
    for wrong in ("-1", "x", "", "1.0", str(2**53 + 1), "9" * 400):
        refused(rest.get("/runs/log", id=run_id, after=wrong), 400, "VALIDATION", "after")
