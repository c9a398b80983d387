"""hadolint, for Dockerfiles. What it says of the shell in them is left out: mostly quotes around what has no space."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree

DOCKERFILE = re.compile(
    r"(^|/)((Dockerfile|Containerfile)(\.[\w-]+)*|[\w.-]+\.([Dd]ockerfile|[Cc]ontainerfile))$"
)
NOT_ONE = re.compile(r"\.(dockerignore|j2|jinja2?|tmpl|tpl|template|in|erb|md|rst|txt|sh|py)$")


class _Finding(BaseModel):
    code: str
    file: str
    line: int
    column: int
    message: str


class _Report(BaseModel):
    findings: list[_Finding]


def _takes(tree: Tree, path: str) -> bool:
    return bool(DOCKERFILE.search(path)) and not NOT_ONE.search(path)


def _command(codes: Iterable[str], python: str | None) -> list[str]:
    return ["hadolint", "--no-fail", "--no-color", "--format=json", "--"]


def _read(said: Said) -> list[Finding]:
    parsed = _Report.model_validate_json(b'{"findings":' + (said.output.strip() or b"[]") + b"}")
    return [
        Finding(one.file, one.line, one.line, one.column, "hadolint", one.code, one.message)
        for one in parsed.findings
    ]


HADOLINT = Analyzer(
    name="hadolint",
    language="docker",
    noun="Docker",
    asked_as=r"docker\w*|containers?|containerfiles?",
    fence="dockerfile",
    page="https://github.com/hadolint/hadolint/wiki/{rule}",
    takes=_takes,
    command=_command,
    read=_read,
    unparsed=("DL1000",),
)
