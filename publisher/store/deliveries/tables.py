"""What the queries on deliveries share: tables, keys, the fencing guard, steps and attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from channels.base import Step
from publisher.model import State
from publisher.store.deliveries.values import ClaimLost, Job, Key
from publisher.store.models import (
    AccountRow,
    AnnouncementRow,
    AttemptRow,
    ChangeRow,
    DeliveryRow,
    PartRow,
    PictureRow,
    StepRow,
)

DELIVERIES = DeliveryRow.__table__  # type: ignore[attr-defined]
ACCOUNTS = AccountRow.__table__  # type: ignore[attr-defined]
ANNOUNCEMENTS = AnnouncementRow.__table__  # type: ignore[attr-defined]
STEPS = StepRow.__table__  # type: ignore[attr-defined]
ATTEMPTS = AttemptRow.__table__  # type: ignore[attr-defined]
PARTS = PartRow.__table__  # type: ignore[attr-defined]
CHANGES = ChangeRow.__table__  # type: ignore[attr-defined]
PICTURES = PictureRow.__table__  # type: ignore[attr-defined]


def key_of(row: Any) -> Key:  # noqa: ANN401 - a row of SQLAlchemy
    return Key(
        announcement=row.announcement,
        occurrence=row.occurrence,
        organisation=row.organisation,
        channel=row.channel,
        account=row.account,
        language=row.language,
    )


def guarded(conn: Connection, job: Job, **values: Any) -> None:  # noqa: ANN401 - columns of the table
    changed = conn.execute(
        update(DELIVERIES).where(DELIVERIES.c.id == job.id, DELIVERIES.c.token == job.token).values(**values)
    ).rowcount
    if changed != 1:
        raise ClaimLost


def forget_steps(conn: Connection, delivery_id: int, now: datetime) -> None:
    """Begin again: steps are append-only, so an empty one marks the new beginning."""
    last = conn.execute(select(func.max(STEPS.c.n)).where(STEPS.c.delivery_id == delivery_id)).scalar()
    if last is not None:
        conn.execute(
            insert(STEPS).values(
                delivery_id=delivery_id, n=last + 1, name="", memo={}, commits=False, repeatable=False, at=now
            )
        )


def add_step(conn: Connection, delivery_id: int, n: int, step: Step, ready: datetime | None, now: datetime) -> None:
    conn.execute(
        insert(STEPS).values(
            delivery_id=delivery_id,
            n=n,
            name=step.name,
            memo=dict(step.memo),
            commits=step.commits,
            repeatable=step.repeatable,
            not_before=ready,
            at=now,
        )
    )


def close_attempts(conn: Connection, delivery_id: int, outcome: str, now: datetime, **values: Any) -> None:  # noqa: ANN401
    conn.execute(
        update(ATTEMPTS)
        .where(
            ATTEMPTS.c.delivery_id == delivery_id, or_(ATTEMPTS.c.outcome.is_(None), ATTEMPTS.c.outcome == "unknown")
        )
        .values(outcome=outcome, finished_at=now, **values)
    )


def doubt(intent_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "state": State.CONFIRMING,
        "doubt_since": intent_at,
        "doubt_ended": now,
        "ever_in_doubt": True,
        "looks": 0,
        "absent_at": None,
        "not_before": None,
    }
