"""What happens to an installation or a repository on GitHub, and how the project there stands then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain import projects, troubles
from bot.jobs.relay import Relay
from bot.store.db import Bells
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox, Project
from tests.house import House
from tests.rounds import Turned

Act = Callable[[House], None]


def takes_permissions(house: House) -> None:
    """The App asks for more by now than was granted."""
    house.installation.permissions = {"metadata": "read", "issues": "read"}


STOPS: dict[str, tuple[Act, Act, str]] = {
    "archived": (
        lambda house: house.mona.archives(house.repository),
        lambda house: house.mona.unarchives(house.repository),
        troubles.ARCHIVED,
    ),
    "issues off": (
        lambda house: house.mona.switches_issues(house.repository, False),
        lambda house: house.mona.switches_issues(house.repository, True),
        troubles.WITHOUT_ISSUES,
    ),
    "suspended": (
        lambda house: house.mona.suspends(house.installation),
        lambda house: house.mona.unsuspends(house.installation),
        troubles.SUSPENDED,
    ),
    "removed": (
        lambda house: house.mona.removes_from(house.installation, house.repository),
        lambda house: house.mona.adds_to(house.installation, house.repository),
        troubles.REMOVED,
    ),
    "not granted": (
        takes_permissions,
        lambda house: house.mona.accepts_permissions(house.installation),
        troubles.NOT_GRANTED,
    ),
}
UNTOLD = (STOPS["issues off"][0], takes_permissions)  # of these GitHub sends no event


class Quiet(Doorbell):
    """A doorbell that nobody hears."""

    def __init__(self) -> None:
        """There is no Redis."""

    def room(self) -> int:
        return 0

    def ring(self, bells: Bells) -> None:
        return


class Side:
    """Mona's repository and its project, whatever they are called by now."""

    def __init__(self, house: House, turned: Turned) -> None:
        self.house, self.turned = house, turned
        self._relay = Relay(house.db, Quiet())

    @property
    def project(self) -> Project:
        with self.house.db.read() as tx:
            found = projects.on(tx, self.house.repository.id)
            assert found is not None
            return found

    @property
    def told(self) -> dict[str, Any]:
        """What REST says of it."""
        return dict(self.house.get("/project/get")["data"])

    @property
    def paused(self) -> str | None:
        return self.project.paused_reason

    @property
    def shown(self) -> str:
        """The title of the one issue on GitHub."""
        [there] = self.house.issues()
        return there.title

    @property
    def dead(self) -> list[tuple[str, str | None]]:
        """Work that is given up."""
        with self.house.db.read() as tx:
            rows = tx.scalars(select(Outbox).where(Outbox.dead_at.is_not(None)))
            return [(row.job, row.error) for row in rows]

    def edit(self, issue_id: str, title: str, **more: str) -> None:
        """By REST, as far as it comes to GitHub."""
        changed = self.house.post("/issues/update", issueId=issue_id, title=title, **more)
        assert changed["data"]["title"] == title
        self.house.settle()

    def does(self, act: Act) -> None:
        """Something happens there, and is heard of; where GitHub sends no event, an hour later."""
        act(self.house)
        self.house.settle()
        self.looks_if_github_does_not_tell(act)

    def looks_if_github_does_not_tell(self, act: Act) -> None:
        if act in UNTOLD:
            self.an_hour_later()

    def hears_nothing(self) -> None:
        """From now on no event arrives."""
        self.house.github.deliver = None

    def hold(self) -> None:
        self.house.fake.webhooks.hold()

    def release(self, *, reordered: bool) -> None:
        """The events that were held arrive, and what follows is done."""
        if reordered:
            self.house.fake.webhooks.held.reverse()
        self.house.fake.webhooks.release()
        self.house.settle()

    def an_hour_later(self) -> None:
        """The relay's hour comes round, and what it asks for is done."""
        self.turned.forward(hours=1, seconds=1)
        self._relay.sweep()
        self.house.settle()

    def restarts(self) -> None:
        """Another relay begins, and what it asks for in its first minute is done."""
        self._relay = Relay(self.house.db, Quiet())
        self.turned.forward(minutes=1)
        self._relay.sweep()
        self.house.settle()


def side_of(house: House, monkeypatch: pytest.MonkeyPatch) -> Side:
    """With the clock in hand."""
    return Side(house, Turned(monkeypatch))
