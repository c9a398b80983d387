"""What the agent knows of an analyzer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree


@dataclass(frozen=True)
class Said:
    """What one call came to: `output` is what it printed, `log` what it said beside, `paths` its files."""

    output: bytes
    log: str
    paths: list[str]


@dataclass(frozen=True)
class Analyzer:
    """A program and its ways.

    `noun`: its files in a sentence; `asked_as`: a pattern for what people call its language in a prompt;
    `fence` and `comment`: how code of it is shown in Markdown; `page`: about a rule, with `{rule}` and `{name}`.
    `command` gets the codes and Python's version, the files follow it. It runs beside `repo`, never in it, so
    that no configuration of the repository is obeyed; `config` lies there, too. `read` raises ValidationError.
    `ends`: the exit codes of a call that worked. `unparsed`: codes that say a file could not be read.
    `fixer`: the command that fixes all that one rule reports in the files, where `read` gives no edits.
    """

    name: str
    language: str
    noun: str
    asked_as: str
    fence: str
    page: str
    takes: Callable[[Tree, str], bool]
    command: Callable[[Iterable[str], str | None], list[str]]
    read: Callable[[Said], list[Finding]]
    ends: tuple[int, ...] = (0, 1)
    unparsed: tuple[str, ...] = ()
    comment: str = "#"
    config: dict[str, bytes] = field(default_factory=dict)
    fixer: Callable[[str], list[str]] | None = None
