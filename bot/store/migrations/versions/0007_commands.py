"""commands that people gave, and where our comments stand"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("number", INTEGER, nullable=False),
        sa.Column("on_pull_request", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("user_id", INTEGER, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("app_id", INTEGER, nullable=True),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("starts", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("refusal", JSON, nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_commands_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commands")),
    )
    op.create_index("ix_commands_user_id_given_at", "commands", ["user_id", "given_at"])
    op.create_index("ix_commands_project_id_number", "commands", ["project_id", "number"])
    op.add_column("github_objects", sa.Column("thread", INTEGER, nullable=True))
    op.create_index("ix_github_objects_thread", "github_objects", ["repository_id", "thread", "intended_at"])


def downgrade() -> None:
    op.drop_index("ix_github_objects_thread", "github_objects")
    with op.batch_alter_table("github_objects") as table:
        table.drop_column("thread")
    op.drop_table("commands")
