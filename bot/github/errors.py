"""What can go wrong at GitHub, as types that the jobs decide on."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

_TOKENS = re.compile(
    r"gh[oprsu]_[A-Za-z0-9._-]{36,}|github_pat_[A-Za-z0-9_]{22,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"
)
_LIMIT_WORDS = re.compile(r"secondary rate limit|abuse detection|rate limit exceeded", re.IGNORECASE)
_A_MINUTE = 60.0


def redact(text: str) -> str:
    """The text without any GitHub token or App JWT in it."""
    return _TOKENS.sub("[redacted]", text)


def redacting(secrets: tuple[str, ...]) -> Callable[[str], str]:
    """As `redact`, and without these either, however JSON writes them."""
    known = {written for secret in secrets if secret for written in (secret, json.dumps(secret)[1:-1])}
    if not known:
        return redact
    held = re.compile("|".join(re.escape(secret) for secret in sorted(known, key=len, reverse=True)))
    return lambda text: redact(held.sub("[redacted]", text))


class GitHubError(Exception):
    """GitHub refused. `status` is 0 where no answer came."""

    def __init__(self, message: str, *, status: int = 0, errors: tuple[str, ...] = ()) -> None:
        self.status = status
        self.message = redact(message)
        self.errors = tuple(redact(error) for error in errors)
        super().__init__("; ".join((self.message, *self.errors)))


class Unauthorized(GitHubError):
    """401: the App's key is wrong, or a token was refused although it had just been minted anew."""


class NotFound(GitHubError):
    """404: not there, or not ours to see."""


class Gone(GitHubError):
    """410: deleted, or moved to another repository."""


class Forbidden(GitHubError):
    """403 that is not a limit: a permission is missing."""


class Unprocessable(GitHubError):
    """422: the request's content was refused; `errors` says what about it."""


class Standstill(GitHubError):
    """Nothing of the kind goes in the whole repository, whatever is asked for there; the ids are GitHub's."""

    installation_id: int | None = None
    repository_id: int | None = None


class NoInstallation(Standstill):
    """No token can be had: the App is suspended there, was removed, or was not granted what it needs."""

    @property
    def suspended(self) -> bool:
        """Whether the installation is there, but suspended."""
        return "suspended" in self.message.lower()

    @property
    def not_granted(self) -> bool:
        """Whether permissions that the App asks for were not accepted yet."""
        return "not granted" in self.message.lower()


class Archived(Standstill):
    """403: the repository is archived, and takes no writes."""


class WithoutIssues(Standstill):
    """410: issues are disabled in the repository."""


class RateLimited(GitHubError):
    """403 or 429, or our own budget: not acted on; ask again in `retry_after` seconds.

    `named`: GitHub itself said how long; otherwise it is a guess, which grows when it was too short.
    """

    def __init__(self, message: str, *, status: int, retry_after: float, named: bool = True) -> None:
        super().__init__(message, status=status)
        self.retry_after, self.named = retry_after, named


class Unavailable(GitHubError):
    """5xx, time-out or no connection. `maybe_done`: the request may have been acted on all the same."""

    def __init__(self, message: str, *, status: int = 0, maybe_done: bool) -> None:
        super().__init__(message, status=status)
        self.maybe_done = maybe_done


class Ambiguous(GitHubError):
    """More than one thing at GitHub carries the same mark: a person has to look."""


_BY_STATUS = {401: Unauthorized, 403: Forbidden, 404: NotFound, 410: Gone, 422: Unprocessable}
_BY_TYPE = {
    "FORBIDDEN": Forbidden,
    "INSUFFICIENT_SCOPES": Forbidden,
    "NOT_FOUND": NotFound,
    "UNPROCESSABLE": Unprocessable,
}
_TROUBLE = re.compile(r"something went wrong", re.IGNORECASE)
_STANDSTILLS: list[tuple[tuple[int, ...], str, type[Standstill]]] = [
    ((403,), "installation has been suspended", NoInstallation),
    ((200, 403), "was archived so", Archived),
    ((200, 410), "issues has been disabled", WithoutIssues),
    ((200, 410), "issues are disabled", WithoutIssues),
]


def from_answer(method: str, status: int, headers: Mapping[str, str], data: Any) -> GitHubError:
    """The error that an answer of 400 or more means."""
    message, details = _words(status, data)
    if status >= 500:
        return Unavailable(message, status=status, maybe_done=method != "GET")
    if _is_limit(status, headers, message):
        return _limited(message, status, headers)
    kind = _standstill(status, message) or _BY_STATUS.get(status, GitHubError)
    return kind(message, status=status, errors=details)


def from_graphql(errors: list[Any], headers: Mapping[str, str]) -> GitHubError:
    """The error that an answer of GraphQL means; it comes with status 200 all the same.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """
    found = [error for error in errors if isinstance(error, Mapping)]
    kind = next((str(error["type"]) for error in found if error.get("type")), "")
    message = "; ".join(map(_detail, errors)) or "GraphQL answered with an error"
    if kind == "RATE_LIMITED":
        return _limited(message, 200, headers)
    if kind in ("SERVICE_UNAVAILABLE", "LOADING") or _TROUBLE.match(message):
        return Unavailable(message, status=200, maybe_done=True)
    return (_standstill(200, message) or _BY_TYPE.get(kind, GitHubError))(message, status=200)


def _standstill(status: int, message: str) -> type[Standstill] | None:
    words = message.lower()
    return next((kind for codes, said, kind in _STANDSTILLS if status in codes and said in words), None)


def _words(status: int, data: Any) -> tuple[str, tuple[str, ...]]:
    if not isinstance(data, Mapping):
        return f"GitHub answered {status}", ()
    errors = data.get("errors")
    details = tuple(_detail(error) for error in errors) if isinstance(errors, list) else ()
    return str(data.get("message") or f"GitHub answered {status}"), details


def _detail(error: Any) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    return str(error.get("message") or " ".join(str(error[k]) for k in ("field", "code") if error.get(k)))


def _is_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    if status == 403:
        spent = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
        return spent or bool(_LIMIT_WORDS.search(message))
    return status == 429


def _limited(message: str, status: int, headers: Mapping[str, str]) -> RateLimited:
    seconds = _seconds(headers)
    return RateLimited(
        message,
        status=status,
        retry_after=_A_MINUTE if seconds is None else seconds,
        named=seconds is not None,
    )


def _seconds(headers: Mapping[str, str]) -> float | None:
    """How long GitHub says to wait."""
    if (after := headers.get("retry-after", "").strip()).isdecimal():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - _their_time(headers))
    return None


def _their_time(headers: Mapping[str, str]) -> float:
    """GitHub's own clock where the answer tells it: ours may be wrong."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
