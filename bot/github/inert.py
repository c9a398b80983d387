"""Text from an agent or an API caller, made harmless on GitHub while it still reads the same.

An invisible word joiner goes in where GitHub would otherwise see a mention, a reference, raw HTML or one
of our commands. Taking it out again gives the text back, so that what was sent and what is read compare.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

JOINER = "\u2060"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\ufeff]")
_FENCE = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_INDENTED_FENCE_LINES = 500
_TICKS = re.compile("`+")
_SWALLOWS_TICKS = re.compile(r"(?:://|www\.|mailto:|xmpp:).*`", re.IGNORECASE)

_URL_START = r"(?<![^\s*_~(<])https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?"
_ACTIVE = re.compile(
    r"""
    (?P<reference>https?:)(?=//[^\s/]+/[\w.-]+/[\w.-]+/(?:issues|pull|pulls|discussions)/\d)
  | (?P<address>"""
    + _URL_START
    + r"""(?:[/?\#](?:[A-Za-z0-9./?=%+,;:@\#!$-]|&(?![\w\#]+;))*)?)
  | (?P<entity>(?<!\\)(?:\\\\)*&(?:\#\d+|\#[xX][0-9A-Fa-f]+|[A-Za-z]+);)
  | (?P<mention>(?<![A-Za-z0-9])@)(?=[A-Za-z0-9&])
  | (?P<number>\#)(?=[\d&])
  | (?P<old_number>(?<![A-Za-z0-9])GH-)(?=[\d&])
  | (?P<hidden>\])(?=:\s*(?:\#|<>|$))
  | (?P<html><)(?!https?://)(?=[A-Za-z/!?])
  | (?P<command>(?<![\w.-])/)(?=askfirst)
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_OURS_IN_CODE = re.compile(r"<(?=!--\s*askfirst)|(?<![\w.-])/(?=askfirst)", re.IGNORECASE | re.ASCII)


def canonical(text: str | None) -> str:
    """The form that is stored and compared: LF, no control characters, no joiners, every fence closed."""
    lines = _clean(text or "").split("\n")
    for fence, _first, last in _parts(lines):
        if fence and last is None:
            lines.append(fence)
            break
    return "\n".join(lines)


def neutralise(text: str | None) -> str:
    """The canonical text with mentions, references, HTML and commands made inert; code stays as it is."""
    lines = canonical(text).split("\n")
    done: list[str] = []
    for fence, first, last in _parts(lines):
        part = lines[first : len(lines) if last is None else last]
        done += [_OURS_IN_CODE.sub(_joined, line) for line in part] if fence else _paragraphs(part)
    return "\n".join(done)


def one_line(text: str) -> str:
    """The canonical form of a title or a name: white space runs collapse."""
    return " ".join(_clean(text).split())


def neutralise_line(text: str) -> str:
    """One inert line, as for a title: nothing in it is taken as code."""
    return _quiet(one_line(text))


def neutralise_inline(text: str) -> str:
    """One inert line to stand within a sentence of ours: its code spans are kept, a fence is none there."""
    return "".join(_paragraph([one_line(text)]))


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(JOINER, "")
    return _CONTROL.sub("", text).strip()


def _parts(lines: list[str]) -> Iterator[tuple[str, int, int | None]]:
    """(closing fence or "", first line, line after the last); None as the end of a fence left open."""
    start = i = 0
    while i < len(lines):
        opened = _FENCE.match(lines[i])
        if opened is None or (end := _end_of_fence(lines, i, opened)) == 0:
            i += 1
            continue
        if start < i:
            yield "", start, i
        fence = opened[2]
        yield fence, i, end
        if end is None:
            return
        start = i = end
    if start < len(lines):
        yield "", start, len(lines)


def _end_of_fence(lines: list[str], first: int, opened: re.Match[str]) -> int | None:
    """The line after the closing one; None where it is left open; 0 where it may not be a fence at all.

    An indented fence can belong to a list item, and ends with it: only one that stays indented is sure.
    """
    indent, fence = opened[1], opened[2]
    closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    limit = min(len(lines), first + _INDENTED_FENCE_LINES) if indent else len(lines)
    for i in range(first + 1, limit):
        if indent and lines[i].strip(" \t") and not lines[i].startswith(indent):
            return 0
        if closing.match(lines[i]):
            return i + 1
    return 0 if indent else None


def _paragraphs(lines: list[str]) -> Iterator[str]:
    start = 0
    for i, line in enumerate([*lines, ""]):
        if not line.strip(" \t"):
            yield from _paragraph(lines[start:i])
            if i < len(lines):
                yield line
            start = i + 1


def _paragraph(lines: list[str]) -> Iterator[str]:
    """Code spans are honoured only where every line pairs its backticks by itself."""
    spans = [_code_spans(line) for line in lines]
    certain = None not in spans
    for line, found in zip(lines, spans, strict=True):
        if fence := _FENCE.match(line):
            # not surely a fence: kept from swallowing what comes after it
            begin = len(fence[1]) + 1
            yield line[:begin] + JOINER + _quiet(line[begin:])
        else:
            yield _quiet(line, found if certain and found else [])


def _code_spans(line: str) -> list[tuple[int, int]] | None:
    """Where code spans begin and end; None where that depends on more than this line."""
    if any(_doubtful(word) for word in line.split() if "`" in word):
        return None
    runs = iter([run.span() for run in _TICKS.finditer(line)])
    spans = []
    for begin, after in runs:
        end = next((last for first, last in runs if last - first == after - begin), None)
        if end is None or "|" in line[begin:end]:
            return None
        spans.append((begin, end))
    return spans


def _doubtful(word: str) -> bool:
    """Whether a backtick in it may not begin or end code: escaped, or swallowed by an address."""
    return "\\`" in word or _SWALLOWS_TICKS.search(word) is not None


def _quiet(line: str, spans: Sequence[tuple[int, int]] = ()) -> str:
    code = bytearray(len(line))
    for begin, end in spans:
        code[begin:end] = b"\x01" * (end - begin)

    def inserted(found: re.Match[str]) -> str:
        if code[found.start()] and not _OURS_IN_CODE.match(line, found.start()):
            return found[0]
        if found["address"] or (found["entity"] and not _spells_something_active(found[0])):
            return found[0]
        return found[0] + JOINER

    return _ACTIVE.sub(inserted, line)


def _spells_something_active(entity: str) -> bool:
    meant = html.unescape(entity.lstrip("\\"))
    return meant.isascii() and (meant.isalnum() or meant in "@#-/")


def _joined(found: re.Match[str]) -> str:
    return found[0] + JOINER
