"""What each event means, from GitHub's act to what people and the API see of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain import projects
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import clock, outbox
from bot.store.models import Outbox, Project
from bot.webhooks.handlers import hears
from tests.fakes.github import Comment, Issue, Person
from tests.house import House
from tests.rounds import Turned

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PERMISSION = "/repos/mona/shop/collaborators/*/permission"


def paused(house: House, name: str = "mona/shop") -> str | None:
    with house.db.read() as tx:
        return projects.find(tx, name).paused_reason


def names(house: House) -> list[str]:
    with house.db.read() as tx:
        return [project.name for project in projects.everything(tx)]


def hurry(house: House) -> None:
    """What waits for its next try is tried now."""
    with house.db.write() as tx:
        tx.execute(update(Outbox).where(Outbox.done_at.is_(None)).values(due_at=clock.now()))
    house.settle()


def words(issue: Issue) -> list[str]:
    """What our App wrote below the issue."""
    return [comment.body for comment in issue.comments if comment.user.login == "askfirst[bot]"]


def signs(comment: Comment) -> list[str]:
    return [reaction.content for reaction in comment.reactions]


def sessions(house: House) -> list[dict[str, Any]]:
    return list(house.get("/issue-sessions/list")["data"])


@pytest.fixture
def talk(house: House) -> Issue:
    """An issue where people talk."""
    return house.mona.opens_issue(house.repository, "Housekeeping")


@pytest.mark.parametrize(
    ("event", "action", "heard"),
    [
        ("issues", "closed", True),
        ("issues", "assigned", False),
        ("issue_comment", "pinned", False),
        ("push", "", True),
        ("repository", "renamed", True),
        ("check_run", "completed", False),
        ("star", "created", False),
    ],
)
def test_only_what_means_something_is_heard(event: str, action: str, heard: bool) -> None:
    assert hears(event, action) == heard


# where the App is installed


def test_repositories_come_and_go_with_the_installation(house: House) -> None:
    blog = house.fake.create_repository(house.mona, "blog", files={"a.py": "x = 1\n"})
    house.mona.adds_to(house.installation, blog)
    house.settle()
    assert names(house) == ["mona/blog", "mona/shop"] and paused(house, "mona/blog") is None
    house.mona.removes_from(house.installation, blog)
    house.settle()
    assert paused(house) is None
    assert paused(house, "mona/blog") == "the App is not installed on this repository any more"
    before = project(house, "mona/blog").id
    house.mona.adds_to(house.installation, blog)
    house.settle()
    assert paused(house, "mona/blog") is None and project(house, "mona/blog").id == before


def project(house: House, name: str) -> Project:
    with house.db.read() as tx:
        return projects.find(tx, name)


def test_an_app_that_is_removed_and_installed_again_finds_its_project(house: House) -> None:
    before = house.project.id
    house.mona.uninstalls(house.installation)
    house.settle()
    assert paused(house) == "the App is not installed on this repository any more"
    refused = house.post("/issue-sessions/start", prompt="Find bugs")["error"]
    assert refused["code"] == "CONFLICT" and "not installed" in refused["message"]
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    house.settle()
    assert made["github"] is None and house.issues() == []
    house.fake.install(house.mona, [house.repository])
    house.settle()
    assert house.project.id == before and paused(house) is None
    assert [issue.title for issue in house.issues()] == ["Cart forgets items"], "it catches up"
    assert house.unfinished() == []


def test_a_suspended_app_waits_and_catches_up(house: House) -> None:
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    house.settle()
    house.mona.suspends(house.installation)
    house.settle()
    assert paused(house) == "the App's installation is suspended on GitHub"
    house.post("/issues/update", issueId=made["id"], title="Cart forgets everything")
    house.settle()
    [there] = house.issues()
    assert there.title == "Cart forgets items"
    house.mona.unsuspends(house.installation)
    house.settle()
    assert paused(house) is None
    assert there.title == "Cart forgets everything" and house.unfinished() == []


@pytest.mark.parametrize("away", ["suspend", "remove", "uninstall"])
def test_a_pause_of_the_operators_outlasts_githubs(house: House, away: str) -> None:
    with house.db.write() as tx:
        projects.pause(tx, projects.find(tx, "mona/shop"), "moving house")
    if away == "suspend":
        house.mona.suspends(house.installation)
        house.mona.unsuspends(house.installation)
    elif away == "remove":
        house.mona.removes_from(house.installation, house.repository)
        house.mona.adds_to(house.installation, house.repository)
    else:
        house.mona.uninstalls(house.installation)
        house.fake.install(house.mona, [house.repository])
    house.settle()
    assert paused(house) == "moving house"


def test_only_installations_of_the_named_owners_make_projects(house: House) -> None:
    only = house.config.model_copy(update={"askfirst_owners": ("MONA", "acme")})
    house.runner = Runner(house.db, Tools(only))
    other = house.fake.create_repository(house.stranger, "own", files={"a.py": "x = 1\n"})
    elsewhere = house.fake.install(house.stranger, [other])
    more = house.fake.create_repository(house.stranger, "more", files={"a.py": "x = 1\n"})
    house.stranger.adds_to(elsewhere, more)
    mine = house.fake.create_repository(house.mona, "blog", files={"a.py": "x = 1\n"})
    house.mona.adds_to(house.installation, mine)
    asked = house.stranger.comments(house.stranger.opens_issue(other, "Hello"), "/askfirst scan")
    house.settle()
    assert names(house) == ["mona/blog", "mona/shop"]
    assert signs(asked) == [] and house.unfinished() == []


# issues that people touch


def found(house: House) -> list[Issue]:
    house.scan()
    return house.issues()


def ours(house: House, title: str) -> dict[str, Any]:
    return next(dict(issue) for issue in house.get("/issues/list")["data"] if issue["title"] == title)


@pytest.mark.parametrize(("act", "closed_before"), [("deleted", True), ("transferred", False)])
def test_what_is_deleted_or_moved_away_on_github_is_never_filed_again(
    house: House, act: str, closed_before: bool
) -> None:
    there = found(house)
    flaw = there[0]
    if closed_before:
        house.mona.closes_issue(flaw)
        house.settle()
    if act == "deleted":
        house.mona.deletes_issue(flaw)
    else:
        house.mona.transfers(flaw, house.fake.create_repository(house.mona, "blog"))
    house.settle()
    issue = ours(house, flaw.title)
    assert (issue["status"], issue["resolution"], issue["github"]) == ("dismissed", "not_planned", None)
    assert house.scan()["counts"]["new"] == 0
    assert [issue.title for issue in house.issues()] == [issue.title for issue in there[1:]]
    assert house.unfinished() == []


def test_what_we_sent_to_an_issue_that_is_gone_meanwhile_dismisses_it(house: House) -> None:
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    house.settle()
    house.fake.webhooks.hold()
    house.mona.deletes_issue(house.issues()[0])
    house.post("/issues/update", issueId=made["id"], title="Cart forgets everything")
    house.settle()
    issue = house.get("/issues/get", id=made["id"])["data"]
    assert (issue["status"], issue["github"]) == ("dismissed", None)
    house.fake.webhooks.release()
    house.settle()
    assert house.issues() == [] and house.unfinished() == []


def test_events_in_the_wrong_order_and_doubled_ones_change_nothing_more(house: House) -> None:
    flaw = found(house)[0]
    ticking(house)
    hooks = house.fake.webhooks
    hooks.hold()
    house.mona.edits_issue(flaw, title="First words")
    house.mona.edits_issue(flaw, title="Second words")
    house.mona.closes_issue(flaw, "not_planned")
    house.mona.reopens(flaw)
    last = hooks.held[-1]
    hooks.held.reverse()
    hooks.release()
    house.settle()
    assert ours(house, "Second words")["status"] == "open"
    hooks.redeliver(last)
    house.settle()
    assert (flaw.title, flaw.state) == ("Second words", "open")
    assert house.fake.count("PATCH", "*") == 0 and house.unfinished() == []


def ticking(house: House) -> None:
    """From now on each act on GitHub is in a second of its own."""
    moments = iter(range(1, 1_000))
    house.fake.clock = lambda: datetime.now(UTC) + timedelta(seconds=next(moments))


def test_an_older_event_does_not_undo_what_rest_changed_since(house: House) -> None:
    made = house.post("/issues/create", title="Cart forgets items")["data"]
    house.settle()
    [there] = house.issues()
    ticking(house)
    house.fake.webhooks.hold()
    house.mona.labels(there, "help wanted")
    house.post("/issues/update", issueId=made["id"], title="Cart forgets everything")
    house.settle()
    house.fake.webhooks.release()
    house.settle()
    assert there.title == ours(house, "Cart forgets everything")["title"]
    assert house.fake.count("PATCH", "*") == 1


def test_the_echo_of_our_own_writing_is_dropped(house: House) -> None:
    made = house.post("/issues/create", title="Cart forgets items", description="After a reload.")["data"]
    house.settle()
    before = house.get("/issues/get", id=made["id"])["data"]
    house.post("/issues/update", issueId=made["id"], description="After two.", priority="high")
    house.settle()
    after = house.get("/issues/get", id=made["id"])["data"]
    assert (after["description"], after["priority"]) == ("After two.", "high")
    senders = [hook.payload["sender"]["login"] for hook in house.fake.deliveries if hook.event == "issues"]
    assert "askfirst[bot]" in senders
    patches = house.fake.count("PATCH", "*")
    house.settle()
    assert house.fake.count("PATCH", "*") == patches == 1
    assert before["github"] == after["github"] and house.unfinished() == []


def test_line_ends_that_a_browser_adds_are_no_change(house: House) -> None:
    flaw = found(house)[0]
    before = ours(house, flaw.title)
    house.mona.edits_issue(flaw, body=(flaw.body or "").replace("\n", "\r\n"))
    house.settle()
    assert ours(house, flaw.title)["description"] == before["description"]
    house.mona.edits_issue(flaw, body="Seen by me too.\r\n\r\n" + (flaw.body or ""))
    house.settle()
    after = ours(house, flaw.title)["description"]
    assert after.startswith("Seen by me too.\n\n") and "\r" not in after
    assert "Where" not in after, "the facts are not taken for people's words"
    assert house.fake.count("PATCH", "*") == 0, "people's text is left as it is"
    house.scan()
    assert ours(house, flaw.title)["description"] == after
    assert house.fake.count("PATCH", "*") == 0


def test_an_issue_that_people_opened_is_left_alone(house: House, talk: Issue) -> None:
    house.mona.edits_issue(talk, title="Housework")
    house.mona.closes_issue(talk)
    house.settle()
    assert house.get("/issues/list")["data"] == []
    assert house.unfinished() == []


# commands


@on_sqlite
@pytest.mark.parametrize("role", ["none", "read", "triage", "write", "maintain", "admin"])
def test_who_may_scan(house: House, role: str) -> None:
    asked = asked_by(house, role, "/askfirst scan")
    house.settle()
    if role in ("write", "maintain", "admin"):
        assert signs(asked) == ["eyes", "+1"] and len(sessions(house)) == 1
        assert words(asked.issue)[0].startswith("The scan")
    else:
        assert signs(asked) == ["eyes", "confused"] and sessions(house) == []
        [said] = words(asked.issue)
        assert f"you have **{role}**" in said and "**write**" in said


def asked_by(house: House, role: str, text: str) -> Comment:
    """A command by somebody with this role; who has none lost it after writing."""
    house.repository.private = True
    person = house.fake.create_user("ada")
    house.repository.add_collaborator(person, "read" if role == "none" else role)
    comment = person.comments(house.mona.opens_issue(house.repository, "Housekeeping"), text)
    if role == "none":
        house.repository.add_collaborator(person, "none")
    return comment


@on_sqlite
def test_a_custom_role_counts_as_what_it_inherits(house: House, talk: Issue) -> None:
    writer, reader = house.fake.create_user("ada"), house.fake.create_user("eve")
    house.repository.add_collaborator(writer, "write", "release manager")
    house.repository.add_collaborator(reader, "read", "admin of nothing")
    asked = [person.comments(talk, "/askfirst scan") for person in (writer, reader)]
    house.settle()
    assert [signs(comment)[-1] for comment in asked] == ["+1", "confused"]
    assert [session["status"] for session in sessions(house)] == ["completed"]


@on_sqlite
def test_bots_are_not_obeyed(house: House, talk: Issue) -> None:
    bot = Person(house.fake, house.fake._account("renovate[bot]", "Bot"))
    house.repository.add_collaborator(bot, "admin")
    asked = bot.comments(talk, "/askfirst scan")
    house.settle()
    assert signs(asked) == [] and words(talk) == [] and sessions(house) == []


@on_sqlite
def test_an_edit_runs_nothing(house: House, talk: Issue) -> None:
    comment = house.mona.comments(talk, "What a day.")
    house.mona.edits_comment(comment, "/askfirst scan")
    gone = house.mona.comments(talk, "Never mind.")
    house.mona.deletes_comment(gone)
    house.settle()
    assert signs(comment) == [] and words(talk) == [] and sessions(house) == []
    assert house.unfinished() == []


def test_a_comment_that_is_edited_before_we_read_it_counts_as_it_was_written(
    house: House, talk: Issue
) -> None:
    comment = house.mona.comments(talk, "/askfirst scan -- look for bugs")
    house.mona.edits_comment(comment, "/askfirst scan -- look for treasure")
    house.settle()
    assert [session["prompt"] for session in sessions(house)] == ["look for bugs"]


def test_help_is_for_everybody_in_words_once(house: House, talk: Issue) -> None:
    first, second = (house.stranger.comments(talk, "/askfirst help") for _ in range(2))
    house.settle()
    assert signs(first) == signs(second) == ["eyes", "+1"]
    [said] = words(talk)
    assert (
        "/askfirst scan" in said
        and "You have the level **read** here, so you may give `help`, `status`." in said
    )
    mona = house.mona.comments(talk, "@askfirst help")
    house.settle()
    assert signs(mona)[-1] == "+1" and "**admin**" in words(talk)[-1] and len(words(talk)) == 2


@on_sqlite
def test_an_unknown_verb_gets_the_nearest_one_once(house: House, talk: Issue) -> None:
    asked = [house.mona.comments(talk, "/askfirst scna") for _ in range(2)]
    house.settle()
    assert [signs(comment) for comment in asked] == [["eyes", "confused"]] * 2
    [said] = words(talk)
    assert "/askfirst scan`?" in said
    assert sessions(house) == []


def test_a_paused_project_refuses_with_the_reason(house: House, talk: Issue) -> None:
    with house.db.write() as tx:
        projects.pause(tx, projects.find(tx, "mona/shop"), "moving house")
    asked = house.mona.comments(talk, "/askfirst scan")
    house.settle()
    assert signs(asked) == ["eyes", "confused"] and sessions(house) == []
    [said] = words(talk)
    assert "paused: moving house" in said


@on_sqlite
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "when": "after"},
        {"drop_connection": True},
        {"status": 429, "headers": {"Retry-After": "30"}},
        {"status": 403, "message": "You have exceeded a secondary rate limit."},
    ],
)
def test_no_answer_about_a_permission_decides_nothing(
    house: House, talk: Issue, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.settle()
    turned = Turned(monkeypatch)
    house.fake.fail("GET", PERMISSION, **fault)
    asked = house.mona.comments(talk, "/askfirst scan")
    house.settle()
    assert signs(asked) == [] and words(talk) == [] and sessions(house) == []
    [(job, error)] = house.unfinished()
    assert job == "delivery" and error
    turned.forward(seconds=61)
    house.settle()
    assert signs(asked) == ["eyes", "+1"] and len(sessions(house)) == 1
    assert house.unfinished() == []


@on_sqlite
def test_after_the_last_try_it_is_refused_with_a_word(house: House, talk: Issue) -> None:
    house.settle()
    house.fake.fail("GET", PERMISSION, status=500, times=outbox.TRIES)
    asked = house.mona.comments(talk, "/askfirst scan")
    for _ in range(outbox.TRIES):
        assert signs(asked) == []
        hurry(house)
    assert signs(asked) == ["eyes", "confused"] and sessions(house) == []
    [said] = words(talk)
    assert "nothing was started" in said
    assert house.unfinished() == []


@on_sqlite
def test_a_limit_is_waited_for_and_is_no_try(
    house: House, talk: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.settle()
    turned = Turned(monkeypatch)
    house.fake.fail("GET", PERMISSION, status=429, headers={"Retry-After": "600"}, times=outbox.TRIES + 1)
    asked = house.mona.comments(talk, "/askfirst scan")
    for _ in range(outbox.TRIES + 1):
        house.settle()
        turned.forward(seconds=590)
        house.settle()
        assert signs(asked) == [], "ten seconds are left"
        turned.forward(seconds=10)
    house.settle()
    assert signs(asked) == ["eyes", "+1"]
    assert house.fake.count("GET", PERMISSION) == outbox.TRIES + 3, "once more when it is carried out"


@on_sqlite
def test_what_a_person_may_do_is_known_for_a_minute(
    house: House, talk: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = Turned(monkeypatch)

    def ask(role: str, after: float) -> str:
        turned.forward(seconds=after)
        house.repository.add_collaborator(house.stranger, role)
        asked = house.stranger.comments(talk, "/askfirst scan")
        house.settle()
        return signs(asked)[-1]

    def times() -> int:
        return house.fake.count("GET", "*/collaborators/stranger/permission")

    assert (ask("write", 0), times()) == ("+1", 2), "when it is taken, and when it is carried out"
    assert (ask("write", 5), times()) == ("+1", 3), "what was known is enough to take it"
    assert (ask("read", 5), times()) == ("confused", 4), "but not to carry it out"
    assert (ask("read", 60), times()) == ("confused", 5), "not even to take it, after a minute"


@on_sqlite
@pytest.mark.parametrize("says", ["OWNER", "MEMBER", "COLLABORATOR", "NONE"])
def test_what_an_event_says_of_its_author_counts_for_nothing(house: House, talk: Issue, says: str) -> None:
    house.fake.webhooks.hold()
    asked = [person.comments(talk, "/askfirst scan") for person in (house.stranger, house.mona)]
    for held in house.fake.webhooks.held:
        held.payload["comment"]["author_association"] = says
        held.body = json.dumps(held.payload).encode()
    house.fake.webhooks.release()
    house.settle()
    assert [signs(comment)[-1] for comment in asked] == ["confused", "+1"]


def test_an_issue_that_is_gone_is_not_answered(house: House, talk: Issue) -> None:
    house.mona.comments(talk, "/askfirst scan")
    house.mona.deletes_issue(talk)
    house.settle()
    assert [session["status"] for session in sessions(house)] == ["completed"]
    assert house.unfinished() == []


def test_where_the_app_is_suspended_a_command_waits(house: House, talk: Issue) -> None:
    asked = house.mona.comments(talk, "/askfirst scan")
    house.fake.webhooks.hold()
    house.mona.suspends(house.installation)
    house.settle()
    assert sessions(house) == []
    house.mona.unsuspends(house.installation)
    house.fake.webhooks.release()
    house.settle()
    assert signs(asked) == ["eyes", "+1"] and len(sessions(house)) == 1, "it is woken at once"
