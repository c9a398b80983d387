"""Projects follow GitHub: where the App is installed, what its repositories are called, and what they take."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

import app
from bot.domain import installations, projects, troubles
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store.models import Installation
from tests.github_side import STOPS, Act, Side, side_of
from tests.house import House
from tests.rounds import filed, ticking
from tests.test_promises import ROOT

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
each_stop = pytest.mark.parametrize(("stop", "go", "reason"), STOPS.values(), ids=STOPS.keys())


@pytest.fixture
def side(house: House, monkeypatch: pytest.MonkeyPatch) -> Side:
    return side_of(house, monkeypatch)


# names


@on_sqlite
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_renamed_repository_is_known_by_its_new_name(house: House, side: Side, told: bool) -> None:
    [flaw] = filed(house, "Cart forgets items")
    if not told:
        side.hears_nothing()
    house.mona.renames(house.repository, "store")
    side.edit(flaw, "Cart forgets everything")
    assert side.shown == "Cart forgets everything"
    side.an_hour_later()
    assert side.told["name"] == "mona/store" and side.told["url"] == f"{house.server.url}/mona/store"
    assert house.unfinished() == [] and side.paused is None


@on_sqlite
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_renamed_account_is_known_by_its_new_name(house: House, side: Side, told: bool) -> None:
    [flaw] = filed(house, "Cart forgets items")
    if not told:
        side.hears_nothing()
    house.mona.changes_login("lisa")
    side.edit(flaw, "Cart forgets everything")
    side.an_hour_later()
    assert side.shown == "Cart forgets everything" and side.told["name"] == "lisa/shop"
    with house.db.read() as tx:
        assert tx.get_one(Installation, house.installation.id).account == "lisa"


@on_sqlite
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_name_that_another_repository_took_confuses_nobody(house: House, side: Side, told: bool) -> None:
    """Nor does the other one hear of it: it has issues of the same numbers, and one with our words."""
    [flaw] = filed(house, "Cart forgets items")
    if not told:
        side.hears_nothing()
    house.mona.renames(house.repository, "store")
    other = house.fake.create_repository(house.mona, "shop", files={"other.py": "x = 1\n"})
    house.mona.opens_issue(other, "Cart forgets items")
    house.settle()
    side.edit(flaw, "Cart forgets everything")
    assert side.shown == "Cart forgets everything"
    assert [issue.title for issue in other.issues.values()] == ["Cart forgets items"]
    [session] = [house.scan()]
    assert session["status"] == "completed" and session["counts"]["found"], (
        "it scanned the files that have flaws"
    )
    house.mona.adds_to(house.installation, other)
    side.an_hour_later()
    with house.db.read() as tx:
        names = {project.repository_id: project.name for project in projects.everything(tx)}
    assert names == {house.repository.id: "mona/store", other.id: "mona/shop"}


@on_sqlite
@pytest.mark.parametrize("reordered", [False, True], ids=["in order", "reordered"])
def test_a_repository_that_moves_to_an_account_with_the_app_goes_on_there(
    house: House, side: Side, reordered: bool
) -> None:
    [flaw] = filed(house, "Cart forgets items")
    acme = house.fake.create_organisation("acme")
    there = house.fake.install(acme)
    house.settle()
    side.hold()
    house.mona.transfers_repository(house.repository, acme)
    side.release(reordered=reordered)
    assert (side.paused, side.told["name"]) == (None, "acme/shop")
    assert side.told["github"]["installationId"] == there.id
    side.edit(flaw, "Cart forgets everything")
    assert side.shown == "Cart forgets everything" and house.unfinished() == []


@on_sqlite
def test_a_repository_that_moves_where_the_app_is_not_waits(house: House, side: Side) -> None:
    house.mona.transfers_repository(house.repository, house.stranger)
    house.settle()
    assert side.paused == troubles.REMOVED


@on_sqlite
def test_a_repository_that_moves_to_an_account_that_is_not_served_waits(house: House, side: Side) -> None:
    acme = house.fake.create_organisation("acme")
    house.fake.install(acme)
    house.runner = Runner(house.db, Tools(house.config.model_copy(update={"askfirst_owners": ("Mona",)})))
    house.settle()
    house.mona.transfers_repository(house.repository, acme)
    house.settle()
    assert side.paused == troubles.REMOVED, "for the account that it left, it is gone"


@on_sqlite
def test_an_account_that_is_served_no_more_waits_until_it_is_again(house: House, side: Side) -> None:
    house.runner.tools = Tools(house.config.model_copy(update={"askfirst_owners": ("acme",)}))
    side.an_hour_later()
    assert side.paused == troubles.UNWELCOME
    house.runner.tools = Tools(house.config)
    side.an_hour_later()
    assert side.paused is None


@on_sqlite
def test_a_deleted_repository_waits_for_its_end(house: House, side: Side) -> None:
    house.mona.deletes_repository(house.repository)
    house.settle()
    assert side.paused == troubles.REMOVED and side.project.removed_at


@on_sqlite
def test_who_may_read_it_changes_nothing_for_us(house: House, side: Side) -> None:
    for private in (True, False):
        house.mona.makes_private(house.repository, private)
        house.settle()
    assert side.paused is None and house.unfinished() == []
    assert house.scan()["status"] == "completed"


@on_sqlite
def test_an_installation_of_which_no_event_told_is_found(house: House, side: Side) -> None:
    side.hears_nothing()
    blog = house.fake.create_repository(house.stranger, "blog", files={"a.py": "x = 1\n"})
    house.fake.install(house.stranger, [blog])
    more = house.fake.create_repository(house.mona, "more", files={"a.py": "x = 1\n"})
    house.mona.adds_to(house.installation, more)
    side.an_hour_later()
    with house.db.read() as tx:
        assert [one.name for one in projects.everything(tx)] == ["mona/more", "mona/shop", "stranger/blog"]


# what GitHub takes


@each_stop
def test_what_github_stops_waits_with_the_reason_and_catches_up(
    house: House, side: Side, stop: Act, go: Act, reason: str
) -> None:
    """However often and in which order its events come."""
    [flaw] = filed(house, "Cart forgets items")
    house.fake.webhooks.copies = 2
    side.does(stop)
    side.edit(flaw, "Cart forgets everything")
    assert side.paused == reason == side.told["pausedReason"]
    assert f'\naskfirst_paused_projects{{reason="{reason}"}} 1\n' in house.web.get("/metrics").text
    refused = house.post("/issue-sessions/start", prompt="Find bugs")["error"]
    assert refused["code"] == "CONFLICT"
    assert refused["message"] == f"The project is paused: {reason}. {troubles.REMEDIES[reason]}"
    assert side.shown == "Cart forgets items" and side.dead == []
    side.hold()
    go(house)
    stop(house)
    go(house)
    side.release(reordered=True)
    side.looks_if_github_does_not_tell(stop)
    assert side.paused is None and side.shown == "Cart forgets everything"
    assert house.unfinished() == []


@on_sqlite
@each_stop
def test_what_nobody_told_us_is_met_by_a_job_and_looked_at_every_hour(
    house: House, side: Side, stop: Act, go: Act, reason: str
) -> None:
    [flaw] = filed(house, "Cart forgets items")
    side.hears_nothing()
    stop(house)
    side.edit(flaw, "Cart forgets everything")
    assert side.paused == reason
    assert house.unfinished() == [], "it is not tried again and again"
    for _ in range(10):
        side.an_hour_later()
    assert side.paused == reason and side.dead == []
    go(house)
    side.an_hour_later()
    assert side.paused is None and side.shown == "Cart forgets everything"
    assert house.get("/issues/get", id=flaw)["data"]["status"] == "open", "it was never taken for lost"
    assert house.unfinished() == []


@on_sqlite
@each_stop
def test_it_is_found_out_within_the_hour_where_nothing_is_to_be_done(
    house: House, side: Side, stop: Act, go: Act, reason: str
) -> None:
    side.hears_nothing()
    stop(house)
    side.an_hour_later()
    assert side.paused == reason
    go(house)
    side.an_hour_later()
    assert side.paused is None


@on_sqlite
def test_what_happened_while_nothing_ran_is_found_at_the_start(house: House, side: Side) -> None:
    side.hears_nothing()
    house.mona.archives(house.repository)
    house.mona.renames(house.repository, "store")
    side.restarts()
    assert (side.paused, side.told["name"]) == (troubles.ARCHIVED, "mona/store")


@on_sqlite
@each_stop
def test_a_pause_of_the_operators_is_neither_overwritten_nor_ended(
    house: House, side: Side, stop: Act, go: Act, reason: str
) -> None:
    [flaw] = filed(house, "Cart forgets items")
    house.post("/project/pause", reason="moving house")
    assert '\naskfirst_paused_projects{reason="by hand"} 1\n' in house.web.get("/metrics").text
    stop(house)
    side.an_hour_later()
    assert side.paused == "moving house"
    go(house)
    side.an_hour_later()
    assert side.paused == "moving house"
    side.edit(flaw, "Cart forgets everything")
    assert side.shown == "Cart forgets items"
    house.post("/project/resume")
    house.settle()
    assert side.shown == "Cart forgets everything" and house.unfinished() == []


@on_sqlite
@each_stop
def test_a_project_that_is_resumed_too_early_waits_again(
    house: House, side: Side, stop: Act, go: Act, reason: str
) -> None:
    [flaw] = filed(house, "Cart forgets items")
    stop(house)
    side.an_hour_later()
    house.post("/project/resume")
    side.edit(flaw, "Cart forgets everything")
    assert side.paused == reason and side.dead == []


@on_sqlite
def test_where_the_mirror_is_off_issues_need_not_be_enabled(house: House, side: Side) -> None:
    house.mona.switches_issues(house.repository, False)
    side.an_hour_later()
    assert side.paused == troubles.WITHOUT_ISSUES
    off = {".github/askfirst.yml": "mirror: {enabled: false}\n"}
    house.mona.pushes(house.repository, off, "No mirror", "main")
    house.settle()
    side.an_hour_later()
    assert side.paused is None


# what people did meanwhile


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("away", ["suspended", "removed"])
def test_what_people_changed_meanwhile_is_here_afterwards(
    house: House, side: Side, away: str, told: bool
) -> None:
    ticking(house)
    edited, closed, deleted, both, kept = filed(house, "One", "Two", "Three", "Four", "Five")
    stop, go, _ = STOPS[away]
    if not told:
        side.hears_nothing()
    stop(house)
    house.settle()
    one, two, three, four, _ = house.issues()
    house.mona.edits_issue(one, title="One, really")
    house.mona.closes_issue(two, "not_planned")
    house.mona.deletes_issue(three)
    house.mona.edits_issue(four, title="Four, really")
    side.edit(both, "Four, ours", description="Ours.")
    go(house)
    side.an_hour_later()

    def now(issue_id: str) -> dict[str, object]:
        return dict(house.get("/issues/get", id=issue_id)["data"])

    assert now(edited)["title"] == "One, really"
    assert (now(closed)["status"], now(closed)["resolution"]) == ("dismissed", "not_planned")
    assert (now(deleted)["status"], now(deleted)["github"]) == ("dismissed", None)
    assert (now(both)["title"], now(both)["description"]) == ("Four, really", "Ours."), "field by field"
    assert four.title == "Four, really" and "Ours." in (four.body or "")
    assert now(kept)["status"] == "open" and len(house.issues()) == 4
    before = house.fake.count("PATCH", "*") + house.fake.count("POST", "*/issues")
    side.an_hour_later()
    assert house.fake.count("PATCH", "*") + house.fake.count("POST", "*/issues") == before
    assert house.unfinished() == []


# where it is told


@on_sqlite
def test_a_command_says_why_the_project_waits(house: House, side: Side) -> None:
    """On a pull request one can still talk where issues are disabled."""
    house.mona.pushes(house.repository, {"b.py": "y = 1\n"}, "More", "more")
    pull = house.mona.opens_pull_request(house.repository, "more", title="More")
    house.mona.switches_issues(house.repository, False)
    side.an_hour_later()
    for command in ("status", "scan"):
        house.mona.comments(pull, f"/askfirst {command}")
        house.settle()
    said = [comment.body for comment in pull.comments if comment.user.login == "askfirst[bot]"]
    assert len(said) == 2 and all(troubles.WITHOUT_ISSUES in text for text in said), said
    assert house.get("/issue-sessions/list")["data"] == [] and house.unfinished() == []


@on_sqlite
def test_the_command_line_says_why_the_project_waits(
    house: House, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.mona.archives(house.repository)
    house.settle()
    told = {
        name: CliRunner().invoke(app.main, name.split(), env=house.environment())
        for name in ("project list", "doctor")
    }
    assert told["project list"].stdout.endswith(f"  paused: {troubles.ARCHIVED}\n")
    assert told["doctor"].exit_code == 1
    assert told["doctor"].stdout == (
        f"mona/shop is paused: {troubles.ARCHIVED}. {troubles.REMEDIES[troubles.ARCHIVED]}\n"
    )


# what an event says is asked of GitHub


@on_sqlite
def test_a_forged_or_stale_event_moves_nothing(house: House, side: Side) -> None:
    """Each event of the past is sent again: it is asked for what is so now."""
    for act in (
        lambda one: one.mona.archives(one.repository),
        lambda one: one.mona.unarchives(one.repository),
    ):
        act(house)
    house.mona.suspends(house.installation)
    house.mona.unsuspends(house.installation)
    house.settle()
    for delivery in reversed(list(house.fake.deliveries)):
        headers = delivery.headers | {"X-GitHub-Delivery": f"{delivery.guid}-again"}
        house.web.post("/webhooks/github", data=delivery.body, headers=headers)
    house.settle()
    assert side.paused is None and side.told["name"] == "mona/shop" and house.unfinished() == []


def test_the_app_needs_just_what_it_asks_for() -> None:
    manifest = yaml.safe_load((ROOT / "app.yml").read_text())
    assert manifest["default_permissions"] == installations.NEEDED


# the configuration


@on_sqlite
def test_the_configuration_is_read_when_it_is_pushed(house: House, side: Side) -> None:
    def push(text: str, branch: str) -> None:
        house.mona.pushes(house.repository, {".github/askfirst.yml": text}, "Settings", branch)
        house.settle()

    def most() -> int:
        return next(int(one["value"]) for one in side.told["config"] if one["key"] == "questions.max")

    push("questions: {max: 3}\n", "main")
    assert most() == 3
    push("questions: {max: 4}\n", "elsewhere")
    assert most() == 3
    push("questions:\n  max: many\n", "main")
    wrong = ".github/askfirst.yml, line 2: questions.max must be a whole number."
    assert side.told["configError"] == wrong and most() == 3, "the last good one stays in force"
    house.mona.changes_default_branch(house.repository, "elsewhere")
    house.settle()
    assert (side.told["defaultBranch"], most(), side.told["configError"]) == ("elsewhere", 4, None)
