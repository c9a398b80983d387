"""The table of questions: which one a fix raises, its words, and what an answer to it tells the agent to do."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from bot.agents.base import Answer, Option, Wire
from bot.agents.handed_in_questions import LETTERS
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.places import is_aside, is_test
from bot.agents.tree import Tree

When = Literal["unsafe", "public", "tests", "always"]
Does = Literal["fix", "leave", "hand"]
Pair = list[str]


class Question(Wire):
    """An entry of `rules/questions.toml`, which says what the fields mean."""

    rule: str
    when: When
    question: Pair
    why: str
    fix: Pair
    leave: Pair
    hand: Pair | None = None
    impact: int
    uncertainty: float
    blocking: bool
    own_answer: bool = False

    def choices(self) -> list[tuple[Does, Pair]]:
        """What can be chosen, in the order of the letters; the first is the recommended one."""
        hand: list[tuple[Does, Pair]] = [("hand", self.hand)] if self.hand else []
        return [("fix", self.fix), ("leave", self.leave), *hand]

    def options(self, count: int) -> list[Option]:
        return [
            Option(letter=letter, text=worded(pair, count), recommended=does == "fix", leaves=does == "leave")
            for letter, (does, pair) in zip(LETTERS, self.choices(), strict=False)
        ]

    def fits(self, code: str) -> bool:
        return self.rule == code or (self.rule.endswith("*") and code.startswith(self.rule[:-1]))


class _Table(Wire):
    question: list[Question]


@cache
def _table() -> list[Question]:
    file = Path(__file__).with_name("rules") / "questions.toml"
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return _Table.model_validate_json(json.dumps(raw)).question


def question_for(code: str, findings: Sequence[Finding], tree: Tree) -> Question | None:
    """The question that fixing these findings of one rule raises, if any."""
    return next(
        (one for one in _table() if one.fits(code) and _raised(one.when, findings, tree)),
        None,
    )


def worded(pair: Pair, count: int, **words: str) -> str:
    """The text for one place or for more."""
    return pair[0 if count == 1 else 1].format(n=count, **words)


def told(code: str, answers: Sequence[Answer]) -> tuple[Does | None, Answer] | None:
    """What the answers say to do about a rule: None without answers, (None, answer) for one not understood.

    Of several to the same question the last counts; the most careful of the rest decides.
    """
    latest = {one.question: one for one in answers}
    read = [(_does(code, one.answer), one) for one in latest.values()]
    for does in (None, "leave", "hand", "fix"):
        for found, answer in read:
            if found == does:
                return found, answer
    return None


def _does(code: str, text: str) -> Does | None:
    for one in _table():
        if one.fits(code):
            for letter, (does, pair) in zip(LETTERS, one.choices(), strict=False):
                if _plain(text) in (letter.casefold(), *map(_plain, pair)):
                    return does
    return None


def _plain(text: str) -> str:
    """Without what may differ between the question and the answer: numbers, case, spaces, the final dot."""
    return re.sub(r"\d+|\{n\}", "#", " ".join(text.casefold().split()).rstrip(".! "))


def _raised(when: When, findings: Sequence[Finding], tree: Tree) -> bool:
    if when == "unsafe":
        return not all(one.safe_fix for one in findings)
    if when == "public":
        return any(is_public(one.path, tree) for one in findings)
    return when == "always" or all(is_test(one.path) for one in findings)


def is_public(path: str, tree: Tree) -> bool:
    """Whether a file is a module of a package, with no part of its name private, so that others may import it."""
    folder = path.rpartition("/")[0]
    private = any(part.startswith("_") and part != "__init__.py" for part in path.split("/"))
    return f"{folder}/__init__.py" in tree and not private and not is_test(path) and not is_aside(path)
