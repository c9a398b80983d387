"""`pull_request`: people merged it or closed it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import chains, projects
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestEvent


def handle(tx: Session, event: PullRequestEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is not None and event.action == "closed":
        number, merged = event.pull_request.number, event.pull_request.merged
        chains.pull_request_closed(tx, project, number, merged=merged)
