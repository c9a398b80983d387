"""One attempt to deliver an event to an App, and the two ways to do it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from flask import Flask

from .state import App, Deliver


@dataclass(eq=False)
class Delivery:
    """One attempt to deliver one event; `status` is None until it was sent."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    payload: dict[str, Any]
    body: bytes
    installation_id: int | None
    repository_id: int | None
    redelivery: bool = False
    status: int | None = None
    delivered_at: datetime | None = None
    seconds: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        signature = hmac.new(self.app.webhook_secret.encode(), self.body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "User-Agent": "GitHub-Hookshot/f4k3g1t",
            "X-GitHub-Event": self.event,
            "X-GitHub-Delivery": self.guid,
            "X-GitHub-Hook-ID": str(self.app.id),
            "X-GitHub-Hook-Installation-Target-ID": str(self.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": f"sha256={signature}",
        }


def into_app(app: Flask, path: str = "/webhooks/github") -> Deliver:
    """Deliver into a Flask app in this process."""

    def deliver(event: str, headers: dict[str, str], body: bytes) -> int:
        answered: int = app.test_client().post(path, data=body, headers=headers).status_code
        return answered

    return deliver


def over_http(url: str) -> Deliver:
    """Deliver by HTTP POST; an App that cannot be reached counts as 502, one that is slow as 504."""

    def deliver(event: str, headers: dict[str, str], body: bytes) -> int:
        try:
            return httpx.post(url, content=body, headers=headers, timeout=10).status_code
        except httpx.TimeoutException:
            return 504
        except httpx.TransportError:
            return 502

    return deliver
