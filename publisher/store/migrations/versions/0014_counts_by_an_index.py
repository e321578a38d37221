"""An index from which a post's comments are counted without a look at them."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.drop_index("ix_comments_delivery_id", table_name="comments")
    op.create_index("ix_comments_delivery_id", "comments", ["delivery_id", "kind", "own"], unique=False)
