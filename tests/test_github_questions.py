"""What the bot writes about questions, answers and chains: plain to read, and inert."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.github import answertext, chaintext, committext, marks, questiontext, replytext
from bot.github.chaintext import Chain, Item
from bot.github.issuetext import Place
from bot.github.questiontext import Option, Question, Vote
from bot.webhooks import commands, replies

REPOSITORY = "https://github.test/mona/shop"
COMMIT = "c0ffee" * 6 + "abcd"
DIGEST = "d" * 64
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
THREAD = f"{REPOSITORY}/pull/4#discussion_r"

FRESH = "Take None as the default"
KEEP = "Keep the default: the calls are meant to share it"
Q1 = Question(
    number=1,
    question="Should each call get a fresh value in `shop/cart.py`?",
    why="Today one object is shared by all calls",
    assumption=FRESH,
    options=(Option("A", FRESH, recommended=True), Option("B", KEEP, leaves=True)),
    evidence="ruff B006: mutable default\nshop/cart.py:4: def add(item, cart=[]):",
    places=(Place("shop/cart.py", 4, 4, COMMIT),),
    issues=(1,),
    needs_own_answer=True,
    url=f"{THREAD}1",
)
Q2 = Question(
    number=2, question="Which error?", why="Callers catch it.", assumption="ValueError", issues=(2, 3),
    status="declined", answer="TypeError | as elsewhere", reviewed_by="key:ci", reviewed_at=NOON, url=f"{THREAD}2",
)  # fmt: skip
APPROVED = replace(
    Q1, status="approved", reviewed_by="github:mona", reviewed_at=NOON, answer_url=f"{THREAD}9"
)
ROUND = [Q1, Q2]
CHAIN = Chain(
    title="Fix what the scan found",
    state="running",
    items=(
        Item("Mutable default", "done", 1, COMMIT, "Took None in 1 place.", (APPROVED,)),
        Item("Unused import", "skipped", 2, None, "Left alone", (Q2,)),
        Item("Wrong comparison", "running", 3),
    ),
    repository_url=REPOSITORY,
    questions=(APPROVED, Q2),
    started_by="github:mona",
)


def test_a_question_says_what_is_asked_what_follows_and_how_to_answer() -> None:
    written = questiontext.question_comment(Q1, REPOSITORY)
    link = f"[`shop/cart.py` line 4]({REPOSITORY}/blob/{COMMIT}/shop/cart.py#L4)"
    assert written == (
        "**Q1** · *needs its own answer* · about #1\n\n"
        "**Question:** Should each call get a fresh value in `shop/cart.py`?\n\n"
        "**What changes with the answer:** Today one object is shared by all calls.\n\n"
        f"**What I looked at:** {link}\n\n"
        "```text\nruff B006: mutable default\nshop/cart.py:4: def add(item, cart=[]):\n```\n\n"
        "**I assume A:** Take None as the default.\n\n"
        f"**Instead:**\n- **B** (closes #1 as not planned) {KEEP}\n\n"
        "➜ Reply here with `approve`, `B`, or what to do instead in your own words. "
        "An approval of all questions at once leaves this one out."
    )


def test_an_assumption_that_is_no_option_stands_before_all_of_them() -> None:
    written = questiontext.question_comment(
        replace(Q1, assumption="Something else", blocking=False), REPOSITORY
    )
    assert "**I assume:** Something else.\n\n**Options:**\n- **A** (recommended) Take None" in written
    assert "with `approve`, `A` or `B`, or what" in written
    assert "*the work does not wait for it*" in written


def test_a_question_without_options_or_places_stays_short() -> None:
    written = questiontext.question_comment(Q2, REPOSITORY)
    assert "looked at" not in written
    assert "Instead" not in written
    assert written.endswith("➜ Reply here with `approve`, or what to do instead in your own words.")


def test_each_question_has_a_line_in_the_file_that_answers_do_not_move() -> None:
    before = questiontext.questions_file(ROUND).split("\n")
    after = questiontext.questions_file([APPROVED, replace(Q2, answer="KeyError")]).split("\n")
    places = questiontext.thread_lines(ROUND)
    assert {number: before[line - 1] for number, line in places.items()} == {
        1: f"- Assumption (A): {FRESH}",
        2: "- Assumption: ValueError",
    }
    assert [before[line - 3] for line in places.values()] == [
        f"## Q1 · {Q1.question}",
        "## Q2 · Which error?",
    ]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        ("- Answer: *none yet*", "- Answer: as assumed"),
        ("- Answer: TypeError | as elsewhere", "- Answer: KeyError"),
    ]
    assert questiontext.file_path("as_1") == ".askfirst/as_1.md"


def test_the_index_has_a_row_for_each_question() -> None:
    written = answertext.index([*ROUND, replace(APPROVED, number=3)])
    assert written.startswith("### 1 of 3 questions open\n\n|  | question | assumption or answer | state |")
    assert f"| [Q1]({THREAD}1) | {Q1.question} | {FRESH} | **open**, needs its own answer |" in written
    assert "| TypeError \\| as elsewhere | corrected by the API key `ci` |" in written
    assert f"| approved by [`mona`]({THREAD}9) |" in written
    assert "`Q1: approve`" in written, "the first one that is open"
    fixed = answertext.index([APPROVED, Q2], digest=DIGEST)
    assert fixed.startswith("### All 2 questions answered")
    assert "These answers are fixed (digest `dddddddddddd`)." in fixed


@pytest.mark.parametrize(
    ("questions", "status", "conclusion", "title"),
    [
        (ROUND, "active", "action_required", "1 of 2 questions waiting for a person"),
        ([APPROVED], "active", "action_required", "All answered, fixed in a moment"),
        ([APPROVED, Q2], "completed", "success", "All 2 questions answered"),
        ([], "completed", "neutral", "Nothing was worth asking"),
        (ROUND, "archived", "neutral", "The questions were put away"),
    ],
)
def test_the_check_tells_how_the_round_stands(
    questions: list[Question], status: str, conclusion: str, title: str
) -> None:
    told = answertext.check(questions, status, REPOSITORY)
    assert (told.conclusion, told.title) == (conclusion, title)


def test_contradicting_answers_are_quoted_with_who_said_them() -> None:
    votes = (
        Vote("github:mona", None, f"{THREAD}9"),
        Vote("github:lisa", "Not in tests,\nplease", f"{THREAD}8"),
    )
    written = replytext.conflicting(replace(Q1, conflict=votes))
    assert f"`mona` approved the assumption ([here]({THREAD}9)):\n\n> {FRESH}" in written
    assert f"`lisa` said something else ([here]({THREAD}8)):\n\n> Not in tests,\n> please" in written
    assert "`withdraw`" in written
    assert "**in conflict**: `mona` and `lisa` disagree" in answertext.index([replace(Q1, conflict=votes)])


def test_the_receipt_says_who_decided_what_how_when_and_about_which_commit() -> None:
    written = answertext.receipt(
        [APPROVED, Q2], session_id="as_1", commit=COMMIT, digest=DIGEST, repository_url=REPOSITORY
    )
    assert f"Asked about the code at [`c0ffeec0ffee`]({REPOSITORY}/tree/{COMMIT})" in written
    assert f"| as assumed: {FRESH} | `mona` | [reply]({THREAD}9) | 2026-03-01 12:00 UTC |" in written
    assert (
        "| instead: TypeError \\| as elsewhere | the API key `ci` | REST | 2026-03-01 12:00 UTC |" in written
    )
    assert f"`{DIGEST}`" in written
    assert "`/askfirst ask`" in written


def test_a_rounds_pull_request_says_what_is_left_and_what_follows() -> None:
    about = {"session_id": "as_1", "branch": "askfirst/as_1"}
    opened = answertext.round_body(ROUND, **about)
    assert opened.startswith("**1 of 2 decisions still to be made by a person** before code is written.")
    assert "its issues (#1, #2, #3)" in opened
    fixed = answertext.round_body([APPROVED, Q2], **about, digest=DIGEST)
    assert fixed.startswith("**All 2 decisions made.** The answers are fixed")
    assert "To answer" not in fixed
    for written in (opened, fixed):
        assert "### Clarifications" in written
        assert "`askfirst/as_1`" in written


def test_a_chains_pull_request_says_what_was_done_what_not_and_on_whose_word() -> None:
    written = chaintext.chain_body(CHAIN)
    commit = f"[`c0ffeec`]({REPOSITORY}/commit/{COMMIT})"
    assert written.startswith("**1 of 3 issues done, 1 left out**, a commit for each.")
    assert (
        f"| 1 | #1 Mutable default | done | {commit} | Took None in 1 place. (decided in [Q1]({THREAD}1) by `mona`) |"
        in written
    )
    assert (
        f"| 2 | #2 Unused import | left out |  | Left alone (decided in [Q2]({THREAD}2) by the API key `ci`) |"
        in written
    )
    assert "*Not verified*" in written
    assert "### Clarifications" in written
    assert re.findall(r"^Fixes #\d+$", written, re.MULTILINE) == ["Fixes #1"]
    assert "Verified with `make test`." in chaintext.chain_body(replace(CHAIN, verified="make test"))


def test_a_chain_that_did_nothing_promises_nothing() -> None:
    nothing = replace(CHAIN, state="completed", items=CHAIN.items[1:2])
    written = chaintext.chain_body(nothing)
    assert "Fixes" not in written
    assert "erified" not in written
    assert chaintext.finished(nothing).startswith("The work is finished: nothing had to be changed.")
    assert chaintext.check_output(nothing)[0] == "neutral"


@pytest.mark.parametrize(
    ("state", "reason", "conclusion", "says"),
    [
        ("running", "", None, "The work goes on"),
        ("completed", "", "success", "Nothing more will be added."),
        ("paused", "needs_answer", "action_required", "An answer is needed first"),
        ("paused", "foreign_commit", "action_required", "Somebody else's commit"),
        ("failed", "the patch is too big", "failure", "the work stopped. the patch is too big."),
        ("cancelled", "", "neutral", "the work was cancelled."),
    ],
)
def test_how_a_chain_stands(state: str, reason: str, conclusion: str | None, says: str) -> None:
    chain = replace(CHAIN, state=state, reason=reason)  # type: ignore[arg-type]
    told, title, summary = chaintext.check_output(chain)
    assert told == conclusion
    assert title == "1 of 3 issues done, 1 left out"
    assert says in summary
    assert says in chaintext.chain_body(chain)


def test_turning_points_say_what_comes_next() -> None:
    assert f"[Q1]({THREAD}1)" in chaintext.waiting([Q1])
    assert "What was pushed stays" in chaintext.paused("foreign_commit")
    assert "ready for review: 1 of 3 issues done" in chaintext.finished(CHAIN)
    stopped = replace(
        CHAIN, items=(*CHAIN.items[:2], Item("Wrong comparison", "failed", 3, None, "no such file"))
    )
    assert chaintext.failed(stopped).startswith("The work stopped at #3 Wrong comparison: no such file.")


def test_a_fix_is_committed_with_its_issue_run_answers_and_author() -> None:
    written = committext.fixing(
        "Mutable default arguments in shop share one object between all of the calls",
        "Took None as the default in 4 places and made the value in each call, so that nothing is shared.",
        run_id="run_1", issue_number=1, answers=["as_1/Q1", "as_1/Q3"],
        co_author=committext.CoAuthor("mona", 3000),
    )  # fmt: skip
    assert written == (
        "Fix: Mutable default arguments in shop share one object between all of…\n\n"
        "Took None as the default in 4 places and made the value in each call, so\n"
        "that nothing is shared.\n\n"
        "Fixes #1\n\n"
        "Askfirst-Run: run_1\n"
        "Askfirst-Answers: as_1/Q1, as_1/Q3\n"
        "Co-authored-by: mona <3000+mona@users.noreply.github.com>"
    )
    assert trailers(written) == [
        "Askfirst-Run: run_1",
        "Askfirst-Answers: as_1/Q1, as_1/Q3",
        "Co-authored-by: mona <3000+mona@users.noreply.github.com>",
    ]


def test_only_the_commits_that_bring_nothing_to_build_skip_the_checks() -> None:
    assert committext.asking(3) == "Ask 3 questions before code is written [skip ci]"
    assert "[skip ci]" in committext.answering(1, DIGEST).split("\n")[0]
    assert "skip" not in committext.removing()


def trailers(message: str) -> list[str]:
    """As git reads them."""
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


HOSTILE = [
    "@bob", "#12", "GH-4", "Fixes #5", "/askfirst scan", "@askfirst help", "Q2: approve", "**Q2:** B", "approve", "B",
    "no", "withdraw", "correct: x", "`", "```", "~~~", "<!--", "-->", marks.mark("question", "sq_9", 900, b"s"), "<b>",
    "|", "\\", "\\|", "> ", "- ", "# ", "---", "    ", " ", "\n", "\n\n", "\r\n", "\u200b", "\x00", "\x85", "[skip ci]",
    "-- \n", "On Monday Mona wrote:", "From: e\nSubject: x\n", "Best,\nE", "yes", "да", "👍", "```suggestion\n",
    "Co-authored-by: e <e@e>", "skip-checks: true", "Askfirst-Run: run_9", "](http://x.example)", "word",
]  # fmt: skip
hostile = st.lists(st.sampled_from(HOSTILE), max_size=25).map("".join) | st.text(max_size=200)


def question(x: str, **more: object) -> Question:
    fields: dict[str, object] = {
        "number": 2, "question": x, "why": x, "assumption": x, "evidence": x, "places": (Place(x, 1, 2, COMMIT),),
        "options": (Option("A", "Other", recommended=True), Option("B", x, leaves=True)), "issues": (1,),
        "url": f"{THREAD}1", "conflict": (Vote(f"github:{x}", x, THREAD), Vote(f"key:{x}", None)),
    }  # fmt: skip
    return Question(**(fields | more))  # type: ignore[arg-type]


def answered(x: str) -> Question:
    return question(x, status="declined", answer=x, reviewed_by=f"key:{x}", conflict=())


def chain(x: str, state: str = "failed") -> Chain:
    items = (Item(x, "done", 1, COMMIT, x, (answered(x),)), Item(x, "failed", None, None, x))
    return Chain(x, state, items, REPOSITORY, (answered(x),), x, x, x)  # type: ignore[arg-type]


BODIES: list[Callable[[str], str]] = [
    lambda x: questiontext.question_comment(question(x), REPOSITORY),
    lambda x: questiontext.review_body([question(x)]),
    lambda x: questiontext.questions_file([question(x), answered(x)]),
    lambda x: answertext.round_body([question(x), answered(x)], session_id="as_1", branch="askfirst/as_1"),
    lambda x: answertext.round_body([answered(x)], session_id="as_1", branch="askfirst/as_1", digest=DIGEST),
    lambda x: answertext.index([question(x), answered(x), question(x, conflict=())]),
    lambda x: answertext.index([answered(x)], digest=DIGEST),
    lambda x: answertext.check([question(x), answered(x)], "active", REPOSITORY).summary,
    lambda x: replytext.ask_replacement(question(x)),
    lambda x: replytext.ask_meaning(question(x)),
    lambda x: replytext.conflicting(question(x)),
    lambda x: replytext.needs_write(question(x), by=x, level="read"),
    lambda x: replytext.too_late(answered(x)),
    lambda x: replytext.decided(answered(x)),
    lambda x: replytext.decided(question(x, status="approved", reviewed_by=f"github:{x}")),
    lambda x: replytext.taken_back(question(x)),
    lambda x: replytext.lost_right(question(x), by=f"github:{x}"),
    lambda x: replytext.reminder([question(x), answered(x)], asked_by=f"github:{x}", last=True),
    lambda x: replytext.edit_ignored(question(x), author=x, editor=x),
    lambda x: replytext.applied(answered(x), [COMMIT], REPOSITORY),
    lambda x: answertext.receipt(
        [answered(x)], session_id="as_1", commit=COMMIT, digest=DIGEST, repository_url=REPOSITORY
    ),
    lambda x: chaintext.chain_body(chain(x)),
    lambda x: chaintext.chain_body(chain(x, "paused")),
    lambda x: chaintext.waiting([question(x)]),
    lambda x: chaintext.paused(x),
    lambda x: chaintext.finished(chain(x, "completed")),
    lambda x: chaintext.failed(chain(x)),
    lambda x: chaintext.check_output(chain(x))[2],
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=25)
@given(x=hostile)
def test_nothing_the_bot_writes_is_a_command_or_a_vote(body: Callable[[str], str], x: str) -> None:
    written = body(x)
    lines = written.split("\n")
    assert commands.parse(written, "askfirst") == []
    assert not any(line.lstrip().lower().startswith("/askfirst") for line in lines)
    assert replies.parse_numbered(written) == []
    reply = replies.parse(written, options="AB", recommended="A")
    assert reply.kind in ("talk", "correct", "unclear")
    assert not reply.explicit
    signed = marks.signed(written, "reply", "say_1", 900, b"secret")
    assert replies.parse(signed, options="AB", recommended="A").kind == "talk"
    assert marks.find(signed, kind="reply", repository_id=900, secret=b"secret") == "say_1"


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=25)
@given(x=hostile)
def test_others_words_reach_nobody_and_close_nothing(body: Callable[[str], str], x: str) -> None:
    written = re.sub(r"(`+).*?\1|\]\([^)]*\)", "", _without_fences(body(x.replace("`", ""))))
    assert not re.search(r"(?<![A-Za-z0-9])@bob", written)
    assert "Fixes #5" not in written
    assert "<b>" not in written


@pytest.mark.parametrize("body", BODIES)
def test_long_words_are_cut_to_what_fits(body: Callable[[str], str]) -> None:
    assert len(body("x" * 30_000)) < 60_000


def _without_fences(text: str) -> str:
    return re.sub(r"^(`{3,}|~{3,}).*?^\1`*$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=25)
@given(x=hostile)
def test_a_table_keeps_its_columns(body: Callable[[str], str], x: str) -> None:
    rows = [line for line in body(x).split("\n") if line.startswith("| ") and line.endswith(" |")]
    heads = [i for i, line in enumerate(rows) if set(line) <= set("|- ")]
    for row in rows if len(heads) == 1 else []:
        assert len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"\|", rows[heads[0]]))


@settings(max_examples=50)
@given(x=hostile)
def test_a_commit_credits_and_closes_only_what_we_say(x: str) -> None:
    message = committext.fixing(
        x, x, run_id="run_1", issue_number=7, co_author=committext.CoAuthor("mona", 3000)
    )
    subject, blank, *_ = message.split("\n")
    assert len(subject) <= committext.SUBJECT_LIMIT
    assert blank == ""
    assert re.findall(r"#\d+", message) == ["#7"]
    assert "[skip ci]" not in message
    assert message.count("Askfirst-Run:") == message.count("Co-authored-by:") == 1
    assert "skip-checks:" not in message
