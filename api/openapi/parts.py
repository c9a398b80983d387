"""What all endpoints have in common, as the parts of the OpenAPI document that they refer to."""

from __future__ import annotations

from typing import Any

from api import auth
from api.codes import CODES
from api.errors import BUSY, HTTP, OURS
from api.etags import STALE
from api.idempotency import FORM as KEY_FORM
from api.limits import TOO_MANY
from api.request_ids import FORM
from api.schemas.errors import ErrorAnswer, ErrorOut
from api.schemas.shown import an_id

ABOUT = """
Askfirst finds work in a repository, asks before it acts, then does it. An **issue session** looks over the
repository and files **issues**. An **answering session** holds **questions**, each with the agent's assumption; people
approve or correct them. A **work chain** works issues in order, one commit each, on one branch. Each execution of an
agent is a **run**.

The examples use

```sh
export ASKFIRST={url}/api/v1
export KEY=$(askfirst key create --project shop)
```

To try things on this page, press *Authorize* and paste a key: the requests go to this server, and do what they say.

JSON in, JSON out, UTF-8. A success is `{{"data": …}}`, and everything else `{{"error": {{…}}}}`, whose `message` says
what to do and whose `field` names the input to blame. Texts are trimmed, fixed words (`status`, `priority`) are read
in any letter case, unknown query parameters are ignored, and unknown fields of a body refused. A path with another
method is 405; its `Allow` names what there is. Times are ISO 8601 in UTC.
"""

_FORMS = {"Idempotency-Key": {"pattern": f"^{KEY_FORM.pattern}$"}}
PARAMETERS: dict[str, Any] = {
    name: {
        "name": name,
        "in": "header",
        "description": said,
        "schema": {"type": "string", **_FORMS.get(name, {})},
    }
    for name, said in {
        "X-Request-ID": "Comes back on the response where it is well formed, and is in the server's log.",
        "Idempotency-Key": "The same key with the same body within 24 hours gets the same response, and nothing is "
        "done twice; with another body it is 409.",
        "If-Match": "The `ETag` that the change is meant for; 412 when the object has changed since.",
        "If-None-Match": "The `ETag` that you have; 304 when nothing has changed.",
    }.items()
}

_COUNT = {"type": "integer", "minimum": 0}
HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "Names this request in the server's log.", "required": True,
        "schema": {"type": "string", "pattern": f"^{FORM.pattern}$"},
    },
    "RateLimit-Limit": {"description": "How many requests the key has in the window.", "schema": _COUNT},
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": _COUNT},
    "RateLimit-Reset": {"description": "Seconds until it has all of them again.", "schema": _COUNT},
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": _COUNT},
    "WWW-Authenticate": {"description": "How to send the key.", "required": True, "schema": {"type": "string"}},
    "ETag": {"description": "Changes with the object.", "required": True, "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "This is the stored response to an earlier request with this `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}  # fmt: skip
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, `cc_live_…` or `cc_test_…`."},
    "callback": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `callbackToken` of the answering session.",
    },
}
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

# by status: code and message of an example
_PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("VALIDATION", "title: It is required."),
    401: ("AUTH_MISSING", auth.MISSING),
    403: (
        "SCOPE_DENIED",
        "This key lacks the scope issues:read; make one with `askfirst key create --scope issues:read`.",
    ),
    404: ("NOT_FOUND", f"There is no issue {an_id('iss')} in this project."),
    409: ("CONFLICT", f"Issue {an_id('iss')} is running: cancel its run first, or wait for it."),
    412: ("PRECONDITION_FAILED", STALE),
    413: HTTP[413],
    415: HTTP[415],
    429: ("RATE_LIMITED", TOO_MANY.format(limit=120, what="writes", window="minute")),
    500: OURS,
    503: ("UNAVAILABLE", BUSY),
}


def ref(section: str, name: str) -> dict[str, str]:
    """A part of the document, by its name."""
    return {"$ref": f"#/components/{section}/{name}"}


def headers(*names: str) -> dict[str, Any]:
    """What a response carries, beside what each does."""
    return {name: ref("headers", name) for name in ("X-Request-ID", *names)}


def problems(error: dict[str, Any]) -> dict[str, Any]:
    """Every response that is an error, by its status; `error` is their schema."""
    own = {401: ["WWW-Authenticate"], 429: ["Retry-After", *RATE], 503: ["Retry-After", *RATE]}
    return {
        str(status): {
            "description": " ".join(code.when for code in CODES.values() if code.status == status),
            "headers": headers(*own.get(status, RATE)),
            "content": {"application/json": {"schema": error, "example": _example(code, message)}},
        }
        for status, (code, message) in _PROBLEMS.items()
    }


def _example(code: str, message: str) -> Any:
    error = ErrorOut(code=code, message=message, request_id=an_id("req"))
    return ErrorAnswer(error=error).model_dump(mode="json", by_alias=True, exclude_none=True)
