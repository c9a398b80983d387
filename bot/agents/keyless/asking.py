"""Questions of the keyless agent: about fixes that it could make, one for each rule, the weightiest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.agents.archive import pack
from bot.agents.base import MAX_PLACES, AskedQuestion, AskResult, Level, Log, OnProgress, Span, Task
from bot.agents.keyless.analyzers import ANALYZERS, CONFIG
from bot.agents.keyless.calls import ToolFailed, call
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.python import oldest_python
from bot.agents.keyless.questions import Question, question_for, worded
from bot.agents.keyless.targets import Target, target, worthwhile
from bot.agents.needs import Workplace
from bot.agents.tree import Tree

SHOWN = 12
WIDTH = 120


@dataclass
class Topic:
    """A question of the table with the issues and findings that it is about."""

    question: Question
    targets: list[Target] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def weight(self) -> float:
        return self.question.impact * self.question.uncertainty


def ask(task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log) -> AskResult:
    """The questions whose answer changes what this agent would do about the task's issues."""
    on_progress("reading", 10, f"{len(task.issues)} issues")
    targets = [
        found for brief in task.issues if not brief.answers and (found := target(brief, tree)) and found.files
    ]
    sandbox.put(pack(tree, sorted({path for one in targets for path in one.files}), CONFIG))
    topics: dict[tuple[str, str], Topic] = {}
    problems: list[str] = []
    for analyzer in ANALYZERS:
        of_tool = [one for one in targets if one.analyzer == analyzer]
        if not of_tool:
            continue
        on_progress("looking", 40, f"{analyzer.name} on {len(of_tool)} issues")
        try:
            findings = _look(of_tool, task, tree, sandbox, log)
        except ToolFailed as failed:
            problems.append(f"{analyzer.name} {failed}, so nothing is asked about its findings.")
            continue
        for one in of_tool:
            _collect(topics, one, one.of(findings), tree)
    ranked = sorted(topics.values(), key=lambda topic: -topic.weight)[: task.max_questions]
    on_progress("done", 100, f"{len(ranked)} questions")
    return AskResult(
        questions=[asked(topic, tree) for topic in ranked],
        summary=_summary(len(ranked), len(topics), task, problems),
    )


def asked(topic: Topic, tree: Tree) -> AskedQuestion:
    """The question in words, the recommended option in front."""
    question, findings = topic.question, topic.findings
    one, count = topic.targets[0], len(findings)
    words = {
        "where": _where(topic),
        "title": (one.rule.title or findings[0].name.replace("-", " ")).strip() or one.code,
        "tool": one.analyzer.name,
    }
    options = question.options(count)
    return AskedQuestion(
        question=worded(question.question, count, **words)[:200],
        why=question.why.format(do=one.rule.do),
        assumption=options[0].text,
        options=options,
        confidence=_confidence(question.uncertainty),
        evidence=_evidence(findings, tree),
        places=[
            Span(path=found.path, start_line=found.line, end_line=max(found.line, found.end_line))
            for found in findings[:MAX_PLACES]
        ],
        issue_ids=[each.brief.id for each in topic.targets],
        blocking=question.blocking,
        needs_own_answer=question.own_answer,
        external_id=f"{one.analyzer.name}:{one.code}:{question.when}",
    )


def _look(targets: Sequence[Target], task: Task, tree: Tree, sandbox: Workplace, log: Log) -> list[Finding]:
    rules = {code: rule for one in targets for code, rule in one.selected.items()}
    files = sorted({path for one in targets for path in one.files})
    found = call(sandbox, targets[0].analyzer, rules, oldest_python(tree), files, log)
    return worthwhile(found, rules, tree, task)


def _collect(topics: dict[tuple[str, str], Topic], one: Target, findings: list[Finding], tree: Tree) -> None:
    """Adds an issue to its topic; what this agent cannot fix, or fixes whatever is answered, has none."""
    if not findings or any(found.fix is None for found in findings):
        return
    if question := question_for(one.code, findings, tree):
        topic = topics.setdefault((one.code, question.when), Topic(question))
        topic.targets.append(one)
        topic.findings += findings


def _where(topic: Topic) -> str:
    files = {found.path for found in topic.findings}
    areas = {one.brief.area for one in topic.targets}
    if len(files) == 1:
        return f"`{min(files)[-80:]}`"
    return f"`{min(areas)[-80:]}`" if len(areas) == 1 and min(areas) else f"{len(files)} files"


def _evidence(findings: Sequence[Finding], tree: Tree) -> str:
    """The lines looked at, with what the tool says of the first."""
    lines = [
        f"{one.path}:{one.line}: {tree.lines(one.path)[one.line - 1].strip()[:WIDTH]}"
        for one in findings[:SHOWN]
    ]
    more = [f"… and {len(findings) - SHOWN} more"] if len(findings) > SHOWN else []
    first = findings[0]
    return "\n".join([f"{first.tool} {first.rule}: {first.message.splitlines()[0]}", *lines, *more])


def _confidence(uncertainty: float) -> Level:
    return "high" if uncertainty < 0.35 else "medium" if uncertainty < 0.65 else "low"


def _summary(count: int, found: int, task: Task, problems: list[str]) -> str:
    issues = f"{len(task.issues)} issue{'' if len(task.issues) == 1 else 's'}"
    if not found:
        return " ".join([f"Nothing to ask about {issues}.", *problems])
    less = f" {found - count} less important ones were left out." if found > count else ""
    return " ".join([f"{count} question{'' if count == 1 else 's'} about {issues}.{less}", *problems])
