"""`installation_repositories`: repositories were added to an installation, or taken from it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects
from bot.webhooks.context import Context
from bot.webhooks.events import InstallationRepositoriesEvent
from bot.webhooks.handlers.installation import repository, welcome


def handle(tx: Session, event: InstallationRepositoriesEvent, context: Context) -> None:
    account = event.installation.account.login
    projects.removed(tx, [item.id for item in event.repositories_removed])
    if event.action == "added" and welcome(account, context):
        added = [repository(item, context) for item in event.repositories_added]
        projects.installed(tx, event.installation.id, account, added)
