"""Small parts of sentences: others' words made inert and short, people, moments, table cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.github.inert import neutralise, neutralise_inline, one_line
from bot.github.issuetext import code, cut

SHORT = 300
LONG = 2_000


def said(text: str, limit: int = LONG) -> str:
    """Others' words as one inert line, with code spans kept."""
    return neutralise_inline(cut(one_line(text), limit))


def sentence(text: str, limit: int = LONG) -> str:
    """The same, with a full stop."""
    words = said(text, limit)
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def quoted(text: str, limit: int = LONG) -> str:
    """Others' words as a quote, line by line."""
    return "\n".join(f"> {line}".rstrip() for line in neutralise(cut(text, limit)).split("\n"))


def cell(text: str, limit: int = SHORT) -> str:
    """Others' words for a table: a bar would end the cell, also inside code."""
    return re.sub(r"\\*\|", r"\\|", said(text, limit))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are ready."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def who(by: str | None) -> str:
    """`github:<login>` or `key:<name>` in words; nobody is mentioned."""
    kind, _, name = (by or "").partition(":")
    if not name:
        return "nobody"
    shown = code(cut(name, SHORT).replace("|", "/"))
    return shown if kind == "github" else f"the API key {shown}"


def when(moment: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else ""


def count(number: int, one: str, more: str | None = None) -> str:
    """`1 question`, `2 questions`."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def paragraphs(*parts: str) -> str:
    """The parts that say something, a blank line between."""
    return "\n\n".join(part for part in parts if part)
