"""What networks bill."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "charges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", AutoString(), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("account", AutoString(), nullable=False),
        sa.Column("month", AutoString(), nullable=False),
        sa.Column("item", AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
        sa.UniqueConstraint(
            "organisation",
            "channel",
            "account",
            "month",
            "item",
            name=op.f("uq_charges_organisation_channel_account_month_item"),
        ),
    )
    op.create_table(
        "billed",
        sa.Column("payer", AutoString(), nullable=False),
        sa.Column("day", AutoString(), nullable=False),
        sa.Column("item", AutoString(), nullable=False),
        sa.Column("resource", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("payer", "day", "item", "resource", name=op.f("pk_billed")),
    )
