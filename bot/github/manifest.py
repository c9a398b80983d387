"""The App is made from a manifest, and tried out.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from bot.github import oauth
from bot.github.errors import GitHubError, NotFound, Unauthorized
from bot.github.hooks import send_again as send_again

if TYPE_CHECKING:
    from bot.config import Config
    from bot.github.client import App


@dataclass(frozen=True)
class MadeApp:
    """An App as GitHub made it; all but the first two are secret or only for programs."""

    id: int
    slug: str
    client_id: str
    client_secret: str
    webhook_secret: str
    private_key: str


@dataclass(frozen=True)
class Trial:
    """What an App's key opens, where its webhooks go, and how the newest attempt to deliver its ping ended.

    `ping`: the id that every attempt carries; `attempt`: that of the newest one, by which it is asked for again;
    `status`: its HTTP status, 0 where there was no answer.
    """

    slug: str
    settings_url: str
    hook_url: str | None
    ping: str | None
    attempt: int | None
    status: int | None


class WrongKey(GitHubError):
    """GitHub knows no App of this id with this private key."""


def new_app(server_url: str, state: str, organisation: str = "") -> str:
    """Where a manifest is posted to, for a person's own account or for an organisation."""
    owner = f"organizations/{quote(organisation, safe='')}/" if organisation else ""
    return f"{server_url}/{owner}settings/apps/new?{urlencode({'state': state})}"


def made_app(api_url: str, code: str) -> MadeApp:
    """The App that a code stands for; it works once, within an hour. Raises NotFound afterwards."""
    with oauth.client() as http:
        made = oauth.ask(http, "POST", f"{api_url}/app-manifests/{quote(code, safe='')}/conversions")
    secrets = ("client_secret", "webhook_secret", "pem")
    return MadeApp(made["id"], made["slug"], made["client_id"], *(made[name] for name in secrets))


def our_app(config: Config) -> App:
    """The App at GitHub, to be closed. Its client is loaded here, since most web processes never need it."""
    from bot.github.client import App

    return App(config.github_app_id or 0, config.github_private_key, config.github_api_url)


def tried(app: App) -> Trial:
    """How the App stands at GitHub. Raises WrongKey, or GitHubError where it cannot be asked."""
    try:
        about = app.request("GET", "/app").data
    except (NotFound, Unauthorized) as error:
        raise WrongKey(error.message, status=error.status) from None
    owner, slug = about["owner"], about["slug"]
    server = about["html_url"].partition("/apps/")[0]
    place = f"organizations/{owner['login']}/settings" if owner.get("type") == "Organization" else "settings"
    hook_url = app.request("GET", "/app/hook/config").data.get("url")
    sent = app.request("GET", "/app/hook/deliveries", params={"per_page": 100}).data
    ping = next((one for one in sent if one["event"] == "ping"), None) or {}
    return Trial(
        slug,
        f"{server}/{place}/apps/{slug}",
        hook_url,
        ping.get("guid"),
        ping.get("id"),
        ping.get("status_code"),
    )
