"""Projects: one for each repository the App is installed on, and plain ones the operator adds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import chains, mirror
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.verbs import LEVELS as LEVELS
from bot.store import clock
from bot.store.models import Installation, Project

WITH_USER = re.compile(r"^(\w[\w+.-]*://)[^/]*@")


@dataclass(frozen=True)
class Repository:
    """A repository as an event names it."""

    id: int
    full_name: str
    url: str


def at_least(level: str, needed: str) -> bool:
    """Whether one permission level of GitHub's reaches another; one that is not known reaches none."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(needed)


def create(tx: Session, name: str, url: str, *, mode: Literal["live", "test"] = "live") -> Project:
    """Add a plain project. Raises Conflict when the name is taken, Invalid when it is blank or too long."""
    if not 1 <= len(name.strip()) <= 200:
        raise Invalid("A project's name has 1 to 200 characters.", "name")
    if tx.scalars(select(Project).where(Project.name == name.strip())).first():
        raise Conflict(f"There is a project {name.strip()!r} already; choose another name.", "name")
    project = Project(id=clock.new_id("proj"), name=name.strip(), mode=mode, url=url, created_at=clock.now())
    tx.add(project)
    tx.flush()
    return project


def get(tx: Session, project_id: str) -> Project:
    """The project of this id, which is there."""
    return tx.get_one(Project, project_id)


def find(tx: Session, name: str) -> Project:
    """The project with this name or id. Raises NotFound."""
    project = tx.scalars(select(Project).where((Project.name == name) | (Project.id == name))).first()
    if project is None:
        raise NotFound(
            f"There is no project {name!r}; `askfirst project list` shows the projects.", "project"
        )
    return project


def on(tx: Session, repository_id: int) -> Project | None:
    """The project of a GitHub repository, if the App is installed there."""
    return tx.scalars(select(Project).where(Project.repository_id == repository_id)).first()


def everything(tx: Session) -> list[Project]:
    """All projects, by name."""
    return list(tx.scalars(select(Project).order_by(Project.name)))


def address(project: Project) -> str:
    """Where the repository is, without what may be the operator's password."""
    return WITH_USER.sub(r"\1", project.url)


def pause(tx: Session, project: Project, reason: str) -> None:
    """Let nothing start in the project until it is resumed; its running chains wait too."""
    project.paused_reason = reason
    tx.flush()
    chains.project_paused(tx, project)


def resume(tx: Session, project: Project) -> None:
    """Let the project go on with what waited; GitHub is brought to what changed meanwhile."""
    if project.paused_reason is None:
        return
    project.paused_reason = None
    tx.flush()
    mirror.catch_up(tx, project)
    chains.project_resumed(tx, project)


def installed(tx: Session, installation_id: int, account: str, repositories: Iterable[Repository]) -> None:
    """The App was installed, or given repositories: each has a project from now on."""
    installation = tx.get(Installation, installation_id) or Installation(id=installation_id, account=account)
    installation.account, installation.deleted_at = account, None
    tx.add(installation)
    tx.flush()
    for repository in repositories:
        project = on(tx, repository.id) or _fresh(tx, repository)
        project.installation_id = installation_id
        project.name, project.url = repository.full_name, repository.url
        if project.paused_reason in (REMOVED, SUSPENDED):
            resume(tx, project)


REMOVED = "the App is not installed on this repository any more"
SUSPENDED = "the App's installation is suspended on GitHub"


def renamed(tx: Session, repository_id: int, before: str, now: str) -> None:
    """GitHub knows the repository by another name, unless somebody else has told of that already."""
    project = on(tx, repository_id)
    if project is not None and project.name == before:
        project.name, project.url = now, project.url.removesuffix(before) + now


def removed(tx: Session, repository_ids: Iterable[int]) -> None:
    """The App lost these repositories: their projects wait."""
    for project in tx.scalars(select(Project).where(Project.repository_id.in_(list(repository_ids)))):
        _pause_by_github(tx, project, REMOVED)


def uninstalled(tx: Session, installation_id: int) -> None:
    """The App was removed from the account: all its projects wait."""
    if installation := tx.get(Installation, installation_id):
        installation.deleted_at = clock.now()
        for project in _of(tx, installation_id):
            _pause_by_github(tx, project, REMOVED)


def suspended(tx: Session, installation_id: int, yes: bool) -> None:
    """The installation was suspended, or is back."""
    if installation := tx.get(Installation, installation_id):
        installation.suspended_at = clock.now() if yes else None
        for project in _of(tx, installation_id):
            if yes:
                _pause_by_github(tx, project, SUSPENDED)
            elif not yes and project.paused_reason == SUSPENDED:
                resume(tx, project)


def _pause_by_github(tx: Session, project: Project, reason: str) -> None:
    """A pause of the operator's stays: GitHub alone does not end it."""
    if project.paused_reason in (None, SUSPENDED):
        pause(tx, project, reason)


def _of(tx: Session, installation_id: int) -> list[Project]:
    return list(tx.scalars(select(Project).where(Project.installation_id == installation_id)))


def _fresh(tx: Session, repository: Repository) -> Project:
    project = Project(
        id=clock.new_id("proj"),
        name=repository.full_name,
        mode="live",
        url=repository.url,
        repository_id=repository.id,
        created_at=clock.now(),
    )
    tx.add(project)
    return project
