"""`installation`: the App came to an account, left it, or was suspended there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.domain import projects
from bot.webhooks.context import Context
from bot.webhooks.events import InstallationEvent, ShortRepository


def handle(tx: Session, event: InstallationEvent, context: Context) -> None:
    installation = event.installation
    if event.action == "created" and welcome(installation.account.login, context):
        repositories = [repository(item, context) for item in event.repositories]
        projects.installed(tx, installation.id, installation.account.login, repositories)
    elif event.action == "deleted":
        projects.uninstalled(tx, installation.id)
    elif event.action in ("suspend", "unsuspend"):
        projects.suspended(tx, installation.id, event.action == "suspend")


def welcome(account: str, context: Context) -> bool:
    """Whether installations of this account make projects: ASKFIRST_OWNERS, or everybody."""
    return not context.owners or account.lower() in {owner.lower() for owner in context.owners}


def repository(item: ShortRepository, context: Context) -> projects.Repository:
    """A repository as installation events name it, with the address git uses."""
    return projects.Repository(item.id, item.full_name, f"{context.server_url}/{item.full_name}")
