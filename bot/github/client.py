"""One client for GitHub's REST API: tokens narrowed to the job, and our own decisions about every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any

import httpx
from githubkit import AppAuthStrategy, GitHub
from githubkit.cache import MemCacheStrategy

from bot.github.errors import (
    GitHubError,
    Gone,
    NoInstallation,
    NotFound,
    Forbidden,
    Unauthorized,
    Unavailable,
    from_answer,
)

_TIMEOUT_SECONDS = 10.0
_PAGE = 100
_HEADERS = {"X-GitHub-Api-Version": "2022-11-28"}
_MOVED = (301, 302, 307, 308)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Answer:
    """A successful answer, or one that says where the thing has moved to."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def moved(self) -> bool:
        """Whether GitHub says that it is at another address."""
        return self.status in _MOVED


class App:
    """Our GitHub App. Keep one for each process; use it as a context manager or call `close`."""

    def __init__(
        self, app_id: str | int, private_key: str, api_url: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`private_key` is PEM text; `api_url` may have a path, as on Enterprise Server."""
        self._auth = AppAuthStrategy(app_id, private_key)
        self.app_id = int(app_id)
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
        self._github.__enter__()

    def __enter__(self) -> App:
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
    ) -> Installation:
        """A client with a token of its own, narrowed to that repository and those permissions."""
        return Installation(self, installation_id, repository_id, permissions or {})

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request as the App itself, for `/app/…`."""
        return self.send(method, path, self._jwt(), json, params)

    def send(self, method: str, url: str, token: str, json: Any = None, params: Any = None) -> Answer:
        """One request, once. `url` is a path below the API's root or an address on its host."""
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
        try:
            with self._github.get_sync_client() as http:
                response = http.request(
                    method, url.removeprefix("/"), json=json, params=params, headers=headers
                )
        except httpx.TransportError as error:
            sent = method != "GET" and not isinstance(error, _NOT_SENT)
            raise Unavailable(f"{method} {url}: {type(error).__name__}", maybe_done=sent) from error
        return _read(method, response)

    def same_host(self, url: str) -> bool:
        """Whether an address lies below the API's root, so that a token may be sent there."""
        base, there = self._github.config.base_url, httpx.URL(url)
        mine = (base.scheme, base.host, base.port) == (there.scheme, there.host, there.port)
        return mine and there.path.startswith(base.path)

    def mint(self, installation_id: int, body: dict[str, Any]) -> str:
        """A new installation token; it lives for an hour."""
        try:
            answer = self.request("POST", f"/app/installations/{installation_id}/access_tokens", json=body)
        except (NotFound, Forbidden) as error:
            raise NoInstallation(error.message, status=error.status) from error
        return str(answer.data["token"])

    def _jwt(self) -> str:
        return str(self._auth.get_auth_flow(self._github).get_jwt())  # type: ignore[attr-defined]


class Installation:
    """The App in one account, with one token for one job and phase."""

    def __init__(
        self,
        app: App,
        installation_id: int,
        repository_id: int | None,
        permissions: Mapping[str, str],
    ) -> None:
        self.app = app
        self.installation_id = installation_id
        self.repository_id = repository_id
        self._narrowed: dict[str, Any] = {}
        if repository_id is not None:
            self._narrowed["repository_ids"] = [repository_id]
        if permissions:
            self._narrowed["permissions"] = dict(permissions)
        self._token: str | None = None

    def repo(self, full_name: str) -> Repo:
        """The repository this client is narrowed to, under the name we last knew."""
        if self.repository_id is None:
            raise ValueError("an installation client for a repository is narrowed to it by id")
        return Repo(self, self.repository_id, full_name)

    def token(self) -> str:
        """The token, minted on first use. For git it goes by askpass, never into a URL or an argument."""
        if self._token is None:
            self._token = self.app.mint(self.installation_id, self._narrowed)
        return self._token

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request as the installation. A revoked token is minted anew, once. May answer `moved`."""
        try:
            return self.app.send(method, path, self.token(), json, params)
        except Unauthorized:
            self._token = None
            return self.app.send(method, path, self.token(), json, params)

    def pages(self, path: str, params: Mapping[str, Any] | None = None, key: str = "") -> Iterator[Any]:
        """Every item of a list, page by page; `key` names the list where it is inside an object."""
        page = 0
        while True:
            page += 1
            data = self.request("GET", path, params={**(params or {}), "per_page": _PAGE, "page": page}).data
            items = data[key] if key else data
            yield from items
            if len(items) < _PAGE:
                return


class Repo:
    """One repository. Its numeric id is the key; the name follows when it was renamed."""

    def __init__(self, installation: Installation, repository_id: int, full_name: str) -> None:
        self.installation = installation
        self.app = installation.app
        self.repository_id = repository_id
        self.full_name = full_name

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request below `/repos/{owner}/{name}`; `path` is empty or starts with a slash."""
        answer = self.installation.request(method, f"/repos/{self.full_name}{path}", json, params)
        if not answer.moved:
            return answer
        place = str(answer.headers.get("location", ""))
        self._refuse_another_repository(place)
        if method == "GET":
            return self._settled(self._follow(place))
        self._find_new_name()
        return self._settled(
            self.installation.request(method, f"/repos/{self.full_name}{path}", json, params)
        )

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Every item of a list below this repository, page by page."""
        page = 0
        while True:
            page += 1
            items = self.request("GET", path, params={**(params or {}), "per_page": _PAGE, "page": page}).data
            yield from items
            if len(items) < _PAGE:
                return

    def _follow(self, place: str) -> Answer:
        if not self.app.same_host(place):
            raise GitHubError("GitHub named a new place that is not on its own host")
        return self.installation.request("GET", place)

    def _find_new_name(self) -> None:
        for repository in self.installation.pages("/installation/repositories", key="repositories"):
            if repository["id"] == self.repository_id:
                self.full_name = str(repository["full_name"])
                return
        raise NotFound(f"repository {self.repository_id} is no longer in this installation", status=404)

    def _refuse_another_repository(self, place: str) -> None:
        named = re.search(r"/repositories/(\d+)", place)
        if named and int(named[1]) != self.repository_id:
            raise Gone("it was moved to another repository", status=410)

    def _settled(self, answer: Answer) -> Answer:
        if answer.moved:
            raise GitHubError("GitHub says that it has moved, twice", status=answer.status)
        return answer


def _read(method: str, response: httpx.Response) -> Answer:
    try:
        data = response.json() if response.content else None
    except ValueError as error:
        if response.is_success:
            message = "GitHub's answer is not JSON"
            raise Unavailable(message, status=response.status_code, maybe_done=method != "GET") from error
        data = None
    if response.is_error:
        raise from_answer(method, response.status_code, response.headers, data)
    return Answer(response.status_code, response.headers, data)
