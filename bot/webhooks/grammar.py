"""What follows a command's word, read into the parts that its verb takes. Pure; the table is `bot.domain.verbs`."""

from __future__ import annotations

import re
from typing import Any

from bot.domain.issues import REASONS
from bot.domain.verbs import Verb
from bot.webhooks.markdown import without_comments

# white space, and what nobody sees: soft hyphens, joiners, marks of direction
_BLANK_RANGES = ((0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0xAD, 0xAD), (0x61C, 0x61C), (0x1680, 0x1680),
                 (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))  # fmt: skip
BLANK = "".join(chr(code) for first, last in _BLANK_RANGES for code in range(first, last + 1))
SPACE = f"[{re.escape(BLANK)}]"
MOST_NAMED = 100  # issues, questions or paths in one command
MOST_ASKED = 50

_DASHES = ("--", "\u2014", "\u2013")  # phones turn two hyphens into a dash
_DASH = f"(?:{'|'.join(_DASHES)})"
_WORD = re.compile(f"[^{re.escape(BLANK)}]+")
_DRY_RUN = re.compile(rf"(?:^|{SPACE}){_DASH}dry-run\Z", re.IGNORECASE | re.ASCII)
_ISSUE = re.compile(r"#([1-9]\d{0,8})", re.ASCII)
_QUESTIONS = re.compile(r"Q([1-9]\d{0,2})(?:[-\u2013\u2014]Q?([1-9]\d{0,2}))?", re.ASCII | re.IGNORECASE)
_CORRECTION = re.compile(rf"Q([1-9]\d{{0,2}}){SPACE}*[:\uff1a]", re.IGNORECASE)
_OPTION = re.compile(rf"{_DASH}([a-z][a-z-]*)(?:=(.+))?", re.ASCII | re.DOTALL)
_SMALL = re.compile(r"[1-9]\d?", re.ASCII)


class NotUnderstood(Exception):
    """Something is there that the verb does not take, or something is missing."""


def strip(text: str) -> str:
    """The text without white space, and what nobody sees, at its ends."""
    return text.strip(BLANK)


def first(text: str) -> tuple[str, str]:
    """The first word, and what follows it."""
    found = _WORD.search(text)
    return (found[0], text[found.end() :]) if found else ("", "")


def words(text: str) -> list[str]:
    """The words of a text, up to the first in which a comment begins."""
    found = _WORD.findall(text)
    return found[: next((i for i, word in enumerate(found) if "<!--" in word), len(found))]


def read(verb: Verb, rest: str) -> dict[str, Any]:
    """The fields of `Command` that these words give. Raises NotUnderstood."""
    if verb.name in ("help", "status"):  # whoever says please is not refused
        return {}
    return _Reader(verb, rest).read()


class _Reader:
    """Goes through the words; where a free text begins, all that is left belongs to it."""

    def __init__(self, verb: Verb, rest: str) -> None:
        self.takes, self.needs, self.rest = verb.takes, verb.needs, rest
        self.start = self.at = 0
        self.given: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        while word := self._next():
            hidden = "<!--" in word
            if not hidden and (self._option(word) or self._part(word)):
                continue
            if self._text(word) or hidden:
                break
            raise NotUnderstood
        there = self.given.keys() | ({"questions"} if "every" in self.given else set())
        if not self.needs <= there:
            raise NotUnderstood
        return self.given

    def _next(self) -> str:
        found = _WORD.search(self.rest, self.at)
        self.start, self.at = found.span() if found else (len(self.rest), len(self.rest))
        return found[0] if found else ""

    def _option(self, word: str) -> bool:
        found = _OPTION.fullmatch(word)
        if found is None:
            return False
        name, value = found.groups()
        if name == "dry-run" and value is None:
            self.given["dry_run"] = True
        elif name == "continue" and name in self.takes and value is None:
            self.given["carry_on"] = True
        elif name in self.takes and name in ("branch", "base", "max"):
            self._value(name, (value or self._next()).replace("`", ""))
        else:
            raise NotUnderstood
        return True

    def _value(self, name: str, value: str) -> None:
        if not value or value.startswith(_DASHES) or "<!--" in value:
            raise NotUnderstood
        if name == "max" and not (_SMALL.fullmatch(value) and int(value) <= MOST_ASKED):
            raise NotUnderstood
        self.given[name] = int(value) if name == "max" else value

    def _part(self, word: str) -> bool:
        if "paths" in self.takes:
            path = word.replace("`", "").strip(",")
            return not path.startswith(_DASHES) and (not path or self._add("paths", [path]))
        if word.lower().replace("-", "_") in REASONS and "reason" in self.takes - self.given.keys():
            self.given["reason"] = word.lower().replace("-", "_")
            return True
        pieces = [piece for part in word.split(",") if (piece := part.rstrip(".!;:"))]
        if not pieces:
            return bool(self.takes & {"issues", "questions"})
        if "issues" in self.takes:
            return self._issues(pieces)
        return "questions" in self.takes and "text" not in self.takes and self._questions(pieces)

    def _issues(self, pieces: list[str]) -> bool:
        found = [_ISSUE.fullmatch(piece) for piece in pieces]
        if "one" in self.takes and (len(found) > 1 or "issues" in self.given):
            return False
        return all(found) and self._add("issues", [int(one[1]) for one in found if one])

    def _questions(self, pieces: list[str]) -> bool:
        for piece in pieces:
            found = _QUESTIONS.fullmatch(piece)
            if piece.lower() == "all" and "all" in self.takes:
                self.given["every"] = True
            elif found is None:
                return False
            else:
                first, last = int(found[1]), int(found[2] or found[1])
                if not first <= last < first + MOST_NAMED:
                    raise NotUnderstood
                self._add("questions", range(first, last + 1))
        return True

    def _add(self, name: str, more: Any) -> bool:
        self.given[name] = tuple(dict.fromkeys((*self.given.get(name, ()), *more)))
        if len(self.given[name]) > MOST_NAMED:
            raise NotUnderstood
        return True

    def _text(self, word: str) -> bool:
        """Whether a free text begins here: after a dash, after `Q2:`, or with the first other word."""
        if "text" not in self.takes:
            return False
        begins = self.start
        if "paths" in self.takes:
            if word.replace("`", "").strip(",") not in _DASHES:
                return False
            begins = self.at
        elif "questions" in self.takes:
            if (found := _CORRECTION.match(self.rest, self.start)) is None:
                return False
            begins = found.end()
            self._add("questions", [int(found[1])])
        text = strip(without_comments(self.rest[begins:]))
        while found := _DRY_RUN.search(text):
            self.given["dry_run"], text = True, strip(text[: found.start()])
        if text:
            self.given["text"] = text
        return True
