"""what was given up is found without reading the whole outbox"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

DEAD = sa.text("dead_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_outbox_dead", "outbox", ["job"], sqlite_where=DEAD, postgresql_where=DEAD)


def downgrade() -> None:
    op.drop_index("ix_outbox_dead", "outbox")
