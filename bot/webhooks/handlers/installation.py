"""`installation`: the App came to an account, left it, was suspended there, or may do more."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import installations
from bot.webhooks.context import Context
from bot.webhooks.events import InstallationEvent, InstallationRepositoriesEvent, InstallationTargetEvent


def handle(
    tx: Session,
    event: InstallationEvent | InstallationRepositoriesEvent | InstallationTargetEvent,
    context: Context,
) -> None:
    installations.look(tx, event.installation.id)
