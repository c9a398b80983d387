"""Where the App is installed, and what a project may do there: GitHub's part in whether it goes on.

Events say that something changed, and may be late, doubled or lost; what it is like now is asked of GitHub.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import projects, repo_config, troubles
from bot.domain.projects import Repository
from bot.domain.verbs import LEVELS
from bot.store import clock, outbox
from bot.store.models import Installation, Project

NEEDED = {
    "metadata": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "checks": "write",
}


@dataclass(frozen=True)
class Installed:
    """How the App stands in an account. `welcome`: whether that makes projects.

    `repositories`: None where they could not be listed, or need not be.
    """

    id: int
    account: str
    suspended: bool
    welcome: bool
    permissions: Mapping[str, str]
    repositories: tuple[Repository, ...] | None

    @property
    def trouble(self) -> str | None:
        """Why nothing goes in any of its repositories."""
        if not self.welcome:
            return troubles.UNWELCOME
        if self.suspended:
            return troubles.SUSPENDED
        granted = {name: LEVELS.index(self.permissions.get(name, "none")) for name in NEEDED}
        enough = all(granted[name] >= LEVELS.index(level) for name, level in NEEDED.items())
        return None if enough else troubles.NOT_GRANTED


def look(tx: Session, installation_id: int | None) -> None:
    """Something changed there: have it looked at."""
    if installation_id is not None:
        lane = f"installation:{installation_id}"
        outbox.add(tx, "look_at_installation", lane=lane, installation_id=installation_id)


def look_everywhere(tx: Session, there: Iterable[int]) -> None:
    """Have all installations looked at: those that GitHub names, and those that we know."""
    known = tx.scalars(select(Installation.id).where(Installation.deleted_at.is_(None)))
    for installation_id in sorted({*there, *known}):
        look(tx, installation_id)


def seen(tx: Session, there: Installed) -> None:
    """The App stands like this in the account now: its projects follow."""
    installation = tx.get(Installation, there.id) or Installation(id=there.id)
    installation.account, installation.deleted_at = there.account, None
    installation.suspended_at = (installation.suspended_at or clock.now()) if there.suspended else None
    tx.add(installation)
    tx.flush()
    for repository in there.repositories or ():
        project = projects.on(tx, repository.id) or projects.fresh(tx, repository)
        project.installation_id = there.id
        _follow(tx, project, repository, there.trouble)
    listed = {repository.id for repository in there.repositories or ()}
    unlisted = troubles.REMOVED if there.repositories is not None else there.trouble
    for project in _of(tx, there.id):
        if project.repository_id not in listed and unlisted:
            stop(tx, project, unlisted)


def gone(tx: Session, installation_id: int) -> None:
    """The App was removed from the account."""
    if installation := tx.get(Installation, installation_id):
        installation.deleted_at = installation.deleted_at or clock.now()
        for project in _of(tx, installation_id):
            stop(tx, project, troubles.REMOVED)


def stop(tx: Session, project: Project, reason: str) -> None:
    """GitHub takes nothing from us there. A pause of the operator's stays."""
    if reason == troubles.REMOVED:
        project.removed_at = project.removed_at or clock.now()  # see `bot.domain.leaving` for what follows
    if project.paused_reason is None or project.paused_reason in troubles.REMEDIES:
        projects.pause(tx, project, reason)


def read_config(tx: Session, project: Project) -> None:
    """Have `.github/askfirst.yml` read anew."""
    outbox.add(tx, "read_config", lane=f"config:{project.id}", project_id=project.id)


def _follow(tx: Session, project: Project, there: Repository, trouble: str | None) -> None:
    """Its name, its default branch, and whether it takes what we write."""
    project.name, project.url, project.removed_at = there.full_name, there.url, None
    if project.default_branch != there.default_branch:
        project.default_branch = there.default_branch
        read_config(tx, project)
    if there.archived:
        trouble = trouble or troubles.ARCHIVED
    elif not there.has_issues and repo_config.of(project).mirror.enabled:
        trouble = trouble or troubles.WITHOUT_ISSUES
    if trouble:
        stop(tx, project, trouble)
    elif project.paused_reason in troubles.REMEDIES:
        read_config(tx, project)  # no push was heard of
        projects.resume(tx, project)


def _of(tx: Session, installation_id: int) -> list[Project]:
    return list(tx.scalars(select(Project).where(Project.installation_id == installation_id)))
