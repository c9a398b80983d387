"""What the application carries."""

from __future__ import annotations

from flask import current_app

from bot.config import Config
from bot.store.db import Database


def settings() -> Config:
    """The settings in force."""
    found: Config = current_app.extensions["config"]
    return found


def ledger() -> Database:
    found: Database = current_app.extensions["db"]
    return found
