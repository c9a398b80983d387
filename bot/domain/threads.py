"""What we say on GitHub: one comment for each key, however often it is said."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store import clock, outbox
from bot.store.models import AnsweringSession, GithubObject, Issue, Project, SessionQuestion

MOST = 30  # comments of ours in a thread, an hour
AN_HOUR = timedelta(hours=1)
UNASKED = ("found_again", "gone")  # said by scans, by the dozen


def wait(tx: Session, project: Project, number: int) -> float:
    """Seconds until one more comment of ours may be posted below issue `number`."""
    query = select(GithubObject.intended_at).where(
        GithubObject.repository_id == project.repository_id,
        GithubObject.thread == number,
        GithubObject.intended_at > clock.now() - AN_HOUR,
    )
    newest = list(tx.scalars(query.order_by(GithubObject.intended_at.desc()).limit(MOST)))
    return 0.0 if len(newest) < MOST else (newest[-1] + AN_HOUR - clock.now()).total_seconds()


def say(tx: Session, project: Project, number: int, key: str, text: str, **values: Any) -> None:
    """Post the text of this name below issue `number`, once for each `key`; nothing where people locked it."""
    if project.repository_id and project.mode == "live" and not _is_locked(tx, project, number):
        outbox.add(
            tx, "comment", lane=f"thread:{project.repository_id}#{number}", key=f"comment:{key}",
            bulk=text in UNASKED, project_id=project.id, number=number, local_id=key, text=text, values=values,
        )  # fmt: skip


def reply(
    tx: Session,
    project: Project,
    question: SessionQuestion,
    text: str,
    *,
    session: AnsweringSession,
    after: str = "",
    **values: str,
) -> None:
    """Say something in the question's thread, once for each state of it; `after`: what brought it about."""
    now = f"{question.revision} {question.status} {question.correction} {question.conflict} {after}"
    key = f"{text}.{question.id}.{hashlib.sha256(now.encode()).hexdigest()[:12]}"
    reply_once(tx, project, question, text, key, session=session, **values)


def reply_once(
    tx: Session,
    project: Project,
    question: SessionQuestion,
    text: str,
    key: str,
    *,
    session: AnsweringSession,
    **values: str,
) -> None:
    """Say something in the question's thread, or below them all where it has none; once for each `key`."""
    if question.url and session.pull_request_number:
        lane = f"thread:{project.repository_id}#{session.pull_request_number}"
        outbox.add(
            tx, "reply", lane=lane, key=f"reply:{key}", question_id=question.id, local_id=key, text=text,
            values=values,
        )  # fmt: skip


def react(tx: Session, project: Project, number: int, source: str, content: str) -> None:
    """Put a reaction on somebody's text below issue `number`; `source` is kind and id, as `issue_comment:5`."""
    if project.repository_id and project.mode == "live":
        outbox.add(
            tx, "react", lane=f"react:{source}", key=f"react:{source}:{content}",
            project_id=project.id, number=number, source=source, content=content,
        )  # fmt: skip


def _is_locked(tx: Session, project: Project, number: int) -> bool:
    query = select(Issue.shown).where(Issue.project_id == project.id, Issue.github_number == number)
    return bool((tx.scalar(query) or {}).get("locked"))
