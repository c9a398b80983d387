"""`issue_comment`: somebody may have answered questions by their number, or deleted what we wrote."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects, rounds
from bot.domain.votes import Source
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import IssueCommentEvent
from bot.webhooks.handlers import reviewing


def asks(tx: Session, event: IssueCommentEvent, slug: str) -> bool:
    """Whether its author names a question."""
    body, author = event.comment.body or "", reviewing.is_author(event.comment.user, event.sender)
    return author and event.action in ("created", "edited") and bool(replies.parse_numbered(body, slug))


def handle(tx: Session, event: IssueCommentEvent, context: Context) -> None:
    project, comment = projects.on(tx, event.repository.id), event.comment
    if project is None:
        return
    if event.action == "deleted":
        rounds.comment_gone(tx, project, comment.id, in_thread=False)
    source = Source(f"comment:{comment.id}", comment.html_url, comment.updated_at)
    word = reviewing.Word(event.action, comment.body or "", source, comment.user, event.sender, context)
    reviewing.take(tx, project, event.issue.number, word)
