"""One file for each GitHub event; a handler translates the event and calls a noun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot.webhooks.context import Context
from bot.webhooks.handlers import installation, installation_repositories, issue_comment, issues, ping

Handler = Callable[[Session, Any, Context], None]

HANDLERS: dict[str, Handler] = {
    "installation": installation.handle,
    "installation_repositories": installation_repositories.handle,
    "issue_comment": issue_comment.handle,
    "issues": issues.handle,
    "ping": ping.handle,
}

# events that want something done only for some people: whether this one does
ASKS: dict[str, Callable[[Any, str], bool]] = {"issue_comment": issue_comment.asks}
