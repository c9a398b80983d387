"""The keyless agent: analyzers run in the sandbox, what they say is read on our side."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.agents.archive import pack, read
from bot.agents.base import (
    AgentFailed,
    Dropped,
    Ended,
    Log,
    OnProgress,
    ScanResult,
    Task,
    Tool,
    Workplace,
    in_scope,
)
from bot.agents.keyless.analyzers import ANALYZERS, BATCH, Analyzer, read_output
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.grouping import group
from bot.agents.keyless.places import is_ours
from bot.agents.keyless.prompt import Chosen, choose
from bot.agents.keyless.python import oldest_python
from bot.agents.keyless.rules import Rule, off_in, rules_of
from bot.agents.keyless.summary import summary
from bot.agents.keyless.worth import worth_it
from bot.agents.tree import Tree

MAX_ISSUES = 50
MAX_OUTPUT = 64 * 1024 * 1024
MISSING = 127
UNPARSED = ("invalid-syntax", "SC1072", "SC1073")
INTO_FILE = 'cd repo && exec "$@" > ../out.json'


@dataclass
class _Scan:
    """What one scan collects on its way."""

    tree: Tree
    sandbox: Workplace
    log: Log
    python: str | None
    findings: list[Finding] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    tools: list[Tool] = field(default_factory=list)


def scan(task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log) -> ScanResult:
    """The issues of a checkout; the same commit gives the same result, byte for byte."""
    on_progress("reading", 5, f"reading {len(tree.sizes)} files")
    chosen = choose(task.prompt, tree)
    ours, skipped = _files(tree, task, chosen)
    work = _work(tree, ours, chosen)
    sandbox.put(pack(tree, sorted({path for _, paths in work for path in paths}), {}))
    done = _Scan(tree, sandbox, log, oldest_python(tree))
    for step, (analyzer, paths) in enumerate(work):
        on_progress("analyzing", 20 + 60 * step // len(work), f"{analyzer.name} on {len(paths)} files")
        _analyze(done, analyzer, paths, chosen)
    on_progress("grouping", 85, f"{len(done.findings)} findings")
    kept = worth_it(done.findings, done.rules, tree)
    limit = min(MAX_ISSUES, task.limits.issues)
    grouped = group(kept, done.rules, tree, limit, task)
    counts = {analyzer.language: len(paths) for analyzer, paths in work}
    result = ScanResult(
        issues=grouped.issues,
        summary=summary(chosen, counts, done.tools, grouped, len(skipped)),
        rules=sorted(done.rules),
        tools=done.tools,
        paths=_scope(task, chosen),
        files=sum(counts.values()),
        skipped=sorted({*skipped, *_unread(done.findings)}),
        also_seen=grouped.also_seen,
        dropped=Dropped(issues=grouped.over_limit),
    )
    on_progress("done", 100, f"{len(result.issues)} issues")
    return result


def _scope(task: Task, chosen: Chosen) -> list[str]:
    """The paths of the prompt where it names some below the task's own, else the task's."""
    return sorted(path for path in chosen.paths if in_scope(path, task.paths)) or sorted(task.paths)


def _files(tree: Tree, task: Task, chosen: Chosen) -> tuple[list[str], list[str]]:
    scope = _scope(task, chosen)
    ours: list[str] = []
    skipped: list[str] = []
    for path in tree.sizes:
        if in_scope(path, scope) and any(analyzer.takes(tree, path) for analyzer in ANALYZERS):
            (ours if is_ours(tree, path) else skipped).append(path)
    return ours, skipped


def _work(tree: Tree, paths: list[str], chosen: Chosen) -> list[tuple[Analyzer, list[str]]]:
    wanted = [one for one in ANALYZERS if one.language in chosen.languages and _rules(one, chosen)]
    return [(analyzer, [path for path in paths if analyzer.takes(tree, path)]) for analyzer in wanted]


def _rules(analyzer: Analyzer, chosen: Chosen) -> dict[str, Rule]:
    return {code: rule for code, rule in rules_of(analyzer.language).items() if chosen.wants(rule)}


def _analyze(done: _Scan, analyzer: Analyzer, paths: list[str], chosen: Chosen) -> None:
    rules = _rules(analyzer, chosen)
    tool = _version(done, analyzer)
    if tool.problem is None:
        try:
            for start in range(0, len(paths), BATCH):
                done.findings += _call(done, analyzer, rules, paths[start : start + BATCH])
            done.rules |= rules
        except _ToolFailed as failed:
            tool = Tool(name=analyzer.name, version=tool.version, problem=str(failed))
    done.tools.append(tool)


class _ToolFailed(Exception):
    """One analyzer gave up; the others go on."""


def _version(done: _Scan, analyzer: Analyzer) -> Tool:
    ended = _run(done, [analyzer.name, "--version"])
    number = re.search(r"\d+\.\d+(\.\d+)*", ended.log)
    if ended.exit_code == MISSING:
        return Tool(name=analyzer.name, problem="is not installed")
    if ended.exit_code or not number:
        return Tool(name=analyzer.name, problem=f"does not start (exit code {ended.exit_code})")
    return Tool(name=analyzer.name, version=number[0])


def _call(done: _Scan, analyzer: Analyzer, rules: dict[str, Rule], paths: list[str]) -> list[Finding]:
    command = analyzer.command(rules, done.python)
    ended = _run(done, ["sh", "-c", INTO_FILE, "sh", *command, *(f"./{path}" for path in paths)], done.log)
    # 1 is "there are findings"
    if ended.exit_code not in (0, 1):
        raise _ToolFailed(f"failed with exit code {ended.exit_code}")
    found = read_output(analyzer, read(done.sandbox, "out.json", MAX_OUTPUT))
    known = set(paths)
    off = off_in(analyzer.language)
    return [placed for one in found if one.rule not in off and (placed := _placed(one, known))]


def _run(done: _Scan, command: list[str], on_line: Callable[[str], None] | None = None) -> Ended:
    try:
        return done.sandbox.run(command, None, on_line)
    except TimeoutError as error:
        raise AgentFailed(f"{command[0]} ran out of time: {error}") from error


def _unread(findings: list[Finding]) -> list[str]:
    """Files that a tool could not parse: what it says nothing about there is not gone."""
    return [one.path for one in findings if one.rule in UNPARSED]


def _placed(one: Finding, known: set[str]) -> Finding | None:
    """The finding with its path in the repository; tools print it from the sandbox's root or from `.`."""
    parts = one.path.removeprefix("./").split("/repo/")
    tails = ["/repo/".join(parts[start:]) for start in range(len(parts))]
    path = next((tail for tail in tails if tail in known), None)
    return None if path is None else replace(one, path=path)
