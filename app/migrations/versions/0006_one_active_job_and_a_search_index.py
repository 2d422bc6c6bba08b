"""No interview has two jobs that are queued or running."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ACTIVE = "status in ('queued','running')"


def upgrade() -> None:
    op.create_index(
        "uq_job_active_interview_id",
        "job",
        ["interview_id"],
        unique=True,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    )


def downgrade() -> None:
    op.drop_index("uq_job_active_interview_id", "job")
