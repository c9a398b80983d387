"""What a repository says in `.github/askfirst.yml` on its default branch: strict, each mistake with its line."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.store.models import Project

PATH = ".github/askfirst.yml"
LONGEST = 64 * 1024


class BadConfig(Exception):
    """The file cannot be used; the message names the line and what is wrong."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Mirror(Part):
    enabled: bool = True
    max_new_per_scan: int = Field(default=20, ge=0, le=100)


class Questions(Part):
    max: int = Field(default=5, ge=1, le=50)
    keep_file: bool = False
    settle_seconds: int = Field(default=120, ge=0, le=86_400)


class RepoConfig(Part):
    """Every key is optional; what is left out has its default."""

    mirror: Mirror = Mirror()
    questions: Questions = Questions()
    protected_paths: list[str] = [".github/**", "CODEOWNERS", ".askfirst/**"]


def of(project: Project) -> RepoConfig:
    """The configuration in force: the last good one."""
    return RepoConfig.model_validate(project.config or {})


def read(project: Project, text: str | None) -> None:
    """Take over what the file says now (None: there is none). A bad one changes nothing but the error."""
    try:
        project.config = parse(text or "").model_dump()
        project.config_error = None
    except BadConfig as error:
        project.config_error = f"{PATH}, {error}"


def parse(text: str) -> RepoConfig:
    """The configuration in a file's text. Raises BadConfig."""
    if len(text) > LONGEST:
        raise BadConfig(f"line 1: the file is longer than {LONGEST} characters.")
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twice(tree)
        return RepoConfig.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        raise BadConfig(f"line {mark.line + 1 if mark else 1}: {problem}.") from None
    except (RecursionError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise BadConfig("line 1: this is not a configuration.") from None
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadConfig(f"line {_line(tree, first['loc'])}: {name}: {first['msg']}.") from None


def _line(node: Any, path: tuple[Any, ...]) -> int:
    """The line of the innermost node on this path."""
    for part in path:
        following = None
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            following = pairs.get(part)
        if following is None:
            break
        key, node = following
        if isinstance(node, yaml.ScalarNode):
            return int(key.start_mark.line) + 1
    return int(node.start_mark.line) + 1 if node is not None else 1


def _refuse_twice(node: Any) -> None:
    """YAML would let the last of two equal keys win without a word."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise BadConfig(f"line {key.start_mark.line + 1}: {key.value} is there twice.")
        seen.add(key.value)
        _refuse_twice(value)
