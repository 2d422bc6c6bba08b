"""Rare states, and titles in order, are found without looking at every interview and insight of an owner."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_interview_owner_id_status_id", "interview", ["owner_id", "status", "id"])
    op.create_index("ix_interview_owner_id_contact_id_id", "interview", ["owner_id", "contact_id", "id"])
    op.create_index("ix_insight_owner_id_state_id", "insight", ["owner_id", "state", "id"])
    # In the order of code points, which is SQLite's own (app.db.ByCodePoint).
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    title = "title" if is_sqlite else sa.text('title collate "C"')
    op.create_index("ix_interview_owner_id_title_id", "interview", ["owner_id", title, "id"])


def downgrade() -> None:
    op.drop_index("ix_interview_owner_id_title_id", "interview")
    op.drop_index("ix_insight_owner_id_state_id", "insight")
    op.drop_index("ix_interview_owner_id_contact_id_id", "interview")
    op.drop_index("ix_interview_owner_id_status_id", "interview")
