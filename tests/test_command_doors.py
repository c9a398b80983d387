"""Commands at GitHub's door: in which texts, by whom, how often, and what is said to them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import projects, threads
from bot.domain.commands import MOST_COMMANDS, MOST_STARTS
from bot.store import outbox
from bot.store.models import AnsweringSession
from tests.commanding import BOT, Bot, Commands, signs, words
from tests.fakes.github import Issue, PullRequest
from tests.house import House
from tests.rounds import Turned, due_now

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HELP, SCAN = "/askfirst help", "/askfirst scan"


@pytest.fixture
def commands(house: House) -> Commands:
    return Commands(house)


@pytest.fixture
def talk(house: House) -> Issue:
    """An issue where people talk."""
    return house.mona.opens_issue(house.repository, "Housekeeping")


@pytest.fixture
def pull(house: House) -> PullRequest:
    """A pull request of a person's."""
    house.mona.pushes(house.repository, {"new.py": "x = 1\n"}, "New", "new")
    return house.mona.opens_pull_request(house.repository, "new")


def configured(house: House, **commands: Any) -> None:
    """The repository's configuration says this about commands."""
    with house.db.write() as tx:
        projects.find(tx, "mona/shop").config = {"commands": commands}


# the five kinds of text


def test_each_kind_of_text_is_heard_and_answered_where_it_stands(
    house: House, commands: Commands, talk: Issue, pull: PullRequest
) -> None:
    mona, repository = house.mona, house.repository
    mona.pushes(repository, {"more.py": "x = 1\n"}, "More", "more")
    texts: list[Any] = [
        mona.opens_issue(repository, "A new issue", HELP),
        mona.opens_pull_request(repository, "more", body=HELP),
        mona.comments(talk, HELP),
        mona.comments(pull, HELP),
        mona.reviews(pull, body=HELP),
        mona.comments_on_line(pull, "new.py", 1, HELP),
    ]
    commands.settle()
    assert [signs(text) for text in texts] == [["eyes", "+1"]] * 6
    assert [len(words(thread)) for thread in (texts[0], texts[1], talk, pull)] == [1, 1, 1, 1]
    assert [one.id.split(":")[0] for one in commands.given()] == [
        "issue", "pull_request", "issue_comment", "issue_comment", "review", "review_comment",
    ]  # fmt: skip
    assert house.unfinished() == []


@on_sqlite
def test_an_edit_runs_nothing_in_any_of_them(
    house: House, commands: Commands, talk: Issue, pull: PullRequest
) -> None:
    mona = house.mona
    review, remark = mona.reviews(pull, body="Hm."), mona.comments_on_line(pull, "new.py", 1, "Hm.")
    mona.edits_issue(talk, body=HELP)
    mona.edits_pull_request(pull, body=HELP)
    mona.edits_comment(mona.comments(talk, "Hm."), HELP)
    mona.edits_review(review, HELP)
    mona.edits_review_comment(remark, HELP)
    commands.settle()
    assert commands.given() == [] and words(talk) == words(pull) == []


@on_sqlite
def test_a_command_in_a_thread_of_a_question_is_no_answer(house: House, commands: Commands) -> None:
    session_id, issue = commands.round({})
    commands.gives(house.mona, issue, "/askfirst approve Q1\nQ1: B")
    [question] = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert (question["status"], question["reviewedBy"]) == ("approved", "github:mona")


# how they are carried out


def test_several_are_done_in_their_order(house: House, commands: Commands) -> None:
    (_, first), (_, second) = commands.issue("One"), commands.issue("Two")
    text = f"/askfirst work #{second.number} #{first.number} --branch fix/them\n/askfirst start"
    asked = commands.gives(house.mona, first, text)
    assert signs(asked) == ["eyes", "+1"]
    [chain] = house.get("/work-chains/list")["data"]
    assert (chain["status"], chain["branchName"], chain["issueCount"]) == ("running", "fix/them", 2)
    [plan] = words(first)
    assert plan.index(f"1. #{second.number} Two") < plan.index(f"2. #{first.number} One")
    assert "`fix/them`" in plan and "Nothing is started yet" in plan


def test_a_redelivery_and_a_copy_do_nothing_twice(house: House, commands: Commands, talk: Issue) -> None:
    house.fake.webhooks.copies = 2
    commands.gives(house.mona, talk, f"{SCAN}\n{SCAN} shop")
    hook = commands.hook()
    house.fake.webhooks.redeliver(hook)
    commands.settle()
    commands.again(hook)
    assert len(house.get("/issue-sessions/list")["data"]) == 2


def test_a_worker_that_is_lost_on_the_way_leaves_nothing_half_done(house: House, commands: Commands) -> None:
    _, issue = commands.issue()
    asked = house.mona.comments(issue, "/askfirst fix")
    commands.settle(but=("command",))
    with house.db.read() as tx:
        [(row, _)] = [one for one in outbox.due(tx, 10) if one[1] == "command"]
    with house.db.write() as tx:
        assert outbox.claim(tx, row)  # and then it dies
    with pytest.MonkeyPatch.context() as later:
        Turned(later).forward(minutes=1)
        commands.settle()
    assert signs(asked) == ["eyes", "+1"]
    assert len(house.get("/work-chains/list")["data"]) == len(house.get("/runs/list")["data"]) == 1


def test_what_is_refused_leaves_nothing_behind(house: House, commands: Commands) -> None:
    session_id, issue = commands.round()
    asked = commands.gives(house.mona, issue, "/askfirst approve Q1 Q7")
    assert signs(asked) == ["eyes", "confused"]
    assert "There is no Q7 here; there is Q1, Q2." in words(issue)[-1]
    questions = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert [one["status"] for one in questions] == ["pending", "pending"]
    assert commands.audit(questions[0]["id"]) == []


@on_sqlite
def test_approve_all_leaves_out_what_needs_its_own_answer(house: House, commands: Commands) -> None:
    session_id, issue = commands.round({}, {"needs_own_answer": True}, {})
    commands.gives(house.mona, issue, "/askfirst approve all")
    questions = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert [one["status"] for one in questions] == ["approved", "pending", "approved"]
    assert "Approved, but for Q2" in words(issue)[-1]
    refused = commands.gives(house.mona, issue, "/askfirst proceed")
    assert signs(refused) == ["eyes", "confused"] and "Not answered yet: Q2" in words(issue)[-1]
    commands.gives(house.mona, issue, "/askfirst approve Q2\n/askfirst proceed")
    assert house.get(f"/answering-sessions/{session_id}")["data"]["status"] == "reviewed"


@on_sqlite
def test_answers_by_command_conflict_until_a_maintainer_decides(house: House, commands: Commands) -> None:
    session_id, issue = commands.round({})
    writer, other = commands.person("write"), commands.person("write")
    commands.gives(writer, issue, "/askfirst approve Q1")
    commands.gives(other, issue, "/askfirst correct Q1: In UTC.")
    [question] = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert (question["status"], question["conflict"]) == ("pending", True)
    assert signs(commands.gives(writer, issue, "/askfirst decide Q1: B"))[-1] == "confused"
    commands.gives(commands.person("maintain"), issue, "/askfirst decide Q1: B")
    [question] = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert (question["conflict"], question["answer"]) == (False, "Leave it alone.")


@on_sqlite
def test_deleting_the_comment_takes_its_answer_back(house: House, commands: Commands) -> None:
    session_id, issue = commands.round()
    comment = commands.gives(house.mona, issue, "/askfirst approve Q1\n/askfirst correct Q2: In UTC.")
    house.mona.edits_comment(comment, "/askfirst approve Q1")
    commands.settle()
    questions = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert [one["status"] for one in questions] == ["approved", "declined"]
    house.mona.deletes_comment(comment)
    commands.settle()
    questions = house.get("/session-questions", answeringSessionId=session_id)["data"]
    assert [one["status"] for one in questions] == ["pending", "pending"]


@on_sqlite
def test_a_deletion_that_is_told_first_drops_the_command(
    house: House, commands: Commands, talk: Issue
) -> None:
    house.fake.webhooks.hold()
    house.mona.deletes_comment(house.mona.comments(talk, SCAN))
    house.fake.webhooks.held.reverse()
    house.fake.webhooks.release()
    commands.settle()
    assert [one.status for one in commands.given()] == ["dropped"]
    assert house.get("/issue-sessions/list")["data"] == []


@on_sqlite
def test_a_scan_of_a_path_outside_is_refused_as_by_rest(
    house: House, commands: Commands, talk: Issue
) -> None:
    for path in ("/etc/passwd", "../other", "shop/../../other"):
        asked = commands.gives(house.mona, talk, f"{SCAN} {path}")
        assert signs(asked) == ["eyes", "confused"] and "below the top of the repository" in words(talk)[-1]
    assert house.get("/issue-sessions/list")["data"] == []


@on_sqlite
def test_whoever_started_it_may_cancel_it(house: House, commands: Commands, talk: Issue) -> None:
    writer, reader = commands.person("write"), commands.person("read")
    commands.gives(writer, talk, SCAN)
    commands.becomes(writer, "read")
    assert signs(commands.gives(reader, talk, "/askfirst cancel")) == ["eyes", "confused"]
    assert signs(commands.gives(writer, talk, "/askfirst cancel")) == ["eyes", "+1"]
    [session] = house.get("/issue-sessions/list")["data"]
    assert session["status"] == "cancelled"
    assert commands.audit(session["id"]) == [
        ("github", "issue-sessions/start"), ("github", "issue-sessions/cancel"),
    ]  # fmt: skip


# people's own issues


def test_an_issue_of_a_persons_is_adopted_when_a_command_names_it(
    house: House, commands: Commands, talk: Issue
) -> None:
    house.repository.private = False
    wish = house.stranger.opens_issue(house.repository, "Dark mode", "As a night owl.\r\n\r\nPlease.")
    commands.settle()
    assert house.get("/issues/list")["data"] == []
    asked = commands.gives(house.mona, talk, f"/askfirst work #{wish.number}")
    assert signs(asked) == ["eyes", "+1"]
    [issue] = house.get("/issues/list")["data"]
    assert (issue["title"], issue["description"]) == ("Dark mode", "As a night owl.\n\nPlease.")
    assert (issue["createdBy"], issue["status"]) == ("github:stranger", "open")
    assert issue["github"]["number"] == wish.number
    house.stranger.edits_issue(wish, title="A dark mode")
    house.mona.closes_issue(wish, "not_planned")
    commands.settle()
    after = house.get("/issues/get", id=issue["id"])["data"]
    assert (after["title"], after["status"]) == ("A dark mode", "dismissed")
    house.post("/issues/reopen", issueId=issue["id"])
    house.post("/issues/update", issueId=issue["id"], title="Ours", priority="high")
    house.post("/issues/dismiss", issueId=issue["id"], comment="Not now.")
    house.post("/issues/delete", issueId=issue["id"])
    commands.settle()
    assert (wish.title, wish.state, wish.labels, wish.locked) == ("A dark mode", "closed", [], False)
    assert house.fake.count("PATCH", "*") == 0, "it is never edited, closed or locked by us"
    assert house.unfinished() == []


@on_sqlite
def test_naming_it_on_itself_is_enough(house: House, commands: Commands, talk: Issue) -> None:
    commands.gives(house.mona, talk, "/askfirst fix")
    [issue] = house.get("/issues/list")["data"]
    assert (issue["title"], issue["status"], issue["createdBy"]) == ("Housekeeping", "running", "github:mona")


@on_sqlite
def test_what_is_no_open_issue_is_not_worked(
    house: House, commands: Commands, talk: Issue, pull: PullRequest
) -> None:
    closed = house.mona.opens_issue(house.repository, "Done with")
    house.mona.closes_issue(closed)
    for number, why in (
        (pull.number, "is a pull request, and no issue"),
        (999, "There is no issue #\u2060999 here"),
        (closed.number, "only one that is open or failed is fixed"),
    ):
        assert signs(commands.gives(house.mona, talk, f"/askfirst fix #{number}"))[-1] == "confused"
        assert why in words(talk)[-1]
    assert house.get("/issues/list")["data"] == [], "nothing of a refused command stays"


@on_sqlite
def test_on_a_pull_request_the_questions_go_there(
    house: House, commands: Commands, pull: PullRequest
) -> None:
    issue_id, issue = commands.issue()
    commands.gives(house.mona, pull, f"/askfirst ask #{issue.number} --max 2")
    with house.db.read() as tx:
        [session] = [
            tx.get_one(AnsweringSession, one["id"]) for one in house.get("/answering-sessions")["data"]
        ]
    assert (session.pull_request_number, session.max_questions, session.asked) == (pull.number, 2, [issue_id])
    assert signs(commands.gives(house.mona, pull, "/askfirst ask")) == ["eyes", "+1"], "about the same, anew"


@on_sqlite
def test_on_a_pull_request_without_questions_the_issues_are_to_be_named(
    house: House, commands: Commands, pull: PullRequest
) -> None:
    assert signs(commands.gives(house.mona, pull, "/askfirst ask")) == ["eyes", "confused"]
    assert "Name the issues to ask about" in words(pull)[-1]
    for text in ("fix", "dismiss", "reopen", "recheck"):
        assert signs(commands.gives(house.mona, pull, f"/askfirst {text}")) == ["eyes", "confused"]
    assert "This is no issue" in words(pull)[-1]


# who may, and how often


@on_sqlite
def test_the_repository_sets_levels(house: House, commands: Commands, talk: Issue) -> None:
    triage, writer = commands.person("triage"), commands.person("write")
    configured(house, levels={"scan": "triage", "dismiss": "maintain", "status": "write"})
    assert signs(commands.gives(triage, talk, SCAN)) == ["eyes"]
    assert signs(commands.gives(triage, talk, "/askfirst status")) == ["eyes", "confused"]
    assert signs(commands.gives(writer, talk, "/askfirst dismiss")) == ["eyes", "confused"]
    assert "needs the level **maintain**" in words(talk)[-1]
    commands.gives(triage, talk, HELP)
    assert "so you may give `help`, `scan`, `reopen`, `recheck`." in words(talk)[-1]


@on_sqlite
def test_a_person_gives_twenty_commands_and_starts_five_agents_an_hour(
    house: House, commands: Commands, talk: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_ = Turned(monkeypatch)
    writer = commands.person("write")
    for _ in range(MOST_STARTS):
        assert signs(commands.gives(writer, talk, SCAN)) == ["eyes"]
    assert signs(commands.gives(writer, talk, SCAN)) == ["eyes", "confused"]
    assert "You have started 5 agents in this hour." in words(talk)[-1]
    assert signs(commands.gives(commands.person("write"), talk, SCAN)) == ["eyes"], "each has a count"
    for _ in range(MOST_COMMANDS - MOST_STARTS):  # what was refused for its number does not count
        commands.gives(writer, talk, "/askfirst status")
    over = commands.gives(writer, talk, "/askfirst status")
    assert signs(over) == ["eyes", "confused"] and "more than 20 commands in an hour" in words(talk)[-1]
    clock_.forward(minutes=61)
    assert signs(commands.gives(writer, talk, SCAN)) == ["eyes"]


@on_sqlite
def test_a_thread_hears_thirty_comments_of_ours_an_hour_and_the_rest_later(
    house: House, commands: Commands, talk: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.db.write() as tx:
        for number in range(threads.MOST + 2):
            threads.say(tx, house.project, talk.number, f"said.{number}", "scan_failed", error="x")
    commands.settle()
    assert len(words(talk)) == threads.MOST
    assert signs(commands.gives(house.mona, talk, HELP)) == ["eyes", "+1"], "a thumb does not wait"
    clock_ = Turned(monkeypatch)
    clock_.forward(minutes=61)
    due_now(house)
    assert len(words(talk)) == threads.MOST + 3 and house.unfinished() == []


@on_sqlite
def test_bots_are_heard_only_where_their_app_is_listed(
    house: House, commands: Commands, talk: Issue, pull: PullRequest
) -> None:
    renovate = Bot(house)
    configured(house, bots=[renovate.app.id + 1])
    assert signs(commands.gives(renovate, talk, SCAN)) == []
    configured(house, bots=[renovate.app.id])
    heard = commands.gives(renovate, talk, f"{SCAN}\n/askfirst approve all\n/askfirst decide Q1: B")
    assert signs(heard) == ["eyes", "confused"]
    assert [one.status for one in commands.given()] == ["done", "refused", "refused"]
    [session] = house.get("/issue-sessions/list")["data"]
    [line] = house.get("/events/list", objectId=session["id"])["data"]
    assert line["by"] == "github:renovate[bot]"
    assert words(talk) == [], "a bot is refused by the reaction alone"
    remark = renovate.comments_on_line(pull, "new.py", 1, SCAN)  # of these GitHub does not say by which App
    waits = commands.gives(renovate, pull, SCAN)
    assert signs(remark) == [] and signs(waits) == ["eyes"]


@on_sqlite
def test_a_bot_that_is_not_listed_any_more_is_not_obeyed(
    house: House, commands: Commands, talk: Issue
) -> None:
    renovate = Bot(house)
    configured(house, bots=[renovate.app.id])
    asked = renovate.comments(talk, SCAN)
    commands.settle(but=("command",))
    configured(house, bots=[])
    commands.settle()
    assert signs(asked) == ["eyes", "confused"] and house.get("/issue-sessions/list")["data"] == []


@on_sqlite
def test_two_bots_stop_talking_to_each_other(house: House, commands: Commands, talk: Issue) -> None:
    """The other one has a command to each of our words, and we have words to each of its commands."""
    renovate = Bot(house)
    configured(house, bots=[renovate.app.id])
    for _ in range(5):
        if not talk.comments or talk.comments[-1].user.login == BOT:
            commands.gives(renovate, talk, "/askfirst status")
    assert [comment.user.login for comment in talk.comments] == ["renovate[bot]", BOT, "renovate[bot]"]


# what is said


@on_sqlite
def test_a_refusal_is_said_once_and_an_unknown_verb_gets_its_nearest_once(
    house: House, commands: Commands, talk: Issue
) -> None:
    reader = commands.person("read")
    asked = [
        commands.gives(reader, talk, text) for text in (SCAN, "/askfirst scna", SCAN, "/askfirst scna x")
    ]
    assert [signs(one) for one in asked] == [["eyes", "confused"]] * 4
    refused, unknown = words(talk)
    assert "needs the level **write** in this repository; you have **read**" in refused
    assert "Did you mean `/askfirst scan`?" in unknown
    commands.gives(commands.person("read"), talk, SCAN)
    assert len(words(talk)) == 3, "another person is told as well"
    wrong = commands.gives(house.mona, talk, "/askfirst approve Q1 but in UTC")
    assert signs(wrong) == ["eyes", "confused"] and "Write `/askfirst approve Q1 Q3-Q5`." in words(talk)[-1]


@on_sqlite
def test_words_quoted_in_a_refusal_reach_nobody(house: House, commands: Commands, talk: Issue) -> None:
    commands.gives(commands.person("read"), talk, "/askfirst scan @bob #1 `x` <b>")
    assert words(talk)[0].startswith("> `` /askfirst scan @bob #1 `x` <b> ``\n")


@on_sqlite
def test_status_tells_what_runs_what_waits_for_whom_and_why_not(
    house: House, commands: Commands, talk: Issue
) -> None:
    chain, issue = commands.chain(title="Tidy the cart", branchName="fix/cart")
    commands.round()
    commands.gives(house.mona, talk, f"{SCAN} -- Find bugs")
    reader = commands.person("read")
    commands.gives(reader, talk, "/askfirst fix")
    commands.gives(reader, talk, "/askfirst status")
    said = words(talk)[-1]
    assert "A scan for `mona`: Find bugs." in said
    assert "Q1, Q2, for anybody with **write**" in said
    assert "Tidy the cart on `fix/cart`, for anybody with **write**: `/askfirst start`." in said
    assert "Your last command was refused:\n\n> `/askfirst fix`\n\nThis needs the level **write**" in said
    house.post("/work-chains/start", chainId=chain)
    commands.gives(house.mona, talk, "/askfirst status")
    said = words(talk)[-1]
    assert f"Tidy the cart on `fix/cart`: 0 of 1 issue worked, now at #{issue.number}." in said
    assert "refused" not in said


@on_sqlite
def test_a_try_tells_what_would_be_written(house: House, commands: Commands, talk: Issue) -> None:
    _, issue = commands.issue()
    for text, would in (
        (f"{SCAN} shop -- Find bugs", "start a scan of `shop`: Find bugs"),
        (f"/askfirst fix #{issue.number}", f"start an agent that works #{issue.number}"),
        (f"/askfirst ask #{issue.number}", f"start an agent that asks about #{issue.number}"),
        (f"/askfirst work #{issue.number} --branch fix/it", "on the branch `fix/it`"),
    ):
        assert signs(commands.gives(house.mona, talk, f"{text} --dry-run")) == ["eyes", "+1"]
        assert "This was a dry run" in words(talk)[-1] and would in words(talk)[-1]
    refused = commands.gives(house.mona, talk, "/askfirst fix #999 --dry-run")
    assert signs(refused) == ["eyes", "confused"]
    assert house.get("/runs/list")["data"] == house.get("/work-chains/list")["data"] == []


@on_sqlite
def test_what_cannot_be_done_after_all_tries_is_said(
    house: House, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, issue = commands.issue()
    asked = house.mona.comments(issue, "/askfirst fix")
    commands.settle(but=("command",))
    monkeypatch.setattr("bot.webhooks.verbs.working.chains.fix", broken)
    for _ in range(outbox.TRIES):
        commands.settle()
        due_now(house)
    assert signs(asked) == ["eyes", "confused"]
    assert "I tried several times and could not do it" in words(issue)[-1]
    assert house.get("/runs/list")["data"] == []


def broken(*_: Any, **__: Any) -> None:
    raise OSError("the disk is full")
