"""Migrations: each can be taken back, and all together make what the models say."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from bot.store.db import Database
from bot.store.migrate import is_current, migrate, settings, take_back
from bot.store.models import Base


def test_each_migration_can_be_taken_back(db: Database) -> None:
    while not is_empty(db):
        with db.write() as tx:
            config = settings()
            config.attributes["connection"] = tx.connection()
            command.downgrade(config, "-1")
    migrate(db)
    assert is_current(db)


def test_migrations_are_taken_back_to_one_that_was(db: Database) -> None:
    for wrong in ("base", "-1", "9999"):
        with pytest.raises(LookupError, match=r"at \d{4}, and .* is none before it"):
            take_back(db, wrong)
    take_back(db, "0012")
    assert not is_current(db) and "sign_ins" not in inspect(db.engine).get_table_names()
    with pytest.raises(LookupError, match="at 0012, and 0013 is none"):
        take_back(db, "0013")
    migrate(db)
    assert is_current(db)


def is_empty(db: Database) -> bool:
    return set(inspect(db.engine).get_table_names()) == {"alembic_version"}


def test_the_tables_are_what_the_models_say(db: Database) -> None:
    with db.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    # the full-text index is each database's own
    assert [
        each for each in found if "issue_titles" not in str(each) and "title_words" not in name(each)
    ] == []


def name(difference: tuple[object, ...]) -> str:
    return str(getattr(difference[1], "name", ""))


def test_sessions_that_are_archived_already_are_in_the_trash_from_now_on(db: Database) -> None:
    with db.write() as tx:
        config = settings()
        config.attributes["connection"] = tx.connection()
        command.downgrade(config, "0001")
        tx.execute(
            text(
                "INSERT INTO projects (id, name, mode, url, created_at) VALUES ('p', 'p', 'live', '/', '2026-01-01')"
            )
        )
        columns = "id, project_id, asked, status, agent, max_questions, answers, created_by, created_at"
        values = "'p', '[]', :status, true, 5, '[]', 'key:ci', '2026-01-01'"
        for status in ("archived", "active"):
            insert = f"INSERT INTO answering_sessions ({columns}) VALUES (:id, {values})"
            tx.execute(text(insert), {"id": status, "status": status})
    migrate(db)
    with db.read() as tx:
        kept = tx.execute(text("SELECT status FROM answering_sessions WHERE archived_at IS NOT NULL"))
        assert kept.scalars().all() == ["archived"]
