"""People sign in with the App, and what they may see: asked with their own tokens.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.github.answer import read
from bot.github.errors import Forbidden, GitHubError, NotFound, Standstill, Unavailable, Unprocessable

_TIMEOUT_SECONDS = 10.0
_HEADERS = {"Accept": "application/json", "User-Agent": "askfirst"}
_MOST_PAGES = 50


class SignInRefused(GitHubError):
    """GitHub did not take the code, or the App's client id and secret."""


@dataclass(frozen=True)
class Person:
    """An account on GitHub that signed in."""

    id: int
    login: str


class SignIns:
    """GitHub's page on which people sign in is below `server_url`, its API at `api_url`."""

    def __init__(self, server_url: str, api_url: str) -> None:
        self._server_url, self._api_url = server_url, api_url
        self._http = client()

    def sign_in(self, client_id: str, state: str, verifier: str, back: str) -> str:
        """Where a person is sent to sign in; they come back to `back` with a code and the state."""
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "client_id": client_id, "redirect_uri": back, "state": state, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self._server_url}/login/oauth/authorize?{urlencode(query)}"

    def token(self, client_id: str, client_secret: str, code: str, verifier: str, back: str) -> str:
        """The person's token for the code. Raises SignInRefused with what GitHub says."""
        body = {
            "client_id": client_id, "client_secret": client_secret, "code": code, "code_verifier": verifier,
            "redirect_uri": back,
        }  # fmt: skip
        # an error comes with status 200 as well
        answer = self._ask("POST", f"{self._server_url}/login/oauth/access_token", json=body) or {}
        if "access_token" not in answer:
            raise SignInRefused(f"{answer.get('error')}: {answer.get('error_description')}")
        return str(answer["access_token"])

    def person(self, token: str) -> Person:
        """Whose token it is."""
        user = self._ask("GET", f"{self._api_url}/user", token=token)
        return Person(user["id"], user["login"])

    def access(self, token: str) -> dict[int, bool]:
        """By the id of each repository that the App is installed on and the person may see: whether they are admin."""
        found: dict[int, bool] = {}
        for installation in self._listed("/user/installations", "installations", token):
            path = f"/user/installations/{installation['id']}/repositories"
            try:
                for repository in self._listed(path, "repositories", token):
                    found[repository["id"]] = bool((repository.get("permissions") or {}).get("admin"))
            # suspended, removed since it was listed, or its organisation wants a sign-in of its own
            except (NotFound, Forbidden, Standstill):
                continue
        return found

    def revoke(self, client_id: str, client_secret: str, token: str) -> None:
        """End the person's token; one that is over already is well."""
        url = f"{self._api_url}/applications/{client_id}/token"
        try:
            self._ask("DELETE", url, json={"access_token": token}, auth=(client_id, client_secret))
        except (NotFound, Unprocessable):
            return

    def _listed(self, path: str, name: str, token: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self._ask(
                "GET", f"{self._api_url}{path}", token=token, params={"per_page": 100, "page": page}
            )
            found += answer[name]
            if len(answer[name]) < 100:
                break
        return found

    def _ask(self, method: str, url: str, token: str = "", **request: Any) -> Any:
        if token:
            request["headers"] = {"Authorization": f"Bearer {token}"}
        return ask(self._http, method, url, **request)


def ask(http: httpx.Client, method: str, url: str, **request: Any) -> Any:
    """The data of GitHub's answer. Raises GitHubError."""
    try:
        response = http.request(method, url, **request)
    except httpx.RequestError as error:
        raise Unavailable(f"{method} {url}: {type(error).__name__}", maybe_done=method != "GET") from None
    return read(method, response).data


def client() -> httpx.Client:
    """What asks GitHub without the App's own token: 10 s for each step, no redirects."""
    return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, headers=_HEADERS)
