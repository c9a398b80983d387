"""what nobody waits for lets others go first"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


OPEN = sa.text("done_at IS NULL AND dead_at IS NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    _index_due("bulk", "due_at")


def downgrade() -> None:
    _index_due("due_at")
    op.drop_column("outbox", "bulk")


def _index_due(*columns: str) -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", list(columns), sqlite_where=OPEN, postgresql_where=OPEN)
