"""The items of the website's feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "feed_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", AutoString(), nullable=False),
        sa.Column("item", AutoString(), nullable=False),
        sa.Column("feed", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("file", AutoString(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_items")),
        sa.UniqueConstraint("organisation", "item", name=op.f("uq_feed_items_organisation_item")),
    )
    with op.batch_alter_table("feed_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_items_feed"), ["feed"], unique=False)
