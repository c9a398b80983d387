"""That no list reads more of the ledger than it shows, however many issues there are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from bot.domain import issues
from bot.store.db import Database
from tests.bench.many import Filled, fill

ISSUES = 2_000


@pytest.fixture
def filled(db: Database) -> Filled:
    """One of two projects with many issues each."""
    fill(db, ISSUES)
    return fill(db, ISSUES)


def plan(db: Database, project_id: str, **filters: Any) -> str:
    """How the database goes about each query of a list."""
    asked: list[tuple[str, Any]] = []
    explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with db.read() as tx:
        event.listen(db.engine, "before_cursor_execute", note)
        issues.listed(tx, project_id, **filters)
        event.remove(db.engine, "before_cursor_execute", note)
        selects = [each for each in asked if each[0].startswith("SELECT")]
        rows = [tx.connection().exec_driver_sql(explain + query, how).all() for query, how in selects]
    return "\n".join(str(row[-1]) for each in rows for row in each)


def test_each_list_is_read_off_an_index_in_its_order(db: Database, filled: Filled) -> None:
    by_index = [
        ({}, "ix_issues_project_id_id"),
        ({"after": filled.middle}, "ix_issues_project_id_id"),
        ({"status": "failed"}, "ix_issues_project_id_status"),
        ({"priority": "critical"}, "ix_issues_project_id_priority"),
        ({"status": "failed", "priority": "low"}, "ix_issues_project_id_status_priority"),
        ({"session_id": filled.session_id}, "ix_issues_project_id_session_id"),
        (
            {"session_id": filled.session_id, "status": "open", "priority": "low"},
            "ix_issues_project_id_session_id",
        ),
        ({"status": "failed", "after": filled.middle}, "ix_issues_project_id_status"),
    ]
    for filters, index in by_index:
        found = plan(db, filled.id, **filters)
        assert index in found, (filters, found)
        assert "Sort" not in found and "TEMP B-TREE" not in found and "Seq Scan" not in found, (
            filters,
            found,
        )


def test_only_a_rare_word_is_looked_up(db: Database, filled: Filled) -> None:
    def looks_up(words: str, **filters: str) -> bool:
        found = plan(db, filled.id, words=words, **filters)
        assert "Seq Scan" not in found and "SCAN issues\n" not in found, found
        return "issue_titles VIRTUAL TABLE" in found or "ix_issues_title_words" in found

    assert not looks_up("flaw")
    assert not looks_up("flaw", after=filled.middle)
    assert not looks_up("flaw", status="failed")
    assert looks_up("needle")
    assert looks_up("needle flaw")
    assert looks_up("zebra")
