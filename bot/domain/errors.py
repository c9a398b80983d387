"""The four things a noun can answer instead of doing what it was asked; each door translates them once."""

from __future__ import annotations


class DomainError(Exception):
    """`field` is the API's name of the input that is to blame, where there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DomainError):
    """The object is not there, or belongs to another project."""


class Forbidden(DomainError):
    """Whoever asks may not."""


class Conflict(DomainError):
    """Not in the present state."""


class Invalid(DomainError):
    """The input itself is wrong."""
