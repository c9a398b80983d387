"""projects follow their installations and their schedules; work waits for its project"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("projects", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("projects", sa.Column("next_scan_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("waits_for", sa.Text(), nullable=True))


def downgrade() -> None:
    for table, column in (("outbox", "waits_for"), ("projects", "next_scan_at"), ("projects", "removed_at")):
        op.drop_column(table, column)
