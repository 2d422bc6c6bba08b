"""Contacts keep their own evidence, outlive the insight they came from, and may be added without an interview."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXED = ("insight_id", "interview_id", "owner_id")


def upgrade() -> None:
    # Made anew and not altered: nothing has filled the table yet, and Alembic's copy of a table loses its checks.
    op.drop_table("contact")
    _make(
        sa.Column("interview_id", sa.String(length=40), nullable=True),
        sa.Column("insight_id", sa.String(length=40), nullable=True),
        sa.Column("transcript_version", sa.Integer(), nullable=True),
        sa.Column("heard", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("offered", sa.String(length=20), nullable=True),
        when_the_insight_goes="SET NULL",
    )


def downgrade() -> None:
    op.drop_table("contact")
    _make(
        sa.Column("interview_id", sa.String(length=40), nullable=False),
        sa.Column("insight_id", sa.String(length=40), nullable=False),
        sa.Column("offered", sa.String(length=20), nullable=False),
        when_the_insight_goes="CASCADE",
    )


def _make(*own: sa.Column[object], when_the_insight_goes: str) -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        *own,
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=200), nullable=True),
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
            ["insight_id"], ["insight.id"], name=op.f("fk_contact_insight_id_insight"), ondelete=when_the_insight_goes
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_contact_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_contact_owner_id_owner"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_contact_{column}"), "contact", [column], unique=False)
