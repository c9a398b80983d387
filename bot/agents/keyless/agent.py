"""The keyless agent: analyzers run in the sandbox, what they say is read on our side."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.agents.archive import pack
from bot.agents.base import (
    Dropped,
    Log,
    OnProgress,
    ScanResult,
    Task,
    Tool,
    in_scope,
)
from bot.agents.keyless.analyzer import Analyzer
from bot.agents.keyless.analyzers import ANALYZERS, CONFIG
from bot.agents.keyless.calls import ToolFailed, call, versions
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.grouping import group
from bot.agents.keyless.places import is_ours
from bot.agents.keyless.prompt import Chosen, choose
from bot.agents.keyless.python import oldest_python
from bot.agents.keyless.rules import Rule, rules_of
from bot.agents.keyless.summary import summary
from bot.agents.keyless.worth import worth_it
from bot.agents.needs import Workplace
from bot.agents.tree import Tree

MAX_ISSUES = 50


@dataclass
class _Scan:
    """What one scan collects on its way.

    `unread`: files that a tool could not parse; what it says nothing about there is not gone.
    """

    tree: Tree
    sandbox: Workplace
    log: Log
    python: str | None
    findings: list[Finding] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    tools: list[Tool] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def scan(task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log) -> ScanResult:
    """The issues of a checkout; the same commit gives the same result, byte for byte."""
    on_progress("reading", 5, f"reading {len(tree.sizes)} files")
    chosen = choose(task.prompt, tree)
    wanted = [one for one in ANALYZERS if one.language in chosen.languages and _rules(one, chosen)]
    ours, skipped = _files(tree, task, chosen, wanted)
    work = [(one, [path for path in ours if one.takes(tree, path)]) for one in wanted]
    files = sorted({path for _, paths in work for path in paths})
    sandbox.put(pack(tree, files, CONFIG))
    done = _Scan(tree, sandbox, log, oldest_python(tree))
    tools = versions(sandbox, [analyzer.name for analyzer, paths in work if paths])
    for step, (analyzer, paths) in enumerate(work):
        on_progress("analyzing", 20 + 60 * step // len(work), f"{analyzer.name} on {len(paths)} files")
        _analyze(done, analyzer, tools.get(analyzer.name), paths, chosen)
    on_progress("grouping", 85, f"{len(done.findings)} findings")
    kept = worth_it(done.findings, done.rules, tree)
    limit = min(MAX_ISSUES, task.limits.issues)
    grouped = group(kept, done.rules, tree, limit, task)
    counts = {analyzer.noun: len(paths) for analyzer, paths in work}
    result = ScanResult(
        issues=grouped.issues,
        summary=summary(chosen, counts, done.tools, grouped, len(skipped)),
        rules=sorted(done.rules),
        tools=done.tools,
        paths=_scope(task, chosen),
        files=len(files),
        skipped=sorted({*skipped, *done.unread}),
        also_seen=grouped.also_seen,
        dropped=Dropped(issues=grouped.over_limit),
    )
    on_progress("done", 100, f"{len(result.issues)} issues")
    return result


def _scope(task: Task, chosen: Chosen) -> list[str]:
    """The paths of the prompt where it names some below the task's own, else the task's."""
    return sorted(path for path in chosen.paths if in_scope(path, task.paths)) or sorted(task.paths)


def _files(tree: Tree, task: Task, chosen: Chosen, wanted: list[Analyzer]) -> tuple[list[str], list[str]]:
    scope = _scope(task, chosen)
    ours: list[str] = []
    skipped: list[str] = []
    for path in tree.sizes:
        if in_scope(path, scope) and any(analyzer.takes(tree, path) for analyzer in wanted):
            (ours if is_ours(tree, path) else skipped).append(path)
    return ours, skipped


def _rules(analyzer: Analyzer, chosen: Chosen) -> dict[str, Rule]:
    return {code: rule for code, rule in rules_of(analyzer.language).items() if chosen.wants(rule)}


def _analyze(done: _Scan, analyzer: Analyzer, tool: Tool | None, paths: list[str], chosen: Chosen) -> None:
    """Runs one analyzer; without files for it there is no `tool`, and what it found before is gone."""
    rules = _rules(analyzer, chosen)
    if tool is None:
        done.rules |= rules
        return
    if tool.problem is None:
        try:
            found = call(done.sandbox, analyzer, rules, done.python, paths, done.log)
            done.findings += found
            done.unread += [one.path for one in found if one.rule in analyzer.unparsed]
            done.rules |= rules
        except ToolFailed as failed:
            tool = Tool(name=analyzer.name, version=tool.version, problem=str(failed))
    done.tools.append(tool)
