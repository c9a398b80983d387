"""Commands as they come in: who gives them, whether they may, and the promise to carry each out."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.domain import commands, projects, repo_config, threads
from bot.store.models import GivenCommand, Project
from bot.webhooks import comments
from bot.webhooks.commands import Command, nearest, parse
from bot.webhooks.comments import Comment
from bot.webhooks.context import Context
from bot.webhooks.events import Event
from bot.webhooks.verbs.answering import unsay


def asks(event: Event, slug: str) -> bool:
    """Whether a person gives a command by it, so that it matters what they may do."""
    comment = comments.of(event)
    new = comment is not None and comments.is_new(event, comment)
    return comment is not None and new and not comment.author.is_bot and bool(parse(comment.body, slug))


def accept(tx: Session, event: Event, context: Context) -> None:
    """Take the commands of a text that is new; what one that was deleted wanted is dropped, or taken back."""
    comment = comments.of(event)
    project = projects.on(tx, comment.repository_id) if comment else None
    if comment is None or project is None:
        return
    if event.action == "deleted":
        _drop(tx, project, comment, context.slug)
    elif comments.is_new(event, comment) and (level := _level(tx, project, comment, context)) is not None:
        for command in parse(comment.body, context.slug):
            _take(tx, project, comment, command, level)


def _level(tx: Session, project: Project, comment: Comment, context: Context) -> str | None:
    """What the author may do; None for a bot that is not heard."""
    if not comment.author.is_bot:
        return context.level
    listed = comment.app_id in repo_config.of(project).commands.bots
    if not listed or commands.bot_was_heard(tx, project, comment.number, comment.source):
        return None
    return commands.BOT_LEVEL


def _take(tx: Session, project: Project, comment: Comment, command: Command, level: str) -> None:
    """Promise to carry it out, or refuse it; a redelivery finds it here already."""
    given = _keep(tx, project, comment, command)
    if given is None:
        return
    threads.react(tx, project, comment.number, comment.source, "eyes")
    if refusal := _refusal(tx, project, given, command, level):
        commands.refuse(tx, project, given, **refusal)
    else:
        commands.queue(tx, project, given)


def _drop(tx: Session, project: Project, comment: Comment, slug: str) -> None:
    for command in parse(comment.body, slug):
        _keep(tx, project, comment, command)  # GitHub may tell of the deletion first
    commands.drop(tx, comment.source)
    unsay(tx, project, comment.number, comment.source, comment.url)


def _keep(tx: Session, project: Project, comment: Comment, command: Command) -> GivenCommand | None:
    return commands.take(
        tx, project, f"{comment.source}#{command.line}",
        number=comment.number, on_pull_request=comment.on_pull_request, url=comment.url,
        user_id=comment.author.id, login=comment.author.login,
        app_id=comment.app_id if comment.author.is_bot else None,
        verb=command.verb, text=str(command),
        starts=bool(command.form and command.form.starts and not command.dry_run),
        written=command.written, said_at=comment.at,
    )  # fmt: skip


def _refusal(
    tx: Session, project: Project, given: GivenCommand, command: Command, level: str
) -> dict[str, Any] | None:
    """Why it is refused before anything is looked at; None where it may be tried."""
    verb = command.form
    if verb is None:
        return {"kind": "unknown", "nearest": nearest(command.verb)}
    if not command.understood:
        return {"kind": "usage", "usage": verb.usage}
    return commands.why_not(tx, project, given, verb, level) or commands.spent(tx, given)
