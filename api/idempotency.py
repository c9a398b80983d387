"""`Idempotency-Key`: a request that is sent again has the answer that it had, byte for byte, for a day."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken
from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from api.errors import UNREACHABLE, Refused
from bot.domain.errors import DomainError
from bot.store import idempotency
from bot.store.db import Database
from bot.store.idempotency import Answer, Claim, InFlight, OtherBody, Which
from bot.store.sealing import seal

HEADER = "Idempotency-Key"
FORM = re.compile(r"[!-~]{1,255}")
BAD = f"{HEADER}: It has 1 to 255 visible ASCII characters, without spaces."
OTHER = f"{HEADER}: It was used for another body; take a new key for a new request."
UNREADABLE = f"{HEADER}: The answer was kept under another SECRET_KEY; take a new key."
TWIN = "The same request is being answered; send it again in a moment."
KEPT_HEADERS = ("Content-Type", "ETag")
NOT_KEPT = (401, 403, 429)  # they say how the caller stood then, and 5xx how the server did


def once(db: Database, caller: str, body: bytes, change: Callable[[Claim | None], Response]) -> Response:
    """What `change` answers, or what it answered before; it keeps its answer with the claim that it is given."""
    key = request.headers.get(HEADER)
    if key is None:
        return change(None)
    if not FORM.fullmatch(key):
        raise Refused(400, "VALIDATION", BAD, HEADER)
    which = Which(caller, f"{request.method} {request.path}", key)
    try:
        with db.write() as tx:
            claimed = idempotency.claim(tx, which, hashlib.sha256(body).hexdigest())
        return _replayed(claimed) if isinstance(claimed, Answer) else _answered(db, claimed, change)
    except OtherBody:
        raise Refused(409, "IDEMPOTENCY_MISMATCH", OTHER, HEADER) from None
    except InFlight:
        raise Refused(409, "CONFLICT", TWIN, HEADER, retryable=True) from None


def answer_of(response: Response) -> Answer:
    """What is kept of a response: sealed, since it may hold a token that is shown once."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, headers, _seal().encrypt(response.get_data()).decode())


def _seal() -> Fernet:
    secret: str = current_app.extensions["config"].secret_key
    return seal(secret, "idempotency")


def _answered(db: Database, claim: Claim, change: Callable[[Claim | None], Response]) -> Response:
    settled = False
    try:
        response = change(claim)
        settled = True
    except (Refused, DomainError, HTTPException) as error:
        response = current_app.make_response(current_app.handle_user_exception(error))
        if response.status_code < 500 and response.status_code not in NOT_KEPT:
            with db.write() as tx:
                idempotency.keep(tx, claim, answer_of(response))
            settled = True
    finally:
        if not settled:
            with suppress(*UNREACHABLE), db.write() as tx:
                idempotency.give_up(tx, claim)
    return response


def _replayed(answer: Answer) -> Response:
    try:
        body = _seal().decrypt(answer.body.encode())
    except InvalidToken:
        raise Refused(409, "CONFLICT", UNREADABLE, HEADER) from None
    return Response(body, answer.status, {**answer.headers, "Idempotent-Replayed": "true"})
