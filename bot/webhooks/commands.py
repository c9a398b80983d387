"""Commands in a comment: `/askfirst verb …` on its leading lines. Pure: text in, commands out, never an error."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

MOST = 10

_BLANK = "\u00a0\u200b\u200c\u200d\u2060\ufeff"  # what editors and mail programs put where a space was
_SPACE = rf"[ \t\f\v{_BLANK}\u2000-\u200a\u202f\u205f\u3000]"
_CODE_INDENT = re.compile(r"^ {0,3}\t|^ {4}")
_LONGEST_LINE = 2_000
_HIDDEN = re.compile(r"(?P<code>(?<!`)(`+)(?!`).*?(?<!`)\2(?!`))|<!--(?:.*?-->|(?P<open>.*))")
_LINES = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"#?(\d{1,9}),?", re.ASCII)
_DASHES = ("--", "\u2014", "\u2013")  # phones turn two hyphens into a dash


@dataclass(frozen=True)
class Verb:
    """One thing that can be asked for; `level` is the permission it needs, "" for anyone."""

    name: str
    usage: str
    does: str
    level: str


VERBS = {
    verb.name: verb
    for verb in (
        Verb("ask", "ask [#issue …]", "asks what is unclear about these issues, or about this one", "write"),
        Verb("help", "help", "says what you may ask for here", ""),
        Verb(
            "scan", "scan [paths] [-- prompt]", "looks for work in the repository and files issues", "write"
        ),
    )
}


@dataclass(frozen=True)
class Command:
    """One command. With the comment's id, `line` (from 1) is its key: a redelivery does nothing twice."""

    line: int
    text: str
    verb: str
    paths: tuple[str, ...] = ()
    prompt: str | None = None
    numbers: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the verb is one of ours."""
        return self.verb in VERBS


def nearest(verb: str) -> str | None:
    """The verb that an unknown one was probably meant to be."""
    return next(iter(difflib.get_close_matches(verb, VERBS, n=1, cutoff=0.6)), None)


def parse(body: str | None, slug: str) -> list[Command]:
    """The commands on the leading lines of a body, at most MOST.

    Blank lines and HTML comments are passed over; the first other line, be it text, a quote, a fence or
    an indented one, ends the run, so that nothing quoted, shown or hidden is ever taken for a command.
    """
    start = re.compile(
        rf"^{_SPACE}*(?:/askfirst|@{re.escape(slug)}(?:\[bot\])?)(?:{_SPACE}+(?P<rest>.*)|(?P<none>))$",
        re.IGNORECASE | re.ASCII | re.DOTALL,
    )
    found: list[Command] = []
    hidden = False
    for number, raw in enumerate(_LINES.split(body or ""), start=1):
        if not hidden and raw.strip() and (_CODE_INDENT.match(raw) or len(raw) > _LONGEST_LINE):
            break
        line, hidden = _visible(raw, hidden)
        if not line.strip(_BLANK + " \t\f\v"):
            continue
        command = start.match(line)
        if command is None:
            break
        found.append(_command(number, line.strip(_BLANK + " \t"), command["rest"] or ""))
        if len(found) == MOST:
            break
    return found


def _visible(line: str, hidden: bool) -> tuple[str, bool]:
    """The line without HTML comments, and whether one is still open at its end."""
    if hidden:
        _, closed, line = line.partition("-->")
        if not closed:
            return "", True
    still_open = False

    def shown(part: re.Match[str]) -> str:
        nonlocal still_open
        if part["code"] is not None:
            return part[0]
        still_open = part["open"] is not None
        return ""

    return _HIDDEN.sub(shown, line), still_open


def _command(number: int, text: str, rest: str) -> Command:
    verb, *words = [word for word in re.split(rf"{_SPACE}+", rest) if word] or ["help"]
    verb = verb.rstrip(".,:;!?").lower()
    if verb == "ask":
        named = (found for word in words if (found := _NUMBER.fullmatch(word)))
        return Command(number, text, verb, numbers=tuple(int(one[1]) for one in named))
    if verb != "scan":
        return Command(number, text, verb)
    cut = next((i for i, word in enumerate(words) if word in _DASHES), len(words))
    paths = tuple(path for word in words[:cut] if (path := word.strip("`,")))
    return Command(number, text, verb, paths, " ".join(words[cut + 1 :]) or None)
