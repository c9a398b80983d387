"""What people write on GitHub, wherever they do: the five kinds of text as one `Comment`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import clock
from bot.webhooks.events import (
    Event,
    IssueCommentEvent,
    IssuesEvent,
    PullRequestEvent,
    PullRequestReviewCommentEvent,
    PullRequestReviewEvent,
    User,
)

NEW = ("opened", "created", "submitted")


@dataclass(frozen=True)
class Comment:
    """A text, its author, and where it stands. `source` is its kind and its id on GitHub.

    `number` is of the issue or pull request; `app_id` is the App that it was written through, where GitHub says so:
    it does for issues and for comments on a conversation alone.
    """

    source: str
    repository_id: int
    number: int
    on_pull_request: bool
    body: str
    author: User
    url: str
    at: datetime
    app_id: int | None


def of(event: Event) -> Comment | None:
    """The text that an event is about; None where it is about something else, or nobody's."""
    match event:
        case IssuesEvent():
            return _comment(event, "issue", event.issue, event.issue.number, False, event.issue.updated_at)
        case PullRequestEvent():
            return _comment(event, "pull_request", event.pull_request, event.number, True)
        case IssueCommentEvent():
            on_pull_request, at = event.issue.pull_request is not None, event.comment.updated_at
            return _comment(event, "issue_comment", event.comment, event.issue.number, on_pull_request, at)
        case PullRequestReviewEvent():
            number, review = event.pull_request.number, event.review
            return _comment(event, "review", review, number, True, review.submitted_at)
        case PullRequestReviewCommentEvent():
            number, text = event.pull_request.number, event.comment
            return _comment(event, "review_comment", text, number, True, text.updated_at)
    return None


def is_new(event: Event, comment: Comment) -> bool:
    """Whether its author has just written it: an edit, or somebody else's act, is none."""
    return event.action in NEW and event.sender is not None and event.sender.id == comment.author.id


def _comment(
    event: Any, kind: str, text: Any, number: int, on_pull_request: bool, at: datetime | None = None
) -> Comment | None:
    if text.user is None:
        return None
    via = getattr(text, "performed_via_github_app", None)
    return Comment(
        source=f"{kind}:{text.id}", repository_id=event.repository.id, number=number,
        on_pull_request=on_pull_request, body=text.body or "", author=text.user, url=text.html_url,
        at=at or clock.now(), app_id=via.id if via else None,
    )  # fmt: skip
