"""What GitHub could not deliver to us. https://docs.github.com/en/rest/apps/webhooks"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.github.client import App

_DELIVERIES = "/app/hook/deliveries"
_NEXT = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"')


def failed(app: App, since: datetime) -> dict[str, list[int]]:
    """By X-GitHub-Delivery, the ids of the attempts since then that failed; newest first. Raises GitHubError."""
    found: dict[str, list[int]] = {}
    query = {"per_page": "100", "status": "failure"}
    while True:
        answer = app.request("GET", _DELIVERIES, params=query)
        for attempt in answer.data:
            if datetime.fromisoformat(attempt["delivered_at"]) < since:
                return found
            found.setdefault(attempt["guid"], []).append(attempt["id"])
        more = _NEXT.search(answer.headers.get("link", ""))
        if more is None:
            return found
        query["cursor"] = more[1]


def send_again(app: App, attempt_id: int) -> None:
    """Have GitHub try once more, with the same X-GitHub-Delivery. Raises GitHubError."""
    app.request("POST", f"{_DELIVERIES}/{attempt_id}/attempts")
