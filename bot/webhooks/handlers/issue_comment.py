"""`issue_comment`: somebody may have written a command."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import answering, mirror, projects, questions, rounds, sessions, threads
from bot.domain.errors import DomainError, Invalid
from bot.domain.votes import Source
from bot.store import clock
from bot.store.models import Project
from bot.webhooks import commands, replies
from bot.webhooks.commands import Command
from bot.webhooks.context import Context
from bot.webhooks.events import IssueCommentEvent
from bot.webhooks.handlers import reviewing


def asks(tx: Session, event: IssueCommentEvent, slug: str) -> bool:
    """Whether a person wants something of us by it; an edit never runs a command, but may change an answer."""
    body, author = event.comment.body or "", reviewing.is_author(event.comment.user, event.sender)
    if event.action == "created" and commands.parse(body, slug):
        return event.sender is not None and not event.sender.is_bot
    return author and event.action in ("created", "edited") and bool(replies.parse_numbered(body, slug))


def handle(tx: Session, event: IssueCommentEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is None:
        return
    if event.action == "created" and asks(tx, event, context.slug):
        _obey(tx, project, event, context)
    _hear(tx, project, event, context)


def _obey(tx: Session, project: Project, event: IssueCommentEvent, context: Context) -> None:
    wanted = commands.parse(event.comment.body or "", context.slug)
    if wanted:
        threads.react(tx, project, event.issue.number, event.comment.id, "eyes")
    for command in wanted:
        _do(tx, project, event, command, context)


def _hear(tx: Session, project: Project, event: IssueCommentEvent, context: Context) -> None:
    number, comment = event.issue.number, event.comment
    if event.action == "deleted":
        rounds.comment_gone(tx, project, comment.id, in_thread=False)
    source = Source(f"comment:{comment.id}", comment.html_url, comment.updated_at)
    word = reviewing.Word(event.action, comment.body or "", source, comment.user, event.sender, context)
    reviewing.take(tx, project, number, word)


def _do(tx: Session, project: Project, event: IssueCommentEvent, command: Command, context: Context) -> None:
    verb = commands.VERBS.get(command.verb)
    if verb is None:
        nearest = commands.nearest(command.verb)
        _refuse(tx, project, event, "unknown_verb", line=command.text, nearest=nearest)
    elif verb.level and not projects.at_least(context.level, verb.level):
        text = "undecided" if context.level == "unknown" else "not_allowed"
        _refuse(tx, project, event, text, line=command.text, needed=verb.level, level=context.level)
    elif command.verb == "help":
        _once_an_hour(tx, project, event, "help", level=context.level)
        threads.react(tx, project, event.issue.number, event.comment.id, "+1")
    else:
        try:
            DOES[command.verb](tx, project, event, command)
        except DomainError as error:
            _refuse(tx, project, event, "not_started", line=command.text, reason=error.message)


def _scan(tx: Session, project: Project, event: IssueCommentEvent, command: Command) -> None:
    sessions.start(
        tx, project,
        prompt=command.prompt or sessions.DEFAULT_PROMPT,
        paths=list(command.paths),
        created_by=f"github:{_login(event)}",
        comment={"number": event.issue.number, "commentId": event.comment.id},
    )  # fmt: skip


def _ask(tx: Session, project: Project, event: IssueCommentEvent, command: Command) -> None:
    numbers = command.numbers or (event.issue.number,)
    known = [issue.id for number in numbers if (issue := mirror.on(tx, project, number))]
    asked = questions.on_pull_request(tx, project, event.issue.number)
    if not known and not command.numbers and asked is not None:
        known = asked.asked
    if not known:
        raise Invalid("none of these is an issue that I filed")
    answering.create(tx, project, issue_ids=known, created_by=f"github:{_login(event)}")
    threads.react(tx, project, event.issue.number, event.comment.id, "+1")


DOES = {"ask": _ask, "scan": _scan}


def _refuse(tx: Session, project: Project, event: IssueCommentEvent, text: str, **values: str | None) -> None:
    _once_an_hour(tx, project, event, text, **values)
    threads.react(tx, project, event.issue.number, event.comment.id, "confused")


def _once_an_hour(
    tx: Session, project: Project, event: IssueCommentEvent, text: str, **values: str | None
) -> None:
    """In words the first time; who asks again within the hour gets the reaction alone."""
    number, login = event.issue.number, _login(event)
    key = f"{text}.{project.repository_id}.{number}.{login}.{clock.now():%Y%m%d%H}"
    threads.say(tx, project, number, key, text, **values)


def _login(event: IssueCommentEvent) -> str:
    return event.sender.login if event.sender else "ghost"
