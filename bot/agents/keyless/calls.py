"""Calls of the analyzers in the sandbox, and their findings by paths of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pydantic import ValidationError

from bot.agents.archive import read
from bot.agents.base import AgentFailed, Log, Tool
from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.rules import Rule, off_in
from bot.agents.needs import Ended, Workplace
from bot.agents.tree import MAX_FILE

# files in one call: far below what a command line may hold
BATCH = 500
MAX_OUTPUT = 64 * 1024 * 1024
MISSING = 127
INTO_FILE = 'exec "$@" > out.json'
# all at once, since some take a while to start; a line for each: its name, its exit code, what it said
VERSIONS = 'for tool; do (said=$("$tool" --version 2>&1); echo "$tool" $? $said) & done; wait'


class ToolFailed(Exception):
    """One analyzer gave up; the text says how."""


def versions(sandbox: Workplace, names: list[str]) -> dict[str, Tool]:
    """The analyzers' versions by their names, or why one cannot be used."""
    if not names:
        return {}
    log = _run(sandbox, ["sh", "-c", VERSIONS, "sh", *names]).log
    said = {line.partition(" ")[0]: line.partition(" ")[2] for line in log.splitlines()}
    return {name: _tool(name, said.get(name, "")) for name in names}


def _tool(name: str, said: str) -> Tool:
    code, _, text = said.partition(" ")
    number = re.search(r"\d+\.\d+(\.\d+)*", text)
    if code == str(MISSING):
        return Tool(name=name, problem="is not installed")
    if code != "0" or not number:
        return Tool(name=name, problem=f"does not start (exit code {code or 'unknown'})")
    return Tool(name=name, version=number[0])


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


def repair(sandbox: Workplace, command: list[str], paths: list[str], log: Log) -> dict[str, str]:
    """Lets a fixer change these files; their texts afterwards. ToolFailed, AgentFailed."""
    ended = _run(sandbox, [*command, *(f"./repo/{path}" for path in paths)], log)
    if ended.exit_code:
        raise ToolFailed(f"failed with exit code {ended.exit_code} while it fixed")
    return {path: read(sandbox, f"repo/{path}", MAX_FILE).decode() for path in paths}


def _batch(
    sandbox: Workplace,
    analyzer: Analyzer,
    rules: dict[str, Rule],
    python: str | None,
    paths: list[str],
    log: Log,
) -> list[Finding]:
    command = analyzer.command(rules, python)
    named = [f"./repo/{path}" for path in paths]
    ended = _run(sandbox, ["sh", "-c", INTO_FILE, "sh", *command, *named], log)
    if ended.exit_code == MISSING:
        raise ToolFailed("is not installed")
    if ended.exit_code not in analyzer.ends:
        raise ToolFailed(f"failed with exit code {ended.exit_code}")
    try:
        found = analyzer.read(Said(read(sandbox, "out.json", MAX_OUTPUT), ended.log, named))
    except ValidationError as error:
        raise ToolFailed(f"wrote something unexpected: {error.errors()[0]['msg']}") from error
    known = set(paths)
    off = off_in(analyzer.language)
    return [placed for one in found if one.rule not in off and (placed := _placed(one, known))]


def _run(sandbox: Workplace, command: list[str], on_line: Callable[[str], None] | None = None) -> Ended:
    try:
        return sandbox.run(command, None, on_line)
    except TimeoutError as error:
        raise AgentFailed(f"{command[0]} ran out of time: {error}") from error


def _placed(one: Finding, known: set[str]) -> Finding | None:
    """The finding with its path in the repository; tools print it whole, or from where they run."""
    parts = f"/{one.path.removeprefix('./')}".split("/repo/")
    tails = ["/repo/".join(parts[start:]) for start in range(len(parts))]
    path = next((tail for tail in tails if tail in known), None)
    return None if path is None else replace(one, path=path)
