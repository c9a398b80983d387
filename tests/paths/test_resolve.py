"""A chain works its issues: what lands on the branch, what stops it, and how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.github import PullRequest
from tests.house import House
from tests.rounds import BOT, Fix, Round, Scripted, asked, done, filed, ours

pytestmark = pytest.mark.one_database

FAILS = {"outcome": "failed", "summary": "I do not know how."}
NOTHING = {"outcome": "no_change", "summary": "It is fixed already."}
ASKS = {
    "outcome": "needs_answer",
    "summary": "It depends.",
    "questions": [
        {"question": "Which zone?", "options": [{"text": "UTC"}, {"text": "Local", "leaves": False}]}
    ],
}


@pytest.fixture(autouse=True)
def _keeps_to_its_branches(house: House) -> Iterator[None]:
    """Whatever happens, the bot forces nothing and pushes to branches of its own alone."""
    main = house.repository.git.refs()["refs/heads/main"]
    yield
    pushes = [one.payload for one in house.fake.deliveries if one.event == "push"]
    for push in pushes:
        if push["sender"]["login"] == BOT:
            assert (
                push["ref"].startswith(("refs/heads/askfirst/", "refs/heads/work")) and not push["forced"]
            ), push
            assert not push["deleted"]
    if all(push["sender"]["login"] == BOT for push in pushes):
        assert house.repository.git.refs()["refs/heads/main"] == main


class Chain:
    """A chain of new issues, as the API and GitHub show it."""

    def __init__(self, house: House, *titles: str, issues: list[str] | None = None, **more: Any) -> None:
        self.house = house
        self.issues = issues or filed(house, *titles)
        body = {"title": "Some fixes", "issueIds": self.issues} | more
        self.id = house.post("/work-chains/create", **body)["data"]["id"]

    def start(self) -> dict[str, Any]:
        answer = self.house.post("/work-chains/start", chainId=self.id)
        self.house.settle()
        return dict(answer)

    @property
    def now(self) -> dict[str, Any]:
        return dict(self.house.get("/work-chains/get", id=self.id)["data"])

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.house.get("/work-chains/issues", id=self.id)["data"])

    @property
    def states(self) -> list[str]:
        return [item["itemStatus"] for item in self.items]

    @property
    def pull(self) -> PullRequest:
        return self.house.repository.pulls[self.now["pullRequest"]["number"]]

    @property
    def commits(self) -> list[str]:
        """The messages of what is on the branch and not on main, oldest first."""
        git, branch = self.house.repository.git, self.now["branchName"]
        if f"refs/heads/{branch}" not in git.refs():
            return []
        return [row["message"] for row in reversed(git.log(branch, "^main"))]

    def file(self, path: str) -> str | None:
        """What is in a file on the branch."""
        text = self.house.repository.git.read(self.now["branchName"], path)
        return text.decode() if text is not None else None


def test_answers_are_obeyed(house: House) -> None:
    scan = house.scan()
    round = Round(house, house.post("/answering-sessions", issueSessionId=scan["id"])["data"]["id"], [])
    house.settle()
    chain = Chain(house, issues=[one["id"] for one in reversed(house.get("/issues/list")["data"])],
                  answeringSessionId=round.id)  # fmt: skip
    refused = chain.start()["error"]
    assert refused["code"] == "CONFLICT" and "is open" in refused["message"]
    for question, thread in zip(round.questions, round.threads, strict=True):
        leave = next(one["letter"] for one in question["options"] if one["leaves"])
        house.mona.replies(thread, leave if "default" in question["question"] else "approve")
    house.settle_answers()
    assert chain.now["branchName"] == round.pull.head_ref
    chain.start()
    assert chain.now["status"] == "completed" and chain.pull is round.pull and not round.pull.draft
    cart, script = chain.file("shop/cart.py") or "", chain.file("deploy.sh") or ""
    assert "def add(item, cart=[])" in cart and "import os" not in cart and "|| exit" in script
    by_state = {item["itemStatus"]: item for item in chain.items}
    assert "dismissed" in by_state["skipped"]["error"] and set(by_state) == {"done", "skipped"}
    asking, answering, *fixes, tidying = chain.commits
    worked = [item for item in chain.items if item["commit"]]
    assert len(fixes) == len(worked) > 1 and "Remove" in tidying
    assert "[skip ci]" in asking and round.session["answersDigest"] in answering
    for message, item in zip(fixes, worked, strict=True):
        assert f"Fixes #{item['github']['number']}\n" in message
        assert f"Askfirst-Run: {item['runId']}" in message
    assert any(f"Askfirst-Answers: {round.id}/Q" in message for message in fixes)
    assert chain.file(f".askfirst/{round.id}.md") is None, "the questions file is gone"
    assert f"Fixes #{worked[0]['github']['number']}" in (round.pull.body or "")
    assert "### Clarifications" in (round.pull.body or "")
    assert house.unfinished() == []


def test_one_commit_for_each_in_order_then_ready(house: House) -> None:
    bodies: list[tuple[bool, str]] = []
    Scripted(house, done(one="x = 1\n"), lambda: look(), done(three="x = 3\n"))
    chain = Chain(house, "One", "Two", "Three", branchName="work/first")

    def look() -> dict[str, Any]:
        bodies.append((chain.pull.draft, chain.pull.body or ""))
        return done(two="x = 2\n")

    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["done"] * 3)
    assert [message.splitlines()[0] for message in chain.commits] == ["Fix: One", "Fix: Two", "Fix: Three"]
    [(was_draft, table)] = bodies
    assert was_draft and "1 of 3 issues done" in table and "in work" in table
    assert not chain.pull.draft and "3 of 3 issues done" in (chain.pull.body or "")
    assert sorted(house.repository.git.refs()) == ["refs/heads/main", "refs/heads/work/first"]
    assert {item["resolution"] for item in chain.items} == {"proposed"}
    [last] = ours(chain.pull)
    assert "ready for review" in last and house.unfinished() == []


def test_it_stops_at_what_fails_and_resumes_there(house: House) -> None:
    Scripted(house, done(one="x = 1\n"), FAILS, done(two="x = 2\n"), done(three="x = 3\n"))
    chain = Chain(house, "One", "Two", "Three")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["done", "failed", "pending"])
    assert "I do not know how." in chain.now["error"] and chain.items[1]["status"] == "failed"
    assert chain.pull.draft and "stopped at" in ours(chain.pull)[0] and len(chain.commits) == 1
    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["done"] * 3)
    assert len(chain.commits) == 3 and not chain.pull.draft and len(house.pulls()) == 1
    assert house.unfinished() == []


def test_told_to_continue_it_works_the_rest(house: House) -> None:
    Scripted(house, FAILS, NOTHING, done(three="x = 3\n"))
    chain = Chain(house, "One", "Two", "Three", onFailure="continue")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["failed", "no_change", "done"])
    assert [message.splitlines()[0] for message in chain.commits] == ["Fix: Three"]
    assert chain.items[1]["error"] == "It is fixed already." and chain.items[1]["status"] == "open"
    assert chain.pull.draft and "1 of 3 issues failed" in chain.now["error"]


def test_where_nothing_had_to_be_changed_nothing_is_pushed(house: House) -> None:
    Scripted(house, NOTHING)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["no_change"] * 2)
    assert chain.commits == [] and house.pulls() == [] and house.unfinished() == []


def test_somebody_elses_commit_pauses_it(house: House) -> None:
    def second() -> dict[str, Any]:
        house.mona.pushes(house.repository, {"notes.md": "Mine.\n"}, "My notes", "work")
        return done(two="x = 2\n")

    Scripted(house, done(one="x = 1\n"), second)
    chain = Chain(house, "One", "Two", branchName="work")
    chain.start()
    assert (chain.now["status"], chain.now["pausedReason"]) == ("paused", "foreign_commit")
    assert chain.states == ["done", "pending"] and chain.items[1]["status"] == "open"
    assert [message.splitlines()[0] for message in chain.commits] == ["Fix: One", "My notes"]
    assert "not mine" in ours(chain.pull)[0] and "`/askfirst resume`" in ours(chain.pull)[0]
    assert chain.pull.draft
    assert "Somebody else's commit is on the branch" in (chain.pull.body or "")
    assert house.unfinished() == []


def test_it_builds_on_somebody_elses_commit_when_it_is_resumed(house: House) -> None:
    def meddles(text: str) -> Fix:
        def fix() -> dict[str, Any]:
            house.mona.pushes(house.repository, {"notes.md": text}, f"Note {text}", "work")
            return done(two="x = 2\n")

        return fix

    Scripted(house, done(one="x = 1\n"), meddles("a"), meddles("b"), done(two="x = 2\n"))
    chain = Chain(house, "One", "Two", branchName="work")
    chain.start()
    for said in (1, 2):
        assert chain.now["pausedReason"] == "foreign_commit"
        assert [("not mine" in text) for text in ours(chain.pull)] == [True] * said, "of each commit once"
        house.post("/work-chains/resume", chainId=chain.id)
        house.settle()
    assert (chain.now["status"], chain.states) == ("completed", ["done", "done"])
    titles = ["Fix: One", "Note a", "Note b", "Fix: Two"]
    assert [message.splitlines()[0] for message in chain.commits] == titles
    assert chain.file("notes.md") == "b" and not chain.pull.draft and house.unfinished() == []


def test_a_pause_that_comes_too_late_for_the_push_doubles_nothing(house: House) -> None:
    scripted = Scripted(house, done(one="x = 1\n"))
    scripted.before_push = lambda: house.post("/work-chains/pause", chainId=chain.id)
    chain = Chain(house, "One", "Two", branchName="work")
    chain.start()
    assert (chain.now["pausedReason"], chain.states) == ("person", ["pending", "pending"])
    assert len(chain.commits) == 1
    scripted.fixes = [done(two="x = 2\n")]
    house.post("/work-chains/resume", chainId=chain.id)
    house.settle()
    assert (chain.now["status"], chain.states) == ("completed", ["done", "done"])
    assert [message.splitlines()[0] for message in chain.commits] == ["Fix: One", "Fix: Two"]
    assert house.unfinished() == []


def test_a_pause_is_shown_and_the_issue_in_hand_begins_anew(house: House) -> None:
    def paused() -> dict[str, Any]:
        house.post("/work-chains/pause", chainId=chain.id)
        return done(two="x = 2\n")

    Scripted(house, done(one="x = 1\n"), paused, done(two="x = 3\n"))
    chain = Chain(house, "One", "Two")
    chain.start()
    assert (chain.now["pausedReason"], len(chain.commits)) == ("person", 1)
    assert "Somebody paused it" in (chain.pull.body or "") and "somebody paused it" in ours(chain.pull)[0]
    house.post("/work-chains/resume", chainId=chain.id)
    house.settle()
    assert (chain.now["status"], chain.file("two.py")) == ("completed", "x = 3\n")
    assert house.unfinished() == []


def test_a_protected_branch_refuses(house: House) -> None:
    house.repository.protect("work")
    Scripted(house, done(one="x = 1\n"))
    chain = Chain(house, "One", branchName="work")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["failed"])
    assert "branch work is protected" in chain.items[0]["error"] and chain.commits == []
    assert house.pulls() == [] and house.unfinished() == []


def test_a_branch_that_is_deleted_underneath_is_not_made_anew(house: House) -> None:
    def second() -> dict[str, Any]:
        house.mona.deletes_branch(house.repository, "work")
        return done(two="x = 2\n")

    Scripted(house, done(one="x = 1\n"), second)
    chain = Chain(house, "One", "Two", branchName="work")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["done", "failed"])
    assert "branch work is not there any more" in chain.items[1]["error"] and chain.commits == []
    assert chain.pull.state == "closed" and chain.items[0]["status"] == "open"


def test_what_people_make_of_the_pull_request_is_what_becomes_of_the_issues(house: House) -> None:
    Scripted(house, done(one="x = 1\n"), NOTHING)
    chain = Chain(house, "One", "Two")
    chain.start()
    house.mona.closes_pull_request(chain.pull)
    house.settle()
    assert [(item["status"], item["resolution"]) for item in chain.items] == [("open", None)] * 2
    other = Chain(house, issues=chain.issues)
    Scripted(house, done(one="x = 1\n"), NOTHING)
    other.start()
    house.mona.merges(other.pull)
    house.settle()
    assert [(item["status"], item["resolution"]) for item in other.items] == [
        ("completed", "merged"),
        ("open", None),
    ]
    assert [issue.state for issue in house.issues()] == ["closed", "open"] and house.unfinished() == []


def test_an_issue_that_is_closed_before_its_turn_is_left_out(house: House) -> None:
    def first() -> dict[str, Any]:
        house.mona.closes_issue(house.issues()[1])
        house.settle()
        return done(one="x = 1\n")

    Scripted(house, first, done(three="x = 3\n"))
    chain = Chain(house, "One", "Two", "Three")
    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["done", "skipped", "done"])
    assert "completed" in chain.items[1]["error"] and len(chain.commits) == 2


def test_a_cancel_while_it_runs_pushes_nothing_more(house: House) -> None:
    def second() -> dict[str, Any]:
        house.post("/work-chains/cancel", chainId=chain.id)
        return done(two="x = 2\n")

    Scripted(house, done(one="x = 1\n"), second)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert chain.now["status"] == "cancelled" and len(chain.commits) == 1
    assert (chain.items[1]["status"], chain.states) == ("open", ["done", "pending"])
    assert "was cancelled" in (chain.pull.body or "") and house.unfinished() == []


@pytest.mark.parametrize("first", [True, False], ids=["at once", "later"])
def test_a_question_on_the_way_pauses_it_until_it_is_answered(house: House, first: bool) -> None:
    Scripted(house, *([] if first else [done(zero="x = 0\n")]), ASKS, done(one="x = 1\n"))
    chain = Chain(house, *(["One"] if first else ["Zero", "One"]))
    chain.start()
    assert (chain.now["status"], chain.now["pausedReason"], chain.states[-1]) == (
        "paused",
        "needs_answer",
        "waiting",
    )
    [session] = house.get("/answering-sessions")["data"]
    round = Round(house, session["id"], chain.issues)
    assert round.states == ["pending"] and chain.items[-1]["status"] == "open"
    if first:
        house.mona.replies(round.threads[0], "B")
    else:
        assert round.pull is chain.pull
        question = next(text for text in ours(chain.pull) if "Which zone?" in text and ":sq_" in text)
        assert "`Q1: approve`" in question and "`Q1: B`" in question and len(house.pulls()) == 1
        house.mona.comments(chain.pull, "Q1: B")
    house.settle_answers()
    assert round.answers == ["Local"] and chain.now["status"] == "completed"
    assert chain.items[-1]["answers"][0]["answer"] == "Local"
    assert f"Askfirst-Answers: {round.id}/Q1" in chain.commits[-1]
    assert not chain.pull.draft and house.unfinished() == []


def test_the_repository_says_what_is_protected_and_what_stays(house: House) -> None:
    text = "protected_paths: ['docs/**', 'conf.py']\nquestions:\n  keep_file: true\n"
    round = asked(house, {}, {}, issues=2)
    round.approve()
    house.mona.pushes(house.repository, {".github/askfirst.yml": text}, "Settings")
    Scripted(house, done(one="x = 1\n"), done(conf="secret = 1\n"))
    chain = Chain(house, issues=round.issue_ids, answeringSessionId=round.id, onFailure="continue")
    chain.start()
    assert chain.states == ["done", "failed"] and "conf.py is protected" in chain.items[1]["error"]
    Scripted(house, done(two="x = 2\n"))
    chain.start()
    assert chain.now["status"] == "completed" and chain.file(f".askfirst/{round.id}.md")
    assert len(chain.commits) == 4 and house.unfinished() == []


def test_a_merge_is_a_merge_also_when_github_tells_of_the_closed_issue_first(house: House) -> None:
    Scripted(house, done(one="x = 1\n"))
    chain = Chain(house, "One")
    chain.start()
    house.fake.webhooks.hold()
    house.mona.merges(chain.pull)
    house.fake.webhooks.held.sort(key=lambda delivery: delivery.event != "issues")
    house.fake.webhooks.release()
    house.settle()
    assert [(item["status"], item["resolution"]) for item in chain.items] == [("completed", "merged")]
