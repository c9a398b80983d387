"""What holds at every endpoint: keys, scopes, tenancy, the shape of errors."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from api import ROUTES
from bot import logs
from bot.config import Config
from bot.domain import keys
from bot.github.errors import redact
from bot.store.db import Database
from bot.store.models import (
    ApiKey,
)
from tests.conftest import Clock
from tests.rest import Rest, refused

GONE = "0" * 26


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_a_key_that_is_not_one_is_refused(rest: Rest) -> None:
    revoked = rest.new_key()
    with rest.db.write() as tx:
        keys.revoke(tx, keys.find(tx, revoked).id)  # type: ignore[union-attr]
    wrong = [
        "Bearer", "Bearer ", "Bearer cc_live_short", f"Basic {rest.key}", rest.key, f"Bearer {rest.key}x",
        "Bearer cc_live_" + "A" * 43, "Bearer cc_live_é" + "A" * 42, f"Bearer {revoked}",
        f"Bearer {rest.key.replace('live', 'test')}",
    ]  # fmt: skip
    for authorization in wrong:
        answer = rest.http.get("/api/v1/whoami", headers={"Authorization": authorization})
        refused(answer, 401, "AUTH_INVALID")
        assert "invalid_token" in answer.headers["WWW-Authenticate"], authorization
    for route in ROUTES:
        refused(rest.call(route.method, route.path, revoked), 401, "AUTH_INVALID")


def test_the_scheme_is_read_in_any_letter_case(rest: Rest) -> None:
    answer = rest.http.get("/api/v1/whoami", headers={"Authorization": f"bearer {rest.key}"})
    assert answer.status_code == 200


def test_each_endpoint_wants_its_scope_and_nothing_else(rest: Rest) -> None:
    for route in ROUTES:
        if route.scope is None:
            continue
        enough = {route.scope, route.scope.replace(":read", ":write")}
        others = [scope for scope in keys.SCOPES if scope not in enough | {"*"}]
        error = refused(rest.call(route.method, route.path, rest.new_key(*others)), 403, "SCOPE_DENIED")
        assert route.scope in error["message"]
        for scope in enough | {"*"}:
            answer = rest.call(route.method, route.path, rest.new_key(scope))
            # there is nothing of the id that stands in a path here
            expected = (400, 404) if route.in_path else (200, 400)
            assert answer.status_code in expected, (route.path, scope, answer.text)


def test_scopes_are_those_that_are_promised() -> None:
    scopes = {f"{route.method} {route.path}": route.scope for route in ROUTES}
    assert scopes.pop("GET /whoami") is None
    assert scopes.pop("GET /openapi.json") is None
    in_trash = [name for name in scopes if "/trash/" in name or "permanent" in name]
    assert len(in_trash) == 4 and {scopes.pop(name) for name in in_trash} == {"trash:write"}
    for name, scope in scopes.items():
        right = "read" if name.startswith("GET") else "write"
        resource = name.split("/")[1]
        assert scope == f"{OTHER_SCOPES.get(resource, resource)}:{right}"


OTHER_SCOPES = {
    "session-questions": "answering-sessions", "workflows": "project", "templates": "project", "events": "project",
}  # fmt: skip


def test_an_unknown_path_and_a_wrong_method_have_the_shape_too(rest: Rest) -> None:
    refused(rest.get("/nothing/here"), 404, "NOT_FOUND")
    refused(rest.get("/answering-sessions/x/y"), 404, "NOT_FOUND")
    allowed: dict[str, set[str]] = {}
    for route in ROUTES:
        allowed.setdefault(route.path, set()).add(route.method)
    for path, methods in allowed.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - methods:
            answer = rest.call(method, path)
            refused(answer, 405, "METHOD_NOT_ALLOWED")
            assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == methods, path


def test_what_the_path_names_is_named_nowhere_else(rest: Rest) -> None:
    mine, other = rest.asked({})[0].id, rest.asked({})[0].id
    assert rest.get(f"/answering-sessions/{mine}", id=other).json["data"]["id"] == mine
    for named in (mine, other, None):
        answer = rest.put(f"/answering-sessions/{mine}/status", id=named, status="archived")
        refused(answer, 400, "VALIDATION", "id")
    assert rest.get("/answering-sessions", status="archived").json["data"] == []


def test_a_delete_may_have_an_empty_body_and_no_other(rest: Rest) -> None:
    path = f"/answering-sessions/{rest.asked({})[0].id}"
    refused(rest.call("DELETE", path, json={"force": True}), 400, "VALIDATION", "force")
    refused(rest.call("DELETE", path, data=b"{", content_type="application/json"), 400, "VALIDATION")
    assert rest.call("DELETE", path, json={}).status_code == 200
    assert rest.delete(path).status_code == 200


def test_a_request_keeps_its_own_id_where_it_is_well_formed(rest: Rest) -> None:
    for path in ("/api/v1/whoami", "/api/v1/nothing", "/healthz"):
        answer = rest.http.get(path, headers={"X-Request-ID": "build-7/a:b"})
        assert answer.headers["X-Request-ID"] == "build-7/a:b"
    for wrong in ("", "has space", "x" * 129, "é"):
        answer = rest.http.get("/healthz", headers={"X-Request-ID": wrong})
        assert answer.headers["X-Request-ID"].startswith("req_")


def test_a_bug_is_told_by_its_request_id_and_logged_with_it(
    rest: Rest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(logs.Lines(redact))
    monkeypatch.setattr("bot.domain.issues.get", lambda *args, **named: 1 / 0)
    error = refused(rest.get("/issues/get", id=f"iss_{GONE}"), 500, "INTERNAL")
    assert "ZeroDivisionError" in caplog.text and error["requestId"] in caplog.text
    assert "division" not in error["message"]


def test_the_last_use_of_a_key_is_noted_once_a_minute(rest: Rest, frozen: Clock) -> None:
    def last_use() -> datetime | None:
        with rest.db.read() as tx:
            return tx.scalars(select(ApiKey)).one().last_used_at

    assert rest.get("/whoami").json["data"]["lastUsedAt"] is None
    first = frozen.time
    frozen.forward(seconds=59)
    rest.get("/issues/list")
    assert last_use() == first
    frozen.forward(seconds=2)
    rest.get("/nothing")
    assert last_use() == first
    rest.get("/issues/get", id="nonsense")
    assert last_use() == frozen.time


def test_whoami(rest: Rest) -> None:
    mine = rest.call("GET", "/whoami", rest.new_key("runs:read")).json["data"]
    assert set(mine) == {"keyId", "projectId", "name", "scopes", "mode", "createdAt", "lastUsedAt"}
    assert mine["keyId"].startswith("key_") and mine["projectId"] == rest.mine.id
    assert (mine["name"], mine["scopes"], mine["mode"]) == ("ci", ["runs:read"], "live")
    assert mine["createdAt"].endswith("Z")


def test_what_an_endpoint_takes_and_answers_can_be_described() -> None:
    for route in ROUTES:
        assert route.summary, route
        assert route.takes.model_json_schema()["type"] == "object"
        if route.answer:
            schema = route.answer.model_json_schema(mode="serialization")
            assert "data" in schema["properties"], route


def test_a_key_that_is_revoked_is_refused_within_a_second(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("api.auth.time.monotonic", lambda: now[0])
    with rest.db.write() as tx:
        made, text = keys.make(tx, rest.mine, "short-lived", [])
    assert rest.call("GET", "/whoami", text).status_code == 200
    with rest.db.write() as tx:
        keys.revoke(tx, made.id)
    now[0] += 1.0
    refused(rest.call("GET", "/whoami", text), 401, "AUTH_INVALID")
