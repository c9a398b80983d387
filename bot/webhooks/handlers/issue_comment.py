"""`issue_comment`: somebody may have written a command."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects, sessions, threads
from bot.domain.errors import DomainError
from bot.domain.questions import Source
from bot.store import clock
from bot.store.models import Project
from bot.webhooks import commands, replies
from bot.webhooks.commands import Command
from bot.webhooks.context import Context
from bot.webhooks.events import IssueCommentEvent
from bot.webhooks.handlers import reviewing

SCAN_LEVEL = "write"


def asks(tx: Session, event: IssueCommentEvent, slug: str) -> bool:
    """Whether a person wants something of us by it; an edit never runs a command."""
    human = event.sender is not None and not event.sender.is_bot
    body = event.comment.body or ""
    return (
        event.action == "created"
        and human
        and bool(commands.parse(body, slug) or replies.parse_numbered(body))
    )


def handle(tx: Session, event: IssueCommentEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is None or not asks(tx, event, context.slug):
        return
    wanted = commands.parse(event.comment.body or "", context.slug)
    if wanted:
        threads.react(tx, project, event.issue.number, event.comment.id, "eyes")
    for command in wanted:
        _do(tx, project, event, command, context)
    if by := reviewing.speaks(event.comment.user, context):
        source = Source(f"comment:{event.comment.id}", event.comment.html_url, event.comment.created_at)
        reviewing.hear_numbered(tx, project, event.issue.number, event.comment.body or "", by, source)


def _do(tx: Session, project: Project, event: IssueCommentEvent, command: Command, context: Context) -> None:
    if command.verb == "scan":
        _scan(tx, project, event, command, context)
    elif command.verb == "help":
        _once_an_hour(tx, project, event, "help", level=context.level)
        threads.react(tx, project, event.issue.number, event.comment.id, "+1")
    else:
        _once_an_hour(
            tx, project, event, "unknown_verb", line=command.text, nearest=commands.nearest(command.verb)
        )
        threads.react(tx, project, event.issue.number, event.comment.id, "confused")


def _scan(
    tx: Session, project: Project, event: IssueCommentEvent, command: Command, context: Context
) -> None:
    if not projects.at_least(context.level, SCAN_LEVEL):
        text = "undecided" if context.level == "unknown" else "not_allowed"
        _refuse(tx, project, event, text, line=command.text, needed=SCAN_LEVEL, level=context.level)
        return
    try:
        sessions.start(
            tx, project,
            prompt=command.prompt or sessions.DEFAULT_PROMPT,
            paths=list(command.paths),
            created_by=f"github:{_login(event)}",
            comment={"number": event.issue.number, "commentId": event.comment.id},
        )  # fmt: skip
    except DomainError as error:
        _refuse(tx, project, event, "scan_refused", line=command.text, reason=error.message)


def _refuse(tx: Session, project: Project, event: IssueCommentEvent, text: str, **values: str) -> None:
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
