"""Runs by REST, and their logs."""

from __future__ import annotations

import pytest

from bot.config import Config
from bot.domain import runs
from bot.store.db import Database
from bot.store.models import Project, Run
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
        frozen.forward(minutes=1)
        runs.start(run)
        runs.end(run, "completed", outcome="done", summary="Fixed it")
    ended = rest.get("/runs/get", id=run_id).json["data"]
    assert (ended["status"], ended["outcome"], ended["summary"]) == ("completed", "done", "Fixed it")
    times = (ended["createdAt"], ended["startedAt"], ended["completedAt"])
    assert times == ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z")


def test_a_run_of_another_project_is_not_there(rest: Rest) -> None:
    refused(rest.get("/runs/get", id=rest.run(rest.theirs).id), 404, "NOT_FOUND", "id")


def limited(rest: Rest, **limits: int) -> None:
    """The repository allows so much in a day; another project had all of it already."""
    with rest.db.write() as tx:
        tx.get_one(Project, rest.mine.id).config = {"limits": limits}
    for _ in range(3):
        spend(rest, rest.run(rest.theirs).id, 1_000)


def spend(rest: Rest, run_id: str, tokens: int) -> None:
    with rest.db.write() as tx:
        runs.spend(tx, tx.get_one(Run, run_id), tokens)


def held_until_noon(rest: Rest, frozen: Clock, why: str) -> None:
    """Nothing starts, for this reason, until a day after the first run, which was at noon."""
    error = refused(rest.post("/issue-sessions/start", prompt="Find bugs"), 409, "CONFLICT")
    assert error["message"] == f"The project {why}; start again after 2026-03-02 12:00 UTC."
    frozen.forward(hours=22, minutes=30)
    assert rest.post("/issue-sessions/start", prompt="Find bugs").status_code == 201


def test_a_day_has_only_so_many_runs(rest: Rest, frozen: Clock) -> None:
    limited(rest, runs_per_day=2)
    rest.run()
    frozen.forward(minutes=90)
    assert rest.post("/issue-sessions/start", prompt="Find bugs").status_code == 201
    held_until_noon(rest, frozen, "had its 2 runs of a day (limits.runs_per_day in .github/askfirst.yml)")


def test_a_day_has_only_so_many_tokens(rest: Rest, frozen: Clock) -> None:
    limited(rest, tokens=1_000, runs_per_day=3)
    first = rest.run().id
    frozen.forward(minutes=90)
    session = rest.post("/issue-sessions/start", prompt="Find bugs").json["data"]
    spend(rest, first, 600)
    spend(rest, session["runId"], 399)
    assert rest.get("/issue-sessions/get", id=session["id"]).json["data"]["tokens"] == 399
    assert rest.get("/runs/get", id=first).json["data"]["tokens"] == 600
    with rest.db.read() as tx:
        mine = tx.get_one(Project, rest.mine.id)
        assert (runs.tokens_left(tx, mine), runs.spent(tx, mine)) == (1, None)
    spend(rest, session["runId"], 1)
    held_until_noon(rest, frozen, "used its 1,000 tokens of a day (limits.tokens in .github/askfirst.yml)")


def test_tokens_are_counted_where_they_were_used(rest: Rest) -> None:
    asked, chain = rest.asked({})[0].id, rest.chain().id
    spend(rest, rest.run(kind="ask", session_id=asked).id, 7)
    spend(rest, rest.run(chain_id=chain).id, 8)
    assert rest.get(f"/answering-sessions/{asked}").json["data"]["tokens"] == 7
    assert rest.get("/work-chains/get", id=chain).json["data"]["tokens"] == 8


def test_a_log_keeps_its_first_mebibyte_whole_characters_and_no_nul(rest: Rest) -> None:
    run_id = rest.run().id
    with rest.db.write() as tx:
        for piece in ("a\0b", "x" * (2**20 - 6), "é", "y", "z"):
            runs.append_log(tx, run_id, piece)
    log = rest.get("/runs/log", id=run_id).data
    assert log[:6].decode() == "a\ufffdbx" and log[-2:] == b"xy" and len(log) == 2**20


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
