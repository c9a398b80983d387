"""How a project stands: what runs, what waits, and for whom. Plain values, for whoever puts them into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, chains, states
from bot.store.models import AnsweringSession, Issue, IssueSession, Project, WorkChain

MOST = 10  # of each kind

Line = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """`trouble` is why the project stands still, or what is wrong with its configuration; each line has its `kind`."""

    trouble: tuple[str, ...]
    running: tuple[Line, ...]
    waiting: tuple[Line, ...]


def of(tx: Session, project: Project) -> Standing:
    """The project as it stands now, newest first."""
    rounds = [
        _round(tx, session) for session in _newest(tx, project, AnsweringSession, ("pending", "active"))
    ]
    works = [_chain(tx, chain) for chain in _newest(tx, project, WorkChain, _OPEN_CHAINS)]
    scans = [
        {
            "kind": "scan",
            "prompt": session.name,
            "by": session.created_by,
            "progress": session.progress["message"],
        }
        for session in _newest(tx, project, IssueSession, ("active",))
    ]
    lines = [*scans, *rounds, *works]
    trouble = tuple(text for text in (project.paused_reason, project.config_error) if text)
    running = tuple(line for line in lines if line["kind"] in ("scan", "asking", "running"))
    return Standing(trouble, running, tuple(line for line in lines if line not in running))


_OPEN_CHAINS = ("pending", "running", "paused", "failed")


def _newest(tx: Session, project: Project, table: Any, statuses: tuple[str, ...]) -> list[Any]:
    query = select(table).where(table.project_id == project.id, table.status.in_(statuses))
    if table is not AnsweringSession:
        query = query.where(table.deleted_at.is_(None))
    return list(tx.scalars(query.order_by(table.id.desc()).limit(MOST)))


def _round(tx: Session, session: AnsweringSession) -> Line:
    if session.status == "pending":
        kind = "not_asked" if session.error else "asking"
        return {"kind": kind, "numbers": _numbers(tx, session.asked), "error": session.error}
    left = [row for row in answering.questions(tx, session.id) if row.status == "pending"]
    return {
        "kind": "questions",
        "number": session.pull_request_number,
        "open": [row.number for row in left if not row.conflict],
        "conflict": [row.number for row in left if row.conflict],
    }


def _chain(tx: Session, chain: WorkChain) -> Line:
    items = chains.items(tx, [chain.id])[chain.id]
    at = next((item for item in items if item.status in ("running", "waiting")), None)
    return {
        "kind": "planned" if chain.status == "pending" else chain.status,
        "title": chain.title,
        "branch": chain.branch_name,
        "number": chain.pull_request_number,
        "done": sum(item.status in states.ITEM_WORKED for item in items),
        "of": len(items),
        "at": _numbers(tx, [at.issue_id] if at else []),
        "reason": chain.paused_reason or chain.error,
        "by": chain.created_by,
    }


def _numbers(tx: Session, issue_ids: list[str]) -> list[int]:
    query = select(Issue.github_number).where(Issue.id.in_(issue_ids), Issue.github_number.is_not(None))
    return [number for number in tx.scalars(query.order_by(Issue.github_number)) if number]
