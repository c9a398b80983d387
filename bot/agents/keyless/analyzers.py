"""The analyzers: which files each takes, how it is called, and how its output is read.

Both are asked for JSON: ruff's SARIF does not say which of its fixes are safe, shellcheck has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from bot.agents.base import AgentFailed
from bot.agents.keyless.edits import Edit, Fix
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree

# files in one call: far below what a command line may hold
BATCH = 500
SHELLS = re.compile(rb"^#!\s*\S*?(/env\s+(-S\s+)?)?/?(sh|bash|dash|ksh)\b")

# shellcheck does not say which of its fixes keep the meaning: quotes stop a splitting that may be meant
SAFE_IN_SHELL = (2006,)


@dataclass(frozen=True)
class Analyzer:
    """`command` gets the codes and Python's version, the files follow it; it runs in `repo`."""

    name: str
    language: str
    takes: Callable[[Tree, str], bool]
    command: Callable[[Iterable[str], str | None], list[str]]
    read: Callable[[bytes], list[Finding]]


class _At(BaseModel):
    row: int
    column: int


class _Edit(BaseModel):
    content: str
    location: _At
    end_location: _At


class _Fix(BaseModel):
    applicability: str
    edits: list[_Edit]


class _RuffFinding(BaseModel):
    code: str | None
    name: str | None = None
    filename: str
    location: _At
    end_location: _At
    message: str
    fix: _Fix | None = None


class _Replacement(BaseModel):
    line: int
    column: int
    endLine: int
    endColumn: int
    replacement: str


class _ShellFix(BaseModel):
    replacements: list[_Replacement]


class _ShellFinding(BaseModel):
    file: str
    line: int
    endLine: int
    column: int
    code: int
    message: str
    fix: _ShellFix | None = None


class _Ruff(BaseModel):
    findings: list[_RuffFinding]


class _Shellcheck(BaseModel):
    comments: list[_ShellFinding]


def _ruff_command(codes: Iterable[str], python: str | None) -> list[str]:
    selected = ",".join(sorted({code.rstrip("*") for code in codes} - {"invalid-syntax"}))
    version = ["--target-version", python] if python else []
    return [
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--no-fix",
        "--quiet",
        "--exit-zero",
        *version,
        "--output-format",
        "json",
        "--select",
        selected or "E999",
        "--",
    ]


def _read_ruff(output: bytes) -> list[Finding]:
    parsed = _Ruff.model_validate_json(b'{"findings":' + (output.strip() or b"[]") + b"}")
    return [
        Finding(
            path=one.filename,
            line=one.location.row,
            end_line=one.end_location.row,
            column=one.location.column,
            tool="ruff",
            rule=one.code or "invalid-syntax",
            message=one.message,
            name=one.name or "",
            fix=_ruff_fix(one.fix) if one.fix else None,
        )
        for one in parsed.findings
    ]


def _ruff_fix(given: _Fix) -> Fix | None:
    if given.applicability not in ("safe", "unsafe"):
        return None
    edits = (
        Edit(
            (one.location.row, one.location.column),
            (one.end_location.row, one.end_location.column),
            one.content,
        )
        for one in given.edits
    )
    return Fix(given.applicability == "safe", tuple(edits))


def _shellcheck_command(codes: Iterable[str], python: str | None) -> list[str]:
    return ["shellcheck", "--norc", "--format", "json1", "--"]


def _read_shellcheck(output: bytes) -> list[Finding]:
    parsed = _Shellcheck.model_validate_json(output.strip() or b'{"comments":[]}')
    return [
        Finding(
            path=one.file,
            line=one.line,
            end_line=one.endLine,
            column=one.column,
            tool="shellcheck",
            rule=f"SC{one.code}",
            message=one.message,
            fix=_shellcheck_fix(one.code, one.fix) if one.fix else None,
        )
        for one in parsed.comments
    ]


def _shellcheck_fix(code: int, given: _ShellFix) -> Fix:
    edits = (
        Edit((one.line, one.column), (one.endLine, one.endColumn), one.replacement)
        for one in given.replacements
    )
    return Fix(code in SAFE_IN_SHELL, tuple(edits))


def read_output(analyzer: Analyzer, output: bytes) -> list[Finding]:
    """The findings in an analyzer's output; AgentFailed when it is not the JSON it should be."""
    try:
        return analyzer.read(output)
    except ValidationError as error:
        raise AgentFailed(
            f"{analyzer.name} wrote something unexpected: {error.errors()[0]['msg']}"
        ) from error


def _is_python(tree: Tree, path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _is_shell(tree: Tree, path: str) -> bool:
    name = path.rpartition("/")[2]
    if name.endswith((".sh", ".bash", ".ksh")):
        return True
    return "." not in name and bool(SHELLS.match(tree.start(path, 80)))


ANALYZERS = (
    Analyzer("ruff", "python", _is_python, _ruff_command, _read_ruff),
    Analyzer("shellcheck", "shell", _is_shell, _shellcheck_command, _read_shellcheck),
)
