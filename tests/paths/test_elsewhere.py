"""Questions where people want them: on somebody's pull request, on a fork's, on an issue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.github import PullRequest
from tests.house import House
from tests.paths.test_clarify import ASSUMED, LEFT, OTHER
from tests.rounds import BOT, Round, asked, due_now, ours

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CODE = "".join(f"line_{number} = {number}\n" for number in range(1, 41))


def place(path: str, first: int, last: int | None = None) -> dict[str, Any]:
    return {"places": [{"path": path, "startLine": first, "endLine": last or first}]}


def proposed(house: House, **files: str) -> PullRequest:
    """A pull request of mona's with these Python files changed."""
    house.repository.commit({"big.py": CODE}, "Something big")
    changed: dict[str, str | bytes | None] = {f"{name}.py": text for name, text in files.items()}
    house.mona.pushes(house.repository, changed, "Mine", "topic")
    return house.mona.opens_pull_request(house.repository, "topic")


def big(*changed: int) -> str:
    """The big file with these lines changed."""
    lines = CODE.splitlines()
    return "".join(f"{line}{' + 1' if n in changed else ''}\n" for n, line in enumerate(lines, start=1))


def pushed_by_us(house: House) -> list[str]:
    """The refs that our App pushed to, in any repository."""
    hooks = [hook.payload for hook in house.fake.deliveries if hook.event == "push"]
    pushes = [seen.path for seen in house.fake.requests if seen.path.endswith("git-receive-pack")]
    return [one["ref"] for one in hooks if one["sender"]["login"] == BOT] + pushes


def test_on_somebodys_pull_request(house: House) -> None:
    pull = proposed(house, big=big(20), new="a = 1\nb = 2\n")
    body = pull.body
    round = asked(
        house, place("big.py", 20), place("new.py", 1, 2), place("big.py", 5), place("shop/cart.py", 1), {},
        on=pull.number,
    )  # fmt: skip
    places = [(thread.original.path, thread.original.line) for thread in round.threads]
    assert places == [("big.py", 20), ("new.py", 2), ("big.py", 17)], "inside the diff, as near as can be"
    assert len([review for review in pull.reviews if review.body]) == 1
    assert [one["github"]["url"].partition("#")[2][:4] for one in round.questions] == ["disc"] * 3 + [
        "issu"
    ] * 2
    plain = [text for text in ours(pull) if "I assume" in text]
    assert ["`Q4: approve`" in plain[0], "`Q5: B`" in plain[1]] == [True, True]
    assert round.check.conclusion == "action_required" and round.check.head_sha == pull.head_sha
    house.mona.replies(round.threads[0], "approve")
    house.mona.comments(pull, "Q2: B\nQ4: C\n\nQ5: Ask sales.")
    house.mona.replies(round.threads[2], "approve")
    house.settle_answers()
    assert round.answers == [ASSUMED, LEFT, ASSUMED, OTHER, "Ask sales."]
    assert round.session["status"] == "completed" and round.check.conclusion == "success"
    assert len(round.receipts()) == 1 and pull.body == body, "people's own text is left alone"
    assert pushed_by_us(house) == [] and house.pulls() == [pull] and house.unfinished() == []


def test_the_agent_looks_at_the_pull_request_that_is_named(house: House) -> None:
    scan = house.scan()
    moved = "# 1\n# 2\n# 3\n" + FLAWED_CART
    house.mona.pushes(house.repository, {"shop/cart.py": moved}, "Mine", "topic")
    pull = house.mona.opens_pull_request(house.repository, "topic")
    made = house.post("/answering-sessions", issueSessionId=scan["id"], pullRequestNumber=pull.number)["data"]
    house.settle()
    round = Round(house, made["id"], [])
    assert round.session["pullRequest"]["url"].endswith(f"/pull/{pull.number}")
    question = next(one for one in round.threads if "cart.py" in one.original.path).comments[0]
    assert f"/blob/{pull.head_sha}/shop/cart.py" in question.body, "what it looked at is there"
    assert house.pulls() == [pull] and pushed_by_us(house) == [] and house.unfinished() == []


FLAWED_CART = "import os\n\n\ndef add(item, cart=[]):\n    cart.append(item)\n    return cart\n"


@on_sqlite
def test_on_a_forks_pull_request_all_but_pushing(house: House) -> None:
    theirs = house.stranger.forks(house.repository)
    house.stranger.pushes(theirs, {"new.py": "a = 1\n"}, "Theirs", "topic")
    pull = house.stranger.opens_pull_request(house.repository, "stranger:topic")
    round = asked(house, place("new.py", 1), {}, on=pull.number, at=pull.head_sha)
    house.stranger.replies(round.threads[0], "approve")
    house.settle()
    assert round.states == ["pending"] * 2, "its author decides nothing here"
    house.mona.replies(round.threads[0], "B")
    house.mona.comments(pull, "Q2: approve")
    house.settle_answers()
    assert round.answers == [LEFT, ASSUMED] and round.session["status"] == "completed"
    assert round.check.head_sha == pull.head_sha and pushed_by_us(house) == []
    assert sorted(theirs.git.refs()) == ["refs/heads/main", "refs/heads/topic"] and house.unfinished() == []


@on_sqlite
def test_on_an_issue_each_is_a_comment(house: House) -> None:
    issue = house.mona.opens_issue(house.repository, "What about the cart?")
    round = asked(house, {}, {}, on=issue.number)
    first, second, index = [comment.body for comment in issue.comments]
    assert "**Q1**" in first and "`Q1: approve`" in first and "`Q2: B`" in second
    assert "here: `Q1: approve`" in index and "thread" not in index
    assert round.session["pullRequest"] == {
        "number": issue.number,
        "url": round.session["pullRequest"]["url"],
    }
    assert round.session["pullRequest"]["url"].endswith(f"/issues/{issue.number}")
    house.mona.comments(issue, "Q1: no")
    house.mona.comments(issue, "Q2: B")
    house.settle()
    assert "**Q1** · Not as I assume, then." in issue.comments[-1].body, "there is no thread to say it in"
    house.mona.comments(issue, "Q1: In UTC.")
    house.settle_answers()
    assert round.answers == ["In UTC.", LEFT] and "The answers are fixed" in issue.comments[-1].body
    assert house.repository.checks == [] and house.pulls() == [] and house.unfinished() == []


@on_sqlite
@pytest.mark.parametrize("state", ["closed", "merged", "locked", "missing"])
def test_where_nothing_can_be_asked_the_session_says_why(house: House, state: str) -> None:
    issue = house.post("/issues/create", title="A flaw")["data"]["id"]
    house.settle()
    pull = proposed(house, new="a = 1\n")
    acts = {
        "closed": house.mona.closes_pull_request,
        "merged": house.mona.merges,
        "locked": house.mona.locks,
        "missing": lambda _pull: None,
    }
    acts[state](pull)
    number = 999 if state == "missing" else pull.number
    made = house.post("/answering-sessions", issueIds=[issue], pullRequestNumber=number)["data"]
    house.settle()
    round = Round(house, made["id"], [issue])
    assert round.session["status"] == "pending" and f"#{number}" in round.session["error"]
    assert {"merged": "is merged", "missing": "has no pull request"}.get(
        state, f"is {state}"
    ) in round.session["error"]
    assert ours(pull) == [] and house.unfinished() == []
    if state == "closed":
        house.mona.reopens_pull_request(pull)
        house.post(f"/answering-sessions/{made['id']}/retry")
        house.settle()
        assert round.session["error"] is None and round.session["status"] == "completed"
        [check] = house.repository.checks
        assert (check.conclusion, check.head_sha) == ("neutral", pull.head_sha), "nothing was worth asking"
        assert ours(pull) == []


@on_sqlite
def test_a_pull_request_that_closes_before_it_is_asked_on_waits_for_it(house: House) -> None:
    pull = proposed(house, new="a = 1\n")
    house.mona.closes_pull_request(pull)
    round = asked(house, place("new.py", 1), on=pull.number)
    assert round.session["status"] == "active" and "is closed on GitHub" in round.session["error"]
    assert ours(pull) == [] and round.threads == []
    house.mona.reopens_pull_request(pull)
    house.settle()
    assert round.session["error"] is None and len(round.threads) == 1 and house.unfinished() == []


@on_sqlite
def test_two_rounds_on_one_pull_request_count_on(house: House) -> None:
    pull = proposed(house, new="a = 1\n")
    first = asked(house, {}, {}, on=pull.number)
    second = asked(house, {}, on=pull.number)
    assert [one["number"] for one in second.questions] == [3]
    assert "Q3" in first.check.output["summary"] and len(first.checks) == 1
    house.mona.comments(pull, "Q1: B\nQ3: approve")
    house.settle_answers()
    assert (first.answers, second.answers) == ([LEFT, None], [ASSUMED])
    assert second.session["status"] == "completed"
    assert first.check.conclusion == "action_required" and "Q2" in first.check.output["summary"]
    house.mona.comments(pull, "Q2: approve\nQ3: B")
    house.settle_answers()
    assert first.session["status"] == "completed" and second.answers == [ASSUMED]
    assert (
        len(
            [
                text
                for text in ours(pull)
                if text.startswith("**Q3** · This came after the answers were fixed")
            ]
        )
        == 1
    )
    assert first.check.conclusion == "success" and house.unfinished() == []


@on_sqlite
def test_a_line_that_github_refuses_makes_it_a_comment(house: House) -> None:
    pull = proposed(house, new="a = 1\n")
    house.fake.fail("POST", "/repos/*/pulls/*/reviews", status=422)
    round = asked(house, place("new.py", 1), on=pull.number)
    due_now(house)
    assert round.threads == [] and "`Q1: approve`" in ours(pull)[0] and len(ours(pull)) == 2
    house.mona.comments(pull, "Q1: approve")
    house.settle()
    assert round.answers == [ASSUMED]
