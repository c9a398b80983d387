"""Webhook deliveries as GitHub sends them, signed beforehand."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import uuid
from pathlib import Path

from tests.bench.load import request

EXAMPLES = Path(__file__).parents[1] / "contract" / "webhook_examples.json.gz"
PATH = "/webhooks/github"
SECRET = "it is a secret"


def payload() -> bytes:
    """The largest example of an `issues` event in GitHub's own documentation: about 20 kB."""
    with gzip.open(EXAMPLES) as file:
        examples = json.load(file)["issues"]
    return max((json.dumps(example).encode() for example in examples), key=len)


def deliveries(count: int) -> list[bytes]:
    """Requests that differ in their delivery id, as one event's would in no other header."""
    body = payload()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "User-Agent": "GitHub-Hookshot/f4k3g1t",
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return [request("POST", PATH, {**headers, "X-GitHub-Delivery": str(uuid.uuid4())}, body) for _ in range(count)]
