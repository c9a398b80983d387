"""One file for each GitHub event; a handler translates the event and calls a noun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot.webhooks.context import Context
from bot.webhooks.handlers import (
    installation,
    installation_repositories,
    installation_target,
    issue_comment,
    issues,
    ping,
    pull_request,
    pull_request_review,
    pull_request_review_comment,
    push,
    repository,
)

Handler = Callable[[Session, Any, Context], None]

HANDLERS: dict[str, Handler] = {
    "installation": installation.handle,
    "installation_repositories": installation_repositories.handle,
    "installation_target": installation_target.handle,
    "issue_comment": issue_comment.handle,
    "issues": issues.handle,
    "ping": ping.handle,
    "pull_request": pull_request.handle,
    "pull_request_review": pull_request_review.handle,
    "pull_request_review_comment": pull_request_review_comment.handle,
    "push": push.handle,
    "repository": repository.handle,
}

# the actions of each that mean something here; None: any, since what it is about is looked at anew
ACTIONS: dict[str, tuple[str, ...] | None] = {
    "installation": None,
    "installation_repositories": None,
    "installation_target": None,
    "issue_comment": ("created", "edited", "deleted"),
    "issues": ("opened", *issues.CHANGED, *issues.LOST),
    "ping": None,
    "pull_request": ("opened", *pull_request.MOVED),
    "pull_request_review": pull_request_review.HEARD,
    "pull_request_review_comment": ("created", "edited", "deleted"),
    "push": None,
    "repository": None,
}

# events for which it matters what the sender may do: whether this one is such
ASKS: dict[str, Callable[[Session, Any, str], bool]] = {
    "issue_comment": issue_comment.asks,
    "pull_request_review": pull_request_review.asks,
    "pull_request_review_comment": pull_request_review_comment.asks,
}


def hears(name: str, action: str) -> bool:
    """Whether this action of this event means something here."""
    return name in HANDLERS and ((actions := ACTIONS[name]) is None or action in actions)
