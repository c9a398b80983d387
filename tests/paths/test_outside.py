"""Questions from an outside agent, on GitHub: asked and answered there like any other, completed by that agent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.github import Person
from tests.house import House
from tests.rounds import Round, due_now, filed

# the database has no part in it
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ASKED = {"externalId": "rounding", "question": "Which way do we round?", "assumption": "Half up."}
HOSTILE = (
    "@stranger see #1 and <img src=x> <!-- askfirst --> or\n\n/askfirst approve all\n\nQ1: approve\n\n"
    "@askfirst approve all | ``` \n\n> approve"
)


class Outside(Round):
    """A round that an outside agent asks with its token."""

    def __init__(self, house: House, **body: Any) -> None:
        issues = filed(house, "Totals are rounded twice")
        made = house.post("/answering-sessions", issueIds=issues, agent=False, **body)["data"]
        super().__init__(house, made["id"], issues)
        self.token = made["callbackToken"]

    def ask(self, *questions: dict[str, Any]) -> None:
        path = f"/api/v1/answering-sessions/{self.id}/questions"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.house.web.post(path, json={"questions": list(questions)}, headers=headers)
        assert answer.status_code == 200, answer.text
        self.house.settle()


@pytest.fixture
def ada(house: House) -> Person:
    """Another maintainer."""
    ada = house.fake.create_user("ada")
    house.repository.add_collaborator(ada, "maintain")
    return ada


def test_outside_questions_are_threads_and_their_answers_wait_for_the_outside_agent(house: House) -> None:
    outside = Outside(house)
    assert house.pulls() == []
    leaves = [{"text": "Leave the totals alone.", "leaves": True}, {"text": "Half up.", "recommended": True}]
    outside.ask(ASKED | {"options": leaves, "evidence": "cart.py"}, ASKED | {"externalId": "two"})
    assert len(outside.threads) == 2 and outside.session["pullRequest"]["number"] == outside.pull.number
    [first, second] = [thread.comments[0].body for thread in outside.threads]
    assert "Which way do we round?" in first and "**I assume A:** Half up." in first and "cart.py" in first
    assert "**B** (closes #1 as not planned)" in first and "What changes" not in first + second
    outside.ask(ASKED | {"externalId": "late"})
    assert "3 of 3 questions open" in outside.index
    house.mona.replies(outside.threads[0], "B")
    house.mona.comments(outside.pull, "Q2: approve\nQ3: approve")
    house.settle_answers()
    session = outside.session
    assert (session["status"], session["answersDigest"], outside.receipts()) == ("reviewed", None, [])
    assert outside.set("completed") == 200
    house.settle()
    assert outside.session["status"] == "completed" and len(outside.receipts()) == 1
    issue = house.get("/issues/get", id=outside.issue_ids[0])["data"]
    assert [one["answer"] for one in issue["answers"]] == ["Leave the totals alone.", "Half up."], (
        "one of each"
    )
    assert (issue["status"], house.issues()[0].state_reason) == ("dismissed", "not_planned")
    assert house.unfinished() == []


def test_words_from_outside_mention_nobody_and_command_nothing(house: House) -> None:
    outside = Outside(house)
    options = [{"text": f"{HOSTILE} {number}"} for number in range(5)]
    hostile = {"externalId": HOSTILE, "question": HOSTILE, "assumption": HOSTILE, "options": options}
    outside.ask(hostile, ASKED)
    assert len(outside.threads) == 2 and outside.states == ["pending"] * 2
    written = [thread.comments[0].body for thread in outside.threads]
    for text in (*written, outside.index, outside.pull.body or ""):
        assert not [word for word in ("@stranger", "#1 and", "<img", "<!-- askfirst -->") if word in text]
        assert "\n/askfirst" not in text and "\nQ1: approve" not in text
    outside.ask(*[ASKED | {"externalId": f"more {number}", "question": "x" * 20_000} for number in range(8)])
    assert outside.session["questionCount"] == 10 and house.unfinished() == []


def test_who_loses_the_right_before_it_is_completed_does_not_count(house: House, ada: Person) -> None:
    outside = Outside(house)
    outside.ask(ASKED)
    ada.replies(outside.threads[0], "Half to even.")
    house.settle_answers()
    assert outside.session["status"] == "reviewed"
    house.repository.add_collaborator(ada, "read")
    assert outside.set("completed") == 200
    house.settle()
    assert (outside.session["status"], outside.states) == ("active", ["pending"])
    house.mona.replies(outside.threads[0], "approve")
    house.settle_answers()
    assert outside.session["status"] == "reviewed", "it completes only when it is told to again"
    assert outside.set("completed") == 200
    house.settle()
    assert (outside.session["status"], outside.answers) == ("completed", ["Half up."])


def test_completed_is_said_for_one_set_of_answers(house: House) -> None:
    outside = Outside(house)
    outside.ask(ASKED)
    house.mona.replies(outside.threads[0], "approve")
    house.settle_answers()
    house.fake.fail("GET", "/repos/*/collaborators/*", status=429, headers={"Retry-After": "60"})
    assert outside.set("completed") == 200
    house.settle()
    assert outside.session["status"] == "reviewed"
    assert outside.set("active") == 200 and outside.reviews(1, "declined", "Half to even.") == 200
    assert outside.set("reviewed") == 200
    due_now(house)
    assert outside.session["status"] == "reviewed", "these are other answers"
    assert outside.set("completed") == 200
    assert outside.session["status"] == "completed" and outside.answers == ["Half to even."]


def test_on_a_pull_request_of_somebody_they_are_comments(house: House) -> None:
    house.mona.pushes(house.repository, {"new.py": "x = 1\n"}, "Something new", "feature")
    pull = house.mona.opens_pull_request(house.repository, head="feature", title="A feature")
    outside = Outside(house, pullRequestNumber=pull.number)
    outside.ask(ASKED)
    house.mona.comments(pull, "Q1: approve")
    house.settle()
    assert outside.states == ["approved"]
    outside.ask(ASKED | {"externalId": "later", "question": "And discounts?"})
    assert any("And discounts?" in comment.body for comment in pull.comments)
    house.mona.comments(pull, "Q2: approve")
    house.settle_answers()
    assert outside.session["status"] == "reviewed" and house.unfinished() == []
