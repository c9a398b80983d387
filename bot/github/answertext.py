"""How a round of questions stands: the index, the check, the receipt, the pull request's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.github.issuetext import code
from bot.github.questiontext import Question, commit_link, file_path, how_to_reply
from bot.github.replytext import answer_of, new_round
from bot.github.wording import cell, count, paragraphs, table, when, who

CHECK_NAME = "askfirst / questions"


def round_title(questions: Sequence[Question]) -> str:
    """The title of the pull request that a round of questions opens."""
    return f"Questions: {count(len(questions), 'decision')} before code is written"


def round_body(
    questions: Sequence[Question], *, session_id: str, branch: str, digest: str | None = None
) -> str:
    """The text of the pull request that a round of questions opens; with a digest the set is fixed."""
    follows = (
        f"The code comes onto this branch, {code(branch)}, a commit an issue, when somebody starts the work."
    )
    if digest:
        return paragraphs(
            f"**All {count(len(questions), 'decision')} made.** The answers are fixed and written into their "
            f"issues{_about(questions)}. {follows}",
            clarifications(questions),
        )
    return paragraphs(
        f"{_standing(questions)} Each question is a thread below, on a line of {code(file_path(session_id))}, "
        f"and says what I assume.",
        f"**To answer,** reply in a thread:\n\n{how_to_reply(questions)}",
        f"One comment can answer several, a line for each: {code('Q2: approve')}. Anyone with write access "
        f"to this repository decides.",
        "**What follows:** with the last answer the set is fixed and written into its issues"
        f"{_about(questions)}. I write no code for them before. {follows}",
        clarifications(questions),
    )


def clarifications(questions: Sequence[Question]) -> str:
    """The section of a pull request that says what people decided."""
    decided = [question for question in questions if question.status != "pending"]
    if not decided:
        return ""
    rows = [
        (_link(question), cell(question.question), cell(answer_of(question)), _by(question))
        for question in decided
    ]
    return f"### Clarifications\n\n{table(('', 'question', 'answer', 'by'), rows)}"


def index(
    questions: Sequence[Question], *, digest: str | None = None, archived: bool = False, asked_at: str = ""
) -> str:
    """The comment that is kept current; with a digest the set is fixed. `asked_at`: a link to that commit."""
    left = _left(questions)
    if archived:
        title = "### These questions were put away"
    elif not left:
        title = f"### All {count(len(questions), 'question')} answered"
    else:
        title = f"### {left} of {count(len(questions), 'question')} open"
    rows = [
        (_link(question), cell(question.question), cell(answer_of(question)), _state(question, asked_at))
        for question in questions
    ]
    table_of_all = table(("", "question", "assumption or answer", "state"), rows)
    return paragraphs(title, table_of_all, _what_next(questions, digest, archived))


@dataclass(frozen=True)
class Told:
    """What the check run says of a round."""

    conclusion: Literal["action_required", "success", "neutral"]
    title: str
    summary: str


def check(questions: Sequence[Question], status: str, url: str) -> Told:
    """By the session's status, the check run; `url` is where the questions are."""
    left, all_of_them = _left(questions), count(len(questions), "question")
    if status == "archived":
        return Told("neutral", "The questions were put away", "Nobody has to answer them any more.")
    if not questions:
        return Told(
            "neutral", "Nothing was worth asking", "No answer would change what is done. Work can start."
        )
    if status in ("reviewed", "completed"):
        told = f"All {all_of_them} answered"
        return Told("success", told, f"{told}; the answers are fixed. [See what was decided]({url}).")
    if not left:
        return Told(
            "action_required",
            "All answered, fixed in a moment",
            "The last answer came just now; it can still be changed.",
        )
    names = ", ".join(question.name for question in questions if question.status == "pending")
    return Told(
        "action_required",
        f"{left} of {all_of_them} waiting for a person",
        f"Open: {names}. [Answer them here]({url}); a reply in the thread is enough.",
    )


def receipt(
    questions: Sequence[Question], *, session_id: str, commit: str | None, digest: str, repository_url: str
) -> str:
    """What was decided, by whom, how, when, about which commit."""
    asked_at = commit_link(commit, repository_url)
    about = f" Asked about the code at {asked_at}." if asked_at else ""
    rows = [
        (
            _link(question),
            cell(question.question),
            cell(_outcome(question)),
            who(question.reviewed_by),
            _how(question),
            when(question.reviewed_at),
        )
        for question in questions
    ]
    return paragraphs(
        f"### The answers are fixed\n\nThis is what work on these issues is told.{about}",
        table(("", "question", "outcome", "by", "how", "when"), rows),
        f"Session {code(session_id)}, digest of the set {code(digest)}. {new_round()}",
    )


def _left(questions: Sequence[Question]) -> int:
    return sum(question.status == "pending" for question in questions)


def _standing(questions: Sequence[Question]) -> str:
    left, all_of_them = _left(questions), count(len(questions), "decision")
    if left:
        return f"**{left} of {all_of_them} still to be made by a person** before code is written."
    return f"**All {all_of_them} made**, and fixed in a moment; until then each can be changed."


def _about(questions: Sequence[Question]) -> str:
    numbers = sorted({number for question in questions for number in question.issues})
    return f" ({', '.join(f'#{number}' for number in numbers)})" if numbers else ""


def _link(question: Question) -> str:
    return f"[{question.name}]({question.url})" if question.url else question.name


def _outcome(question: Question) -> str:
    if question.status == "approved":
        return f"as assumed: {question.assumption}"
    return f"instead: {question.answer or ''}"


def _how(question: Question) -> str:
    said = "decision" if question.decided else "reply"
    if question.answer_url:
        return f"[{said}]({question.answer_url})"
    return "REST" if (question.reviewed_by or "").startswith("key:") else said


def _by(question: Question) -> str:
    name = who(question.reviewed_by)
    return f"[{name}]({question.answer_url})" if question.answer_url else name


def _state(question: Question, asked_at: str = "") -> str:
    since = f"; asked at {asked_at}, and those lines have changed since" if question.outdated else ""
    if question.conflict:
        names = " and ".join(dict.fromkeys(who(vote.by) for vote in question.conflict))
        return f"**in conflict**: {names} disagree{since}"
    if question.status == "pending":
        own = ", needs its own answer" if question.needs_own_answer else ""
        return f"**open**{own}{since}"
    return f"{'approved' if question.status == 'approved' else 'corrected'} by {_by(question)}{since}"


def _what_next(questions: Sequence[Question], digest: str | None, archived: bool) -> str:
    if archived:
        return "Nothing that is said about them counts, unless somebody takes them back out of the trash."
    if digest:
        return f"These answers are fixed (digest {code(digest[:12])}). {new_round()}"
    first = next((one for one in questions if one.status == "pending"), questions[0])
    here = f"{code(f'{first.name}: approve')}, a line for each"
    threads = any(question.in_thread for question in questions)
    where = f"in a question's thread, or here: {here}" if threads else f"here: {here}"
    return (
        f"Answer {where}. Instead of `approve`, a letter or your own words do too. Anyone with write access "
        f"decides, and the latest answer of a person counts."
    )
