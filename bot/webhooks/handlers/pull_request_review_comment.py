"""`pull_request_review_comment`: somebody replied in a thread, or changed or deleted what stood there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects, questions, rounds
from bot.domain.votes import Source
from bot.store.models import Project
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestReviewCommentEvent
from bot.webhooks.handlers import reviewing

Event = PullRequestReviewCommentEvent


def asks(tx: Session, event: Event, slug: str) -> bool:
    """Whether it may be a vote: a person's text in the thread of a question of ours, by its author."""
    author = reviewing.is_author(event.comment.user, event.sender)
    return event.action in ("created", "edited") and author and _question(tx, event) is not None


def handle(tx: Session, event: Event, context: Context) -> None:
    project, comment = projects.on(tx, event.repository.id), event.comment
    if project is None:
        return
    if event.action == "deleted":
        rounds.comment_gone(tx, project, comment.id, in_thread=True)
    thread = _thread(tx, project, event)
    if thread is not None:
        source = Source(f"review_comment:{comment.id}", comment.html_url, comment.updated_at)
        word = reviewing.Word(event.action, comment.body or "", source, comment.user, event.sender, context)
        reviewing.take(tx, project, event.pull_request.number, word, thread)


def _question(tx: Session, event: Event) -> reviewing.Asked | None:
    project = projects.on(tx, event.repository.id)
    return _thread(tx, project, event) if project else None


def _thread(tx: Session, project: Project, event: Event) -> reviewing.Asked | None:
    """The question of ours whose thread it stands in."""
    first = event.comment.in_reply_to_id
    return questions.on_comment(tx, project, first) if first is not None else None
