"""The REST API in short."""

from __future__ import annotations

from typing import Any

from api import ROUTES
from api.codes import CODES
from api.openapi import document
from docs.generate.markup import code, page, table


def endpoints() -> str:
    """Each operation of the OpenAPI document, under its resource."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document(ROUTES, "").get("paths", {}).items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    every = set.intersection(*(_errors(each) for rows in found.values() for _, _, each in rows))
    parts = [
        f"## {tag}\n\n" + table("method | path | scope | what it does | answers | errors", (
            [method, f"`{path}`", code(each["security"][0]["key"]) or "any", each["summary"],
             ", ".join(sorted(set(each["responses"]) - _errors(each))), ", ".join(sorted(_errors(each) - every))]
            for method, path, each in rows
        ))
        for tag, rows in found.items()
    ]  # fmt: skip
    intro = (
        "Everything is below `/api/v1`. A scope `…:write` implies `…:read`; *any* is any key. "
        f"Beside its own [errors](errors.md), each endpoint can answer {', '.join(sorted(every))}. "
        "What each takes and gives is in [the guide](rest.md) and, with an example that you can paste, on your "
        "server's page `/docs`."
    )
    return page("Endpoints", "the OpenAPI document", intro, *parts)


def _errors(operation: dict[str, Any]) -> set[str]:
    return {status for status in operation["responses"] if status >= "400"}


def errors() -> str:
    """Each code of an error of the REST API."""
    rows = ([f"`{name}`", str(each.status), each.when, each.then] for name, each in CODES.items())
    shape = (
        '`{"error": {"code", "message", "field"?, "errors"?, "requestId", "retryable"?}}`: decide by the code; the '
        "message is for people, says what to do, and may change. `field` is the first input to blame, `errors` lists "
        "all of them as `{field, message}`, and `requestId` finds the request in the server's log."
    )
    return page("Errors", "`api/codes.py`", shape, table("code | status | when | what to do", rows))
