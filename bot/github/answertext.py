"""How a round of questions stands: the index, the check, replies in threads, the receipt, the pull request's text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.github.issuetext import code
from bot.github.questiontext import Question, Vote, file_path, how_to_reply
from bot.github.wording import cell, count, paragraphs, quoted, sentence, table, when, who

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
        (_link(question), cell(question.question), cell(_answer(question)), _by(question))
        for question in decided
    ]
    return f"### Clarifications\n\n{table(('', 'question', 'answer', 'by'), rows)}"


def index(questions: Sequence[Question], *, digest: str | None = None) -> str:
    """The comment that is kept current; with a digest the set is fixed."""
    left = _left(questions)
    if not left:
        title = f"### All {count(len(questions), 'question')} answered"
    else:
        title = f"### {left} of {count(len(questions), 'question')} open"
    rows = [
        (_link(question), cell(question.question), cell(_answer(question)), _state(question))
        for question in questions
    ]
    closing = (
        f"These answers are fixed (digest {code(digest[:12])}). {_new_round()}"
        if digest
        else "Reply in a question's thread with `approve`, a letter or your own words; or here, a line for "
        f"each: {code('Q2: approve')}. Anyone with write access decides, and the latest answer of a person counts."
    )
    return paragraphs(title, table(("", "question", "assumption or answer", "state"), rows), closing)


def conclusion(
    questions: Sequence[Question], *, reviewed: bool
) -> Literal["action_required", "success", "neutral"]:
    """What the check run says of a round."""
    if not questions:
        return "neutral"
    return "success" if reviewed else "action_required"


def check_output(questions: Sequence[Question], *, reviewed: bool, url: str) -> tuple[str, str]:
    """The check run's title and summary; `url` is where the questions are."""
    left = _left(questions)
    if not questions:
        return "Nothing was worth asking", "No answer would change what is done. Work can start."
    if reviewed:
        title = f"All {count(len(questions), 'question')} answered"
        return title, f"{title}; the answers are fixed. [See what was decided]({url})."
    if not left:
        return "All answered, fixed in a moment", "The last answer came just now; it can still be changed."
    names = ", ".join(question.name for question in questions if question.status == "pending")
    title = f"{left} of {count(len(questions), 'question')} waiting for a person"
    return title, f"Open: {names}. [Answer them here]({url}); a reply in the thread is enough."


def ask_replacement(question: Question) -> str:
    """After a bare `no`."""
    letters = " a letter, or" if question.options else ""
    return (
        f"Not as I assume, then. What shall I do instead? Reply with{letters} your own words. "
        f"Until then {question.name} stays open."
    )


def conflicting(question: Question) -> str:
    """Answers contradict each other: all are quoted."""
    parts = [
        f"These answers to {question.name} contradict each other, so it stays open:",
        *(_quoted_vote(vote, question) for vote in question.conflict),
        "It is decided when all say the same, or when all but one take theirs back by replying `withdraw` here.",
    ]
    return paragraphs(*parts)


def needs_write(level: str) -> str:
    """To a reply of somebody who may not decide."""
    return (
        f"Thank you. Only people with the level **write** in this repository decide here, and you have "
        f"**{level}**, so this stays a remark: it changes nothing and is not given to an agent. Somebody with "
        f"write access can answer the same."
    )


def too_late(question: Question) -> str:
    """To an answer after the freeze."""
    return f"{question.name} was fixed as: {sentence(_answer(question))}\n\nSo this changes nothing. {_new_round()}"


def decided(question: Question) -> str:
    """Shown in the thread where a question was decided elsewhere, as by REST."""
    how = "The assumption was approved" if question.status == "approved" else "This was corrected"
    by = f"{how} by {who(question.reviewed_by)}"
    return f"{by}." if question.status == "approved" else f"{by}:\n\n{quoted(question.answer or '')}"


def taken_back(question: Question) -> str:
    """Shown in the thread where an answer does not count any more."""
    return f"The answer was taken back: {question.name} is open again."


def edit_ignored(author: str, editor: str) -> str:
    """Somebody changed another person's answer. Both are logins."""
    other, own = who(f"github:{editor}"), who(f"github:{author}")
    return (
        f"{other} edited what {own} wrote here. That does not count: an answer is its author's own, and what "
        f"{own} said before stands."
    )


def applied(question: Question, commit: str, repository_url: str) -> str:
    """The last words in a thread: the answer is in the code."""
    link = f"[{code(commit[:12])}]({repository_url}/commit/{commit})"
    return f"Done as answered, in {link}: {sentence(_answer(question))}"


def receipt(questions: Sequence[Question], *, commit: str, digest: str, repository_url: str) -> str:
    """What was decided, by whom, how, when, about which commit."""
    asked_at = f"[{code(commit[:12])}]({repository_url}/tree/{commit})"
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
        f"### The answers are fixed\n\nThis is what work on these issues is told. Asked about {asked_at}.",
        table(("", "question", "outcome", "by", "how", "when"), rows),
        f"Digest of the set: {code(digest)}. {_new_round()}",
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


def _answer(question: Question) -> str:
    return (question.answer or "") if question.status == "declined" else question.assumption


def _outcome(question: Question) -> str:
    if question.status == "approved":
        return f"as assumed: {question.assumption}"
    return f"instead: {question.answer or ''}"


def _how(question: Question) -> str:
    if question.answer_url:
        return f"[reply]({question.answer_url})"
    return "REST" if (question.reviewed_by or "").startswith("key:") else "reply"


def _by(question: Question) -> str:
    name = who(question.reviewed_by)
    return f"[{name}]({question.answer_url})" if question.answer_url else name


def _state(question: Question) -> str:
    if question.conflict:
        names = " and ".join(who(vote.by) for vote in question.conflict)
        return f"**in conflict**: {names} disagree"
    if question.status == "pending":
        own = ", needs its own answer" if question.needs_own_answer else ""
        return f"**open**{own}"
    return f"{'approved' if question.status == 'approved' else 'corrected'} by {_by(question)}"


def _quoted_vote(vote: Vote, question: Question) -> str:
    source = f" ([here]({vote.url}))" if vote.url else ""
    if vote.correction is None:
        return f"{who(vote.by)} approved the assumption{source}:\n\n{quoted(question.assumption)}"
    return f"{who(vote.by)} said something else{source}:\n\n{quoted(vote.correction)}"


def _new_round() -> str:
    return (
        f"To change an answer, write {code('/askfirst ask')} in a comment of its own: it opens a new round."
    )
