"""Words and their beginnings in issue titles.

`Issue.title_words` says what matches: ` mutable default` has a word that begins with `def`, because ` def` is in
it. So most searches need no index: where many of the newest issues match, walking down the list is soon over.
Each database's full-text index finds the few that match otherwise. Its words begin with the end of the project's
id: a word that is common in another project costs nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, false, func, select, text
from sqlalchemy.orm import Session

from bot.store.models import Issue
from bot.store.words import words

# what revision 0001 makes, and 0006 replaces
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

NEAR, FEW = 1000, 1000  # issues

# by the index that revision 0006 makes
FOUND = {
    "sqlite": "SELECT issue_id FROM issue_titles WHERE issue_titles MATCH '\"' || :start || '\"*' LIMIT :most",
    "postgresql": "SELECT id FROM issues WHERE array_to_tsvector(string_to_array(ltrim("
    "replace(title_words, ' ', ' ' || right(project_id, 8))), ' '))"
    " @@ CAST('''' || :start || ''':*' AS tsquery) LIMIT :most",
}


def with_words(tx: Session, query: Select[Any], project_id: str, asked: str, limit: int) -> Select[Any]:
    """The issues in `query`, all of this project, whose title has a word that begins with each word asked for.

    It is for the newest `limit` of them: older ones may be left out.
    """
    starts = [f" {word}" for word in dict.fromkeys(words(asked))]
    if not starts:
        return query.where(false())
    matching = query.where(*(Issue.title_words.contains(start) for start in starts))
    looked_at, oldest, together, *hits = _among_newest(tx, query, starts)
    if together >= limit or looked_at < NEAR:
        return matching.where(Issue.id >= (oldest or ""))
    rarest = starts[hits.index(min(hits))]
    few = _few_with(tx, project_id, rarest.strip())
    if few is not None:
        return matching.where(Issue.id.in_(few))
    if tx.get_bind().dialect.name == "postgresql":
        # it cannot tell how many titles match, and would rather read all of them than walk down the list
        tx.execute(text("SET LOCAL enable_sort = off"))
    return matching


def _among_newest(tx: Session, query: Select[Any], starts: list[str]) -> Sequence[Any]:
    """Of the newest issues: how many there are, the oldest id, how many match, and how many have each word."""
    newest = (
        query.with_only_columns(Issue.id, Issue.title_words).order_by(Issue.id.desc()).limit(NEAR).subquery()
    )
    has = [newest.c.title_words.contains(start) for start in starts]
    counts = [func.count().filter(each) for each in [and_(*has), *has]]
    return tx.execute(select(func.count(), func.min(newest.c.id), *counts).select_from(newest)).one()


def _few_with(tx: Session, project_id: str, start: str) -> Sequence[str] | None:
    """The ids of the project's issues with such a word by the full-text index; None if they are many."""
    found = text(FOUND[tx.get_bind().dialect.name])
    ids = tx.scalars(found, {"start": project_id[-8:] + start, "most": FEW + 1}).all()
    return ids if len(ids) <= FEW else None
