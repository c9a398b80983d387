"""What of a comment is plain text of its author, by CommonMark: no quote, no code, nothing hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, backtick, html_inline

LONGEST = 10_000  # a longer paragraph is not looked into: some of the rules take more than linear time

_LINES = re.compile(r"\r\n?|\n")
_COMMENT = "<!--"
Span = tuple[int, int, Literal["code", "comment"]]
Rule = Callable[[StateInline, bool], bool]


def leading_lines(body: str, begins: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """The lines of the leading paragraphs, each with its number (from 1), without HTML comments.

    They end before the first block whose first line does not `begin` so; comments on their own are passed over.
    """
    lines = _LINES.split(body)
    for token in _MARKDOWN.parse(body, {"begins": begins}):
        first, after = token.map or [0, 0]
        if token.type == "paragraph_open":
            text = "\n".join(lines[first:after])
            if len(text) > LONGEST:
                return
            yield from _lines_of(text, first + 1)
        elif token.type == "html_block":
            shown = token.content.lstrip()[len("<!") :].partition("-->")[2].rstrip("\n")
            if len(shown) > LONGEST:
                return
            yield after, without_comments(shown)
        elif token.level == 0 and token.type != "paragraph_close":
            return


def without_comments(text: str) -> str:
    """The text of a line with a space for each HTML comment; in code there are none."""
    if _COMMENT not in text:
        return text
    return _blanked(text, _spans(text))


def _lines_of(text: str, number: int) -> Iterator[tuple[int, str]]:
    spans = _spans(text)
    at = 0
    for offset, line in enumerate(_blanked(text, spans).split("\n")):
        if any(kind == "code" and start < at < end for start, end, kind in spans):
            return  # it goes on in the middle of code, or of a tag
        yield number + offset, line
        at += len(line) + 1


def _blanked(text: str, spans: list[Span]) -> str:
    for start, end, kind in spans:
        if kind == "comment":
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _spans(text: str) -> list[Span]:
    """Where code and tags are, and where comments are."""
    found: list[Span] = []
    _MARKDOWN.inline.parse(text, _MARKDOWN, {"spans": found}, [])
    return found


def _stop(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule before all others: nothing is read any more after the leading run."""
    if state.env["begins"](state.src[state.bMarks[start] : state.eMarks[start]]):
        return False
    state.line = end
    return True


def _noted(rule: Rule) -> Rule:
    """The inline rule, which also writes down where it found something."""

    def noted(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        if found:
            kind: Literal["code", "comment"] = "comment" if state.src.startswith(_COMMENT, start) else "code"
            state.env["spans"].append((start, state.pos, kind))
        return found

    return noted


def _parser() -> MarkdownIt:
    """Blocks alone, without those in which no command is; of what is in a line only what hides something."""
    parser = MarkdownIt("commonmark").disable(["lheading", "reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.inline.ruler.enableOnly(["text", "newline", "escape", "backticks", "html_inline"])
    parser.inline.ruler2.enableOnly([])
    parser.inline.ruler.at("backticks", _noted(backtick))
    parser.inline.ruler.at("html_inline", _noted(html_inline))
    parser.block.ruler.before("code", "stop", _stop)
    return parser


_MARKDOWN = _parser()
