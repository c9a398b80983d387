"""The App, its installations and their tokens: https://docs.github.com/en/rest/apps/apps"""

from __future__ import annotations

from typing import Any

from ..acts.installations import covered
from ..auth import LEVELS, mint
from ..errors import Refused, Reply, not_found
from ..limits import limits
from ..registry import Call, created, no_content, route
from ..shapes.accounts import app_json, installation_json, stamp
from ..shapes.repositories import permissions_json, repository_json
from ..state import Installation, Repository, Token
from .lookup import page

INSTALLATION = "/app/installations/{installation_id}"


@route("GET", "/app", auth="app")
def get_app(call: Call) -> Any:
    assert call.actor.app is not None, "a route for Apps always has one"
    return app_json(call.fake, call.actor.app) | {"installations_count": len(_installations(call))}


@route("GET", "/app/installations", auth="app")
def list_installations(call: Call) -> Any:
    return [installation_json(call.fake, one) for one in page(call, _installations(call))]


@route("GET", INSTALLATION, auth="app")
def get_installation(call: Call) -> Any:
    return installation_json(call.fake, _installation_of(call))


@route("GET", "/repos/{owner}/{repo}/installation", auth="app")
def installation_of_repository(call: Call) -> Any:
    found = next((one for one in _installations(call) if one.covers(call.repo)), None)
    if found is None:
        raise not_found()
    return installation_json(call.fake, found)


@route("POST", INSTALLATION + "/access_tokens", auth="app")
def create_token(call: Call) -> Reply:
    installation = _installation_of(call)
    if installation.suspended_at:
        raise Refused(403, "This installation has been suspended")
    chosen = _chosen(call, installation)
    permissions = _narrowed(installation, call.body.get("permissions"))
    token = mint(call.fake, installation, permissions, None if chosen is None else {r.id for r in chosen})
    answer = {
        "token": token.value,
        "expires_at": stamp(token.expires_at),
        "permissions": permissions,
        "repository_selection": installation.selection if chosen is None else "selected",
    }
    listed = {} if chosen is None else {"repositories": [repository_json(call.fake, r) for r in chosen]}
    return created(answer | listed)


@route("DELETE", "/installation/token")
def revoke(call: Call) -> Reply:
    del call.fake.tokens[_token_of(call).value]
    return no_content()


@route("GET", "/installation/repositories", "metadata=read")
def list_repositories(call: Call) -> Any:
    token = _token_of(call)
    found = [one for one in covered(call.fake, token.installation) if token.covers(one)]
    listed = [
        repository_json(call.fake, one) | {"permissions": permissions_json("none")}
        for one in page(call, found)
    ]
    return {
        "total_count": len(found),
        "repository_selection": token.installation.selection,
        "repositories": listed,
    }


@route("GET", "/rate_limit", auth="any")
def rate_limit(call: Call) -> Any:
    """Without `rate`, which the next version of the API no longer has."""
    if not call.fake.limited:
        raise Refused(404, "Rate limiting is not enabled.")
    told = limits(call.token.installation if call.token else None)
    core = {name: int(told[f"x-ratelimit-{name}"]) for name in ("limit", "used", "remaining", "reset")}
    return {"resources": {"core": core}}


def _installations(call: Call) -> list[Installation]:
    return [one for one in call.fake.installations.values() if one.app is call.actor.app]


def _installation_of(call: Call) -> Installation:
    found = call.fake.installations.get(call.params["installation_id"])
    if found is None or found.app is not call.actor.app:
        raise not_found()
    return found


def _token_of(call: Call) -> Token:
    assert call.token is not None, "an installation route always has a token"
    return call.token


def _chosen(call: Call, installation: Installation) -> list[Repository] | None:
    """The repositories asked for, None when the token shall have all of the installation's."""
    if not {"repository_ids", "repositories"} & call.body.keys():
        return None
    mine = covered(call.fake, installation)
    by_key: dict[Any, Repository] = {one.id: one for one in mine} | {one.name.lower(): one for one in mine}
    wanted = [
        *call.body.get("repository_ids", []),
        *(name.lower() for name in call.body.get("repositories", [])),
    ]
    if not wanted or any(key not in by_key for key in wanted):
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent "
            "installation.",
        )
    return list(dict.fromkeys(by_key[key] for key in wanted))


def _narrowed(installation: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    if not wanted:
        return dict(installation.permissions)
    for name, level in wanted.items():
        if LEVELS.index(level) > LEVELS.index(installation.permissions.get(name, "none")):
            raise Refused(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read"} | wanted
