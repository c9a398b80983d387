"""Every code of an error, for callers who decide by it: documents are made of this table."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What a code of an error means, and what its caller does then."""

    status: int
    when: str
    then: str


CODES = {
    "VALIDATION": Code(
        400,
        "Something that was sent is wrong: malformed JSON, a wrong type or length, an unknown field, a cursor of "
        "another list.",
        "Mend what `field` names, and all that `errors` lists.",
    ),
    "AUTH_MISSING": Code(
        401, "No key was sent.", "Send `Authorization: Bearer` and a key; `askfirst key create` makes one."
    ),
    "AUTH_INVALID": Code(
        401,
        "The key is malformed, unknown or revoked, or the callback token is good no more.",
        "Take another key.",
    ),
    "SCOPE_DENIED": Code(
        403, "The key lacks the scope.", "Make a key with the scope that the message names."
    ),
    "FORBIDDEN": Code(403, "Whoever asks may not do that.", "Ask somebody who may; the message says who."),
    "NOT_FOUND": Code(
        404,
        "There is nothing at the path, or what an id names is not there, or in another project.",
        "Look at the id in `field`, and at the path; deleted objects are in the trash.",
    ),
    "METHOD_NOT_ALLOWED": Code(
        405, "The path takes another method.", "Use one that the header `Allow` names."
    ),
    "CONFLICT": Code(
        409,
        "It cannot be done in the present state, or the project is paused.",
        "Do what the message says; where `retryable` is true, send the same request again in a moment.",
    ),
    "IDEMPOTENCY_MISMATCH": Code(
        409, "The `Idempotency-Key` was sent with another body.", "Take a new key for a new request."
    ),
    "PRECONDITION_FAILED": Code(
        412, "The object is not any more what `If-Match` says.", "Read it again, and decide anew."
    ),
    "PAYLOAD_TOO_LARGE": Code(413, "The body is over 1 MiB.", "Send less in one request."),
    "UNSUPPORTED_MEDIA_TYPE": Code(
        415, "The body is not JSON.", "Send JSON in UTF-8 with `Content-Type: application/json`."
    ),
    "RATE_LIMITED": Code(
        429,
        "The key has made all its requests of this minute or hour.",
        "Wait for the seconds in `Retry-After`.",
    ),
    "INTERNAL": Code(
        500, "Our fault.", "Look for `requestId` in the server's log; sending it again seldom helps."
    ),
    "UNAVAILABLE": Code(
        503, "The database is busy or does not answer.", "Send it again after the seconds in `Retry-After`."
    ),
}
