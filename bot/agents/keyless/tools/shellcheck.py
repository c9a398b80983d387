"""shellcheck, for shell scripts. Asked for JSON: it has no SARIF."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.edits import Edit, Fix
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree

SHELLS = re.compile(rb"^#!\s*\S*?(/env\s+(-S\s+)?)?/?(sh|bash|dash|ksh)\b")

# shellcheck does not say which of its fixes keep the meaning: quotes stop a splitting that may be meant
SAFE = (2006,)


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


class _Report(BaseModel):
    comments: list[_ShellFinding]


def _takes(tree: Tree, path: str) -> bool:
    name = path.rpartition("/")[2]
    if name.endswith((".sh", ".bash", ".ksh")):
        return True
    return "." not in name and bool(SHELLS.match(tree.start(path, 80)))


def _command(codes: Iterable[str], python: str | None) -> list[str]:
    return ["shellcheck", "--norc", "--format", "json1", "--"]


def _read(said: Said) -> list[Finding]:
    parsed = _Report.model_validate_json(said.output.strip() or b'{"comments":[]}')
    return [
        Finding(
            path=one.file,
            line=one.line,
            end_line=one.endLine,
            column=one.column,
            tool="shellcheck",
            rule=f"SC{one.code}",
            message=one.message,
            fix=_fix(one.code, one.fix) if one.fix else None,
        )
        for one in parsed.comments
    ]


def _fix(code: int, given: _ShellFix) -> Fix:
    edits = (
        Edit((one.line, one.column), (one.endLine, one.endColumn), one.replacement)
        for one in given.replacements
    )
    return Fix(code in SAFE, tuple(edits))


SHELLCHECK = Analyzer(
    name="shellcheck",
    language="shell",
    noun="shell",
    asked_as=r"shell|bash|scripts?",
    fence="sh",
    page="https://www.shellcheck.net/wiki/{rule}",
    takes=_takes,
    command=_command,
    read=_read,
    unparsed=("SC1072", "SC1073"),
)
