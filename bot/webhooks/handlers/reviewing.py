"""What a person's text says about a question, wherever on the pull request it was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.domain import answering, projects, questions, threads, votes
from bot.domain.votes import Source, Voter
from bot.store import clock
from bot.store.models import AnsweringSession, Project, SessionQuestion
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import User

LEVEL = "write"
FIXED = ("reviewed", "completed")
NOBODY = Voter("ghost", 0)  # as GitHub calls an account that is gone


def speaks(user: User | None, context: Context) -> Voter | None:
    """Who speaks, where they may decide here: a person with write access."""
    if user is None or user.is_bot or not projects.at_least(context.level, LEVEL):
        return None
    return Voter(user.login, user.id)


def is_author(author: User | None, sender: User | None) -> bool:
    """Whether who acted wrote the text, and is a person: another's edit changes nothing that was said."""
    return author is not None and sender is not None and author.id == sender.id and not sender.is_bot


def gone(source: Source) -> Source:
    """A text that was deleted: nothing that is told of it later counts."""
    return replace(source, at=max(source.at, clock.now()) + timedelta(seconds=1))


def hear(
    tx: Session,
    project: Project,
    session: AnsweringSession,
    question: SessionQuestion,
    text: str,
    by: Voter,
    source: Source,
    slug: str,
    *,
    named: bool = False,
) -> None:
    """Take what was said as a vote, if it is one. `named`: the text names the question by its number."""
    letters = [option["letter"] for option in question.options]
    recommended = next((option["letter"] for option in question.options if option["recommended"]), None)
    reply = replies.parse(text, options=letters, recommended=recommended, slug=slug)
    if reply.kind == "talk":
        questions.forget(tx, project, session, question, by, source)
    elif session.status in FIXED:
        threads.reply(tx, project, question, "frozen", session=session)
    elif not (named or reply.explicit) and questions.has_voted(tx, question, by, besides=source):
        questions.forget(tx, project, session, question, by, source)
    elif reply.kind == "withdraw":
        questions.take_back(tx, project, session, question, by, source)
    elif reply.kind == "refuse":
        questions.forget(tx, project, session, question, by, source)
        threads.reply(tx, project, question, "instead", session=session)
    else:
        status, correction = _said(question, reply)
        questions.vote(tx, project, session, question, by, source, status, correction)


def hear_numbered(
    tx: Session,
    project: Project,
    number: int,
    body: str,
    by: Voter | None,
    source: Source,
    slug: str,
    *,
    besides: SessionQuestion | None = None,
) -> None:
    """Take each `Q2: …` of a text on the pull request as said about that question, and about no other any more.

    `by`: None where nobody speaks who may decide; `besides`: the question in whose thread it stands.
    """
    session = questions.on_pull_request(tx, project, number)
    if session is None:
        return
    by_number = {question.number: question for question in answering.questions(tx, session.id)}
    said = replies.parse_numbered(body, slug) if by else []
    for wanted, text in said:
        if by and wanted in by_number:
            hear(tx, project, session, by_number[wanted], text, by, source, slug, named=True)
    named = {wanted for wanted, _ in said}
    left = {one.id: one for one in by_number.values() if one.number not in named and one is not besides}
    for question_id in votes.of_text(tx, list(left), source):
        questions.forget(tx, project, session, left[question_id], by or NOBODY, source)


def _said(question: SessionQuestion, reply: replies.Reply) -> tuple[str, str | None]:
    if reply.kind == "correct":
        return "declined", reply.text
    chosen = next((option for option in question.options if option["letter"] == reply.letter), None)
    if reply.kind == "approve" or chosen is None or chosen["recommended"]:
        return "approved", None
    return "declined", chosen["text"]
