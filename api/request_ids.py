"""`X-Request-ID`: the caller's own where it is well formed, else a new one; on every answer and in the log."""

from __future__ import annotations

import re
from contextlib import ExitStack

from flask import Flask, Response, g, request

from bot import logs, telemetry
from bot.store import clock

FORM = re.compile(r"[A-Za-z0-9._~:=+/-]{1,128}")


def register(app: Flask) -> None:
    """Put the id on every response and on every line that the application logs during a request."""
    app.before_request(_begin)
    app.after_request(_mark)
    app.teardown_request(_end)


def request_id() -> str:
    """The id of the request at hand."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if FORM.fullmatch(given) else clock.new_id("req")
    found: str = g.request_id
    return found


def _mark(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    telemetry.note("http.response.status_code", response.status_code)
    return response


def _begin() -> None:
    g.logged = ExitStack()
    g.logged.enter_context(logs.about(request=request_id()))
    where = request.url_rule.rule if request.url_rule else "nowhere"
    g.logged.enter_context(telemetry.span(f"{request.method} {where}", request=request_id()))


def _end(_error: BaseException | None) -> None:
    if logged := g.pop("logged", None):
        logged.close()
