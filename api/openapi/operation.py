"""One endpoint in the OpenAPI document."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic.alias_generators import to_camel

from api import etags
from api.openapi.parts import RATE, headers, ref
from api.openapi.shapes import Id, Schema, Shapes
from api.routes import JSON, Route


@dataclass(frozen=True)
class Operation:
    """A route, and the shapes of all routes."""

    route: Route
    shapes: Shapes

    @property
    def id(self) -> str:
        """What generated clients call it: after its file and its function, `issuesCreate`."""
        function = self.route.handler.__name__.strip("_")
        return to_camel(function if function == self._file else f"{self._file}_{function}")

    @property
    def tag(self) -> str:
        """The resource, as a heading."""
        return self._file.replace("_", " ").capitalize()

    @property
    def _file(self) -> str:
        return self.route.handler.__module__.rpartition(".")[2]

    def shown(self, others: Sequence[Operation]) -> Schema:
        """The operation, with links to the others."""
        wants = f"Wants the scope `{self.route.scope}`." if self.route.scope else "Any key will do."
        shown: Schema = {
            "operationId": self.id,
            "summary": self.route.summary,
            "description": f"{wants}\n\n```sh\n{self.curl()}\n```",
            "tags": [self.tag],
            "security": self._security(),
            "parameters": list(self._parameters()),
            "responses": dict(self._responses(others)),
        }
        if body := self.shapes.body(self.route):
            content = {
                JSON: {"schema": self.shapes.name(self.route), "example": self.shapes.sent(self.route)}
            }
            needed = "required" in body or "oneOf" in body
            shown["requestBody"] = {"required": needed, "content": content}
        return shown

    def curl(self) -> str:
        """How to call it from a shell."""
        reads, sent = self.route.reads, self.shapes.sent(self.route)
        path = self.shapes.path(self.route)
        query = f"?{urlencode(sent)}" if reads and sent else ""
        method = "" if reads or (sent and self.route.method == "POST") else f"-X {self.route.method} "
        body = shlex.quote(json.dumps(sent, ensure_ascii=False))
        more = f" \\\n  --json {body}" if sent and not reads else ""
        return f'curl -s {method}"$ASKFIRST{path}{query}" -H "Authorization: Bearer $KEY"{more}'

    def _parameters(self) -> Iterator[Schema]:
        takes = self.shapes.takes(self.route)
        for name, field in takes["properties"].items():
            if self.route.reads or name in self.route.in_path:
                place = "path" if name in self.route.in_path else "query"
                required = name in takes.get("required", ())
                yield {"name": name, "in": place, "required": required, "schema": field}
        yield ref("parameters", "X-Request-ID")
        if self.route.method in ("POST", "PUT"):
            yield ref("parameters", "Idempotency-Key")
        if self.route.reads and self.route.single:
            yield ref("parameters", "If-None-Match")
        if self._has_target:
            yield ref("parameters", "If-Match")

    def _responses(self, others: Sequence[Operation]) -> Iterator[tuple[str, Schema]]:
        writes = not self.route.reads
        yield str(self.route.status), self._success(others)
        if not writes and self.route.single:
            yield "304", {"description": "It has not changed.", "headers": headers("ETag", *RATE)}
        refusals = {
            400: writes or self.route.names, 401: True, 403: self.route.scope, 404: self._names_something,
            409: writes or self._of_a_part, 412: self._has_target, 413: writes, 415: writes,
            429: True, 500: True, 503: True,
        }  # fmt: skip
        for status in (str(status) for status, possible in refusals.items() if possible):
            yield status, ref("responses", status)

    @property
    def _of_a_part(self) -> bool:
        """Whether it is about what an object has only in some states."""
        return re.search(r":\w+/", self.route.path) is not None

    @property
    def _has_target(self) -> bool:
        return not self.route.reads and etags.target(self.route, self.shapes.routes) is not None

    @property
    def _names_something(self) -> bool:
        return any(self.shapes.ids_taken(self.route)) or bool({"templateId", "workflowId"} & self.route.names)

    def _security(self) -> list[Schema]:
        either: list[Schema] = [{"key": [self.route.scope] if self.route.scope else []}]
        return [*either, {"callback": []}] if self.route.callback else either

    def _success(self, others: Sequence[Operation]) -> Schema:
        own = ["ETag"] if self.route.single and etags.getter(self.route, self.shapes.routes) else []
        own += ["Idempotent-Replayed"] if self.route.method in ("POST", "PUT") else []
        shown = {
            "description": HTTPStatus(self.route.status).phrase,
            "headers": headers(*own, *RATE),
            "content": self._content(),
        }
        links = dict(self._links(others))
        return shown | ({"links": links} if links else {})

    def _content(self) -> Schema:
        schema = self.shapes.answer(self.route)
        if schema is None:
            return {
                self.route.media: {"schema": {"type": "object" if self.route.media == JSON else "string"}}
            }
        return {JSON: {"schema": schema, "example": self.shapes.example(schema)}}

    def _links(self, others: Sequence[Operation]) -> Iterator[tuple[str, Schema]]:
        """From what was made or listed to what can be done with it."""
        made = self.route.status == HTTPStatus.CREATED
        for found in self.shapes.ids_answered(self.route) if made or self.shapes.lists(self.route) else ():
            value = f"$response.body#/data/{'0/' if self.shapes.lists(self.route) else ''}{found.name}"
            for other in others:
                for wanted in self.shapes.ids_taken(other.route):
                    if wanted.kind == found.kind and not wanted.within:
                        yield f"{other.id}.{wanted.name}", other._given(wanted, value)

    def _given(self, wanted: Id, value: str) -> Schema:
        """A link to this operation, where the value is the wanted id."""
        if self.route.reads or wanted.name in self.route.in_path:
            place = "path" if wanted.name in self.route.in_path else "query"
            return {"operationId": self.id, "parameters": {f"{place}.{wanted.name}": value}}
        return {"operationId": self.id, "requestBody": {wanted.name: [value] if wanted.many else value}}
