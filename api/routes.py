"""How an endpoint is declared: once, with all that serving, testing and documenting it needs.

    @routes.post("/issues/create", scope="issues:write", status=201)
    def create(call: Call, body: NewIssue) -> IssueOut:
        \"\"\"File an issue.\"\"\"

The handler's signature names the shapes: it takes a `query` (GET) or a `body`; what it returns goes out, a `Page`
as a list, `bytes` as text, `Json` as it is. A part of the path like `:id` is a field of what it takes, and comes from
nowhere else. Its docstring is the endpoint's summary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NewType, TypeVar, cast, get_args, get_origin, get_type_hints

from sqlalchemy.orm import Session

from api.schemas.base import Body, Many, One, Query, View
from bot.domain import projects
from bot.domain.callbacks import Callback
from bot.domain.pages import Page
from bot.store.models import ApiKey, Project

Handler = TypeVar("Handler", bound=Callable[..., Any])
Row = TypeVar("Row")
Shown = TypeVar("Shown")
Json = NewType("Json", bytes)
JSON = "application/json"
IN_PATH = re.compile(r":(\w+)")


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with: one transaction, who calls, and where a list continues.

    `locks`: what is read is about to be changed in this transaction, so nobody else may change it first.
    """

    tx: Session
    key: ApiKey | Callback
    after: str | None = None
    locks: bool = False

    @property
    def project_id(self) -> str:
        return self.key.project_id

    @property
    def project(self) -> Project:
        return projects.get(self.tx, self.key.project_id)

    @property
    def actor(self) -> str:
        """The caller's name in `createdBy`."""
        return self.key.actor if isinstance(self.key, Callback) else f"key:{self.key.name}"


@dataclass(frozen=True)
class Route:
    """An endpoint: `takes` the query of a GET, else the body. `scope` None: any key; `answer` None: bytes.

    `starts`: it starts an agent, of which a key may start only so many an hour. `callback`: the token of the
    answering session in its path opens it too.
    """

    method: str
    path: str
    scope: str | None
    status: int
    starts: bool
    summary: str
    handler: Callable[..., Any]
    takes: type[Query] | type[Body]
    answer: type[View] | None
    media: str
    callback: bool = False

    @property
    def reads(self) -> bool:
        return self.method == "GET"

    @property
    def action(self) -> str:
        """Its name in the audit trail: `issues/create`, `answering-sessions/status`."""
        words = [word for word in self.path.split("/") if word and not word.startswith(":")]
        return "/".join(
            words if len(words) > 1 else [*words, {"DELETE": "delete"}.get(self.method, "create")]
        )

    @property
    def single(self) -> bool:
        """Whether it answers one object."""
        return self.answer is not None and not issubclass(self.answer, Many)

    @cached_property
    def in_path(self) -> frozenset[str]:
        """The names of what it takes from its path."""
        return frozenset(IN_PATH.findall(self.path))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of what it takes, as callers write them."""
        return frozenset(field.alias or name for name, field in self.takes.model_fields.items())

    def written(self, **fields: Any) -> bytes:
        """The answer with these fields, as JSON."""
        assert self.answer is not None
        # half the time of jsonify
        answer = self.answer.model_construct(**fields)
        return self.answer.__pydantic_serializer__.to_json(answer, by_alias=True)


class Routes:
    """The endpoints of one resource."""

    def __init__(self) -> None:
        self._all: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._all)

    def get(self, path: str, *, scope: str | None) -> Callable[[Handler], Handler]:
        """An endpoint that changes nothing."""
        return self._add("GET", path, scope, 200)

    def post(
        self,
        path: str,
        *,
        scope: str | None,
        status: int = 200,
        starts: bool = False,
        callback: bool = False,
    ) -> Callable[[Handler], Handler]:
        """An endpoint that changes something, all in one transaction."""
        return self._add("POST", path, scope, status, starts, callback)

    def put(self, path: str, *, scope: str) -> Callable[[Handler], Handler]:
        """An endpoint that sets something; setting it once more changes nothing."""
        return self._add("PUT", path, scope, 200)

    def delete(self, path: str, *, scope: str) -> Callable[[Handler], Handler]:
        """An endpoint that puts something in the trash."""
        return self._add("DELETE", path, scope, 200)

    def _add(
        self,
        method: str,
        path: str,
        scope: str | None,
        status: int,
        starts: bool = False,
        callback: bool = False,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            summary = (handler.__doc__ or "").strip()
            takes = hints["query" if method == "GET" else "body"]
            answer, media = _answer(hints["return"]), "text/plain" if hints["return"] is bytes else JSON
            self._all.append(
                Route(method, path, scope, status, starts, summary, handler, takes, answer, media, callback)
            )
            return handler

        return declare


def shown(page: Page[Row], show: Callable[[Row], Shown]) -> Page[Shown]:
    """The same page, as callers see its rows."""
    return Page([show(row) for row in page.rows], page.after)


def _answer(returned: Any) -> type[View] | None:
    if returned in (bytes, Json):
        return None
    if get_origin(returned) is Page:
        return cast(type[View], Many[get_args(returned)[0]])  # type: ignore[misc]
    return cast(type[View], One[returned])
