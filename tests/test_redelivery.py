"""Events that did not reach us are asked for again, once each."""

from __future__ import annotations

import pytest

from bot.jobs.deliveries import ATTEMPTS
from tests.github_side import Side, side_of
from tests.house import House
from tests.rounds import filed

AGAIN = ("POST", "/app/hook/deliveries/*/attempts")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def side(house: House, monkeypatch: pytest.MonkeyPatch) -> Side:
    return side_of(house, monkeypatch)


def test_what_people_did_while_the_server_was_down_counts_once_it_is_back(house: House, side: Side) -> None:
    [flaw] = filed(house, "Cart forgets items")
    [there] = house.issues()
    up = house.github.deliver
    house.github.deliver = lambda *_: 502
    house.mona.edits_issue(there, title="Cart forgets some")
    house.mona.edits_issue(there, title="Cart forgets all")
    house.mona.comments(there, "/askfirst dismiss")
    side.turned.forward(hours=50)
    house.github.deliver = up
    side.restarts()
    issue = house.get("/issues/get", id=flaw)["data"]
    assert (issue["title"], issue["status"]) == ("Cart forgets all", "dismissed")
    assert house.fake.count(*AGAIN) == 3
    side.an_hour_later()
    assert house.fake.count(*AGAIN) == 3 and house.unfinished() == []


def test_what_came_in_though_github_heard_no_answer_is_not_asked_for(house: House, side: Side) -> None:
    up = house.github.deliver
    assert up is not None
    house.github.deliver = lambda *delivery: up(*delivery) and 504
    house.mona.comments(house.mona.opens_issue(house.repository, "Slow"), "/askfirst help")
    house.settle()
    side.an_hour_later()
    assert house.fake.count(*AGAIN) == 0


def test_what_fails_each_time_is_given_up(house: House, side: Side) -> None:
    house.github.deliver = lambda *_: 401
    house.mona.opens_issue(house.repository, "Slow")
    for _ in range(2 * ATTEMPTS):
        side.restarts()
    assert house.fake.count(*AGAIN) == ATTEMPTS - 1


def test_the_list_is_read_to_its_end_or_to_what_was_seen(house: House, side: Side) -> None:
    up = house.github.deliver
    house.github.deliver = lambda *_: 502
    for number in range(101):
        house.mona.opens_issue(house.repository, f"Slow {number}")
    house.github.deliver = up
    side.restarts()
    assert house.fake.count(*AGAIN) == 101
    assert house.fake.count("GET", "/app/hook/deliveries") == 2
