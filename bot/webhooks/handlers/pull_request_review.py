"""`pull_request_review`: a review's own text may answer questions by their number."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects
from bot.domain.votes import Source
from bot.store import clock
from bot.webhooks import replies
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestReviewEvent
from bot.webhooks.handlers import reviewing

HEARD = ("submitted", "edited")


def asks(tx: Session, event: PullRequestReviewEvent, slug: str) -> bool:
    """Whether its author names a question."""
    author = reviewing.is_author(event.review.user, event.sender)
    return author and event.action in HEARD and bool(replies.parse_numbered(event.review.body or "", slug))


def handle(tx: Session, event: PullRequestReviewEvent, context: Context) -> None:
    project, review = projects.on(tx, event.repository.id), event.review
    if project is None:
        return
    # of an edit GitHub tells no time
    at = review.submitted_at if event.action == "submitted" else None
    source = Source(f"review:{review.id}", review.html_url, at or clock.now())
    action = "edited" if event.action == "edited" else "created"
    word = reviewing.Word(action, review.body or "", source, review.user, event.sender, context)
    reviewing.take(tx, project, event.pull_request.number, word)
