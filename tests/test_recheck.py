"""A recheck: what a fresh look at one issue makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain import states
from bot.store.models import Issue as IssueRow
from bot.store.models import IssueSession
from tests.fakes.github import Issue
from tests.house import FLAWED, House
from tests.rounds import Scripted

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CART = "shop/cart.py"
MENDED = FLAWED[CART].replace("cart=[]", "cart")


class Watched:
    """The issue about the mutable default, as the API and GitHub show it; other flaws are left unfiled."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.scan()
        self.id = next(one["id"] for one in house.get("/issues/list")["data"] if "utable" in one["title"])

    @property
    def now(self) -> dict[str, Any]:
        return dict(self.house.get("/issues/get", id=self.id)["data"])

    @property
    def there(self) -> Issue:
        return self.house.repository.issues[self.now["github"]["number"]]

    @property
    def places(self) -> list[tuple[str, int]]:
        return [(place["path"], place["startLine"]) for place in self.now["locations"]]

    def pushed(self, **files: str | None) -> str:
        """Somebody changes the repository; the commit that it is at then."""
        named = {name.replace("__", "/") + ".py": text for name, text in files.items()}
        self.house.mona.pushes(self.house.repository, named, "Change")
        return self.house.repository.git.refs()["refs/heads/main"]

    def looked(self) -> dict[str, Any]:
        """Look again; the run."""
        assert self.house.post("/issues/recheck", issueId=self.id)["data"]["id"] == self.id
        self.house.settle()
        return dict(self.house.get("/runs/list", issueId=self.id, kind="scan")["data"][0])


def test_what_is_still_there_is_found_at_its_lines_of_now(house: House) -> None:
    watched = Watched(house)
    before, filed = watched.now, len(house.issues())
    commit = watched.pushed(shop__cart="\n\n" + FLAWED[CART] + "\n\ndef more(y={}):\n    return y\n")
    run = watched.looked()
    assert (run["status"], run["summary"], run["commit"]) == (
        "completed", f"It is still there at {commit[:12]}.", commit,
    )  # fmt: skip
    now = watched.now
    assert {place["commit"] for place in now["locations"]} == {commit} and (CART, 6) in watched.places
    assert (now["status"], now["title"]) == ("open", before["title"])
    assert len(house.issues()) == filed and watched.there.comments == []
    assert house.get("/issue-sessions/list")["data"][1:] == [] and house.unfinished() == []


def test_what_is_gone_is_closed_with_both_commits_as_proof(house: House) -> None:
    watched = Watched(house)
    before = watched.now["locations"][0]["commit"]
    others = [issue for issue in house.issues() if issue is not watched.there]
    commit = watched.pushed(shop__cart=MENDED.replace("import os\n", ""))
    run = watched.looked()
    assert run["summary"] == f"It is gone at {commit[:12]}."
    now = watched.now
    assert (now["status"], now["resolution"]) == ("completed", "gone")
    assert (watched.there.state, watched.there.state_reason) == ("closed", "completed")
    [said] = [comment.body for comment in watched.there.comments]
    assert before[:12] in said and commit[:12] in said
    assert {issue.state for issue in others} == {"open"}, "nothing else is closed"
    assert watched.looked()["summary"] == run["summary"] and len(watched.there.comments) == 1
    assert house.unfinished() == []


@on_sqlite
def test_code_that_has_moved_is_not_gone(house: House) -> None:
    watched = Watched(house)
    watched.pushed(shop__cart=None, shop__basket=FLAWED[CART])
    assert "still there" in watched.looked()["summary"]
    assert watched.places == [("shop/basket.py", 4)] and watched.now["status"] == "open"
    assert "shop/basket.py" in watched.there.body
    assert "still there" in watched.looked()["summary"], "and once more"


@on_sqlite
def test_what_was_completed_and_is_back_is_opened_again(house: House) -> None:
    watched = Watched(house)
    watched.pushed(shop__cart=MENDED)
    watched.looked()
    commit = watched.pushed(shop__cart=FLAWED[CART])
    watched.looked()
    assert (watched.now["status"], watched.now["resolution"]) == ("open", None)
    assert watched.there.state == "open" and commit[:12] in watched.there.comments[-1].body


@on_sqlite
def test_what_was_dismissed_stays_so_until_it_is_gone(house: House) -> None:
    watched = Watched(house)
    house.post("/issues/dismiss", issueId=watched.id, reason="false_positive")
    commit = watched.pushed(shop__cart="\n" + FLAWED[CART])
    assert "still there" in watched.looked()["summary"]
    assert (watched.now["status"], watched.now["resolution"]) == ("dismissed", "false_positive")
    assert {place["commit"] for place in watched.now["locations"]} == {commit}
    watched.pushed(shop__cart=MENDED)
    watched.looked()
    assert (watched.now["status"], watched.now["resolution"]) == ("completed", "gone")


@on_sqlite
def test_it_is_looked_for_where_the_first_scan_is_not_known_any_more(house: House) -> None:
    watched = Watched(house)
    with house.db.write() as tx:
        tx.delete(tx.get_one(IssueSession, watched.now["sessionId"]))
    assert "still there" in watched.looked()["summary"]
    watched.pushed(shop__cart=MENDED)
    assert "gone" in watched.looked()["summary"] and watched.now["status"] == "completed"


@on_sqlite
def test_a_look_that_cannot_be_had_says_why_and_changes_nothing(house: House) -> None:
    watched = Watched(house)
    before = watched.now
    house.fake.fail("POST", "*/access_tokens", status=403, message="Not for you", times=9)
    run = watched.looked()
    assert run["status"] == "failed" and "no access to mona/shop" in run["error"]
    assert watched.now == before and house.unfinished() == []


@on_sqlite
def test_a_look_that_proves_nothing_says_so(house: House) -> None:
    scripted = Scripted(house, {})

    def finds(rules: list[str], *issues: dict[str, Any]) -> None:
        script = house.config.askfirst_home / "scripted" / "scan.json"
        script.parent.mkdir(exist_ok=True)
        script.write_text(json.dumps({"issues": issues, "rules": rules, "summary": "Looked."}))

    flaw = {"title": "Bad", "rule": "R1", "locations": [{"path": CART, "startLine": 4}]}
    finds(["R1"], flaw)
    house.scan()
    watched = Watched.__new__(Watched)
    watched.house, watched.id = house, house.get("/issues/list")["data"][0]["id"]
    finds(["R2"])
    run = watched.looked()
    assert run["status"] == "failed" and "R1 was not looked for" in run["error"]
    assert watched.now["status"] == "open" and watched.there.state == "open"
    looks = scripted.worked
    finds(["R1", "R9"], flaw | {"rule": "R9", "title": "Another"})
    assert "gone" in watched.looked()["summary"] and scripted.worked == looks + 1
    assert len(house.issues()) == 1, "another finding is the next scan's"


@on_sqlite
@pytest.mark.parametrize("meanwhile", ["deleted", "fixed"])
def test_what_happens_to_the_issue_meanwhile_comes_first(house: House, meanwhile: str) -> None:
    watched = Watched(house)
    watched.pushed(shop__cart=MENDED)
    house.post("/issues/recheck", issueId=watched.id)
    if meanwhile == "deleted":
        house.post("/issues/delete", issueId=watched.id)
    else:
        with house.db.write() as tx:
            states.move(tx.get_one(IssueRow, watched.id), "run_started")
    house.settle()
    [run] = [one for one in house.get("/runs/list", kind="scan")["data"] if one["issueId"]]
    assert run["status"] == "cancelled"
    with house.db.read() as tx:
        assert tx.get_one(IssueRow, watched.id).status == ("open" if meanwhile == "deleted" else "running")
