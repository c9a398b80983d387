"""zizmor, for GitHub workflows and actions. Its output says that there is a fix, not what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import BaseModel

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.edits import Fix
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.rules import off_in, rules_of
from bot.agents.tree import Tree

WORKFLOW = re.compile(r"^\.github/(workflows/[^/]+|dependabot)\.ya?ml$|(^|/)action\.ya?ml$")
# it says so of each file that it could read, at the end of a line
COMPLETED = re.compile(r"completed (\S.*?)\s*$", re.MULTILINE)
NOTHING_READ = 3
UNPARSED = "unparsed"
COMMON = ["zizmor", "--offline", "--no-progress", "--color=never", "--no-exit-codes", "--format=json-v1"]


class _Point(BaseModel):
    row: int
    column: int


class _Span(BaseModel):
    start_point: _Point
    end_point: _Point


class _Concrete(BaseModel):
    location: _Span


class _Local(BaseModel):
    verbatim_path: str


class _Key(BaseModel):
    Local: _Local


class _Symbolic(BaseModel):
    key: _Key
    annotation: str
    kind: str


class _Location(BaseModel):
    symbolic: _Symbolic
    concrete: _Concrete


class _Fix(BaseModel):
    disposition: str


class _Finding(BaseModel):
    ident: str
    locations: list[_Location]
    ignored: bool
    fixes: list[_Fix]


class _Report(BaseModel):
    findings: list[_Finding]


def _takes(tree: Tree, path: str) -> bool:
    return bool(WORKFLOW.search(path))


def _command(codes: Iterable[str], python: str | None) -> list[str]:
    return [*COMMON, "--no-config", "--min-severity=medium", "--min-confidence=medium", "--"]


def _fixer(code: str) -> list[str]:
    """It fixes all that it audits, so that is this one rule."""
    others = sorted((rules_of("workflows").keys() | off_in("workflows")) - {code})
    only = json.dumps({"rules": {name: {"disable": True} for name in others}})
    fix = [*COMMON, "--config=zizmor.yml", "--quiet", "--fix=all", "--"]
    return ["sh", "-c", 'printf %s "$1" >zizmor.yml && shift && exec "$@"', "sh", only, *fix]


def _read(said: Said) -> list[Finding]:
    parsed = _Report.model_validate_json(b'{"findings":' + (said.output.strip() or b"[]") + b"}")
    read = set(COMPLETED.findall(said.log))
    unread = [_unread(path) for path in said.paths if path not in read]
    return [_finding(one) for one in parsed.findings if not one.ignored] + unread


def _finding(one: _Finding) -> Finding:
    at = next((each for each in one.locations if each.symbolic.kind == "Primary"), one.locations[0])
    start, end = at.concrete.location.start_point, at.concrete.location.end_point
    return Finding(
        path=at.symbolic.key.Local.verbatim_path,
        line=start.row + 1,
        end_line=end.row + 1,
        column=start.column + 1,
        tool="zizmor",
        rule=one.ident,
        message=at.symbolic.annotation,
        fix=Fix(all(each.disposition == "safe" for each in one.fixes), ()) if one.fixes else None,
    )


def _unread(path: str) -> Finding:
    return Finding(path, 1, 1, 1, "zizmor", UNPARSED, "could not be read")


ZIZMOR = Analyzer(
    name="zizmor",
    language="workflows",
    noun="workflow",
    asked_as=r"workflows?|github\s+actions?|ci",
    fence="yaml",
    page="https://docs.zizmor.sh/audits/#{rule}",
    takes=_takes,
    command=_command,
    read=_read,
    ends=(0, NOTHING_READ),
    unparsed=(UNPARSED,),
    fixer=_fixer,
)
