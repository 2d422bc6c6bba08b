"""No interview has two jobs that are queued or running; and an index of the words that were said and found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ACTIVE = "status in ('queued','running')"
# The words come cut and folded (app.search.words). Of its tokenizers the plainest leaves them as they are, and neither
# places of words nor their number are kept: which rows have a word is all that is asked.
SQLITE = (
    """
    create virtual table search_index using fts5(
        words, content='search_entry', content_rowid='id', tokenize="ascii tokenchars '_'", detail=none, columnsize=0
    )
    """,
    """
    create trigger search_entry_comes after insert on search_entry begin
        insert into search_index(rowid, words) values (new.id, new.words);
    end
    """,
    """
    create trigger search_entry_goes after delete on search_entry begin
        insert into search_index(search_index, rowid, words) values ('delete', old.id, old.words);
    end
    """,
    """
    create trigger search_entry_changes after update of words on search_entry begin
        insert into search_index(search_index, rowid, words) values ('delete', old.id, old.words);
        insert into search_index(rowid, words) values (new.id, new.words);
    end
    """,
)
POSTGRES = (
    """
    create index ix_search_entry_words on search_entry
    using gin (array_to_tsvector(string_to_array(btrim(words), ' ')))
    """,
)


def upgrade() -> None:
    op.create_index(
        "uq_job_active_interview_id",
        "job",
        ["interview_id"],
        unique=True,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    )
    # Empty at first: `search.catch_up` fills it at the next start, with the words of that day's code.
    op.create_table(
        "search_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("interview_id", sa.String(length=40), nullable=False),
        sa.Column("segment_number", sa.Integer(), nullable=True),
        sa.Column("insight_id", sa.String(length=40), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(segment_number is null) <> (insight_id is null)", name=op.f("ck_search_entry_stands_for_one")
        ),
        sa.ForeignKeyConstraint(
            ["insight_id"], ["insight.id"], name=op.f("fk_search_entry_insight_id_insight"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_search_entry_interview_id_interview"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.id"], name=op.f("fk_search_entry_owner_id_owner"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("interview_id", "segment_number", name=op.f("uq_search_entry_interview_id_segment_number")),
        sa.UniqueConstraint("insight_id", name=op.f("uq_search_entry_insight_id")),
    )
    for statement in SQLITE if _is_sqlite() else POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    if _is_sqlite():
        op.execute("drop table search_index")
    op.drop_table("search_entry")
    op.drop_index("uq_job_active_interview_id", "job")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
