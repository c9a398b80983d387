"""What needs somebody, and what to do."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import backlog, projects, troubles
from bot.store.models import Project


def findings(tx: Session) -> list[str]:
    """A sentence or two for each, ready to be shown; none where all is well."""
    found = []
    for project in projects.everything(tx):
        if project.paused_reason:
            found.append(f"{project.name} is paused: {project.paused_reason.rstrip('.')}. {_remedy(project)}")
        if project.config_error:
            found.append(f"{project.name}: {project.config_error} What was right before is still in force.")
    for job, depth in backlog.depths(tx).items():
        if depth.dead:
            found.append(
                f"{_times(depth.dead, job)} given up. `askfirst outbox list` shows why, and what to do."
            )
    return found


def _times(count: int, job: str) -> str:
    return f"One piece of work ({job}) was" if count == 1 else f"{count} pieces of work ({job}) were"


def _remedy(project: Project) -> str:
    by_hand = f"`askfirst project resume {project.name}` lets it go on."
    return troubles.REMEDIES.get(project.paused_reason or "", by_hand)
