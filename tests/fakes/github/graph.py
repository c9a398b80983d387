"""GitHub's GraphQL, checked against its whole schema and answered for the few fields that an App needs.

https://docs.github.com/en/graphql
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import auth
from .errors import Refused, Reply
from .state import Installation

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLSchema

    from .fake import FakeGitHub

DATA = Path(__file__).parents[2] / "contract" / "schema.graphql.gz"
PATHS = ("/graphql", "/api/graphql")
PATH = PATHS[0]  # as `fake.requests` and faults know it


def answer(fake: FakeGitHub, authorization: str, body: Any, who: dict[str, Installation]) -> Reply:
    """Check a query and execute it; errors are told in the body of a 200."""
    from graphql import execute_sync, parse, validate
    from graphql.error import GraphQLError

    from .graph_fields import Root, field

    actor, token = auth.authenticate(fake, authorization, "installation")
    assert token is not None, "an installation always comes with a token"
    who["installation"] = token.installation
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        fake.violate("POST", PATH, "the body has no query")
        raise Refused(400, "A query attribute must be specified and must be a string.")
    try:
        document = parse(body["query"])
        problems = validate(_schema(), document)
    except GraphQLError as error:
        problems = [error]
    fake.spend(token.installation, "write" if body["query"].lstrip().startswith("mutation") else "read")
    if problems:
        for problem in problems:
            fake.violate("POST", PATH, problem.message)
        return Reply(200, {"errors": [_told(problem) for problem in problems]})
    done = execute_sync(
        _schema(),
        document,
        root_value=Root(fake, actor, token).fields(),
        variable_values=body.get("variables") or {},
        operation_name=body.get("operationName"),
        field_resolver=field,
        type_resolver=lambda value, *_: value["__typename"],
    )
    for problem in done.errors or []:
        if "type" not in (problem.extensions or {}):
            fake.violate("POST", PATH, problem.message)
    errors = {"errors": [_told(problem) for problem in done.errors]} if done.errors else {}
    return Reply(200, {"data": done.data} | errors)


@lru_cache
def _schema() -> GraphQLSchema:
    """Reading it takes half a second, so it is done once, and only where GraphQL is spoken."""
    from graphql import build_ast_schema, parse

    document = parse(gzip.decompress(DATA.read_bytes()).decode(), no_location=True)
    return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)


def _told(error: GraphQLError) -> dict[str, Any]:
    """GitHub has the type of an error beside its message."""
    told: dict[str, Any] = dict(error.formatted)
    return told | (told.pop("extensions", None) or {})
