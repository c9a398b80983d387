"""Nobody reaches another project's objects, and no key does more than its scopes: at every endpoint there is."""

from __future__ import annotations

from typing import Any

import pytest

from api import ROUTES
from api.openapi.shapes import Id
from api.routes import Route
from api.schemas.base import BulkDeleted, One, Paged
from bot.config import Config
from bot.domain import keys
from bot.store.db import Database
from tests.endpoints import everything, example, ids_of, naming, one_of_each, send
from tests.rest import Rest, refused

GONE = "0" * 26


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_what_is_not_ours_is_not_there_and_stays_as_it_is(rest: Rest) -> None:
    theirs, ours = one_of_each(rest, rest.theirs), one_of_each(rest, rest.mine)
    trash = in_trash(rest, one_of_each(rest, rest.theirs))
    before = everything(rest.db)
    for route in ROUTES:
        for field in ids_of(route):
            strange = (
                theirs[field.kind],
                trash[field.kind],
                f"{field.kind}_{GONE}",
                "nonsense",
                f"key_{GONE}",
            )
            for named in strange:
                answer = send(rest, route, naming(route, field, named, ours))
                must_be_nothing(route, field, named, answer)
            assert everything(rest.db) == before, f"{route.method} {route.path} changed something"


def in_trash(rest: Rest, ids: dict[str, str]) -> dict[str, str]:
    """Their objects, deleted as far as such objects can be."""
    key = rest.new_key(project=rest.theirs)
    rest.call("POST", "/work-chains/delete", key, json={"chainId": ids["wc"]})
    rest.call("POST", "/issues/delete", key, json={"issueId": ids["iss"]})
    rest.call("POST", "/issue-sessions/delete", key, json={"sessionId": ids["is"]})
    rest.call("DELETE", f"/answering-sessions/{ids['as']}", key)
    return ids


def must_be_nothing(route: Route, field: Id, named: str, answer: Any) -> None:
    """404 with the field; in bulk each is skipped; as a filter an id finds nothing."""
    if route.answer is One[BulkDeleted]:
        assert answer.json["data"] == {"deleted": [], "skipped": [{"id": named, "code": "NOT_FOUND"}]}, route
    elif issubclass(route.takes, Paged) and named.startswith(f"{field.kind}_"):
        assert (answer.status_code, answer.json["data"]) == (200, []), route
    elif (route.path, field.name) == ("/issues/link-run", "runId"):
        refused(answer, 400, "VALIDATION", "runId")
    else:
        place = f"{field.within}.0.{field.name}" if field.within else field.name
        refused(answer, 404, "NOT_FOUND", place)


def test_each_endpoint_wants_its_scope_and_changes_nothing_without_it(rest: Rest) -> None:
    ours = one_of_each(rest, rest.mine)
    others = {route.scope: rest.new_key(*all_but(route.scope)) for route in ROUTES if route.scope}
    before = everything(rest.db)
    for route in ROUTES:
        if route.scope:
            answer = send(rest, route, example(route, ours), others[route.scope])
            assert f"scope {route.scope};" in refused(answer, 403, "SCOPE_DENIED")["message"], route
    assert everything(rest.db) == before


def all_but(scope: str) -> list[str]:
    """Every scope that does not imply this one."""
    return [each for each in keys.SCOPES if each not in ("*", scope, scope.replace(":read", ":write"))]


def test_each_endpoint_wants_a_key_in_its_place(rest: Rest) -> None:
    ours = one_of_each(rest, rest.mine)
    before = everything(rest.db)
    for route in ROUTES:
        without = {"headers": {"Authorization": "", "x-api-key": rest.key}}
        answer = send(rest, route, example(route, ours), **without)
        refused(answer, 401, "AUTH_MISSING")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), route
    assert everything(rest.db) == before
