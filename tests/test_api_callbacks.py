"""Questions from outside: the callback of an answering session, with an API key or with its token."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.config import Config
from bot.domain import findings, projects, sessions
from bot.store.db import Database
from bot.store.models import AnsweringSession, IssueSession
from tests.conftest import Clock
from tests.rest import Rest, refused

ASKED = {"externalId": "q1", "question": "May the default change?", "assumption": "Yes, it may."}
CHOICE = [
    {"text": "Leave it alone.", "leaves": True},
    {"text": "Yes, it may.", "recommended": True},
]
STATUS = {
    "reviewed": ["reviewed"],
    "completed": ["reviewed", "completed"],
    "reopened": ["reviewed", "active"],
}

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


class Outside:
    """A session that an outside agent asks in."""

    def __init__(self, rest: Rest, issues: int = 1, **body: Any) -> None:
        self.rest, self.issues = rest, [rest.issue().id for _ in range(issues)]
        body = body or {"issueIds": self.issues}
        self.made: dict[str, Any] = of(rest.post("/answering-sessions", agent=False, **body))
        self.id, self.token = self.made["id"], self.made["callbackToken"]
        self.path = f"/answering-sessions/{self.id}"

    def ask(self, *questions: dict[str, Any], key: str | None = None) -> TestResponse:
        return self.rest.call("POST", f"{self.path}/questions", key, json={"questions": list(questions)})

    def set(self, status: str) -> dict[str, Any]:
        return of(self.rest.put(f"{self.path}/status", status=status))

    @property
    def session(self) -> dict[str, Any]:
        return of(self.rest.get(self.path))

    @property
    def questions(self) -> list[dict[str, Any]]:
        return list(of(self.rest.get("/session-questions", answeringSessionId=self.id)))

    def approve(self) -> None:
        reviews = [{"id": one["id"], "status": "approved"} for one in self.questions]
        of(self.rest.post("/session-questions/review", reviews=reviews))


def of(answer: TestResponse) -> Any:
    """The object of an answer that must be a success."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json["data"]


def named(*names: str) -> list[dict[str, Any]]:
    return [ASKED | {"externalId": name} for name in names]


def test_the_token_is_shown_once_and_kept_as_a_hash(rest: Rest) -> None:
    outside = Outside(rest)
    assert re.fullmatch("cb_[0-9A-Za-z]{43}", outside.token)
    assert (outside.session["status"], outside.session["runId"]) == ("pending", None)
    assert outside.session == {name: told for name, told in outside.made.items() if name != "callbackToken"}
    with rest.db.read() as tx:
        row = tx.scalars(select(AnsweringSession)).one()
        assert row.callback_digest == hashlib.sha256(outside.token.encode()).hexdigest()
        assert outside.token not in str(vars(row))
    assert Outside(rest).token != outside.token


def test_the_first_questions_turn_it_active(rest: Rest) -> None:
    outside = Outside(rest, issues=2)
    told = of(outside.ask(*named("a", "b"), key=outside.token))
    assert told == outside.session and (told["status"], told["questionCount"]) == ("active", 2)
    full = {
        "externalId": "c", "question": "Which?", "assumption": "Yes, it may.", "options": CHOICE, "evidence": "cart.py",
        "issueIds": outside.issues[1:] * 2, "blocking": False, "confidence": "High",
    }  # fmt: skip
    assert of(outside.ask(full))["questionCount"] == 3
    first, second, third = outside.questions
    assert [one["number"] for one in (first, second, third)] == [1, 2, 3]
    defaults = {"options": [], "confidence": None, "evidence": None, "blocking": True, "status": "pending"}
    assert (defaults | {"issueIds": outside.issues, "assumption": "Yes, it may."}).items() <= first.items()
    given = {"issueIds": outside.issues[1:], "blocking": False, "confidence": "high", "evidence": "cart.py"}
    assert given.items() <= third.items()


def test_a_repeat_changes_nothing_and_another_text_is_refused(rest: Rest) -> None:
    outside = Outside(rest)
    assert of(outside.ask(ASKED))["questionCount"] == 1
    path = f"/session-questions/{outside.questions[0]['id']}"
    of(rest.put(f"{path}/assumption", assumption="Never."))
    of(rest.put(f"{path}/review", status="approved"))
    before = (outside.session, outside.questions)
    assert of(outside.ask(ASKED, key=outside.token)) == before[0]
    assert of(outside.ask(ASKED | {"issueIds": outside.issues, "blocking": True}, ASKED)) == before[0]
    for other in ({"question": "Else?"}, {"assumption": "No."}, {"blocking": False}, {"options": CHOICE}):
        answer = outside.ask(*named("new"), ASKED | other)
        refused(answer, 409, "CONFLICT", "questions.1.externalId")
    refused(outside.ask(*named("x"), ASKED | {"externalId": "x", "question": "?"}), 409, "CONFLICT",
            "questions.1.externalId")  # fmt: skip
    assert (outside.session, outside.questions) == before
    assert of(outside.ask(ASKED, *named("q2")))["questionCount"] == 2


def test_a_token_is_good_for_its_session_alone(rest: Rest) -> None:
    outside, other = Outside(rest), Outside(rest)
    wrong = ["cb_", outside.token[:-1], outside.token + "x", f"cb_{'A' * 43}", outside.token.swapcase()]
    for token in (*wrong, other.token):
        answer = outside.ask(ASKED, key=token)
        refused(answer, 401, "AUTH_INVALID")
        assert "invalid_token" in answer.headers["WWW-Authenticate"]
    refused(
        rest.call("POST", f"/answering-sessions/as_{'0' * 26}/questions", outside.token), 401, "AUTH_INVALID"
    )
    for method, path in (
        ("GET", "/whoami"), ("GET", outside.path), ("PUT", f"{outside.path}/status"), ("DELETE", outside.path),
        ("GET", "/answering-sessions"), ("POST", "/session-questions/review"), ("POST", "/issues/create"),
    ):  # fmt: skip
        refused(rest.call(method, path, outside.token), 401, "AUTH_INVALID")
    refused(outside.ask(ASKED, key=rest.new_key("answering-sessions:read")), 403, "SCOPE_DENIED")
    refused(outside.ask(ASKED, key=rest.new_key(project=rest.theirs)), 404, "NOT_FOUND", "id")
    assert outside.questions == [] and of(outside.ask(ASKED, key=outside.token))


def test_what_was_asked_with_a_token_is_told_in_the_audit_trail(rest: Rest) -> None:
    outside = Outside(rest)
    of(outside.ask(ASKED, key=outside.token))
    of(outside.ask(*named("q2")))
    lines = of(rest.get("/events/list", objectId=outside.id))
    told = [(line["by"], line["action"]) for line in lines]
    asked = "answering-sessions/questions"
    assert told == [
        ("key:ci", asked), (f"callback:{outside.id}", asked), ("key:ci", "answering-sessions/create"),
    ]  # fmt: skip


def test_a_callback_is_answered_once_for_its_idempotency_key(rest: Rest) -> None:
    outside = Outside(rest)
    sent = {"json": {"questions": [ASKED]}, "headers": {"Idempotency-Key": "1"}}
    first, again = [rest.call("POST", f"{outside.path}/questions", outside.token, **sent) for _ in range(2)]
    assert (first.status_code, first.data) == (200, again.data)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_token_lasts_seven_days(rest: Rest, frozen: Clock) -> None:
    outside = Outside(rest)
    frozen.forward(days=7, seconds=-1)
    assert of(outside.ask(*named("a"), key=outside.token))["status"] == "active"
    frozen.forward(seconds=1)
    refused(outside.ask(*named("b"), key=outside.token), 401, "AUTH_INVALID")
    assert of(outside.ask(*named("b")))["questionCount"] == 2, "a key goes on"


@on_sqlite
@pytest.mark.parametrize("how", [*STATUS, "empty", "archived", "restored"])
def test_a_token_ends_for_good_when_its_session_leaves_active(rest: Rest, how: str) -> None:
    outside = Outside(rest)
    if how == "empty":
        outside.set("reviewed")
    else:
        of(outside.ask(ASKED))
        outside.approve()
    for status in STATUS.get(how, []):
        outside.set(status)
    if how in ("archived", "restored"):
        of(rest.delete(outside.path))
    if how == "restored":
        of(rest.post(f"{outside.path}/restore"))
    refused(outside.ask(*named("late"), key=outside.token), 401, "AUTH_INVALID")
    answer = outside.ask(*named("late"))
    if how in ("reopened", "restored"):
        assert of(answer)["questionCount"] == 2
    else:
        refused(answer, 409, "CONFLICT", "id")


WRONG: list[tuple[str, Any]] = [
    ("questions.0.externalId", {"externalId": ""}), ("questions.0.externalId", {"externalId": "x" * 201}),
    ("questions.0.externalId", {"externalId": 1}), ("questions.0.question", {"question": " "}),
    ("questions.0.question", {"question": "x" * 20_001}), ("questions.0.question", {"question": "a\0b"}),
    ("questions.0.assumption", {"assumption": None}), ("questions.0.evidence", {"evidence": "x" * 20_001}),
    ("questions.0.confidence", {"confidence": "sure"}), ("questions.0.blocking", {"blocking": "yes"}),
    ("questions.0.issueIds", {"issueIds": []}), ("questions.0.why", {"why": "Because."}),
    ("questions.0.options", {"options": [{"text": str(number)} for number in range(6)]}),
    ("questions.0.options", {"options": [{"text": "Same."}, {"text": "same."}]}),
    ("questions.0.options", {"options": [{"text": "x", "recommended": True}, {"text": "y", "recommended": True}]}),
    ("questions.0.options", {"options": [{"text": "x", "letter": "B"}]}),
    ("questions.0.options", {"options": [{"text": "x", "letter": "A"}, {"text": "y"}]}),
    ("questions.0.options.0.letter", {"options": [{"text": "x", "letter": "F"}]}),
    ("questions.0.options.0.text", {"options": [{"text": ""}]}),
    ("questions.0.options.0.leaves", {"options": [{"text": "x", "leaves": 1}]}),
]  # fmt: skip


@on_sqlite
def test_what_is_wrong_is_named_and_nothing_is_added(rest: Rest) -> None:
    outside = Outside(rest)
    for field, wrong in WRONG:
        refused(outside.ask(ASKED | wrong, *named("q2")), 400, "VALIDATION", field)
    for missing in ASKED:
        rest_of_it = {name: told for name, told in ASKED.items() if name != missing}
        refused(outside.ask(*named("q2"), rest_of_it), 400, "VALIDATION", f"questions.1.{missing}")
    path = f"{outside.path}/questions"
    for body in ({}, {"questions": []}, {"questions": ASKED}, {"questions": [ASKED] * 101}):
        refused(rest.post(path, **body), 400, "VALIDATION", "questions")
    assert outside.questions == [] and outside.session["status"] == "pending"


@on_sqlite
def test_options_get_letters_with_the_recommended_one_first(rest: Rest) -> None:
    outside = Outside(rest)
    own = [{"letter": letter, **option} for letter, option in zip("AB", CHOICE, strict=True)]
    of(outside.ask(ASKED | {"options": CHOICE}, *named("q2")[:1], {**named("q3")[0], "options": own}))
    lettered, without, as_given = [one["options"] for one in outside.questions]
    letters = [(one["letter"], one["text"], one["recommended"], one["leaves"]) for one in lettered]
    assert letters == [("A", "Yes, it may.", True, False), ("B", "Leave it alone.", False, True)]
    assert without == [] and [one["text"] for one in as_given] == [one["text"] for one in CHOICE]
    asked = f"/session-questions/{outside.questions[0]['id']}/review"
    assert of(rest.put(asked, status="declined", correction="b"))["answer"] == "Leave it alone."


@on_sqlite
def test_a_letter_is_the_option_of_that_letter_whatever_the_texts(rest: Rest) -> None:
    outside = Outside(rest)
    of(outside.ask(ASKED | {"options": [{"text": "B"}, {"text": "Plan A"}]}))
    asked = f"/session-questions/{outside.questions[0]['id']}/review"
    assert of(rest.put(asked, status="declined", correction="B"))["answer"] == "Plan A"


def test_questions_are_about_what_the_session_is_about(rest: Rest) -> None:
    outside, other = Outside(rest, issues=2), rest.issue().id
    gone, theirs = outside.issues[1], rest.issue(rest.theirs).id
    of(rest.post("/issues/delete", issueId=gone))
    for issue in (other, theirs, gone, "nonsense", f"iss_{'0' * 26}"):
        one = named("b")[0] | {"issueIds": [outside.issues[0], issue]}
        refused(outside.ask(*named("a"), one), 404, "NOT_FOUND", "questions.1.issueIds")
    assert outside.questions == []


def test_a_session_has_at_most_100_questions(rest: Rest) -> None:
    outside = Outside(rest)
    of(outside.ask(*named(*map(str, range(99)))))
    refused(outside.ask(*named("99", "100")), 409, "CONFLICT", "questions")
    assert of(outside.ask(*named("0", "99")))["questionCount"] == 100
    refused(outside.ask(*named("100")), 409, "CONFLICT", "questions")
    assert of(outside.ask(*named("0")))["questionCount"] == 100


def test_asking_waits_for_the_end_of_the_issue_session(rest: Rest) -> None:
    scan = rest.session()
    issue = rest.issue(session_id=scan.id).id
    outside = Outside(rest, issueSessionId=scan.id)
    assert "wait" in refused(outside.ask(ASKED, key=outside.token), 409, "CONFLICT", "id")["message"]
    complete(rest, scan)
    assert of(outside.ask(ASKED, key=outside.token))["status"] == "active"
    assert outside.questions[0]["issueIds"] == [issue]
    again = Outside(rest, issueSessionId=scan.id)
    of(again.ask(ASKED))
    assert again.questions[0]["issueIds"] == [issue]


def test_after_an_issue_session_that_came_to_nothing_nobody_asks(rest: Rest) -> None:
    scan = rest.session()
    outside = Outside(rest, issueSessionId=scan.id)
    of(rest.post("/issue-sessions/cancel", sessionId=scan.id))
    assert "nothing to ask about" in outside.session["error"]
    refused(outside.ask(ASKED), 409, "CONFLICT", "id")
    refused(rest.post(f"{outside.path}/retry"), 409, "CONFLICT", "issueSessionId")


def complete(rest: Rest, scan: IssueSession) -> None:
    with rest.db.write() as tx:
        project, session = projects.find(tx, "mine"), sessions.get(tx, rest.mine.id, scan.id, lock=True)
        scope = findings.Scope("c" * 40, "Done.", frozenset(), covers=lambda rule, path: True)
        sessions.complete(tx, project, session, [], scope)


def test_a_blocking_question_from_outside_stops_the_work_on_its_issue(rest: Rest) -> None:
    outside = Outside(rest, issues=2)
    of(outside.ask(ASKED | {"issueIds": outside.issues[:1]}, key=outside.token))
    asked, free = outside.issues
    error = refused(rest.post("/runs/create", issueId=asked), 409, "CONFLICT", "issueId")
    assert "May the default change?" in error["message"]
    assert rest.post("/runs/create", issueId=free).status_code == 201
    outside.approve()
    assert rest.post("/runs/create", issueId=asked).status_code == 201


def test_it_stays_reviewed_until_the_outside_agent_completes_it(rest: Rest) -> None:
    outside = Outside(rest)
    of(outside.ask(ASKED | {"options": CHOICE}))
    outside.approve()
    assert outside.set("reviewed")["status"] == "reviewed"
    assert outside.session["answersDigest"] is None and of(rest.get("/issues/list"))[0]["answers"] == []
    assert outside.set("active")["status"] == "active"
    [question] = outside.questions
    of(rest.put(f"/session-questions/{question['id']}/review", status="declined", correction="B"))
    outside.set("reviewed")
    done = outside.set("completed")
    assert done["status"] == "completed" and len(done["answersDigest"]) == 64
    issue = of(rest.get("/issues/get", id=outside.issues[0]))
    assert issue["answers"] == [{"question": ASKED["question"], "answer": "Leave it alone."}]
    assert (issue["status"], issue["resolution"]) == ("dismissed", "not_planned")
    refused(rest.put(f"{outside.path}/status", status="active"), 409, "CONFLICT", "status")
