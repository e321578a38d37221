"""Comments as they stand on the network: hidden or not, answered or not; mentions that belong to no post; clicks; when a post was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WAITS = "NOT own AND done_at IS NULL AND answered_at IS NULL"

_ANSWERED = """
UPDATE comments SET answered_at = (
    SELECT min(ours.created_at) FROM comments AS ours
    WHERE ours.own AND ours.account_id = comments.account_id AND (
        ours.parent_remote_id = comments.remote_id
        OR (
            ours.parent_remote_id = comments.parent_remote_id AND ours.created_at > comments.created_at
            AND EXISTS (
                SELECT 1 FROM accounts
                WHERE accounts.id = comments.account_id AND accounts.channel IN ('facebook', 'instagram', 'linkedin')
            )
        )
    )
)
WHERE NOT own
"""
"""Networks that hang every reply on the first comment of its thread: an answer to a reply is the thread's next reply of ours."""


_COLUMNS = (
    "id, account_id, delivery_id, remote_id, parent_remote_id, kind, author_key, author_name, text, url, created_at, own, question, "
    "done_at, seen_at, fetched_at"
)


def upgrade() -> None:
    """Bring the schema forward."""
    if op.get_context().dialect.name == "sqlite":
        _a_new_table()
    else:
        op.add_column("comments", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.add_column("comments", sa.Column("answered_at", UTCDateTime(), nullable=True))
        op.alter_column("comments", "hidden", server_default=None)
        op.alter_column("comments", "delivery_id", nullable=True)
    op.create_index("ix_comments_parent", "comments", ["account_id", "parent_remote_id"], unique=False)
    op.create_index(
        "ix_comments_unanswered",
        "comments",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text(_WAITS),
        postgresql_where=sa.text(_WAITS),
    )
    op.execute(_ANSWERED)
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quotes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("clicks", sa.Integer(), nullable=True))
    op.create_table(
        "readings",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("news_at", UTCDateTime(), nullable=False),
        sa.Column("whole_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_readings_delivery_id_deliveries")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_readings")),
    )


def _a_new_table() -> None:
    """Write the table anew: SQLite takes no NOT NULL away, and Alembic's own way leaves the order of the constraints to chance."""
    op.create_table(
        "comments_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("remote_id", AutoString(), nullable=False),
        sa.Column("parent_remote_id", AutoString(), nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("author_key", AutoString(), nullable=True),
        sa.Column("author_name", AutoString(), nullable=True),
        sa.Column("text", AutoString(), nullable=True),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("fetched_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id_accounts")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_comments_delivery_id_deliveries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("account_id", "remote_id", name=op.f("uq_comments_account_id_remote_id")),
    )
    op.execute(f"INSERT INTO comments_new ({_COLUMNS}, hidden) SELECT {_COLUMNS}, 0 FROM comments")  # noqa: S608 - names of ours
    op.drop_table("comments")
    op.rename_table("comments_new", "comments")
    op.create_index(op.f("ix_comments_delivery_id"), "comments", ["delivery_id"], unique=False)
