"""`push`: the code moved on, perhaps underneath open questions, and with it perhaps `.github/askfirst.yml`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import installations, projects, rounds
from bot.webhooks.context import Context
from bot.webhooks.events import PushEvent


def handle(tx: Session, event: PushEvent, context: Context) -> None:
    project = projects.on(tx, event.repository.id)
    if project is not None and event.branch == event.repository.default_branch:
        rounds.code_moved(tx, project)
        installations.read_config(tx, project)
