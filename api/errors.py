"""Everything that is not a success: one shape, and the one place where the nouns' errors become statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from api.request_ids import request_id
from api.schemas.errors import ErrorAnswer, ErrorOut, FieldError
from bot.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from bot.store.db import is_full

JSON = "application/json"
DOMAIN: dict[type[DomainError], tuple[int, str]] = {
    NotFound: (404, "NOT_FOUND"),
    Forbidden: (403, "FORBIDDEN"),
    Conflict: (409, "CONFLICT"),
    Invalid: (400, "VALIDATION"),
}
HTTP = {
    404: ("NOT_FOUND", "There is nothing at this path; the endpoints are below /api/v1/."),
    405: ("METHOD_NOT_ALLOWED", "This path takes another method; the header Allow names it."),
    413: ("PAYLOAD_TOO_LARGE", "The body is over 1 MiB; send less in one request."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The body must be JSON in UTF-8; send Content-Type: application/json."),
}
BAD = ("VALIDATION", "The request cannot be read; send it again, complete and well formed.")
OURS = ("INTERNAL", "That is our fault, and it is in the server's log by this requestId.")
UNREACHABLE = (OperationalError, InterfaceError, TimeoutError)
BUSY = "The database is busy or cannot be reached; send the request again in a moment."
FULL = "The disk of the database is full; when its operator has made room, send the request again."


@dataclass(eq=False)
class Refused(Exception):
    """What the door itself answers instead of asking a noun."""

    status: int
    code: str
    message: str
    field: str | None = None
    errors: list[FieldError] | None = None
    headers: Mapping[str, str] | None = None
    retryable: bool | None = None


def register(app: Flask) -> None:
    """Give every error of the application its shape."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    for unreachable in UNREACHABLE:
        app.register_error_handler(unreachable, _unavailable)


def code_of(error: DomainError) -> tuple[int, str]:
    """The (status, code) of what a noun raised."""
    return DOMAIN[type(error)]


def _refused(error: Refused) -> Response:
    body = ErrorOut(
        code=error.code,
        message=error.message,
        field=error.field,
        errors=error.errors,
        retryable=error.retryable,
    )
    return _answer(Response(status=error.status, headers=error.headers), body)


def _domain(error: DomainError) -> Response:
    status, code = code_of(error)
    return _answer(Response(status=status), ErrorOut(code=code, message=error.message, field=error.field))


def _http(error: HTTPException) -> Response:
    # on its own response, so that its headers survive: Allow, Retry-After
    response = error.get_response()
    code, message = HTTP.get(response.status_code, OURS if response.status_code >= 500 else BAD)
    return _answer(response, ErrorOut(code=code, message=message))


def _unavailable(error: Exception) -> Response:
    current_app.logger.error("The database did not answer: %s", error)
    response = Response(status=503, headers={"Retry-After": "1"})
    return _answer(
        response, ErrorOut(code="UNAVAILABLE", message=FULL if is_full(error) else BUSY, retryable=True)
    )


def _answer(response: Response, error: ErrorOut) -> Response:
    error.request_id = request_id()
    answer = ErrorAnswer(error=error)
    response.set_data(answer.model_dump_json(by_alias=True, exclude_none=True))
    response.content_type = JSON
    return response
