"""What a person's text says about questions, wherever on the pull request or the issue it was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.domain import events, projects, questions, threads, votes
from bot.domain.votes import Source, Voter
from bot.store import clock
from bot.store.models import AnsweringSession, Project, SessionQuestion
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import User

LEVEL = "write"
FIXED = ("reviewed", "completed")
NOBODY = Voter("ghost", 0)  # as GitHub calls an account that is gone
PLAIN = ("approve", "choose", "refuse", "withdraw")

Asked = tuple[SessionQuestion, AnsweringSession]


@dataclass(frozen=True)
class Word:
    """A text as an event tells of it. `action`: created, edited or deleted, by `sender`."""

    action: str
    text: str
    source: Source
    author: User | None
    sender: User | None
    context: Context

    @property
    def by(self) -> Voter | None:
        """Who speaks, where they may decide here: a person with write access."""
        if self.author is None or self.author.is_bot or not projects.at_least(self.context.level, LEVEL):
            return None
        return Voter(self.author.login, self.author.id)


def is_author(author: User | None, sender: User | None) -> bool:
    """Whether who acted wrote the text, and is a person: another's edit changes nothing that was said."""
    return author is not None and sender is not None and author.id == sender.id and not sender.is_bot


def take(tx: Session, project: Project, number: int, word: Word, thread: Asked | None = None) -> None:
    """Take a text on this pull request or issue for what it says about the questions there.

    `thread`: the question in whose thread it stands; `Q2: …` names any other one.
    """
    asked = questions.numbered(tx, project, number)
    if thread is not None:
        asked = {name: one for name, one in asked.items() if one[0].id != thread[0].id}
    if word.action == "deleted":
        _gone(tx, project, word, asked, thread)
    elif not is_author(word.author, word.sender):
        if word.action == "edited":
            _flag(tx, project, word, asked, thread)
    elif (by := word.by) is None:
        _remark(tx, project, word, asked, thread)
    else:
        if thread is not None:
            _hear(tx, project, thread, word, word.text, by)
        _hear_numbered(tx, project, asked, word, by)


def said(question: SessionQuestion, reply: replies.Reply) -> tuple[str, str | None]:
    """The status and correction that a reply with an answer in it gives the question."""
    if reply.kind == "correct":
        return "declined", reply.text
    chosen = next((option for option in question.options if option["letter"] == reply.letter), None)
    if reply.kind == "approve" or chosen is None or chosen["recommended"]:
        return "approved", None
    return "declined", chosen["text"]


def read(question: SessionQuestion, text: str, slug: str) -> replies.Reply:
    """What a text says about the question."""
    letters = [option["letter"] for option in question.options]
    recommended = next((option["letter"] for option in question.options if option["recommended"]), None)
    return replies.parse(text, options=letters, recommended=recommended, slug=slug)


def _hear(
    tx: Session, project: Project, asked: Asked, word: Word, text: str, by: Voter, *, named: bool = False
) -> None:
    """Take what was said as a vote, if it is one. `named`: the text names the question by its number."""
    question, session = asked
    reply, source = read(question, text, word.context.slug), word.source
    explicit = named or reply.explicit
    if reply.kind == "talk" or (reply.kind == "unclear" and session.status in FIXED):
        questions.forget(tx, project, session, question, by, source)
    elif session.status in FIXED:
        threads.reply(tx, project, question, "frozen", session=session)
    elif not explicit and questions.has_voted(tx, question, by, besides=source):
        questions.forget(tx, project, session, question, by, source)
    elif reply.kind == "withdraw":
        if questions.take_back(tx, project, session, question, by, source):
            _record(tx, project, question, by, source, "withdraw")
    elif reply.kind in ("refuse", "unclear"):
        questions.forget(tx, project, session, question, by, source)
        asks = "instead" if reply.kind == "refuse" else "unclear"
        threads.reply(tx, project, question, asks, session=session)
    else:
        status, correction = said(question, reply)
        voted = (question, by, source, status, correction)
        if questions.vote(tx, project, session, *voted, explicit=explicit):
            _record(tx, project, question, by, source, "review")


def _record(
    tx: Session, project: Project, question: SessionQuestion, by: Voter, source: Source, verb: str
) -> None:
    events.record(
        tx, project.id, by=f"github:{by.login}", door="github", action=f"session-questions/{verb}",
        object_id=question.id, source=source.url,
    )  # fmt: skip


def _hear_numbered(tx: Session, project: Project, asked: dict[int, Asked], word: Word, by: Voter) -> None:
    """Take each `Q2: …` of the text as said about that question, and about no other any more."""
    named = dict(replies.parse_numbered(word.text, word.context.slug))
    for number, text in named.items():
        if number in asked:
            _hear(tx, project, asked[number], word, text, by, named=True)
    left = [one for number, one in asked.items() if number not in named]
    for question, session in _holding(tx, left, word.source):
        questions.forget(tx, project, session, question, by, word.source)


def _gone(tx: Session, project: Project, word: Word, asked: dict[int, Asked], thread: Asked | None) -> None:
    """A text was deleted: what it said is taken back, and nothing that is told of it later counts."""
    at = max(word.source.at, clock.now()) + timedelta(seconds=1)
    source, here = replace(word.source, at=at), [thread] if thread else []
    named = [number for number, _ in replies.parse_numbered(word.text, word.context.slug)]
    held = _holding(tx, [*asked.values(), *here], word.source)
    for question, session in held:
        if session.status in FIXED:
            threads.reply(tx, project, question, "frozen", session=session)
    spoken_of = [*held, *here, *(asked[number] for number in named if number in asked)]
    for question, session in {one[0].id: one for one in spoken_of}.values():
        questions.forget(tx, project, session, question, NOBODY, source)


def _flag(tx: Session, project: Project, word: Word, asked: dict[int, Asked], thread: Asked | None) -> None:
    """Somebody edited another person's answer: it stands as it was, and that is said."""
    if word.author is None or word.sender is None:
        return
    here = [thread] if thread else []
    for question, session in _holding(tx, [*here, *asked.values()], word.source)[:1]:
        if session.status == "active":
            threads.reply_once(
                tx, project, question, "edit_ignored", f"edit_ignored.{word.source.name.replace(':', '.')}",
                session=session, author=word.author.login, editor=word.sender.login,
            )  # fmt: skip


def _remark(tx: Session, project: Project, word: Word, asked: dict[int, Asked], thread: Asked | None) -> None:
    """Who may not decide makes a remark. A plain answer is told so, once a person and round; an edit unsays."""
    here = [thread] if thread else []
    if word.action == "edited":
        for question, session in _holding(tx, [*here, *asked.values()], word.source):
            questions.forget(tx, project, session, question, NOBODY, word.source)
        return
    answers = [(one, word.text, False) for one in here]
    for number, text in replies.parse_numbered(word.text, word.context.slug):
        answers += [(asked[number], text, True)] if number in asked else []
    for (question, session), text, named in answers:
        reply = read(question, text, word.context.slug)
        if session.status == "active" and _is_answer(reply, named=named) and word.author is not None:
            if word.context.level in projects.LEVELS and not word.author.is_bot:
                key = f"needs_write.{session.id}.{word.author.id}"
                threads.reply_once(
                    tx, project, question, "needs_write", key,
                    session=session, by=word.author.login, level=word.context.level,
                )  # fmt: skip
            return


def _is_answer(reply: replies.Reply, *, named: bool) -> bool:
    """Whether its author surely meant to answer, and does not only talk."""
    return reply.kind in PLAIN or reply.explicit or (named and reply.kind not in ("talk", "unclear"))


def _holding(tx: Session, asked: list[Asked], source: Source) -> list[Asked]:
    """Those about which the text says something."""
    held = votes.of_text(tx, [question.id for question, _ in asked], source)
    return [one for one in asked if one[0].id in held]
