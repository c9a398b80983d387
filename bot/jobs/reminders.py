"""Reminds people of questions that nobody answers."""

from __future__ import annotations

from bot.domain import reminders
from bot.jobs.errors import Later
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, Project

PAUSED = 3600.0


def remind(work: Work) -> None:
    """Wait for as long as it is no silence yet; then say it, and plan the next one."""
    with work.note() as tx:
        session = tx.get(AnsweringSession, work.args["session_id"], with_for_update=True)
        if session is None:
            return
        project = tx.get_one(Project, session.project_id)
        left = PAUSED if project.paused_reason else reminders.remind(tx, project, session)
        if left is None:
            reminders.plan(tx, session)
    if left is not None:
        raise Later(left, "waits whether somebody answers")
