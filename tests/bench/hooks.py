"""Webhook deliveries as GitHub sends them, signed beforehand."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import uuid
from pathlib import Path
from typing import Any

from tests.bench.load import request

EXAMPLES = Path(__file__).parents[1] / "contract" / "webhook_examples.json.gz"
PATH = "/webhooks/github"
SECRET = "it is a secret"


def payload() -> Any:
    """The largest example of an `issues` event in GitHub's own documentation: about 20 kB."""
    with gzip.open(EXAMPLES) as file:
        return max(json.load(file)["issues"], key=lambda example: len(json.dumps(example)))


def deliveries(count: int, secret: str = SECRET) -> list[bytes]:
    """Requests about `count` different issues of a repository that nobody knows."""
    event, requests = payload(), []
    for number in range(1, count + 1):
        event["issue"]["number"] = number
        requests.append(_signed(json.dumps(event).encode(), secret))
    return requests


def _signed(body: bytes, secret: str) -> bytes:
    headers = {
        "User-Agent": "GitHub-Hookshot/f4k3g1t",
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
    }
    return request("POST", PATH, headers, body)
