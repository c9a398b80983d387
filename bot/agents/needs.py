"""What agents need of a sandbox and of a template, said here so that they need not know either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from bot.agents.base import Log


@dataclass(frozen=True)
class Brain:
    """The model to think with: its name, its endpoint (None: the maker's own) and key.

    `left`: how many tokens may still be taken, asked before each beginning; `spend` is told after each answer how many
    it took, and raises what is to end the run.
    """

    model: str
    url: str | None
    key: str = field(repr=False)
    left: Callable[[], int]
    spend: Callable[[int], None]


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
