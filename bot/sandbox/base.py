"""What a sandbox is: a place with nothing of ours in it, where a command works on files put in as a tar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

OnLine = Callable[[str], None]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the text says why and what to do."""


class TimedOut(SandboxError, TimeoutError):
    """The command ran past its time and was killed with all that it started. `log`: its output."""

    def __init__(self, seconds: float, log: str) -> None:
        super().__init__(f"killed after {seconds:g} s")
        self.seconds = seconds
        self.log = log


class NotThere(SandboxError, FileNotFoundError):
    """The path that `get` was asked for does not exist in the sandbox."""


class Limits(BaseModel):
    """What a run may use. `timeout_ms` is wall clock for the whole life of the sandbox, sizes are MiB."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    timeout_ms: int = Field(default=600_000, ge=1, le=24 * 3_600_000)
    memory_mb: int = Field(default=4096, ge=64)
    cpu_count: int = Field(default=2, ge=1, le=64)
    file_mb: int = Field(default=256, ge=1)
    disk_mb: int = Field(default=2048, ge=16)
    pids: int = Field(default=512, ge=16)


@dataclass(frozen=True)
class Finished:
    """A command that ended by itself: its exit code (128 + signal when killed) and its output, bounded."""

    exit_code: int
    log: str


class Sandbox(Protocol):
    """Paths are relative to the sandbox's own root, which is `/askfirst` in a container.

    Every command starts in that root and finds it in ASKFIRST_ROOT, and `repo`, `task.json` and
    `result.json` below it in ASKFIRST_REPO, ASKFIRST_TASK and ASKFIRST_RESULT. `contained`: whether anything may be
    run in it, also what the repository brings along.
    """

    contained: bool

    def put(self, tar: BinaryIO) -> None:
        """Unpacks a tar below the root; SandboxError for a member that would land elsewhere."""

    def run(
        self, command: list[str], timeout: float | None = None, on_line: OnLine | None = None
    ) -> Finished:
        """Runs a command to its end, at most `timeout` seconds; each line of its output goes to `on_line`.

        Exit code 127: there is no such program. TimedOut: killed, with all that it started.
        """

    def get(self, path: str) -> BinaryIO:
        """A tar with that file or folder, links not followed; NotThere when it does not exist."""

    def close(self) -> None:
        """Kills what still runs and removes every file; may be called twice and from another thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
