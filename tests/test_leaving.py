"""The App was removed from a repository: the project's keys end after a while, and then all that is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from bot.domain import chains, keys, leaving, projects
from bot.jobs.tools import Tools
from bot.store.models import Base
from tests.github_side import Side, side_of
from tests.house import House
from tests.rounds import asked, filed

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def side(house: House, monkeypatch: pytest.MonkeyPatch) -> Side:
    return side_of(house, monkeypatch)


@pytest.fixture
def lived_in(house: House) -> House:
    """A project that has all there is."""
    house.scan()
    round = asked(house, {"question": "May the default change?"})
    round.approve()
    with house.db.write() as tx:
        mine = projects.find(tx, "mona/shop")
        chains.create(tx, mine, title="Work", issue_ids=round.issue_ids, created_by="key:test")
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.mona.comments(talk, "/askfirst status")
    house.settle()
    return house


def rows(house: House) -> dict[str, int]:
    """How many rows each table has, where it has any, but for work and what comes and goes with a day."""
    passing = ("outbox", "deliveries", "idempotent_requests")
    with house.db.read() as tx:
        found = {
            table.name: tx.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in passing
        }
    return {name: count for name, count in found.items() if count}


def refused(house: House) -> str:
    """Why the key is not good; a server may know it for half a second longer."""
    house.web = create_app(house.config, house.db).test_client()
    return str(house.get("/issues/list")["error"]["code"])


def test_its_keys_end_and_then_its_data_goes(lived_in: House, side: Side) -> None:
    house = lived_in
    blog = house.fake.create_repository(house.stranger, "blog", files={"a.py": "x = 1\n"})
    house.fake.install(house.stranger, [blog])
    house.settle()
    other = house.make_key("stranger/blog")
    clones = Path(house.config.askfirst_home, "clones")
    assert [path.name for path in clones.glob("*.git")] == [f"{side.project.id}.git"]
    house.mona.uninstalls(house.installation)
    house.settle()
    full = rows(house)
    side.turned.forward(days=29)
    side.an_hour_later()
    assert house.get("/issues/list")["data"] and rows(house) == full
    side.turned.forward(days=1)
    side.an_hour_later()
    assert refused(house) == "AUTH_INVALID"
    assert rows(house) == {"projects": 1, "installations": 1, "api_keys": 1}
    assert list(clones.glob("*.git")) == [] and house.unfinished() == []
    house.key = other
    assert house.get("/issues/list")["data"] == []
    house.fake.install(house.mona, [house.repository])
    house.settle()
    assert side.project.name == "mona/shop" and side.paused is None


@on_sqlite
def test_keys_end_after_thirty_days_however_long_the_data_is_kept(house: House, side: Side) -> None:
    filed(house, "Cart forgets items")
    house.runner.tools = Tools(house.config.model_copy(update={"askfirst_retention_days": 60}))
    house.mona.uninstalls(house.installation)
    house.settle()
    side.turned.forward(days=31)
    side.an_hour_later()
    assert refused(house) == "AUTH_INVALID"
    house.fake.install(house.mona, [house.repository])
    house.settle()
    house.key = house.make_key("mona/shop")
    assert [issue["title"] for issue in house.get("/issues/list")["data"]] == ["Cart forgets items"]
    side.turned.forward(days=60)
    side.an_hour_later()
    assert len(house.get("/issues/list")["data"]) == 1, "it came back in time"


@on_sqlite
@pytest.mark.parametrize("how", ["suspended", "archived", "paused"])
def test_what_only_waits_is_kept(house: House, side: Side, how: str) -> None:
    if how == "suspended":
        house.mona.suspends(house.installation)
    elif how == "archived":
        house.mona.archives(house.repository)
    else:
        house.post("/project/pause")
    house.settle()
    side.turned.forward(days=400)
    side.an_hour_later()
    with house.db.read() as tx:
        assert [key.revoked_at for key in keys.listed(tx, side.project)] == [None]


@on_sqlite
def test_an_app_that_github_does_not_know_loses_nothing(house: House, side: Side) -> None:
    """Somebody set a wrong GITHUB_APP_ID: that is no reason to think that every account removed the App."""
    house.github.client_id, house.github.id = "another", house.github.id + 1
    side.an_hour_later()
    side.an_hour_later()
    assert side.project.removed_at is None and side.paused is None


def test_every_table_knows_whose_its_rows_are() -> None:
    """What hangs on no project must be on this list, or it would be kept after a project was erased."""
    tables = Base.metadata.sorted_tables
    without = {table.name for table in tables if leaving.hangs_on(table, "proj_1") is None}
    assert without == {
        "deliveries",
        "github_objects",
        "idempotent_requests",
        "installations",
        "outbox",
        "sign_ins",
    }
