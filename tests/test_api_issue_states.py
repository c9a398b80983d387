"""Issues by REST: dismiss, reopen, recheck, and what GitHub shows of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config import Config
from bot.domain import states
from bot.store.db import Database
from bot.store.models import Issue
from tests.conftest import Clock
from tests.house import House
from tests.rest import Rest, refused
from tests.test_api_chains import of

MOVES = {
    "running": ["run_started"], "completed": ["closed"], "failed": ["run_started", "run_failed"],
    "dismissed": ["dismissed"],
}  # fmt: skip
# what each request makes of an issue in each state; a number is the refusal
DOOR = """
           dismiss    reopen  recheck
open       dismissed  409     open
running    dismissed  409     409
completed  409        open    completed
failed     dismissed  open    failed
dismissed  dismissed  open    dismissed
"""


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def scanned(rest: Rest, state: str = "open", **fields: Any) -> str:
    """An issue as a scan files it, in this state."""
    issue = rest.issue(**fields)
    with rest.db.write() as tx:
        row = tx.get_one(Issue, issue.id)
        row.fingerprint = "a print"
        for action in MOVES.get(state, []):
            states.move(row, action)
    return issue.id


def test_every_request_in_every_state(rest: Rest) -> None:
    head, *rows = DOOR.strip().splitlines()
    assert tuple(row.split()[0] for row in rows) == states.ISSUE_STATUSES
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            issue = scanned(rest, state)
            before = of(rest.get("/issues/get", id=issue))
            answer = rest.post(f"/issues/{action}", issueId=issue)
            if outcome == "409":
                error = refused(answer, 409, "CONFLICT", "issueId")
                assert state in error["message"] and of(rest.get("/issues/get", id=issue)) == before
            else:
                assert of(answer)["status"] == outcome, (state, action)
                assert of(rest.get("/issues/get", id=issue)) == of(answer)


def test_an_issue_is_dismissed_for_a_reason(rest: Rest, frozen: Clock) -> None:
    issue = rest.issue().id
    frozen.forward(seconds=5)
    for reason in ("not_planned", "Duplicate", " FALSE_POSITIVE "):
        told = of(rest.post("/issues/dismiss", issueId=issue, reason=reason, comment=None))
        assert (told["status"], told["resolution"]) == ("dismissed", reason.strip().lower())
    assert told["updatedAt"] == "2026-03-01T12:00:05Z" and told["completedAt"] is None
    assert of(rest.post("/issues/dismiss", issueId=issue))["resolution"] == "not_planned"
    assert of(rest.post("/issues/reopen", issueId=issue))["resolution"] is None
    wrong: list[tuple[str, Any]] = [
        ("reason", "gone"),
        ("reason", None),
        ("comment", "x" * 20_001),
        ("by", "me"),
    ]
    for field, value in wrong:
        refused(rest.post("/issues/dismiss", issueId=issue, **{field: value}), 400, "VALIDATION", field)


def test_a_recheck_is_a_run_that_can_be_followed(rest: Rest) -> None:
    scan = of(rest.post("/issue-sessions/start", prompt="Find bugs", templateId="scripted"))["id"]
    issue = scanned(rest, session_id=scan)
    before = of(rest.get("/issues/get", id=issue))
    assert of(rest.post("/issues/recheck", issueId=issue)) == before
    [run] = of(rest.get("/runs/list", issueId=issue))
    assert (run["kind"], run["status"], run["templateId"]) == ("scan", "queued", "scripted")
    assert rest.get("/runs/log", id=run["id"]).text == "Asked for by key:ci.\n"
    assert of(rest.post("/issues/recheck", issueId=scanned(rest)))
    assert of(rest.get("/runs/list", kind="scan"))[0]["templateId"] == "base", (
        "the first scan is not known any more"
    )


def test_while_one_recheck_waits_another_is_not_queued(rest: Rest) -> None:
    issue = scanned(rest)
    answers = rest.at_once(*[("POST", "/issues/recheck", {"issueId": issue})] * 4)
    assert {answer.status_code for answer in answers} == {200}
    assert of(rest.post("/issues/recheck", issueId=issue))["id"] == issue
    assert len(of(rest.get("/runs/list", issueId=issue))) == 1


def test_what_no_scan_filed_is_not_looked_for(rest: Rest) -> None:
    error = refused(rest.post("/issues/recheck", issueId=rest.issue().id), 400, "VALIDATION", "issueId")
    assert "No scan filed" in error["message"] and of(rest.get("/runs/list")) == []


# on GitHub

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
@pytest.mark.parametrize(
    ("reason", "shown", "words"),
    [
        ("not_planned", "not_planned", "not planned"),
        ("duplicate", "duplicate", "a duplicate"),
        ("false_positive", "not_planned", "a false positive"),
    ],
)
def test_github_is_told_why_in_words_that_do_nothing(
    house: House, reason: str, shown: str, words: str
) -> None:
    issue = house.post("/issues/create", title="Cart forgets items")["data"]["id"]
    house.settle()
    [there] = house.issues()
    house.post("/issues/dismiss", issueId=issue, reason=reason, comment="Ask @mona, see #1.\n/askfirst scan")
    house.settle()
    assert (there.state, there.state_reason) == ("closed", shown)
    [said] = [comment.body for comment in there.comments]
    assert f"Dismissed as {words}:" in said and "mona" in said
    assert "@mona" not in said and "#1" not in said and "\n/askfirst" not in said
    assert house.get("/issue-sessions/list")["data"] == []
    house.post("/issues/reopen", issueId=issue)
    house.post("/issues/dismiss", issueId=issue)
    house.settle()
    assert there.state == "closed" and len(there.comments) == 1, "without a comment nothing is said"
    house.post("/issues/reopen", issueId=issue)
    house.settle()
    assert there.state == "open" and house.unfinished() == []


@on_sqlite
def test_a_duplicate_of_a_persons_stays_one(house: House) -> None:
    issue = house.post("/issues/create", title="Cart forgets items")["data"]["id"]
    house.settle()
    [there] = house.issues()
    house.mona.closes_issue(there, "duplicate")
    house.settle()
    assert house.get("/issues/get", id=issue)["data"]["resolution"] == "duplicate"
    assert there.state_reason == "duplicate" and house.fake.count("PATCH", "*") == 0


@on_sqlite
@pytest.mark.parametrize("action", ["dismiss", "delete"])
def test_a_persons_own_issue_is_not_closed_by_us(house: House, action: str) -> None:
    there = house.mona.opens_issue(house.repository, "Mine")
    issue = house.post("/issues/create", title="Mine")["data"]["id"]
    with house.db.write() as tx:
        row = tx.get_one(Issue, issue)
        row.created_by, row.mirrored, row.github_number = "github:mona", False, there.number
    comment = {"comment": "Not now."} if action == "dismiss" else {}
    house.post(f"/issues/{action}", issueId=issue, **comment)
    house.settle()
    assert there.state == "open" and house.fake.count("PATCH", "*") == 0
    assert ["Not now." in each.body for each in there.comments] == [True] * len(comment)
