"""Questions on a pull request: the file they stand in, the review that asks, one comment for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.github.issuetext import Place, code, cut, fenced, place_link
from bot.github.wording import LONG, count, paragraphs, said, sentence

_MOST_PLACES = 10
_EVIDENCE_LIMIT = 4_000


@dataclass(frozen=True)
class Option:
    """One way to answer; `leaves`: nothing is done about the issues then."""

    letter: str
    text: str
    recommended: bool = False
    leaves: bool = False


@dataclass(frozen=True)
class Vote:
    """What somebody says: the correction, or None for the assumption. `by` is `github:…` or `key:…`."""

    by: str
    correction: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Question:
    """A question and how it stands. `answer` is the correction where it is declined.

    `why`: what changes with the answer; `issues`: the GitHub issues it is about; `blocking`: no fix before;
    `url`: where it is asked, `in_thread`: in a thread of its own; `answer_url`: the reply that decided, `decided`:
    it ended a conflict; `conflict`: what contradicts each other; `outdated`: its lines have changed since `commit`,
    which it was asked about.
    """

    number: int
    question: str
    why: str
    assumption: str
    options: tuple[Option, ...] = ()
    evidence: str | None = None
    places: tuple[Place, ...] = ()
    issues: tuple[int, ...] = ()
    needs_own_answer: bool = False
    blocking: bool = True
    status: Literal["pending", "approved", "declined"] = "pending"
    answer: str | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    answer_url: str | None = None
    conflict: tuple[Vote, ...] = ()
    url: str | None = None
    in_thread: bool = True
    decided: bool = False
    outdated: bool = False
    commit: str | None = None

    @property
    def name(self) -> str:
        """As people name it."""
        return f"Q{self.number}"

    @property
    def assumed(self) -> Option | None:
        """The option that is the assumption."""
        return next((option for option in self.options if option.text == self.assumption), None)


def file_path(session_id: str) -> str:
    """Where the questions of a session stand in the repository."""
    return f".askfirst/{session_id}.md"


def commit_link(commit: str | None, repository_url: str) -> str:
    """The files at a commit, as a link."""
    return f"[{code(commit[:12])}]({repository_url}/tree/{commit})" if commit else ""


def questions_file(questions: Sequence[Question], *, digest: str | None = None) -> str:
    """The file's text; with a digest the answers are fixed. The lines that threads stand on are the same then."""
    return "\n".join(_file_lines(questions, digest)) + "\n"


def thread_lines(questions: Sequence[Question]) -> dict[int, int]:
    """By question number: the line of its assumption in the file, from 1; its thread stands there.

    GitHub shows the three lines above with it: the question, and nothing of the one before.
    """
    lines = _file_lines(questions)
    return {one.number: lines.index(_heading(one)) + 3 for one in questions}


def review_body(questions: Sequence[Question]) -> str:
    """What the review says above its threads; it also goes out by e-mail."""
    many = len(questions) > 1
    letter = ", a letter" if any(question.options for question in questions) else ""
    return paragraphs(
        f"I have {count(len(questions), 'question')} before I write code"
        f"{', a thread for each' if many else ''}. Each says what I assume. Reply in its thread with `approve`"
        f"{letter} or your own words; `withdraw` takes your answer back.",
        "Anyone with write access to this repository decides. I write no code for the issues they are about "
        "before they are answered; silence approves nothing.",
    )


def how_to_reply(questions: Sequence[Question]) -> str:
    """The ways to answer, as a list."""
    lines = ["- `approve`: my assumption is right"]
    if any(question.options for question in questions):
        lines.append("- a letter, such as `B`: that option")
    lines.append("- your own words: do that instead")
    lines.append("- `withdraw`: takes your answer back")
    return "\n".join(lines)


def question_comment(question: Question, repository_url: str, *, in_thread: bool = True) -> str:
    """The comment that begins a question's thread; without one it is answered by its number."""
    notes = ["*needs its own answer*"] if question.needs_own_answer else []
    if question.issues:
        notes.append(f"about {_issues(question)}")
    if not question.blocking:
        notes.append("*the work does not wait for it*")
    return paragraphs(
        " · ".join([f"**{question.name}**", *notes]),
        f"**Question:** {said(question.question)}",
        f"**What changes with the answer:** {sentence(question.why)}" if question.why else "",
        _looked_at(question, repository_url),
        _outdated(question, repository_url),
        _assumption(question),
        _options(question),
        _reply_with(question, "" if in_thread else f"{question.name}: "),
    )


def _file_lines(questions: Sequence[Question], digest: str | None = None) -> list[str]:
    fixed = f"These answers are fixed, digest {digest}." if digest else ""
    lines = [
        "# Questions before code is written",
        "",
        f"{fixed or 'Each has a thread on the pull request: reply there.'} This file goes away when the work is done.",
    ]
    for question in questions:
        letter = f" ({question.assumed.letter})" if question.assumed else ""
        lines += ["", _heading(question), "", f"- Assumption{letter}: {said(question.assumption)}"]
        lines += [
            f"- Option {option.letter}: {said(option.text)}"
            for option in question.options
            if option is not question.assumed
        ]
        lines.append(f"- Answer: {_file_answer(question)}")
    return lines


def _heading(question: Question) -> str:
    return f"## {question.name} · {said(question.question, 500)}"


def _file_answer(question: Question) -> str:
    if question.status == "pending":
        return "*none yet*"
    if question.status == "approved":
        return "as assumed"
    return said(question.answer or "")


def _issues(question: Question) -> str:
    return ", ".join(f"#{number}" for number in question.issues)


def _looked_at(question: Question, repository_url: str) -> str:
    links = [place_link(place, repository_url) for place in question.places[:_MOST_PLACES]]
    if (more := len(question.places) - _MOST_PLACES) > 0:
        links.append(f"{more} more")
    where = f"**What I looked at:** {', '.join(links)}" if links else ""
    if not question.evidence:
        return where
    block = fenced(cut(question.evidence, _EVIDENCE_LIMIT))
    return paragraphs(where or "**What I looked at:**", block)


def _outdated(question: Question, repository_url: str) -> str:
    if not question.outdated:
        return ""
    return f"*Asked at {commit_link(question.commit, repository_url)}; those lines have changed since.*"


def _assumption(question: Question) -> str:
    assumed = question.assumed
    return f"**I assume{f' {assumed.letter}' if assumed else ''}:** {sentence(question.assumption)}"


def _options(question: Question) -> str:
    others = [option for option in question.options if option is not question.assumed]
    if not others:
        return ""
    title = "**Instead:**" if question.assumed else "**Options:**"
    return "\n".join([title, *(_option(option, question) for option in others)])


def _option(option: Option, question: Question) -> str:
    notes = ["recommended"] if option.recommended else []
    if option.leaves:
        notes.append(
            f"closes {_issues(question)} as not planned" if question.issues else "nothing is changed"
        )
    note = f" ({'; '.join(notes)})" if notes else ""
    return f"- **{option.letter}**{note} {said(option.text, LONG)}"


def _reply_with(question: Question, prefix: str) -> str:
    letters = [f"{prefix}{option.letter}" for option in question.options if option is not question.assumed]
    other = f", {_either(letters)}" if letters else ""
    alone = " An approval of all questions at once leaves this one out." if question.needs_own_answer else ""
    approve = code(f"{prefix}approve")
    words = f"after {code(prefix.strip())} " if prefix else ""
    return f"➜ Reply here with {approve}{other}, or {words}what to do instead in your own words.{alone}"


def _either(letters: Sequence[str]) -> str:
    *first, last = [code(letter) for letter in letters]
    return f"{', '.join(first)} or {last}" if first else last
