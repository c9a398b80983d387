"""What holds at every endpoint: keys, scopes, tenancy, the shape of errors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from api import ROUTES
from api.routes import IN_PATH, Route
from api.schemas.base import Paged
from bot.config import Config
from bot.domain import keys
from bot.store.db import Database
from bot.store.models import (
    AnsweringSession,
    ApiKey,
    ChainItem,
    Issue,
    IssueSession,
    Run,
    SessionQuestion,
    WorkChain,
)
from tests.conftest import Clock
from tests.rest import Rest, refused

GONE = "0" * 26


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_each_endpoint_wants_a_key(rest: Rest) -> None:
    for route in ROUTES:
        answer = rest.http.open("/api/v1" + route.path, method=route.method, headers={"x-api-key": rest.key})
        refused(answer, 401, "AUTH_MISSING")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="askfirst"', route


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
    in_trash = [name for name in scopes if "/trash/" in name or "permanent" in name]
    assert len(in_trash) == 4 and {scopes.pop(name) for name in in_trash} == {"trash:write"}
    for name, scope in scopes.items():
        right = "read" if name.startswith("GET") else "write"
        resource = name.split("/")[1]
        assert scope == f"{OTHER_SCOPES.get(resource, resource)}:{right}"


OTHER_SCOPES = {
    "session-questions": "answering-sessions", "workflows": "project", "templates": "project", "events": "project",
}  # fmt: skip


# what to send so that each endpoint that takes ids is sent this issue, session, question, chain or run
IDS: dict[str, dict[str, str]] = {
    "/issues/get": {"id": "issue"},
    "/issues/create": {"sessionId": "session"},
    "/issues/update": {"issueId": "issue"},
    "/issues/delete": {"issueId": "issue"},
    "/issues/dismiss": {"issueId": "issue"},
    "/issues/reopen": {"issueId": "issue"},
    "/issues/recheck": {"issueId": "issue"},
    "/issues/link-run": {"issueId": "issue"},
    "/issue-sessions/get": {"id": "session"},
    "/issue-sessions/rename": {"sessionId": "session"},
    "/issue-sessions/cancel": {"sessionId": "session"},
    "/issue-sessions/delete": {"sessionId": "session"},
    "/issue-sessions/restore": {"sessionId": "session"},
    "/issue-sessions/permanent-delete": {"sessionId": "session"},
    "/trash/restore": {"id": "issue"},
    "/trash/permanent-delete": {"id": "issue"},
    "/answering-sessions": {"issueSessionId": "session", "issueIds": "issue"},
    "/answering-sessions/:id": {"id": "answering"},
    "/answering-sessions/:id/status": {"id": "answering"},
    "/answering-sessions/:id/restore": {"id": "answering"},
    "/answering-sessions/:id/retry": {"id": "answering"},
    "/answering-sessions/:id/questions": {"id": "answering"},
    "/session-questions": {"answeringSessionId": "answering"},
    "/session-questions/:id": {"id": "question"},
    "/session-questions/:id/review": {"id": "question"},
    "/session-questions/:id/assumption": {"id": "question"},
    "/session-questions/:id/withdraw": {"id": "question"},
    "/work-chains/get": {"id": "chain"},
    "/work-chains/issues": {"id": "chain"},
    "/work-chains/create": {"issueIds": "issue", "answeringSessionId": "answering"},
    "/work-chains/start": {"chainId": "chain"},
    "/work-chains/pause": {"chainId": "chain"},
    "/work-chains/resume": {"chainId": "chain"},
    "/work-chains/retry": {"chainId": "chain", "issueId": "issue"},
    "/work-chains/skip": {"chainId": "chain", "issueId": "issue"},
    "/work-chains/cancel": {"chainId": "chain"},
    "/work-chains/delete": {"chainId": "chain"},
    "/runs/get": {"id": "run"},
    "/runs/log": {"id": "run"},
    "/runs/create": {"issueId": "issue"},
}
REST_OF_BODY: dict[str, dict[str, Any]] = {
    "/issues/create": {"title": "A title"},
    "/issues/update": {"title": "Changed"},
    "/issues/link-run": {"runId": f"run_{GONE}"},
    "/issue-sessions/rename": {"name": "Changed"},
    "/trash/restore": {"type": "issue"},
    "/trash/permanent-delete": {"type": "issue"},
    "/answering-sessions/:id/status": {"status": "archived"},
    "/answering-sessions/:id/questions": {
        "questions": [{"externalId": "q", "question": "May it?", "assumption": "Yes."}]
    },
    "/session-questions/:id/review": {"status": "approved"},
    "/session-questions/:id/assumption": {"assumption": "Changed"},
    "/work-chains/create": {"title": "A title", "issueIds": "an issue of ours"},
}
LISTS = {
    "/issues/bulk-delete": ("issueIds", "issue"),
    "/issue-sessions/bulk-delete": ("sessionIds", "session"),
}


def send(rest: Rest, route: Route, field: str, named: str, ours: dict[str, str]) -> Any:
    fields = route.takes.model_fields
    required = {fields[name].alias for name in fields if fields[name].is_required()}
    others = {name: ours[name] for name in required & ours.keys()}
    inputs: dict[str, Any] = others | REST_OF_BODY.get(route.path, {}) | {field: named}
    path = IN_PATH.sub(lambda part: inputs.pop(part[1]), route.path)
    if route.reads:
        return rest.get(path, **inputs)
    if "issueIds" in inputs:
        inputs["issueIds"] = [named if field == "issueIds" else ours["issueId"]]
    return rest.call(route.method, path, json=inputs)


def test_what_is_not_ours_is_not_there_and_stays_as_it_is(rest: Rest) -> None:
    asked, [question] = rest.asked({}, project=rest.theirs)
    theirs = {
        "issue": rest.issue(rest.theirs).id,
        "session": rest.session(rest.theirs).id,
        "answering": asked.id,
        "question": question.id,
        "chain": rest.chain(project=rest.theirs).id,
        "run": rest.run(rest.theirs).id,
    }
    issue = rest.issue().id
    ours = {"issueId": issue, "chainId": rest.chain(issue).id}
    before = everything(rest.db)
    for route in takers():
        for field, kind in IDS[route.path].items():
            for named in (theirs[kind], theirs[kind].split("_")[0] + "_" + GONE, "nonsense", f"key_{GONE}"):
                refused(send(rest, route, field, named, ours), 404, "NOT_FOUND", field)
    for path, (field, kind) in LISTS.items():
        answer = rest.post(path, **{field: [theirs[kind], "nonsense"]})
        skipped = [{"id": named, "code": "NOT_FOUND"} for named in (theirs[kind], "nonsense")]
        assert answer.json == {"data": {"deleted": [], "skipped": skipped}}
    filters = {
        "/issues/list": "sessionId",
        "/runs/list": "sessionId",
        "/answering-sessions": "issueSessionId",
    }
    for path, name in filters.items():
        assert rest.get(path, **{name: theirs["session"]}).json["data"] == []
    assert everything(rest.db) == before


def takers() -> list[Route]:
    """The endpoints that are about what an id names; for a list an id is but a filter."""
    return [route for route in ROUTES if route.path in IDS and not issubclass(route.takes, Paged)]


def test_no_endpoint_that_takes_an_id_is_forgotten_above() -> None:
    for route in ROUTES:
        ids = {name for name in route.names if name.lower().endswith(("id", "ids"))}
        ids -= {"templateId", "workflowId", "runId"}  # names, and a run that is 400 where it cannot be linked
        if not issubclass(route.takes, Paged) and route.path not in LISTS:
            assert ids == set(IDS.get(route.path, ())), route


def everything(db: Database) -> list[dict[str, Any]]:
    with db.read() as tx:
        tables = (Issue, IssueSession, Run, AnsweringSession, SessionQuestion, WorkChain, ChainItem)
        rows = [row for table in tables for row in tx.scalars(select(table))]
        return [{name: value for name, value in vars(row).items() if name[0] != "_"} for row in rows]


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
