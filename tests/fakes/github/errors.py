"""How GitHub says no, and what an answer is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/rest"


@dataclass
class Reply:
    """One answer of the API: status, JSON (None: no body) and headers of its own."""

    status: int
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """GitHub would answer this with an error; people's acts raise it as it is."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Any] | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{status} {message}" + (f" {errors}" if errors else ""))
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}
        self.more = more

    def reply(self) -> Reply:
        body: dict[str, Any] = {
            "message": self.message,
            "documentation_url": DOCS,
            "status": str(self.status),
        }
        if self.errors is not None:
            body["errors"] = self.errors
        return Reply(self.status, body | self.more, dict(self.headers))


def not_found() -> Refused:
    return Refused(404, "Not Found")


def invalid(resource: str, name: str, code: str, message: str | None = None) -> Refused:
    """422 with one entry of `errors`; codes: missing, missing_field, invalid, already_exists, custom.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
    """
    error = {"resource": resource, "field": name, "code": code}
    return Refused(422, "Validation Failed", [error | ({"message": message} if message else {})])


def at_most(limit: int, text: str | None, resource: str, name: str) -> None:
    if text is not None and len(text) > limit:
        raise invalid(resource, name, "custom", f"{name} is too long (maximum is {limit} characters)")
