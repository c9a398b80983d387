"""The body of a mirrored issue: the description people may edit, and below it the facts, which the bot keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from bot.github.inert import canonical, neutralise, neutralise_line, one_line

TITLE_LIMIT = 250
BODY_LIMIT = 60_000
_TOP_LIMIT = 40_000
_PROMPT_LIMIT = 15_000
_MOST_PLACES = 30
_LONGEST_PATH = 300

_BORDER = "<!-- askfirst: edit above this line; what is below is kept up to date by the bot -->"
_BORDERS = re.compile(rf"^[ \t]*{re.escape(_BORDER)}[ \t]*$", re.MULTILINE)
# what is left when somebody deletes the border but not the facts
_FACTS = re.compile(r"^---[ \t]*\n+(?=\*\*Priority:\*\* )", re.MULTILINE)
_OUR_COMMENT = re.compile(r"<!-- askfirst:[^>\n]*-->")


@dataclass(frozen=True)
class Place:
    """Lines of a file at a commit; lines from 1, None for the file as a whole."""

    path: str
    start_line: int | None = None
    end_line: int | None = None
    commit: str | None = None


@dataclass(frozen=True)
class IssueContent:
    """What an issue shall say on GitHub.

    `repository_url` is the repository's page, `rest_url` where the whole issue can be read.
    """

    title: str
    description: str
    priority: str
    repository_url: str
    rest_url: str
    state: Literal["open", "closed"] = "open"
    state_reason: Literal["completed", "not_planned", "duplicate"] | None = None
    places: tuple[Place, ...] = ()
    rule: str | None = None
    suggested_prompt: str | None = None


@dataclass(frozen=True)
class Split:
    """A body taken apart: `top` is people's, `facts` is ours (None where it was removed)."""

    top: str
    facts: str | None


def issue_title(title: str) -> str:
    """A title as it is sent: one line, inert, at most 250 characters."""
    return cut(neutralise_line(title), TITLE_LIMIT)


def same_title(on_github: str, title: str) -> bool:
    """Whether the title on GitHub says this already."""
    return one_line(on_github) == one_line(issue_title(title))


def read_back_title(on_github: str, stored: str) -> str:
    """The title that is on GitHub now, in the stored form; `stored` itself where nobody changed it."""
    return stored if same_title(on_github, stored) else one_line(on_github)


def issue_body(content: IssueContent, mark: str, on_github: str | None = None, keep_top: bool = False) -> str:
    """The whole body, at most 60,000 characters where we wrote the description.

    Where the body that is `on_github` already says it, its upper part is kept to the letter; `keep_top` keeps
    it whatever it says.
    """
    top = _top(content.description)
    if on_github is not None and (keep_top or same_description(on_github, content.description)):
        top = split(on_github).top
    facts = _facts(content, mark, top)
    return f"{top}\n\n{facts}" if top else facts


def split(body: str | None) -> Split:
    """A body taken apart at the last border line, with any line ends. Without one it is all people's."""
    text = (body or "").replace("\r\n", "\n").replace("\r", "\n")
    borders = list(_BORDERS.finditer(text))
    if not borders:
        facts = _FACTS.search(text)
        top = text[: facts.start()] if facts else _OUR_COMMENT.sub("", text)
        return Split(top.rstrip(), None)
    last = borders[-1]
    return Split(text[: last.start()].rstrip(), text[last.start() :].strip())


def read_back(body: str | None, stored: str = "") -> str:
    """The description in a body, in canonical form; `stored` itself where nobody changed it."""
    return stored if same_description(body, stored) else canonical(split(body).top)


def same_description(body: str | None, description: str) -> bool:
    """Whether what stands above the facts already says this, whole or shortened."""
    return canonical(split(body).top) in (canonical(description), canonical(_top(description)))


def code(text: str) -> str:
    """One line as a code span, whatever backticks are in it."""
    line = one_line(text)
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {line} {ticks}" if longest else f"`{line}`"


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def fenced(text: str) -> str:
    """Text as a code block that nothing inside it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return neutralise(f"{ticks}text\n{text}\n{ticks}")


def place_link(place: Place, repository_url: str) -> str:
    """A place in words, as a link to its lines where the commit is known."""
    lines, anchor = "", ""
    if place.start_line:
        last = place.end_line or place.start_line
        several = last > place.start_line
        lines = f" lines {place.start_line} to {last}" if several else f" line {place.start_line}"
        anchor = f"#L{place.start_line}-L{last}" if several else f"#L{place.start_line}"
    shown = f"{code(cut(place.path, _LONGEST_PATH))}{lines}"
    if not place.commit or len(place.path) > _LONGEST_PATH:
        return shown
    return f"[{shown}]({repository_url}/blob/{place.commit}/{quote(place.path)}{anchor})"


def _top(description: str) -> str:
    whole = neutralise(description)
    return whole if len(whole) <= _TOP_LIMIT else neutralise(cut(canonical(description), _TOP_LIMIT // 2))


def _facts(content: IssueContent, mark: str, top: str) -> str:
    rest = f"[the rest]({content.rest_url})"
    rule = f" · **Rule:** {code(cut(content.rule, _LONGEST_PATH))}" if content.rule else ""
    parts = [_BORDER, "---", f"**Priority:** {content.priority}{rule}"]
    if _is_shortened(content.description, top):
        parts.append(f"The description is longer than fits here: {rest}.")
    for part in (_where(content), _folded("Suggested prompt", content.suggested_prompt, rest)):
        if part and sum(map(len, [top, *parts, part, mark])) + 100 <= BODY_LIMIT:
            parts.append(part)
    return "\n\n".join([*parts, mark])


def _is_shortened(description: str, top: str) -> bool:
    short = _top(description)
    return canonical(short) != canonical(description) and canonical(top) == canonical(short)


def _where(content: IssueContent) -> str:
    if not content.places:
        return ""
    lines = ["**Where**", ""]
    lines += [f"- {place_link(place, content.repository_url)}" for place in content.places[:_MOST_PLACES]]
    if (more := len(content.places) - _MOST_PLACES) > 0:
        lines.append(f"- and {more} more: [all places]({content.rest_url})")
    return "\n".join(lines)


def _folded(summary: str, text: str | None, rest: str) -> str:
    text = canonical(text)
    more = f"\n\nShortened: {rest}." if len(text) > _PROMPT_LIMIT else ""
    block = fenced(cut(text, _PROMPT_LIMIT))
    return f"<details><summary>{summary}</summary>\n\n{block}{more}\n\n</details>" if text else ""
