"""What a comment shows, line by line, as GitHub's markdown has it: prose, code and quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt

LONGEST = 65_536  # characters of a comment on GitHub
MOST = 20_000  # characters of a correction, as by REST
CUT = "\n\n[cut here: the text is longer than 20,000 characters]"

Kind = Literal["text", "code", "quote"]

_NEWLINES = re.compile(r"\r\n?")
_SPACES = re.compile("[\v\f\x1c-\x1f\x85\u2028\u2029]")
# what Unicode calls default ignorable, bidirectional marks among it; controls; halves of characters
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
_QUOTE_MARK = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*[ \t]*>")
_MARKS = re.compile(r"[\s>*_=+.)\d-]*")  # all that stands between blocks, unless they are nested too deeply
_TAG = re.compile(r"<(?P<tag>/?[A-Za-z][A-Za-z0-9-]*)(?=[\s/>])(?:\"[^\"]*\"|'[^']*'|[^\"'<>])*>")
_NEVER_SHOWN = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![A-Za-z].*?(?:>|\Z)", re.DOTALL
)
_OPENER = re.compile(rf"\\[!-/:-@\[-`{{-~]|`+|<!--|<\?|<!\[CDATA\[|<![A-Za-z]|{_TAG.pattern}")
_TICKS = re.compile("`+")
_CLOSERS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}
_LEAVES = ("inline", "html_block", "fence", "code_block")

_BLOCKS = MarkdownIt("commonmark")
_BLOCKS.core.ruler.enableOnly(["block"])


@dataclass(frozen=True)
class Line:
    """One line; `code` also where it is of a block of HTML."""

    text: str
    kind: Kind = "text"

    @property
    def blank(self) -> bool:
        """Whether it separates paragraphs."""
        return self.kind == "text" and not self.text.strip()


def lines(body: str | None) -> list[Line]:
    """The lines of a comment, at most LONGEST characters of it, less what a reader does not see.

    A line without `>` below a quote is what the author says, though markdown draws it into the quote.
    """
    raw = _NEWLINES.sub("\n", (body or "")[:LONGEST]).split("\n")
    return [Line(_INVISIBLE.sub("", _SPACES.sub(" ", line.text)), line.kind) for line in _by_kind(raw)]


def trimmed(some: list[Line]) -> list[Line]:
    """The lines without blank ones at the ends."""
    full = [i for i, line in enumerate(some) if line.text.strip()]
    return some[full[0] : full[-1] + 1] if full else []


def joined(some: Iterable[Line]) -> str:
    """The lines as one text."""
    kept = trimmed(list(some))
    text = "\n".join(line.text.rstrip() for line in kept)
    return text if kept and kept[0].kind == "code" else text.strip()


def prose(some: Iterable[Line]) -> str:
    """The lines without code."""
    return _shown("\n".join(line.text for line in some if line.kind == "text"), code=False)


def cleaned(text: str | None) -> str:
    """A person's text as it is kept and handed to agents: nothing hidden in it, at most MOST characters."""
    return bounded(joined(lines(text)))


def bounded(text: str) -> str:
    """The text, or as much of it as fits with a mark where it is cut."""
    return text if len(text) <= MOST else text[: MOST - len(CUT)].rstrip() + CUT


def _by_kind(raw: list[str]) -> Iterator[Line]:
    quotes: set[int] = set()
    leaves: list[tuple[int, int, str]] = []
    for token in _BLOCKS.parse("\n".join([*raw, ""])):  # without a last line end it reads past the end
        if token.map and token.type == "blockquote_open":
            quotes.update(range(*token.map))
        elif token.map and token.type in _LEAVES:
            leaves.append((token.map[0], token.map[1], token.type))
    done = 0
    for first, end, kind in [*leaves, (len(raw), len(raw), "")]:
        between = (i for i in range(done, first) if _MARKS.fullmatch(raw[i]))
        yield from (_quoted(Line(raw[i]), i in quotes) for i in between)
        yield from (_quoted(line, first in quotes) for line in _leaf(raw[first:end], kind))
        if kind == "html_block" and _left_open("\n".join(raw[first:end])):
            return
        done = end


def _quoted(line: Line, within: bool) -> Line:
    return Line(line.text, "quote") if within and _QUOTE_MARK.match(line.text) else line


def _leaf(block: list[str], kind: str) -> list[Line]:
    """What shows of one block."""
    text = "\n".join(block)
    if kind == "inline":
        return _rows(_shown(text), "text")
    if kind == "html_block":
        shown = _TAG.sub(_bare, _NEVER_SHOWN.sub(" ", text))
        return _rows(shown, "text" if text.lstrip().startswith(("<!", "<?")) else "code")
    return [Line(row, "code") for row in block]


def _left_open(html: str) -> bool:
    """Whether a comment in it goes on, and hides all that follows the block."""
    return html.rfind("<!--") > html.rfind("-->")


def _rows(shown: str, kind: Kind) -> list[Line]:
    return [Line(row, kind) for row in shown.split("\n") if row.strip(" \t")]


def _shown(text: str, *, code: bool = True) -> str:
    """A paragraph without comments and the attributes of tags; without `code`, if so."""
    kept, done = [], 0
    for begin, end, found in _spans(text):
        instead = _bare(found) if found["tag"] else text[begin:end] if found[0][0] == "`" and code else " "
        kept += [text[done:begin], instead]
        done = end
    return "".join([*kept, text[done:]])


def _bare(tag: re.Match[str]) -> str:
    return f"<{tag['tag']}>"


def _spans(text: str) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Where code spans, tags and comments begin and end, with what opens them; the first to open wins."""
    at = 0
    never_closed: set[str] = set()  # a thousand of one kind would be looked through a thousand times
    while opener := _OPENER.search(text, at):
        begin, at = opener.span()
        end = at if opener["tag"] else 0
        if not end and opener[0] not in never_closed:
            end = _closed(text, begin, opener[0])
        if end:
            yield begin, end, opener
            at = end
        else:
            never_closed.add(opener[0])


def _closed(text: str, begin: int, mark: str) -> int:
    """Where the span that this mark opens has its end; 0 for none, as for an escaped character."""
    if mark[0] == "`":
        runs = _TICKS.finditer(text, begin + len(mark))
        return next((run.end() for run in runs if len(run[0]) == len(mark)), 0)
    closer = _CLOSERS.get(mark, ">")
    end = -1 if mark[0] == "\\" else text.find(closer, begin + 2)
    return end + len(closer) if end >= 0 else 0
