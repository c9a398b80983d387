"""`repository`: it was renamed, moved, archived, changed or deleted."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import installations, projects
from bot.webhooks.context import Context
from bot.webhooks.events import RepositoryEvent


def handle(tx: Session, event: RepositoryEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is None:
        return
    told_by = event.installation.id if event.installation else None
    for installation_id in {told_by, project.installation_id}:
        installations.look(tx, installation_id)
