"""The GitHub door: verify, store, answer 202. Everything else happens after."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from flask import Blueprint, Response, current_app, request

from bot.config import Config
from bot.store import deliveries
from bot.store.db import Database

LIMIT = 25 * 10**6  # GitHub's own; https://docs.github.com/en/webhooks/webhook-events-and-payloads
SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")
WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")

door = Blueprint("webhooks", __name__)


@door.post("/webhooks/github")
def github() -> Response:
    """Takes one delivery. 401 for a bad signature, 503 while there is no App; nothing is stored then."""
    config: Config = current_app.extensions["config"]
    db: Database = current_app.extensions["db"]
    if not config.has_app:
        return _answer(503, "No GitHub App is set up on this server; open /setup to make one.")
    request.max_content_length = LIMIT
    raw = request.get_data(cache=False)
    if not is_signed(config.github_webhook_secret, raw, request.headers.get("X-Hub-Signature-256", "")):
        return _answer(
            401, "The signature is missing or wrong: compare GITHUB_WEBHOOK_SECRET with the App's."
        )
    event, delivery_id = (
        request.headers.get("X-GitHub-Event", ""),
        request.headers.get("X-GitHub-Delivery", ""),
    )
    if not WORD.fullmatch(event) or not WORD.fullmatch(delivery_id):
        return _answer(400, "X-GitHub-Event and X-GitHub-Delivery are needed.")
    payload = _object(raw)
    if payload is None:
        return _answer(
            400, "The body is not a JSON object; set the webhook's content type to application/json."
        )
    with db.write() as tx:
        fresh = deliveries.keep(tx, delivery_id, event, payload, raw.decode())
    return _answer(202, "Stored." if fresh else "Known already.")


def is_signed(secret: str, raw: bytes, signature: str) -> bool:
    """Whether the body carries our secret's signature; an empty secret signs nothing.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    given = signature.encode("latin-1", "replace")
    if not secret or not SIGNATURE.fullmatch(given):
        return False
    expected = b"sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(expected, given)


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _answer(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}) + "\n", status, mimetype="application/json")
