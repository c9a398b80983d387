"""Commands in a comment: `/askfirst verb …` on its leading lines. Pure: text in, commands out, never an error."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from bot.domain.verbs import VERBS, Verb, named
from bot.webhooks import grammar
from bot.webhooks.grammar import NotUnderstood, strip
from bot.webhooks.markdown import leading_lines

MOST = 10
LONGEST = 2_000
LONGEST_WORD = 40
PREFIX = "/askfirst"
_DRESS = "`*_.,:;!?"  # what people put around a word


@dataclass(frozen=True)
class Command:
    """One command, read; two that mean the same are equal, wherever and however they are written.

    `line` (from 1) and `written` are where it stood and how. What is not `understood` has its words in `text`.
    """

    verb: str
    issues: tuple[int, ...] = ()
    questions: tuple[int, ...] = ()
    every: bool = False
    paths: tuple[str, ...] = ()
    reason: str | None = None
    text: str | None = None
    max: int | None = None
    branch: str | None = None
    base: str | None = None
    carry_on: bool = False
    dry_run: bool = False
    understood: bool = True
    line: int = field(default=1, compare=False)
    written: str = field(default="", compare=False)

    @property
    def form(self) -> Verb | None:
        """Its row in the table; None for a verb that is none of ours."""
        return VERBS.get(self.verb)

    def __str__(self) -> str:
        """The command as a line that is read as this command again."""
        words = [PREFIX, self.form.word if self.form else self.verb]
        words += [f"#{number}" for number in self.issues] + [f"Q{number}" for number in self.questions]
        words += [*["all"] * self.every, *self.paths, *([self.reason] if self.reason else [])]
        for name, value in (("max", self.max), ("branch", self.branch), ("base", self.base)):
            words += [f"--{name}", str(value)] * (value is not None)
        words += ["--continue"] * self.carry_on
        if self.text and self.questions:
            words[-1] += ":"
        elif self.text and self.understood and self.verb == "scan":
            words.append("--")
        words += ([self.text] if self.text else []) + ["--dry-run"] * self.dry_run
        return " ".join(words)


def parse(body: str | None, slug: str) -> list[Command]:
    """The commands on the leading lines of a body, at most MOST.

    Blank lines and HTML comments are passed over. The first other line, be it text, a quote, code or a list, ends
    the run, so that nothing quoted, shown or hidden is ever taken for a command.
    """
    text = (body or "").replace("\0", "\ufffd")
    starts = {PREFIX, f"@{slug}".lower(), f"@{slug}[bot]".lower()}
    if not any(start in text.lower() for start in starts):
        return []
    found: list[Command] = []
    for number, raw in leading_lines(text, lambda line: _may_begin(line, starts)):
        line = strip(raw)
        if not line:
            continue
        command = _command(line, starts)
        if command is None:
            break
        found.append(replace(command, line=number, written=line))
        if len(found) == MOST:
            break
    return found


def written(commands: Iterable[Command]) -> str:
    """A comment that holds these commands and nothing else."""
    return "\n\n".join(map(str, commands))


def nearest(verb: str) -> str | None:
    """The word that an unknown one was probably meant to be."""
    known = [word for verb in VERBS.values() for word in (verb.word, *verb.aliases)]
    return next(iter(difflib.get_close_matches(verb[:LONGEST_WORD], known, n=1)), None)


def _may_begin(line: str, starts: Collection[str]) -> bool:
    shown = strip(line)
    return not shown or shown.startswith("<!--") or _address(shown)[0] in starts


def _address(line: str) -> tuple[str, str]:
    """The first word, if it may address us, and what follows it."""
    first, rest = grammar.first(line)
    return (first.lower().rstrip(":,") if first.isascii() else "", rest)


def _command(line: str, starts: Collection[str]) -> Command | None:
    address, rest = _address(line)
    if address not in starts or len(line) > LONGEST:
        return None
    word, rest = grammar.first(rest)
    word = word.partition("<!--")[0]
    word = (word.strip(_DRESS) or word).lower() or "help"
    command = _understood(word, rest)
    return command if len(str(command)) <= LONGEST else None


def _understood(word: str, rest: str) -> Command:
    forms = named(word)
    for form in forms:
        try:
            return Command(form.name, **grammar.read(form, rest))
        except NotUnderstood:
            continue
    if not forms:
        return Command(word)
    return Command(forms[0].name, text=" ".join(grammar.words(rest)) or None, understood=False)
