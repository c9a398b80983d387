"""callbacks: outside agents ask with a token"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("answering_sessions", sa.Column("callback_digest", sa.Text(), nullable=True))
    op.add_column(
        "answering_sessions", sa.Column("callback_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_answering_sessions_callback_digest", "answering_sessions", ["callback_digest"], unique=True
    )
    op.add_column("session_questions", sa.Column("given", sa.Text(), nullable=True))


def downgrade() -> None:
    # not in batches: SQLite would drop the table, and by its foreign keys the questions with it
    op.drop_column("session_questions", "given")
    op.drop_index("ix_answering_sessions_callback_digest", "answering_sessions")
    op.drop_column("answering_sessions", "callback_until")
    op.drop_column("answering_sessions", "callback_digest")
