"""Replies to requests that carried an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply",
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("head_sha256", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("made_id", sa.String(length=40), nullable=True),
        sa.Column("interview_id", sa.String(length=40), nullable=True),
        sa.Column("is_forgotten", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_reply_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_reply_owner_id_owner"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "operation", "key", name=op.f("pk_reply")),
    )
    for column in ("created_at", "interview_id", "made_id"):
        op.create_index(op.f(f"ix_reply_{column}"), "reply", [column], unique=False)


def downgrade() -> None:
    op.drop_table("reply")
