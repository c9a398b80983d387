"""The shape of every error."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from api.schemas.base import View
from api.schemas.shown import like, never_null, one_of

CODES = [
    "VALIDATION", "AUTH_MISSING", "AUTH_INVALID", "SCOPE_DENIED", "FORBIDDEN", "NOT_FOUND", "METHOD_NOT_ALLOWED",
    "CONFLICT", "IDEMPOTENCY_MISMATCH", "PRECONDITION_FAILED", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE",
    "RATE_LIMITED", "INTERNAL", "UNAVAILABLE",
]  # fmt: skip


class FieldError(View):
    field: Annotated[str, like("title")]
    message: Annotated[str, like("It is required.")]


class ErrorOut(View):
    """`field` is the first input to blame; `errors` are all of them; `retryable` where trying again helps."""

    model_config = ConfigDict(json_schema_extra=never_null)

    code: Annotated[str, one_of(*CODES)]
    message: Annotated[str, like("title: It is required.")]
    field: Annotated[str | None, like("title")] = None
    errors: list[FieldError] | None = None
    request_id: Annotated[str, like("req_01k8x4c9g0jv2m7q3t5w6y8z1a")] = ""
    retryable: bool | None = None


class ErrorAnswer(View):
    error: ErrorOut
