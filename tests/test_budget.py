"""GitHub's limits: kept to by all processes together, used to the full, and people go first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.domain import answering, issues, projects
from bot.github.budget import Budget
from bot.github.limits import Heard
from tests.conftest import Clock
from tests.rounds import QUESTION
from tests.simulated import Simulated, least_seconds

PLENTY = Heard(5000, 4000, 2e9)
NOWHERE = "redis://127.0.0.1:1"


class Desk:
    """The budget of one installation, as a process sees it; its clock is turned by hand."""

    def __init__(self, redis_url: str) -> None:
        self.now = 1_000_000.0
        self.budget = Budget(redis_url, lambda: self.now)
        self.colleague = Budget(redis_url, lambda: self.now)  # of another process

    def asks(self, ticket: str, *, bulk: bool = False, creates: bool = True) -> float:
        """How long this ticket must wait for its turn to write."""
        return round(self.budget.turn(1, ticket, first=not bulk, creates=creates), 6)

    def writes(
        self, ticket: str, *, bulk: bool = False, creates: bool = True, heard: Heard = PLENTY
    ) -> float:
        """Ask, and where there is nothing to wait for, write and be answered."""
        if not (wait := self.asks(ticket, bulk=bulk, creates=creates)):
            self.budget.heard(1, ticket, heard, wrote=True)
        return wait

    def refused(self, seconds: float = 60.0, *, named: bool = False) -> float:
        return self.budget.refused(1, "x", seconds, named=named, wrote=False)

    def reads(self, times: int, *, bulk: bool = False) -> list[float]:
        """How long each of so many reads must wait."""
        return [round(self.budget.read(1, first=not bulk), 6) for _ in range(times)]


@pytest.fixture
def redis(redis_url: str) -> Iterator[str]:
    Redis.from_url(redis_url).flushdb()
    yield redis_url
    Redis.from_url(redis_url).flushdb()


@pytest.fixture
def desk(redis: str) -> Desk:
    return Desk(redis)


@pytest.fixture(params=["with Redis", "without"])
def any_desk(request: pytest.FixtureRequest, redis: str) -> Desk:
    """What holds for all processes together holds for each without Redis."""
    desk = Desk(redis if request.param == "with Redis" else NOWHERE)
    desk.writes("the first", creates=False)
    desk.now += 1
    return desk


def test_a_second_lies_between_two_writes(any_desk: Desk) -> None:
    assert any_desk.writes("a") == 0
    any_desk.now += 0.4
    assert any_desk.writes("b") == 0.6
    any_desk.now += 0.6
    assert any_desk.writes("b") == 0


def test_the_hour_has_500_creations_and_bulk_leaves_some(desk: Desk) -> None:
    for number in range(450):
        assert desk.writes(f"bulk {number}", bulk=True) == 0
        desk.now += 1
    assert desk.writes("more bulk", bulk=True) == 3601 - 450
    assert desk.writes("an edit", bulk=True, creates=False) == 0, "which is no creation"
    for number in range(50):
        desk.now += 1
        assert desk.writes(f"person {number}") == 0
    desk.now += 1
    assert desk.writes("one too many") == 3601 - 450 - 51


def test_without_redis_the_hour_is_kept_to_as_well() -> None:
    desk = Desk(NOWHERE)
    for number in range(450):
        assert desk.writes(f"bulk {number}", bulk=True) == 0
        desk.now += 1
    assert desk.writes("more") == 3601 - 450


def test_900_points_a_minute_and_bulk_leaves_some(desk: Desk) -> None:
    assert desk.writes("a") == 0
    assert desk.reads(796, bulk=True) == [0] * 795 + [61]
    assert desk.reads(101) == [0] * 100 + [61]
    desk.now += 30
    assert desk.writes("b") == 31
    desk.now += 31
    assert desk.writes("b") == 0


def test_the_requests_of_the_hour_and_bulk_leaves_some(desk: Desk) -> None:
    assert desk.writes("a", heard=Heard(5000, 501, desk.now + 900)) == 0
    assert desk.reads(1, bulk=True) == [0]
    desk.budget.heard(1, "x", Heard(5000, 500, desk.now + 900), wrote=False)
    assert desk.reads(1, bulk=True) == [900] and desk.reads(1) == [0]
    desk.budget.heard(1, "x", Heard(5000, 0, desk.now + 900), wrote=False)
    assert desk.reads(1) == [900] and desk.writes("b") == 900
    desk.now += 900
    assert desk.reads(1) == [0] and desk.writes("b") == 0


def test_one_writes_at_a_time_in_all_processes(desk: Desk) -> None:
    assert desk.asks("slow") == 0
    desk.now += 5
    assert desk.colleague.turn(1, "next", first=True, creates=True) == 15
    desk.budget.heard(1, "slow", PLENTY, wrote=True)
    assert desk.colleague.turn(1, "next", first=True, creates=True) == 0


def test_who_never_answers_writes_no_more(desk: Desk) -> None:
    assert desk.asks("killed") == 0
    assert desk.asks("next") == 20
    desk.now += 20
    assert desk.asks("next") == 0


def test_a_turn_that_was_not_needed_is_somebody_elses(desk: Desk) -> None:
    assert desk.asks("changed its mind") == 0
    desk.budget.leave(1, "changed its mind")
    desk.now += 1
    assert desk.asks("next") == 0


def test_each_keeps_its_place_and_is_told_when_to_come(desk: Desk) -> None:
    waits = [desk.writes(f"b{number}", bulk=True) for number in range(5)]
    assert waits == [0, 1, 2, 3, 4]
    desk.now += 1.5
    assert desk.writes("b3", bulk=True) == 2, "too early: b1 and b2 come before"
    assert desk.writes("b1", bulk=True) == 0
    desk.now += 1
    assert [desk.writes(f"b{number}", bulk=True) for number in (3, 2)] == [1, 0]


def test_people_go_first_and_what_is_begun_is_finished(desk: Desk) -> None:
    assert [desk.writes(f"b{number}", bulk=True) for number in range(4)] == [0, 1, 2, 3]
    assert desk.writes("person") == 1
    desk.now += 1
    assert desk.writes("b1", bulk=True) == 1, "it yields, and keeps its place"
    assert desk.writes("person") == 0
    assert desk.writes("person") == 1, "a second write of the same job"
    desk.now += 1
    assert (desk.writes("b2", bulk=True), desk.writes("b1", bulk=True)) == (2, 1)
    assert desk.writes("person") == 0
    desk.now += 1
    assert (desk.writes("b2", bulk=True), desk.writes("b1", bulk=True)) == (1, 0)


def test_who_does_not_come_back_is_not_waited_for(desk: Desk) -> None:
    assert [desk.writes(ticket) for ticket in ("a", "lost", "b")] == [0, 1, 2]
    desk.now += 2
    assert desk.writes("b") == 1, "`lost` is late"
    desk.now += 9
    assert desk.writes("b") == 0, "and has lost its place"


def test_edits_do_not_wait_behind_what_the_hour_has_no_room_for(desk: Desk) -> None:
    for number in range(450):
        desk.writes(f"bulk {number}", bulk=True)
        desk.now += 1
    for number in range(30):
        assert desk.writes(f"later {number}", bulk=True) > 3000
    assert desk.writes("an edit", bulk=True, creates=False) == 0


def test_a_limit_that_is_hit_is_waited_for_by_all(any_desk: Desk) -> None:
    assert any_desk.refused(17, named=True) == 17
    assert any_desk.reads(1) == [17] and any_desk.writes("a") == 17
    any_desk.now += 17
    assert any_desk.reads(1) == [0] and any_desk.writes("a") == 0


def test_where_github_does_not_say_how_long_each_guess_is_twice_the_last(any_desk: Desk) -> None:
    assert [any_desk.refused() for _ in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    any_desk.now += 3600
    assert any_desk.writes("a") == 0
    assert any_desk.refused() == 60, "a write that succeeded ends the row"


def test_a_server_without_limits_is_never_waited_for(any_desk: Desk) -> None:
    any_desk.writes("a", heard=Heard(0))
    assert [any_desk.writes(f"b{number}", bulk=True, heard=Heard(0)) for number in range(600)] == [0] * 600
    assert any_desk.reads(1_000) == [0] * 1_000
    any_desk.writes("c", heard=PLENTY)
    assert any_desk.writes("d") > 0


def test_of_many_at_once_one_has_its_turn(desk: Desk) -> None:
    start, turns = threading.Barrier(8), []

    def ask(number: int) -> None:
        start.wait(10)
        turns.append(desk.budget.turn(1, f"ticket {number}", first=True, creates=True))

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(turns)[:2] == [0, 20]


def test_installations_have_a_budget_each(desk: Desk) -> None:
    assert desk.asks("a") == 0
    assert desk.budget.turn(2, "b", first=True, creates=True) == 0


# the whole engine, hour by hour


@pytest.fixture
def simulated(
    sqlite_template: Path, redis: str, tmp_path: Path, frozen: Clock, monkeypatch: pytest.MonkeyPatch
) -> Simulated:
    (tmp_path / "askfirst.db").write_bytes(sqlite_template.read_bytes())
    return Simulated(f"sqlite:///{tmp_path / 'askfirst.db'}", redis, tmp_path, frozen, monkeypatch)


def file(simulated: Simulated, number: int) -> None:
    """So many new issues, by REST."""
    with simulated.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        for each in range(number):
            issues.create(tx, project, title=f"Flaw {each}", created_by="key:test")


def test_500_issues_take_the_least_time_and_people_are_answered_meanwhile(simulated: Simulated) -> None:
    talk = simulated.mona.opens_issue(simulated.repository, "Housekeeping")
    file(simulated, 500)
    took = []
    for moment, command in ((250.3, "help"), (2000.7, "hlep")):
        simulated.run(until=moment)
        said = len(talk.comments)
        simulated.mona.comments(talk, f"/askfirst {command}")
        simulated.run(
            stop=lambda there=said + 2: len(talk.comments) == there and talk.comments[-2].reactions[1:]
        )
        took.append(simulated.seconds - moment)
    simulated.run()
    assert max(took) <= 5, took
    assert len(simulated.repository.issues) == 501 and simulated.unfinished() == []
    assert simulated.refusals() == []
    assert simulated.searches() == 2, (
        "before the first issue, between its labels; nobody else is put off halfway"
    )
    assert simulated.seconds <= 1.05 * least_seconds(simulated.creations())


def test_a_round_of_questions_in_the_middle_is_asked_in_seconds(simulated: Simulated) -> None:
    simulated.mona.pushes(simulated.repository, {"b.py": "y = 1\n"}, "Tidy up", branch="tidy")
    pull = simulated.mona.opens_pull_request(simulated.repository, "tidy")
    file(simulated, 30)
    simulated.run(until=10)
    with simulated.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        about = issues.create(tx, project, title="Ask first", created_by="key:test")
        session = answering.create(
            tx,
            project,
            created_by="key:test",
            issue_ids=[about.id],
            agent=False,
            pull_request_number=pull.number,
        )
        found = [QUESTION | {"external_id": f"q{number}", "issue_ids": [about.id]} for number in range(3)]
        answering.asked(tx, project, session, found)
    simulated.run(until=16)
    assert len(pull.comments) == 4, "three questions and their index, each once"
    assert len(simulated.repository.issues) <= 12
    simulated.run(until=60)
    assert len(pull.comments) == 4 and len(simulated.repository.issues) == 31
    assert simulated.refusals() == [] and simulated.unfinished() == []


def test_an_hour_with_few_requests_is_kept_to(simulated: Simulated) -> None:
    simulated.installation.rate_limit = 60
    file(simulated, 70)
    simulated.run()
    assert len(simulated.repository.issues) == 70 and simulated.seconds > 3600
    assert simulated.refusals() == [] and simulated.unfinished() == []


def test_a_limit_that_nobody_knew_of_is_waited_for(simulated: Simulated) -> None:
    simulated.fake.fail(
        "POST", "/repos/mona/shop/issues", status=403, message="You have exceeded a secondary rate limit"
    )
    file(simulated, 5)
    simulated.run()
    assert 60 <= simulated.seconds <= 70
    assert len(simulated.repository.issues) == 5 and simulated.unfinished() == []
