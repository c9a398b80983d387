"""Words and their beginnings in issue titles, by each database's own full-text index."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, bindparam, text
from sqlalchemy.orm import Session

SQLITE = (
    "CREATE VIRTUAL TABLE issue_titles USING fts5(issue_id UNINDEXED, title, tokenize = 'unicode61')",
    "CREATE TRIGGER issue_titles_insert AFTER INSERT ON issues BEGIN"
    " INSERT INTO issue_titles (rowid, issue_id, title) VALUES (new.rowid, new.id, new.title); END",
    "CREATE TRIGGER issue_titles_update AFTER UPDATE OF title ON issues BEGIN"
    " UPDATE issue_titles SET title = new.title WHERE rowid = old.rowid; END",
    "CREATE TRIGGER issue_titles_delete AFTER DELETE ON issues BEGIN"
    " DELETE FROM issue_titles WHERE rowid = old.rowid; END",
)
POSTGRESQL = ("CREATE INDEX ix_issues_title_words ON issues USING gin (to_tsvector('simple', title))",)


def title_matches(tx: Session, words: str) -> ColumnElement[bool]:
    """A condition on `issues`: the title has a word that begins with each of these."""
    found = re.findall(r"\w+", words.replace("_", " "))
    if not found:
        return text("1 = 0")  # type: ignore[return-value]
    if tx.get_bind().dialect.name == "postgresql":
        query = " & ".join(f"{word}:*" for word in found)
        clause = "to_tsvector('simple', issues.title) @@ to_tsquery('simple', :words)"
    else:
        query = " ".join(f'"{word}"*' for word in found)
        clause = "issues.id IN (SELECT issue_id FROM issue_titles WHERE issue_titles MATCH :words)"
    return text(clause).bindparams(bindparam("words", query))  # type: ignore[return-value]
