"""People, organisations, Apps and installations in JSON."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..state import Account, App, Installation

if TYPE_CHECKING:
    from ..world import World

USER_LINKS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}


def stamp(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def node_id(kind: str, number: int) -> str:
    return f"{kind}_{base64.urlsafe_b64encode(number.to_bytes(8)).decode().rstrip('=')}"


def user_json(fake: World, account: Account) -> dict[str, Any]:
    """What GitHub calls a simple user."""
    url = f"{fake.api_url}/users/{account.login}"
    page = f"apps/{account.login.removesuffix('[bot]')}" if account.type == "Bot" else account.login
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": "",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{fake.server_url}/{page}",
        **{key: f"{url}/{end}" for key, end in USER_LINKS.items()},
        "type": account.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def profile_json(fake: World, account: Account) -> dict[str, Any]:
    """What `GET /users/{username}` says."""
    empty = dict.fromkeys(("company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = {"created_at": stamp(account.created_at), "updated_at": stamp(account.created_at)}
    return user_json(fake, account) | {"name": account.name, "blog": ""} | empty | counts | times


def organization_json(fake: World, account: Account) -> dict[str, Any]:
    url = f"{fake.api_url}/orgs/{account.login}"
    links = {f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")}
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("O", account.id),
        "url": url,
        **links,
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": "",
        "description": account.name,
    }


def app_json(fake: World, app: App) -> dict[str, Any]:
    page = f"{fake.server_url}/apps/{app.slug}"
    return {
        "id": app.id,
        "slug": app.slug,
        "client_id": app.client_id,
        "node_id": node_id("A", app.id),
        "owner": user_json(fake, app.owner),
        "name": app.title,
        "description": "",
        "external_url": page,
        "html_url": page,
        "created_at": stamp(app.created_at),
        "updated_at": stamp(app.created_at),
        "permissions": app.permissions,
        "events": app.events,
    }


def installation_json(fake: World, installation: Installation) -> dict[str, Any]:
    api = f"{fake.api_url}/app/installations/{installation.id}"
    created = stamp(installation.created_at)
    return {
        "id": installation.id,
        "account": user_json(fake, installation.account),
        "repository_selection": installation.selection,
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{fake.api_url}/installation/repositories",
        "html_url": f"{fake.server_url}/settings/installations/{installation.id}",
        "app_id": installation.app.id,
        "app_slug": installation.app.slug,
        "client_id": installation.app.client_id,
        "target_id": installation.account.id,
        "target_type": installation.account.type,
        "permissions": installation.permissions,
        "events": installation.app.events,
        "created_at": created,
        "updated_at": created,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_at": stamp(installation.suspended_at),
        "suspended_by": installation.suspended_by and user_json(fake, installation.suspended_by),
    }
