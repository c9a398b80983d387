"""sessions and chains know the tokens of their runs"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = ("issue_sessions", "answering_sessions", "work_chains")


def upgrade() -> None:
    for table in TABLES:
        tokens = sa.Column("tokens", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0")
        tokens.nullable = False
        op.add_column(table, tokens)


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "tokens")
