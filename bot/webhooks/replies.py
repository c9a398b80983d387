"""What a reply says about a question. Pure: text in, a vote or conversation out, never an error."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from bot.webhooks import commands
from bot.webhooks.words import Line, joined, own_lines, without_code

Kind = Literal["approve", "choose", "correct", "refuse", "withdraw", "talk"]

_APPROVE = {"approve", "approved", "yes", "y", "ok", "agreed", "lgtm", "+1", ":+1:", ":thumbsup:", "👍"}
_REFUSE = {"no", "n", "-1", ":-1:", ":thumbsdown:", "👎"}
_EXPLICIT = {"approve", "approved"}
_DRESS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # how an emoji is drawn
_LETTER = re.compile(r"(?:option\s+)?[(\[]?([a-z])[)\]:]?", re.ASCII)
_MARKED = r"\s*(?:[-*+]\s+)?(?P<mark>[*_`]{{0,3}}){word}(?:(?P=mark)\s?[:\uff1a]|\s?[:\uff1a](?P=mark))"
_CORRECT = re.compile(_MARKED.format(word=r"(?:correct|answer)"), re.IGNORECASE)
_NUMBERED = re.compile(_MARKED.format(word=r"Q(?P<number>\d{1,3})"), re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@/.+-])@([a-z\d](?:[a-z\d-]*[a-z\d])?)", re.IGNORECASE | re.ASCII)
_AFTER_A_QUESTION_MARK = " \t\n)]}\"'*_~!.\u2026\u201d\u2019\u00bb"
_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_OURS = "<!-- askfirst:"


@dataclass(frozen=True)
class Reply:
    """`letter` is the option that was named, `text` the correction in full.

    `explicit`: it also counts from somebody who has voted already; everything else is conversation then.
    """

    kind: Kind
    letter: str | None = None
    text: str | None = None
    explicit: bool = False


TALK = Reply("talk")


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
    if _OURS in (body or "") or commands.parse(body, slug):
        return TALK
    lines = own_lines(body)
    first_numbered = next((i for i, line in enumerate(lines) if _numbered(line)), len(lines))
    before = lines[:first_numbered]
    while before and before[-1].blank:
        before.pop()
    return _read(before, options, recommended, slug)


def parse_numbered(body: str | None, slug: str = "askfirst") -> list[tuple[int, str]]:
    """The answers `Q2: …` in a comment, in order; each text goes on to the next one.

    Each is explicit; what it says is `parse` of its text, or the text itself where that is a correction.
    """
    if _OURS in (body or "") or commands.parse(body, slug):
        return []
    found: list[tuple[int, list[Line]]] = []
    for line in own_lines(body):
        if numbered := _numbered(line):
            found.append((int(numbered["number"]), [Line(line.text[numbered.end() :])]))
        elif found:
            found[-1][1].append(line)
    return [(number, joined(lines)) for number, lines in found]


def _numbered(line: Line) -> re.Match[str] | None:
    return None if line.code else _NUMBERED.match(line.text)


def _read(lines: list[Line], options: Collection[str], recommended: str | None, slug: str) -> Reply:
    if not lines:
        return TALK
    text = joined(lines)
    end = next((i for i, line in enumerate(lines) if line.blank or line.code), len(lines))
    said = _one_word(joined(lines[:end]), options, recommended)
    if said and (said.kind != "refuse" or end == len(lines)):
        return said
    if not lines[0].code and (named := _CORRECT.match(text)):
        return _correction(text[named.end() :].strip(), options, recommended)
    if _is_talk(lines, slug):
        return TALK
    return Reply("correct", text=text)


def _one_word(paragraph: str, options: Collection[str], recommended: str | None) -> Reply | None:
    """The paragraph as one of the plain words or a letter; None where it says more."""
    if len(paragraph) > 40:
        return None
    word = _DRESS.sub("", paragraph).strip(" \t*_`").casefold().rstrip(".! ")
    if word in _APPROVE:
        return Reply("approve", explicit=word in _EXPLICIT)
    if word in _REFUSE:
        return Reply("refuse")
    if word == "withdraw":
        return Reply("withdraw", explicit=True)
    letter = _LETTER.fullmatch(word)
    return _chosen(letter[1].upper(), options, recommended) if letter else None


def _chosen(letter: str, options: Collection[str], recommended: str | None) -> Reply:
    if letter not in {option.upper() for option in options}:
        return TALK
    kind: Kind = "approve" if recommended and letter == recommended.upper() else "choose"
    return Reply(kind, letter=letter, explicit=True)


def _correction(text: str, options: Collection[str], recommended: str | None) -> Reply:
    """After `correct:` a plain "yes" or "no" answers the question; only a letter stands for something else."""
    if not text:
        return Reply("refuse")
    letter = _LETTER.fullmatch(text.strip("*_` .!").casefold())
    if letter and letter[1].upper() in options:
        return _chosen(letter[1].upper(), options, recommended)
    return Reply("correct", text=text, explicit=True)


def _is_talk(lines: list[Line], slug: str) -> bool:
    if not lines[-1].code and lines[-1].text.rstrip(_AFTER_A_QUESTION_MARK).endswith(_QUESTION_MARKS):
        return True
    mentioned = {login.casefold() for login in _MENTION.findall(without_code(lines))}
    return bool(mentioned - {slug.casefold()})
