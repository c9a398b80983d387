"""`X-Request-ID`: the caller's own where it is well formed, else a new one; on every answer and in the log."""

from __future__ import annotations

import logging
import re

from flask import Flask, Response, g, has_request_context, request

from bot.store import clock

FORM = re.compile(r"[A-Za-z0-9._~:=+/-]{1,128}")


def register(app: Flask) -> None:
    """Put the id on every response and on every line that the application logs during a request."""
    app.after_request(_mark)
    if not any(isinstance(each, _Named) for each in app.logger.filters):  # applications share it
        app.logger.addFilter(_Named())


def request_id() -> str:
    """The id of the request at hand."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if FORM.fullmatch(given) else clock.new_id("req")
    found: str = g.request_id
    return found


def _mark(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    return response


class _Named(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if has_request_context():
            record.msg = f"{record.msg} (request {request_id()})"
        return True
