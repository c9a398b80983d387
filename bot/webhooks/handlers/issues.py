"""`issues`: people edited, labelled, closed, reopened, moved or deleted an issue."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.domain import events, mirror, projects
from bot.domain.issues import PRIORITIES
from bot.store.models import Project
from bot.webhooks.context import Context
from bot.webhooks.events import Issue, IssuesEvent

# what people do there, and its name in the audit trail
CHANGED = {
    "edited": "issues/update", "labeled": "issues/update", "unlabeled": "issues/update", "closed": "issues/close",
    "reopened": "issues/reopen", "locked": "issues/lock", "unlocked": "issues/unlock",
}  # fmt: skip
LOST = {"deleted": "issues/delete", "transferred": "issues/transfer"}


def handle(tx: Session, event: IssuesEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    issue = mirror.on(tx, project, event.issue.number) if project else None
    if project is None or issue is None:
        return
    if event.action in CHANGED and issue.shown:
        if mirror.seen(tx, project, issue, _seen(event.issue, issue.shown, context)):
            _record(tx, project, event, CHANGED[event.action], issue.id)
    elif event.action in LOST:
        mirror.lost(issue)
        _record(tx, project, event, LOST[event.action], issue.id)


def _record(tx: Session, project: Project, event: IssuesEvent, action: str, issue_id: str) -> None:
    by = f"github:{event.sender.login if event.sender else 'ghost'}"
    url = event.issue.html_url
    events.record(tx, project.id, by=by, door="github", action=action, object_id=issue_id, source=url)


def _seen(there: Issue, shown: dict[str, Any], context: Context) -> mirror.Seen:
    return as_seen(
        there,
        title=context.read_title(there.title, shown["title"]),
        description=context.read_body(there.body, shown["description"]),
    )


def as_seen(there: Issue, *, title: str, description: str) -> mirror.Seen:
    """The issue as GitHub shows it, its title and description in our own words."""
    labels = {label.name.lower() for label in there.labels}
    return mirror.Seen(
        title=title,
        description=description,
        priority=next((word for word in reversed(PRIORITIES) if f"priority: {word}" in labels), None),
        state=there.state,
        reason=there.state_reason if there.state == "closed" else None,
        locked=there.locked,
        at=there.updated_at.isoformat(),
    )
