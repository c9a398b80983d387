"""An installation and a repository as GitHub sees them: narrowed tokens, pages, renamed repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.github.errors import GitHubError, Gone, NotFound, Unauthorized, Unavailable, from_graphql

if TYPE_CHECKING:
    from bot.github.client import App

_PAGE = 100
_MOVED = (301, 302, 307, 308)


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

    def settled(self) -> Answer:
        """This answer, where it is one; a GitHubError where it only points on."""
        if self.moved:
            raise GitHubError("GitHub points to another address", status=self.status)
        return self


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
            raise ValueError("an installation client for a repository is narrowed to it by its id")
        return Repo(self, self.repository_id, full_name)

    def token(self) -> str:
        """The token, minted on first use. For git it goes by askpass, never into a URL or an argument."""
        if self._token is None:
            self._token = self.app.mint(self.installation_id, self._narrowed)
        return self._token

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request as the installation, below the API's root."""
        return self.ask(method, path, json, params).settled()

    def ask(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """As `request`, but the answer may be that it has moved. A revoked token is minted anew, once."""
        token = self.token()
        try:
            return self.app.send(method, path, token, json, params)
        except Unauthorized:
            self._token = None
        return self.app.send(method, path, self.token(), json, params)

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of a GraphQL answer. Raises the same errors as REST."""
        asked = {"query": query, "variables": dict(variables)}
        answer = self.request("POST", self.app.graphql_url, json=asked)
        if not isinstance(answer.data, Mapping):
            raise Unavailable("GraphQL gave no answer", status=answer.status, maybe_done=True)
        if errors := answer.data.get("errors"):
            raise from_graphql(errors, answer.headers)
        return dict(answer.data["data"])

    def repositories(self) -> Iterator[dict[str, Any]]:
        """The repositories that this client's token reaches."""
        return _pages(
            lambda page: self.request("GET", "/installation/repositories", params=page).data["repositories"]
        )


class Repo:
    """One repository. Its numeric id is the key; the name follows when it was renamed."""

    def __init__(self, installation: Installation, repository_id: int, full_name: str) -> None:
        self.installation = installation
        self.app = installation.app
        self.repository_id = repository_id
        self.full_name = full_name

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request below `/repos/{owner}/{name}`; `path` is empty or starts with a slash."""
        answer = self.installation.ask(method, self._path(path), json, params)
        if not answer.moved:
            return answer
        place = str(answer.headers.get("location", ""))
        _refuse_another_repository(place, self.repository_id)
        if method == "GET":
            return self._follow(place, params)
        self._find_new_name()
        return self.installation.request(method, self._path(path), json, params)

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None, key: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every item of a list below this repository, page by page; `key` names the list in the answer."""

        def get(page: dict[str, int]) -> list[dict[str, Any]]:
            data = self.request("GET", path, params={**(params or {}), **page}).data
            items: list[dict[str, Any]] = data[key] if key else data
            return items

        return _pages(get)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL answer, asked with this repository's token. Raises the same errors as REST."""
        return self.installation.graphql(query, variables)

    def _path(self, path: str) -> str:
        return f"/repos/{self.full_name}{path}"

    def _follow(self, place: str, params: Any) -> Answer:
        if not self.app.same_host(place):
            raise GitHubError("GitHub points to an address that is not on its own host")
        return self.installation.request("GET", place, params=None if "?" in place else params)

    def _find_new_name(self) -> None:
        for repository in self.installation.repositories():
            if repository["id"] == self.repository_id:
                self.full_name = str(repository["full_name"])
                return
        raise NotFound(f"repository {self.repository_id} is no longer in this installation", status=404)


def _refuse_another_repository(place: str, repository_id: int) -> None:
    # a transferred issue is a 301 too, to a repository that this token was not made for
    named = re.search(r"/repositories/(\d+)", place)
    if named and int(named[1]) != repository_id:
        raise Gone("it was moved to another repository", status=410)


def _pages(get: Callable[[dict[str, int]], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    page = 1
    while items := get({"per_page": _PAGE, "page": page}):
        yield from items
        if len(items) < _PAGE:
            return
        page += 1
