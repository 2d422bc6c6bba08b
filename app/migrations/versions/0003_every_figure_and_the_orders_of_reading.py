"""Every figure of pay of an insight, and indexes for the orders that insights are read in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSIGHT = sa.table(
    "insight",
    sa.column("id", sa.String()),
    sa.column("value", sa.JSON(none_as_null=True)),
    sa.column("values", sa.JSON(none_as_null=True)),
)
ORDERS = {
    "ix_insight_owner_id_id": ["owner_id", "id"],
    "ix_insight_interview_id_start_ms_id": ["interview_id", "start_ms", "id"],
}


def upgrade() -> None:
    # Not in Alembic's batch mode: that copies the table and drops the old one, which takes what hangs on it along.
    op.add_column("insight", sa.Column("values", sa.JSON(none_as_null=True), server_default="[]", nullable=False))
    connection = op.get_bind()
    known = connection.execute(sa.select(INSIGHT.c.id, INSIGHT.c.value).where(INSIGHT.c.value.is_not(None))).all()
    for insight_id, value in known:
        connection.execute(sa.update(INSIGHT).where(INSIGHT.c.id == insight_id).values({"values": [value]}))
    for name, columns in ORDERS.items():
        op.create_index(name, "insight", columns)
    op.drop_index("ix_insight_owner_id", "insight")
    op.drop_index("ix_insight_interview_id", "insight")


def downgrade() -> None:
    op.create_index("ix_insight_interview_id", "insight", ["interview_id"])
    op.create_index("ix_insight_owner_id", "insight", ["owner_id"])
    for name in ORDERS:
        op.drop_index(name, "insight")
    op.drop_column("insight", "values")
