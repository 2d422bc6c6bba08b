"""How long an interview was meant to be, in minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interview", sa.Column("planned_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("interview", "planned_minutes")
