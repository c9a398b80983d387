"""Commands in comments: what is one, what only looks like one, and what it comes to."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.domain.verbs import LEVELS, VERBS
from bot.webhooks.commands import MOST, Command, nearest, parse, written
from bot.webhooks.grammar import BLANK
from tests.command_cases import CASES, NOT_UNDERSTOOD, PARTS

PIECES = [
    "/askfirst", "/askfirst ", "@askfirst ", "scan", " help", " correct Q2: ", "Q1-Q3", " skip #1 ", " dismiss ",
    " duplicate", " ask ", " work ", " reopen ", " approve ", "all", "#1", "#2,", " --branch ", "x", " --max=3",
    " --continue", " --dry-run", " -- ", " \u2014 ", "\n", "\n\n", "\r\n", "<!--", "-->", "<!-- x -->", "`",
    "``", "```", "~~~", "> ", " ", "\t", "\u200b", "\u00a0", "\x00", "\x85", "<a b='", "'>", "<div>", "- ", "1. ",
    "    ", "a", "<", "--", "\\", "&", "*", "#", "===", "a" * 3_000,
]  # fmt: skip
lines = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
hostile = (
    st.text()
    | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
    | st.lists(lines.map(lambda line: f"/askfirst {line}"), max_size=4).map("\n".join)
)


def read(body: str | None) -> list[Command]:
    return parse(body, "askfirst")


@pytest.mark.parametrize(("why", "body", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_is_a_command(why: str, body: str | None, expected: list[str]) -> None:
    found = read(body)
    assert list(map(str, found)) == expected
    assert all(command.understood for command in found)
    assert read(written(found)) == found


def test_the_table_of_comments_is_long_and_each_is_in_it_once() -> None:
    assert len(CASES) >= 150
    assert len({body for _, body, _ in CASES}) == len(CASES) == len({why for why, _, _ in CASES})


@pytest.mark.parametrize(("why", "body"), NOT_UNDERSTOOD, ids=[case[0] for case in NOT_UNDERSTOOD])
def test_what_is_not_understood_is_never_half_a_command(why: str, body: str) -> None:
    [command] = read(body)
    assert not command.understood and command.verb in VERBS
    assert read(str(command)) == [command]


@pytest.mark.parametrize(("body", "parts"), PARTS, ids=[case[0] for case in PARTS])
def test_the_parts_of_a_command(body: str, parts: dict[str, Any]) -> None:
    assert read(body) == [Command(body.split()[1], **parts)]


def test_a_line_that_is_too_long_is_no_command() -> None:
    longest = "/askfirst correct Q1: ".ljust(2_000, "x")
    assert list(map(str, read(longest))) == [longest]
    assert read(f"{longest}x") == []


def test_every_space_divides_words_and_nothing_that_shows_does() -> None:
    spaces = [one for one in map(chr, range(0x110000)) if one.isspace() and one not in "\r\n"]
    assert [one for one in spaces if list(map(str, read(f"/askfirst{one}help"))) != ["/askfirst help"]] == []
    named = set(BLANK) - {"\u2065"}  # not given to a character yet, among those that nobody sees
    assert {unicodedata.category(one) for one in named} == {"Cc", "Cf", "Zl", "Zp", "Zs"}


def test_where_each_stood_and_how_it_was_written() -> None:
    body = (
        "<!-- from\nthe template -->\n\n/ASKFIRST  help \u200b\n\n@askfirst scan src <!-- x -->\nThank you!"
    )
    assert [(one.line, one.written) for one in read(body)] == [
        (4, "/ASKFIRST  help"),
        (6, "@askfirst scan src"),
    ]


def test_the_slug_is_the_apps() -> None:
    assert parse("@my-app scan", "my-app")[0].verb == "scan"
    assert parse("@My-App scan", "my-APP")[0].verb == "scan"
    assert parse("@myxapp scan", "my.app") == []


@given(hostile, st.text(max_size=20))
def test_it_never_fails_and_never_gives_more_than_ten(body: str, slug: str) -> None:
    found = parse(body, slug)
    assert len(found) <= MOST
    assert len({command.line for command in found}) == len(found)


@settings(max_examples=200)
@given(hostile)
def test_what_is_written_again_is_read_as_the_same(body: str) -> None:
    found = read(body)
    assert read(written(found)) == found


WHOLE = MarkdownIt("commonmark")  # another reading of the same text, with all rules and in one go
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def shown(body: str) -> str:
    """What stands in paragraphs at the top, without code and without what is hidden."""
    found, inside = [], ""
    for token in WHOLE.parse(body):
        if token.level == 0:
            inside = token.type
        if token.type == "html_block" and token.level == 0:
            found.append(COMMENT.sub("", token.content))
        elif token.type == "inline" and inside in ("paragraph_open", "heading_open"):
            found += [child.content for child in token.children or () if child.type == "text"]
    return "\n".join(found)


@settings(max_examples=200)
@given(hostile)
def test_no_command_is_found_in_code_or_a_quote_or_where_nobody_sees_it(body: str) -> None:
    split = re.split(r"(\r\n|\r|\n)", body)
    for command in read(body):
        place = 2 * (command.line - 1)
        line = COMMENT.sub(lambda found: "\x01" * len(found[0]), split[place])
        start = re.search(r"[/@]askfirst", line, re.IGNORECASE)
        assert start is not None
        at = start.start()
        marked = [*split[:place], f"{split[place][:at]}MARKED{split[place][at + 1 :]}", *split[place + 1 :]]
        assert "MARKED" in shown("".join(marked))


@pytest.mark.parametrize("before", ["", "/askfirst scan ", "/askfirst correct Q1: ", "<!-- -->"])
def test_a_hostile_comment_takes_no_time(before: str) -> None:
    for piece in ("`\n", "<!--", "<!-- -->", "<!---->\n", "<a\n", "<a b='", "Q1-Q99 ", "\u200b", " ", "> a\n",
                  ">" * 19 + "\na\n", "[a]: b\n", "/askfirst help\n\n"):  # fmt: skip
        for size in (9_900, 65_000):
            assert len(read((before + piece * (size // len(piece)))[:size] + "\n/askfirst help")) <= MOST


def test_an_unknown_verb_has_a_nearest_one() -> None:
    assert not [command for command in read("/askfirst scna src") if command.form]
    assert [nearest(word) for word in ("scna", "aprove", "answr", "xyzzy")] == [
        "scan",
        "approve",
        "answer",
        None,
    ]


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_each_verb_of_the_table_is_read_as_it_is_shown(verb: object) -> None:
    assert isinstance(verb, type(VERBS["help"]))
    first = re.sub(r"\[.*?\]|…", "", verb.usage).replace("text", "words").replace("reason", "words")
    [command] = read(f"/askfirst {first}")
    assert command.understood and command.form == verb
    for alias in verb.aliases:
        assert read(f"/askfirst {first.replace(verb.word, alias)}") == [command]
    assert LEVELS.index(verb.lowest) <= LEVELS.index(verb.level or "none")
