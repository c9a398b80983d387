"""One client for GitHub's REST API: tokens narrowed to the job, and our own decisions about every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import httpx
from githubkit import AppAuthStrategy, GitHub
from githubkit.cache import MemCacheStrategy
from jwt import InvalidKeyError

from bot import counters, telemetry
from bot.github.answer import Answer, read
from bot.github.errors import NoInstallation, NotFound, Unauthorized, Unavailable, Unprocessable
from bot.github.repo import Installation, pages
from bot.github.seen import Seen
from bot.github.turn import Turn

_TIMEOUT_SECONDS = 10.0
_HEADERS = {"X-GitHub-Api-Version": "2022-11-28"}
_UNKNOWN_APP = "integration not found"
_NOT_THERE = re.compile(r"does not exist or is not accessible|not granted", re.IGNORECASE)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class App:
    """Our GitHub App. Keep one for each process; use it as a context manager or call `close`."""

    def __init__(
        self, app_id: str | int, private_key: str, api_url: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`private_key` is PEM text; `api_url` may have a path, as on Enterprise Server."""
        self._auth = AppAuthStrategy(app_id, private_key)
        self.app_id = int(app_id)
        self.seen = Seen()
        self.labels: dict[tuple[int, str], float] = {}  # known to be there until then, by time.monotonic()
        # githubkit only sends: its retries, its sleeps and its redirects would double what we write
        self._github = GitHub(
            base_url=api_url,
            user_agent="askfirst",
            timeout=_TIMEOUT_SECONDS,
            follow_redirects=False,
            auto_retry=False,
            http_cache=False,
            cache_strategy=MemCacheStrategy(),  # the default one is shared by all Apps of the process
            transport=transport,
        )
        self._github.__enter__()  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._github.__exit__()

    @cached_property
    def slug(self) -> str:
        """The App's name in URLs and mentions; its comments are by `<slug>[bot]`."""
        return str(self.request("GET", "/app").data["slug"])

    def installation(
        self,
        installation_id: int,
        repository_id: int | None = None,
        permissions: Mapping[str, str] | None = None,
        turn: Turn | None = None,
    ) -> Installation:
        """A client with a token of its own, narrowed to that repository and those permissions; `turn`: whose."""
        return Installation(self, installation_id, repository_id, permissions or {}, turn or Turn())

    def installations(self) -> Iterator[dict[str, Any]]:
        """Everywhere the App is installed, also where it is suspended."""
        return pages(lambda page: self.request("GET", "/app/installations", params=page).data)

    def find(self, installation_id: int) -> dict[str, Any] | None:
        """How the App stands in an account; None where it was removed."""
        try:
            found: dict[str, Any] = self.request("GET", f"/app/installations/{installation_id}").data
        except NotFound as error:
            if _UNKNOWN_APP in error.message.lower():
                raise
            return None
        return found

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request as the App itself, for `/app/…`."""
        return self.send(method, path, self._jwt(), json, params).settled()

    def send(
        self, method: str, url: str, token: str, json: Any = None, params: Any = None, etag: str | None = None
    ) -> Answer:
        """One request, once. `url` is a path below the API's root, or the address of GraphQL.

        With the `etag` of an earlier answer the status is 304 while that still holds.
        """
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
        if etag:
            headers["If-None-Match"] = etag
        try:
            with telemetry.span(f"GitHub {method}"), self._github.get_sync_client() as http:
                response = http.request(
                    method, url.removeprefix("/"), json=json, params=params, headers=headers
                )
                telemetry.note("http.response.status_code", response.status_code)
        except httpx.RequestError as error:
            counters.add("askfirst_github_requests_total", method=method, status="0")
            sent = method != "GET" and not isinstance(error, _NOT_SENT)
            raise Unavailable(f"{method} {url}: {type(error).__name__}", maybe_done=sent) from error
        counters.add("askfirst_github_requests_total", method=method, status=str(response.status_code))
        return read(method, response)

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is asked: beside the REST root on Enterprise Server, below it on github.com."""
        root = str(self._github.config.base_url).rstrip("/")
        return f"{root.removesuffix('/v3')}/graphql" if root.endswith("/api/v3") else f"{root}/graphql"

    def mint(self, installation_id: int, body: dict[str, Any]) -> dict[str, Any]:
        """A new installation token, which lives for an hour, and the repositories that it is for where they were named.

        Raises NoInstallation; another error where GitHub does not know our App, which says nothing of the place.
        """
        try:
            answer = self.request("POST", f"/app/installations/{installation_id}/access_tokens", json=body)
        except (NotFound, Unprocessable) as error:
            known = error.status == 404 and _UNKNOWN_APP not in error.message.lower()
            if not known and not _NOT_THERE.search(error.message):
                raise
            raise NoInstallation(error.message, status=error.status) from error
        return dict(answer.data)

    def _jwt(self) -> str:
        try:
            return str(self._auth.get_auth_flow(self._github).get_jwt())  # type: ignore[attr-defined]
        except InvalidKeyError:
            raise Unauthorized(
                "GITHUB_PRIVATE_KEY is no RSA key; the App's settings page makes one"
            ) from None
