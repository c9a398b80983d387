"""A tool's own fix as edits of a text, and how several of them are applied at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\r|\n")
BOM = "\ufeff"


@dataclass(frozen=True)
class Edit:
    """Replaces what is between two (line, column), both counted from 1; columns are characters."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True)
class Fix:
    """All edits of one fix belong together. `safe`: it does not change what the code does."""

    safe: bool
    edits: tuple[Edit, ...]


def apply(text: str, fixes: Iterable[Fix]) -> str:
    """The text with the fixes, in their order; one that touches an earlier one's place is left for later."""
    bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    starts = [0, *(match.end() for match in LINE_END.finditer(text))]
    taken: list[tuple[int, int, str]] = []
    for one in dict.fromkeys(fixes):
        edits = [_absolute(edit, starts) for edit in one.edits]
        if not any(
            start <= end_before and begin <= end for start, end, _ in edits for begin, end_before, _ in taken
        ):
            taken += edits
    for start, end, instead in sorted(taken, reverse=True):
        text = text[:start] + instead + text[end:]
    return bom + text


def _absolute(edit: Edit, starts: list[int]) -> tuple[int, int, str]:
    (line, column), (end_line, end_column) = edit.start, edit.end
    last = len(starts)
    start = starts[min(line, last) - 1] + column - 1
    return start, starts[min(end_line, last) - 1] + end_column - 1, edit.text
