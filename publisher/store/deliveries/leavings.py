"""What a publication that ended left on a network, or in a public folder, where nobody sees it: its channel takes it away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, or_, select

from channels.base import Step
from publisher.model import State
from publisher.store.deliveries.tables import ACCOUNTS, DELIVERIES, STEPS, forget_steps
from publisher.store.deliveries.values import Leaving

_AT_ONCE = 20

_NEVER_OUT = and_(
    DELIVERIES.c.state.in_([State.CANCELLED, State.EXPIRED, State.MISSED]), DELIVERIES.c.remote_id.is_(None)
)
_SAID_TO_BE_OUT = and_(
    DELIVERIES.c.evidence == "person",
    or_(
        and_(DELIVERIES.c.state == State.PUBLISHED, DELIVERIES.c.error_kind.is_(None)),
        DELIVERIES.c.state == State.WITHDRAWN,
    ),
)
"""A person has settled it, so that the steps after it were not taken."""


def leavings(conn: Connection) -> tuple[Leaving, ...]:
    """Return what ended in the middle of its steps, on accounts that can be used; some at a time."""
    later = STEPS.alias()
    is_last = ~exists().where(later.c.delivery_id == STEPS.c.delivery_id, later.c.n > STEPS.c.n)
    rows = conn.execute(
        select(DELIVERIES.c.id, DELIVERIES.c.account_id, STEPS.c.name, STEPS.c.memo)
        .join(STEPS, STEPS.c.delivery_id == DELIVERIES.c.id)
        .join(ACCOUNTS, ACCOUNTS.c.id == DELIVERIES.c.account_id)
        .where(or_(_NEVER_OUT, _SAID_TO_BE_OUT), STEPS.c.name != "", is_last, ACCOUNTS.c.blocked_kind.is_(None))
        .order_by(DELIVERIES.c.id)
        .limit(_AT_ONCE)
    )
    return tuple(
        Leaving(delivery_id=row.id, account_id=row.account_id, step=Step(name=row.name, memo=row.memo)) for row in rows
    )


def forget_leaving(conn: Connection, leaving: Leaving, now: datetime) -> None:
    """Note that it was taken away: whoever wants the delivery sent after all begins at its first step."""
    still = select(DELIVERIES.c.id).where(DELIVERIES.c.id == leaving.delivery_id, or_(_NEVER_OUT, _SAID_TO_BE_OUT))
    if conn.execute(still).first() is not None:
        forget_steps(conn, leaving.delivery_id, now)
