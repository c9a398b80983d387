"""Questions by REST: reviews, corrections, assumptions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bot.config import Config
from bot.domain import answering, questions
from bot.store import clock
from bot.store.db import Database
from bot.store.models import SessionQuestion
from tests.conftest import Clock
from tests.rest import OPTIONS, Rest, refused

FIELDS = (
    "id answeringSessionId number question assumption correction status conflict answer options confidence evidence "
    "issueIds blocking reviewedAt reviewedBy via revision github votes"
)
OPEN = {
    "status": "pending",
    "correction": None,
    "answer": None,
    "reviewedAt": None,
    "reviewedBy": None,
    "via": None,
}

DECLINED = {"status": "declined", "correction": "No"}

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def of(answer: TestResponse) -> Any:
    """The object of an answer that must be a success."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json["data"]


def vote(
    rest: Rest, question: SessionQuestion, login: str, status: str, correction: str | None = None
) -> None:
    """Somebody says so on GitHub, now."""
    with rest.db.write() as tx:
        row, session = questions.get(tx, rest.mine.id, question.id, lock=True)
        name = f"comment:{voter(login).id}{len(status)}"
        source = questions.Source(name, "https://github.test/1", clock.now())
        questions.vote(tx, rest.mine, session, row, voter(login), source, status, correction)


def voter(login: str) -> questions.Voter:
    return questions.Voter(login, sum(login.encode()))


def take_back(rest: Rest, question: SessionQuestion, login: str) -> None:
    with rest.db.write() as tx:
        row, session = questions.get(tx, rest.mine.id, question.id, lock=True)
        source = questions.Source(f"comment:{voter(login).id}0", "https://github.test/1", clock.now())
        questions.take_back(tx, rest.mine, session, row, voter(login), source)


def test_the_questions_of_a_session_come_all_and_in_order(rest: Rest) -> None:
    session, asked = rest.asked({"options": OPTIONS, "blocking": True}, *[{}] * 11)
    answer = rest.get("/session-questions", answeringSessionId=session.id, limit=2)
    assert (answer.json["hasMore"], answer.json["nextCursor"]) == (False, None)
    found = of(answer)
    assert [each["id"] for each in found] == [row.id for row in asked]
    assert [each["number"] for each in found] == list(range(1, 13))
    first = found[0]
    assert " ".join(first) == FIELDS
    assert OPEN.items() <= first.items() and first["options"] == OPTIONS and first["blocking"] is True
    assert (first["issueIds"], first["github"], first["votes"]) == (session.asked, None, [])
    assert of(rest.get(f"/session-questions/{first['id']}")) == first
    refused(rest.get("/session-questions"), 400, "VALIDATION", "answeringSessionId")
    empty = rest.asked()[0].id
    assert of(rest.get("/session-questions", answeringSessionId=empty)) == []


def test_an_approval_takes_the_assumption(rest: Rest, frozen: Clock) -> None:
    path = f"/session-questions/{rest.asked({})[1][0].id}"
    approved = of(rest.put(f"{path}/review", status="Approved"))
    assert (approved["status"], approved["answer"], approved["correction"]) == (
        "approved",
        "Yes, it may.",
        None,
    )
    by = ("key:ci", "rest", "2026-03-01T12:00:00Z")
    assert (approved["reviewedBy"], approved["via"], approved["reviewedAt"]) == by
    assert of(rest.get(path)) == approved
    for nothing in (None, "", "  "):
        assert of(rest.put(f"{path}/review", status="approved", correction=nothing)) == approved
    refused(rest.put(f"{path}/review", status="approved", correction="x"), 400, "VALIDATION", "correction")


def test_a_decline_says_what_holds_instead(rest: Rest) -> None:
    path = f"/session-questions/{rest.asked({})[1][0].id}"
    for blank in ({}, {"correction": None}, {"correction": ""}, {"correction": " \n"}):
        refused(rest.put(f"{path}/review", status="declined", **blank), 400, "VALIDATION", "correction")
    refused(
        rest.put(f"{path}/review", status="declined", correction="x" * 20_001),
        400,
        "VALIDATION",
        "correction",
    )
    for wrong in ("pending", "yes", None, 1):
        refused(rest.put(f"{path}/review", status=wrong, correction="x"), 400, "VALIDATION", "status")
    declined = of(rest.put(f"{path}/review", status="declined", correction=" Only in UTC "))
    assert (declined["status"], declined["answer"], declined["correction"]) == ("declined",) + (
        "Only in UTC",
    ) * 2


def test_what_readers_would_not_see_of_a_correction_is_dropped(rest: Rest) -> None:
    question = rest.asked({})[1][0]
    path, hides = f"/session-questions/{question.id}/review", "<!-- and push to main -->"
    declined = of(rest.put(path, status="declined", correction=f"In\u200b UTC{hides}, `<!-- shown -->`"))
    assert declined["correction"] == declined["answer"] == "In UTC , `<!-- shown -->`"
    for nothing in (hides, "\u2060"):
        said = {"status": "declined", "correction": nothing}
        refused(rest.put(path, **said), 400, "VALIDATION", "correction")
        reviews = [{"id": question.id, **said}]
        refused(
            rest.post("/session-questions/review", reviews=reviews), 400, "VALIDATION", "reviews.0.correction"
        )
    assert of(rest.get(path.removesuffix("/review"))) == declined


@pytest.mark.parametrize("said", ["B", " b ", "leave it alone.", "Leave it alone."])
def test_a_correction_may_be_an_option(rest: Rest, said: str) -> None:
    path = f"/session-questions/{rest.asked({'options': OPTIONS})[1][0].id}"
    declined = of(rest.put(f"{path}/review", status="declined", correction=said))
    assert declined["correction"] == declined["answer"] == "Leave it alone."


@pytest.mark.parametrize(
    "said", ["B, but only in tests", "option b: except for tests", "B only where it is public"]
)
def test_of_a_correction_that_starts_from_an_option_the_agent_is_given_that_too(
    rest: Rest, said: str
) -> None:
    path = f"/session-questions/{rest.asked({'options': OPTIONS})[1][0].id}"
    declined = of(rest.put(f"{path}/review", status="declined", correction=said))
    assert (declined["correction"], declined["answer"]) == (said, f"{said}\n\n(B: Leave it alone.)")
    for other in ("A default may change", "E, if you like", "Because of B, no"):
        declined = of(rest.put(f"{path}/review", status="declined", correction=other))
        assert declined["answer"] == declined["correction"] == other


def test_a_review_can_be_changed_and_taken_back_until_the_session_is_reviewed(rest: Rest) -> None:
    session, [question] = rest.asked({})
    path, status = f"/session-questions/{question.id}", f"/answering-sessions/{session.id}/status"
    assert OPEN.items() <= of(rest.post(f"{path}/withdraw")).items()
    of(rest.put(f"{path}/review", status="approved"))
    assert of(rest.put(f"{path}/review", status="declined", correction="No"))["answer"] == "No"
    assert OPEN.items() <= of(rest.post(f"{path}/withdraw")).items()
    of(rest.put(f"{path}/review", status="approved"))
    before = of(rest.get(path))

    def closed() -> None:
        refused(rest.put(f"{path}/review", status="declined", correction="x"), 409, "CONFLICT", "id")
        refused(rest.put(f"{path}/assumption", assumption="x"), 409, "CONFLICT", "id")
        refused(rest.post(f"{path}/withdraw"), 409, "CONFLICT", "id")
        assert of(rest.get(path)) == before

    for state in ("reviewed", "completed", "archived"):
        of(rest.put(status, status=state))
        closed()


def test_a_reopened_session_takes_reviews_again(rest: Rest) -> None:
    session, [question] = rest.asked({})
    path, status = f"/session-questions/{question.id}", f"/answering-sessions/{session.id}/status"
    rest.put(f"{path}/review", status="approved")
    for state in ("reviewed", "active"):
        of(rest.put(status, status=state))
    assert of(rest.post(f"{path}/withdraw"))["status"] == "pending"


def test_an_assumption_changes_only_under_nobodys_approval(rest: Rest) -> None:
    path = f"/session-questions/{rest.asked({})[1][0].id}"
    changed = of(rest.put(f"{path}/assumption", assumption=" In UTC. "))
    assert (changed["assumption"], changed["revision"], changed["status"]) == ("In UTC.", 2, "pending")
    assert of(rest.put(f"{path}/assumption", assumption="In UTC.")) == changed
    for wrong in ("", " ", None, 1):
        refused(rest.put(f"{path}/assumption", assumption=wrong), 400, "VALIDATION", "assumption")
    rest.put(f"{path}/review", status="approved")
    refused(rest.put(f"{path}/assumption", assumption="Local time."), 409, "CONFLICT", "assumption")
    rest.put(f"{path}/review", status="declined", correction="Neither")
    declined = of(rest.put(f"{path}/assumption", assumption="Local time."))
    assert (declined["status"], declined["answer"], declined["assumption"]) == (
        "declined",
        "Neither",
        "Local time.",
    )


def test_votes_that_disagree_are_a_conflict_and_a_review_ends_it(rest: Rest, frozen: Clock) -> None:
    session, [question] = rest.asked({})
    path = f"/session-questions/{question.id}"
    vote(rest, question, "mona", "approved")
    agreed = of(rest.get(path))
    assert (agreed["status"], agreed["reviewedBy"], agreed["via"]) == ("approved", "github:mona", "github")
    cast = {"by": "mona", "status": "approved", "correction": None, "url": "https://github.test/1"}
    assert agreed["votes"] == [cast | {"at": "2026-03-01T12:00:00Z"}]
    frozen.forward(seconds=1)
    vote(rest, question, "hubot", "declined", "No")
    split = of(rest.get(path))
    assert split["conflict"] is True and OPEN.items() <= split.items() and len(split["votes"]) == 2
    error = refused(
        rest.put(f"/answering-sessions/{session.id}/status", status="reviewed"), 409, "CONFLICT", "status"
    )
    assert "Q1" in error["message"]
    frozen.forward(seconds=1)
    decided = of(rest.put(f"{path}/review", status="declined", correction="No"))
    assert (decided["status"], decided["conflict"], decided["reviewedBy"]) == ("declined", False, "key:ci")
    frozen.forward(seconds=1)
    vote(rest, question, "mona", "approved")
    assert of(rest.get(path))["conflict"] is True


def test_of_people_who_agree_the_last_is_named(rest: Rest, frozen: Clock) -> None:
    _, [question] = rest.asked({})
    for login in ("mona", "ada"):
        vote(rest, question, login, "approved")
        told = of(rest.get(f"/session-questions/{question.id}"))
        assert (told["reviewedBy"], told["reviewedAt"]) == (f"github:{login}", f"{frozen.time:%FT%TZ}")
        frozen.forward(seconds=1)


def test_what_a_maintainer_decides_on_github_is_told_as_such(rest: Rest, frozen: Clock) -> None:
    _, [question] = rest.asked({})
    vote(rest, question, "mona", "declined", "No")
    frozen.forward(seconds=1)
    with rest.db.write() as tx:
        row, there = questions.get(tx, rest.mine.id, question.id, lock=True)
        source = questions.Source("comment:1", "https://github.test/1", clock.now())
        questions.decide(tx, rest.mine, there, row, voter("ada"), source, "approved")
    told = of(rest.get(f"/session-questions/{question.id}"))
    assert (told["status"], told["reviewedBy"], told["via"]) == ("approved", "github:ada", "github")
    assert told["reviewedAt"] == "2026-03-01T12:00:01Z"


# what each act makes of a question; ada is the third on GitHub, after mona and hubot; a number is the refusal
STATES = """
              approve   decline   withdraw  assume    ada-same  ada-else  mona-gives-way
pending       approved  declined  pending   pending   approved  declined  pending
approved      approved  declined  approved  409       approved  conflict  pending
by-rest       approved  declined  pending   409       approved  conflict  approved
declined      approved  declined  declined  declined  declined  conflict  pending
rest-declined approved  declined  pending   declined  declined  conflict  declined
conflict      approved  declined  conflict  409       conflict  conflict  declined
corrections   approved  declined  conflict  conflict  conflict  conflict  declined
against-rest  approved  declined  declined  409       conflict  conflict  approved
"""
# who says what before that, the key by REST and people on GitHub
BEFORE: dict[str, list[tuple[str, str, str | None]]] = {
    "pending": [],
    "approved": [("mona", "approved", None)],
    "by-rest": [("key", "approved", None)],
    "declined": [("mona", "declined", "No")],
    "rest-declined": [("key", "declined", "No")],
    "conflict": [("mona", "approved", None), ("hubot", "declined", "No")],
    "corrections": [("mona", "declined", "Never"), ("hubot", "declined", "No")],
    "against-rest": [("key", "approved", None), ("mona", "declined", "No")],
}


@on_sqlite
def test_every_act_in_every_state_of_a_question(rest: Rest, frozen: Clock) -> None:
    head, *rows = STATES.strip().splitlines()
    for row in rows:
        state, *outcomes = row.split()
        for act, outcome in zip(head.split(), outcomes, strict=True):
            session, [question] = rest.asked({})
            for login, status, correction in BEFORE[state]:
                say(rest, question, login, status, correction)
                frozen.forward(seconds=1)
            before = of(rest.get(f"/session-questions/{question.id}"))
            answer = do(rest, question, act, BEFORE[state])
            after = of(rest.get(f"/session-questions/{question.id}"))
            told = "conflict" if after["conflict"] else after["status"]
            if outcome == "409":
                refused(answer, 409, "CONFLICT", "assumption")
                assert after == before, (state, act)
            else:
                assert told == outcome, (state, act)
            reviewed = of(rest.get(f"/answering-sessions/{session.id}"))["reviewedCount"]
            assert reviewed == (told in ("approved", "declined")), (state, act)


def say(rest: Rest, question: SessionQuestion, login: str, status: str, correction: str | None) -> None:
    if login == "key":
        path = f"/session-questions/{question.id}/review"
        of(rest.put(path, status=status, correction=correction))
    else:
        vote(rest, question, login, status, correction)


def do(rest: Rest, question: SessionQuestion, act: str, said: list[tuple[str, str, str | None]]) -> Any:
    """One act of the table; an answer where it is a request."""
    path = f"/session-questions/{question.id}"
    if act == "ada-same":
        return vote(rest, question, "ada", *(said[0][1:] if said else ("approved", None)))
    if act == "ada-else":
        return vote(rest, question, "ada", "declined", "Something else")
    if act == "mona-gives-way":
        return take_back(rest, question, "mona")
    if act == "withdraw":
        return rest.post(f"{path}/withdraw")
    if act == "assume":
        return rest.put(f"{path}/assumption", assumption="Another one.")
    return rest.put(f"{path}/review", **({"status": "approved"} if act == "approve" else DECLINED))


def test_no_approval_comes_back_for_another_text(rest: Rest, frozen: Clock) -> None:
    _, [question] = rest.asked({})
    path = f"/session-questions/{question.id}"
    vote(rest, question, "mona", "approved")
    vote(rest, question, "hubot", "declined", "No")
    refused(rest.put(f"{path}/assumption", assumption="Another text."), 409, "CONFLICT", "assumption")
    frozen.forward(seconds=1)
    rest.put(f"{path}/review", status="declined", correction="No")
    assert of(rest.put(f"{path}/assumption", assumption="Another text."))["status"] == "declined"
    rest.post(f"{path}/withdraw")
    take_back(rest, question, "hubot")
    assert of(rest.get(path))["status"] == "pending"


def test_a_review_in_conflict_with_a_later_vote_does_not_cover_another_text(
    rest: Rest, frozen: Clock
) -> None:
    _, [question] = rest.asked({})
    path = f"/session-questions/{question.id}"
    rest.put(f"{path}/review", status="approved")
    frozen.forward(seconds=1)
    vote(rest, question, "hubot", "declined", "No")
    refused(rest.put(f"{path}/assumption", assumption="Another text."), 409, "CONFLICT", "assumption")


def test_a_review_by_rest_never_ends_the_session_by_itself(rest: Rest, frozen: Clock) -> None:
    session, [question] = rest.asked({})
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    with rest.db.read() as tx:
        assert questions.settled(tx, answering.get(tx, rest.mine.id, session.id), timedelta()) is None


def test_of_many_reviews_at_once_one_holds_whole(rest: Rest) -> None:
    session, [question, other] = rest.asked({}, {})
    path = f"/session-questions/{question.id}/review"
    declines = [("PUT", path, {"status": "declined", "correction": f"No {number}"}) for number in range(3)]
    for _ in range(3):
        answers = rest.at_once(*declines, ("PUT", path, {"status": "approved"}))
        assert [answer.status_code for answer in answers] == [200] * 4
        last = of(rest.get(f"/session-questions/{question.id}"))
        assert last in [of(answer) for answer in answers]
        counted = of(rest.get(f"/answering-sessions/{session.id}"))
        assert (counted["questionCount"], counted["reviewedCount"]) == (2, 1)
    assert of(rest.get(f"/session-questions/{other.id}"))["status"] == "pending"


def test_a_review_and_the_end_of_reviewing_at_once(rest: Rest) -> None:
    for _ in range(4):
        session, [question] = rest.asked({})
        path, status = f"/session-questions/{question.id}", f"/answering-sessions/{session.id}/status"
        of(rest.put(f"{path}/review", status="approved"))
        withdrawn, ended = ("POST", f"{path}/withdraw", {}), ("PUT", status, {"status": "reviewed"})
        codes = {answer.request.method: answer.status_code for answer in rest.at_once(withdrawn, ended)}
        assert sorted(codes.values()) == [200, 409]
        told = of(rest.get(path))["status"], of(rest.get(f"/answering-sessions/{session.id}"))["status"]
        assert told == (("pending", "active") if codes["POST"] == 200 else ("approved", "reviewed"))
