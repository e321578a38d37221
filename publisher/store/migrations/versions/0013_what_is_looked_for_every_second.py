"""Indexes for what the daemon looks for every second, so that ten thousand announcements that wait cost no more than ten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = {
    "waiting": (
        "not_before",
        "not_before IS NOT NULL AND state IN ('scheduled', 'retrying', 'confirming', 'publishing')",
    ),
    "late": ("late_after", "state IN ('scheduled', 'awaiting_approval')"),
    "expiring": ("expires_at", "state IN ('scheduled', 'awaiting_approval', 'retrying')"),
    "claimed": ("lease_until", "lease_until IS NOT NULL"),
}


def upgrade() -> None:
    """Bring the schema forward."""
    for name, (column, where) in _INDEXES.items():
        op.create_index(
            f"ix_deliveries_{name}",
            "deliveries",
            [column],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
