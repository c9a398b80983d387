"""Trouble on demand: an answer that fails before, or after, GitHub has acted."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .errors import Refused, Reply


@dataclass
class Fault:
    method: str  # `*` is any
    pattern: str  # of the path, without /api/v3; `*` also spans slashes
    when: str
    status: int
    message: str
    headers: dict[str, str]
    drop_connection: bool
    times: int

    def reply(self) -> Reply:
        return Refused(self.status, self.message, headers=self.headers).reply()


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)

    def add(
        self,
        method: str,
        path_pattern: str,
        when: str = "before",
        status: int = 502,
        headers: dict[str, str] | None = None,
        times: int = 1,
        drop_connection: bool = False,
        message: str = "Server Error",
    ) -> Fault:
        if when not in ("before", "after"):
            raise ValueError(f"when is before or after, not {when}")
        fault = Fault(method, path_pattern, when, status, message, headers or {}, drop_connection, times)
        self.planned.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The next fault planned for this request, counted down."""
        for fault in self.planned:
            if fault.times > 0 and matches(method, path, fault.method, fault.pattern):
                fault.times -= 1
                return fault
        return None


def matches(method: str, path: str, wanted: str, pattern: str) -> bool:
    return wanted in ("*", method) and fnmatchcase(path, pattern)
