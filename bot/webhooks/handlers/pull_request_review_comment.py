"""`pull_request_review_comment`: somebody replied in a thread, or changed or deleted what they had said."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects, questions
from bot.domain.votes import Source
from bot.store.models import AnsweringSession, Project, SessionQuestion
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestReviewCommentEvent
from bot.webhooks.handlers import reviewing

Event = PullRequestReviewCommentEvent


def asks(tx: Session, event: Event, slug: str) -> bool:
    """Whether it may be a vote: a person's text in the thread of a question of ours, by its author."""
    author = reviewing.is_author(event.comment.user, event.sender)
    return event.action in ("created", "edited") and author and _question(tx, event) is not None


def handle(tx: Session, event: Event, context: Context) -> None:
    found = _question(tx, event)
    if found is None:
        return
    project, question, session = found
    number, text, comment = event.pull_request.number, event.comment.body or "", event.comment
    source = Source(f"review_comment:{comment.id}", comment.html_url, comment.updated_at)
    by = reviewing.speaks(comment.user, context)
    if event.action == "deleted":
        source = reviewing.gone(source)
        questions.forget(tx, project, session, question, reviewing.NOBODY, source)
        reviewing.hear_numbered(tx, project, number, "", None, source, context.slug, besides=question)
    elif by is not None:
        reviewing.hear(tx, project, session, question, text, by, source, context.slug)
        reviewing.hear_numbered(tx, project, number, text, by, source, context.slug, besides=question)


def _question(tx: Session, event: Event) -> tuple[Project, SessionQuestion, AnsweringSession] | None:
    project = projects.on(tx, event.repository.id)
    if project is None or event.comment.in_reply_to_id is None:
        return None
    found = questions.on_comment(tx, project, event.comment.in_reply_to_id)
    return (project, *found) if found else None
