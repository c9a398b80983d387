"""Replies: what is an answer to a question, what is only conversation."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.github import marks
from bot.webhooks import vocabulary, words
from bot.webhooks.replies import VOTES, Reply, parse, parse_numbered
from tests import reply_cases
from tests.reply_cases import APPROVED, BUTS, FIRST_LINES, GOODBYES, NUMBERED, TAILS, TALK, Case, says
from tests.test_github_questions import BODIES
from tests.test_github_texts import SENTENCES

TABLES = [name for name, value in vars(reply_cases).items() if name.isupper() and isinstance(value, list)]
CASES = [
    case
    for name in TABLES
    if name not in ("NUMBERED", "BUTS", "FIRST_LINES")
    for case in vars(reply_cases)[name]
]


def said(body: str | None) -> Reply:
    return parse(body, options="ABC", recommended="A", slug="askfirst")


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case[0])[:60])
def test_what_a_reply_says(case: Case) -> None:
    body, outcome, why = case
    assert said(body) == outcome, why


def test_the_table_is_large_and_says_each_thing_once() -> None:
    assert len(CASES) + len(NUMBERED) + len(TAILS | GOODBYES) > 400
    bodies = [body for body, _, _ in CASES]
    assert [body for body in bodies if bodies.count(body) > 1] == []


@pytest.mark.parametrize("tail", [*TAILS.values(), *GOODBYES.values()], ids=[*TAILS, *GOODBYES])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_mail_programs_add_changes_nothing(tail: str, line_end: str) -> None:
    below = f"\n\n{tail}".replace("\n", line_end)
    assert said(f"approve{below}") == APPROVED
    assert said(f"Use UTC.{below}") == says("Use UTC.")
    assert parse_numbered(f"Q2: B{below}") == [(2, "B")]
    if tail not in GOODBYES.values():
        assert said(below) == TALK, "and it says nothing by itself"


@pytest.mark.parametrize("line", FIRST_LINES)
def test_nothing_below_a_line_of_a_mail_program_is_an_answer(line: str) -> None:
    assert said(f"approve\n\n{line}\n\nno") == APPROVED
    assert said(f"Use UTC.\n{line}\n> no") == says("Use UTC.")


@pytest.mark.parametrize("but", BUTS)
def test_a_but_takes_a_yes_back(but: str) -> None:
    body = f"approve\n\n{but} UTC"
    assert said(body) == says(body)


@pytest.mark.parametrize(("body", "found", "why"), NUMBERED)
def test_answers_by_number(body: str | None, found: list[tuple[int, str]], why: str) -> None:
    assert parse_numbered(body) == found, why


def test_every_word_that_decides_is_documented() -> None:
    page = Path(__file__).parent.parent / "docs/reference/replies.md"
    documented = unicodedata.normalize("NFKC", page.read_text()).casefold()
    deciding = vocabulary.APPROVE | vocabulary.EXPLICIT | vocabulary.REFUSE
    assert [word for word in deciding if f"`{word}" not in documented and word not in "👍👎"] == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [("approve", "approve"), ("refuse", "refuse"), ("doubtful", "unclear"), ("no answer", "talk")],
)
def test_every_word_that_is_documented_says_what_the_page_says(row: str, kind: str) -> None:
    page = (Path(__file__).parent.parent / "docs/reference/replies.md").read_text()
    tables = page.partition("| | the words |")[2]
    [line] = re.findall(rf"^\| {row}.*", tables, re.MULTILINE)
    listed = re.findall("`(.+?)`|([👍👎✅👌])", line.split("|")[2])
    found = {word: said(word).kind for word in map("".join, listed)}
    assert len(found) >= 10
    assert {word: says for word, says in found.items() if says != kind} == {}


def test_a_letter_needs_an_option() -> None:
    assert parse("B").kind == "unclear"
    assert parse("y").kind == "approve"
    assert parse("a", options=["A", "B"]) == Reply("choose", letter="A", explicit=True)
    assert parse("A", options="A") == Reply("choose", letter="A", explicit=True)
    assert parse("B", options=["a", "b"], recommended="b") == Reply("approve", letter="B", explicit=True)


def test_only_what_is_explicit_counts_after_a_first_vote() -> None:
    explicit = [outcome for _, outcome, _ in CASES if outcome.explicit]
    assert {outcome.kind for outcome in explicit} == {"approve", "choose", "correct", "withdraw"}
    for word in ("yes", "ok", "lgtm", "👍", "oui", "no", "sure", "Use UTC."):
        assert not said(word).explicit


LISTED = vocabulary.APPROVE | vocabulary.EXPLICIT | vocabulary.DOUBTFUL | vocabulary.POLITE
PIECES = [
    "approve", "yes", "oui", "B", "A", "no", "not", "withdraw", "correct:", "Q2:", "@lisa", "?", "sure", "thanks", "but", "UTC",
    "> ", "- ", "1. ", "    ", "```", "~~~", "`", "<!--", "-->", "<b>", "</pre>", "<pre>", "[x]: ", "\\", "|", "**", "~~",
    "-- ", "On Monday Mona wrote:", "\n", "\r\n", "\r", "\n\n", " ", "\t", "\u00a0", "👍", "🤔", "\u200b", "\u202e", "\u2028", "\x00",
    "\x85", "\ud800", "ａ", "x" * 300,
]  # fmt: skip
anything = st.text() | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(anything, st.sets(st.sampled_from("ABCDE")), st.sampled_from([None, *"ABCDE"]))
def test_it_never_fails_and_says_only_what_it_may(
    body: str, options: set[str], recommended: str | None
) -> None:
    reply = parse(body, options=options, recommended=recommended)
    assert (reply.text is not None) == (reply.kind == "correct")
    assert reply.text is None or reply.text.strip()
    assert reply.letter is None or reply.letter in options
    assert reply.kind != "choose" or reply.letter not in (None, recommended)
    assert reply.explicit or reply.kind not in ("choose", "withdraw")
    assert not reply.explicit or reply.kind not in ("talk", "refuse", "unclear")
    for number, text in parse_numbered(body):
        assert 0 <= number < 1000
        assert len(text) <= words.LONGEST


@given(
    st.lists(
        st.sampled_from([*LISTED, *"ABC", "no", "not", "but", "UTC", "is", "D", "?", "withdraw"]),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([" ", ", ", ". ", "\n"]),
    anything,
)
def test_only_a_paragraph_of_nothing_else_approves(paragraph: list[str], between: str, rest: str) -> None:
    first = between.join(paragraph)
    if said(f"{first}\n\n{rest}").kind in ("approve", "choose"):
        assert set(paragraph) <= {*LISTED, *"ABC"}
        assert not set(paragraph).isdisjoint({*vocabulary.APPROVE, *vocabulary.EXPLICIT, *"ABC"})


def hidden_in(text: str) -> list[str]:
    """The text where it is no word of its author: quoted, shown as code, or not shown at all."""
    text = re.sub(r"\r\n?", "\n", text)
    rows = text.split("\n")
    return [
        "\n".join(f"> {row}" for row in rows),
        "\n".join(f"- > {row}" if i == 0 else f"  > {row}" for i, row in enumerate(rows)),
        "```````\n" + text.replace("```````", "") + "\n```````",
        "- x\n  ~~~~~~~\n" + "\n".join(f"  {row}" for row in rows).replace("~~~~~~~", "") + "\n  ~~~~~~~",
        "\n".join(f"    {row}" for row in ["x", *rows]),
        f"<pre>\n{text.replace('</', '')}\n</pre>",
        f"<!-- {text.replace('-->', '')} -->",
        f"<!-- {text.replace('-->', '')}",
    ]


@given(anything)
def test_what_is_quoted_hidden_or_code_is_no_vote(text: str) -> None:
    for body in hidden_in(text):
        for whole in (body, f"{body}\n\nUse UTC.", f"Use UTC.\n\n{body}"):
            assert said(whole).kind not in VOTES
            assert parse_numbered(whole) == []
    for body in hidden_in(text)[:2] + hidden_in(text)[-2:]:
        assert said(body) == TALK


@given(anything)
def test_how_lines_end_changes_nothing(text: str) -> None:
    text = text.replace("\r", "")
    for same in (
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        f"\n\n{text}\n  \n",
        re.sub(r"(?m)(?<!\\)$", "  ", text),
    ):
        assert said(same) == said(text)
        assert parse_numbered(same) == parse_numbered(text)


plain = st.lists(
    st.sampled_from(
        [
            "approve",
            "yes",
            "B",
            "no",
            "withdraw",
            "correct:",
            "Q2:",
            "@lisa",
            "?",
            "but",
            "UTC",
            " ",
            "\n",
            "\n\n",
            "- ",
        ]
    )
).map("".join)


@given(plain, st.sampled_from(list(TAILS.values())))
def test_a_mail_below_changes_nothing(text: str, tail: str) -> None:
    assert said(f"{text}\n\n{tail}") == said(text)
    assert parse_numbered(f"{text}\n\n{tail}") == parse_numbered(text)


SECRET = "secret"
HIDDEN = [
    f"<!-- {SECRET} -->", f"\n\n<!--\n{SECRET}\n\n{SECRET}\n-->\n", f"<? {SECRET} ?>", f"<!X {SECRET}>", f"<![CDATA[{SECRET}]]>",
    f'<img alt="{SECRET}">', f"<a title='{SECRET}' {SECRET}>", f"\n\n[//]: # ({SECRET})\n\n", f'\n\n[x]: y\n"{SECRET}"\n\n',
    f"\n\n> <!-- {SECRET} -->\n\n", f"\n\n<div {SECRET}>\n\n", "\u200b", "\u202e", "\u2066", "\u00ad", "\ufeff", "\u3164",
    "".join(chr(0xE0000 + ord(letter)) for letter in SECRET), "\ufe01\U000e0101", "\x00", "\x1b", "\x9b", "\ud800",
]  # fmt: skip
SHOWN = [
    "use",
    "UTC",
    "\n\n`<!-- this shows -->`",
    "1 < 2",
    "\n",
    "\n\n",
    "\n\n```\n<!-- this too -->\n```\n\n",
    "\n\n> quoted\n\n",
]


@given(st.lists(st.sampled_from(SHOWN + HIDDEN), max_size=12))
def test_what_is_kept_of_a_text_hides_nothing_and_loses_nothing(parts: list[str]) -> None:
    kept = words.cleaned(" ".join(parts))
    assert SECRET not in kept
    kept.encode()
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]",
        kept,
    )
    assert re.sub(r"</?\w+>|^>\s*$|\s", "", kept, flags=re.MULTILINE) == re.sub(
        r"\s", "", "".join(part for part in parts if part in SHOWN)
    )
    assert words.cleaned(kept) == kept
    assert said(f"correct: x\n\n{' '.join(parts)}").text is not None


@pytest.mark.parametrize(
    "hidden", [*HIDDEN, f"<!-- > {SECRET} -->", f"<? > {SECRET} ?>", f"<![CDATA[ > {SECRET}]]>"]
)
@pytest.mark.parametrize("body", ["Use {} UTC", "Use\n\n{} UTC", "Use\n\n{}\n\nUTC"])
def test_what_hides_in_a_line_or_between_paragraphs_hides_only_itself(body: str, hidden: str) -> None:
    kept = words.cleaned(body.format(hidden))
    assert SECRET not in kept
    assert re.sub(r"</?\w+>|^>\s*$|\s", "", kept, flags=re.MULTILINE) == "UseUTC"


@pytest.mark.parametrize("opener", ["<!--", "<?", "<!X", "<![CDATA["])
def test_what_is_left_open_at_the_start_of_a_line_hides_all_that_follows(opener: str) -> None:
    assert words.cleaned(f"Use UTC\n\n{opener} {SECRET}\n{SECRET}") == "Use UTC"


def test_a_long_correction_is_cut_where_it_says_so() -> None:
    fits, longer = "é" * 20_000, "Use UTC. " * 5_000
    assert said(fits) == says(fits)
    assert said(f"{fits}é") != says(f"{fits}é")
    assert said("Use UTC. " * 1_111) == says(("Use UTC. " * 1_111).strip()), (
        "ten thousand characters are no trouble"
    )
    for kept in (said(longer).text or "", said(f"correct: {longer}").text or "", words.cleaned(longer)):
        assert len(kept) <= words.MOST
        assert kept.startswith("Use UTC. ")
        assert kept.endswith("[cut here: the text is longer than 20,000 characters]")
    assert said(f"<!-- {longer} -->\n\nUse UTC.") == says("Use UTC."), "what is hidden takes no room"
    assert said("approve\n\n" + longer) == APPROVED


HOSTILE = [
    "*", ">", "`", "` `` ", "[", "[a]: b '\n", "<!--", "<!-->", "<?", "<![CDATA[", "<!A", '<a b="', "- a\n", "```\n", " ", "\\`", "? ",
    "@a", "a-", "Q1:\n", "On x\n", "Am schrieb ", "From: x\n", "2026-11-23 10:00 <a@b> ", "ok\n\n", "\u200b", "👍",
]  # fmt: skip


def seconds(body: str) -> float:
    began = time.process_time()
    said(body)
    return time.process_time() - began


def test_no_reply_takes_more_than_its_length() -> None:
    usual = max(seconds("> a\n" * 10_000), seconds("a\n" * 20_000))
    bodies = [piece * (40_000 // len(piece)) for piece in HOSTILE]
    for body in [*bodies, "".join(body[:3_000] for body in bodies)]:
        assert seconds(body) < 10 * usual, (
            f"{body[:9]!r}: what grows with the square takes a hundred times as long"
        )


def test_what_is_never_closed_is_looked_for_once() -> None:
    usual = seconds("x " + "\\<" * 30_000)
    for opener in ("<?", "<!--", "<![CDATA["):
        assert seconds("x " + opener * (60_000 // len(opener))) < 10 * usual


@pytest.mark.parametrize("written", [*SENTENCES, *BODIES])
@settings(max_examples=15)
@given(text=anything.map(lambda text: text.replace("\ud800", "")))
def test_nothing_that_we_write_is_a_vote(written: Callable[[str], str], text: str) -> None:
    signed = marks.signed(written(text), "reply", "say_1", 900, b"secret")
    assert said(signed) == TALK
    assert parse_numbered(signed) == []
