"""What people's own tokens open, and the making of Apps: https://docs.github.com/en/rest/apps"""

from __future__ import annotations

from typing import Any

from ..acts.installations import covered
from ..errors import Reply, not_found
from ..registry import Call, created, no_content, route
from ..shapes.accounts import app_json, installation_json, profile_json
from ..shapes.repositories import permissions_json, repository_json
from ..state import Account, Installation, Repository
from .lookup import page


@route("GET", "/user", auth="user")
def get_user(call: Call) -> Any:
    return profile_json(call.fake, call.actor.account)


@route("GET", "/user/installations", auth="user")
def list_installations(call: Call) -> Any:
    found = _installations(call)
    listed = [installation_json(call.fake, one) for one in page(call, found)]
    return {"total_count": len(found), "installations": listed}


@route("GET", "/user/installations/{installation_id}/repositories", auth="user")
def list_repositories(call: Call) -> Any:
    wanted = call.params["installation_id"]
    installation = next((one for one in _installations(call) if one.id == wanted), None)
    if installation is None:
        raise not_found()
    found = _repositories(call, installation)
    listed = [
        repository_json(call.fake, one) | {"permissions": permissions_json(one.role_of(call.actor.account))}
        for one in page(call, found)
    ]
    return {"total_count": len(found), "repository_selection": installation.selection, "repositories": listed}


@route("DELETE", "/applications/{client_id}/token", auth="client")
def revoke(call: Call) -> Reply:
    token = call.fake.user_tokens.get(call.body["access_token"])
    if token is None or token.app is not call.actor.app or call.params["client_id"] != token.app.client_id:
        raise not_found()
    del call.fake.user_tokens[token.value]
    return no_content()


@route("POST", "/app-manifests/{code}/conversions", auth="none")
def convert(call: Call) -> Reply:
    code = call.fake.manifest_codes.pop(call.params["code"], None)
    if code is None or code.expires_at <= call.fake.clock():
        raise not_found()
    app = code.app
    kept = {"client_secret": app.client_secret, "webhook_secret": app.webhook_secret, "pem": app.private_key}
    return created(app_json(call.fake, app) | kept)


def _installations(call: Call) -> list[Installation]:
    """Those of the App on an account that the person runs, or with something that they have an explicit right to."""
    mine = [one for one in call.fake.installations.values() if one.app is call.actor.app]
    return [one for one in mine if one.account.is_run_by(call.actor.account) or _repositories(call, one)]


def _repositories(call: Call, installation: Installation) -> list[Repository]:
    return [one for one in covered(call.fake, installation) if _is_explicit(one, call.actor.account)]


def _is_explicit(repository: Repository, account: Account) -> bool:
    """That everybody may read a public repository is no right of the person's own."""
    listed = repository.owner.is_run_by(account) or account.login.lower() in repository.collaborators
    return listed and repository.role_of(account) != "none"
