"""Deliveries that a person wants out at once, whatever time their file names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("deliveries", sa.Column("by_hand_at", UTCDateTime(), nullable=True))
