"""rounds"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("answering_sessions", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("answering_sessions", sa.Column("reminded", number, nullable=False, server_default="0"))
    op.add_column(
        "session_questions", sa.Column("outdated", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("session_questions", sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "question_votes", sa.Column("explicit", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.create_index("ix_github_objects_number", "github_objects", ["number"])


def downgrade() -> None:
    op.drop_index("ix_github_objects_number", "github_objects")
    op.drop_column("question_votes", "explicit")
    op.drop_column("session_questions", "applied_at")
    op.drop_column("session_questions", "outdated")
    op.drop_column("answering_sessions", "reminded")
    op.drop_column("answering_sessions", "asked_at")
