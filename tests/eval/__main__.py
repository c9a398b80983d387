"""`make eval`: measures the model of ASKFIRST_MODEL; without one the harness checks itself with one that knows all."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.agents import AgentFailed, Answer, IssueBrief, Span, Task, run_ask, run_fix, run_scan
from bot.agents.archive import everything, pack
from bot.agents.needs import Brain
from bot.agents.tree import Tree
from bot.sandbox import engine, images
from bot.sandbox.changes import take
from bot.sandbox.docker import DockerSandbox
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template, load_templates
from tests.eval.cases import CASES, Case
from tests.fakes.model import KEY, FakeModel, calls, hands_in, plays

NO_HOME = Path("/no/such/folder")
NEAR = 2  # lines between a flaw and the place that an issue names


@dataclass
class Score:
    """Of one case: issues filed and how many of them are flaws, flaws and how many were found, and so on."""

    filed: int = 0
    right: int = 0
    flaws: int = 0
    found: int = 0
    asked: int = 0
    mattered: int = 0
    to_ask: int = 0
    fixed: int = 0
    problem: str = ""

    @property
    def perfect(self) -> bool:
        """Whether nothing was missed and nothing made up."""
        return self.found == self.flaws and self.right == self.filed and bool(self.fixed) and not self.problem


def main() -> int:
    """Print the scores; 1 where the stand-in that knows all does not come out perfect."""
    real = os.environ.get("ASKFIRST_MODEL")
    client = engine.connect()
    shipped = load_templates(NO_HOME)["model"]
    template = shipped.model_copy(update={"image": "askfirst-eval", "trusted": not real})
    if client:
        images.build(client, template.model_copy(update={"programs": ("ruff", "shellcheck")}))
    elif real:
        print("make eval: a real model works in containers only; start Docker.", file=sys.stderr)
        return 1
    try:
        scores = {case.name: _play(case, template, client, real) for case in CASES}
    finally:
        if client:
            client.images.remove(template.image, force=True)
    _print(scores, real or "the stand-in that knows all")
    return 0 if real or all(one.perfect for one in scores.values()) else 1


def _play(case: Case, template: Template, client: Any, real: str | None) -> Score:
    score = Score(flaws=len(case.flaws), to_ask=bool(case.asks))
    with tempfile.TemporaryDirectory(prefix="askfirst-eval-") as folder:
        checkout = Path(folder)
        for path, text in case.files.items():
            (checkout / path).write_text(text)
        fake = None if real else FakeModel(plays(**_knows_all(case)))
        brain = Brain(
            real or "stand-in", os.environ.get("ASKFIRST_MODEL_URL") if real else fake.url if fake else None,
            os.environ.get("ASKFIRST_MODEL_KEY", "") if real else KEY, lambda: 1_000_000, lambda _tokens: None,
        )  # fmt: skip

        def run(kind: Any, task: Task) -> tuple[Any, Any]:
            with DockerSandbox(client, template) if client else ProcessSandbox(template) as box:
                result = kind(template, task, checkout, box, lambda *_: None, lambda _line: None, brain)
                return result, take(box.get("repo"), checkout)

        try:
            _score(case, run, score, checkout)
        except AgentFailed as failed:
            score.problem = failed.reason
        finally:
            if fake:
                fake.close()
    return score


def _score(case: Case, run: Any, score: Score, checkout: Path) -> None:
    issues = run(run_scan, Task(kind="scan"))[0].issues
    hits = [
        {flaw for flaw in case.flaws for place in issue.locations
         if flaw[0] == place.path and place.start_line - NEAR <= flaw[1] <= place.end_line + NEAR}
        for issue in issues
    ]  # fmt: skip
    score.filed, score.right, score.found = len(issues), sum(map(bool, hits)), len(set().union(*hits))
    path, line = case.flaws[0] if case.flaws else ("greet.py", 1)
    issue = IssueBrief(
        id="iss_1", title=case.issue, locations=[Span(path=path, start_line=line, end_line=line)]
    )
    questions = run(run_ask, Task(kind="ask", issues=[issue]))[0].questions
    texts = [
        f"{one.question} {one.why} {[option.text for option in one.options]}".casefold() for one in questions
    ]
    score.asked = len(texts)
    score.mattered = sum(any(word.casefold() in text for word in case.asks) for text in texts)
    word = case.answer or "As you assume."
    answers = [Answer(question=one.question, answer=word, by="github:mona") for one in questions]
    _, changes = run(run_fix, Task(kind="fix", issues=[issue.model_copy(update={"answers": answers})]))
    for one in changes.changes:
        if one.after is None:
            (checkout / one.path).unlink()
        else:
            (checkout / one.path).write_bytes(one.after.content)
    with ProcessSandbox(load_templates(NO_HOME)["base"]) as box:
        box.put(pack(Tree(checkout), everything(Tree(checkout)), {"repo/passes.py": case.passes.encode()}))
        score.fixed = int(box.run(["sh", "-c", "cd repo && python3 passes.py"], 30).exit_code == 0)


def _knows_all(case: Case) -> dict[str, list[dict[str, Any]]]:
    found = [
        {"title": case.issue, "rule": "seeded", "evidence": case.files[path].splitlines()[line - 1],
         "locations": [{"path": path, "startLine": line}]}
        for path, line in case.flaws
    ]  # fmt: skip
    question = (
        {"question": f"What about {case.asks[0]}?", "options": [{"text": case.answer}]} if case.asks else None
    )
    writes = [f"cat >repo/{path} <<'END'\n{text}END" for path, text in case.fixed.items()]
    outcome = "done" if case.fixed else "no_change"
    return {
        "scan": [hands_in(issues=found)],
        "ask": [hands_in(questions=[question] if question else [])],
        "fix": [
            *(calls("bash", command=write) for write in writes),
            hands_in(outcome=outcome, summary="As asked."),
        ],
    }


def _print(scores: dict[str, Score], who: str) -> None:
    print(f"{len(scores)} repositories, {who}\n")
    print(f"{'':40} flaws found  issues right  questions that mattered  fix passes")
    for name, one in scores.items():
        questions = f"{one.mattered} of {one.asked}" + (
            " (one was due)" if one.to_ask and not one.mattered else ""
        )
        print(f"{name:40} {one.found} of {one.flaws:<6}  {one.right} of {one.filed:<8}  {questions:<23}  "
              f"{'yes' if one.fixed else 'no':<4}  {one.problem}".rstrip())  # fmt: skip
    every = list(scores.values())
    due = [one for one in every if one.to_ask]
    for name, part, whole in (
        ("precision", sum(one.right for one in every), sum(one.filed for one in every)),
        ("recall", sum(one.found for one in every), sum(one.flaws for one in every)),
        ("questions that mattered", sum(one.mattered for one in every), sum(one.asked for one in every)),
        ("asked where a question was due", sum(one.mattered > 0 for one in due), len(due)),
        ("fixes that passed", sum(one.fixed for one in every), len(every)),
    ):
        print(f"  {name}: {part} of {whole}")


if __name__ == "__main__":
    sys.exit(main())
