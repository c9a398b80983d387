"""`pull_request`: people merged it, closed it, opened it again, or pushed to it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import chain_results, projects, rounds
from bot.webhooks.context import Context
from bot.webhooks.events import PullRequestEvent

MOVED = ("closed", "reopened", "synchronize")


def handle(tx: Session, event: PullRequestEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is None:
        return
    number, merged = event.pull_request.number, event.pull_request.merged
    if event.action == "closed":
        head = event.pull_request.head.sha
        chain_results.pull_request_closed(tx, project, number, merged=merged, head=head)
    if event.action == "reopened":
        chain_results.pull_request_reopened(tx, project, number)
    if event.action in MOVED:
        rounds.look(tx, project, number)
