"""An installation and a repository as GitHub sees them: narrowed tokens, pages, renamed repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.github.errors import (
    GitHubError,
    Gone,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    from_graphql,
)
from bot.github.turn import Turn

if TYPE_CHECKING:
    from bot.github.client import App

_PAGE = 100
_MOVED = (301, 302, 307, 308)
_UNCHANGED = 304


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
        turn: Turn,
    ) -> None:
        self.app = app
        self.installation_id = installation_id
        self.repository_id = repository_id
        self.turn = turn
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
        """As `request`, but the answer may be that it has moved. Raises RateLimited before its turn has come."""
        return self._ask(method, path, json, params, writes=method != "GET", creates=method == "POST")

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of a GraphQL answer. Raises the same errors as REST."""
        asked = {"query": query, "variables": dict(variables)}
        writes = query.lstrip().startswith("mutation")
        answer = self._ask("POST", self.app.graphql_url, asked, None, writes=writes, creates=False).settled()
        if not isinstance(answer.data, Mapping):
            raise Unavailable("GraphQL gave no answer", status=answer.status, maybe_done=True)
        if errors := answer.data.get("errors"):
            error = from_graphql(errors, answer.headers)
            if isinstance(error, RateLimited):
                self.turn.refused(self.installation_id, error, wrote=writes)
            raise error
        return dict(answer.data["data"])

    def _ask(self, method: str, path: str, json: Any, params: Any, *, writes: bool, creates: bool) -> Answer:
        self.turn.begin(self.installation_id, writes=writes, creates=creates)
        try:
            answer = self._send(method, path, json, params)
        except RateLimited as limit:
            self.turn.refused(self.installation_id, limit, wrote=writes)
            raise
        except GitHubError:
            if writes:
                self.turn.failed(self.installation_id)
            raise
        self.turn.end(self.installation_id, answer.headers, wrote=writes)
        return answer

    def _send(self, method: str, path: str, json: Any, params: Any) -> Answer:
        """Sent with the token; a revoked one is minted anew, once. An answer that is still as it was comes free."""
        known = self.app.seen.find(self.installation_id, method, path, params)
        etag = known.headers["etag"] if known else None
        try:
            answer = self.app.send(method, path, self.token(), json, params, etag)
        except Unauthorized:
            self._token = None
            answer = self.app.send(method, path, self.token(), json, params, etag)
        if known and answer.status == _UNCHANGED:
            return Answer(known.status, answer.headers, known.data)
        self.app.seen.keep(self.installation_id, method, path, params, answer)
        return answer

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
        self._looked = False

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request below `/repos/{owner}/{name}`; `path` is empty or starts with a slash.

        Where GitHub knows the repository by another name by now, the same is asked again under that.
        """
        try:
            answer = self.installation.ask(method, self._path(path), json, params)
        except NotFound:
            # nothing points on where the old name is another repository's by now; asked once, since a 404 is common
            if self._looked or not self._renamed():
                raise
            return self.installation.request(method, self._path(path), json, params)
        if not answer.moved:
            return answer
        _refuse_another_repository(str(answer.headers.get("location", "")), self.repository_id)
        if not self._renamed():
            raise NotFound(f"repository {self.repository_id} is no longer in this installation", status=404)
        return self.installation.request(method, self._path(path), json, params)

    def take_turn(self, *, creates: bool) -> None:
        """Be the one who writes next, before anything is written down about it. Raises RateLimited."""
        self.installation.turn.take(self.installation.installation_id, creates=creates)

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

    def _renamed(self) -> bool:
        """Look for the name that goes with the id now; whether it is another one."""
        before, self._looked = self.full_name, True
        for repository in self.installation.repositories():
            if repository["id"] == self.repository_id:
                self.full_name = str(repository["full_name"])
        return self.full_name != before


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
