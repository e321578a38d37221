"""Tokens of accounts that `login` got, encrypted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "credentials",
        sa.Column("organisation", AutoString(), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("account", AutoString(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("closed", AutoString(), nullable=False),
        sa.Column("key_name", AutoString(), nullable=False),
        sa.Column("flow", AutoString(), nullable=False),
        sa.Column("account_id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("page_id", AutoString(), nullable=True),
        sa.Column("scopes", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("refresh_expires_at", UTCDateTime(), nullable=True),
        sa.Column("data_until", UTCDateTime(), nullable=True),
        sa.Column("refreshable", sa.Boolean(), nullable=False),
        sa.Column("obtained_at", UTCDateTime(), nullable=False),
        sa.Column("login_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "channel", "account", name=op.f("pk_credentials")),
    )
