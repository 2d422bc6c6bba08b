"""Parts of unfinished uploads, where they are kept so that every API process can go on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload_part",
        sa.Column("upload_id", sa.String(length=40), nullable=False),
        sa.Column("start_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_bytes", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_upload_part_upload_id_upload"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "start_bytes", name=op.f("pk_upload_part")),
        sa.UniqueConstraint("key", name=op.f("uq_upload_part_key")),
    )


def downgrade() -> None:
    op.drop_table("upload_part")
