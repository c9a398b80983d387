"""The output of a command: split into lines as it comes, kept within bounds, start and end."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable

from bot.sandbox.base import SandboxError

KEPT = 1024 * 1024
MOST = 64 * 1024 * 1024
LONGEST_LINE = 64 * 1024


class Output:
    """Takes bytes, hands on each line, and keeps the first and the last half of `kept` characters."""

    def __init__(self, on_line: Callable[[str], None] | None = None, kept: int = KEPT) -> None:
        self._on_line = on_line
        self._half = kept // 2
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._partial = ""
        self._head: list[str] = []
        self._head_size = 0
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._lost = 0
        self._taken = 0

    def feed(self, chunk: bytes, final: bool = False) -> None:
        """Takes the next bytes; `final` also hands on a last line that has no newline.

        SandboxError for output that floods: over 64 MiB.
        """
        self._taken += len(chunk)
        if self._taken > MOST:
            raise SandboxError(f"it wrote more than {MOST // 2**20} MiB of output")
        self._partial += self._decoder.decode(chunk, final)
        *lines, self._partial = self._partial.split("\n")
        if len(self._partial) > LONGEST_LINE or (final and self._partial):
            lines.append(self._partial)
            self._partial = ""
        for line in lines:
            self._take(line[:LONGEST_LINE].rstrip("\r"))

    def text(self) -> str:
        """What was kept, with a sentence where the middle is missing."""
        middle = [f"[… {self._lost} lines left out …]"] if self._lost else []
        return "\n".join([*self._head, *middle, *self._tail])

    def _take(self, line: str) -> None:
        if self._on_line:
            self._on_line(line)
        if not self._tail and self._head_size + len(line) <= self._half:
            self._head.append(line)
            self._head_size += len(line) + 1
            return
        self._tail.append(line)
        self._tail_size += len(line) + 1
        while self._tail_size > self._half and len(self._tail) > 1:
            self._tail_size -= len(self._tail.popleft()) + 1
            self._lost += 1
