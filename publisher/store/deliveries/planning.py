"""What the queue asks for: new deliveries, new words for those that nothing was sent of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from publisher.model import WAITING, State
from publisher.store.deliveries.tables import DELIVERIES, forget_steps, key_of
from publisher.store.deliveries.values import FrozenPost, Key, NewDelivery, PlannedRow


def planned(conn: Connection) -> dict[Key, PlannedRow]:
    """Return every delivery by key."""
    rows = {}
    for row in conn.execute(select(DELIVERIES)):
        key = key_of(row)
        rows[key] = PlannedRow(
            id=row.id,
            key=key,
            account_id=row.account_id,
            state=State(row.state),
            due_at=row.due_at,
            due_wall=row.due_wall,
            expires_at=row.expires_at,
            post=FrozenPost.from_json(row.post),
            fingerprint=row.fingerprint,
            repost=row.repost,
            error_kind=row.error_kind,
            error_detail=row.error_detail,
            remote_id=row.remote_id,
            attempts=row.attempts,
            ever_in_doubt=row.ever_in_doubt,
            by_hand_at=row.by_hand_at,
            approved_by=row.approved_by,
        )
    return rows


def _content(new: NewDelivery, now: datetime) -> dict[str, Any]:
    return {
        "state": new.state,
        "due_at": new.due_at,
        "due_wall": new.due_wall,
        "expires_at": new.expires_at,
        "late_after": new.late_after,
        "post": new.post.as_json(),
        "fingerprint": new.fingerprint,
        "repost": new.repost,
        "by_hand_at": new.by_hand_at,
        "approved_by": new.approved_by,
        "updated_at": now,
    }


_BLANK: Mapping[str, Any] = {
    "occurrence": 1,
    "token": 0,
    "attempts": 0,
    "refusals": 0,
    "looks": 0,
    "ever_in_doubt": False,
}


def add(conn: Connection, deliveries: Sequence[NewDelivery], now: datetime) -> None:
    """Note new deliveries."""
    if deliveries:
        rows = [
            {**_BLANK, **asdict(new.key), **_content(new, now), "account_id": new.account_id, "created_at": now}
            for new in deliveries
        ]
        conn.execute(insert(DELIVERIES), rows)


def replan(conn: Connection, delivery_id: int, new: NewDelivery, now: datetime) -> bool:
    """Give a delivery that nothing was sent of its new words and time; begin at the first step. Tell whether it was in time.

    A worker that has claimed it and attempted nothing yet loses it.
    """
    changeable = [*WAITING, State.CANCELLED, State.MISSED, State.EXPIRED, State.FAILED]
    changed = conn.execute(
        update(DELIVERIES)
        .where(
            DELIVERIES.c.id == delivery_id,
            or_(DELIVERIES.c.state.in_(changeable), _is_untried(State.PUBLISHING, State.RETRYING)),
            DELIVERIES.c.remote_id.is_(None),
        )
        .values(
            **_content(new, now),
            owner=None,
            lease_until=None,
            token=DELIVERIES.c.token + 1,
            frozen_at=None,
            not_before=None,
            refusals=0,
            refused_since=None,
            error_kind=None,
            error_detail=None,
        )
    ).rowcount
    if changed:
        forget_steps(conn, delivery_id, now)
    return bool(changed)


def set_approver(conn: Connection, delivery_id: int, by: str | None) -> None:
    """Note who has approved the words of a delivery that nothing was sent of; its state stays."""
    conn.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(approved_by=by))


def set_waiting(conn: Connection, ids: Iterable[int], state: State, kind: str, now: datetime) -> int:
    """Hold or cancel deliveries that nothing was sent of; return how many were not so already. A worker loses what it has not attempted."""
    return conn.execute(
        update(DELIVERIES)
        .where(
            DELIVERIES.c.id.in_(list(ids)),
            or_(DELIVERIES.c.state.in_([*WAITING, State.RETRYING]), _is_untried(State.PUBLISHING)),
            DELIVERIES.c.remote_id.is_(None),
            DELIVERIES.c.ever_in_doubt.is_(False),
            or_(DELIVERIES.c.state != state, DELIVERIES.c.error_kind.is_(None), DELIVERIES.c.error_kind != kind),
        )
        .values(
            state=state,
            error_kind=kind,
            error_detail=None,
            owner=None,
            lease_until=None,
            token=DELIVERIES.c.token + 1,
            updated_at=now,
        )
    ).rowcount


def _is_untried(*states: State) -> ColumnElement[bool]:
    """In one of these states, and without a single attempt: `open_attempt` counts them before anything is sent."""
    return and_(DELIVERIES.c.state.in_(states), DELIVERIES.c.attempts == 0, ~DELIVERIES.c.ever_in_doubt)
