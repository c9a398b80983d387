"""Verbs that only answer."""

from __future__ import annotations

from bot.store import clock
from bot.webhooks.verbs.base import Asked, Done


def help(asked: Asked) -> Done:
    return Done(says="help", values={"level": asked.level}, once=f"{clock.now():%Y%m%d%H}")


def status(asked: Asked) -> Done:
    return Done(says="status", values={"user_id": asked.given.user_id})
