"""What a person may do in a repository, asked of GitHub and never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

from bot.github.errors import GitHubError, NotFound, RateLimited, Standstill
from bot.github.repo import Repo


class Level(IntEnum):
    """GitHub's roles by rank; a custom role counts as the one it inherits from."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class Undecided(Exception):
    """GitHub gave no answer, so nothing is decided; `retry_after` is seconds where GitHub named them."""

    def __init__(self, cause: GitHubError) -> None:
        self.retry_after = cause.retry_after if isinstance(cause, RateLimited) else None
        super().__init__(f"GitHub did not say what this person may do: {cause}")


_FLAGS = {
    "admin": Level.ADMIN,
    "maintain": Level.MAINTAIN,
    "push": Level.WRITE,
    "triage": Level.TRIAGE,
    "pull": Level.READ,
}
_SECONDS = 60.0
_PERSON = re.compile(r"[A-Za-z0-9_-]+")  # an App's login ends in [bot]
_WORDS = {"admin": Level.ADMIN, "write": Level.WRITE, "read": Level.READ}


def permission(repo: Repo, login: str, user_id: int | None = None) -> Level:
    """The level of a human user; none for bots, strangers and a login that now is somebody else's.

    Raises Undecided, Standstill. https://docs.github.com/en/rest/collaborators/collaborators
    """
    if not _PERSON.fullmatch(login):
        return Level.NONE
    try:
        answer = repo.request("GET", f"/collaborators/{login}/permission").data
    except NotFound:
        return Level.NONE
    except Standstill:
        raise  # no further try helps
    except GitHubError as error:
        raise Undecided(error) from error
    user = answer.get("user") or {}
    if user.get("type") != "User" or (user_id is not None and user.get("id") != user_id):
        return Level.NONE
    return _level(user.get("permissions"), answer.get("permission"))


class Recent:
    """Levels that GitHub told within the last minute: enough to take a command in, not to act on it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[tuple[int, str, int], tuple[float, Level]] = {}

    def permission(self, repo: Repo, login: str, user_id: int) -> Level:
        """As `permission`, which asks past this memory. Raises the same."""
        now = self._clock()
        self._known = {who: told for who, told in self._known.items() if told[0] > now - _SECONDS}
        who = (repo.repository_id, login, user_id)
        if who not in self._known:
            self._known[who] = (now, permission(repo, login, user_id))
        return self._known[who][1]


def _level(flags: Mapping[str, Any] | None, word: str | None) -> Level:
    if flags is None:
        return _WORDS.get(word or "", Level.NONE)
    return max((level for flag, level in _FLAGS.items() if flags.get(flag) is True), default=Level.NONE)
