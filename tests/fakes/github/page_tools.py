"""What the pages share: who is there, what was typed, and how things are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import abort, request
from markupsafe import Markup

from .markdown import rendered
from .people import Person
from .state import REACTIONS, Repository

if TYPE_CHECKING:
    from .fake import FakeGitHub

FACES = dict(zip(REACTIONS, ["👍", "👎", "😄", "😕", "❤️", "🎉", "🚀", "👀"], strict=True))


def repository_of(fake: FakeGitHub, owner: str, name: str) -> Repository:
    found = fake.find_repository(owner, name) or fake.renamed(owner, name)
    return found or abort(404)


def person_of(fake: FakeGitHub) -> Person:
    """Whom the form names."""
    return fake.people.get(request.form.get("person", "")) or abort(400, "No such person.")


def people_of(fake: FakeGitHub, repository: Repository) -> list[tuple[str, str]]:
    """(login, role) of everybody who may be chosen."""
    return [(login, repository.role_of(person.account)) for login, person in fake.people.items()]


def typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


def ref_and_path(repository: Repository, place: str) -> tuple[str, str]:
    """Branch names may hold slashes, so the longest one that fits is taken, else the first step."""
    branches = [ref.removeprefix("refs/heads/") for ref in repository.git.refs()]
    fitting = [name for name in branches if f"{place}/".startswith(f"{name}/")]
    ref = max(fitting, key=len, default=place.split("/")[0])
    return ref, place[len(ref) + 1 :]


def with_query(url: str, **said: str) -> str:
    """Where people are sent back to; the address may have a query already."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(said)}"


def shown(text: str | None) -> Markup:
    """Rendered text, in which #1 links to the repository of the page."""
    where = request.view_args or {}
    return rendered(text, f"/{where['owner']}/{where['name']}" if "owner" in where else None)


def faces(reactions: list[Any]) -> list[tuple[str, int, str]]:
    """(face, count, who) for each kind of reaction that is there."""
    found = []
    for content, face in FACES.items():
        logins = [reaction.user.login for reaction in reactions if reaction.content == content]
        found += [(face, len(logins), ", ".join(logins))] if logins else []
    return found


def ink(color: str) -> str:
    """Black or white, whichever can be read on a label's colour."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (0, 2, 4))
    return "#000" if red * 0.299 + green * 0.587 + blue * 0.114 > 150 else "#fff"
