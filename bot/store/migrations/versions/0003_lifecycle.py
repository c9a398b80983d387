"""lifecycle"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

IN_TRASH = sa.text("deleted_at IS NOT NULL AND purged_at IS NULL")


def upgrade() -> None:
    lines = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("projects", sa.Column("config_lines", lines, nullable=True))
    # not in a batch: that would make the table anew, without the triggers of its full-text index
    op.add_column("issues", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_issues_deleted_at", "issues", ["deleted_at"], sqlite_where=IN_TRASH, postgresql_where=IN_TRASH
    )
    op.add_column("answering_sessions", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE answering_sessions SET archived_at = CURRENT_TIMESTAMP WHERE status = 'archived'")
    op.add_column("work_chains", sa.Column("foreign_head", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("work_chains", "foreign_head")
    op.drop_column("answering_sessions", "archived_at")
    op.drop_index("ix_issues_deleted_at", "issues")
    op.drop_column("issues", "purged_at")
    op.drop_column("projects", "config_lines")
