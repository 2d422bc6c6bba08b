"""How long things are kept, what was erased in time and what is held; when a job was queued; how workers do."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INTERVIEW: dict[str, Any] = {
    "keep_recording_days": sa.Integer(),
    "keep_transcript_days": sa.Integer(),
    "recording_erased_at": sa.DateTime(timezone=True),
    "transcript_erased_at": sa.DateTime(timezone=True),
    "hold_reason": sa.String(length=1000),
    "hold_by": sa.String(length=40),
    "hold_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    # Not in Alembic's batch mode: that copies a table without its checks.
    for name, kind in INTERVIEW.items():
        op.add_column("interview", sa.Column(name, kind, nullable=True))
    op.add_column("erasure", sa.Column("kind", sa.String(length=20), server_default="everything", nullable=False))
    op.add_column("job", sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("worker", sa.Column("rtf", sa.Float(), nullable=True))
    op.add_column("worker", sa.Column("jobs", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "retention_run",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("worker_id", sa.String(length=100), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recordings", sa.Integer(), nullable=False),
        sa.Column("transcripts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_retention_run")),
    )


def downgrade() -> None:
    op.drop_table("retention_run")
    op.drop_column("worker", "jobs")
    op.drop_column("worker", "rtf")
    op.drop_column("job", "queued_at")
    op.drop_column("erasure", "kind")
    for name in reversed(INTERVIEW):
        op.drop_column("interview", name)
