"""Calls of all endpoints, made of the route table: what each takes, filled with objects that exist."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from api import ROUTES
from api.openapi.shapes import AN_ID, Id, Shapes
from api.routes import IN_PATH, Route
from bot.store.db import Database
from bot.store.models import Base, Project
from tests.rest import Rest

SHAPES = Shapes(ROUTES)


def one_of_each(rest: Rest, project: Project) -> dict[str, str]:
    """An object of the project of each kind that an endpoint can be given, by the prefix of its id."""
    asked, [question] = rest.asked({}, project=project)
    issue = rest.issue(project).id
    return {
        "iss": issue,
        "is": rest.session(project).id,
        "as": asked.id,
        "sq": question.id,
        "wc": rest.chain(issue, project=project).id,
        "run": rest.run(project).id,
    }


def filled(text: str, ids: dict[str, str]) -> str:
    """The text with these ids in the place of those of its examples."""
    for kind in {found[1] for found in AN_ID.finditer(text)} - {"proj", "key", "evt"}:
        assert kind in ids, f"tests/endpoints.py: let one_of_each() make a {kind}_…"
    return AN_ID.sub(lambda found: ids.get(found[1], found[0]), text)


def example(route: Route, ids: dict[str, str]) -> dict[str, Any]:
    """What its example sends, from the path too."""
    fields = SHAPES.takes(route)["properties"]
    sent = SHAPES.sent(route) | {name: SHAPES.example(fields[name], name) for name in route.in_path}
    return dict(json.loads(filled(json.dumps(sent), ids)))


def naming(route: Route, field: Id, named: str, ids: dict[str, str]) -> dict[str, Any]:
    """As `example`, but this field names this; no other does but those that must."""
    others = {each.name for each in SHAPES.ids_taken(route)} - {*SHAPES.takes(route).get("required", ())}
    rest = {name: value for name, value in example(route, ids).items() if name not in others}
    given = {field.name: [named] if field.many else named}
    return rest | ({field.within: [rest[field.within][0] | given]} if field.within else given)


def ids_of(route: Route) -> list[Id]:
    """What it takes that names objects. Each such field must say so by an example."""
    found = list(SHAPES.ids_taken(route))
    named = {name for name in route.names if name.lower().endswith(("id", "ids"))} - NO_OBJECTS
    missing = named - {each.name for each in found}
    assert not missing, f'{route.method} {route.path}: give {missing} an example: like(an_id("…"))'
    return found


NO_OBJECTS = {"templateId", "workflowId", "externalId", "objectId"}  # names, and any id that ever was


def send(
    rest: Rest, route: Route, inputs: dict[str, Any], key: str | None = None, **more: Any
) -> TestResponse:
    """Call the endpoint with these inputs, each in its place."""
    left = dict(inputs)
    path = IN_PATH.sub(lambda part: str(left.pop(part[1])), route.path)
    sent = {"query_string": left} if route.reads else {"json": left}
    return rest.call(route.method, path, key, **sent, **more)


def path_of(route: Route, ids: dict[str, str]) -> str:
    """The endpoint's path, with these ids."""
    return filled(SHAPES.path(route), ids)


def everything(db: Database) -> dict[str, list[Any]]:
    """All rows of all tables, but for when keys were used."""
    with db.read() as tx:
        return {
            table.name: sorted(
                map(str, tx.execute(select(*(c for c in table.columns if c.name != "last_used_at"))))
            )
            for table in Base.metadata.sorted_tables
        }
