"""What the bot writes: inert where others' words are in it, and read back as it was sent."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.verbs import VERBS
from bot.github import commandtext, marks, statustext, texts
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
from bot.webhooks.commands import parse
from tests.test_github_questions import BODIES

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
ROWS = [(verb.usage, verb.does, verb.level) for verb in VERBS.values()]
REFUSALS: list[Callable[[str], dict[str, Any]]] = [
    lambda x: {"kind": "unknown", "nearest": None},
    lambda x: {"kind": "unknown", "nearest": "scan"},
    lambda x: {"kind": "usage", "usage": VERBS["dismiss"].usage},
    lambda x: {"kind": "level", "needed": "write", "level": "read"},
    lambda x: {"kind": "undecided"},
    lambda x: {"kind": "people"},
    lambda x: {"kind": "commands", "until": "2026-03-01T12:00:00+00:00"},
    lambda x: {"kind": "starts", "until": "2026-03-01T12:00:00+00:00"},
    lambda x: {"kind": "failed", "reason": x},
    lambda x: {"kind": "noun", "reason": x},
]
JOBS = ("scan", "ask", "fix", "freeze", "show_issue", "show_questions", "show_chain")


def effects(x: str) -> list[dict[str, Any]]:
    about: dict[str, Any] = {"paths": [x], "prompt": x, "branch": x}
    return [{"job": job, "numbers": numbers} | about for job in JOBS for numbers in ([], [1, 2])]


def plan(x: str) -> dict[str, Any]:
    return {"numbers": [1, 2], "titles": [x, x], "branch": x, "base": x, "carry_on": False}


def running(x: str) -> list[dict[str, Any]]:
    return [
        {"kind": "scan", "prompt": x, "by": f"github:{x}", "progress": x},
        {"kind": "asking", "numbers": [1], "error": None},
        work("running", x) | {"at": [3]},
    ]


def waiting(x: str) -> list[dict[str, Any]]:
    return [
        {"kind": "not_asked", "numbers": [], "error": x},
        {"kind": "questions", "number": 4, "open": [1], "conflict": [2]},
        {"kind": "questions", "number": None, "open": [], "conflict": []},
        *(work(kind, x) for kind in ("planned", "paused", "failed")),
        *(work("paused", reason) for reason in ("person", "needs_answer", "foreign_commit", "project")),
    ]


def work(kind: str, x: str) -> dict[str, Any]:
    return {"kind": kind, "title": x, "branch": x, "number": 7, "done": 1, "of": 2, "at": [], "reason": x}


SENTENCES: list[Callable[[str], str]] = [
    lambda x: issue_body(content(x, x, suggested_prompt=x, rule=x, places=(Place(x, 1, 2, "c" * 40),)), MARK),
    lambda x: commandtext.help_answer(ROWS, "askfirst", "read"),
    *(lambda x, refusal=refusal: commandtext.refused(x, refusal(x)) for refusal in REFUSALS),
    lambda x: commandtext.own_answers([2, 3]),
    lambda x: commandtext.plan(plan(x)),
    lambda x: commandtext.dry_run(x, effects(x), plan(x)),
    lambda x: commandtext.dry_run(x, [], None),
    lambda x: statustext.status([x], running(x), waiting(x), (x, {"kind": "noun", "reason": x})),
    lambda x: statustext.status([], [], [], None),
    lambda x: texts.scan_finished(COUNTS, commit="c" * 40, issues_url="https://x.example", summary=x),
    texts.scan_failed,
    lambda x: texts.gone("a" * 40, "b" * 40),
    lambda x: texts.back("a" * 40),
    lambda x: texts.dismissed("duplicate", x),
]


@pytest.mark.parametrize("sentence", SENTENCES)
@settings(max_examples=40)
@given(text=hostile)
def test_nothing_the_bot_writes_is_a_command(sentence: Callable[[str], str], text: str) -> None:
    written = sentence(text)
    assert parse(written, "askfirst") == parse(f"{written}\n\n{MARK}", "askfirst") == []
    fence = ""
    for line in written.split("\n"):
        if not fence:
            assert parse(line, "askfirst") == []
            fence = (re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line) or [""])[0].strip()
        elif re.fullmatch(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*", line):
            fence = ""
        assert not line.lstrip().lower().startswith("/askfirst")
    assert fence == ""


# not what a comment or an issue says: titles, and parts of sentences
PARTS = {"code", "cut", "issue_title", "read_back", "read_back_title", "round_title", "chain_title", "file_path",
         "how_to_reply", "why"}  # fmt: skip


def test_every_text_is_among_those_that_are_tried() -> None:
    files = sorted(path.stem for path in Path(commandtext.__file__).parent.glob("*text*.py"))
    modules = [importlib.import_module(f"bot.github.{name}") for name in files if name != "committext"]
    every = {
        text.__code__
        for module in modules
        for name, text in vars(module).items()
        if inspect.isfunction(text) and text.__module__ == module.__name__ and name[0] != "_"
        and name not in PARTS and text.__annotations__["return"] == "str"
    }  # fmt: skip
    called = set()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code) if event == "call" else None)
    try:
        for sentence in (*SENTENCES, *BODIES):
            sentence("x")
    finally:
        sys.setprofile(None)
    assert {text.co_qualname for text in every - called} == set()


def test_the_help_lists_every_verb_and_what_is_yours() -> None:
    answer = commandtext.help_answer(ROWS, "askfirst", "triage")
    assert (
        "| `/askfirst scan [paths] [-- prompt]` | looks for work in the repository and files issues | write |"
        in answer
    )
    assert answer.count("| anyone |") == 2 and answer.count("\n| `/askfirst ") == len(VERBS)
    assert (
        "level **triage** here, so you may give `help`, `status`, `dismiss`, `reopen`, `recheck`." in answer
    )
    assert "so you may give all of it." in commandtext.help_answer(ROWS, "askfirst", "admin")
    assert parse(answer, "askfirst") == parse(answer.replace("\n", "\r\n"), "askfirst") == []


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
    answer = commandtext.refused("/askfirst scan", {"kind": "level", "needed": "write", "level": "read"})
    assert answer.startswith("> `/askfirst scan`\n")
    assert "**write**" in answer
    assert "**read**" in answer


def test_a_line_is_never_taken_as_code() -> None:
    assert neutralise_line("`@bob`\n  ```") == f"`@{JOINER}bob` ```"
