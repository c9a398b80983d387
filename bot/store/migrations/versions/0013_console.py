"""people sign in to the console, which shows deliveries and when issues were done with"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

ENDED = sa.text("deleted_at IS NULL AND completed_at IS NOT NULL")


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", number, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("access", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])
    op.create_index(
        "ix_issues_project_id_completed_at",
        "issues",
        ["project_id", "completed_at", "priority"],
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )


def downgrade() -> None:
    op.drop_index("ix_issues_project_id_completed_at", "issues")
    op.drop_index("ix_deliveries_received_at", "deliveries")
    op.drop_table("sign_ins")
