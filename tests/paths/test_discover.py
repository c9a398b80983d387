"""Discover and track, end to end: REST, GitHub, and back."""

from __future__ import annotations

import pytest

from tests.house import FLAWED, House

pytestmark = pytest.mark.one_database


def test_an_issue_made_by_rest_is_shown_on_github_once(house: House) -> None:
    made = house.post(
        "/issues/create", title="Cart forgets items", description="After a reload.", priority="high"
    )
    house.settle()
    [there] = house.issues()
    assert there.title == "Cart forgets items"
    assert there.body.startswith("After a reload.")
    assert {label.name for label in there.labels} == {"askfirst", "priority: high"}
    issue = house.get("/issues/get", id=made["data"]["id"])["data"]
    assert issue["github"] == {"number": there.number, "url": there_url(house, there.number), "state": "open"}
    house.settle()
    assert house.fake.count("POST", "/repos/mona/shop/issues") == 1
    assert house.fake.count("PATCH", "*") == 0
    assert house.unfinished() == []


def there_url(house: House, number: int) -> str:
    return f"{house.server.url}/mona/shop/issues/{number}"


def test_a_scan_files_what_it_finds_and_a_second_scan_files_nothing_twice(house: House) -> None:
    session = house.scan()
    assert session["status"] == "completed", session
    assert session["counts"]["new"] == session["counts"]["found"] > 0
    titles = [issue.title for issue in house.issues()]
    assert len(titles) == session["counts"]["new"]
    again = house.scan()
    assert again["counts"] == {**session["counts"], "new": 0, "known": session["counts"]["found"]}
    assert [issue.title for issue in house.issues()] == titles
    assert house.fake.count("PATCH", "/repos/mona/shop/issues/*") == 0
    assert house.unfinished() == []


def test_what_is_fixed_is_closed_with_the_commits_as_proof_and_reopened_when_it_is_back(house: House) -> None:
    house.scan()
    flaw = next(issue for issue in house.issues() if "utable default" in issue.title)
    house.mona.pushes(
        house.repository, {"shop/cart.py": "def add(item, cart):\n    return [*cart, item]\n"}, "Fix"
    )
    assert house.scan()["counts"]["gone"] >= 1
    assert (flaw.state, flaw.state_reason) == ("closed", "completed")
    assert "is gone at" in flaw.comments[-1].body
    house.mona.pushes(house.repository, {"shop/cart.py": FLAWED["shop/cart.py"]}, "Undo")
    assert house.scan()["counts"]["reopened"] >= 1
    assert flaw.state == "open"


def test_what_people_change_on_github_comes_back(house: House) -> None:
    house.scan()
    flaw, other, third = house.issues()[:3]
    house.mona.edits_issue(flaw, title="Our own words", body=f"Mine.\n\n{flaw.body}")
    house.mona.closes_issue(flaw, "not_planned")
    house.mona.closes_issue(other)
    house.mona.unlabels(
        third, next(label.name for label in third.labels if label.name.startswith("priority"))
    )
    house.mona.labels(third, "priority: critical")
    house.settle()
    ours = {issue["github"]["number"]: issue for issue in house.get("/issues/list")["data"]}
    assert ours[flaw.number]["title"] == "Our own words"
    assert ours[flaw.number]["description"].startswith("Mine.")
    assert (ours[flaw.number]["status"], ours[flaw.number]["resolution"]) == ("dismissed", "not_planned")
    assert (ours[other.number]["status"], ours[other.number]["resolution"]) == ("completed", "closed")
    assert ours[third.number]["priority"] == "critical"
    counts = house.scan()["counts"]
    assert counts["new"] == 0 and flaw.state == "closed", "dismissed is never filed again"
    assert house.fake.count("PATCH", f"/repos/mona/shop/issues/{flaw.number}") == 0, (
        "people's words stay theirs"
    )


def test_a_command_of_somebody_with_write_access_scans(house: House) -> None:
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    asked = house.mona.comments(talk, "/askfirst scan shop -- look for bugs")
    house.settle()
    assert [reaction.content for reaction in asked.reactions] == ["eyes", "+1"]
    assert "The scan of" in talk.comments[-1].body
    [session] = house.get("/issue-sessions/list")["data"]
    assert session["prompt"] == "look for bugs"
    assert house.unfinished() == []


def test_a_stranger_is_refused_once_in_words_and_starts_nothing(house: House) -> None:
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    first = house.stranger.comments(talk, "/askfirst scan")
    second = house.stranger.comments(talk, "/askfirst scan")
    house.settle()
    assert (
        [r.content for r in first.reactions] == [r.content for r in second.reactions] == ["eyes", "confused"]
    )
    words = [comment.body for comment in talk.comments if comment.user.login == "askfirst[bot]"]
    assert len(words) == 1 and "needs the level **write**" in words[0]
    assert house.get("/issue-sessions/list")["data"] == []


def test_ask_on_an_issue_opens_a_round_about_it(house: House) -> None:
    house.scan()
    flaw = next(issue for issue in house.issues() if "utable default" in issue.title)
    asked = house.mona.comments(flaw, "/askfirst ask")
    house.settle()
    assert [reaction.content for reaction in asked.reactions] == ["eyes", "+1"]
    [pull] = house.pulls()
    assert f"about #{flaw.number}" in house.threads(pull)[0].comments[0].body


def test_an_issue_that_a_person_opened_is_ours_too_once_a_command_names_it(house: House) -> None:
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.settle()
    assert house.get("/issues/list")["data"] == []
    asked = house.mona.comments(talk, "/askfirst ask")
    house.settle()
    [issue] = house.get("/issues/list")["data"]
    assert (issue["title"], issue["createdBy"]) == ("Housekeeping", "github:mona")
    assert issue["github"]["number"] == talk.number and talk.labels == [] and talk.state == "open"
    assert [reaction.content for reaction in asked.reactions] == ["eyes", "+1"]
    assert house.pulls() == [], "nothing there is worth a question"


def test_what_showing_an_issue_costs(house: House) -> None:
    def cost(path: str, **body: str) -> list[str]:
        """What is written to GitHub because of this call."""
        before = len(house.fake.requests)
        answer = house.post(path, **body)
        assert "data" in answer, answer
        house.settle()
        asked = [one for one in house.fake.requests[before:] if not one.path.endswith("access_tokens")]
        return [f"{one.method} {one.path}" for one in asked if one.method != "GET"]

    issues = "/repos/mona/shop/issues"
    labels = ["POST /repos/mona/shop/labels"]
    assert cost("/issues/create", title="Flaw", priority="low") == [*labels * 2, f"POST {issues}"]
    assert cost("/issues/create", title="Flaw", priority="low") == [f"POST {issues}"]
    assert cost("/issues/create", title="Flaw", priority="high") == [*labels, f"POST {issues}"]
    [first, *_] = house.issues()
    issue_id = house.get("/issues/list")["data"][-1]["id"]
    edit = {"issueId": issue_id, "title": "A flaw", "description": "It is one."}
    assert cost("/issues/update", **edit) == [f"PATCH {issues}/{first.number}"]
    assert cost("/issues/update", **edit) == []
    assert first.title == "A flaw" and house.unfinished() == []


def test_a_repository_is_known_by_the_name_that_it_has_now(house: House) -> None:
    house.fake.webhooks.hold()
    house.mona.renames(house.repository, "store")
    house.post("/issues/create", title="Flaw")
    house.settle()
    assert [issue.title for issue in house.issues()] == ["Flaw"]
    assert house.get("/project/get")["data"]["name"] == "mona/store" and house.unfinished() == []
