"""Replies: what is an answer to a question, what is only conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.webhooks import words
from bot.webhooks.replies import Reply, parse, parse_numbered


def said(body: str | None) -> Reply:
    return parse(body, options="ABC", recommended="A", slug="askfirst")


@pytest.mark.parametrize(
    "body",
    [
        "approve", "approved", "yes", "y", "ok", "agreed", "lgtm", "+1", "👍", ":+1:", "👍🏽", "👍\ufe0f",
        "Approve", "APPROVED!", "Yes.", "Y", "OK!", "  ok  ", "LGTM!!", "\u200bok", "**approve**", "`approve`",
        "A", "a", "a.", "(A)", "A)", "option A", "[a]",
        "approve\n\nThank you for asking!", "Yes.\r\n\r\nShall I merge afterwards?", "ok\n```\ncode\n```",
        "\n\n  lgtm\n", "<!-- from my phone -->\nyes", "approve <!-- hidden -->", "<!-- a\nb\n-->\nok",
        "> **Q1** Should it?\n\napprove", "> Should it?\nok", "approve\n> Should it?",
        "ok\n\n-- \nMona Lisa\nno", "ok\n--\nMona", "ok\n\nSent from my iPhone",
        "ok\n\nOn Mon, 23 Nov 2026 at 10:00, askfirst[bot] wrote:\n> **Q1** Should it?",
        "ok\n\nOn Mon, Nov 23, 2026 at 10:00 AM askfirst[bot] ***@***.***>\nwrote:\n\n> Should it?\n> no",
        "ok\n\nAm 23.11.2026 um 10:00 schrieb askfirst[bot]:\n> Should it?",
        "ok\n\nLe lun. 23 nov. 2026 à 10:00, Mona a écrit :\n> Should it?",
        "On Monday Mona wrote:\n> Should it?\n\nok",
        "ok\n\n-----Original Message-----\nFrom: askfirst\nno",
        "ok\n\nFrom: askfirst[bot]\nSent: Monday\nTo: mona\nSubject: Q1\n\nShould it?",
        "ok\n\n________________________________\nShould it?",
        "ok\n\n—\nReply to this email directly, view it on GitHub, or unsubscribe.",
    ],
)  # fmt: skip
def test_ways_to_approve(body: str) -> None:
    assert said(body).kind == "approve"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Yes, but in UTC", "Yes, but in UTC"),
        ("Use UTC.", "Use UTC."),
        ("ok then\nuse UTC", "ok then\nuse UTC"),
        ("approve it in UTC", "approve it in UTC"),
        ("no\n\nUse UTC.", "no\n\nUse UTC."),
        ("No, use UTC", "No, use UTC"),
        ("B, but only in tests", "B, but only in tests"),
        ("Use UTC.\n\nAlso in tests.", "Use UTC.\n\nAlso in tests."),
        ("Use UTC.\r\n\r\n> Should it?\r\n", "Use UTC."),
        ("> Should it?\n\nUse UTC.", "Use UTC."),
        ("Is it? I say: use UTC.", "Is it? I say: use UTC."),
        ("Use this:\n```python\n# why?\nx = '@lisa'\n```", "Use this:\n```python\n# why?\nx = '@lisa'\n```"),
        ("```\nx = 1\n```", "```\nx = 1\n```"),
        ("```sql\n-- \n> x\n<!-- y -->\n```", "```sql\n-- \n> x\n<!-- y -->\n```".replace("-- \n", "--\n")),
        ("~~~\nleft open\n\nQ2: x", "~~~\nleft open\n\nQ2: x"),
        ("use `@dataclass` there", "use `@dataclass` there"),
        ("mail a@b.example", "mail a@b.example"),
        ("use `<!--` there", "use `<!--` there"),
        ("@askfirst's way is fine, in UTC", "@askfirst's way is fine, in UTC"),
        ("Use UTC <!-- approve -->", "Use UTC"),
        ("Use UTC\n\n---\n\nalways", "Use UTC\n\n---\n\nalways"),
        ("I disagree with this:\n> x\nUse UTC", "I disagree with this:\nUse UTC"),
        ("Use UTC.\nQ2: ok", "Use UTC."),
        ("a b", "a b"),
        ("$10", "$10"),
    ],
)
def test_other_words_are_the_correction(body: str, text: str) -> None:
    assert said(body) == Reply("correct", text=text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("correct: use UTC", "use UTC"),
        ("Correct: use UTC, right?", "use UTC, right?"),
        ("answer: ask @lisa", "ask @lisa"),
        ("ANSWER :use UTC\n\nalways", "use UTC\n\nalways"),
        ("**correct:** use UTC", "use UTC"),
        ("`correct:` `x`", "`x`"),
        ("correct:\nuse UTC", "use UTC"),
        ("answer: yes", "yes"),
        ("correct: no", "no"),
        ("answer: F", "F"),
        ("> Should it?\n\ncorrect: use UTC", "use UTC"),
    ],
)
def test_an_explicit_correction(body: str, text: str) -> None:
    assert said(body) == Reply("correct", text=text, explicit=True)


@pytest.mark.parametrize("body", ["B", "b", "B.", "B!", "(b)", "b)", "[B]", "Option B", "**B**", "`B`", "answer: B",
                                  "correct: b.", "B\n\nIt is used from outside.", "> A?\n\nB"])  # fmt: skip
def test_a_letter_is_its_option(body: str) -> None:
    assert said(body) == Reply("choose", letter="B", explicit=True)


@pytest.mark.parametrize("body", ["no", "No.", "NO!", "n", "-1", "👎", "> x\n\nno", "correct:", "answer: \n"])
def test_a_bare_no_asks_for_more(body: str) -> None:
    assert said(body) == Reply("refuse")


@pytest.mark.parametrize("body", ["withdraw", "Withdraw.", "withdraw\n\nI have to think."])
def test_taking_it_back(body: str) -> None:
    assert said(body) == Reply("withdraw", explicit=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no body"),
        ("", "empty"),
        (" \n\u200b\n", "only blanks"),
        ("approve?", "a question"),
        ("Why not UTC?", "a question"),
        ("I wonder: why not UTC?)", "a question"),
        ("Really?!", "a question"),
        ("UTC is fine.\n\nOr is it?", "a question"),
        ("> approve", "a quote"),
        ("> x\n>\n> y\n\n", "only quotes"),
        ("<!-- approve -->", "hidden"),
        ("<!-- left open\napprove", "hidden"),
        ("@lisa what do you think", "to somebody else"),
        ("Let us ask @lisa.", "to somebody else"),
        ("@askfirst and @lisa, use UTC", "to somebody else"),
        ("/askfirst status", "a command"),
        ("@askfirst help", "a command"),
        ("-- \nMona", "a signature"),
        ("Sent from my iPhone", "a signature"),
        ("On Monday Mona wrote:\n\napprove", "the tail of an e-mail"),
        ("On Monday Mona wrote:\n> approve", "the tail of an e-mail"),
        ("D", "no such option"),
        ("x", "no such option"),
        ("Q2: use UTC", "about another question"),
        ("Is that so?\n\nQ2: use UTC", "asks, and answers another question"),
        ("- Q2: b\n- Q3: c", "about other questions"),
        ("approve\n\n<!-- askfirst:reply:x:0 -->", "copied from us"),
    ],
)
def test_what_is_only_conversation(body: str | None, why: str) -> None:
    assert said(body) == Reply("talk"), why


@pytest.mark.parametrize(
    ("body", "explicit"),
    [
        ("approve", True), ("Approved.", True), ("A", True), ("B", True), ("withdraw", True),
        ("correct: use UTC", True), ("answer: B", True),
        ("yes", False), ("ok", False), ("lgtm", False), ("+1", False), ("👍", False), ("no", False),
        ("Use UTC.", False), ("Why?", False),
    ],
)  # fmt: skip
def test_what_still_counts_after_a_first_vote(body: str, explicit: bool) -> None:
    assert said(body).explicit is explicit


def test_a_letter_without_options_says_nothing() -> None:
    assert parse("B") == Reply("talk")
    assert parse("y").kind == "approve"
    assert parse("a", options=["A", "B"]) == Reply("choose", letter="A", explicit=True)


def test_the_recommended_letter_is_an_approval() -> None:
    assert parse("B", options=["A", "B"], recommended="B") == Reply("approve", letter="B", explicit=True)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Q2: approve", [(2, "approve")]),
        ("q2:b\nQ3 : use UTC", [(2, "b"), (3, "use UTC")]),
        ("- Q1: ok\n* **Q2:** C\n+ `Q3`: yes", [(1, "ok"), (2, "C"), (3, "yes")]),
        ("Hello,\n\nQ1: ok\nQ2: first\nsecond\n\nthird\nQ4: no", [(1, "ok"), (2, "first\nsecond\n\nthird"), (4, "no")]),
        ("Q1:\nuse UTC", [(1, "use UTC")]),
        ("Q1:", [(1, "")]),
        ("Q1: ok\nQ1: no", [(1, "ok"), (1, "no")]),
        ("Q1: use\n```\nQ2: x\n```", [(1, "use\n```\nQ2: x\n```")]),
        ("Q1: ok\n\n-- \nQ2: x", [(1, "ok")]),
        ("> Q1: ok\n\nQ2: b", [(2, "b")]),
        ("> Q1: ok", []),
        ("<!-- Q1: ok -->", []),
        ("`Q1: ok`", []),
        ("see Q1: ok", []),
        ("Q1 ok", []),
        ("Q1234: ok", []),
        ("FAQ1: ok", []),
        ("/askfirst approve Q1\nQ2: ok", []),
        ("Q1: ok\n\n<!-- askfirst:comment:x:0 -->", []),
        (None, []),
    ],
)  # fmt: skip
def test_answers_by_number(body: str | None, found: list[tuple[int, str]]) -> None:
    assert parse_numbered(body) == found


PIECES = ["approve", "B", "no", "withdraw", "correct:", "Q2:", "@lisa", "?", "> ", "```", "~~~", "<!--", "-->",
          "-- ", "On Monday Mona wrote:", "\n", "\r\n", "\n\n", " ", "`", "👍", "\u200b", "\x00", "\x85", "x" * 3_000,
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
    assert not reply.explicit or reply.kind not in ("talk", "refuse")
    for _, text in parse_numbered(body):
        assert len(text) <= words.LIMIT


@given(anything)
def test_what_is_quoted_or_hidden_says_nothing(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    assert said(quoted) == Reply("talk")
    assert parse_numbered(quoted) == []
    assert said(f"<!--{text.replace('-->', '')}") == Reply("talk")


def test_a_very_long_reply_is_cut() -> None:
    reply = said("Use UTC. " * 10_000)
    assert reply.kind == "correct"
    assert len(reply.text or "") <= words.LIMIT


def test_a_hostile_reply_takes_no_time() -> None:
    for body in ("`" * 65_000, "` `` " * 13_000, "<!--" * 16_000, "On " * 21_000, "On x\n" * 13_000, "> " * 32_000,
                 "@a" * 32_000, "Q1:\n" * 16_000, "```\n" * 16_000, "From: x\n" * 8_000, "a-" * 32_000):  # fmt: skip
        said(body)
        parse_numbered(body)
