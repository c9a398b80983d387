"""Projects: one for each repository the App is installed on, and plain ones the operator adds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import chains, mirror, troubles
from bot.domain.errors import Conflict, Invalid, NotFound
from bot.domain.verbs import LEVELS as LEVELS
from bot.store import clock, outbox
from bot.store.models import Project

WITH_USER = re.compile(r"^(\w[\w+.-]*://)[^/]*@")


@dataclass(frozen=True)
class Repository:
    """A repository as GitHub shows it."""

    id: int
    full_name: str
    url: str
    default_branch: str | None = None
    archived: bool = False
    has_issues: bool = True


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


def paused(tx: Session) -> Counter[str]:
    """How many projects wait, by what GitHub stops them with; what a person says of a pause stays here."""
    reasons = tx.scalars(select(Project.paused_reason).where(Project.paused_reason.is_not(None)))
    return Counter(reason if reason in troubles.REMEDIES else "by hand" for reason in reasons)


def address(project: Project) -> str:
    """Where the repository is, without what may be the operator's password."""
    return WITH_USER.sub(r"\1", project.url)


def pause(tx: Session, project: Project, reason: str) -> None:
    """Let nothing start in the project until it is resumed; its running chains wait too."""
    project.paused_reason = reason
    tx.flush()
    chains.project_paused(tx, project)


def resume(tx: Session, project: Project) -> None:
    """Let the project go on with what waited; here and GitHub are brought to what changed meanwhile."""
    if project.paused_reason is None:
        return
    project.paused_reason = None
    tx.flush()
    outbox.wake(tx, project.id)
    mirror.catch_up(tx, project)
    chains.project_resumed(tx, project)


def renamed(tx: Session, repository_id: int, before: str, now: str) -> None:
    """GitHub knows the repository by another name, unless somebody else has told of that already."""
    project = on(tx, repository_id)
    if project is not None and project.name == before:
        project.name, project.url = now, project.url.removesuffix(before) + now


def fresh(tx: Session, repository: Repository) -> Project:
    """The project of a GitHub repository that has none yet."""
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
