"""The door itself: from a request to its handler and back, the same way for every endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter

from api import auth, etags, idempotency, json_body
from api.cursors import Place
from api.errors import Refused
from api.limits import Limits
from api.request_ids import request_id
from api.routes import IN_PATH, Call, Route
from api.schemas.base import BulkDeleted, Paged
from api.validation import check
from bot.config import Config
from bot.domain import events
from bot.domain.callbacks import Callback
from bot.domain.pages import Page
from bot.store.db import Database
from bot.store.idempotency import Claim, keep

BASE = "/api/v1"


class Part(BaseConverter):
    """A part of a path that names something: any but the word that is an endpoint of its own in such a place."""

    regex = "(?!review$)[^/]+"


def open_at(app: Flask, route: Route, routes: Iterable[Route]) -> None:
    """Serve the endpoint; `routes` are all there are."""
    app.url_map.converters["part"] = Part
    view = _reader(app, route) if route.reads else _writer(app, route, routes)
    name = f"{route.method} {route.path}"
    rule = BASE + IN_PATH.sub(r"<part:\1>", route.path)
    app.add_url_rule(rule, name, view, methods=[route.method], provide_automatic_options=False)


def _reader(app: Flask, route: Route) -> Callable[..., Response]:
    db: Database = app.extensions["db"]
    config: Config = app.extensions["config"]
    limits: Limits = app.extensions["limits"]
    known: auth.KnownKeys = app.extensions["keys"]

    def read(**in_path: str) -> Response:
        key = auth.caller(known, request.headers.get("Authorization"), route.scope)
        limits.take(key.id, "reads")
        with db.read() as tx:
            query = check(route.takes, _parameters(route) | in_path)
            place = None
            if isinstance(query, Paged):
                place = Place(config.secret_key, key.project_id, route.path, query)
            call = Call(tx, key, place.after() if place else None)
            response = _respond(route, route.handler(call, query), place, tagged=route.single)
        if route.single:
            response.make_conditional(request)
        return response

    return read


def _writer(app: Flask, route: Route, routes: Iterable[Route]) -> Callable[..., Response]:
    db: Database = app.extensions["db"]
    limits: Limits = app.extensions["limits"]
    known: auth.KnownKeys = app.extensions["keys"]
    target, tagged = etags.target(route, routes), etags.getter(route, routes) is not None

    def write(**in_path: str) -> Response:
        key = _callback(db, route, in_path) or auth.caller(
            known, request.headers.get("Authorization"), route.scope
        )
        limits.take(key.id, "writes")
        raw = json_body.raw(request)

        def change(claim: Claim | None) -> Response:
            body = check(route.takes, _fields(route, raw) | in_path)
            with limits.start(key.id) if route.starts else nullcontext(), db.write() as tx:
                call = Call(tx, key)
                if target and "If-Match" in request.headers:
                    target.must_match(call, body)
                given = route.handler(call, body)
                _record(call, route, given)
                # made before the commit: what cannot be answered is not done
                response = _respond(route, given, None, tagged=tagged)
                if claim:
                    keep(tx, claim, idempotency.answer_of(response))
                return response

        return idempotency.once(db, key.id, raw, change)

    return write


def _callback(db: Database, route: Route, in_path: dict[str, str]) -> Callback | None:
    """The outside agent that calls back, at an endpoint that is open to one."""
    if not route.callback:
        return None
    return auth.callback(db, request.headers.get("Authorization"), in_path["id"])


def _parameters(route: Route) -> dict[str, str]:
    """The query parameters, each given at most once."""
    for name, values in request.args.lists():
        if len(values) > 1 and name in route.names - route.in_path:
            raise Refused(400, "VALIDATION", f"{name}: It is given twice; send it once.", name)
    return request.args.to_dict()


def _fields(route: Route, raw: bytes) -> dict[str, Any]:
    """What the request's body says; what its path says already has no place there."""
    body = json_body.parse(request, raw)
    for name in route.in_path & body.keys():
        raise Refused(400, "VALIDATION", f"{name}: It is in the path; leave it out of the body.", name)
    return body


def _record(call: Call, route: Route, given: Any) -> None:
    """A line in the audit trail for each object that was changed."""
    if isinstance(given, BulkDeleted):
        ids = given.deleted
    else:
        ids = [view.id for view in (given.rows if isinstance(given, Page) else [given])]
    for object_id in ids:
        events.record(
            call.tx, call.project_id, by=call.actor, door="rest", action=route.action, object_id=object_id,
            source=request_id(),
        )  # fmt: skip


def _respond(route: Route, given: Any, place: Place | None, *, tagged: bool) -> Response:
    if route.answer is None:
        headers = {"X-Content-Type-Options": "nosniff"}
        return Response(given, route.status, headers, mimetype=route.media)
    fields: dict[str, Any] = {"data": given}
    if isinstance(given, Page):
        cursor = place.cursor(given.after) if place and given.after else None
        fields = {"data": given.rows, "next_cursor": cursor, "has_more": cursor is not None}
    response = Response(route.written(**fields), route.status, mimetype="application/json")
    if tagged:
        response.add_etag()
    return response
