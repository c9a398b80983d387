"""`ETag`, `If-None-Match` and `If-Match`: nothing is sent twice, nobody's change is overwritten."""

from __future__ import annotations

import pytest

from api import ROUTES
from bot.config import Config
from bot.store.db import Database
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def objects(rest: Rest) -> dict[str, str]:
    """The path of each kind of single object, for one that is there."""
    session, (question,) = rest.asked({})
    fixed, _ = rest.asked()
    rest.put(f"/answering-sessions/{fixed.id}/status", status="reviewed")
    rest.put(f"/answering-sessions/{fixed.id}/status", status="completed")
    return {
        "/issues/get": f"/issues/get?id={rest.issue().id}",
        "/issue-sessions/get": f"/issue-sessions/get?id={rest.session().id}",
        "/answering-sessions/:id": f"/answering-sessions/{session.id}",
        "/answering-sessions/:id/receipt": f"/answering-sessions/{fixed.id}/receipt",
        "/session-questions/:id": f"/session-questions/{question.id}",
        "/work-chains/get": f"/work-chains/get?id={rest.chain().id}",
        "/runs/get": f"/runs/get?id={rest.run().id}",
        "/project/get": "/project/get",
        "/whoami": "/whoami",
    }


def test_every_single_object_has_a_tag_and_is_not_sent_again(rest: Rest) -> None:
    rest.get("/whoami")  # notes the key's use, which the next answers show
    paths = objects(rest)
    for route in ROUTES:
        if not (route.reads and route.single):
            continue
        path = paths[route.path]
        first = rest.call("GET", path)
        tag = first.headers["ETag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = rest.call("GET", path, headers={"If-None-Match": known})
            assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag), (path, known)
        other = rest.call("GET", path, headers={"If-None-Match": '"other"'})
        assert other.data == first.data


def test_lists_have_none(rest: Rest) -> None:
    assert "ETag" not in rest.get("/issues/list").headers
    assert rest.call("GET", "/issues/list", headers={"If-None-Match": "*"}).status_code == 200


def test_a_change_answers_the_tag_that_a_read_gives(rest: Rest) -> None:
    created = rest.post("/issues/create", title="One")
    issue_id = created.json["data"]["id"]
    read = rest.get("/issues/get", id=issue_id)
    assert created.headers["ETag"] == read.headers["ETag"]
    changed = rest.post("/issues/update", issueId=issue_id, title="Two")
    assert changed.headers["ETag"] == rest.get("/issues/get", id=issue_id).headers["ETag"]
    assert changed.headers["ETag"] != read.headers["ETag"]


def test_a_change_that_is_wanted_of_an_older_state_is_refused(rest: Rest) -> None:
    issue_id = rest.issue().id
    tag = rest.get("/issues/get", id=issue_id).headers["ETag"]
    body = {"issueId": issue_id, "title": "Mine"}
    mine = rest.call("POST", "/issues/update", json=body, headers={"If-Match": tag})
    assert mine.status_code == 200
    for stale in (tag, '"nonsense"', f"W/{mine.headers['ETag']}", "nonsense"):
        late = rest.call("POST", "/issues/update", json=body | {"title": "Late"}, headers={"If-Match": stale})
        refused(late, 412, "PRECONDITION_FAILED", "If-Match")
    assert rest.get("/issues/get", id=issue_id).json["data"]["title"] == "Mine"
    for good in ("*", f'"other", {mine.headers["ETag"]}'):
        answer = rest.call("POST", "/issues/update", json=body, headers={"If-Match": good})
        assert answer.status_code == 200


def test_each_kind_of_object_is_guarded(rest: Rest) -> None:
    session, (question,) = rest.asked({})
    chain, scan, issue = rest.chain(), rest.session(), rest.issue()
    guarded = [
        ("POST", "/issues/delete", {"issueId": issue.id}),
        ("POST", "/issue-sessions/rename", {"sessionId": scan.id, "name": "x"}),
        ("PUT", f"/session-questions/{question.id}/review", {"status": "approved"}),
        ("PUT", f"/answering-sessions/{session.id}/status", {"status": "archived"}),
        ("DELETE", f"/answering-sessions/{session.id}", {}),
        ("POST", "/work-chains/delete", {"chainId": chain.id}),
    ]
    for method, path, body in guarded:
        answer = rest.call(method, path, json=body, headers={"If-Match": '"stale"'})
        refused(answer, 412, "PRECONDITION_FAILED", "If-Match")
    for method, path, body in guarded:
        assert rest.call(method, path, json=body, headers={"If-Match": "*"}).status_code == 200, path


def test_what_is_not_there_is_not_found_whatever_is_known_of_it(rest: Rest) -> None:
    body = {"issueId": "iss_" + "0" * 26}
    answer = rest.call("POST", "/issues/delete", json=body, headers={"If-Match": "*"})
    refused(answer, 404, "NOT_FOUND", "issueId")


def test_of_two_changes_to_one_state_one_wins(rest: Rest) -> None:
    for _ in range(5):
        issue_id = rest.issue().id
        tag = rest.get("/issues/get", id=issue_id).headers["ETag"]
        answers = rest.at_once(
            *(
                ("POST", "/issues/update", {"issueId": issue_id, "title": f"Mine {number}"})
                for number in range(4)
            ),
            headers={"If-Match": tag},
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
