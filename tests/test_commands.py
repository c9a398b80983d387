"""Commands in comments: what is one, what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.webhooks.commands import MOST, VERBS, Command, nearest, parse


def said(body: str | None) -> list[tuple[int, str]]:
    return [(command.line, command.verb) for command in parse(body, "askfirst")]


@pytest.mark.parametrize(
    "body",
    [
        "/askfirst help",
        "@askfirst help",
        "@askfirst[bot] help",
        "/AskFirst HELP",
        "@AskFirst Help!",
        "   /askfirst   help  ",
        "/askfirst\u00a0help",
        "\ufeff\u200b/askfirst \u2060help\u200b",
        "/askfirst",
        "/askfirst help\r\n",
    ],
)
def test_ways_to_ask_for_help(body: str) -> None:
    assert said(body) == [(1, "help")]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no body"),
        ("", "nothing"),
        ("> /askfirst help", "a quote"),
        ("```\n/askfirst help\n```", "a fence"),
        ("~~~sh\n/askfirst help", "a fence left open"),
        ("`/askfirst help`", "inline code"),
        ("    /askfirst help", "indented code"),
        ("\t/askfirst help", "indented code"),
        ("  \t/askfirst help", "indented code"),
        ("<!-- /askfirst help -->", "a comment"),
        ("<!--\n/askfirst help\n-->", "a comment of several lines"),
        ("<!-- left open\n/askfirst help", "a comment left open"),
        ("Hello.\n/askfirst help", "text before it"),
        ("- /askfirst help", "a list"),
        ("On Monday Mona wrote:\n/askfirst help", "the tail of an e-mail"),
        ("-- \n/askfirst help", "a signature"),
        ("/askfirsthelp", "another word"),
        ("/askfirst-more help", "another word"),
        ("/askfirst/help", "a path"),
        ("@askfirster help", "somebody else"),
        ("x@askfirst help", "an address"),
        ("/\u2060askfirst help", "made inert by us"),
        ("@\u2060askfirst help", "made inert by us"),
        ("/a\u017fkfirst help", "letters that only look alike"),
        ("# /askfirst help", "a heading"),
    ],
)
def test_what_is_not_a_command(body: str | None, why: str) -> None:
    assert said(body) == [], why


def test_only_the_leading_lines_count() -> None:
    body = "<!-- from the template -->\n\n/askfirst help\n\n/askfirst scan\nThank you!\n/askfirst scan"
    assert said(body) == [(3, "help"), (5, "scan")]
    assert said("/askfirst help\n> quoted\n/askfirst scan") == [(1, "help")]
    assert said("/askfirst help\n```\n/askfirst scan\n```") == [(1, "help")]


def test_a_comment_ends_and_the_rest_of_its_line_counts() -> None:
    assert said("<!-- a\nb --> /askfirst help\n/askfirst scan <!-- why\n/askfirst help -->") == [
        (2, "help"),
        (3, "scan"),
    ]


def test_at_most_ten() -> None:
    assert len(parse("/askfirst help\n" * 30, "askfirst")) == MOST == 10


def test_the_slug_is_the_apps() -> None:
    assert parse("@my-app scan", "my-app")[0].verb == "scan"
    assert parse("@myxapp scan", "my.app") == []


@pytest.mark.parametrize(
    ("text", "paths", "prompt"),
    [
        ("/askfirst scan", (), None),
        ("/askfirst scan src tests/unit", ("src", "tests/unit"), None),
        ("/askfirst scan `src`, docs", ("src", "docs"), None),
        ("/askfirst scan -- security only", (), "security only"),
        ("/askfirst scan src -- look at `<!--` -- twice", ("src",), "look at `<!--` -- twice"),
        ("/askfirst scan src \u2014 typed on a phone", ("src",), "typed on a phone"),
        ("/askfirst scan --", (), None),
    ],
)
def test_scan_takes_paths_and_a_prompt(text: str, paths: tuple[str, ...], prompt: str | None) -> None:
    assert parse(text, "askfirst") == [Command(1, text, "scan", paths, prompt)]


def test_an_unknown_verb_is_given_with_the_nearest() -> None:
    command = parse("/askfirst scna src", "askfirst")[0]
    assert not command.known
    assert nearest(command.verb) == "scan"
    assert nearest("xyzzy") is None
    assert all(parse(f"/askfirst {name}", "askfirst")[0].known for name in VERBS)


PIECES = ["/askfirst", "@askfirst", " scan", " help", "\n", "\r\n", "<!--", "-->", "`", "```", "> ", " ", "\t", "--",
          "\u200b", "\u00a0", "\x00", "a" * 3_000]  # fmt: skip


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.text(max_size=20))
def test_it_never_fails_and_never_gives_more_than_ten(body: str, slug: str) -> None:
    commands = parse(body, slug)
    assert len(commands) <= MOST
    assert len({command.line for command in commands}) == len(commands)


def test_a_hostile_comment_takes_no_time() -> None:
    for body in ("`" * 65_000, "` `` " * 13_000, "<!--" * 16_000, "/askfirst " * 6_500, "\u200b" * 65_000):
        assert len(parse(body, "askfirst")) <= MOST
