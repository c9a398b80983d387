"""`pull_request_review`: a review's own text may answer questions by their number."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects
from bot.domain.questions import Source
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestReviewEvent
from bot.webhooks.handlers import reviewing


def asks(tx: Session, event: PullRequestReviewEvent, slug: str) -> bool:
    """Whether it names a question."""
    return event.action == "submitted" and bool(replies.parse_numbered(event.review.body or "", slug))


def handle(tx: Session, event: PullRequestReviewEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    by = reviewing.speaks(event.review.user, context)
    if project is None or by is None or event.action != "submitted" or event.review.submitted_at is None:
        return
    source = Source(f"review:{event.review.id}", event.review.html_url, event.review.submitted_at)
    reviewing.hear_numbered(
        tx, project, event.pull_request.number, event.review.body or "", by, source, context.slug
    )
