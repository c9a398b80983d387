"""Calls of the analyzers in the sandbox, and their findings by paths of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.agents.archive import read
from bot.agents.base import AgentFailed, Log, Tool
from bot.agents.keyless.analyzers import BATCH, Analyzer, read_output
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.rules import Rule, off_in
from bot.agents.needs import Ended, Workplace

MAX_OUTPUT = 64 * 1024 * 1024
MISSING = 127
INTO_FILE = 'cd repo && exec "$@" > ../out.json'


class ToolFailed(Exception):
    """One analyzer gave up; the text says how."""


def version(sandbox: Workplace, analyzer: Analyzer) -> Tool:
    """The analyzer's version, or why it cannot be used."""
    ended = _run(sandbox, [analyzer.name, "--version"])
    number = re.search(r"\d+\.\d+(\.\d+)*", ended.log)
    if ended.exit_code == MISSING:
        return Tool(name=analyzer.name, problem="is not installed")
    if ended.exit_code or not number:
        return Tool(name=analyzer.name, problem=f"does not start (exit code {ended.exit_code})")
    return Tool(name=analyzer.name, version=number[0])


def call(
    sandbox: Workplace,
    analyzer: Analyzer,
    rules: dict[str, Rule],
    python: str | None,
    paths: list[str],
    log: Log,
) -> list[Finding]:
    """What the analyzer says of these files; `python` as `oldest_python` gives it. ToolFailed, AgentFailed."""
    batches = (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))
    return [one for batch in batches for one in _batch(sandbox, analyzer, rules, python, batch, log)]


def _batch(
    sandbox: Workplace,
    analyzer: Analyzer,
    rules: dict[str, Rule],
    python: str | None,
    paths: list[str],
    log: Log,
) -> list[Finding]:
    command = analyzer.command(rules, python)
    ended = _run(sandbox, ["sh", "-c", INTO_FILE, "sh", *command, *(f"./{path}" for path in paths)], log)
    if ended.exit_code == MISSING:
        raise ToolFailed("is not installed")
    # 1 is "there are findings"
    if ended.exit_code not in (0, 1):
        raise ToolFailed(f"failed with exit code {ended.exit_code}")
    found = read_output(analyzer, read(sandbox, "out.json", MAX_OUTPUT))
    known = set(paths)
    off = off_in(analyzer.language)
    return [placed for one in found if one.rule not in off and (placed := _placed(one, known))]


def _run(sandbox: Workplace, command: list[str], on_line: Callable[[str], None] | None = None) -> Ended:
    try:
        return sandbox.run(command, None, on_line)
    except TimeoutError as error:
        raise AgentFailed(f"{command[0]} ran out of time: {error}") from error


def _placed(one: Finding, known: set[str]) -> Finding | None:
    """The finding with its path in the repository; tools print it from the sandbox's root or from `.`."""
    parts = one.path.removeprefix("./").split("/repo/")
    tails = ["/repo/".join(parts[start:]) for start in range(len(parts))]
    path = next((tail for tail in tails if tail in known), None)
    return None if path is None else replace(one, path=path)
