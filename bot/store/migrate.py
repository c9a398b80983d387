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


def take_back(db: Database, revision: str) -> None:
    """Take back what came after that revision, with what its columns and tables held.

    Raises LookupError where there is no such revision, or where the tables are at an older one.
    """
    known = {script.revision for script in ScriptDirectory.from_config(settings()).walk_revisions()}
    with db.write() as tx:
        lock(tx, "migrate")
        present = MigrationContext.configure(tx.connection()).get_current_revision() or ""
        if revision not in known or revision > present:
            raise LookupError(f"The database is at {present or 'none'}, and {revision} is none before it")
        config = settings()
        config.attributes["connection"] = tx.connection()
        command.downgrade(config, revision)


def is_current(db: Database) -> bool:
    """Whether the tables are at the newest revision."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(settings()).get_current_head()
