"""What rows of the outbox would lead to, for whoever only wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.db import Bells
from bot.store.models import AnsweringSession, Issue, IssueSession, Outbox, Run, WorkChain

Effect = dict[str, Any]


def of(tx: Session, rows: Bells) -> list[Effect]:
    """For each job that touches GitHub or starts an agent: its name, and what it is about."""
    added = select(Outbox).where(Outbox.id.in_([row_id for row_id, _ in rows])).order_by(Outbox.id)
    return [{"job": row.job} | _about(tx, row) for row in tx.scalars(added) if row.job in _ABOUT]


def _about(tx: Session, row: Outbox) -> Effect:
    return _ABOUT[row.job](tx, row.args)


def _scan(tx: Session, args: dict[str, Any]) -> Effect:
    session = tx.get_one(IssueSession, args["session_id"])
    return {"paths": session.paths, "prompt": session.prompt}


def _ask(tx: Session, args: dict[str, Any]) -> Effect:
    return {"numbers": _numbers(tx, tx.get_one(AnsweringSession, args["session_id"]).asked)}


def _fix(tx: Session, args: dict[str, Any]) -> Effect:
    return {"numbers": _numbers(tx, [tx.get_one(Run, args["run_id"]).issue_id])}


def _show_issue(tx: Session, args: dict[str, Any]) -> Effect:
    return {"numbers": _numbers(tx, [args["issue_id"]])}


def _show_questions(tx: Session, args: dict[str, Any]) -> Effect:
    return {"numbers": [tx.get_one(AnsweringSession, args["session_id"]).pull_request_number]}


def _show_chain(tx: Session, args: dict[str, Any]) -> Effect:
    return {"branch": tx.get_one(WorkChain, args["chain_id"]).branch_name}


def _freeze(tx: Session, args: dict[str, Any]) -> Effect:
    return {}


_ABOUT = {
    "ask": _ask, "fix": _fix, "freeze": _freeze, "scan": _scan, "show_chain": _show_chain, "show_issue": _show_issue,
    "show_questions": _show_questions,
}  # fmt: skip


def _numbers(tx: Session, issue_ids: Sequence[str | None]) -> list[int]:
    query = select(Issue.github_number).where(Issue.id.in_(issue_ids), Issue.github_number.is_not(None))
    return [number for number in tx.scalars(query.order_by(Issue.github_number)) if number]
