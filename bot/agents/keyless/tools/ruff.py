"""ruff, for Python. Asked for JSON: its SARIF does not say which of its fixes are safe."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.edits import Edit, Fix
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree


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


class _Report(BaseModel):
    findings: list[_RuffFinding]


def _takes(tree: Tree, path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _command(codes: Iterable[str], python: str | None) -> list[str]:
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


def _read(said: Said) -> list[Finding]:
    parsed = _Report.model_validate_json(b'{"findings":' + (said.output.strip() or b"[]") + b"}")
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
            fix=_fix(one.fix) if one.fix else None,
        )
        for one in parsed.findings
    ]


def _fix(given: _Fix) -> Fix | None:
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


RUFF = Analyzer(
    name="ruff",
    language="python",
    noun="Python",
    asked_as=r"python|py",
    fence="python",
    page="https://docs.astral.sh/ruff/rules/{name}/",
    takes=_takes,
    command=_command,
    read=_read,
    unparsed=("invalid-syntax",),
)
