"""The door itself: from a request to its handler and back, the same way for every endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from api import auth, json_body
from api.cursors import Place
from api.errors import Refused
from api.routes import Call, Route
from api.schemas.base import Many, Paged, Query
from api.validation import check
from bot.config import Config
from bot.store.db import Database
from bot.store.models import Project

BASE = "/api/v1"


def open_at(app: Flask, route: Route) -> None:
    """Serve the endpoint."""
    name = f"{route.method} {route.path}"
    options = {"methods": [route.method], "provide_automatic_options": False}
    app.add_url_rule(BASE + route.path, name, _view(app, route), **options)


def _view(app: Flask, route: Route) -> Callable[[], Response]:
    db: Database = app.extensions["db"]
    config: Config = app.extensions["config"]

    def read() -> Response:
        with db.read() as tx:
            key = auth.caller(tx, request.headers.get("Authorization"))
            auth.must_allow(key, route.scope)
            query = _query(route)
            place = Place(config.secret_key, key.project_id, route.path, query)
            call = Call(tx, key, key.project, place.after() if isinstance(query, Paged) else None)
            return _answer(route, route.handler(call, **_inputs(query=query)), place)

    def write() -> Response:
        with db.read() as tx:
            key = auth.caller(tx, request.headers.get("Authorization"))
            auth.must_allow(key, route.scope)
        body = check(route.body, json_body.read(request))
        with db.write() as tx:
            project = tx.get_one(Project, key.project_id)
            return _answer(route, route.handler(Call(tx, key, project, None), body))

    return read if route.reads else write
