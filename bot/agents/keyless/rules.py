"""The curated rules: which findings are worth an issue, how bad they are, and what to say about them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from bot.agents.base import Level, Wire
from bot.agents.keyless.around import above, blocks_of, function_of

Category = Literal["bugs", "security", "performance", "style"]
# what people wrote to silence other checkers at this line
SILENCED = re.compile(r"#\s*(noqa\b|pylint:\s*disable|type:\s*ignore|pyright:\s*ignore|nosec\b|NOSONAR)")
SEVERITIES = {"low": 1, "medium": 2, "high": 3, "critical": 4}


class Rule(Wire):
    """A rule of a tool. `code` ending in `*` takes all of that beginning, with the tool's own name as title.

    `tests`: findings in tests count too; `aside`: and in documents,
    examples and build scripts, where else none do. `names`: the tool's message says which of several things on the
    line is meant, so it is shown with the line. `by_default`: false for what is looked for only when the prompt
    asks for its category and no other. The patterns `unless_*` are findings that experience says are
    meant: searched in the path, in the tool's message with the line below it, in the line of the place, in
    the few lines above it, in the heads of the blocks and of the function that hold it. The patterns `only_*`
    are what must be found, in the line or anywhere in the file, or it is left out, too.
    """

    code: str
    title: str = ""
    why: str
    do: str
    severity: Literal["low", "medium", "high", "critical"]
    confidence: Level = "high"
    category: Category = "bugs"
    tests: bool = False
    aside: bool = False
    names: bool = False
    by_default: bool = True
    unless_path: str | None = None
    unless_message: str | None = None
    unless_line: str | None = None
    unless_above: str | None = None
    unless_block: str | None = None
    unless_function: str | None = None
    only_line: str | None = None
    only_file: str | None = None

    def meant(self, path: str, message: str, lines: Sequence[str], line: int) -> bool:
        """Whether the finding at this line of a file looks deliberate, so that nobody would thank us for it."""
        text = lines[line - 1]
        needed = ((self.only_line, text), (self.only_file, "\n".join(lines) if self.only_file else ""))
        if any(pattern and not re.search(pattern, searched) for pattern, searched in needed):
            return True
        tried = (
            (self.unless_path, path),
            (self.unless_message, f"{message}\n{text}"),
            (self.unless_line, text),
            (self.unless_above, above(lines, line)),
            (self.unless_block, blocks_of(lines, line) if self.unless_block else ""),
            (self.unless_function, function_of(lines, line) if self.unless_function else ""),
        )
        return bool(SILENCED.search(text)) or any(
            pattern and re.search(pattern, searched) for pattern, searched in tried
        )


class _Table(Wire):
    off: list[str] = []
    rule: list[Rule]


@cache
def _table(language: str) -> _Table:
    raw = tomllib.loads(
        Path(__file__).with_name("rules").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    )
    return _Table.model_validate_json(json.dumps(raw))


def off_in(language: str) -> frozenset[str]:
    """Codes that belong to a family of the table and are not wanted."""
    return frozenset(_table(language).off)


def rules_of(language: str) -> dict[str, Rule]:
    """The rules for a language by their codes, in the order of the table `rules/<language>.toml`."""
    return {rule.code: rule for rule in _table(language).rule}


def rule_for(rules: dict[str, Rule], code: str) -> Rule | None:
    """The rule of a finding's code: its own entry, or the longest `*` that fits."""
    if code in rules:
        return rules[code]
    families = [name for name in rules if name.endswith("*") and code.startswith(name[:-1])]
    return rules[max(families, key=len)] if families else None
