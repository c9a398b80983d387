"""The task an agent gets and the result it gives back, camelCase in JSON.

Everything an agent hands in is untrusted: bounded here, compared with the checkout in `handed_in.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, BinaryIO, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_ISSUES = 200
MAX_BYTES = 5 * 1024 * 1024
MAX_PLACES = 200
PROTECTED = (".github/**", "CODEOWNERS", ".askfirst/**")

Kind = Literal["scan", "ask", "fix"]
Level = Literal["low", "medium", "high"]
Priority = Literal["low", "medium", "high", "critical"]
OnProgress = Callable[[str, int, str], None]
Log = Callable[[str], None]
Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(max_length=200)]


class AgentFailed(Exception):
    """The run failed: `reason` is one sentence for people, `log_tail` the end of the agent's output."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail


class Wire(BaseModel):
    """camelCase in JSON, snake_case in code, nothing unknown, no conversion."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class TaskLimits(Wire):
    """At most so many issues; wall clock in milliseconds."""

    issues: int = Field(default=MAX_ISSUES, ge=1, le=MAX_ISSUES)
    timeout_ms: int = Field(default=600_000, ge=1)


class Task(Wire):
    """What is asked. `paths`: files and folders to look at, none for all. `commit`: of the checkout.

    `dismissed`: fingerprints of places that people do not want to hear of again.
    """

    kind: Kind
    prompt: str = ""
    paths: list[str] = []
    commit: str = ""
    dismissed: list[str] = []
    limits: TaskLimits = TaskLimits()
    protected_paths: list[str] = list(PROTECTED)


class Place(Wire):
    """Lines of a file, counted from 1, both ends included.

    `fingerprint` names the finding at this place without its line number, `moved_fingerprint` names it
    without its path too; `fingerprints.py` says how they are matched with those of earlier scans.
    """

    path: str
    start_line: int
    end_line: int
    fingerprint: str
    moved_fingerprint: str


class FoundIssue(Wire):
    """One thing to do. `area`: its package or folder; with `rule` it names the issue when no place does."""

    title: Name
    description: Text
    priority: Priority
    suggested_prompt: Text
    labels: list[str]
    locations: list[Place]
    rule: str | None
    area: str
    evidence: Text
    confidence: Level
    autofix: bool

    @property
    def fingerprints(self) -> frozenset[str]:
        return frozenset(place.fingerprint for place in self.locations)


class Tool(Wire):
    """An analyzer: its version, or the `problem` because of which it said nothing."""

    name: str
    version: str | None = None
    problem: str | None = None


class Dropped(Wire):
    """Counts of what was not taken over: places that do not exist, texts cut, issues over the limit."""

    places: int = 0
    texts: int = 0
    issues: int = 0


class ScanResult(Wire):
    """What a scan found, and what it looked at, so that a missing finding can be told from a file left out.

    `rules`: the rules that were on (a `*` at the end stands for all of that beginning). `paths`: the scope
    asked for, empty for everything. `skipped`: files in that scope that were not looked at. `also_seen`:
    fingerprints of findings that exist but are in none of the issues, because of a limit.
    """

    issues: list[FoundIssue]
    summary: Text
    rules: list[str] = []
    tools: list[Tool] = []
    paths: list[str] = []
    files: int = 0
    skipped: list[str] = []
    also_seen: list[str] = []
    dropped: Dropped = Dropped()

    def covers(self, rule: str, path: str) -> bool:
        """Whether this scan would have found that rule's finding in that file, if it were still there.

        True also for a file that no longer exists: what was found in it is gone.
        """
        if not any(fnmatchcase(rule, pattern) for pattern in self.rules):
            return False
        return in_scope(path, self.paths) and path not in self.skipped

    def seen(self) -> frozenset[str]:
        """Every fingerprint, of both kinds, of everything this scan found."""
        places = (place for issue in self.issues for place in issue.locations)
        both = (mark for place in places for mark in (place.fingerprint, place.moved_fingerprint))
        return frozenset(both) | frozenset(self.also_seen)


def in_scope(path: str, paths: Sequence[str]) -> bool:
    """Whether a file is one of these paths, below one, or matched by one that is a glob."""
    if not paths:
        return True
    return any(
        scope in ("", ".") or path == scope or path.startswith(scope + "/") or fnmatchcase(path, scope)
        for scope in (wanted.removeprefix("./").rstrip("/") for wanted in paths)
    )


class Ended(Protocol):
    @property
    def exit_code(self) -> int: ...

    @property
    def log(self) -> str: ...


class Workplace(Protocol):
    """What an agent needs of a sandbox. Paths and commands are relative to its root.

    `run` raises TimeoutError when the command was killed for its time, `get` FileNotFoundError.
    """

    def put(self, tar: BinaryIO) -> None: ...

    def run(self, command: list[str], timeout: float | None = None, on_line: Log | None = None) -> Ended: ...

    def get(self, path: str) -> BinaryIO: ...


class AgentTemplate(Protocol):
    """What an agent needs of a template."""

    @property
    def name(self) -> str: ...

    @property
    def agent(self) -> str: ...

    @property
    def kinds(self) -> Sequence[str]: ...

    @property
    def command(self) -> Sequence[str]: ...

    @property
    def files(self) -> dict[str, str]: ...

    @property
    def script(self) -> str | None: ...
