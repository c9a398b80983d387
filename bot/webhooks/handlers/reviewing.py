"""What a person's text says about a question, wherever on the pull request it was written."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import answering, projects, questions, threads
from bot.domain.questions import Source, Voter
from bot.store.models import AnsweringSession, Project, SessionQuestion
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import User

LEVEL = "write"


def speaks(user: User | None, context: Context) -> Voter | None:
    """Who speaks, where they may decide here: a person with write access."""
    if user is None or user.is_bot or not projects.at_least(context.level, LEVEL):
        return None
    return Voter(user.login, user.id)


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
    if reply.kind == "talk" or not (named or reply.explicit or not questions.has_voted(tx, question, by)):
        questions.forget(tx, project, session, question, source)
    elif session.status != "active":
        threads.reply(tx, project, question, "frozen", session=session)
    elif reply.kind == "withdraw":
        questions.take_back(tx, project, session, question, by)
    elif reply.kind == "refuse":
        threads.reply(tx, project, question, "instead", session=session)
    else:
        status, correction = _said(question, reply)
        questions.vote(tx, project, session, question, by, source, status, correction)


def hear_numbered(
    tx: Session, project: Project, number: int, body: str, by: Voter, source: Source, slug: str
) -> None:
    """Take each `Q2: …` of a text on the pull request as said about that question."""
    said = replies.parse_numbered(body, slug)
    session = questions.on_pull_request(tx, project, number) if said else None
    if session is None:
        return
    by_number = {question.number: question for question in answering.questions(tx, session.id)}
    for wanted, text in said:
        if wanted in by_number:
            hear(tx, project, session, by_number[wanted], text, by, source, slug, named=True)


def _said(question: SessionQuestion, reply: replies.Reply) -> tuple[str, str | None]:
    if reply.kind == "correct":
        return "declined", reply.text
    chosen = next((option for option in question.options if option["letter"] == reply.letter), None)
    if reply.kind == "approve" or chosen is None or chosen["recommended"]:
        return "approved", None
    return "declined", chosen["text"]
