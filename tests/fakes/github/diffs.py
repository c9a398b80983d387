"""Diffs as git makes them, taken apart so that a comment finds its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .gitstore import BareRepository

STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "T": "changed"}
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True)
class Line:
    kind: str  # one of "+- \"
    text: str  # with its kind in front
    old: int | None
    new: int | None

    def number(self, side: str) -> int | None:
        return self.new if side == "RIGHT" else self.old


@dataclass(frozen=True)
class Hunk:
    header: str
    lines: tuple[Line, ...]

    def up_to(self, index: int) -> str:
        """The `diff_hunk` of a comment on the line at `index`: all from the header to that line."""
        return "\n".join([self.header, *(line.text for line in self.lines[: index + 1])])

    def index(self, side: str, number: int) -> int | None:
        found = (i for i, line in enumerate(self.lines) if line.number(side) == number)
        return next(found, None)


@dataclass(frozen=True)
class FileDiff:
    path: str
    previous: str | None  # where it was renamed
    status: str
    sha: str
    patch: str | None  # None: binary, or nothing but a new name
    hunks: tuple[Hunk, ...]

    def count(self, kind: str) -> int:
        return sum(line.kind == kind for hunk in self.hunks for line in hunk.lines)

    def find(self, side: str, number: int) -> tuple[Hunk, int] | None:
        """The hunk that shows this line, and where in it."""
        for hunk in self.hunks:
            if (index := hunk.index(side, number)) is not None:
                return hunk, index
        return None

    def position(self, hunk: Hunk, index: int) -> int:
        """Lines below the file's first `@@`, later headers counted."""
        before = self.hunks[: self.hunks.index(hunk)]
        return sum(len(one.lines) + 1 for one in before) + index + 1


@lru_cache(maxsize=512)
def diff(git: BareRepository, before: str | None, after: str, context: int = 3) -> tuple[FileDiff, ...]:
    """What changed between two commits, by file; against nothing when there is no before."""
    arguments = ("-z", "--patch-with-raw", f"-U{context}", "--abbrev=40", "-M", "--no-color", "--no-ext-diff")
    output = git.run("diff", *arguments, before or EMPTY_TREE, after).decode("utf-8", "replace")
    raw, _, patches = output.partition("\0\0")
    parts = re.split(r"^diff --git .*\n", patches, flags=re.MULTILINE)[1:]
    return tuple(_file(*entry, part) for entry, part in zip(_entries(raw), parts, strict=True))


def moved(git: BareRepository, before: str, after: str, path: str, number: int) -> int | None:
    """Where a line of a file is in a later commit; None when it was changed or is gone."""
    changed = next((file for file in diff(git, before, after, 0) if path in (file.path, file.previous)), None)
    if changed is None:
        return number
    if changed.patch is None or changed.path != path or changed.status == "removed":
        return None
    shift = 0
    for hunk in changed.hunks:
        start, count, new_start, new_count = _numbers(hunk.header)
        first = start if count else start + 1  # a pure addition names the line that it follows
        if number < first:
            break
        if number < first + count:
            return None
        shift = (new_start + new_count) - (start + count) + (0 if count else -1) + (0 if new_count else 1)
    return number + shift


def _entries(raw: str) -> list[tuple[str, str | None, str, str]]:
    """(path, previous path, status, blob) of each file."""
    fields = iter(raw.split("\0"))
    found = []
    for meta in fields:
        if not meta:
            break
        _, _, _, sha, letter = meta.split(" ")
        path = next(fields)
        previous = path if letter[0] == "R" else None
        found.append((next(fields) if previous else path, previous, STATUS[letter[0]], sha))
    return found


def _file(path: str, previous: str | None, status: str, sha: str, part: str) -> FileDiff:
    start = re.search(r"^@@ ", part, flags=re.MULTILINE)
    patch = part[start.start() :].rstrip("\n") if start else None
    return FileDiff(path, previous, status, sha, patch, tuple(_hunks(patch or "")))


def _hunks(patch: str) -> list[Hunk]:
    pieces = re.split(r"^(?=@@ )", patch, flags=re.MULTILINE)[1:]
    return [_hunk(piece.rstrip("\n").split("\n")) for piece in pieces]


def _hunk(rows: list[str]) -> Hunk:
    old, _, new, _ = _numbers(rows[0])
    lines = []
    for row in rows[1:]:
        kind = row[:1] or " "
        lines.append(Line(kind, row, old if kind in " -" else None, new if kind in " +" else None))
        old, new = old + (kind in " -"), new + (kind in " +")
    return Hunk(rows[0], tuple(lines))


def _numbers(header: str) -> tuple[int, int, int, int]:
    match = HUNK.match(header)
    assert match, header
    return int(match[1]), int(match[2] or 1), int(match[3]), int(match[4] or 1)
