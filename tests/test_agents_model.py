"""The agent with a model, against a stand-in for its provider: what it may do, and what comes of what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.agents import AgentFailed, Answer, IssueBrief, Span, Task, run_ask, run_fix, run_scan
from bot.agents.needs import Brain
from bot.sandbox.changes import take
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import load_templates
from tests.fakes.model import (
    KEY,
    TOKENS,
    FakeModel,
    Refuses,
    Said,
    calls,
    calls_raw,
    hands_in,
    says,
    tool_results,
)

CART = "def add(item, cart=[]):\n    cart.append(item)\n    return cart\n"
ISSUE = IssueBrief(
    id="iss_1", title="The cart is shared", locations=[Span(path="shop/cart.py", start_line=1, end_line=1)]
)
FOUND = {
    "title": "The cart is shared between callers",
    "description": "The default is made once.",
    "rule": "mutable-default",
    "evidence": "def add(item, cart=[]):",
    "locations": [{"path": "shop/cart.py", "startLine": 1}],
}
DONE = hands_in(outcome="done", summary="Made anew for each call.")
MENDS = calls("bash", command="sed -i 's/cart=\\[\\]/cart=None/' repo/shop/cart.py")


class Desk:
    """A checkout, a model that says what is written down, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.home, self.log, self.spent = folder / "checkout", folder / "home", [], []  # type: ignore[var-annotated]
        self.write("shop/cart.py", CART)
        self.model: FakeModel | None = None
        self.key, self.tokens = KEY, 100_000
        # trusted here, since it runs what this test wrote and nothing else
        self.template = load_templates(self.home)["model"].model_copy(update={"trusted": True})

    def write(self, path: str, text: str) -> None:
        (self.checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (self.checkout / path).write_text(text)

    def brain(self, *script: Said) -> Brain:
        self.model = FakeModel(*script)
        return Brain(
            "some-model", self.model.url, self.key, lambda: self.tokens - sum(self.spent), self.spent.append
        )

    def scan(self, *script: Said) -> Any:
        with ProcessSandbox(self.template) as box:
            return run_scan(self.template, Task(kind="scan"), self.checkout, box, lambda *_: None,
                            self.log.append, self.brain(*script))  # fmt: skip

    def ask(self, *script: Said) -> Any:
        with ProcessSandbox(self.template) as box:
            task = Task(kind="ask", issues=[ISSUE], max_questions=2)
            return run_ask(self.template, task, self.checkout, box, lambda *_: None, self.log.append,
                           self.brain(*script))  # fmt: skip

    def fix(
        self, *script: Said, issue: IssueBrief = ISSUE, **task: Any
    ) -> tuple[Any, dict[str, bytes | None]]:
        """The result, and what is different in the files."""
        with ProcessSandbox(self.template) as box:
            asked = Task(kind="fix", issues=[issue], **task)
            result = run_fix(self.template, asked, self.checkout, box, lambda *_: None, self.log.append,
                             self.brain(*script))  # fmt: skip
            changes = take(box.get("repo"), self.checkout).changes
        return result, {one.path: one.after.content if one.after else None for one in changes}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    at = Desk(tmp_path)
    yield at
    if at.model:
        at.model.close()


def test_it_looks_with_its_tools_and_files_what_the_code_bears_out(desk: Desk) -> None:
    made_up = FOUND | {"title": "A race", "evidence": "threading.Thread(target=add)"}
    elsewhere = FOUND | {"title": "Not there", "locations": [{"path": "shop/none.py", "startLine": 1}]}
    result = desk.scan(
        calls("list_files"),
        calls("read_file", path="shop/cart.py"),
        calls("search", pattern="cart=", path="shop"),
        calls("analyze", analyzer="ruff", path="shop"),
        hands_in(issues=[FOUND, made_up, elsewhere], summary="One flaw."),
    )
    [issue] = result.issues
    assert (issue.title, issue.rule, issue.locations[0].path) == (
        FOUND["title"],
        "mutable-default",
        "shop/cart.py",
    )
    assert "2 more did not quote the code" in result.summary
    assert desk.model is not None
    listed, read, searched, analyzed = tool_results(desk.model.asked[-1])
    assert "./shop/cart.py" in listed and read.startswith("1\tdef add") and "cart.py:1:" in searched
    assert "All checks passed" in analyzed or "cart.py" in analyzed
    assert sum(desk.spent) == 5 * TOKENS


def test_it_asks_first_what_matters_most_and_no_more_than_it_may(desk: Desk) -> None:
    def question(text: str, impact: str, uncertainty: str) -> dict[str, Any]:
        options = [{"text": "Yes", "recommended": True}, {"text": "No", "leaves": True}]
        return {"question": text, "why": "Callers count on it.", "options": options,
                "impact": impact, "uncertainty": uncertainty}  # fmt: skip

    asked = [question("Small?", "low", "high"), question("Big?", "high", "high")]
    result = desk.ask(hands_in(questions=[*asked, question("Middle?", "high", "medium")]))
    assert [one.question for one in result.questions] == ["Big?", "Middle?"]
    assert result.questions[0].assumption == "Yes" and result.questions[0].options[0].recommended


def test_it_fixes_with_its_shell_and_the_files_are_the_change(desk: Desk) -> None:
    result, changed = desk.fix(MENDS, DONE)
    assert result.outcome == "done" and changed == {"shop/cart.py": CART.replace("[]", "None").encode()}
    offered = [one["function"]["name"] for one in desk.model.asked[0]["tools"]] if desk.model else []
    assert "bash" in offered


def test_tools_called_in_one_answer_are_run_one_after_another(desk: Desk) -> None:
    slow, quick = calls("bash", command="sleep 0.3; echo one > repo/a"), calls("bash", command="cat repo/a")
    both = slow | {"tool_calls": [call | {"id": str(at)} for at, call in
                                  enumerate(slow["tool_calls"] + quick["tool_calls"])]}  # fmt: skip
    desk.fix(both, hands_in(outcome="done", summary="Written."))
    assert desk.model and tool_results(desk.model.asked[-1]) == ["", "one"]


def test_only_a_fix_has_a_shell(desk: Desk) -> None:
    desk.scan(hands_in())
    assert desk.model and "bash" not in [one["function"]["name"] for one in desk.model.asked[0]["tools"]]


def test_it_asks_instead_of_guessing_and_goes_on_with_the_answer(desk: Desk) -> None:
    def decides(body: dict[str, Any]) -> dict[str, Any]:
        told = (
            json.loads(body["messages"][-1]["content"])["issue"]["answers"]
            if len(body["messages"]) < 3
            else []
        )
        if not told:
            options = [{"text": "None"}, {"text": "A tuple"}]
            return hands_in(outcome="needs_answer", summary="It depends.",
                            questions=[{"question": "What shall it be?", "options": options}])  # fmt: skip
        assert told == [{"question": "What shall it be?", "answer": "None", "by": "github:mona"}]
        return MENDS

    result, changed = desk.fix(decides)
    assert (result.outcome, changed) == ("needs_answer", {}) and result.questions[
        0
    ].question == "What shall it be?"
    answered = ISSUE.model_copy(
        update={"answers": [Answer(question="What shall it be?", answer="None", by="github:mona")]}
    )
    result, changed = desk.fix(decides, DONE, issue=answered)
    assert result.outcome == "done" and list(changed) == ["shop/cart.py"]


def test_what_a_command_said_of_an_earlier_try_is_told(desk: Desk) -> None:
    desk.fix(DONE, verify_output="E   assert 1 == 2")
    assert desk.model and "E   assert 1 == 2" in desk.model.heard


# what goes wrong


@pytest.mark.parametrize(
    "refusal", [Refuses(429, Retry_After="0"), Refuses(500), Refuses(0)], ids=["429", "500", "cut off"]
)
def test_a_provider_that_stumbles_is_asked_again(desk: Desk, refusal: Refuses) -> None:
    result, changed = desk.fix(refusal, MENDS, refusal, DONE)
    assert result.outcome == "done" and changed and sum(desk.spent) == 2 * TOKENS


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([Refuses(429, Retry_After="0")], "the model cannot be asked: .*429"),
        ([Refuses(500, Retry_After="0")], "the model cannot be asked: .*500"),
        ([Refuses(404)], "the model cannot be asked: .*404"),
        ([says("I will not help with that.")], "did not hand in a result"),
        ([hands_in(outcome="perhaps")], "did not hand in a result"),
        ([hands_in(outcome="done", summary="x", more=1)], "did not hand in a result"),
        ([calls_raw("hand_in", '{"outcome": "do')], "did not hand in a result"),
        ([calls_raw("bash", "{")], "did not hand in a result"),
        ([calls("rm_rf", path="/")], "did not hand in a result"),
        ([calls("read_file", path="shop/cart.py")], "more than the 60 steps"),
    ],
    ids=[
        "429",
        "500",
        "404",
        "a refusal",
        "outcome",
        "unknown field",
        "cut off",
        "arguments",
        "no tool",
        "a loop",
    ],
)
def test_what_comes_to_nothing_fails_with_the_reason(desk: Desk, script: list[Said], reason: str) -> None:
    with pytest.raises(AgentFailed, match=reason) as failed:
        desk.fix(*script)
    assert KEY not in failed.value.reason


def test_an_answer_outside_the_schema_is_asked_for_again(desk: Desk) -> None:
    result, changed = desk.fix(hands_in(outcome="perhaps"), calls_raw("bash", "{"), MENDS, DONE)
    assert result.outcome == "done" and changed


def test_a_wrong_key_is_named_and_not_shown(desk: Desk) -> None:
    desk.key = "sk-wrong"
    with pytest.raises(AgentFailed, match="refused ASKFIRST_MODEL_KEY") as failed:
        desk.fix(DONE)
    assert "sk-wrong" not in repr(failed.value) + str(failed.value.__cause__)


def test_it_stops_when_its_tokens_are_spent(desk: Desk) -> None:
    desk.tokens = 3 * TOKENS
    with pytest.raises(AgentFailed, match=r"used the 300 tokens that it had \(limits.tokens\)"):
        desk.fix(calls("list_files"))
    assert sum(desk.spent) <= 4 * TOKENS


def test_the_key_is_nowhere_in_the_sandbox_or_the_log(desk: Desk) -> None:
    look = "env; cat /proc/self/environ /proc/[0-9]*/cmdline 2>/dev/null; grep -r sk-model . ; ps ax -o args"
    desk.fix(calls("bash", command=look), hands_in(outcome="no_change", summary="Nothing."))
    assert desk.model is not None
    assert KEY not in desk.model.heard and KEY not in "\n".join(desk.log)
    assert KEY not in repr(desk.brain(DONE))


def test_a_tool_answers_within_bounds_and_says_what_was_wrong(desk: Desk) -> None:
    desk.write("big.txt", "x" * 100 + "\n" + "y\n" * 50_000)
    desk.fix(
        calls("read_file", path="big.txt", first_line=2),
        calls("bash", command="yes | head -c 100000"),
        calls("read_file", path="../../../etc/none"),
        hands_in(outcome="no_change", summary="Nothing."),
    )
    assert desk.model is not None
    read, flood, missing = tool_results(desk.model.asked[-1])
    assert read.count("\n") == 399 and len(flood) < 21_000 and "left out" in flood
    assert "[exit code 2]" in missing
