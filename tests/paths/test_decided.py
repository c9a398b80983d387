"""How a conflict ends: by a maintainer's word, by taking all answers back, and what each shows."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import answering, projects, questions
from bot.domain.errors import Conflict
from bot.domain.votes import Source, Voter
from bot.store.models import Project
from tests.fakes.github import Person
from tests.house import House
from tests.paths.test_clarify import ASSUMED, LEFT
from tests.rounds import Round, asked, said, ticking

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def ada(house: House) -> Person:
    """Another maintainer, on a GitHub where each act has a second of its own."""
    ticking(house)
    ada = house.fake.create_user("ada")
    house.repository.add_collaborator(ada, "maintain")
    return ada


def command(house: House, round: Round, act: str, by: Person | None = None, *said: Any) -> None:
    """What a command of a maintainer's comes to, once it is allowed."""
    with house.db.write() as tx:
        project: Project = projects.find(tx, "mona/shop")
        session = answering.get(tx, project.id, round.id, lock=True)
        [question] = answering.questions(tx, session.id)
        at = house.fake.clock().replace(microsecond=0)
        source = Source(f"comment:{house.fake.next_id()}", "https://github.test/command", at)
        voter = [Voter(by.login, by.account.id)] if by else []
        getattr(questions, act)(tx, project, session, question, *voter, source, *said)
    house.settle()


def disputed(house: House, ada: Person) -> Round:
    round = asked(house, {})
    house.mona.replies(round.threads[0], "approve")
    ada.replies(round.threads[0], "In UTC.")
    house.settle()
    assert round.states == ["conflict"]
    assert "/askfirst decide Q1: …" in said(round.threads[0])[0]
    return round


def test_a_maintainers_word_ends_it(house: House, ada: Person) -> None:
    round = disputed(house, ada)
    command(house, round, "decide", ada, "declined", LEFT)
    [question] = round.questions
    assert (question["status"], question["answer"], question["conflict"]) == ("declined", LEFT, False)
    assert (question["reviewedBy"], question["via"]) == ("github:ada", "github")
    assert (
        f"Decided by [`ada`](https://github.test/command), instead of what I assume:\n\n> {LEFT}"
        in said(round.threads[0])[-1]
    )
    assert "corrected by [`ada`](https://github.test/command)" in round.index
    house.settle_answers()
    assert (
        round.session["status"] == "completed"
        and "[decision](https://github.test/command)" in round.receipts()[0]
    )


def test_who_disagrees_later_disputes_it_again_and_who_decided_may_take_it_back(
    house: House, ada: Person
) -> None:
    round = disputed(house, ada)
    command(house, round, "decide", house.mona, "approved")
    assert round.answers == [ASSUMED]
    ada.replies(round.threads[0], "B")
    house.settle_answers()
    assert (
        round.states == ["conflict"] and "[here](https://github.test/command)" in said(round.threads[0])[-1]
    )
    house.mona.replies(round.threads[0], "withdraw")
    house.settle()
    assert round.answers == [LEFT], "ada alone is left"


def test_who_may_not_decide_any_more_at_the_freeze_has_not_decided(house: House, ada: Person) -> None:
    round = disputed(house, ada)
    command(house, round, "decide", ada, "declined", LEFT)
    house.repository.add_collaborator(ada, "write")
    house.settle_answers()
    assert round.states == ["conflict"] and round.session["status"] == "active", "both still have their say"
    house.repository.add_collaborator(ada, "read")
    command(house, round, "decide", ada, "declined", LEFT)
    house.settle_answers()
    assert round.answers == [ASSUMED] and round.session["status"] == "active", (
        "who is left may still be wrong"
    )
    house.settle_answers()
    assert round.session["status"] == "completed"


def test_all_answers_are_taken_back_at_once_until_they_are_fixed(house: House, ada: Person) -> None:
    round = disputed(house, ada)
    command(house, round, "reopen")
    assert round.states == ["pending"] and round.questions[0]["votes"] == []
    assert "Q1 is open again" in said(round.threads[0])[-1] and "1 of 1 question open" in round.index
    ada.replies(round.threads[0], "In local time.")
    house.settle()
    assert round.answers == ["In local time."], "a first answer in any words, as before"
    house.settle_answers()
    for act, by, *words in (("reopen", None), ("decide", ada, "approved")):
        with pytest.raises(Conflict, match="completed"):
            command(house, round, act, by, *words)
    assert round.answers == ["In local time."]


def test_going_on_names_what_is_open(house: House, ada: Person) -> None:
    round = asked(house, {}, {}, {})
    house.mona.replies(round.threads[0], "approve")
    house.mona.replies(round.threads[1], "approve")
    ada.replies(round.threads[1], "B")
    house.settle()
    with house.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        session = answering.get(tx, project.id, round.id, lock=True)
        with pytest.raises(Conflict, match=r"Q2 \(in conflict\), Q3\. "):
            answering.review(tx, project, session)
    assert round.session["status"] == "active"
