"""Checks what came in against a shape, and says in words what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.errors import Refused
from api.schemas.base import WRONG_KIND
from api.schemas.errors import FieldError

Shape = TypeVar("Shape", bound=BaseModel)

WORDS = {
    "missing": "It is required",
    "extra_forbidden": "There is no such field; leave it out",
    "string_unicode": "Must be valid Unicode, without lone surrogates",
}
MOST_ERRORS = 20
LONGEST_NAME = 100


def check(shape: type[Shape], values: Mapping[str, Any]) -> Shape:
    """The values in their shape. Raises Refused: 404 where an id cannot name what it is to name, else 400."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    wrong = [detail for detail in found if detail["type"] != WRONG_KIND]
    errors = [_said(detail) for detail in (wrong or found)[:MOST_ERRORS]]
    field, message = errors[0].field, errors[0].message
    if not wrong:
        raise Refused(404, "NOT_FOUND", message, field)
    raise Refused(400, "VALIDATION", f"{field}: {message}", field, errors)


def _said(detail: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in detail["loc"])[:LONGEST_NAME]
    return FieldError(field=field, message=WORDS.get(detail["type"], detail["msg"]) + ".")
