"""Issues by REST."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.config import Config
from bot.domain import issues, runs, states
from bot.store.db import Database
from bot.store.models import Outbox, Project
from tests.conftest import Clock
from tests.rest import Rest, refused

FIELDS = (
    "id projectId title description priority status suggestedPrompt sessionId runId resolution failureReason labels "
    "locations rule evidence confidence autofix fingerprint answers github createdBy createdAt updatedAt completedAt"
)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_an_issue_is_filed_and_can_be_read(rest: Rest, frozen: Clock) -> None:
    answer = rest.post("/issues/create", title="  Fix the cart  ")
    assert answer.status_code == 201
    issue = answer.json["data"]
    assert " ".join(issue) == FIELDS
    told = {
        "title": "Fix the cart",
        "description": "",
        "priority": "medium",
        "status": "open",
        "createdBy": "key:ci",
    }
    assert told.items() <= issue.items()
    assert issue["projectId"] == rest.mine.id and issue["id"].startswith("iss_")
    assert issue["createdAt"] == issue["updatedAt"] == "2026-03-01T12:00:00Z"
    assert [issue[name] for name in ("labels", "locations", "answers")] == [[], [], []]
    assert issue["autofix"] is False and issue["github"] is None and issue["fingerprint"] is None
    assert rest.get("/issues/get", id=issue["id"]).json == answer.json
    assert rest.get("/issues/list").json["data"] == [issue]


def test_all_that_an_issue_may_be_filed_with(rest: Rest) -> None:
    session = rest.session().id
    full = {"title": "T" * 200, "description": "d" * 20_000, "suggestedPrompt": "Do it", "sessionId": session}
    issue = rest.post("/issues/create", priority="CRITICAL", **full).json["data"]
    assert issue["priority"] == "critical" and full.items() <= issue.items()
    nothing = rest.post("/issues/create", title="x", suggestedPrompt=None, sessionId=None)
    assert nothing.status_code == 201


def test_an_issue_of_a_repository_on_github_is_mirrored(rest: Rest) -> None:
    with rest.db.write() as tx:
        tx.get_one(Project, rest.mine.id).repository_id = 7
    issue_id = rest.post("/issues/create", title="x").json["data"]["id"]
    with rest.db.write() as tx:
        assert [(row.job, row.args) for row in tx.scalars(select(Outbox))] == [
            ("show_issue", {"issue_id": issue_id})
        ]
        issue = issues.get(tx, rest.mine.id, issue_id)
        issue.github_number, issue.github_url, issue.shown = (
            3,
            "https://github.test/o/r/issues/3",
            {"state": "closed"},
        )
    twin = {"number": 3, "url": "https://github.test/o/r/issues/3", "state": "closed"}
    assert rest.get("/issues/get", id=issue_id).json["data"]["github"] == twin


def test_an_update_changes_what_it_names(rest: Rest, frozen: Clock) -> None:
    issue = rest.issue(title="Old", description="Kept", suggested_prompt="Gone")
    frozen.forward(seconds=5)
    same = rest.post("/issues/update", issueId=issue.id).json["data"]
    assert same["updatedAt"] == same["createdAt"]
    changes = {"title": " New ", "priority": "High", "suggestedPrompt": None}
    changed = rest.post("/issues/update", issueId=issue.id, **changes).json["data"]
    assert (changed["title"], changed["priority"], changed["suggestedPrompt"]) == ("New", "high", None)
    assert changed["description"] == "Kept" and changed["updatedAt"] == "2026-03-01T12:00:05Z"
    assert rest.get("/issues/get", id=issue.id).json["data"] == changed
    frozen.forward(seconds=5)
    assert rest.post("/issues/update", issueId=issue.id, **changes).json["data"] == changed


def test_a_deleted_issue_is_not_there_any_more(rest: Rest) -> None:
    issue = rest.issue()
    assert rest.post("/issues/delete", issueId=issue.id).json["data"]["id"] == issue.id
    refused(rest.get("/issues/get", id=issue.id), 404, "NOT_FOUND", "id")
    refused(rest.post("/issues/delete", issueId=issue.id), 404, "NOT_FOUND", "issueId")
    refused(rest.post("/issues/update", issueId=issue.id, title="x"), 404, "NOT_FOUND", "issueId")
    assert rest.get("/issues/list").json["data"] == []


def test_a_running_issue_is_not_deleted(rest: Rest) -> None:
    issue = running(rest)
    error = refused(rest.post("/issues/delete", issueId=issue), 409, "CONFLICT", "issueId")
    assert "running" in error["message"]
    assert rest.get("/issues/get", id=issue).status_code == 200


def test_many_at_once_and_why_some_stay(rest: Rest) -> None:
    first, second, busy = rest.issue().id, rest.issue().id, running(rest)
    unknown = "iss_" + "0" * 26
    ids = [second, busy, first, unknown, second, "", "nonsense"]
    skipped = [(busy, "CONFLICT"), (unknown, "NOT_FOUND"), ("", "NOT_FOUND"), ("nonsense", "NOT_FOUND")]
    assert rest.post("/issues/bulk-delete", issueIds=ids).json["data"] == {
        "deleted": [second, first],
        "skipped": [{"id": each, "code": code} for each, code in skipped],
    }
    assert [issue["id"] for issue in rest.get("/issues/list").json["data"]] == [busy]


def running(rest: Rest) -> str:
    issue = rest.issue().id
    assert rest.post("/issues/link-run", issueId=issue, runId=rest.run().id).status_code == 200
    return issue


ENDS: list[tuple[dict[str, Any], tuple[str, str | None, str | None]]] = [
    ({}, ("running", None, None)),
    ({"status": "completed", "outcome": "done"}, ("running", "proposed", None)),
    ({"status": "completed", "outcome": "no_change"}, ("open", None, None)),
    ({"status": "completed", "outcome": "needs_answer"}, ("open", None, None)),
    ({"status": "completed", "outcome": "failed", "error": "red"}, ("failed", None, "red")),
    ({"status": "failed", "error": "killed"}, ("failed", None, "killed")),
    ({"status": "cancelled"}, ("open", None, None)),
]


def test_a_linked_issue_comes_to_what_the_run_came_to(rest: Rest) -> None:
    for end, (status, resolution, reason) in ENDS:
        run = rest.run()
        if end:
            with rest.db.write() as tx:
                runs.end(runs.get(tx, rest.mine.id, run.id), **end)
        linked = rest.post("/issues/link-run", issueId=rest.issue().id, runId=run.id).json["data"]
        assert (linked["status"], linked["resolution"], linked["failureReason"]) == (
            status,
            resolution,
            reason,
        ), end
        assert linked["runId"] == run.id and linked["completedAt"] is None


@pytest.mark.parametrize("action", ["merged", "closed", "dismissed", "returned"])
def test_a_linked_issue_takes_the_status_of_the_run_s_own(rest: Rest, action: str) -> None:
    own, other = rest.issue().id, rest.issue().id
    run = rest.run(issue_id=own).id
    rest.post("/issues/link-run", issueId=own, runId=run)
    with rest.db.write() as tx:
        runs.end(runs.get(tx, rest.mine.id, run), "completed", outcome="done")
        states.move(issues.get(tx, rest.mine.id, own), action)
    expected = rest.get("/issues/get", id=own).json["data"]
    linked = rest.post("/issues/link-run", issueId=other, runId=run).json["data"]
    assert (linked["status"], linked["resolution"]) == (expected["status"], expected["resolution"])
    assert (linked["completedAt"] is None) == (expected["completedAt"] is None)


def test_the_same_run_again_changes_nothing(rest: Rest, frozen: Clock) -> None:
    issue, run = rest.issue().id, rest.run().id
    first = rest.post("/issues/link-run", issueId=issue, runId=run)
    frozen.forward(seconds=9)
    assert rest.post("/issues/link-run", issueId=issue, runId=run).json == first.json


def test_another_run_only_when_the_first_has_ended(rest: Rest) -> None:
    issue, first, second = rest.issue().id, rest.run().id, rest.run().id
    rest.post("/issues/link-run", issueId=issue, runId=first)
    error = refused(rest.post("/issues/link-run", issueId=issue, runId=second), 409, "CONFLICT", "runId")
    assert first in error["message"]
    with rest.db.write() as tx:
        runs.end(runs.get(tx, rest.mine.id, first), "completed", outcome="done")
    assert rest.post("/issues/link-run", issueId=issue, runId=second).json["data"]["runId"] == second


@pytest.mark.parametrize("action", ["closed", "dismissed"])
def test_a_closed_issue_takes_no_run(rest: Rest, action: str) -> None:
    issue = rest.issue().id
    with rest.db.write() as tx:
        states.move(issues.get(tx, rest.mine.id, issue), action)
    refused(rest.post("/issues/link-run", issueId=issue, runId=rest.run().id), 409, "CONFLICT", "issueId")


def test_only_fix_runs_of_this_project_are_linked(rest: Rest) -> None:
    issue = rest.issue().id
    wrong = [
        rest.run(kind="scan").id,
        rest.run(kind="ask").id,
        rest.run(rest.theirs).id,
        "run_" + "0" * 26,
        issue,
    ]
    for run in wrong:
        refused(rest.post("/issues/link-run", issueId=issue, runId=run), 400, "VALIDATION", "runId")
    refused(rest.post("/issues/link-run", issueId=issue), 400, "VALIDATION", "runId")
    assert rest.get("/issues/get", id=issue).json["data"]["status"] == "open"
