"""What the bot replies about one question, in its thread; and the reminder of those that are open."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.github.issuetext import code
from bot.github.questiontext import Question, Vote
from bot.github.wording import count, paragraphs, quoted, sentence, who

_LOGIN = re.compile(r"github:(?P<login>[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))")


def answer_of(question: Question) -> str:
    """What holds: the assumption, or what was said instead."""
    return (question.answer or "") if question.status == "declined" else question.assumption


def new_round() -> str:
    """How an answer is changed once it is fixed."""
    return (
        f"To change an answer, write {code('/askfirst ask')} in a comment of its own: it opens a new round."
    )


def ask_replacement(question: Question) -> str:
    """After a bare `no`."""
    letters = "a letter or " if question.options else ""
    after = "" if question.in_thread else f"{code(f'{question.name}:')} and "
    return (
        f"Not as I assume, then. What shall I do instead? Reply with {after}{letters}your own words. "
        f"Until then {question.name} stays open."
    )


def ask_meaning(question: Question) -> str:
    """After a reply that may be a yes, a no or a letter, or may not."""
    letter = " the letter of an option," if question.options else ""
    after = "" if question.in_thread else f"with {code(f'{question.name}:')} and "
    return (
        f"I am not sure what that says about {question.name}, so it changes nothing. Reply {after}`approve` if my "
        f"assumption is right,{letter} or `correct:` and what to do instead."
    )


def conflicting(question: Question) -> str:
    """Answers contradict each other: all are quoted."""
    parts = [
        f"These answers to {question.name} contradict each other, so it stays open:",
        *(_quoted_vote(vote, question) for vote in question.conflict),
        f"It is decided when all say the same, when all but one take theirs back with {code(_said_here(question))}, "
        f"or when a maintainer writes {code(f'/askfirst decide {question.name}: …')} with what holds.",
    ]
    return paragraphs(*parts)


def needs_write(question: Question, *, by: str, level: str) -> str:
    """To an answer of somebody who may not decide; `by` is a login."""
    has = "no access to it" if level == "none" else f"**{level}**"
    return (
        f"Thank you, {who(f'github:{by}')}. Only people with the level **write** in this repository decide here, and "
        f"you have {has}, so this stays a remark: it changes nothing and is not given to an agent. Somebody with "
        f"write access can answer the same to {question.name}."
    )


def too_late(question: Question) -> str:
    """To an answer after the freeze, or a change of one."""
    return (
        f"This came after the answers were fixed, so it changes nothing. {question.name} stays: "
        f"{sentence(answer_of(question))}\n\n{new_round()}"
    )


def decided(question: Question) -> str:
    """Shown in the thread where a question was decided elsewhere, as by REST or by a maintainer's command."""
    by = who(question.reviewed_by)
    by = f"[{by}]({question.answer_url})" if question.answer_url else by
    if question.status == "approved":
        return f"Decided by {by}: it is as I assume."
    return f"Decided by {by}, instead of what I assume:\n\n{quoted(question.answer or '')}"


def taken_back(question: Question) -> str:
    """Shown in the thread where an answer does not count any more."""
    return f"The answer was taken back: {question.name} is open again."


def lost_right(question: Question, *, by: str) -> str:
    """Shown in the thread where an answer does not count, as its author may not decide any more."""
    gone = f"{who(by)} may not decide here any more, so that answer does not count"
    if question.status == "pending":
        return f"{gone}: {question.name} is open again. Somebody with write access can answer it."
    return f"{gone}, and what others said does: {sentence(answer_of(question))} It can still be changed for a moment."


def edit_ignored(question: Question, *, author: str, editor: str) -> str:
    """Somebody changed another person's answer. Both are logins."""
    other, own = who(f"github:{editor}"), who(f"github:{author}")
    stands = "stays open." if question.status == "pending" else f"stands as: {sentence(answer_of(question))}"
    return (
        f"{other} edited what {own} wrote. That does not count: an answer is its author's own, and what {own} said "
        f"before holds. {question.name} {stands}"
    )


# what a reply is about, as the ledger names it
REPLIES: dict[str, Callable[..., str]] = {
    "instead": ask_replacement,
    "unclear": ask_meaning,
    "frozen": too_late,
    "conflict": conflicting,
    "decided": decided,
    "open": taken_back,
    "lost": lost_right,
    "needs_write": needs_write,
    "edit_ignored": edit_ignored,
}


def applied(question: Question, commits: Sequence[str], repository_url: str) -> str:
    """The last words in a thread: the answer is in the code."""
    links = ", ".join(f"[{code(commit[:12])}]({repository_url}/commit/{commit})" for commit in commits)
    return f"Done as answered, in {links}: {sentence(answer_of(question))}"


def reminder(questions: Sequence[Question], *, asked_by: str, last: bool) -> str:
    """After a long silence. Nobody is mentioned but who asked for the round by a command."""
    left = [question for question in questions if question.status == "pending"]
    named = ", ".join(_named(question) for question in left)
    asker = _LOGIN.fullmatch(asked_by)
    whose = f"@{asker['login']}, you asked for this: " if asker else ""
    verb, those = ("waits", "it") if len(left) == 1 else ("wait", "them")
    again = "I shall not remind again. " if last else ""
    return (
        f"{whose}{count(len(left), 'question')} still {verb} for an answer: {named}.\n\nReply in the thread with "
        f"`approve`, a letter or your own words, or here with {code(f'{left[0].name}: approve')}. Silence approves "
        f"nothing: {again}I write no code that depends on {those} until then."
    )


def _said_here(question: Question) -> str:
    return "withdraw" if question.in_thread else f"{question.name}: withdraw"


def _named(question: Question) -> str:
    name = f"[{question.name}]({question.url})" if question.url else question.name
    return f"{name} (in conflict)" if question.conflict else name


def _quoted_vote(vote: Vote, question: Question) -> str:
    source = f" ([here]({vote.url}))" if vote.url else ""
    if vote.correction is None:
        return f"{who(vote.by)} approved the assumption{source}:\n\n{quoted(question.assumption)}"
    return f"{who(vote.by)} said something else{source}:\n\n{quoted(vote.correction)}"
