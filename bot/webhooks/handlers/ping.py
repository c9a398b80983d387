"""`ping`: GitHub tries the webhook's address; that it was stored is the answer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.webhooks.context import Context
from bot.webhooks.events import PingEvent


def handle(tx: Session, event: PingEvent, context: Context) -> None:
    return None
