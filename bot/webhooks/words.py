"""A person's own words in a comment: without quotes, hidden text, signatures and the tails of e-mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LIMIT = 20_000

_LINES = re.compile(r"\r\n|\r|\n")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u200b\u200c\u2060\ufeff]")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_QUOTE = re.compile(r" {0,3}>")
_LONGEST_LINE = 2_000  # in a longer one nothing is taken for code
_SPANS = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<!--(?:.*?-->|(?P<open>.*))")
_COMMENT = re.compile(r"<!--(?:.*?-->|(?P<open>.*))")
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_SAID = re.compile(
    r"(?:On|Am|Le|El|Il|Em|Op|Den|W dniu)\b.{3,400}?"
    r"(?:wrote|schrieb\b.*|a écrit|escribió|ha scritto|escreveu|schreef\b.*|skrev\b.*|napisał\b.*)\s?:",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:--|—|_{5,})"
    r"|-{2,}\s?(?:Original|Forwarded|Ursprüngliche|Message d'origine).*"
    r"|(?:Sent from (?:my|Outlook|Mail|Yahoo)|Get Outlook for|Von meinem .* gesendet|Envoyé de mon).*"
    r"|(?:Reply to this email directly|You are receiving this because).*",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\*{0,2}From:\*{0,2} .*\S")
_NEXT_HEADER = re.compile(r"\*{0,2}(?:Sent|Date|To|Reply-To):")
_MOST_WRAPPED = 3  # lines that a mail program makes of one "On … wrote:"


@dataclass(frozen=True)
class Line:
    """One line; `code` where it belongs to a fenced block."""

    text: str
    code: bool = False

    @property
    def blank(self) -> bool:
        """Whether it separates paragraphs."""
        return not self.code and not self.text.strip()


def own_lines(body: str | None) -> list[Line]:
    """What the person wrote, at most LIMIT characters of it, without blank lines at the ends."""
    lines = list(_visible(_LINES.split(_INVISIBLE.sub("", (body or "")[:LIMIT].replace("\x85", "\n")))))
    kept: list[Line] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        if not line.code and _is_tail(lines, i):
            break
        said = 0 if line.code else _attribution(lines, i)
        i += said or 1
        if said and not _quote_follows(lines, i):
            break
        if not said and (line.code or not _QUOTE.match(line.text)):
            kept.append(line)
    return _trimmed(kept)


def without_code(lines: list[Line]) -> str:
    """The prose of these lines: no fenced blocks, no code spans."""
    prose = (line.text for line in lines if not line.code)
    return "\n".join(_CODE.sub(" ", text) if len(text) <= _LONGEST_LINE else text for text in prose)


def joined(lines: list[Line]) -> str:
    """The lines as one text, without white space at the ends."""
    return "\n".join(line.text.rstrip() for line in _trimmed(lines)).strip()


def _visible(raw: list[str]) -> Iterator[Line]:
    """All lines without HTML comments, which code does not have."""
    fence, hidden = "", False
    for text in raw:
        if fence:
            yield Line(text, code=True)
            bare = text.strip()
            if bare and set(bare) == {fence[0]} and len(bare) >= len(fence):
                fence = ""
        elif not hidden and (opened := _FENCE.match(text)):
            fence = opened["fence"]
            yield Line(text, code=True)
        else:
            shown, hidden = _uncommented(text, hidden)
            if shown.strip() or not text.strip():
                yield Line(shown)


def _uncommented(line: str, hidden: bool) -> tuple[str, bool]:
    """The line without HTML comments, and whether one is still open at its end."""
    if hidden:
        _, closed, line = line.partition("-->")
        if not closed:
            return "", True
    parts = _SPANS if len(line) <= _LONGEST_LINE else _COMMENT
    still_open = False

    def shown(part: re.Match[str]) -> str:
        nonlocal still_open
        if not part[0].startswith("<!--"):
            return part[0]
        still_open = part["open"] is not None
        return ""

    return parts.sub(shown, line), still_open


def _is_tail(lines: list[Line], i: int) -> bool:
    text = lines[i].text.strip()
    if _HEADER.fullmatch(text):
        return any(_NEXT_HEADER.match(line.text.strip()) for line in lines[i + 1 : i + 3])
    return _TAIL.fullmatch(text) is not None


def _attribution(lines: list[Line], i: int) -> int:
    """How many lines from here on say who wrote what is quoted next."""
    for count in range(1, _MOST_WRAPPED + 1):
        words = " ".join(line.text.strip() for line in lines[i : i + count])
        if len(words) <= _LONGEST_LINE and _SAID.fullmatch(words):
            return count
    return 0


def _quote_follows(lines: list[Line], i: int) -> bool:
    following = next((line for line in lines[i:] if not line.blank), None)
    return following is not None and _QUOTE.match(following.text) is not None


def _trimmed(lines: list[Line]) -> list[Line]:
    full = [i for i, line in enumerate(lines) if not line.blank]
    return lines[full[0] : full[-1] + 1] if full else []
