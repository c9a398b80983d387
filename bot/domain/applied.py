"""What has become of answers: which of a session's questions are done with, and by which commits."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering
from bot.store import clock
from bot.store.models import AnsweringSession, ChainItem, Issue, SessionQuestion

DONE = ("completed", "dismissed")
NOTHING_TO_DO = "no_change"


def done_with(tx: Session, session: AnsweringSession) -> dict[str, list[str]]:
    """By question with a thread that is still open: the commits that do as it was answered, none where none had to.

    A question is done with when each of its issues is.
    """
    left = [row for row in answering.questions(tx, session.id) if row.comment_id and row.applied_at is None]
    found = {row.id: _commits(tx, row) for row in left if row.issue_ids}
    return {question_id: commits for question_id, commits in found.items() if commits is not None}


def resolved(tx: Session, question_id: str) -> None:
    """Its thread is resolved."""
    tx.get_one(SessionQuestion, question_id).applied_at = clock.now()


def _commits(tx: Session, question: SessionQuestion) -> list[str] | None:
    """None while one of its issues is still to be worked."""
    query = select(ChainItem).where(ChainItem.issue_id.in_(question.issue_ids)).order_by(ChainItem.chain_id)
    last = {item.issue_id: item for item in tx.scalars(query) if item.commit or item.status == NOTHING_TO_DO}
    for issue in tx.scalars(select(Issue).where(Issue.id.in_(question.issue_ids))):
        if issue.id not in last and issue.status not in DONE and issue.deleted_at is None:
            return None
    return list(dict.fromkeys(item.commit for item in last.values() if item.commit))
