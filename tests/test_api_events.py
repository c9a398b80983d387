"""The audit trail by REST."""

from __future__ import annotations

import pytest

from bot.config import Config
from bot.store.db import Database
from tests.conftest import Clock
from tests.house import House
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def trail(rest: Rest, **query: str) -> list[tuple[str, str]]:
    return [(event["action"], event["objectId"]) for event in rest.get("/events/list", **query).json["data"]]


def test_every_change_is_written_down_with_who_and_how(rest: Rest, frozen: Clock) -> None:
    answer = rest.post("/issues/create", title="One")
    issue = answer.json["data"]
    [event] = rest.get("/events/list").json["data"]
    assert event.pop("id").startswith("evt_")
    assert event == {
        "projectId": rest.mine.id, "at": "2026-03-01T12:00:00Z", "by": "key:ci", "door": "rest",
        "action": "issues/create", "objectId": issue["id"], "source": answer.headers["X-Request-ID"],
    }  # fmt: skip


def test_it_is_filtered_by_object_and_comes_in_pages(rest: Rest) -> None:
    one, two = (rest.post("/issues/create", title=title).json["data"]["id"] for title in ("One", "Two"))
    rest.post("/issues/update", issueId=one, title="Uno")
    rest.post("/issues/bulk-delete", issueIds=[two, one, "iss_" + "0" * 26])
    deleted, changed, made = "issues/bulk-delete", "issues/update", "issues/create"
    assert trail(rest, objectId=one) == [(deleted, one), (changed, one), (made, one)]
    assert trail(rest, objectId=two) == [(deleted, two), (made, two)]
    first = rest.get("/events/list", limit=2).json
    rest_of_it = rest.get("/events/list", limit=100, cursor=first["nextCursor"]).json
    assert len(first["data"]) == 2 and len(rest_of_it["data"]) == 3 and not rest_of_it["hasMore"]


def test_actions_without_a_verb_in_their_path_have_one_in_the_trail(rest: Rest) -> None:
    session, (question,) = rest.asked({})
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    rest.put(f"/answering-sessions/{session.id}/status", status="active")
    rest.delete(f"/answering-sessions/{session.id}")
    assert trail(rest) == [
        ("answering-sessions/delete", session.id),
        ("answering-sessions/status", session.id),
        ("session-questions/review", question.id),
    ]


def test_what_is_refused_and_what_only_reads_leaves_no_line(rest: Rest) -> None:
    refused(rest.post("/issues/create", title=""), 400, "VALIDATION", "title")
    refused(rest.post("/issues/delete", issueId=rest.issue(rest.theirs).id), 404, "NOT_FOUND", "issueId")
    rest.get("/issues/list")
    assert trail(rest) == []


def test_nobody_reads_anothers(rest: Rest) -> None:
    rest.post("/issues/create", title="One")
    theirs = rest.new_key(project=rest.theirs)
    assert rest.call("GET", "/events/list", theirs).json["data"] == []


def test_what_people_do_on_github_is_written_down_too(house: House) -> None:
    issue_id = house.post("/issues/create", title="One")["data"]["id"]
    house.settle()
    [issue] = house.issues()
    house.mona.edits_issue(issue, title="Uno")
    house.mona.labels(issue, "help wanted")  # nothing of ours
    house.mona.closes_issue(issue, "not_planned")
    house.settle()
    house.mona.reopens(issue)
    house.settle()
    house.mona.deletes_issue(issue)
    house.settle()
    lines = house.get("/events/list", objectId=issue_id)["data"]
    assert [(line["action"], line["door"], line["by"]) for line in lines] == [
        ("issues/delete", "github", "github:mona"),
        ("issues/reopen", "github", "github:mona"),
        ("issues/close", "github", "github:mona"),
        ("issues/update", "github", "github:mona"),
        ("issues/create", "rest", "key:test"),
    ]
    assert lines[0]["source"].endswith("/mona/shop/issues/1")
