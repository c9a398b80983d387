"""Issue sessions by REST."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.config import Config
from bot.domain import projects
from bot.store.db import Database
from bot.store.models import Outbox
from tests.conftest import Clock
from tests.rest import Rest, refused

FIELDS = (
    "id projectId name prompt status templateId memoryMb cpuCount timeoutMs commit progress counts error runId tokens "
    "createdAt startedAt completedAt deletedAt"
)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_a_scan_is_started_and_can_be_followed(rest: Rest) -> None:
    answer = rest.post("/issue-sessions/start", prompt="  Find  bugs\nin the cart " + "x" * 100)
    assert answer.status_code == 201
    session = answer.json["data"]
    assert " ".join(session) == FIELDS
    assert session["status"] == "active" and session["templateId"] == "base"
    assert session["name"] == ("Find bugs in the cart " + "x" * 100)[:60]
    assert session["progress"] == {"stage": "queued", "percent": 0, "message": "Waiting for a worker."}
    assert session["counts"] == {"found": 0, "new": 0, "known": 0, "reopened": 0, "gone": 0}
    assert rest.get("/issue-sessions/get", id=session["id"]).json == answer.json
    run = rest.get("/runs/get", id=session["runId"]).json["data"]
    assert (run["kind"], run["status"], run["sessionId"]) == ("scan", "queued", session["id"])
    with rest.db.read() as tx:
        assert [row.job for row in tx.scalars(select(Outbox))] == ["scan"]


def test_all_that_a_scan_may_be_started_with(rest: Rest) -> None:
    limits = {"memoryMb": 256, "cpuCount": 8, "timeoutMs": 3_600_000}
    more = {"prompt": "p" * 20_000, "templateId": "scripted", "ref": "main", "paths": ["src", "./tests/*.py"]}
    session = rest.post("/issue-sessions/start", **more, **limits).json["data"]
    assert limits.items() <= session.items() and session["templateId"] == "scripted"
    unset = dict.fromkeys((*limits, "ref"))
    assert rest.post("/issue-sessions/start", prompt="x", paths=[], **unset).status_code == 201


def test_a_template_that_is_not_there(rest: Rest) -> None:
    answer = rest.post("/issue-sessions/start", prompt="x", templateId="nothing")
    refused(answer, 404, "NOT_FOUND", "templateId")


def test_a_test_project_runs_the_scripted_template(rest: Rest) -> None:
    with rest.db.write() as tx:
        project = projects.create(tx, "trial", "/srv/trial", mode="test")
    key = rest.new_key(project=project)
    assert rest.call("GET", "/whoami", key).json["data"]["mode"] == "test"
    answer = rest.call("POST", "/issue-sessions/start", key, json={"prompt": "x"})
    assert answer.json["data"]["templateId"] == "scripted"


def test_nothing_starts_in_a_paused_project(rest: Rest) -> None:
    with rest.db.write() as tx:
        projects.pause(tx, projects.find(tx, "mine"), "we move house")
    error = refused(rest.post("/issue-sessions/start", prompt="x"), 409, "CONFLICT")
    assert "we move house" in error["message"]
    assert rest.get("/runs/list").json["data"] == []


def test_a_new_name(rest: Rest) -> None:
    session = rest.session()
    renamed = rest.post("/issue-sessions/rename", sessionId=session.id, name=" Cart ").json["data"]
    assert renamed["name"] == "Cart" and renamed["prompt"] == "Find bugs"
    assert rest.get("/issue-sessions/get", id=session.id).json["data"] == renamed


def test_cancelling_ends_the_session_and_its_run(rest: Rest, frozen: Clock) -> None:
    session = rest.session()
    cancelled = rest.post("/issue-sessions/cancel", sessionId=session.id).json["data"]
    assert (cancelled["status"], cancelled["completedAt"]) == ("cancelled", "2026-03-01T12:00:00Z")
    assert rest.get("/runs/get", id=session.run_id).json["data"]["status"] == "cancelled"
    refused(rest.post("/issue-sessions/cancel", sessionId=session.id), 409, "CONFLICT", "sessionId")


def test_a_deleted_session_leaves_the_lists_and_can_come_back(rest: Rest, frozen: Clock) -> None:
    session = rest.session().id
    deleted = rest.post("/issue-sessions/delete", sessionId=session).json["data"]
    assert (deleted["status"], deleted["deletedAt"]) == ("cancelled", "2026-03-01T12:00:00Z")
    assert rest.get("/issue-sessions/list").json["data"] == []
    assert rest.get("/issue-sessions/get", id=session).json["data"] == deleted
    frozen.forward(seconds=9)
    assert rest.post("/issue-sessions/delete", sessionId=session).json["data"] == deleted
    restored = rest.post("/issue-sessions/restore", sessionId=session).json["data"]
    assert restored["deletedAt"] is None and restored["status"] == "cancelled"
    assert rest.get("/issue-sessions/list").json["data"] == [restored]


def test_for_good_only_from_the_trash_and_the_issues_stay(rest: Rest) -> None:
    session = rest.session().id
    issue = rest.issue(session_id=session).id
    path = "/issue-sessions/permanent-delete"
    refused(rest.post(path, sessionId=session), 409, "CONFLICT", "sessionId")
    deleted = rest.post("/issue-sessions/delete", sessionId=session).json
    assert rest.post(path, sessionId=session).json == deleted
    refused(rest.post(path, sessionId=session), 404, "NOT_FOUND", "sessionId")
    refused(rest.get("/issue-sessions/get", id=session), 404, "NOT_FOUND", "id")
    assert rest.get("/issues/get", id=issue).json["data"]["sessionId"] is None


def test_many_at_once(rest: Rest) -> None:
    first, second, unknown = rest.session().id, rest.session().id, "is_" + "0" * 26
    answer = rest.post("/issue-sessions/bulk-delete", sessionIds=[second, first, unknown, first])
    assert answer.json["data"] == {
        "deleted": [second, first],
        "skipped": [{"id": unknown, "code": "NOT_FOUND"}],
    }
    assert rest.get("/issue-sessions/get", id=first).json["data"]["status"] == "cancelled"
    assert rest.get("/issue-sessions/list").json["data"] == []
