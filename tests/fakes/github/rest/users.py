"""Accounts, and who may do what in a repository."""

from __future__ import annotations

from typing import Any

from ..errors import Refused, not_found
from ..registry import Call, route
from ..shapes.accounts import profile_json, user_json
from ..shapes.repositories import permissions_json

# The older field knows four levels: https://docs.github.com/en/rest/collaborators/collaborators
OLD_LEVELS = {
    "none": "none",
    "read": "read",
    "triage": "read",
    "write": "write",
    "maintain": "write",
    "admin": "admin",
}


@route("GET", "/users/{username}", auth="any")
def get(call: Call) -> Any:
    account = call.fake.accounts.get(call.params["username"].lower())
    if account is None:
        raise not_found()
    return profile_json(call.fake, account)


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", "metadata=read")
def permission(call: Call) -> Any:
    account = call.fake.accounts.get(call.params["username"].lower())
    if account is None:
        raise Refused(404, f"{call.params['username']} is not a user")
    role = call.repo.role_of(account)
    listed = call.repo.collaborators.get(account.login.lower())
    return {
        "permission": OLD_LEVELS[role],
        "role_name": listed.role_name if listed and listed.role == role else role,
        "user": user_json(call.fake, account) | {"permissions": permissions_json(role)},
    }
