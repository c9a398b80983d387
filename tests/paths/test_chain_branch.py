"""A chain's branch and pull request while others work there too: who was faster, what was taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain import repo_config
from bot.sandbox import repo
from tests.house import House
from tests.paths.test_resolve import NOTHING, Chain
from tests.rounds import Scripted, asked, done, due_now, filed, ours
from tests.test_kill_rounds import only

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ONE, TWO = done(one="x = 1\n"), done(two="x = 2\n")


def titles(chain: Chain) -> list[str]:
    return [message.splitlines()[0] for message in chain.commits]


def resumed(chain: Chain) -> None:
    chain.house.post("/work-chains/resume", chainId=chain.id)
    chain.house.settle()


def racing(house: House, *acts: Callable[[], object], fixes: tuple[Any, ...] = (TWO,)) -> Chain:
    """A chain of two issues on branch `work`; each act happens just before another push of its second one."""
    left = list(acts)

    def act() -> None:
        left.pop(0)()
        scripted.before_push = act if left else None

    def second() -> dict[str, Any]:
        scripted.before_push = act
        return dict(fixes[0])

    scripted = Scripted(house, ONE, second, *fixes)
    chain = Chain(house, "One", "Two", branchName="work")
    chain.start()
    return chain


# somebody is faster


def test_a_lost_race_is_made_good_where_nothing_overlaps(house: House) -> None:
    chain = racing(house, lambda: house.mona.pushes(house.repository, {"notes.md": "x\n"}, "Notes", "work"))
    assert (chain.now["status"], chain.states) == ("completed", ["done", "done"])
    assert titles(chain) == ["Fix: One", "Notes", "Fix: Two"]
    assert chain.file("notes.md") == "x\n" and chain.file("two.py") == "x = 2\n"
    assert not chain.pull.draft and house.unfinished() == []


@pytest.mark.parametrize("path", ["two.py", "TWO.py", "two.py/inner"])
def test_a_lost_race_about_the_same_file_pauses(house: House, path: str) -> None:
    chain = racing(house, lambda: house.mona.pushes(house.repository, {path: "mine\n"}, "Mine", "work"))
    assert (chain.now["pausedReason"], chain.states) == ("foreign_commit", ["done", "pending"])
    assert titles(chain) == ["Fix: One", "Mine"] and chain.file(path) == "mine\n"
    assert house.unfinished() == []


def test_a_race_that_is_lost_twice_pauses(house: House) -> None:
    def push(name: str) -> Callable[[], object]:
        return lambda: house.mona.pushes(house.repository, {name: "x\n"}, name, "work")

    chain = racing(house, push("a"), push("b"))
    assert chain.now["pausedReason"] == "foreign_commit" and titles(chain) == ["Fix: One", "a", "b"]
    resumed(chain)
    assert chain.now["status"] == "completed" and titles(chain)[3:] == ["Fix: Two"]


def test_a_branch_that_is_deleted_before_the_push_is_not_made_anew(house: House) -> None:
    chain = racing(house, lambda: house.mona.deletes_branch(house.repository, "work"))
    assert "branch work is not there any more" in chain.items[1]["error"] and chain.commits == []


def test_a_branch_that_somebody_rewrites_pauses(house: House) -> None:
    def rewrite() -> None:
        git = house.repository.git
        other = git.commit({"x": "x"}, "Other", "other")
        git.run("update-ref", "refs/heads/work", other)
        git.run("update-ref", "-d", "refs/heads/other")

    chain = racing(house, rewrite)
    assert chain.now["pausedReason"] == "foreign_commit" and titles(chain) == ["Other"]
    resumed(chain)
    assert chain.now["status"] == "completed" and titles(chain) == ["Other", "Fix: Two"]


def test_a_push_that_a_pause_came_too_late_for_is_known_below_others_too(house: House) -> None:
    chain = racing(house, lambda: house.post("/work-chains/pause", chainId=chain_id(house)))
    house.mona.pushes(house.repository, {"notes.md": "x\n"}, "Notes", "work")
    resumed(chain)
    assert chain.states == ["done", "done"] and titles(chain) == ["Fix: One", "Fix: Two", "Notes"]
    assert chain.now["status"] == "completed" and house.unfinished() == []


def chain_id(house: House) -> str:
    return str(house.get("/work-chains/list")["data"][0]["id"])


@pytest.mark.parametrize("when", ["before the checkout", "before the push"])
def test_the_answers_that_we_write_down_are_nobody_elses(
    house: House, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.roundfile._is_worked_on", lambda *_: False)  # it began just afterwards
    round = asked(house, {"blocking": False})

    def second() -> dict[str, Any]:
        if when == "before the checkout":
            round.approve()
        else:
            scripted.before_push = round.approve
        return TWO

    scripted = Scripted(house, ONE, second)
    chain = Chain(house, "One", "Two", branchName=round.pull.head_ref, answeringSessionId=round.id)
    chain.start()
    assert chain.now["status"] == "completed", chain.now
    kinds = [title.split()[0] for title in titles(chain)]
    assert kinds == ["Ask", "Fix:", "Write", "Fix:", "Remove"] and house.unfinished() == []


# whose branch it is


def test_nothing_is_pushed_to_the_default_branch(house: House) -> None:
    Scripted(house, ONE)
    issue = filed(house, "One")[0]
    said = house.post("/work-chains/create", title="One", issueIds=[issue], branchName="main")
    assert said["error"]["field"] == "branchName"
    chain = Chain(house, issues=[issue], branchName="next")
    house.mona.pushes(house.repository, {"a": "x"}, "Mine", "next")
    before = house.repository.git.refs()
    house.github.deliver = lambda *_: 202  # nobody tells us
    house.mona.changes_default_branch(house.repository, "next")
    chain.start()
    assert "next is the default branch" in chain.items[0]["error"]
    assert house.repository.git.refs() == before and house.pulls() == []


@pytest.mark.parametrize("why", ["is protected", "pull request #"])
def test_nothing_is_pushed_to_a_branch_of_others(house: House, why: str) -> None:
    house.mona.pushes(house.repository, {"a": "x"}, "Mine", "work")
    if why == "is protected":
        house.repository.add_ruleset("work")
    else:
        house.mona.opens_pull_request(house.repository, "work")
    scripted = Scripted(house, ONE)
    chain = Chain(house, "One", branchName="work")
    chain.start()
    assert why in chain.items[0]["error"] and titles(chain) == ["Mine"] and scripted.worked == 1
    assert house.unfinished() == []


def test_a_branch_that_is_there_already_is_built_upon(house: House) -> None:
    house.mona.pushes(house.repository, {"a": "x"}, "Mine", "work")
    Scripted(house, ONE)
    chain = Chain(house, "One", branchName="work")
    chain.start()
    assert chain.now["status"] == "completed" and titles(chain) == ["Mine", "Fix: One"]


def test_a_base_that_moves_on_is_left_to_the_merge(house: House) -> None:
    def second() -> dict[str, Any]:
        house.mona.pushes(house.repository, {"one.py": "theirs\n"}, "On main")
        return TWO

    Scripted(house, ONE, second)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert chain.now["status"] == "completed" and titles(chain) == ["Fix: One", "Fix: Two"]


def test_a_later_fix_may_change_what_an_earlier_one_did(house: House) -> None:
    Scripted(house, ONE, done(one="x = 2\n"), done(one="x = 2\n"))
    chain = Chain(house, "One", "Two", "Three")
    chain.start()
    assert chain.states == ["done", "done", "no_change"] and chain.file("one.py") == "x = 2\n"
    assert "| nothing to change |  | The agent changed nothing; it said: Done. |" in (chain.pull.body or "")


# its pull request


def test_somebody_elses_pull_request_from_our_branch_is_told(house: House) -> None:
    Scripted(house, ONE)
    chain = Chain(house, "One", branchName="work")
    house.post("/work-chains/start", chainId=chain.id)
    only(house, "fix", 1)
    house.mona.opens_pull_request(house.repository, "work")
    house.settle()
    assert "A pull request already exists" in chain.now["error"] and chain.now["pullRequest"] is None
    assert house.unfinished() == []


def test_where_drafts_are_refused_it_is_a_plain_one(house: House) -> None:
    house.repository.takes_drafts = False
    Scripted(house, ONE)
    chain = Chain(house, "One")
    chain.start()
    assert chain.now["status"] == "completed" and not chain.pull.draft and len(house.pulls()) == 1


@pytest.mark.parametrize("how", ["closed", "merged"])
def test_a_pull_request_that_ends_underneath_stops_the_work(house: House, how: str) -> None:
    def second() -> dict[str, Any]:
        house.mona.marks_ready(chain.pull)
        (house.mona.closes_pull_request if how == "closed" else house.mona.merges)(chain.pull)
        house.settle()
        return TWO

    scripted = Scripted(house, ONE, second)
    chain = Chain(house, "One", "Two")
    chain.start()
    now, issues = chain.now, [(item["status"], item["resolution"]) for item in chain.items]
    assert f"#{chain.pull.number} was {how}" in now["error"] and titles(chain) in (["Fix: One"], [])
    if how == "merged":
        assert now["status"] == "cancelled" and issues == [("completed", "merged"), ("open", None)]
        return
    assert (now["status"], now["pausedReason"]) == ("paused", "person") and issues == [("open", None)] * 2
    assert "was closed" in ours(chain.pull)[-1]
    house.mona.reopens_pull_request(chain.pull)
    scripted.fixes = [TWO]
    resumed(chain)
    assert chain.now["status"] == "completed" and chain.now["error"] is None
    assert [item["resolution"] for item in chain.items] == ["proposed"] * 2
    assert titles(chain) == ["Fix: One", "Fix: Two"] and house.unfinished() == []


def test_what_is_pushed_after_the_merge_is_not_merged(house: House) -> None:
    def second() -> dict[str, Any]:
        house.mona.marks_ready(chain.pull)
        house.fake.webhooks.hold()
        house.mona.merges(chain.pull)
        return TWO

    Scripted(house, ONE, second)
    chain = Chain(house, "One", "Two")
    chain.start()
    house.fake.webhooks.release()
    house.settle()
    issues = [(item["status"], item["resolution"]) for item in chain.items]
    assert issues == [("completed", "merged"), ("open", None)]


@pytest.mark.parametrize("how", ["completed", "dismissed"])
def test_an_issue_that_ends_while_it_is_worked_is_not_pushed(house: House, how: str) -> None:
    def first() -> dict[str, Any]:
        if how == "completed":
            house.mona.closes_issue(house.issues()[0])
        else:
            house.mona.deletes_issue(house.issues()[0])
        house.settle()
        return ONE

    Scripted(house, first, TWO)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert chain.states == ["skipped", "done"] and titles(chain) == ["Fix: Two"]
    assert how in chain.items[0]["error"] and chain.items[0]["status"] == how
    assert house.unfinished() == []


def test_the_check_run_tells_how_the_chain_stands(house: House) -> None:
    seen: list[str | None] = []

    def checks() -> list[str | None]:
        return [one.conclusion for one in house.repository.checks if one.name == "askfirst / chain"]

    def last() -> dict[str, Any]:
        due_now(house)
        seen.extend(checks())
        return {"outcome": "failed", "summary": "No."}

    Scripted(house, ONE, TWO, last, NOTHING)
    chain = Chain(house, "One", "Two", "Three")
    chain.start()
    assert seen == ["neutral", None] and checks() == ["neutral", "failure"]
    check = house.repository.checks[-1]
    assert check.head_sha == chain.pull.head_sha and "2 of 3 issues done" in check.output["title"]
    chain.start()
    assert checks() == ["neutral", "success"] and house.unfinished() == []


def test_the_table_is_edited_seldom_while_the_work_goes_on(house: House) -> None:
    Scripted(house, *(done(**{f"f{number}": "x = 1\n"}) for number in range(6)))
    chain = Chain(house, *(f"Issue {number}" for number in range(6)))
    chain.start()
    edits = house.fake.count("PATCH", "/repos/*/pulls/*")
    assert edits == 1 and "6 of 6 issues done" in (chain.pull.body or "")


def test_whoever_starts_it_is_named_in_its_commits(house: House) -> None:
    Scripted(house, ONE)
    chain = Chain(house, "One")
    house.mona.comments(house.issues()[0], "/askfirst start")
    house.settle()
    mona = house.mona.account
    assert f"Co-authored-by: mona <{mona.id}+mona@users.noreply." in chain.commits[0]
    assert "Started by `mona`." in (chain.pull.body or "") and house.unfinished() == []


# the repository's own configuration


def configured(house: House, text: str) -> None:
    house.mona.pushes(house.repository, {".github/askfirst.yml": text}, "Settings")
    house.scan()


def test_a_workflow_of_the_repository(house: House) -> None:
    configured(house, "workflows: {quick: {minutes: 5, verify: make test}}\nlimits: {minutes: 4}\n")
    listed = house.get("/workflows/list")["data"]
    assert [(one["id"], one["minutes"], one["verify"]) for one in listed] == [
        ("default", 4, None),
        ("quick", 4, "make test"),
    ]
    Scripted(house, ONE)
    chain = Chain(house, "One", workflowId="quick")
    chain.start()
    assert "*Not verified*: `make test` runs only in a container" in (chain.pull.body or "")
    gone = Chain(house, "Two", workflowId="quick")
    configured(house, "")
    gone.start()
    assert gone.now["status"] == "failed" and "Workflow quick is not in" in gone.now["error"]


def test_a_day_has_only_so_many_runs(house: House) -> None:
    configured(house, "limits: {runs_per_day: 2}\n")
    Scripted(house, ONE)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["done", "pending"])
    assert "2 runs of a day" in chain.now["error"] and repo_config.PATH in chain.now["error"]
    refused = chain.start()["error"]
    assert refused["code"] == "CONFLICT" and "start again after" in refused["message"]
    assert chain.items[1]["status"] == "open"


def test_the_last_run_of_a_day_completes_its_chain(house: House) -> None:
    configured(house, "limits: {runs_per_day: 3}\n")
    Scripted(house, ONE, TWO)
    chain = Chain(house, "One", "Two")
    chain.start()
    assert (chain.now["status"], chain.now["error"]) == ("completed", None)


def test_the_repository_is_cloned_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[list[str]] = []
    ask = repo.ask

    def heard(arguments: list[str], *more: Any, **named: Any) -> str:
        said.append(arguments)
        return ask(arguments, *more, **named)

    monkeypatch.setattr(repo, "ask", heard)
    Scripted(house, ONE, TWO)
    Chain(house, "One", "Two").start()
    assert [words[0] for words in said].count("init") == 1
    left = [path.name for path in (house.config.askfirst_home / "clones").iterdir()]
    assert sorted(name.partition(".")[2] for name in left) == ["", "git", "lock"], left
