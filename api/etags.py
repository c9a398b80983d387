"""Which state of an object an answer shows (`ETag`), and a change that is wanted of that state alone (`If-Match`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import request
from werkzeug.http import generate_etag

from api.errors import Refused
from api.routes import Call, Route
from bot.domain.errors import NotFound

STALE = "If-Match: It has changed since you read it; read it again and decide anew."


@dataclass(frozen=True)
class Target:
    """The object that an endpoint changes: where it is read, and the field that names it; "" names itself."""

    getter: Route
    field: str

    def must_match(self, call: Call, body: object) -> None:
        """Raises Refused, 412, unless the object is as the request's If-Match says; it is locked from now on."""
        named = {"id": getattr(body, self.field)} if self.field else {}
        try:
            shown = self.getter.handler(replace(call, locks=True), self.getter.takes.model_construct(**named))
        except NotFound:
            return  # the endpoint's own answer names the field
        if not request.if_match.contains(generate_etag(self.getter.written(data=shown))):
            raise Refused(412, "PRECONDITION_FAILED", STALE, "If-Match")


def getter(route: Route, routes: Iterable[Route]) -> Route | None:
    """The endpoint that reads what this one answers, where that is a single object."""
    same = (each for each in routes if each.reads and each.single and each.answer is route.answer)
    return next(same, None)


def target(route: Route, routes: Iterable[Route]) -> Target | None:
    """What the endpoint changes: an object of the shape that it answers, named by a field of that kind."""
    if (read := getter(route, routes)) is None:
        return None
    if (wanted := read.takes.model_fields.get("id")) is None:
        return Target(read, "")
    fields = route.takes.model_fields.items()
    named = next((name for name, field in fields if field.metadata == wanted.metadata), None)
    return Target(read, named) if named else None
