"""Fixes of the keyless agent: the tool's own, for just the issue's rule and places, as the answers say."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agents.archive import everything, pack
from bot.agents.base import Answer, FixResult, Log, OnProgress, Task
from bot.agents.keyless.analyzers import CONFIG
from bot.agents.keyless.asking import Topic, asked
from bot.agents.keyless.calls import ToolFailed
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.python import oldest_python
from bot.agents.keyless.questions import Does, question_for, told
from bot.agents.keyless.rounds import Rounds
from bot.agents.keyless.targets import Target, target
from bot.agents.needs import Workplace
from bot.agents.tree import Tree

QUOTED = 200


def fix(task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log) -> FixResult:
    """Works on the task's issue; what it changed is in `repo` of the sandbox, and counts only when `done`."""
    brief = task.issues[0]
    on_progress("reading", 10, brief.title)
    sandbox.put(pack(tree, everything(tree), CONFIG))
    found = target(brief, tree)
    if found is None:
        return _nothing("No analyzer of this agent found this issue, so it has no fix for it.")
    if (order := told(found.code, brief.answers)) and order[0] != "fix":
        return _nothing(_obeyed(*order))
    if not found.files:
        return _nothing("Nothing is left to do: none of the issue's files is there any more.")
    rounds = Rounds(found, task, tree, sandbox, oldest_python(tree), log)
    try:
        return _work(rounds, order is not None, on_progress)
    except ToolFailed as failed:
        return FixResult(outcome="failed", summary=f"{found.analyzer.name} {failed}.")


def _work(rounds: Rounds, approved: bool, on_progress: OnProgress) -> FixResult:
    target, tree = rounds.target, rounds.tree
    tool = target.analyzer.name
    findings = rounds.wanted()
    if not findings and (guarded := rounds.guarded()):
        return _nothing(_protected(guarded))
    if not findings:
        return _nothing(f"Nothing is left to do: {tool} no longer reports {target.code} in these files.")
    by_hand = [one for one in findings if one.fix is None]
    if by_hand:
        return _nothing(_no_fix(target, by_hand, len(findings)))
    if not approved and not all(one.safe_fix for one in findings):
        return _needs_answer(target, findings, tree)
    on_progress("fixing", 40, f"{len(findings)} places")
    left = rounds.run()
    if left:
        return _failed(f"{tool} still reports {target.code} at {_at(left[0])} after its own fix.")
    on_progress("checking", 80, f"{len(rounds.texts)} files")
    if worse := rounds.worse():
        return _failed(f"After the fix {worse}, so it was not taken.")
    on_progress("done", 100, f"{len(findings)} places fixed")
    return FixResult(outcome="done", summary=_done(target, findings))


def _nothing(why: str) -> FixResult:
    return FixResult(outcome="no_change", summary=why)


def _failed(why: str) -> FixResult:
    return FixResult(outcome="failed", summary=why)


def _needs_answer(target: Target, findings: list[Finding], tree: Tree) -> FixResult:
    question = question_for(target.code, findings, tree)
    assert question is not None  # the table ends with an entry for every unsafe fix
    topic = Topic(question, [target], findings)
    why = (
        f"{target.analyzer.name}'s fix for {target.code} may change what the code does, so it is asked first."
    )
    return FixResult(outcome="needs_answer", summary=why, questions=[asked(topic, tree)])


def _obeyed(does: Does | None, answer: Answer) -> str:
    text = answer.answer[:QUOTED]
    if does == "leave":
        return f"Left as it is, as {answer.by} answered: {text}"
    if does == "hand":
        return f"Left to a person, as {answer.by} answered: {text}"
    return f"This agent applies analyzers' fixes only and cannot follow the answer of {answer.by}: {text}"


def _no_fix(target: Target, by_hand: list[Finding], count: int) -> str:
    tool, code = target.analyzer.name, target.code
    if len(by_hand) == count:
        return f"{tool} has no fix for {code} here ({_at(by_hand[0])}), so this is left to a person."
    return (
        f"{tool} can fix {count - len(by_hand)} of the {count} places of {code}, but not {_at(by_hand[0])}."
    )


def _protected(guarded: list[Finding]) -> str:
    files = sorted({one.path for one in guarded})
    which = f"{files[0]} is" if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files are"
    return f"{which} among the protected paths of this repository, so this is left to a person."


def _done(target: Target, findings: Sequence[Finding]) -> str:
    files = sorted({one.path for one in findings})
    places = "1 place" if len(findings) == 1 else f"{len(findings)} places"
    where = files[0] if len(files) == 1 else f"{len(files)} files"
    tool = target.analyzer.name
    return (
        f"Fixed {places} in {where} with {tool}'s own fix for {target.code}. "
        f"Checked again: {tool} no longer reports it, and nothing new."
    )


def _at(one: Finding) -> str:
    return f"{one.path}:{one.line}"
