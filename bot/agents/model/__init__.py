"""The agent with a model: its loop runs here, with the key; only its tools run in the sandbox."""

from __future__ import annotations

from types import ModuleType
from typing import TypeVar, cast

from pydantic import Field

from bot.agents.archive import everything, pack
from bot.agents.base import AgentFailed, AskResult, FixResult, Level, Log, OnProgress, ScanResult, Task, Wire
from bot.agents.handed_in import GivenIssue, HandedIn, taken_over
from bot.agents.handed_in_questions import GivenQuestion, HandedInFix, HandedInQuestions, asked, fixed
from bot.agents.model import prompts
from bot.agents.needs import Brain, Workplace
from bot.agents.tree import Tree

Given = TypeVar("Given", bound=Wire)

NEAR = 2  # lines above and below the cited ones in which the quoted code may stand
WEIGHT: dict[Level, int] = {"low": 1, "medium": 2, "high": 3}


class Found(GivenIssue):
    """An issue; `evidence` quotes the code that shows it, as it stands at one of the places."""

    evidence: str = Field(min_length=1)


class Findings(Wire):
    """Issues that are worth a maintainer's time, the worst first."""

    issues: list[Found] = []
    summary: str = ""


class Wonders(GivenQuestion):
    """A question. `impact`: how much changes with the answer; `uncertainty`: how little the code tells it."""

    impact: Level = "medium"
    uncertainty: Level = "medium"


class Questions(Wire):
    """What must be known before the work begins."""

    questions: list[Wonders] = []
    summary: str = ""


def scan(
    brain: Brain, name: str, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> ScanResult:
    """The issues that the model finds; those that the code they cite does not bear out are left out."""
    given = _think(brain, Findings, prompts.scan(task), task, tree, sandbox, on_progress, log)
    kept = [issue for issue in given.issues if _borne_out(issue, tree)]
    left_out = len(given.issues) - len(kept)
    note = f" {left_out} more did not quote the code that they cite, and were left out." if left_out else ""
    issues = [GivenIssue.model_validate(issue.model_dump()) for issue in kept]
    return taken_over(HandedIn(issues=issues, summary=f"{given.summary}{note}".strip()), name, task, tree)


def ask(
    brain: Brain, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> AskResult:
    """What the model wants to know, what matters most first."""
    given = _think(brain, Questions, prompts.ask(task), task, tree, sandbox, on_progress, log)
    ranked = sorted(given.questions, key=lambda one: -WEIGHT[one.impact] * WEIGHT[one.uncertainty])
    questions = [
        GivenQuestion.model_validate(one.model_dump(exclude={"impact", "uncertainty"})) for one in ranked
    ]
    return asked(HandedInQuestions(questions=questions, summary=given.summary), task, tree)


def fix(
    brain: Brain, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> FixResult:
    """What the model says of the change that it made in `repo`."""
    given = _think(brain, HandedInFix, prompts.fix(task), task, tree, sandbox, on_progress, log)
    return fixed(given, task, tree)


def _think(
    brain: Brain,
    shape: type[Given],
    prompt: prompts.Prompt,
    task: Task,
    tree: Tree,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
) -> Given:
    sandbox.put(pack(tree, everything(tree), {}))
    return cast(Given, _loop().think(brain, shape, prompt, task, sandbox, on_progress, log))


def try_out(brain: Brain) -> None:
    """Ask the model one short thing. AgentFailed says why it cannot be used."""
    _loop().try_out(brain)


def _loop() -> ModuleType:
    """Read where a model is used alone: it takes a second, and packages that others need not have."""
    try:
        from bot.agents.model import loop
    except ImportError as missing:
        why = f"{missing.name} is not installed: pip install 'askfirst[model]', or `make install`"
        raise AgentFailed(why) from missing
    return loop


def _borne_out(issue: Found, tree: Tree) -> bool:
    """Whether what it quotes stands where it says, white space aside."""
    quoted = "".join(issue.evidence.split())
    for place in issue.locations:
        end = place.end_line or place.start_line
        lines = tree.lines(place.path)[max(0, place.start_line - 1 - NEAR) : end + NEAR]
        if quoted and quoted in "".join("".join(lines).split()):
            return True
    return False
