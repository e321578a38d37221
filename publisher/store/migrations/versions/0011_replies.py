"""Answers to residents' comments, and what else a comment looks like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("comments", sa.Column("topics", AutoString(), nullable=True))
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("post_remote_id", AutoString(), nullable=False),
        sa.Column("comment_remote_id", AutoString(), nullable=False),
        sa.Column("parent_remote_id", AutoString(), nullable=True),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("approved_by", AutoString(), nullable=True),
        sa.Column("stage", AutoString(), nullable=False),
        sa.Column("intent_at", UTCDateTime(), nullable=True),
        sa.Column("deadline_at", UTCDateTime(), nullable=True),
        sa.Column("remote_id", AutoString(), nullable=True),
        sa.Column("error_kind", AutoString(), nullable=True),
        sa.Column("error_detail", AutoString(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_replies_account_id_accounts")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_replies_delivery_id_deliveries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    op.create_index("ix_replies_comment", "replies", ["account_id", "comment_remote_id"], unique=False)
    op.create_index(
        "uq_replies_open_per_comment",
        "replies",
        ["account_id", "comment_remote_id"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
