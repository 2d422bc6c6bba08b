"""Contacts, planned questions, and what was asked before each insight."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planned_question",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("interview_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("transcript_version", sa.Integer(), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("asked", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"],
            ["interview.id"],
            name=op.f("fk_planned_question_interview_id_interview"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.id"], name=op.f("fk_planned_question_owner_id_owner"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_question")),
        sa.UniqueConstraint("interview_id", "position", name=op.f("uq_planned_question_interview_id_position")),
    )
    with op.batch_alter_table("planned_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_planned_question_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("interview_id", sa.String(length=40), nullable=False),
        sa.Column("insight_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=200), nullable=True),
        sa.Column("offered", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "offered in ('recommendation','introduction','contact_details')", name=op.f("ck_contact_offered")
        ),
        sa.CheckConstraint("state in ('proposed','confirmed','corrected','rejected')", name=op.f("ck_contact_state")),
        sa.CheckConstraint(
            "name is not null or role is not null or organisation is not null", name=op.f("ck_contact_names_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["insight_id"], ["insight.id"], name=op.f("fk_contact_insight_id_insight"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_contact_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_contact_owner_id_owner"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_insight_id"), ["insight_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_interview_id"), ["interview_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_owner_id"), ["owner_id"], unique=False)

    op.add_column("insight", sa.Column("question", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    # Not in Alembic's batch mode: that copies the table and drops the old one, which takes what hangs on it along.
    op.drop_column("insight", "question")

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_owner_id"))
        batch_op.drop_index(batch_op.f("ix_contact_interview_id"))
        batch_op.drop_index(batch_op.f("ix_contact_insight_id"))

    op.drop_table("contact")
    with op.batch_alter_table("planned_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_planned_question_owner_id"))

    op.drop_table("planned_question")
