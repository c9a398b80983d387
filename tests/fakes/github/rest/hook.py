"""Where the App's webhooks go: https://docs.github.com/en/rest/apps/webhooks"""

from __future__ import annotations

from typing import Any

from ..delivery import over_http
from ..registry import Call, route
from ..state import App

CONFIG = "/app/hook/config"


@route("GET", CONFIG, auth="app")
def get(call: Call) -> Any:
    return _config(_app(call))


@route("PATCH", CONFIG, auth="app")
def update(call: Call) -> Any:
    app, body = _app(call), call.body
    app.webhook_secret = body.get("secret", app.webhook_secret)
    if body.get("url", app.webhook_url) != app.webhook_url:
        app.webhook_url, app.deliver = body["url"], over_http(body["url"])
    return _config(app)


def _config(app: App) -> dict[str, Any]:
    """The secret is never told."""
    return {
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
        **({"url": app.webhook_url} if app.webhook_url else {}),
    }


def _app(call: Call) -> App:
    assert call.actor.app is not None, "a route for Apps always has one"
    return call.actor.app
