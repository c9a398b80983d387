"""Finding again what an earlier attempt made: marked, and written by our App."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.github import marks
from bot.github.errors import Ambiguous
from bot.github.repo import Repo

# how long before our own clock an earlier attempt may seem to have acted at GitHub
_CLOCK_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Made:
    """What is at GitHub now, whole in `thing`. `number` is an issue's or a pull request's number, else its id."""

    number: int
    node_id: str
    url: str
    updated_at: datetime
    thing: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


def made(thing: dict[str, Any], number: int) -> Made:
    """A thing as GitHub's answers show it."""
    at = datetime.fromisoformat(thing["updated_at"])
    return Made(number, thing["node_id"], thing["html_url"], at, thing)


def only_ours(
    repo: Repo, secret: bytes, kind: str, local_id: str, things: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    """The one thing with this mark that our App wrote. Anybody can copy a mark, nobody can write as our App."""
    ours = [
        thing
        for thing in things
        if marks.find(thing["body"], kind=kind, repository_id=repo.repository_id, secret=secret) == local_id
        and by_our_app(repo, thing)
    ]
    if len(ours) > 1:
        places = ", ".join(str(thing["html_url"]) for thing in ours)
        raise Ambiguous(f"{len(ours)} things carry the mark of {kind} {local_id}: {places}")
    return ours[0] if ours else None


def by_our_app(repo: Repo, thing: dict[str, Any]) -> bool:
    """Whether our App wrote it. Pull requests, reviews and their comments name no App, only its account."""
    if "performed_via_github_app" in thing:
        return bool((thing["performed_via_github_app"] or {}).get("id") == repo.app.app_id)
    author = thing.get("user") or {}
    return author.get("type") == "Bot" and author.get("login") == f"{repo.app.slug}[bot]"


def moment(since: datetime) -> str:
    """A `since` for GitHub, early enough for clocks that differ."""
    return (since.astimezone(UTC) - _CLOCK_MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
