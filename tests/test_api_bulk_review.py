"""Many reviews in one request: all of them or none."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from bot.config import Config
from bot.store.db import Database
from bot.store.models import SessionQuestion
from tests.rest import OPTIONS, Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def approves(question: SessionQuestion) -> dict[str, Any]:
    return {"id": question.id, "status": "approved"}


def declines(question: SessionQuestion, correction: str | None = "No") -> dict[str, Any]:
    return {"id": question.id, "status": "declined", "correction": correction}


def review(rest: Rest, *reviews: Any) -> TestResponse:
    return rest.post("/session-questions/review", reviews=list(reviews))


def of(rest: Rest, *asked: SessionQuestion) -> list[dict[str, Any]]:
    """The questions as they are now."""
    return [rest.get(f"/session-questions/{question.id}").json["data"] for question in asked]


def test_each_gets_its_review_and_the_answer_has_their_order(rest: Rest) -> None:
    session, [first, second] = rest.asked({}, {"options": OPTIONS})
    other, [third] = rest.asked({})
    answer = review(rest, declines(third), approves(first), declines(second, " b "))
    assert answer.status_code == 200, answer.text
    assert answer.json == {"data": of(rest, third, first, second), "nextCursor": None, "hasMore": False}
    assert [one["answer"] for one in answer.json["data"]] == ["No", "Yes, it may.", "Leave it alone."]
    assert {(one["reviewedBy"], one["via"]) for one in answer.json["data"]} == {("key:ci", "rest")}
    for row, count in ((session, 2), (other, 1)):
        told = rest.get(f"/answering-sessions/{row.id}").json["data"]
        assert (told["reviewedCount"], told["status"]) == (count, "active")
    changed = review(rest, approves(third)).json["data"]
    assert [one["status"] for one in changed] == ["approved"]


def test_one_that_cannot_be_done_is_named_and_none_is_done(rest: Rest) -> None:
    _, asked = rest.asked({}, {}, {})
    closed, [late] = rest.asked({})
    _, [theirs] = rest.asked({}, project=rest.theirs)
    rest.delete(f"/answering-sessions/{closed.id}")
    first, second, third = asked
    unknown = {"id": f"sq_{'0' * 26}", "status": "approved"}
    cases: list[tuple[Any, int, str, str]] = [
        (declines(third, None), 400, "VALIDATION", "correction"),
        (declines(third, "  "), 400, "VALIDATION", "correction"),
        (declines(third, "x" * 20_001), 400, "VALIDATION", "correction"),
        (approves(third) | {"correction": "x"}, 400, "VALIDATION", "correction"),
        (approves(third) | {"status": "pending"}, 400, "VALIDATION", "status"),
        (approves(third) | {"by": "me"}, 400, "VALIDATION", "by"),
        (approves(first), 400, "VALIDATION", "id"),
        ({"status": "approved"}, 400, "VALIDATION", "id"),
        (approves(third) | {"id": "nonsense"}, 404, "NOT_FOUND", "id"),
        (unknown, 404, "NOT_FOUND", "id"),
        (approves(theirs), 404, "NOT_FOUND", "id"),
        (declines(late), 409, "CONFLICT", "id"),
    ]
    before = of(rest, *asked, late)
    for wrong, status, code, field in cases:
        answer = review(rest, approves(first), declines(second), wrong)
        refused(answer, status, code, f"reviews.2.{field}")
    for reviews in (None, [], {}, ["x"], [None], [approves(first)] * 101):
        answer = rest.post("/session-questions/review", reviews=reviews)
        assert refused(answer, 400, "VALIDATION", answer.json["error"]["field"])["field"].startswith(
            "reviews"
        )
    assert of(rest, *asked, late) == before


def test_a_hundred_at_once(rest: Rest) -> None:
    session, asked = rest.asked(*[{}] * 100)
    answer = review(rest, *[approves(question) for question in reversed(asked)])
    assert [one["number"] for one in answer.json["data"]] == list(range(100, 0, -1))
    assert rest.get(f"/answering-sessions/{session.id}").json["data"]["reviewedCount"] == 100
