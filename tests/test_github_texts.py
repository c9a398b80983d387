"""What the bot writes: inert where others' words are in it, and read back as it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.github import marks, texts
from bot.github.inert import JOINER, canonical, neutralise, neutralise_line
from bot.github.issuetext import (
    IssueContent,
    Place,
    issue_body,
    issue_title,
    read_back,
    read_back_title,
    split,
)
from bot.webhooks.commands import VERBS, parse

MARK = marks.mark("issue", "iss_1", 900, b"secret")
COPIED = marks.mark("issue", "iss_2", 900, b"secret")

PIECES = [
    "@bob", "#12", "octo/cat#3", "GH-4", "&#64;bob", "&commat;bob", "Fixes #5", "/askfirst scan", "@askfirst help",
    "https://github.test/mona/shop/issues/9", "https://medium.example/@bob", "a@b.example", "`", "``", "```", "~~~",
    "<!--", "-->", COPIED, "<details>", "</details>", "<b>", "---", "**Priority:** low", "> ", "- ", "    ", " ",
    "|", "\\", "[x]: #", "word", "\n", "\n\n", "\r\n", "\r", "\u200b", "\u00a0", "\u2060", "\x00", "\x85", "é",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=200)


def content(description: str = "", title: str = "A title", **more: object) -> IssueContent:
    fields: dict[str, object] = {
        "priority": "high",
        "repository_url": "https://github.test/mona/shop",
        "rest_url": "https://askfirst.example/api/v1/issues/get?id=iss_1",
    }
    return IssueContent(title=title, description=description, **(fields | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ask @bob and @org/team.", "Ask @¦bob and @¦org/team."),
        ("see #12, octo/cat#3 and GH-4", "see #¦12, octo/cat#¦3 and GH-¦4"),
        ("Fixes #5", "Fixes #¦5"),
        ("Closes https://github.test/o/r/issues/9", "Closes https:¦//github.test/o/r/issues/9"),
        ("&#64;bob &commat;bob &#x23;1", "&#64;¦bob &commat;¦bob &#x23;¦1"),
        ("\\&#64;bob", "\\&#¦64;bob"),
        ("<!-- hidden --> <img src=x>", "<¦!-- hidden --> <¦img src=x>"),
        ("[//]: # (hidden)", "[//]¦: # (hidden)"),
        ("/askfirst scan", "/¦askfirst scan"),
        ("mail a@b.example or https://x.example/@bob#1", "mail a@b.example or https://x.example/@bob#1"),
        ("a < b, a & b, C# and 5 # 6", "a < b, a & b, C# and 5 # 6"),
        ("use `@dataclass` and `#12`, not @bob", "use `@dataclass` and `#12`, not @¦bob"),
        ("``a ` @bob`` @bob", "``a ` @bob`` @¦bob"),
        ("\\`@bob`", "\\`@¦bob`"),
        ("a ` b\n`@bob` c", "a ` b\n`@¦bob` c"),
        ("| `a | @bob` |", "| `a | @¦bob` |"),
        ("https://x.example/`foo @bob `", "https://x.example/`foo @¦bob `"),
        ("```py\n@dataclass\n#1 <b>\n```\n@bob", "```py\n@dataclass\n#1 <b>\n```\n@¦bob"),
        ("- x\n  ```\n@bob\n  ```", "- x\n  `¦``\n@¦bob\n  `¦``"),
        (
            "```\n<!-- askfirst:issue:x -->\n/askfirst scan",
            "```\n<¦!-- askfirst:issue:x -->\n/¦askfirst scan\n```",
        ),
    ],
)
def test_what_would_act_is_made_inert_and_code_is_kept(written: str, sent: str) -> None:
    assert neutralise(written) == sent.replace("¦", JOINER)
    assert neutralise(written).replace(JOINER, "") == canonical(written)


@given(hostile)
def test_neutralised_text_reads_the_same_and_stays_as_it_is(text: str) -> None:
    once = neutralise(text)
    assert once.replace(JOINER, "") == canonical(text)
    assert neutralise(once) == once
    assert canonical(once) == canonical(text)


@given(hostile)
def test_a_title_is_one_inert_line(text: str) -> None:
    title = issue_title(text)
    assert len(title) <= 250
    assert not set(title) & set("\r\n")
    assert parse(title, "askfirst") == []
    assert not re.search(r"(?<![A-Za-z0-9])@[A-Za-z0-9]|(?<!&)#\d", _without_addresses(title))
    assert read_back_title(title, text) == text


def _without_addresses(text: str) -> str:
    return re.sub(r"https?://\S+", "", text)


@given(hostile, st.booleans())
def test_a_description_comes_back_as_it_was_stored(text: str, crlf: bool) -> None:
    body = issue_body(content(text, suggested_prompt=text or None, rule="ruff F401"), MARK)
    on_github = body.replace("\n", "\r\n") if crlf else body
    assert read_back(on_github, "something else") == canonical(text)
    assert read_back(on_github, text) == text
    again = issue_body(content(read_back(on_github), suggested_prompt=text or None, rule="ruff F401"), MARK)
    assert again == body


@given(hostile, hostile)
def test_what_a_person_writes_above_the_facts_is_the_new_description(ours: str, theirs: str) -> None:
    body = issue_body(content(ours), MARK)
    edited = f"{theirs}\n\n{split(body).facts}"
    if "<!-- askfirst: edit above" not in theirs:
        assert read_back(edited, ours) in (canonical(theirs), ours)
        assert canonical(read_back(edited, ours)) == canonical(theirs.rstrip())


@given(hostile)
def test_the_mark_at_the_end_is_the_only_one_that_counts(text: str) -> None:
    made = content(text, title=text, suggested_prompt=text, rule=text, places=(Place(text, 1, 2, "c" * 40),))
    body = issue_body(made, MARK)
    assert marks.find(body, kind="issue", repository_id=900, secret=b"secret") == "iss_1"
    assert body.count("<!-- askfirst") == 2 + text_in_code_spans(made)


def text_in_code_spans(made: IssueContent) -> int:
    """Paths and rules are shown as code spans of one line, in which a comment is only letters."""
    shown = split(issue_body(made, MARK)).facts or ""
    return sum(line.count("<!-- askfirst") for line in shown.split("\n") if line.startswith(("- ", "**Prio")))


def test_without_the_border_the_facts_are_still_told_apart() -> None:
    body = issue_body(content("Mine."), MARK)
    border = body.split("\n")[2]
    assert read_back(body.replace(border, "")) == "Mine."
    assert read_back(f"All new.\n{MARK}") == "All new."
    assert read_back("All new.") == "All new."
    assert read_back(None) == ""


def test_the_upper_part_on_github_is_kept_when_only_the_facts_change() -> None:
    before = issue_body(content("Ours."), MARK).replace("Ours.", "Theirs, @bob.")
    after = issue_body(content("Ours.", rule="ruff F811"), MARK, before, keep_top=True)
    assert after.startswith("Theirs, @bob.\n")
    assert split(after).facts == split(issue_body(content(rule="ruff F811"), MARK)).facts


def test_places_link_to_the_lines_at_their_commit() -> None:
    places = (Place("a b/x`y.py", 3, 9, "c" * 40), Place("z.py", 4, None, "c" * 40), Place("README"))
    body = issue_body(content(places=places), MARK)
    base = f"https://github.test/mona/shop/blob/{'c' * 40}"
    assert f"- [`` a b/x`y.py `` lines 3 to 9]({base}/a%20b/x%60y.py#L3-L9)" in body
    assert f"- [`z.py` line 4]({base}/z.py#L4)" in body
    assert "- `README`\n" in body


def test_many_places_say_how_many_more_there_are() -> None:
    body = issue_body(content(places=tuple(Place(f"{n}.py", 1, 1, "c" * 40) for n in range(50))), MARK)
    assert "- and 20 more: [all places](https://askfirst.example/" in body


COUNTS = texts.ScanCounts(found=7, new=4, known=2, reopened=1, gone=3, filed=3, held_back=1)
SENTENCES: list[Callable[[str], str]] = [
    lambda x: issue_body(content(x, x, suggested_prompt=x, rule=x, places=(Place(x, 1, 2, "c" * 40),)), MARK),
    lambda x: texts.help_answer(VERBS.values(), "askfirst", "read"),
    lambda x: texts.unknown_verb(x, None),
    lambda x: texts.unknown_verb(x, "scan"),
    lambda x: texts.refused(x, "write", "read"),
    texts.undecided,
    lambda x: texts.not_started(x, x),
    lambda x: texts.scan_finished(COUNTS, commit="c" * 40, issues_url="https://x.example", summary=x),
    texts.scan_failed,
    lambda x: texts.gone("a" * 40, "b" * 40),
    lambda x: texts.back("a" * 40),
]


@pytest.mark.parametrize("sentence", SENTENCES)
@settings(max_examples=40)
@given(text=hostile)
def test_nothing_the_bot_writes_is_a_command(sentence: Callable[[str], str], text: str) -> None:
    written = sentence(text)
    fence = ""
    for line in written.split("\n"):
        if not fence:
            assert parse(line, "askfirst") == []
            fence = (re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line) or [""])[0].strip()
        elif re.fullmatch(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*", line):
            fence = ""
        assert not line.lstrip().lower().startswith("/askfirst")
    assert fence == ""


def test_the_help_lists_every_verb_and_your_level() -> None:
    answer = texts.help_answer(VERBS.values(), "askfirst", "triage")
    assert "| `/askfirst scan [paths] [-- prompt]` |" in answer
    assert "| write |" in answer
    assert "| anyone |" in answer
    assert "**triage**" in answer


def test_a_finished_scan_says_what_it_came_to() -> None:
    answer = texts.scan_finished(
        COUNTS, commit="c" * 40, issues_url="https://x.example/issues", summary="By ruff."
    )
    assert answer == (
        "The scan of `cccccccccccc` is finished: 7 found (4 new, 2 known already, 1 opened again, 3 gone and closed)."
        "\n\nI filed [3 issues](https://x.example/issues). 1 more had no room: a scan files only so many, "
        "the worst first. They are in the API, and a later scan files them.\n\nBy ruff."
    )
    nothing = texts.ScanCounts(found=0, new=0, known=0, reopened=0, gone=0)
    assert (
        texts.scan_finished(nothing, commit=None, issues_url="") == "The scan is finished: nothing was found."
    )


def test_a_refusal_quotes_the_line_and_says_which_level_is_missing() -> None:
    answer = texts.refused("/askfirst scan", "write", "read")
    assert answer.startswith("> `/askfirst scan`\n")
    assert "**write**" in answer
    assert "**read**" in answer


def test_a_line_is_never_taken_as_code() -> None:
    assert neutralise_line("`@bob`\n  ```") == f"`@{JOINER}bob` ```"
