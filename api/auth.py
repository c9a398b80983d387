"""Who calls: the API key in `Authorization: Bearer`, and whether it may."""

from __future__ import annotations

import time

from flask import Flask, Response, current_app, g

from api.errors import UNREACHABLE, Refused
from bot.domain import callbacks, keys
from bot.domain.callbacks import Callback
from bot.store.db import Database
from bot.store.models import ApiKey

REALM = 'Bearer realm="askfirst"'
MISSING = "Send an API key: Authorization: Bearer cc_live_…; `askfirst key create` makes one."
INVALID = "This API key is malformed, unknown or revoked; `askfirst key create` makes a new one."
LAPSED = (
    "This callback token is unknown, belongs to another session, or is good no more: "
    "it lasts 7 days, and ends when the session is reviewed or archived. Use an API key."
)
KNOWN_SECONDS = 0.5
MOST_KNOWN = 1_000


class KnownKeys:
    """Looks each key up at most twice a second; one that was revoked is refused after that time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, tuple[float, ApiKey]] = {}

    def find(self, text: str) -> ApiKey | None:
        """The key with this text, unless it is malformed, unknown or revoked."""
        digest, now = keys.digest(text), time.monotonic()
        until, key = self._known.get(digest, (0.0, None))
        if now < until:
            return key
        with self._db.read() as tx:
            key = keys.find(tx, text)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        if key is not None:
            self._known[digest] = (now + KNOWN_SECONDS, key)
        return key


def register(app: Flask) -> None:
    """Have the use of keys noted, after the answer is made."""
    app.after_request(_note_use)


def caller(known: KnownKeys, authorization: str | None, scope: str | None) -> ApiKey:
    """The key of the request, which must have the scope; None asks for none. Raises Refused: 401, 403."""
    if not authorization:
        raise Refused(401, "AUTH_MISSING", MISSING, headers={"WWW-Authenticate": REALM})
    scheme, _, text = authorization.partition(" ")
    key = known.find(text.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise _invalid(INVALID)
    if keys.needs_note(key):
        g.used_key = key
    if scope is not None and not keys.allows(key, scope):
        message = f"This key lacks the scope {scope}; make one with `askfirst key create --scope {scope}`."
        raise Refused(403, "SCOPE_DENIED", message)
    return key


def callback(db: Database, authorization: str | None, session_id: str) -> Callback | None:
    """The outside agent of this session; None where no callback token is sent. Raises Refused: 401."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip().startswith(callbacks.PREFIX):
        return None
    with db.read() as tx:
        found = callbacks.find(tx, text.strip())
    if found is None or found.id != session_id:
        raise _invalid(LAPSED)
    return found


def _invalid(message: str) -> Refused:
    challenge = f'{REALM}, error="invalid_token"'
    return Refused(401, "AUTH_INVALID", message, headers={"WWW-Authenticate": challenge})


def _note_use(response: Response) -> Response:
    if used := g.pop("used_key", None):
        db: Database = current_app.extensions["db"]
        try:
            with db.write(patient=False) as tx:
                used.last_used_at = keys.note_use(tx, used.id)
        except UNREACHABLE as error:
            current_app.logger.info("The use of key %s is noted another time: %s", used.id, error)
    return response
