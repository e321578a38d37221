"""Who approved which words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("announcement", AutoString(), nullable=False),
        sa.Column("content_hash", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("how", AutoString(), nullable=False),
        sa.Column("author", AutoString(), nullable=True),
        sa.Column("detail", AutoString(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint(
            "announcement",
            "content_hash",
            "by",
            "how",
            name=op.f("uq_approvals_announcement_content_hash_by_how"),
        ),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approved_by", AutoString(), nullable=True))
