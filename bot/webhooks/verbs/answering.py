"""Verbs about questions: asking them, and what people say to them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.domain import answering, handover, here, questions, votes
from bot.domain.errors import Conflict, Invalid
from bot.domain.votes import Source, Voter
from bot.store import clock
from bot.store.models import AnsweringSession, Project, SessionQuestion
from bot.webhooks.handlers import reviewing
from bot.webhooks.verbs.base import Asked, Done

Question = tuple[SessionQuestion, AnsweringSession]
SAID_BY = "command."  # begins the name of the vote of a command, apart from what the same text says besides


def ask(asked: Asked) -> Done:
    there = asked.number if asked.given.on_pull_request else None
    ids = [issue.id for issue in asked.issues] or here.unclear(asked.tx, asked.project, asked.number)
    session = answering.create(
        asked.tx, asked.project, issue_ids=ids, pull_request_number=there, created_by=asked.by,
        max_questions=asked.command.max,
    )  # fmt: skip
    return Done((session.id,), made=session.id)


def approve(asked: Asked) -> Done:
    wanted, own = _named(asked), []
    if asked.command.every:
        waiting = [one for one in _waiting(asked) if one not in wanted]
        own = [one[0].number for one in waiting if one[0].needs_own_answer]
        wanted += [one for one in waiting if not one[0].needs_own_answer]
    if not wanted:
        raise Conflict("Nothing waits for an approval here" + (" that `all` may give." if own else "."))
    for one in wanted:
        _vote(asked, one, "approve")
    return Done(_ids(wanted), says="own_answers" if own else "", values={"questions": own})


def correct(asked: Asked) -> Done:
    [one] = _named(asked)
    _vote(asked, one, f"correct: {asked.command.text}")
    return Done(_ids([one]))


def withdraw(asked: Asked) -> Done:
    wanted = _named(asked)
    for question, session in wanted:
        questions.take_back(asked.tx, asked.project, session, question, _voter(asked), _source(asked))
    return Done(_ids(wanted))


def reopen(asked: Asked) -> Done:
    wanted = _named(asked)
    for question, session in wanted:
        questions.reopen(asked.tx, asked.project, session, question, _source(asked))
    return Done(_ids(wanted))


def decide(asked: Asked) -> Done:
    [(question, session)] = _named(asked)
    reply = reviewing.read(question, asked.command.text or "", asked.slug)
    if reply.kind not in ("approve", "choose"):
        reply = reviewing.read(question, f"correct: {asked.command.text}", asked.slug)
    questions.decide(
        asked.tx,
        asked.project,
        session,
        question,
        _voter(asked),
        _source(asked),
        *reviewing.said(question, reply),
    )
    return Done((question.id,))


def proceed(asked: Asked) -> Done:
    session = here.session(asked.tx, asked.project, asked.number)
    handover.set_status(asked.tx, asked.project, session, "reviewed")
    return Done((session.id,))


def unsay(tx: Session, project: Project, number: int, source: str, url: str) -> None:
    """The text was deleted: what its commands answered is taken back, as far as it is not fixed."""
    word = Source(f"{SAID_BY}{source}", url, clock.now() + timedelta(seconds=1))
    there = {
        question.id: (question, session)
        for question, session in here.questions_of(tx, project, number).values()
    }
    for question_id in votes.of_text(tx, list(there), word):
        question, session = there[question_id]
        questions.forget(tx, project, session, question, reviewing.NOBODY, word)


def _named(asked: Asked) -> list[Question]:
    """The questions that the command names. Raises Invalid for one that is not there, Conflict for a fixed one."""
    there = here.questions_of(asked.tx, asked.project, asked.number)
    for number in asked.command.questions:
        if number not in there:
            names = ", ".join(f"Q{known}" for known in sorted(there)) or "none"
            raise Invalid(f"There is no Q{number} here; there is {names}.")
    wanted = [there[number] for number in asked.command.questions]
    for question, session in wanted:
        if session.status != "active":
            raise Conflict(f"Q{question.number} is fixed; `/askfirst ask` opens a new round.")
    return wanted


def _waiting(asked: Asked) -> list[Question]:
    there = here.questions_of(asked.tx, asked.project, asked.number).values()
    return [one for one in there if one[0].status == "pending" and one[1].status == "active"]


def _vote(asked: Asked, one: Question, text: str) -> None:
    question, session = one
    reply = reviewing.read(question, text, asked.slug)
    status, correction = reviewing.said(question, reply)
    questions.vote(
        asked.tx, asked.project, session, question, _voter(asked), _source(asked), status, correction
    )


def _voter(asked: Asked) -> Voter:
    return Voter(asked.given.login, asked.given.user_id)


def _source(asked: Asked) -> Source:
    return Source(f"{SAID_BY}{asked.source}", asked.given.url, asked.given.said_at)


def _ids(wanted: list[Question]) -> tuple[str, ...]:
    return tuple(question.id for question, _ in wanted)
