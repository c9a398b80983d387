"""How a page is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def page(title: str, made_from: str, *parts: str) -> str:
    """A page: its title, where it comes from, and its parts."""
    note = f"*Made by `make reference` from {made_from}.*"
    return "\n\n".join([f"# {title}", note, *parts]) + "\n"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table with these headings, ` | ` between them."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in (head, " | ".join("---" for _ in head.split(" | ")), *lines))


def code(words: Iterable[str], between: str = ", ") -> str:
    """These words as code."""
    return between.join(f"`{word}`" for word in words)
