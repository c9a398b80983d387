"""An installation and a repository as GitHub sees them: narrowed tokens, pages, renamed repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.github.answer import Answer
from bot.github.errors import (
    Archived,
    GitHubError,
    Gone,
    NoInstallation,
    NotFound,
    RateLimited,
    Standstill,
    Unauthorized,
    Unavailable,
    from_graphql,
)
from bot.github.turn import Turn

if TYPE_CHECKING:
    from bot.github.client import App

_PAGE = 100
_UNCHANGED = 304


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
        self.full_name = ""

    def repo(self, full_name: str) -> Repo:
        """The repository this client is narrowed to, under the name we last knew."""
        if self.repository_id is None:
            raise ValueError("an installation client for a repository is narrowed to it by its id")
        self.full_name = full_name
        return Repo(self, self.repository_id)

    def token(self) -> str:
        """The token, minted on first use. For git it goes by askpass, never into a URL or an argument.

        With it comes what the repository is called now: another one may have taken the name that we knew.
        """
        if self._token is None:
            with self._named():
                minted = self.app.mint(self.installation_id, self._narrowed)
            self._token = str(minted["token"])
            for repository in minted.get("repositories") or ():
                self.full_name = str(repository["full_name"])
        return self._token

    def named(self, stop: Standstill) -> Standstill:
        """The same, which says where it is."""
        stop.installation_id, stop.repository_id = self.installation_id, self.repository_id
        return stop

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except Standstill as stop:
            self.named(stop)
            raise

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
            with self._named():
                raise error
        return dict(answer.data["data"])

    def _ask(self, method: str, path: str, json: Any, params: Any, *, writes: bool, creates: bool) -> Answer:
        self.turn.begin(self.installation_id, writes=writes, creates=creates)
        try:
            with self._named():
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
        return pages(
            lambda page: self.request("GET", "/installation/repositories", params=page).data["repositories"]
        )


class Repo:
    """One repository. Its numeric id is the key; the name follows when it was renamed."""

    def __init__(self, installation: Installation, repository_id: int) -> None:
        self.installation = installation
        self.app = installation.app
        self.repository_id = repository_id

    @property
    def full_name(self) -> str:
        """The name, as far as we know."""
        return self.installation.full_name

    def must_be_usable(self) -> None:
        """Raises Standstill where the repository itself is not there for us any more, or takes nothing."""
        try:
            there = self.request("GET", "").data
        except NotFound as error:
            raise self._lost() from error
        if there["archived"]:
            raise self.installation.named(Archived("the repository is archived", status=403))

    def request(self, method: str, path: str, json: Any = None, params: Any = None) -> Answer:
        """A request below `/repos/{owner}/{name}`; `path` is empty or starts with a slash.

        Where GitHub knows the repository by another name by now, the same is asked again under that.
        """
        answer = self.installation.ask(method, self._path(path), json, params)
        if not answer.moved:
            return answer
        _refuse_another_repository(str(answer.headers.get("location", "")), self.repository_id)
        self._find_new_name()
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

        return pages(get)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL answer, asked with this repository's token. Raises the same errors as REST."""
        return self.installation.graphql(query, variables)

    def _path(self, path: str) -> str:
        self.installation.token()  # tells what it is called now
        return f"/repos/{self.full_name}{path}"

    def _find_new_name(self) -> None:
        for repository in self.installation.repositories():
            if repository["id"] == self.repository_id:
                self.installation.full_name = str(repository["full_name"])
                return
        raise self._lost()

    def _lost(self) -> Standstill:
        message = f"repository {self.repository_id} is no longer in this installation"
        return self.installation.named(NoInstallation(message, status=404))


def _refuse_another_repository(place: str, repository_id: int) -> None:
    # a transferred issue is a 301 too, to a repository that this token was not made for
    named = re.search(r"/repositories/(\d+)", place)
    if named and int(named[1]) != repository_id:
        raise Gone("it was moved to another repository", status=410)


def pages(get: Callable[[dict[str, int]], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Every item of a list that `get` gives a page of."""
    page = 1
    while items := get({"per_page": _PAGE, "page": page}):
        yield from items
        if len(items) < _PAGE:
            return
        page += 1
