"""`issues`: people edited, labelled, closed, reopened, moved or deleted an issue."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.domain import mirror, projects
from bot.domain.issues import PRIORITIES
from bot.webhooks.context import Context
from bot.webhooks.events import Issue, IssuesEvent

CHANGED = ("edited", "labeled", "unlabeled", "closed", "reopened")
LOST = ("deleted", "transferred")


def handle(tx: Session, event: IssuesEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    issue = mirror.on(tx, project, event.issue.number) if project else None
    if project is None or issue is None:
        return
    if event.action in CHANGED and issue.shown:
        mirror.seen(tx, project, issue, _seen(event.issue, issue.shown, context))
    elif event.action in LOST:
        mirror.lost(issue)


def _seen(there: Issue, shown: dict[str, Any], context: Context) -> mirror.Seen:
    labels = {label.name.lower() for label in there.labels}
    return mirror.Seen(
        title=context.read_title(there.title, shown["title"]),
        description=context.read_body(there.body, shown["description"]),
        priority=next((word for word in reversed(PRIORITIES) if f"priority: {word}" in labels), None),
        state=there.state,
        reason=there.state_reason if there.state == "closed" else None,
        at=there.updated_at.isoformat(),
    )
