"""Scans that start by themselves, at the times of `scan.schedule` in a repository's configuration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import repo_config, sessions
from bot.domain.cron import following
from bot.store import clock
from bot.store.models import IssueSession, Project

BY = "schedule"


def read_config(project: Project, text: str | None) -> None:
    """Take over what `.github/askfirst.yml` says now; another schedule counts from now on."""
    before = repo_config.of(project).scan.schedule
    repo_config.read(project, text)
    if repo_config.of(project).scan.schedule != before or project.next_scan_at is None:
        project.next_scan_at = _next(project)


def due(tx: Session) -> list[tuple[str, datetime]]:
    """The projects that a slot has come for, each with its slot; none that is paused."""
    due = (Project.next_scan_at <= clock.now(), Project.paused_reason.is_(None))
    projects = tx.scalars(select(Project).where(*due))
    return [(project.id, project.next_scan_at) for project in projects if project.next_scan_at]


def start(tx: Session, project_id: str, slot: datetime) -> None:
    """Start the scan of this slot, unless another relay has; slots that were missed meanwhile are left out."""
    project = tx.get_one(Project, project_id, with_for_update=True)
    if project.next_scan_at != slot:
        return
    project.next_scan_at = _next(project)
    if project.paused_reason:
        return
    if repo_config.of(project).scan.schedule and not _still_scans(tx, project):
        sessions.start(tx, project, prompt=sessions.DEFAULT_PROMPT, created_by=BY)


def _next(project: Project) -> datetime | None:
    line = repo_config.of(project).scan.schedule
    return following(line, clock.now()) if line else None


def _still_scans(tx: Session, project: Project) -> bool:
    """Whether the scan of an earlier slot has not ended: another one would only wait behind it."""
    query = select(IssueSession.id).where(
        IssueSession.project_id == project.id, IssueSession.created_by == BY, IssueSession.status == "active"
    )
    return tx.scalars(query).first() is not None
