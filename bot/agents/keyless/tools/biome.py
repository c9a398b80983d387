"""biome, for JavaScript and TypeScript: it comes from npm, so it is used where the operator installed it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import BaseModel

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.edits import Edit, Fix
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree

SCRIPT = re.compile(r"\.([cm]?[jt]s|[jt]sx)$")
# declarations without code, and bundles by their usual names
NOT_ONE = re.compile(r"\.d\.[cm]?ts$|[.-](min|bundle|umd|prod)\.\w+$")
# a line that nobody typed, what bundlers and compilers leave behind, and translations of Qt, which are `.ts`, too
MADE = re.compile(
    r"\A\s*<|[^\n]{1500}|^//# sourceMappingURL=|@babel/helpers|__webpack_require__|webpackChunk", re.MULTILINE
)
# its fixes that keep the meaning, as `biome explain` says
SAFE = (
    "noBlankTarget",
    "noExtraBooleanCast",
    "noUselessContinue",
    "noUselessLabel",
    "noUselessRename",
    "useConst",
)
# nested configurations are found by its scanner, so they are hidden from that
CONFIG = {"root": True, "files": {"includes": ["**", "!!**/repo/**/biome.json", "!!**/repo/**/biome.jsonc"]}}


class _Point(BaseModel):
    line: int
    column: int


class _Range(BaseModel):
    start: _Point
    end: _Point


class _Location(BaseModel):
    path: str
    range: _Range | None = None


class _Code(BaseModel):
    value: str
    url: str = ""


class _Suggestion(BaseModel):
    range: _Range
    text: str


class _Diagnostic(BaseModel):
    code: _Code
    location: _Location
    message: str
    suggestions: list[_Suggestion] = []


class _Report(BaseModel):
    diagnostics: list[_Diagnostic]


def _takes(tree: Tree, path: str) -> bool:
    return bool(SCRIPT.search(path)) and not NOT_ONE.search(path) and not MADE.search(tree.text(path) or "")


def _command(codes: Iterable[str], python: str | None) -> list[str]:
    return [
        "biome",
        "lint",
        "--config-path=biome.json",
        "--reporter=rdjson",
        "--max-diagnostics=none",
        "--colors=off",
        "--no-errors-on-unmatched",
        *(f"--only={code}" for code in sorted(codes)),
    ]


def _read(said: Said) -> list[Finding]:
    parsed = _Report.model_validate_json(said.output)
    return [_finding(one) for one in parsed.diagnostics if one.location.range]


def _finding(one: _Diagnostic) -> Finding:
    at = one.location.range
    assert at is not None
    rule = one.code.value.rpartition("/")[2]
    edits = tuple(
        Edit(
            (each.range.start.line, each.range.start.column),
            (each.range.end.line, each.range.end.column),
            each.text,
        )
        for each in one.suggestions
    )
    return Finding(
        path=one.location.path,
        line=at.start.line,
        end_line=at.end.line,
        column=at.start.column,
        tool="biome",
        rule=rule,
        message=one.message,
        name=one.code.url.rpartition("/")[2],
        fix=Fix(rule in SAFE, edits) if edits else None,
    )


BIOME = Analyzer(
    name="biome",
    language="javascript",
    noun="JavaScript",
    asked_as=r"javascript|typescript|js|ts|node",
    fence="js",
    comment="//",
    page="https://biomejs.dev/linter/rules/{name}/",
    takes=_takes,
    command=_command,
    read=_read,
    unparsed=("parse",),
    config={"biome.json": json.dumps(CONFIG).encode()},
)
