"""What a reply says about a question. Pure: text in, a vote or conversation out, never an error."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from bot.webhooks import commands, mail, vocabulary, words
from bot.webhooks.words import Line, bounded, joined

Kind = Literal["approve", "choose", "correct", "refuse", "withdraw", "unclear", "talk"]

VOTES = ("approve", "choose", "withdraw")

_MARKED = r"\s*(?:(?:[-*+]|\d{{1,2}}[.)])\s+)?(?P<mark>[*_`]{{0,3}}){word}(?:(?P=mark)\s?:|\s?:(?P=mark))"
_CORRECT = re.compile(_MARKED.format(word=r"(?:correct|answer)"), re.IGNORECASE)
_NUMBERED = re.compile(_MARKED.format(word=r"Q(?P<number>\d{1,3})"), re.IGNORECASE)
_WIDE = str.maketrans({chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)})
_MENTION = re.compile(r"(?<![\w@/.+-])@([a-z\d](?:[a-z\d-]*[a-z\d])?)", re.IGNORECASE | re.ASCII)
_QUESTION = re.compile(
    r"(?:[?\uff1f\u061f\u037e]|(?:です|ます)か|[吗嗎])"  # and what may stand below or after it:
    r"""(?:[\s)\]}"'*_~!.…”’»。]|[\u2190-\u2bff\U0001f000-\U0001faff]|\b(?:thanks|thank you|thx)\b)*\Z""",
    re.IGNORECASE,
)
_BUT = re.compile(
    r"[\s*_+-]*(?:(?:but|however|except|unless|although|though|only|aber|allerdings|jedoch|nur|mais|sauf|pero|salvo|mas"
    r"|porém|ma|però|maar|но|однако)\b|但|不过|ただ|でも|しかし|하지만|단,)",
    re.IGNORECASE,
)
_SUGGESTION = re.compile(r"\s*(?:`{3,}|~{3,})\s*suggestion\b")
_LONGEST_END = 300  # characters in which the question mark is looked for
_OURS, _SHOWN = "<!-- askfirst:", "askfirst:"


@dataclass(frozen=True)
class Reply:
    """`letter` is the option that was named, `text` the correction in full.

    `unclear`: an answer, but not sure which. `explicit`: it also counts from somebody who has voted already;
    everything else is conversation then.
    """

    kind: Kind
    letter: str | None = None
    text: str | None = None
    explicit: bool = False


TALK = Reply("talk")
UNCLEAR = Reply("unclear")


@dataclass(frozen=True)
class _Asked:
    options: frozenset[str]
    recommended: str
    slug: str


def parse(
    body: str | None,
    *,
    options: Collection[str] = (),
    recommended: str | None = None,
    slug: str = "askfirst",
) -> Reply:
    """What a reply in a question's thread says; `Q2: …` in it belongs to `parse_numbered`.

    `options`: the question's letters; `slug`: our own name, which is nobody else's.
    """
    lines = _own(body, slug)
    first_numbered = next((i for i, line in enumerate(lines) if _numbered(line)), len(lines))
    before = lines[:first_numbered]
    while before and before[-1].blank:
        before.pop()
    letters = frozenset(letter.upper() for letter in options)
    return _read(before, _Asked(letters, (recommended or "").upper(), slug))


def parse_numbered(body: str | None, slug: str = "askfirst") -> list[tuple[int, str]]:
    """The answers `Q2: …` in a comment, in order; each text goes on to the next one.

    Each is explicit; what it says is `parse` of its text, or the text itself where that is a correction.
    """
    found: list[tuple[int, list[Line]]] = []
    for line in _own(body, slug):
        if numbered := _numbered(line):
            found.append((int(numbered["number"]), [Line(line.text[numbered.end() :])]))
        elif found:
            found[-1][1].append(line)
    return [(number, joined(lines)) for number, lines in found]


def _own(body: str | None, slug: str) -> list[Line]:
    """The person's own lines; none in a command, or where a text of ours was copied with its mark."""
    body = body or ""
    # at the end it is not somebody's quote: mail programs quote what they keep, and keep no comment
    if commands.parse(body, slug) or body.rstrip().rpartition("\n")[2].startswith(_OURS):
        return []
    if _OURS in body and any(
        _SHOWN in line.text for line in mail.own(words.lines(body.replace(_OURS, _SHOWN)))
    ):
        return []
    return mail.own(words.lines(body))


def _numbered(line: Line) -> re.Match[str] | None:
    return _NUMBERED.match(line.text.translate(_WIDE)) if line.kind == "text" else None


def _read(lines: list[Line], asked: _Asked) -> Reply:
    text = joined(lines)
    if lines and lines[0].kind == "text" and (named := _CORRECT.match(text.translate(_WIDE))):
        return _correction(text[named.end() :].strip(), asked)
    end = next((i for i, line in enumerate(lines) if line.blank or line.kind != "text"), len(lines))
    first, rest, whole = _said(joined(lines[:end]), asked), lines[end:], _said(text, asked)
    if first and first.kind in VOTES and _is_remark(rest, first):
        return first
    if whole:
        return whole if whole == first or whole.kind not in VOTES else UNCLEAR
    return TALK if _is_talk(lines, asked) else Reply("correct", text=bounded(text))


def _said(text: str, asked: _Asked) -> Reply | None:
    """What a text says that is made of the plain words and letters; None where it says more."""
    us = rf"@{re.escape(asked.slug)}(?:\[bot\])?(?![\w-])"
    found = vocabulary.meanings(re.sub(us, "", text, flags=re.IGNORECASE))
    if found is None:
        return None
    while found and found[-1] in ("polite", "please"):
        found.pop()
    said = set(found) - {"polite"}
    if said <= {"idle", "picture", "beside", "please"}:
        return None if "beside" in said else TALK
    return _vote(said - {"doubtful"}, asked)


def _vote(said: set[str], asked: _Asked) -> Reply:
    """The one thing that all words say. A yes beside a letter is about that option."""
    if said in ({"refuse"}, {"withdraw"}):
        return Reply("refuse") if "refuse" in said else Reply("withdraw", explicit=True)
    other = said - {"approve", "explicit"}
    if not other and said:
        return Reply("approve", explicit="explicit" in said)
    if len(other) != 1 or not other <= asked.options:
        return UNCLEAR
    [letter] = other
    return Reply("approve" if letter == asked.recommended else "choose", letter=letter, explicit=True)


def _is_remark(rest: list[Line], said: Reply) -> bool:
    """Whether the paragraphs after a vote leave it as it is: no other vote, no "but", no code to have instead."""
    found = vocabulary.meanings(joined(rest))
    if found is not None:
        return set(found) <= {"polite", "picture"}
    changes = any(line.kind == "code" and _SUGGESTION.match(line.text) for line in rest)
    return said.kind == "withdraw" or not (changes or _BUT.match(joined(rest)))


def _correction(text: str, asked: _Asked) -> Reply:
    """After `correct:` a plain "yes" or "no" answers the question; `approve` and a letter still stand for more."""
    if not text:
        return Reply("refuse")
    said = _said(text, asked)
    return said if said and said.explicit else Reply("correct", text=bounded(text), explicit=True)


def _is_talk(lines: list[Line], asked: _Asked) -> bool:
    if lines[-1].kind == "text" and _QUESTION.search(lines[-1].text[-_LONGEST_END:]):
        return True
    mentioned = {login.casefold() for login in _MENTION.findall(words.prose(lines))}
    return bool(mentioned - {asked.slug.casefold()})
