"""Brings the tables to the shape this version needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.db import Database, lock


def settings() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(db: Database) -> None:
    """Upgrade to the newest revision; two processes at once wait for each other."""
    with db.write() as tx:
        lock(tx, "migrate")
        config = settings()
        config.attributes["connection"] = tx.connection()
        command.upgrade(config, "head")


def is_current(db: Database) -> bool:
    """Whether the tables are at the newest revision."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(settings()).get_current_head()
