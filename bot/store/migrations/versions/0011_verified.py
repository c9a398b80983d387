"""of a fix is known what verified it"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("runs", sa.Column("verified", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "verified")
