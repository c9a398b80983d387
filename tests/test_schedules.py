"""Scans that start by themselves: at their times, once, and not in a project that waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.config import Config
from bot.domain import projects, repo_config, schedules, sessions
from bot.domain.cron import cron
from bot.jobs.relay import Relay
from bot.store.db import Database
from bot.store.models import IssueSession, Project
from tests.conftest import Clock
from tests.github_side import Quiet, side_of
from tests.house import House

DAILY = 'scan: {schedule: "30 4 * * *"}\n'  # the clock stands at noon


class Scheduled:
    """A plain project whose configuration says when it is scanned."""

    def __init__(self, db: Database, frozen: Clock) -> None:
        self.db, self.clock = db, frozen
        with db.write() as tx:
            self.id = projects.create(tx, "shop", "/srv/shop").id
        self.relays = [Relay(db, Quiet()) for _ in range(2)]
        self.says(DAILY)

    def says(self, text: str | None) -> None:
        with self.db.write() as tx:
            schedules.read_config(tx.get_one(Project, self.id), text)

    def goes_on(self, **span: float) -> int:
        """Time passes, both relays look; how many scans there are now."""
        self.clock.forward(**span)
        for relay in self.relays:
            relay.sweep()
        return len(self.scans())

    def scans(self) -> list[IssueSession]:
        with self.db.read() as tx:
            return list(tx.scalars(select(IssueSession).order_by(IssueSession.id)))

    def ends_its_scans(self) -> None:
        with self.db.write() as tx:
            for session in tx.scalars(select(IssueSession).where(IssueSession.status == "active")):
                sessions.cancel(tx, session)

    def pause(self, reason: str | None) -> None:
        with self.db.write() as tx:
            tx.get_one(Project, self.id).paused_reason = reason


@pytest.fixture
def shop(config: Config, db: Database, frozen: Clock) -> Scheduled:
    return Scheduled(db, frozen)


def test_each_slot_starts_one_scan_however_many_relays_there_are(shop: Scheduled) -> None:
    assert shop.goes_on(hours=16, minutes=29) == 0
    assert shop.goes_on(minutes=1) == 1
    [scan] = shop.scans()
    assert (scan.created_by, scan.prompt) == ("schedule", sessions.DEFAULT_PROMPT)
    shop.ends_its_scans()
    assert shop.goes_on(hours=23, minutes=59) == 1
    assert shop.goes_on(minutes=1) == 2


def test_two_relays_that_look_at_once_start_one(shop: Scheduled) -> None:
    shop.clock.forward(days=1)
    with shop.db.read() as tx:
        [(project_id, slot)] = schedules.due(tx)
    for _ in range(2):
        with shop.db.write() as tx:
            schedules.start(tx, project_id, slot)
    assert len(shop.scans()) == 1


def test_slots_that_nobody_was_there_for_are_one_scan(shop: Scheduled) -> None:
    assert shop.goes_on(days=5) == 1
    shop.ends_its_scans()
    assert shop.goes_on(hours=16) == 1
    assert shop.goes_on(minutes=30) == 2


def test_a_paused_project_is_scanned_when_it_goes_on(shop: Scheduled) -> None:
    shop.pause("moving house")
    assert shop.goes_on(days=3) == 0
    shop.pause(None)
    assert shop.goes_on(seconds=1) == 1


def test_a_scan_that_has_not_ended_is_not_joined_by_another(shop: Scheduled) -> None:
    assert [shop.goes_on(days=1) for _ in range(3)] == [1, 1, 1]
    shop.ends_its_scans()
    assert shop.goes_on(days=1) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_repository_says_when_it_is_scanned(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pushed to the default branch it counts at once; an archived repository is scanned once it is back."""
    side = side_of(house, monkeypatch)
    settings = {".github/askfirst.yml": 'scan:\n  schedule: "* * * * *"\n'}
    house.mona.pushes(house.repository, settings, "Scan each minute", "main")
    house.settle()
    side.an_hour_later()
    [scan] = house.get("/issue-sessions/list")["data"]
    assert scan["status"] == "completed" and len(house.issues()) > 1
    house.mona.archives(house.repository)
    house.settle()
    side.an_hour_later()
    assert len(house.get("/issue-sessions/list")["data"]) == 1
    house.mona.unarchives(house.repository)
    house.settle()
    side.an_hour_later()
    assert len(house.get("/issue-sessions/list")["data"]) == 2


def test_a_bad_line_is_told_with_its_place(shop: Scheduled) -> None:
    shop.says('scan:\n  schedule: "0 25 * * *"\n')
    with shop.db.read() as tx:
        wrong = tx.get_one(Project, shop.id).config_error
    assert wrong is not None and wrong.startswith(
        ".github/askfirst.yml, line 2: scan.schedule must be a time"
    )


def test_another_schedule_counts_at_once_and_none_ends_it(shop: Scheduled) -> None:
    shop.says('scan: {schedule: "*/10 * * * *"}')
    assert shop.goes_on(minutes=10) == 1
    shop.ends_its_scans()
    shop.says(DAILY)
    assert shop.goes_on(minutes=10) == 1
    shop.says("scan: {schedule: never}")
    assert shop.goes_on(days=1) == 2, "a mistake leaves the last good one in force"
    shop.ends_its_scans()
    shop.says(None)
    assert shop.goes_on(days=2) == 2


def test_reading_the_same_again_loses_no_slot(shop: Scheduled) -> None:
    shop.clock.forward(days=1)
    shop.says(DAILY)
    assert shop.goes_on(seconds=1) == 1


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("30 4 * * 1", datetime(2026, 3, 2, 4, 30, tzinfo=UTC)),
        ("0 0 1 * *", datetime(2026, 4, 1, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 3, 1, 12, 15, tzinfo=UTC)),
        ("0 6 * * mon-fri", datetime(2026, 3, 2, 6, tzinfo=UTC)),
    ],
)
def test_when_a_line_means(shop: Scheduled, line: str, at: datetime) -> None:
    shop.says(f'scan: {{schedule: "{line}"}}')
    with shop.db.read() as tx:
        assert tx.get_one(Project, shop.id).next_scan_at == at


@pytest.mark.parametrize(
    "line", ["", "daily", "@daily", "* * * *", "0 4 * * * *", "61 * * * *", "0 0 30 2 *"]
)
def test_what_is_no_time_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="in five fields"):
        cron(line)
    with pytest.raises(repo_config.BadConfig) as wrong:
        repo_config.parse(f'scan:\n  schedule: "{line}"\n')
    assert str(wrong.value) == (
        'line 2: scan.schedule must be a time as cron has it, in five fields: "30 4 * * 1" is each Monday at 4:30 UTC.'
    )
