"""After the App was removed from a repository: its keys end, and then what we know of it is deleted."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.orm import Session

from bot.store import clock
from bot.store.models import (
    ApiKey,
    Base,
    Delivery,
    Event,
    GithubObject,
    Installation,
    Outbox,
    Project,
    RunLog,
)

KEYS_LIVE = timedelta(days=30)


def revoke_keys(tx: Session) -> None:
    """End the keys of the projects that were lost that long ago."""
    now = clock.now()
    lost = select(Project.id).where(Project.removed_at <= now - KEYS_LIVE)
    tx.execute(
        update(ApiKey)
        .where(ApiKey.project_id.in_(lost), ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def over(tx: Session, kept: timedelta) -> list[str]:
    """The projects that were lost so long ago that nothing of them is kept."""
    return list(tx.scalars(select(Project.id).where(Project.removed_at <= clock.now() - kept)))


def erase(tx: Session, project_id: str) -> None:
    """Delete the project and all that hangs on it, unless it has come back meanwhile."""
    project = tx.get(Project, project_id, with_for_update=True)
    if project is None or project.removed_at is None:
        return
    tx.execute(delete(GithubObject).where(GithubObject.repository_id == project.repository_id))
    tx.execute(delete(Outbox).where(Outbox.waits_for == project_id))
    tx.expunge(project)
    for table in reversed(Base.metadata.sorted_tables):
        if (its := hangs_on(table, project_id)) is not None:
            tx.execute(delete(table).where(its))


def forget(tx: Session, kept: timedelta) -> None:
    """Delete what came in, was logged or was recorded that long ago, and the installations that nothing is left of."""
    before = clock.now() - kept
    tx.execute(delete(Delivery).where(Delivery.received_at <= before))
    tx.execute(delete(RunLog).where(RunLog.run_id < clock.first_id("run", before)))
    tx.execute(delete(Event).where(Event.id < clock.first_id("evt", before)))
    used = select(Project.installation_id).where(Project.installation_id.is_not(None))
    tx.execute(delete(Installation).where(Installation.deleted_at <= before, Installation.id.not_in(used)))


def hangs_on(table: Table, project_id: str) -> ColumnElement[bool] | None:
    """Which rows of the table are the project's, by its foreign keys; None where it knows no projects."""
    if table.name == "projects":
        return table.c.id == project_id
    keys = [key for column in table.c for key in column.foreign_keys if key.column.table is not table]
    for key in sorted(keys, key=lambda key: key.column.table.name != "projects"):
        parents = hangs_on(key.column.table, project_id)
        if parents is not None:
            return key.parent.in_(select(key.column).where(parents))
    return None
