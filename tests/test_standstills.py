"""GitHub stops us in the middle of something: it waits, goes on afterwards, and each thing is there once."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from bot.domain import troubles
from tests.github_side import Side, side_of
from tests.house import House
from tests.rounds import Scripted, asked, done, due_now, filed
from tests.test_kill_rounds import all_done_once, all_there_once

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PUSH = ("POST", "/mona/shop.git/git-receive-pack")
Switch = Callable[[House, bool], None]


def suspend(house: House, yes: bool) -> None:
    house.installation.suspended_at = house.fake.clock() if yes else None


def archive(house: House, yes: bool) -> None:
    house.repository.archived = yes


def disable_issues(house: House, yes: bool) -> None:
    house.repository.has_issues = not yes


def remove(house: House, yes: bool) -> None:
    house.installation.repositories = set() if yes else {house.repository.id}


@pytest.fixture
def side(house: House, monkeypatch: pytest.MonkeyPatch) -> Side:
    return side_of(house, monkeypatch)


class Moment:
    """At a request of ours something happens on GitHub, of which no event tells: before it acts, or after."""

    def __init__(self, house: House, side: Side) -> None:
        self.house, self.side = house, side

    def stops(self, switch: Switch, method: str, pattern: str, *, saying: str = "") -> None:
        """Right after the first such request, GitHub takes nothing more; what is due is done as far as it goes."""
        note, self.switch, self.met = self.house.fake.note, switch, False

        def note_and_stop(request: Any, path: str, status: Any, by: Any, body: Any = None) -> None:
            note(request, path, status, by, body)
            if (
                request.method == method
                and fnmatchcase(path, pattern)
                and saying in str(body)
                and not self.met
            ):
                self.met = True
                switch(self.house, True)

        self.house.fake.note = note_and_stop  # type: ignore[method-assign]
        self.house.settle()
        assert self.met, "it never got there"
        self.house.fake.note = note  # type: ignore[method-assign]

    def waits(self, reason: str) -> None:
        """The project says why, for as long as it takes; nothing is given up."""
        for _ in range(2):
            self.side.an_hour_later()
            assert self.side.paused == reason and self.side.dead == []

    def goes_on(self) -> None:
        self.switch(self.house, False)
        self.side.an_hour_later()
        assert self.side.paused is None and self.side.dead == []


@pytest.fixture
def moment(house: House, side: Side) -> Moment:
    return Moment(house, side)


@pytest.mark.parametrize(
    ("switch", "reason", "at"),
    [
        (suspend, troubles.SUSPENDED, "/repos/*/issues"),
        (archive, troubles.ARCHIVED, "/repos/*/labels"),
        (disable_issues, troubles.WITHOUT_ISSUES, "/repos/*/issues"),
        (remove, troubles.REMOVED, "/repos/*/issues"),
    ],
)
def test_a_mirror_in_the_middle(house: House, moment: Moment, switch: Switch, reason: str, at: str) -> None:
    titles = ["One", "Two", "Three"]
    for title in titles:
        house.post("/issues/create", title=title)
    moment.stops(switch, "POST", at)
    moment.waits(reason)
    assert len(house.issues()) < 3
    moment.goes_on()
    assert sorted(issue.title for issue in house.issues()) == sorted(titles)
    assert house.unfinished() == []


@pytest.mark.parametrize(
    ("switch", "reason", "at"),
    [
        (archive, troubles.ARCHIVED, ("GET", "/mona/shop.git/info/refs")),
        (suspend, troubles.SUSPENDED, ("POST", "/mona/shop.git/git-upload-pack")),
        (suspend, troubles.SUSPENDED, PUSH),
        (archive, troubles.ARCHIVED, PUSH),
        (remove, troubles.REMOVED, ("POST", "/repos/*/pulls")),
        (archive, troubles.ARCHIVED, ("POST", "/repos/*/pulls/*/reviews")),
        (suspend, troubles.SUSPENDED, ("POST", "/repos/*/issues/*/comments")),
    ],
)
def test_a_round_in_the_middle(
    house: House, moment: Moment, switch: Switch, reason: str, at: tuple[str, str]
) -> None:
    round = asked(house, {}, {}, settle=False)
    moment.stops(switch, *at)
    moment.waits(reason)
    moment.goes_on()
    all_there_once(house, round)


@pytest.mark.parametrize(
    ("switch", "reason", "at"),
    [
        (archive, troubles.ARCHIVED, ("POST", "/mona/shop.git/git-upload-pack")),
        (suspend, troubles.SUSPENDED, PUSH),
        (remove, troubles.REMOVED, ("POST", "/repos/*/pulls")),
    ],
)
def test_a_chain_in_the_middle(
    house: House, moment: Moment, switch: Switch, reason: str, at: tuple[str, str]
) -> None:
    scripted = Scripted(house, done(one="x = 1\n"), done(two="x = 2\n"))
    made = house.post("/work-chains/create", title="First fixes", issueIds=filed(house, "One", "Two"))["data"]
    house.post("/work-chains/start", chainId=made["id"])
    moment.stops(switch, *at)
    chain = house.get("/work-chains/get", id=made["id"])["data"]
    assert (chain["status"], chain["pausedReason"]) == ("paused", "project")
    moment.waits(reason)
    # the agent whose work could not be pushed does it again
    scripted.worked = 1 if house.repository.git.refs().get(f"refs/heads/{chain['branchName']}") else 0
    moment.goes_on()
    all_done_once(house, made["id"])


def test_a_repository_that_moves_while_its_agent_works_goes_on_there(house: House, side: Side) -> None:
    acme = house.fake.create_organisation("acme")
    there = house.fake.install(acme)
    scripted = Scripted(house, done(one="x = 1\n"))

    def moves() -> None:
        house.mona.transfers_repository(house.repository, acme)
        house.settle()

    scripted.before_push = moves
    made = house.post("/work-chains/create", title="First fixes", issueIds=filed(house, "One"))["data"]
    house.post("/work-chains/start", chainId=made["id"])
    house.settle()
    assert (side.paused, side.told["github"]["installationId"]) == (None, there.id)
    due_now(house)
    assert house.get("/work-chains/get", id=made["id"])["data"]["status"] == "completed"
    [pull] = house.pulls()
    assert len(house.repository.git.log(pull.head_ref, "^main")) == 1 and house.unfinished() == []


@pytest.mark.parametrize(("switch", "reason"), [(suspend, troubles.SUSPENDED), (remove, troubles.REMOVED)])
def test_a_scan_in_the_middle(house: House, moment: Moment, switch: Switch, reason: str) -> None:
    house.repository.private = True  # else git needs nobody's leave
    started = house.post("/issue-sessions/start", prompt="Find bugs")["data"]
    moment.stops(switch, "GET", "/mona/shop.git/info/refs")
    moment.waits(reason)

    def now() -> dict[str, Any]:
        return dict(house.get("/issue-sessions/get", id=started["id"])["data"])

    assert now()["status"] == "active"
    moment.goes_on()
    assert now()["status"] == "completed" and now()["counts"]["new"] == len(house.issues()) > 1
    assert house.unfinished() == []


def test_what_was_to_be_said_is_said_afterwards(house: House, moment: Moment) -> None:
    """A command was taken, and its reaction is there: what it asks for and the answer follow when it goes on."""
    issue = house.mona.opens_issue(house.repository, "Housekeeping")
    command = house.mona.comments(issue, "/askfirst scan")
    moment.stops(suspend, "POST", "/repos/*/reactions")
    moment.waits(troubles.SUSPENDED)
    moment.goes_on()
    assert [reaction.content for reaction in command.reactions] == ["eyes", "+1"]
    [said] = [comment.body for comment in issue.comments if comment.user.login == "askfirst[bot]"]
    assert "found" in said
    assert len(house.get("/issue-sessions/list")["data"]) == 1 and house.unfinished() == []


def test_answers_that_are_being_fixed(house: House, moment: Moment) -> None:
    round = asked(house, {})
    house.mona.replies(round.threads[0], "approve")
    house.settle()
    round.set("reviewed")
    moment.stops(suspend, "GET", "/repos/*/collaborators/*/permission")
    moment.waits(troubles.SUSPENDED)
    moment.goes_on()
    assert round.session["status"] == "completed" and len(round.receipts()) == 1
    assert house.unfinished() == []


def test_the_last_word_of_a_chain_that_ended_before(house: House, moment: Moment) -> None:
    Scripted(house, done(one="x = 1\n"), done(two="x = 2\n"))
    made = house.post("/work-chains/create", title="First fixes", issueIds=filed(house, "One", "Two"))["data"]
    house.post("/work-chains/start", chainId=made["id"])
    moment.stops(archive, "POST", "/graphql", saying="markPullRequestReadyForReview")
    moment.waits(troubles.ARCHIVED)
    moment.goes_on()
    all_done_once(house, made["id"])
