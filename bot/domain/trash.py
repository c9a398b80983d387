"""The trash: what was deleted can be taken back for 30 days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from bot.domain import answering, chains, issues, sessions
from bot.domain.errors import Conflict, NotFound
from bot.domain.pages import Page
from bot.store import clock
from bot.store.models import AnsweringSession, Issue, IssueSession, Project, WorkChain

KEPT = timedelta(days=30)
AT_ONCE = 500  # of each kind, so that nobody waits long for the database


@dataclass(frozen=True)
class Entry:
    """Something in the trash. `name`: its title or name, where it has one."""

    type: str
    id: str
    name: str | None
    deleted_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is removed for good."""
        return self.deleted_at + KEPT

    @property
    def place(self) -> str:
        """Its place in the list."""
        return f"{self.deleted_at.isoformat()} {self.id}"


@dataclass(frozen=True)
class Noun:
    """How one kind of thing is found in the trash, taken out of it, and removed for good."""

    model: Any
    name: Any
    deleted_at: Any
    restore: Callable[[Session, Project, Any], None]
    remove: Callable[[Session, Any], None]
    in_trash: Any = True

    def entries(self, kind: str, project_id: str) -> Any:
        """All of them in the project's trash, as the columns of an Entry."""
        return select(
            literal(kind).label("type"),
            self.model.id,
            self.name.label("name"),
            self.deleted_at.label("deleted_at"),
        ).where(self.model.project_id == project_id, self.deleted_at.is_not(None), self.in_trash)


NOUNS = {
    "issue": Noun(
        Issue, Issue.title, Issue.deleted_at, issues.restore,
        lambda tx, issue: issues.permanent_delete(issue), Issue.purged_at.is_(None),
    ),
    "issue-session": Noun(
        IssueSession, IssueSession.name, IssueSession.deleted_at,
        lambda tx, project, session: sessions.restore(session),
        lambda tx, session: sessions.permanent_delete(tx, session, field="id"),
    ),
    "answering-session": Noun(
        AnsweringSession, null(), AnsweringSession.archived_at, answering.restore, answering.permanent_delete
    ),
    "work-chain": Noun(
        WorkChain, WorkChain.title, WorkChain.deleted_at,
        lambda tx, project, chain: chains.restore(chain), chains.permanent_delete,
    ),
}  # fmt: skip


def listed(
    tx: Session, project_id: str, kind: str | None = None, limit: int = 100, after: str | None = None
) -> Page[Entry]:
    """A page of the project's trash, what was deleted last first; `kind` is one of NOUNS, None for all."""
    kinds = [kind] if kind else list(NOUNS)
    there = union_all(*(NOUNS[each].entries(each, project_id) for each in kinds)).subquery()
    query = select(there)
    if after is not None:
        time, _, last = after.partition(" ")
        at = datetime.fromisoformat(time)
        query = query.where(or_(there.c.deleted_at < at, and_(there.c.deleted_at == at, there.c.id < last)))
    query = query.order_by(there.c.deleted_at.desc(), there.c.id.desc()).limit(limit + 1)
    rows = [Entry(*row) for row in tx.execute(query)]
    return Page(rows[:limit], rows[limit - 1].place if len(rows) > limit else None)


def get(tx: Session, project: Project, kind: str, object_id: str) -> Any:
    """The row of something in the trash, held. Raises NotFound, Conflict for what is not in the trash."""
    noun = NOUNS[kind]
    row = tx.get(noun.model, object_id, with_for_update=True)
    if row is None or row.project_id != project.id or getattr(row, "purged_at", None):
        raise NotFound(f"There is no {kind} {object_id} in this project.", "id")
    if getattr(row, noun.deleted_at.key) is None:
        raise Conflict(f"{object_id} is not in the trash: delete it first.", "id")
    return row


def restore(tx: Session, project: Project, kind: str, row: Any) -> None:
    """Take it back, as it was."""
    NOUNS[kind].restore(tx, project, row)


def permanent_delete(tx: Session, kind: str, row: Any) -> None:
    """Remove it for good. Raises Conflict while something builds on it."""
    NOUNS[kind].remove(tx, row)


def empty(tx: Session) -> None:
    """Remove for good what was deleted 30 days ago; what something still builds on waits for that."""
    before = clock.now() - KEPT
    for noun in NOUNS.values():
        query = select(noun.model).where(noun.deleted_at < before, noun.in_trash).order_by(noun.deleted_at)
        for row in tx.scalars(query.limit(AT_ONCE).with_for_update()):
            try:
                noun.remove(tx, row)
            except Conflict:
                continue
