"""Claims: a lease and a fencing number, so that one process works on a delivery at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from channels import registry
from channels.base import Step
from publisher.model import State
from publisher.store.deliveries.due import among, to_look, to_send
from publisher.store.deliveries.tables import ACCOUNTS, ATTEMPTS, DELIVERIES, STEPS, doubt, guarded, key_of
from publisher.store.deliveries.values import FrozenPost, Job

SAME_WORDS_FOR = timedelta(days=90)
"""The same words go to the same account once in this time, unless the file says `repost: yes` (interface, section 3)."""

_CLOCKS_SHIFT = timedelta(hours=3)
"""More than clocks are ever put forward: `check` counts days of the calendar, and ninety of them may lack an hour."""


def claim(
    conn: Connection,
    account_id: int,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    only: frozenset[int] | None = None,
) -> tuple[Job, ...]:
    """Take what this account has to send or to look for, oldest first; what goes out a second time with the same words is held.

    `only`: nothing but these deliveries.
    """
    rows = conn.execute(
        select(DELIVERIES)
        .join(ACCOUNTS, ACCOUNTS.c.id == DELIVERIES.c.account_id)
        .where(DELIVERIES.c.account_id == account_id, or_(to_send(conn, now), to_look(now)), among(only))
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
        .limit(limit)
        .with_for_update(of=DELIVERIES, skip_locked=True)
    ).all()
    jobs = []
    for row in rows:
        if _words_were_out(conn, row, now):
            _hold_words(conn, row.id, now)
            continue
        state = State.CONFIRMING if row.state == State.CONFIRMING else State.PUBLISHING
        conn.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.id == row.id)
            .values(state=state, owner=owner, lease_until=now + lease, token=row.token + 1, updated_at=now)
        )
        jobs.append(_job(conn, row, state, row.token + 1))
    return tuple(jobs)


def _is_fresh(row: Any) -> bool:  # noqa: ANN401
    return bool(row.state == State.SCHEDULED and row.remote_id is None and not row.attempts and not row.ever_in_doubt)


def words_were_out(conn: Connection, delivery_id: int, now: datetime) -> bool:
    """Tell whether the account has the words of a delivery already, were it due now: it would be held."""
    row = conn.execute(select(DELIVERIES).where(DELIVERIES.c.id == delivery_id)).one()
    return _words_were_out(conn, SimpleNamespace(**{**row._mapping, "due_at": now, "state": State.SCHEDULED}), now)  # noqa: SLF001 - SQLAlchemy's public name


def _words_were_out(conn: Connection, row: Any, now: datetime) -> bool:  # noqa: ANN401
    if not _is_fresh(row):
        return False
    against = [] if row.repost else [_another_announcement(row)]
    pause = registry.capabilities(row.channel).same_words_after
    if pause:
        # From due time to due time, so that a try that took long does not hold the next one; clocks shift by some hours.
        against.append(and_(_another_occurrence(row), DELIVERIES.c.due_at > row.due_at - pause + _CLOCKS_SHIFT))
    if not against:
        return False
    out = or_(
        DELIVERIES.c.published_at > now - SAME_WORDS_FOR,
        DELIVERIES.c.state.in_([State.PUBLISHING, State.UNCONFIRMED]),
        DELIVERIES.c.attempts > 0,
    )
    return bool(
        conn.execute(
            select(DELIVERIES.c.id)
            .where(
                DELIVERIES.c.account_id == row.account_id,
                DELIVERIES.c.fingerprint == row.fingerprint,
                DELIVERIES.c.id != row.id,
                DELIVERIES.c.state.not_in(
                    [State.CANCELLED, State.FAILED, State.MISSED, State.EXPIRED, State.WITHDRAWN]
                ),
                out,
                or_(*against),
            )
            .limit(1)
        ).first()
    )


def _another_announcement(row: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """The occurrences of one announcement may say the same each time."""
    return or_(DELIVERIES.c.announcement != row.announcement, DELIVERIES.c.occurrence == row.occurrence)


def _another_occurrence(row: Any) -> ColumnElement[bool]:  # noqa: ANN401
    return and_(DELIVERIES.c.announcement == row.announcement, DELIVERIES.c.occurrence != row.occurrence)


def _hold_words(conn: Connection, delivery_id: int, now: datetime) -> None:
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id)
        .values(state=State.HELD, error_kind="same_words", updated_at=now)
    )


def _job(conn: Connection, row: Any, state: State, token: int) -> Job:  # noqa: ANN401
    last = conn.execute(select(STEPS).where(STEPS.c.delivery_id == row.id).order_by(STEPS.c.n.desc()).limit(1)).first()
    step = None
    if last is not None and last.name:
        step = Step(name=last.name, memo=last.memo, commits=last.commits, repeatable=last.repeatable)
    return Job(
        id=row.id,
        key=key_of(row),
        account_id=row.account_id,
        state=state,
        token=token,
        due_at=row.due_at,
        post=FrozenPost.from_json(row.post),
        fingerprint=row.fingerprint,
        frozen=row.frozen_at is not None,
        attempts=row.attempts,
        refusals=row.refusals,
        refused_since=row.refused_since,
        doubt_since=row.doubt_since,
        doubt_ended=row.doubt_ended,
        looks=row.looks,
        absent_at=row.absent_at,
        ever_in_doubt=row.ever_in_doubt,
        fresh=_is_fresh(row),
        remote_id=row.remote_id,
        url=row.url,
        error_kind=row.error_kind,
        step_n=last.n if last is not None else 0,
        step=step,
        ready_at=last.not_before if last is not None else None,
    )


def extend(conn: Connection, job: Job, until: datetime) -> None:
    """Keep a claim for longer. Raises ClaimLost."""
    guarded(conn, job, lease_until=until)


def release(conn: Connection, job: Job, now: datetime, not_before: datetime | None = None) -> None:
    """Give a claimed delivery back as it is; nothing of it is open."""
    state = (
        State.CONFIRMING
        if job.state is State.CONFIRMING
        else (State.RETRYING if job.refusals or job.remote_id else State.SCHEDULED)
    )
    guarded(
        conn, job, state=state, owner=None, lease_until=None, not_before=not_before, token=job.token + 1, updated_at=now
    )


def sweep(conn: Connection, now: datetime, *, only_expired: bool) -> int:
    """Take back the claims of dead processes: with an attempt open it is doubt, without one nothing was sent. Return how many.

    `only_expired` False: the caller holds the daemon's lock, so every claim belongs to a dead process.
    """
    over = DELIVERIES.c.lease_until <= now if only_expired else DELIVERIES.c.lease_until.is_not(None)
    rows = conn.execute(
        select(DELIVERIES.c.id, DELIVERIES.c.state, DELIVERIES.c.refusals, DELIVERIES.c.remote_id).where(
            DELIVERIES.c.owner.is_not(None), over
        )
    ).all()
    for row in rows:
        attempt = conn.execute(
            select(ATTEMPTS.c.id, ATTEMPTS.c.intent_at).where(
                ATTEMPTS.c.delivery_id == row.id, ATTEMPTS.c.outcome.is_(None)
            )
        ).first()
        values: dict[str, Any] = {
            "owner": None,
            "lease_until": None,
            "updated_at": now,
            "token": DELIVERIES.c.token + 1,
        }
        if attempt is not None:
            conn.execute(
                update(ATTEMPTS)
                .where(ATTEMPTS.c.id == attempt.id)
                .values(outcome="unknown", kind="died", finished_at=now)
            )
            values |= doubt(attempt.intent_at, now)
        elif row.state == State.PUBLISHING:
            values["state"] = State.RETRYING if row.refusals or row.remote_id else State.SCHEDULED
        conn.execute(update(DELIVERIES).where(DELIVERIES.c.id == row.id).values(**values))
    return len(rows)
