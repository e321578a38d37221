"""What is due, for whom, and what came too late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select, text, true, update

from publisher.model import State
from publisher.policy import TROUBLES
from publisher.store import models
from publisher.store.deliveries.people import list_deliveries
from publisher.store.deliveries.tables import ACCOUNTS, ANNOUNCEMENTS, ATTEMPTS, DELIVERIES
from publisher.store.deliveries.values import Ahead, DeliveryView, FrozenPost, Unsent
from publisher.store.meta import EVERYWHERE, paused

OPEN = text(f"{DELIVERIES.name}.{models.OPEN}")
"""Neither waiting for a person nor ended; see there."""
_UNSENT = text(f"{DELIVERIES.name}.{models.UNSENT}")
_MAY_EXPIRE = text(f"{DELIVERIES.name}.{models.MAY_EXPIRE}")
_OTHER = DELIVERIES.alias("other")


def _open_to_publish(now: datetime) -> ColumnElement[bool]:
    return and_(ACCOUNTS.c.blocked_kind.is_(None), or_(ACCOUNTS.c.not_before.is_(None), ACCOUNTS.c.not_before <= now))


def _not_paused(conn: Connection) -> ColumnElement[bool]:
    stopped = paused(conn)
    return false() if EVERYWHERE in stopped else and_(DELIVERIES.c.organisation.not_in(stopped))


def _file_is_there() -> ColumnElement[bool]:
    """A file that is missing or being written: what it said does not go out meanwhile, unless over half of the queue is missing."""
    return ~exists().where(ANNOUNCEMENTS.c.key == DELIVERIES.c.announcement, ANNOUNCEMENTS.c.held_back.is_(True))


def _words_are_free() -> ColumnElement[bool]:
    """No other delivery with the same words on this account is in doubt: a match could not be told apart."""
    return ~exists().where(
        _OTHER.c.account_id == DELIVERIES.c.account_id,
        _OTHER.c.fingerprint == DELIVERIES.c.fingerprint,
        _OTHER.c.id != DELIVERIES.c.id,
        _OTHER.c.state == State.CONFIRMING,
    )


def _expired(now: datetime) -> ColumnElement[bool]:
    """Past its `expires` without being out. What is tried again was refused or proved absent, so it need not be looked for."""
    return and_(
        DELIVERIES.c.expires_at <= now,
        DELIVERIES.c.remote_id.is_(None),
        _MAY_EXPIRE,
    )


def _missed(now: datetime) -> ColumnElement[bool]:
    """Past its `late_limit`, and never sent."""
    return and_(
        DELIVERIES.c.late_after <= now,
        DELIVERIES.c.remote_id.is_(None),
        _UNSENT,
        ~DELIVERIES.c.ever_in_doubt,
    )


def _not_over(now: datetime) -> ColumnElement[bool]:
    # A comparison with null is null, and so would its negation be.
    return and_(
        or_(DELIVERIES.c.expires_at.is_(None), ~_expired(now)), or_(DELIVERIES.c.late_after.is_(None), ~_missed(now))
    )


def to_send(conn: Connection, now: datetime) -> ColumnElement[bool]:
    """What may go out now. What has come too late may not, also in the second before the tick has marked it."""
    return and_(
        DELIVERIES.c.state.in_([State.SCHEDULED, State.RETRYING]),
        DELIVERIES.c.due_at <= now,
        _not_over(now),
        or_(DELIVERIES.c.not_before.is_(None), DELIVERIES.c.not_before <= now),
        _open_to_publish(now),
        _not_paused(conn),
        _file_is_there(),
        _words_are_free(),
    )


def to_look(now: datetime) -> ColumnElement[bool]:
    """What was lost may be looked for while the account rests, unless it rests because its network is down."""
    rested = or_(ACCOUNTS.c.not_before.is_(None), ACCOUNTS.c.not_before <= now)
    return and_(
        DELIVERIES.c.state == State.CONFIRMING,
        or_(DELIVERIES.c.not_before.is_(None), DELIVERIES.c.not_before <= now),
        or_(DELIVERIES.c.lease_until.is_(None), DELIVERIES.c.lease_until <= now),
        ACCOUNTS.c.blocked_kind.is_(None),
        or_(rested, ACCOUNTS.c.troubles < TROUBLES),
    )


def _to_look_first(conn: Connection, now: datetime) -> ColumnElement[bool]:
    """What is due on an account that this database has not looked at; what is too late to be sent may be out already."""
    return and_(
        DELIVERIES.c.state == State.SCHEDULED,
        DELIVERIES.c.due_at <= now,
        ACCOUNTS.c.looked_at.is_(None),
        _open_to_publish(now),
        _not_paused(conn),
    )


def among(only: frozenset[int] | None) -> ColumnElement[bool]:
    """Nothing but these deliveries; None: all."""
    return true() if only is None else and_(DELIVERIES.c.id.in_(only))


def accounts_with_work(conn: Connection, now: datetime, only: frozenset[int] | None = None) -> frozenset[int]:
    """Return the accounts that have something to send or to look for now."""
    of_account = DELIVERIES.c.account_id == ACCOUNTS.c.id
    lost = exists().where(of_account, to_look(now), among(only)).correlate(ACCOUNTS)
    found = set(conn.execute(select(ACCOUNTS.c.id).where(lost)).scalars())
    due = and_(OPEN, DELIVERIES.c.due_at <= now)
    # Most of the time there is nothing, which an index tells in a fraction of the time that it takes to put the whole question.
    if conn.execute(select(DELIVERIES.c.id).where(due).limit(1)).first() is not None:
        # Adding nothing keeps SQLite from going through all deliveries in the order of accounts, only because that is the order wanted.
        account = (DELIVERIES.c.account_id + 0).label("account")
        sent = or_(to_send(conn, now), _to_look_first(conn, now))
        wanted = select(account).distinct().join(ACCOUNTS, of_account).where(due, sent, among(only))
        found.update(conn.execute(wanted).scalars())
    return frozenset(found)


UNDER_WAY = (State.PUBLISHING,)
TO_GO_OUT = (State.AWAITING_APPROVAL, State.SCHEDULED, State.PUBLISHING, State.RETRYING)


def unsent(conn: Connection, account_id: int, states: Sequence[State], until: datetime | None) -> tuple[Unsent, ...]:
    """Return what is in one of `states`, due before `until`, and surely not billed yet: nothing public, and no request open."""
    open_attempt = exists().where(ATTEMPTS.c.delivery_id == DELIVERIES.c.id, ATTEMPTS.c.outcome.is_(None))
    rows = conn.execute(
        select(DELIVERIES.c.id, DELIVERIES.c.post).where(
            DELIVERIES.c.account_id == account_id,
            DELIVERIES.c.state.in_(states),
            DELIVERIES.c.remote_id.is_(None),
            ~open_attempt,
            *(() if until is None else (DELIVERIES.c.due_at < until,)),
        )
    )
    return tuple(Unsent(id=row.id, post=FrozenPost.from_json(row.post)) for row in rows)


def next_moment(conn: Connection, now: datetime, only: frozenset[int] | None = None) -> datetime | None:
    """Return when something becomes due that is not yet."""
    waiting = and_(OPEN, DELIVERIES.c.state != State.PUBLISHING, among(only))
    due = conn.execute(
        select(DELIVERIES.c.due_at)
        .where(waiting, DELIVERIES.c.due_at > now, DELIVERIES.c.not_before.is_(None))
        .order_by(DELIVERIES.c.due_at)
        .limit(1)
    ).scalar()
    put_off = waiting, DELIVERIES.c.not_before.is_not(None)
    later = func.max if conn.dialect.name == "sqlite" else func.greatest
    moment = later(DELIVERIES.c.due_at, DELIVERIES.c.not_before)
    times = conn.execute(
        select(DELIVERIES.c.due_at, DELIVERIES.c.not_before).where(*put_off, moment > now).order_by(moment).limit(1)
    ).first()
    return min((moment for moment in (due, max(times) if times else None) if moment is not None), default=None)


def ahead(
    conn: Connection, now: datetime, until: datetime, seen_until: datetime | None, seen_at: datetime | None
) -> tuple[Ahead, ...]:
    """Return what is due between `now` and `until` and was not in a look at `seen_at` that went as far as `seen_until`."""
    new = true() if seen_until is None else or_(DELIVERIES.c.due_at > seen_until, DELIVERIES.c.created_at > seen_at)
    found = conn.execute(
        select(DELIVERIES)
        .where(
            DELIVERIES.c.state.in_([State.SCHEDULED, State.AWAITING_APPROVAL]),
            DELIVERIES.c.due_at > now,
            DELIVERIES.c.due_at <= until,
            new,
        )
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
    )
    return tuple(
        Ahead(
            announcement=row.announcement,
            account=(row.organisation, row.channel, row.account),
            state=State(row.state),
            due_at=row.due_at,
            addresses=FrozenPost.from_json(row.post).addresses,
        )
        for row in found
    )


def on_their_way(conn: Connection, now: datetime, only: frozenset[int] | None = None) -> bool:
    """Tell whether something that was due is still to be tried, waited or looked for."""
    going = DELIVERIES.c.state.in_([State.PUBLISHING, State.RETRYING, State.CONFIRMING])
    found = conn.execute(select(DELIVERIES.c.id).where(or_(going, _waits(now)), among(only)).limit(1)).first()
    return found is not None


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(DELIVERIES.c.state == State.SCHEDULED, DELIVERIES.c.due_at <= now)


def unfinished(conn: Connection, now: datetime) -> tuple[int, int]:
    """Return how many due deliveries are still on their way, and how many failed or are unconfirmed."""
    going = conn.execute(
        select(func.count()).where(
            or_(
                DELIVERIES.c.state.in_([State.PUBLISHING, State.RETRYING, State.CONFIRMING]),
                _waits(now),
            )
        )
    ).scalar_one()
    bad = conn.execute(
        select(func.count()).where(DELIVERIES.c.state.in_([State.FAILED, State.UNCONFIRMED]))
    ).scalar_one()
    return going, bad


def held_and_due(conn: Connection, now: datetime) -> tuple[DeliveryView, ...]:
    """Return what would have gone out by now and waits for a person instead."""
    ids = conn.execute(
        select(DELIVERIES.c.id).where(DELIVERIES.c.state == State.HELD, DELIVERIES.c.due_at <= now)
    ).scalars()
    return list_deliveries(conn, ids=list(ids))


def overdue(conn: Connection, now: datetime, longest_stop: timedelta) -> tuple[DeliveryView, ...]:
    """Mark what is past its `expires` or its `late_limit`; return the deliveries that were marked.

    A blocked account stops the clock of `late_limit`. On an account that this database has not looked at yet, what is new to it may
    have gone out before the database was lost, so it waits for that look. Neither for more than `longest_stop`.
    """
    stopped = select(ACCOUNTS.c.id).where(
        ACCOUNTS.c.blocked_kind.is_not(None), ACCOUNTS.c.blocked_since > now - longest_stop
    )
    unseen = and_(
        DELIVERIES.c.state == State.SCHEDULED,
        DELIVERIES.c.created_at > now - longest_stop,
        DELIVERIES.c.account_id.in_(select(ACCOUNTS.c.id).where(ACCOUNTS.c.looked_at.is_(None))),
    )
    marked: list[int] = []
    for state, passed in (
        (State.EXPIRED, _expired(now)),
        (State.MISSED, and_(_missed(now), DELIVERIES.c.account_id.not_in(stopped))),
    ):
        ids = list(conn.execute(select(DELIVERIES.c.id).where(passed, ~unseen)).scalars())
        if ids:
            conn.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.id.in_(ids))
                .values(state=state, error_kind=str(state), token=DELIVERIES.c.token + 1, updated_at=now)
            )
            marked.extend(ids)
    return list_deliveries(conn, ids=marked) if marked else ()
