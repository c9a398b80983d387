"""The trash by REST, and what is left of what was removed for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from bot.config import Config
from bot.domain import trash
from bot.jobs.relay import Relay
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.models import AnsweringSession, ChainItem, Issue, QuestionVote, SessionQuestion
from tests.conftest import Clock
from tests.house import House
from tests.rest import Rest, refused
from tests.rounds import Scripted, asked, done
from tests.test_api_chains import items, of, worked

TYPES = tuple(trash.NOUNS)
MAKE: dict[str, Callable[[Rest], str]] = {
    "issue": lambda rest: rest.issue(title="Cart", suggested_prompt="Mend it").id,
    "issue-session": lambda rest: rest.session().id,
    "answering-session": lambda rest: rest.asked({})[0].id,
    "work-chain": lambda rest: rest.chain(title="Fixes").id,
}
NAMES = {"issue": "Cart", "issue-session": "Find bugs", "answering-session": None, "work-chain": "Fixes"}


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def read(rest: Rest, kind: str, object_id: str) -> Any:
    """The object at its own endpoint."""
    if kind == "answering-session":
        return rest.get(f"/answering-sessions/{object_id}")
    return rest.get(f"/{kind}s/get", id=object_id)


def delete(rest: Rest, kind: str, object_id: str) -> dict[str, Any]:
    """Put it in the trash, by its own endpoint."""
    if kind == "answering-session":
        return dict(of(rest.delete(f"/answering-sessions/{object_id}")))
    field = {"issue": "issueId", "issue-session": "sessionId", "work-chain": "chainId"}[kind]
    return dict(of(rest.post(f"/{kind}s/delete", **{field: object_id})))


def listed(rest: Rest, **query: Any) -> list[str]:
    return [each["id"] for each in of(rest.get("/trash/list", **query))]


def for_good(rest: Rest, kind: str, object_id: str) -> dict[str, Any]:
    delete(rest, kind, object_id)
    return dict(of(rest.post("/trash/permanent-delete", type=kind, id=object_id)))


def test_what_was_deleted_last_comes_first(rest: Rest, frozen: Clock) -> None:
    there = {kind: MAKE[kind](rest) for kind in TYPES}
    assert listed(rest) == []
    for kind in reversed(TYPES):
        frozen.forward(seconds=1)
        delete(rest, kind, there[kind])
    assert listed(rest) == [there[kind] for kind in TYPES]
    for kind, entry in zip(TYPES, of(rest.get("/trash/list")), strict=True):
        assert entry == {
            "type": kind, "id": there[kind], "name": NAMES[kind], "deletedAt": entry["deletedAt"],
            "expiresAt": entry["deletedAt"].replace("-03-01T", "-03-31T"),
        }  # fmt: skip
        assert listed(rest, type=kind.upper()) == [there[kind]]
    assert entry["deletedAt"] == "2026-03-01T12:00:01Z"
    refused(rest.get("/trash/list", type="run"), 400, "VALIDATION", "type")
    theirs = rest.call("GET", "/trash/list", rest.new_key(project=rest.theirs))
    assert of(theirs) == []


def test_the_list_pages_also_within_one_moment(rest: Rest, frozen: Clock) -> None:
    there = [MAKE[kind](rest) for kind in TYPES for _ in range(2)]
    for kind in TYPES:
        for each in there[2 * TYPES.index(kind) : 2 * TYPES.index(kind) + 2]:
            delete(rest, kind, each)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = rest.get("/trash/list", **query).json
        seen += [each["id"] for each in page["data"]]
        if not page["hasMore"]:
            break
        query["cursor"] = page["nextCursor"]
    assert sorted(seen) == sorted(there)
    refused(rest.get("/trash/list", type="issue", cursor=query["cursor"]), 400, "VALIDATION", "cursor")


@pytest.mark.parametrize("kind", TYPES)
def test_there_and_back(rest: Rest, kind: str) -> None:
    there = MAKE[kind](rest)
    other = next(each for each in TYPES if each != kind)
    for path in ("restore", "permanent-delete"):
        refused(rest.post(f"/trash/{path}", type=kind, id=there), 409, "CONFLICT", "id")
        refused(rest.post(f"/trash/{path}", type=other, id=there), 404, "NOT_FOUND", "id")
        refused(rest.post(f"/trash/{path}", type="run", id=there), 400, "VALIDATION", "type")
        refused(rest.post(f"/trash/{path}", id=there), 400, "VALIDATION", "type")
    before = of(read(rest, kind, there))
    deleted = delete(rest, kind, there)
    restored = of(rest.post("/trash/restore", type=kind.title(), id=there))
    assert restored == of(read(rest, kind, there)) and listed(rest) == []
    changed = {name for name in before if before[name] != restored[name]}
    assert changed <= {"updatedAt", "status", "completedAt"} and (kind == "issue-session") == (
        "status" in changed
    )
    assert delete(rest, kind, there).keys() == deleted.keys()
    gone = of(rest.post("/trash/permanent-delete", type=kind.upper(), id=there))
    assert gone["id"] == there and gone.keys() == before.keys()
    refused(read(rest, kind, there), 404, "NOT_FOUND", "id")
    for path in ("restore", "permanent-delete"):
        refused(rest.post(f"/trash/{path}", type=kind, id=there), 404, "NOT_FOUND", "id")
    assert listed(rest) == []


def test_of_many_restores_and_removals_at_once_one_wins(rest: Rest) -> None:
    for kind in TYPES:
        there = MAKE[kind](rest)
        delete(rest, kind, there)
        body = {"type": kind, "id": there}
        paths = ["restore", "permanent-delete"] * 2
        answers = rest.at_once(*[("POST", f"/trash/{path}", body) for path in paths])
        assert {answer.status_code for answer in answers} <= {200, 404, 409}
        assert sum(answer.status_code == 200 for answer in answers) == 1


def test_of_an_issue_that_was_removed_no_word_is_left(rest: Rest) -> None:
    issue = rest.issue(title="Secret cart", description="Secret", suggested_prompt="Secret").id
    with rest.db.write() as tx:
        row = tx.get_one(Issue, issue)
        row.evidence, row.labels, row.answers = "Secret", ["Secret"], [{"question": "Secret?", "answer": "x"}]
        row.shown = {
            "title": "Secret cart", "description": "Secret", "priority": "low", "state": "open", "reason": None,
            "body": "0a1b", "at": "2026-03-01T12:00:00+00:00",
        }  # fmt: skip
    assert for_good(rest, "issue", issue)["title"] == "Secret cart"
    with rest.db.read() as tx:
        row = tx.get_one(Issue, issue)
        assert "Secret" not in str({name: value for name, value in vars(row).items() if name[0] != "_"})
    assert of(rest.get("/issues/list", q="secret")) == []


def test_a_chain_goes_on_without_an_issue_that_was_removed(rest: Rest) -> None:
    first, second, third = (rest.issue().id for _ in range(3))
    chain = rest.chain(first, second, third).id
    for_good(rest, "issue", second)
    assert items(rest, chain) == [(first, "pending"), (third, "pending")]
    of(rest.post("/work-chains/start", chainId=chain))
    worked(rest, chain)
    assert items(rest, chain) == [(first, "done"), (third, "running")]
    worked(rest, chain)
    told = of(rest.get("/work-chains/get", id=chain))
    assert (told["status"], told["issueCount"], told["completedCount"]) == ("completed", 2, 2)
    with rest.db.read() as tx:
        item = tx.get_one(ChainItem, (chain, second))
        assert (item.status, item.error) == ("skipped", "the issue is deleted")


def test_answers_of_a_session_reach_no_issue_that_was_removed(rest: Rest) -> None:
    session, [question] = rest.asked({})
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    for_good(rest, "issue", session.asked[0])
    for status in ("reviewed", "completed"):
        of(rest.put(f"/answering-sessions/{session.id}/status", status=status))
    with rest.db.read() as tx:
        assert tx.get_one(Issue, session.asked[0]).answers == []


def test_a_session_takes_its_questions_along_and_leaves_its_issues(rest: Rest) -> None:
    session, [question] = rest.asked({})
    for_good(rest, "answering-session", session.id)
    with rest.db.read() as tx:
        assert [tx.scalars(select(table)).all() for table in (SessionQuestion, QuestionVote)] == [[], []]
    refused(rest.get(f"/session-questions/{question.id}"), 404, "NOT_FOUND", "id")
    assert of(rest.get("/issues/get", id=session.asked[0]))["status"] == "open"


def test_what_a_chain_builds_on_is_not_removed(rest: Rest) -> None:
    scan = rest.session()
    session, _ = rest.asked({})
    with rest.db.write() as tx:
        tx.get_one(AnsweringSession, session.id).issue_session_id = scan.id
    chain = rest.chain(answering_session_id=session.id).id
    delete(rest, "answering-session", session.id)
    delete(rest, "issue-session", scan.id)
    refusals = [
        (rest.post("/trash/permanent-delete", type="answering-session", id=session.id), "id"),
        (rest.post("/trash/permanent-delete", type="issue-session", id=scan.id), "id"),
        (rest.post("/issue-sessions/permanent-delete", sessionId=scan.id), "sessionId"),
    ]
    for answer, field in refusals:
        assert chain in refused(answer, 409, "CONFLICT", field)["message"]
    of(rest.post("/work-chains/cancel", chainId=chain))
    of(rest.post("/trash/permanent-delete", type="issue-session", id=scan.id))
    refused(rest.get(f"/answering-sessions/{session.id}"), 404, "NOT_FOUND", "id")
    assert of(rest.get("/work-chains/get", id=chain))["answeringSessionId"] == session.id


def test_a_chain_that_waited_for_a_session_that_was_removed_can_go_on(rest: Rest) -> None:
    session, [question] = rest.asked({"blocking": True})
    chain = rest.chain(session.asked[0]).id
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    of(rest.post("/work-chains/start", chainId=chain))
    of(rest.post("/work-chains/pause", chainId=chain))
    rest.post(f"/session-questions/{question.id}/withdraw")
    refused(
        rest.post("/work-chains/retry", chainId=chain, issueId=session.asked[0]), 409, "CONFLICT", "issueId"
    )
    of(rest.post("/work-chains/resume", chainId=chain))
    assert items(rest, chain) == [(session.asked[0], "waiting")]
    refused(rest.post("/work-chains/resume", chainId=chain), 409, "CONFLICT", "chainId")
    for_good(rest, "answering-session", session.id)
    assert of(rest.post("/work-chains/resume", chainId=chain))["status"] == "running"


# after 30 days


def test_it_is_emptied_after_30_days(rest: Rest, frozen: Clock) -> None:
    relay = Relay(rest.db, Doorbell("redis://127.0.0.1:1"))
    relay.doorbell.room = lambda: 0  # type: ignore[method-assign]
    old = [MAKE[kind](rest) for kind in TYPES]
    kept = [MAKE[kind](rest) for kind in TYPES]
    busy = rest.asked({})[0].id
    chain = rest.chain(answering_session_id=busy).id
    for kind, each in zip((*TYPES, "answering-session"), (*old, busy), strict=True):
        delete(rest, kind, each)
    frozen.forward(hours=2)
    for kind, each in zip(TYPES, kept, strict=True):
        delete(rest, kind, each)
    frozen.forward(days=30, hours=-2)
    relay.sweep()
    assert set(listed(rest)) == {*old, *kept, busy}, "to the second"
    frozen.forward(seconds=1)
    relay.sweep()
    assert set(listed(rest)) == {*old, *kept, busy}, "it looks once an hour"
    frozen.forward(hours=1)
    relay.sweep()
    assert set(listed(rest)) == {*kept, busy}, "what a chain builds on waits for it"
    of(rest.post("/work-chains/cancel", chainId=chain))
    frozen.forward(hours=2)
    relay.sweep()
    assert listed(rest) == []


# on GitHub

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_what_comes_out_of_the_trash_is_open_again_on_github(house: House) -> None:
    issue = house.post("/issues/create", title="Cart forgets items")["data"]["id"]
    house.settle()
    house.post("/issues/delete", issueId=issue)
    house.settle()
    [there] = house.issues()
    assert (there.state, there.state_reason) == ("closed", "not_planned")
    assert house.post("/trash/restore", type="issue", id=issue)["data"]["github"]["number"] == there.number
    house.settle()
    assert there.state == "open" and house.unfinished() == []


@on_sqlite
def test_what_was_removed_at_once_is_still_closed_and_its_words_there_stay(house: House) -> None:
    words = {"title": "Cart forgets items", "description": "After a reload.", "suggestedPrompt": "Mend it."}
    issue = house.post("/issues/create", **words)["data"]["id"]
    house.settle()
    [there] = house.issues()
    body = there.body
    house.post("/issues/delete", issueId=issue)
    house.post("/trash/permanent-delete", type="issue", id=issue)
    house.settle()
    assert (there.state, there.title, there.body) == ("closed", "Cart forgets items", body)
    patches = house.fake.count("PATCH", "*")
    house.mona.edits_issue(there, title="Mine now")
    house.mona.reopens(there)
    house.post("/project/pause")
    house.post("/project/resume")
    house.settle()
    assert (there.state, there.title) == ("open", "Mine now") and house.fake.count("PATCH", "*") == patches
    assert house.unfinished() == []


def test_jobs_about_what_was_removed_have_nothing_left_to_do(house: House) -> None:
    scan = house.post("/issue-sessions/start", prompt="Find bugs")["data"]["id"]
    round = asked(house, {}, settle=False)
    Scripted(house, done(one="x = 1\n"))
    chain = house.post(
        "/work-chains/create", title="Fixes", issueIds=[house.post("/issues/create", title="x")["data"]["id"]]
    )
    house.post("/work-chains/start", chainId=chain["data"]["id"])
    house.post("/work-chains/cancel", chainId=chain["data"]["id"])
    house.post("/issue-sessions/delete", sessionId=scan)
    house.web.delete(f"/api/v1/answering-sessions/{round.id}", headers=house.headers())
    house.post("/work-chains/delete", chainId=chain["data"]["id"])
    for kind, each in (
        ("issue-session", scan),
        ("answering-session", round.id),
        ("work-chain", chain["data"]["id"]),
    ):
        assert house.post("/trash/permanent-delete", type=kind, id=each)["data"]["id"] == each
    house.settle()
    assert house.unfinished() == [] and house.pulls() == []
