"""The GitHub door: verify, store, answer 202. Everything else happens after."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge

from bot import counters
from bot.config import Config
from bot.store import deliveries
from bot.store.db import Database

LIMIT = 25 * 10**6  # GitHub's own; https://docs.github.com/en/webhooks/webhook-events-and-payloads
SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")
WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")

STORED, KNOWN = "Stored.", "Known already."
OUTCOMES = {STORED: "stored", KNOWN: "known"}

door = Blueprint("webhooks", __name__)


class Numbered(BaseModel):
    """What has an id or a number at GitHub."""

    id: int | None = None
    number: int | None = None


class Place(BaseModel):
    """Where a delivery belongs. The rest is checked to be JSON and left unread: that takes a quarter of the time."""

    action: str | None = Field(None, pattern=f"^{WORD.pattern}$")
    installation: Numbered | None = None
    repository: Numbered | None = None
    issue: Numbered | None = None
    pull_request: Numbered | None = None

    @property
    def lane(self) -> str:
        """Deliveries about one issue or pull request keep their order; others keep that of their repository."""
        subject = self.issue or self.pull_request
        if self.repository and subject:
            return f"delivery:{self.repository.id}#{subject.number}"
        if self.repository:
            return f"delivery:{self.repository.id}"
        return f"delivery:installation:{self.installation.id if self.installation else None}"


@door.post("/webhooks/github")
def github() -> Response:
    """Takes one delivery. 401 for a bad signature, 503 while there is no App; nothing is stored then."""
    config: Config = current_app.extensions["config"]
    db: Database = current_app.extensions["db"]
    if not config.has_app:
        return _answer(503, "No GitHub App is set up on this server; open /setup to make one.")
    request.max_content_length = LIMIT
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _answer(413, "The payload is over 25 MB, which is more than GitHub sends.")
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
    try:
        text = raw.decode()
        place = Place.model_validate_json(text)
    except ValueError:
        return _answer(
            400, "The body is not GitHub's JSON; set the webhook's content type to application/json."
        )
    with db.append() as tx:
        rows = deliveries.keep(tx, delivery_id, event, action=place.action, lane=place.lane, raw=text)
    if not rows:
        return _answer(202, KNOWN)
    db.ring(rows)
    return _answer(202, STORED)


def is_signed(secret: str, raw: bytes, signature: str) -> bool:
    """Whether the body carries our secret's signature; an empty secret signs nothing.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    given = signature.encode("latin-1", "replace")
    if not secret or not SIGNATURE.fullmatch(given):
        return False
    expected = b"sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(expected, given)


def _answer(status: int, message: str) -> Response:
    counters.add("askfirst_deliveries_total", outcome=OUTCOMES.get(message, "refused"))
    return Response(json.dumps({"message": message}) + "\n", status, mimetype="application/json")
