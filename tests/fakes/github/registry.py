"""Which function answers which operation: a new resource is a file with `@route`s and one import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import Reply
from .state import Actor, Repository, Token

if TYPE_CHECKING:
    from .fake import FakeGitHub


@dataclass
class Call:
    """A checked request on its way to the function that answers it."""

    fake: FakeGitHub
    route: Route
    params: dict[str, Any]  # of the path
    query: dict[str, Any]
    body: dict[str, Any]
    actor: Actor
    token: Token | None = None
    repository: Repository | None = None
    link_path: str = ""  # what Link headers point at
    headers: dict[str, str] = field(default_factory=dict)  # for the answer

    @property
    def repo(self) -> Repository:
        assert self.repository is not None, f"{self.route.template} names no repository"
        return self.repository


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    auth: str  # app: a JSON web token; installation, user: its token; any: one of the three; client, none: see `auth`
    accepts: str  # in GitHub's notation: `issues=write; pull_requests=write` is either
    handler: Handler


ROUTES: dict[tuple[str, str], Route] = {}


def route(
    method: str, template: str, accepts: str = "", auth: str = "installation"
) -> Callable[[Handler], Handler]:
    """Register the function for one operation of the contract; it gives JSON (200) or a `Reply`."""

    def register(handler: Handler) -> Handler:
        ROUTES[method, template] = Route(method, template, auth, accepts, handler)
        return handler

    return register


def created(json: Any) -> Reply:
    return Reply(201, json)


def no_content() -> Reply:
    return Reply(204)
