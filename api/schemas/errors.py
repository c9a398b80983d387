"""The shape of every error."""

from __future__ import annotations

from api.schemas.base import View


class FieldError(View):
    field: str
    message: str


class ErrorOut(View):
    """`field` is the first input to blame; `errors` are all of them; `retryable` where trying again helps."""

    code: str
    message: str
    field: str | None = None
    errors: list[FieldError] | None = None
    request_id: str = ""
    retryable: bool | None = None


class ErrorAnswer(View):
    error: ErrorOut
