"""The door itself: from a request to its handler and back, the same way for every endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.orm import Session

from api import auth, json_body
from api.cursors import Place
from api.errors import Refused
from api.routes import IN_PATH, Call, Route
from api.schemas.base import Paged
from api.validation import check
from bot.config import Config
from bot.domain.pages import Page
from bot.store.db import Database
from bot.store.models import ApiKey, Project

BASE = "/api/v1"


def open_at(app: Flask, route: Route) -> None:
    """Serve the endpoint."""
    view = _reader(app, route) if route.reads else _writer(app, route)
    name = f"{route.method} {route.path}"
    rule = BASE + IN_PATH.sub(r"<\1>", route.path)
    app.add_url_rule(rule, name, view, methods=[route.method], provide_automatic_options=False)


def _reader(app: Flask, route: Route) -> Callable[..., Response]:
    db: Database = app.extensions["db"]
    config: Config = app.extensions["config"]

    def read(**in_path: str) -> Response:
        with db.read() as tx:
            key = _caller(tx, route)
            query = check(route.takes, _parameters(route) | in_path)
            place = None
            if isinstance(query, Paged):
                place = Place(config.secret_key, key.project_id, route.path, query)
            call = Call(tx, key, key.project, place.after() if place else None)
            return _respond(route, route.handler(call, query), place)

    return read


def _writer(app: Flask, route: Route) -> Callable[..., Response]:
    db: Database = app.extensions["db"]

    def write(**in_path: str) -> Response:
        with db.read() as tx:
            key = _caller(tx, route)
        body = check(route.takes, _body(route) | in_path)
        with db.write() as tx:
            call = Call(tx, key, tx.get_one(Project, key.project_id), None)
            # made before the commit: what cannot be answered is not done
            return _respond(route, route.handler(call, body), None)

    return write


def _caller(tx: Session, route: Route) -> ApiKey:
    key = auth.caller(tx, request.headers.get("Authorization"))
    auth.must_allow(key, route.scope)
    return key


def _parameters(route: Route) -> dict[str, str]:
    """The query parameters, each given at most once."""
    for name, values in request.args.lists():
        if len(values) > 1 and name in route.names - route.in_path:
            raise Refused(400, "VALIDATION", f"{name}: It is given twice; send it once.", name)
    return request.args.to_dict()


def _body(route: Route) -> dict[str, Any]:
    """What the request's body says; what its path says already has no place there."""
    body = json_body.read(request)
    for name in route.in_path & body.keys():
        raise Refused(400, "VALIDATION", f"{name}: It is in the path; leave it out of the body.", name)
    return body


def _respond(route: Route, given: Any, place: Place | None) -> Response:
    if route.answer is None:
        headers = {"X-Content-Type-Options": "nosniff"}
        return Response(given, route.status, headers, mimetype="text/plain")
    fields: dict[str, Any] = {"data": given}
    if isinstance(given, Page):
        cursor = place.cursor(given.after) if place and given.after else None
        fields = {"data": given.rows, "next_cursor": cursor, "has_more": cursor is not None}
    # half the time of jsonify
    answer = route.answer.model_construct(**fields)
    text = route.answer.__pydantic_serializer__.to_json(answer, by_alias=True)
    return Response(text, route.status, mimetype="application/json")
