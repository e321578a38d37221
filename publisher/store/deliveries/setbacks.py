"""A publication that does not go well: refused, blocked, in doubt, absent, ended. Each closes what is open in one go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, or_, update

from channels.base import Step
from publisher.model import State
from publisher.store.deliveries.tables import (
    ATTEMPTS,
    DELIVERIES,
    add_step,
    close_attempts,
    doubt,
    forget_steps,
    guarded,
)
from publisher.store.deliveries.values import Job, Setback


def record_retry(
    conn: Connection,
    job: Job,
    setback: Setback,
    not_before: datetime | None,
    now: datetime,
    *,
    clock_from: datetime | None = None,
) -> None:
    """The network refused and changed nothing: the same step again, later. Raises ClaimLost.

    `clock_from`: when the clock of `give_up_after` starts, if it has not; a reset that the network named does not count.
    """
    guarded(
        conn,
        job,
        state=State.RETRYING,
        owner=None,
        lease_until=None,
        not_before=not_before,
        refusals=job.refusals + 1,
        refused_since=func.coalesce(DELIVERIES.c.refused_since, clock_from or now),
        error_kind=setback.kind,
        error_detail=setback.detail,
        doubt_since=None,
        doubt_ended=None,
        absent_at=None,
        looks=0,
        updated_at=now,
    )
    close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)


def record_restart(conn: Connection, job: Job, setback: Setback, not_before: datetime | None, now: datetime) -> None:
    """What an earlier step had made is gone: begin at the first step. Raises ClaimLost."""
    record_retry(conn, job, setback, not_before, now)
    forget_steps(conn, job.id, now)


def record_blocked(conn: Connection, job: Job, setback: Setback, now: datetime) -> None:
    """The account cannot be used: the delivery waits as it is. Raises ClaimLost."""
    state = (
        State.CONFIRMING if job.state is State.CONFIRMING else (State.RETRYING if job.remote_id else State.SCHEDULED)
    )
    guarded(
        conn,
        job,
        state=state,
        owner=None,
        lease_until=None,
        not_before=None,
        error_kind=setback.kind,
        error_detail=setback.detail,
        updated_at=now,
    )
    if job.state is not State.CONFIRMING:
        close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)


def record_put_back(conn: Connection, job: Job, setback: Setback, not_before: datetime, now: datetime) -> None:
    """Nothing of it was sent, and something outside must come right first: it waits as it is. Raises ClaimLost."""
    guarded(
        conn,
        job,
        state=State.SCHEDULED,
        owner=None,
        lease_until=None,
        not_before=not_before,
        error_kind=setback.kind,
        error_detail=setback.detail,
        token=job.token + 1,
        updated_at=now,
    )


def record_doubt(conn: Connection, job: Job, setback: Setback, intent_at: datetime, now: datetime, step: Step) -> None:
    """The answer was lost: look before anything else. `step` may carry a hint from the network. Raises ClaimLost."""
    guarded(
        conn,
        job,
        **{**doubt(intent_at, now), "not_before": None},
        owner=None,
        lease_until=None,
        error_kind=setback.kind,
        error_detail=setback.detail,
        updated_at=now,
    )
    conn.execute(
        update(ATTEMPTS)
        .where(ATTEMPTS.c.delivery_id == job.id, ATTEMPTS.c.outcome.is_(None))
        .values(outcome="unknown", kind=setback.kind, detail=setback.detail, finished_at=now)
    )
    if step != job.step:
        add_step(conn, job.id, job.step_n + 1, step, None, now)


def record_look(
    conn: Connection, job: Job, not_before: datetime | None, absent_at: datetime | None, now: datetime
) -> None:
    """It was not found this time; look again. Raises ClaimLost."""
    guarded(
        conn,
        job,
        owner=None,
        lease_until=None,
        not_before=not_before,
        looks=job.looks + 1,
        absent_at=absent_at,
        updated_at=now,
    )


def put_off_looks(conn: Connection, account_id: int, until: datetime) -> None:
    """The network lets nobody read before `until`: whatever else was lost on the account is looked for no sooner."""
    sooner = or_(DELIVERIES.c.not_before.is_(None), DELIVERIES.c.not_before < until)
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.account_id == account_id, DELIVERIES.c.state == State.CONFIRMING, sooner)
        .values(not_before=until)
    )


def record_absent(conn: Connection, job: Job, now: datetime, *, anew: bool = False) -> None:
    """It surely did not go out: the same step may run again, or with `anew` the first one. Raises ClaimLost."""
    guarded(
        conn,
        job,
        state=State.RETRYING,
        owner=None,
        lease_until=None,
        not_before=None,
        doubt_since=None,
        doubt_ended=None,
        absent_at=None,
        looks=0,
        updated_at=now,
    )
    close_attempts(conn, job.id, "absent", now)
    if anew:
        forget_steps(conn, job.id, now)


def record_end(conn: Connection, job: Job, state: State, setback: Setback, now: datetime) -> None:
    """Nothing more is done by itself: failed, unconfirmed, held, or published with an error beside it. Raises ClaimLost."""
    guarded(
        conn,
        job,
        state=state,
        owner=None,
        lease_until=None,
        not_before=None,
        error_kind=setback.kind,
        error_detail=setback.detail,
        updated_at=now,
    )
    if State.UNCONFIRMED not in (state, setback.kind):
        close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)
