"""What stands around a line of Python, read by indentation, so that a file need not parse."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

NEAR = 5
LONGEST_HEAD = 12
DEF = re.compile(r"(async\s+)?def\s")
# `except A as e:`, or the last line of one that takes several
HANDLER = re.compile(r"(?:except\b|\)).*\bas\s+(\w+)\s*:")


def above(lines: Sequence[str], line: int) -> str:
    """The few lines before a line (counted from 1): what people said about it."""
    return "\n".join(lines[max(0, line - 1 - NEAR) : line - 1])


def function_of(lines: Sequence[str], line: int) -> str:
    """The head of the innermost function that holds the line, up to its colon; empty outside of one."""
    for at in _enclosing(lines, line):
        if DEF.match(lines[at].lstrip()):
            head = lines[at : at + LONGEST_HEAD]
            end = next((index for index, text in enumerate(head) if text.rstrip().endswith(":")), 0)
            return "\n".join(head[: end + 1])
    return ""


def blocks_of(lines: Sequence[str], line: int) -> str:
    """The heads of the blocks that hold the line, up to its function, the innermost first."""
    heads = []
    for at in _enclosing(lines, line):
        if DEF.match(lines[at].lstrip()):
            break
        heads.append(lines[at].strip())
    return "\n".join(heads)


def caught_as(lines: Sequence[str], line: int) -> str | None:
    """The name of the exception whose handler holds the line, where it has one."""
    for at in _enclosing(lines, line):
        text = lines[at].lstrip()
        if match := HANDLER.match(text):
            return match[1]
        if text.startswith("except") or DEF.match(text):
            return None
    return None


def mentions(statement: str, name: str) -> bool:
    """Whether a statement uses a variable; its strings are no use of it. False for what cannot be parsed."""
    try:
        tree = ast.parse(dedent(statement))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def _enclosing(lines: Sequence[str], line: int) -> Iterator[int]:
    """Indexes of the lines above that are indented less and less, the nearest first."""
    margin = _margin(lines[line - 1])
    for at in range(line - 2, -1, -1):
        if lines[at].strip() and _margin(lines[at]) < margin:
            # the head of a statement may end with a bracket as far left as it begins
            margin = _margin(lines[at]) + lines[at].lstrip().startswith(")")
            yield at


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip())
