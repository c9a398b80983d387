"""lists and searches that stay quick among a million issues"""

import sqlalchemy as sa
from alembic import op

from bot.store import search
from bot.store.words import words

revision = "0006"
down_revision = "0005"

LISTED, OF_SESSION = "deleted_at IS NULL", "deleted_at IS NULL AND session_id IS NOT NULL"
LISTS = {
    "ix_issues_project_id_id": (["project_id", "id"], LISTED),
    "ix_issues_project_id_status": (["project_id", "status", "id"], LISTED),
    "ix_issues_project_id_priority": (["project_id", "priority", "id"], LISTED),
    "ix_issues_project_id_status_priority": (["project_id", "status", "priority", "id"], LISTED),
    "ix_issues_project_id_session_id": (["project_id", "session_id", "id"], OF_SESSION),
}
# why the words begin with the end of the project's id, see bot.store.search
SQLITE = (
    "CREATE VIRTUAL TABLE issue_titles USING fts5(issue_id UNINDEXED, words)",
    "INSERT INTO issue_titles (rowid, issue_id, words) SELECT"
    " rowid, id, replace(title_words, ' ', ' ' || substr(project_id, -8)) FROM issues",
    "CREATE TRIGGER issue_titles_insert AFTER INSERT ON issues BEGIN"
    " INSERT INTO issue_titles (rowid, issue_id, words) VALUES"
    " (new.rowid, new.id, replace(new.title_words, ' ', ' ' || substr(new.project_id, -8))); END",
    "CREATE TRIGGER issue_titles_update AFTER UPDATE OF title_words ON issues BEGIN UPDATE issue_titles"
    " SET words = replace(new.title_words, ' ', ' ' || substr(new.project_id, -8)) WHERE rowid = old.rowid; END",
    "CREATE TRIGGER issue_titles_delete AFTER DELETE ON issues BEGIN"
    " DELETE FROM issue_titles WHERE rowid = old.rowid; END",
)
# without a waiting list, which each search would have to read through
POSTGRESQL = (
    "CREATE INDEX ix_issues_title_words ON issues USING gin (array_to_tsvector(string_to_array(ltrim("
    "replace(title_words, ' ', ' ' || right(project_id, 8))), ' '))) WITH (fastupdate = off)",
)
BEFORE = "INSERT INTO issue_titles (rowid, issue_id, title) SELECT rowid, id, title FROM issues"


def upgrade() -> None:
    _drop_search()
    op.add_column("issues", sa.Column("title_words", sa.Text(), nullable=False, server_default=""))
    _read_titles(op.get_bind())
    for statement in SQLITE if _on_sqlite() else POSTGRESQL:
        op.execute(statement)
    op.drop_index("ix_issues_project_id_id", "issues")
    op.drop_index("ix_issues_project_id_rule", "issues")  # nothing asks for it
    for name, (columns, which) in LISTS.items():
        where = sa.text(which)
        op.create_index(name, "issues", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in LISTS:
        op.drop_index(name, "issues")
    op.create_index("ix_issues_project_id_id", "issues", ["project_id", "id"])
    op.create_index("ix_issues_project_id_rule", "issues", ["project_id", "rule", "area"])
    _drop_search()
    op.drop_column("issues", "title_words")
    for statement in (*search.SQLITE, BEFORE) if _on_sqlite() else search.POSTGRESQL:
        op.execute(statement)


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _drop_search() -> None:
    if not _on_sqlite():
        op.execute("DROP INDEX ix_issues_title_words")
        return
    for change in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER issue_titles_{change}")
    op.execute("DROP TABLE issue_titles")


def _read_titles(connection: sa.Connection) -> None:
    some = sa.text("SELECT id, title FROM issues WHERE id > :last ORDER BY id LIMIT 1000")
    read = sa.text("UPDATE issues SET title_words = :words WHERE id = :id")
    last = ""
    while rows := connection.execute(some, {"last": last}).all():
        found = [{"id": row.id, "words": "".join(f" {word}" for word in words(row.title))} for row in rows]
        connection.execute(read, found)
        last = rows[-1].id
