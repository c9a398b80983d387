"""GitHub's OpenAPI description as a strict judge of requests."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker

DATA = Path(__file__).parents[2] / "contract" / "openapi.json.gz"
MANY_SEGMENTS = ("path", "ref", "branch", "name")  # may hold slashes
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Violation:
    """A request that GitHub's description does not allow."""

    method: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.what}"


class Operation:
    """One method on one path, with its validators built when first needed."""

    def __init__(self, method: str, template: str, described: dict[str, Any], shared: list[Any]) -> None:
        self.method = method
        self.template = template
        self._described = described
        self._shared = shared
        names = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        self.pattern = re.compile(re.sub(r"\{(\w+)\}", _segment, names) + r"\Z")

    @cached_property
    def parameters(self) -> dict[tuple[str, str], dict[str, Any]]:
        listed = [_inlined(entry) for entry in [*self._shared, *self._described.get("parameters", [])]]
        return {(entry["in"], entry["name"]): entry for entry in listed}

    @cached_property
    def body(self) -> OAS30Validator | None:
        content = self._described.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else _validator(_strict(_inlined(schema)))

    def path_params(self, found: dict[str, str]) -> dict[str, Any] | None:
        """Typed parameters of the path, None when one is not of its type: then nothing is there."""
        typed: dict[str, Any] = {}
        for name, text in found.items():
            value, problem = _typed(text, self.parameters["path", name]["schema"])
            if problem:
                return None
            typed[name] = value
        return typed

    def check_query(self, query: dict[str, list[str]]) -> tuple[dict[str, Any], list[str]]:
        """Typed values, and what is wrong with the query."""
        typed: dict[str, Any] = {}
        problems = []
        known = {name: entry for (place, name), entry in self.parameters.items() if place == "query"}
        for name, values in query.items():
            if name not in known:
                problems.append(f"unknown query name {name}")
            elif len(values) > 1:
                problems.append(f"query name {name} is there twice")
            else:
                typed[name], problem = _typed(values[0], known[name]["schema"])
                problems += [f"query {name}: {problem}"] if problem else []
        problems += [
            f"query name {n} is missing" for n, e in known.items() if e.get("required") and n not in query
        ]
        return typed, problems

    def check_body(self, body: Any) -> list[str]:
        """What is wrong with a parsed body; None stands for no body at all."""
        if self.body is None:
            return [] if body in (None, {}) else ["this operation takes no body"]
        if body is None:
            return ["the body is missing"] if self._described["requestBody"].get("required") else []
        if not isinstance(body, dict):
            return ["the body is not an object"]
        return [_explain(error) for error in self.body.iter_errors(body)]


@lru_cache
def operations() -> tuple[Operation, ...]:
    """All operations, the most literal paths first."""
    found = []
    for template, item in _document()["paths"].items():
        shared = item.get("parameters", [])
        found += [Operation(m.upper(), template, item[m], shared) for m in METHODS if m in item]
    return tuple(
        sorted(
            found,
            key=lambda op: (
                -len(re.sub(r"\{\w+\}", "", op.template).split("/")),
                op.template.count("{"),
                -len(op.template),
            ),
        )
    )


def find(method: str, path: str) -> tuple[Operation, dict[str, Any]] | None:
    """The operation that a request is meant for, with the parameters of its path."""
    for operation in operations():
        if operation.method == method and (match := operation.pattern.match(path)):
            params = operation.path_params(match.groupdict())
            if params is not None:
                return operation, params
    return None


def schema(name: str) -> dict[str, Any]:
    """One of the shapes that operations share."""
    found: dict[str, Any] = _document()["components"]["schemas"][name]
    return found


@lru_cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(DATA.read_bytes()))
    return document


def _segment(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>{'.+' if match[1] in MANY_SEGMENTS else '[^/]+'})"


def _inlined(part: Any) -> Any:
    if isinstance(part, list):
        return [_inlined(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        target: Any = _document()
        for key in part["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return _inlined(target)
    return {key: _inlined(value) for key, value in part.items()}


def _strict(schema: Any) -> Any:
    """The same schema, in which objects take no key that they do not list."""
    if isinstance(schema, list):
        return [_strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    return strict


def _validator(schema: dict[str, Any]) -> OAS30Validator:
    return OAS30Validator(schema, format_checker=oas30_format_checker)


def _typed(text: str, schema: dict[str, Any]) -> tuple[Any, str | None]:
    value: Any = text
    if schema.get("type") == "integer":
        value = int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else text
    elif schema.get("type") == "boolean":
        value = {"true": True, "false": False}.get(text, text)
    problem = next(_validator(schema).iter_errors(value), None)
    return value, problem and problem.message


def _explain(error: Any) -> str:
    where = "/".join(str(step) for step in error.absolute_path)
    return f"{where or 'body'}: {error.message}"
