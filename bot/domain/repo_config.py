"""What a repository says in `.github/askfirst.yml` on its default branch: strict, each mistake with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    create_model,
    model_serializer,
)

from bot.domain.cron import cron
from bot.domain.verbs import LEVELS, VERBS
from bot.store.models import Project

PATH = ".github/askfirst.yml"
LONGEST = 64 * 1024
DEEPEST = 20
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
DEFAULT_WORKFLOW = "default"


class BadConfig(Exception):
    """The file cannot be used; the message names the line and what is wrong."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Scan(Part):
    schedule: Annotated[str, AfterValidator(cron)] | None = None


class Mirror(Part):
    enabled: bool = True
    max_new_per_scan: int = Field(default=20, ge=0, le=100)


class Questions(Part):
    max: int = Field(default=5, ge=1, le=50)
    keep_file: bool = False
    settle_seconds: int = Field(default=120, ge=0, le=86_400)


class LevelsPart(Part):
    """Kept and shown are only those that are set."""

    @model_serializer(mode="wrap")
    def _those_set(self, dump: SerializerFunctionWrapHandler) -> dict[str, str]:
        return {name: level for name, level in dump(self).items() if level}


def _levels() -> type[LevelsPart]:
    """A key for each verb, which may be set to the levels from its lowest on."""
    fields: dict[str, Any] = {}
    for verb in sorted(VERBS.values(), key=lambda verb: LEVELS.index(verb.lowest), reverse=True):
        allowed = LEVELS[max(1, LEVELS.index(verb.lowest)) :]
        fields[verb.word] = (Literal[tuple(allowed)] | None, None)
    return create_model("Levels", __base__=LevelsPart, **dict(sorted(fields.items())))


Levels = _levels()


class Commands(Part):
    """`bots`: the Apps whose bots may give commands."""

    levels: Levels = Levels()  # type: ignore[valid-type]
    bots: list[Annotated[int, Field(ge=1)]] = []

    def level(self, word: str) -> str | None:
        """What the repository wants of whoever gives this command, where it says so."""
        wanted: str | None = getattr(self.levels, word)
        return wanted


class Workflow(Part):
    """`template`: the named sandbox and agent, the server's own where none is named.

    `verify`: what must go well before a fix is pushed.
    """

    template: str | None = Field(default=None, pattern=NAME)
    verify: str | None = Field(default=None, min_length=1, max_length=1_000)
    minutes: int = Field(default=30, ge=1, le=60)


class Limits(Part):
    """`minutes`: at most, for any run; `runs_per_day`: of all kinds, in 24 hours; `tokens`: of a model, in 24 hours."""

    minutes: int = Field(default=60, ge=1, le=60)
    tokens: int = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    runs_per_day: int = Field(default=50, ge=1, le=1_000)


class RepoConfig(Part):
    """Every key is optional; what is left out has its default."""

    scan: Scan = Scan()
    mirror: Mirror = Mirror()
    questions: Questions = Questions()
    commands: Commands = Commands()
    workflows: dict[Annotated[str, Field(pattern=NAME)], Workflow] = {}
    limits: Limits = Limits()
    protected_paths: list[str] = [".github/**", "CODEOWNERS", ".askfirst/**"]


@dataclass(frozen=True)
class Setting:
    """A value in force, and where it is written; nowhere, where it is the default."""

    key: str
    value: Any
    file: str | None
    line: int | None


def of(project: Project) -> RepoConfig:
    """The configuration in force: the last good one."""
    return RepoConfig.model_validate(project.config or {})


def settings(project: Project) -> list[Setting]:
    """Every value in force, `questions.max` for max of questions, in the order of the documentation."""
    lines = project.config_lines or {}
    values = _leaves(of(project).model_dump(mode="json"))
    return [Setting(key, value, PATH if key in lines else None, lines.get(key)) for key, value in values]


def read(project: Project, text: str | None) -> None:
    """Take over what the file says now (None: there is none). A bad one changes nothing but the error."""
    try:
        config, tree = _read(text or "")
    except BadConfig as error:
        project.config_error = f"{PATH}, {error}"
    else:
        project.config, project.config_lines = config.model_dump(), dict(_lines(tree))
        project.config_error = None


def parse(text: str) -> RepoConfig:
    """The configuration in a file's text. Raises BadConfig."""
    return _read(text)[0]


def _read(text: str) -> tuple[RepoConfig, Any]:
    """The configuration, and the YAML nodes it was read from."""
    if len(text) > LONGEST:
        raise BadConfig(f"line 1: the file is longer than {LONGEST} characters.")
    try:
        _refuse_tricks(text)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twice(tree)
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "this is not YAML"
        raise BadConfig(f"line {mark.line + 1 if mark else 1}: {problem}.") from None
    except ValueError:  # a number or a date that there is not
        raise BadConfig("line 1: this is not a configuration.") from None
    try:
        return RepoConfig.model_validate(_without_empty_parts(given)), tree
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadConfig(f"line {_line(tree, first['loc'])}: {_wrong(first)}.") from None


def _refuse_tricks(text: str) -> None:
    """Settings need neither tags nor aliases nor depth, with which a small file can stand for endless work."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise BadConfig("line 1: the file is nested too deeply.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadConfig(f"line {line}: tags (!) and aliases (*) are not used here.")


def _refuse_twice(node: Any) -> None:
    """YAML would let the last of two equal keys win without a word."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise BadConfig(f"line {key.start_mark.line + 1}: {key.value} is there twice.")
            seen.add(key.value)
        _refuse_twice(value)


def _without_empty_parts(given: Any, path: tuple[Any, ...] = ()) -> Any:
    """A part of which every line is a comment says nothing, as if it were not there."""
    if not isinstance(given, dict):
        return {} if given is None else given
    return {
        name: _without_empty_parts(value, (*path, name)) if _holds_keys((*path, name)) else value
        for name, value in given.items()
    }


def _wrong(error: Any) -> str:
    """What is wrong, in words for whoever wrote the file."""
    where, what = error["loc"], ERRORS.get(error["type"])
    if error["type"] == "string_type" and not any(isinstance(part, int) for part in where):
        what = "a text, in quotes"
    name = ".".join(str(part) for part in where if not isinstance(part, int) and part != "[key]")
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return f"{'.'.join(map(str, where))} is not a key; there are {_keys(_part(where[:-1]) or RepoConfig)}"
    if error["type"] == "model_type":
        return f"{name or 'the file'} holds keys, each with its value: {_keys(_part(where) or RepoConfig)}"
    return f"{name} must be {what.format(**error.get('ctx', {}))}" if what else f"{name}: {error['msg']}"


ERRORS = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "names, each with its keys",
    "string_pattern_mismatch": "a name of small letters, digits, - and _",
    "string_too_short": "a text",
    "string_type": "a list of texts, in quotes where YAML would read something else",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "value_error": "{error}",
}


def _part(path: tuple[Any, ...]) -> type[Part] | None:
    """The part at this place; None for a single key, and for what is no key."""
    kind = _kind(path)
    return kind if isinstance(kind, type) and issubclass(kind, Part) else None


def _holds_keys(path: tuple[Any, ...]) -> bool:
    """Whether what stands there is a part, or parts by names that people choose."""
    return _part(path) is not None or get_origin(_kind(path)) is dict


def _kind(path: tuple[Any, ...]) -> Any:
    kind: Any = RepoConfig
    for name in path:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif isinstance(kind, type) and issubclass(kind, Part) and isinstance(name, str):
            field = kind.model_fields.get(name)
            kind = field.annotation if field else None
        else:
            return None
    return kind


def _keys(part: type[Part]) -> str:
    return ", ".join(part.model_fields)


def _leaves(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def _lines(node: Any, above: str = "") -> Iterator[tuple[str, int]]:
    """The line of each value, by its key."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(value, yaml.MappingNode) and value.value:
            yield from _lines(value, f"{above}{key.value}.")
        else:
            yield above + key.value, key.start_mark.line + 1


def _line(node: Any, path: tuple[Any, ...]) -> int:
    """The line of the innermost key or item on this path."""
    line = node.start_mark.line if node is not None else 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = (node.value[part], node.value[part])
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return int(line) + 1
