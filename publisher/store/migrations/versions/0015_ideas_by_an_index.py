"""An index from which ideas, thanks and what may be inappropriate are found among all comments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    there_are = sa.text("topics IS NOT NULL")
    op.create_index(
        "ix_comments_topics", "comments", ["topics"], sqlite_where=there_are, postgresql_where=there_are, unique=False
    )
