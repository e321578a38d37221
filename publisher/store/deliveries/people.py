"""Deliveries as people see them, and what a person decides about one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from channels.base import Step
from publisher.model import WAITING, State
from publisher.store.deliveries.tables import ATTEMPTS, DELIVERIES, STEPS, add_step, close_attempts, doubt, key_of
from publisher.store.deliveries.values import DeliveryView


def list_deliveries(conn: Connection, ids: Sequence[int] | None = None) -> tuple[DeliveryView, ...]:
    """Return deliveries as people see them, by due time; all of them, or those named."""
    query = select(DELIVERIES).order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
    if ids is not None:
        query = query.where(DELIVERIES.c.id.in_(list(ids)))
    return tuple(view_of(row) for row in conn.execute(query))


def view_of(row: Any) -> DeliveryView:  # noqa: ANN401
    return DeliveryView(
        id=row.id,
        key=key_of(row),
        account_id=row.account_id,
        state=State(row.state),
        due_at=row.due_at,
        due_wall=row.due_wall,
        published_at=row.published_at,
        remote_id=row.remote_id,
        url=row.url,
        attempts=row.attempts,
        evidence=row.evidence,
        error_kind=row.error_kind,
        error_detail=row.error_detail,
        title=row.post["title"],
        thread=bool(row.post.get("thread")),
        text=row.post["text"],
        updated_at=row.updated_at,
        approved_by=row.approved_by,
    )


def find_deliveries(conn: Connection, spec: str) -> tuple[DeliveryView, ...]:
    """Return the deliveries that `d-12` or `announcement[@occurrence][:org[:account[:language]]]` names, the file's ending or not."""
    if spec.startswith("d-") and spec[2:].isdecimal():
        return list_deliveries(conn, ids=[int(spec[2:])])
    name, *parts = spec.split(":")
    columns = (DELIVERIES.c.organisation, DELIVERIES.c.account, DELIVERIES.c.language)
    if len(parts) > len(columns):
        return ()
    announcement, _, occurrence = name.partition("@")
    announcement = announcement.removesuffix(".yaml").removesuffix(".yml")
    query = select(DELIVERIES).where(DELIVERIES.c.announcement == unicodedata.normalize("NFC", announcement))
    if occurrence:
        query = query.where(DELIVERIES.c.occurrence == (int(occurrence) if occurrence.isdecimal() else -1))
    for column, part in zip(columns, parts, strict=False):
        query = query.where(column == part)
    return tuple(view_of(row) for row in conn.execute(query.order_by(DELIVERIES.c.id)))


def _has_open_attempt(conn: Connection, delivery_id: int) -> bool:
    # The row is locked first: on PostgreSQL an attempt could otherwise be opened between this look and the change.
    conn.execute(select(DELIVERIES.c.id).where(DELIVERIES.c.id == delivery_id).with_for_update())
    open_ = select(ATTEMPTS.c.id).where(ATTEMPTS.c.delivery_id == delivery_id, ATTEMPTS.c.outcome.is_(None))
    return conn.execute(open_).first() is not None


def _settle(
    conn: Connection,
    delivery_id: int,
    states: Iterable[State],
    *conditions: ColumnElement[bool],
    **values: Any,  # noqa: ANN401
) -> bool:
    where = and_(DELIVERIES.c.id == delivery_id, DELIVERIES.c.state.in_(list(states)), *conditions)
    return bool(
        conn.execute(
            update(DELIVERIES).where(where).values(token=DELIVERIES.c.token + 1, owner=None, lease_until=None, **values)
        ).rowcount
    )


_ENDED = (State.FAILED, State.RETRYING, State.HELD, State.MISSED, State.EXPIRED, State.CANCELLED)


def retry_delivery(conn: Connection, delivery_id: int, now: datetime, late_limit: timedelta) -> bool:
    """A person wants it tried again; False if nothing failed here or something may still be in doubt.

    Of a post that is out, what was refused under it is tried again: the rest of a thread, a first comment. What was called off while
    nobody could tell whether it went out is looked for first.
    """
    if _go_on(conn, delivery_id, DELIVERIES.c.error_kind != UNCONFIRMED, State.RETRYING, now):
        return True
    anew: dict[str, Any] = {
        "state": State.RETRYING,
        "not_before": None,
        "due_at": now,
        "late_after": now + late_limit,
        "expires_at": None,
        "repost": True,
        "by_hand_at": now,
        "refusals": 0,
        "refused_since": None,
        "error_kind": None,
        "error_detail": None,
        "updated_at": now,
    }
    in_doubt = DELIVERIES.c.doubt_since.is_not(None)
    looked_for = {**anew, "state": State.CONFIRMING, "doubt_ended": now, "looks": 0, "absent_at": None}
    if _settle(conn, delivery_id, [State.CANCELLED], in_doubt, **looked_for):
        return True
    waits_for_link = DELIVERIES.c.error_kind.startswith("link_", autoescape=True)
    return _settle(conn, delivery_id, _ENDED, **anew) or _settle(
        conn, delivery_id, [State.SCHEDULED], waits_for_link, **anew
    )


def cancel_delivery(conn: Connection, delivery_id: int, now: datetime) -> bool:
    """A person does not want it; False if it is out, being sent or looked for at this moment.

    One that a worker only prepares is taken from it: it loses its claim before it may send anything.
    """
    states = [*WAITING, State.RETRYING, State.UNCONFIRMED, State.FAILED, State.MISSED, State.EXPIRED]
    if not _has_open_attempt(conn, delivery_id):
        states.append(State.PUBLISHING)
    done = _settle(
        conn,
        delivery_id,
        states,
        DELIVERIES.c.remote_id.is_(None),
        state=State.CANCELLED,
        error_kind="person",
        error_detail=None,
        updated_at=now,
    )
    if done:
        close_attempts(conn, delivery_id, "superseded", now)
    return done


_DOUBTFUL = (State.UNCONFIRMED, State.CONFIRMING)


UNCONFIRMED = "unconfirmed"
"""`error_kind` of a post that is out while nobody can tell about what follows it."""


def _go_on(
    conn: Connection,
    delivery_id: int,
    condition: ColumnElement[bool],
    state: State,
    now: datetime,
    **values: Any,  # noqa: ANN401
) -> bool:
    """Take up what is left to do under a post that is out, if its last try was no success; False if nothing is.

    What another database may have sent is unconfirmed without a try of this one.
    """
    last = select(func.max(ATTEMPTS.c.n)).where(ATTEMPTS.c.delivery_id == delivery_id).scalar_subquery()
    left = exists().where(
        ATTEMPTS.c.delivery_id == delivery_id, ATTEMPTS.c.n == last, ATTEMPTS.c.outcome.in_(["refused", "unknown"])
    )
    return _settle(
        conn,
        delivery_id,
        [State.PUBLISHED],
        DELIVERIES.c.remote_id.is_not(None),
        condition,
        or_(left, DELIVERIES.c.error_kind == UNCONFIRMED),
        state=state,
        not_before=None,
        refusals=0,
        refused_since=None,
        error_kind=None,
        error_detail=None,
        updated_at=now,
        **values,
    )


def resolve_published(
    conn: Connection, delivery_id: int, remote_id: str, url: str | None, now: datetime, left: Step | None = None
) -> bool:
    """A person saw it on the network; False if it is not in doubt. What is `left` to do under it is done then.

    What follows a post that is out is looked at once more, at the place that the person named, so that the rest can go on from there.
    What follows one that another database may have sent is looked for before it is sent.
    """
    if _look_there(conn, delivery_id, remote_id, now):
        return True
    rest: dict[str, Any] = {"state": State.PUBLISHED}
    if left is not None:
        tried = exists().where(ATTEMPTS.c.delivery_id == delivery_id, ATTEMPTS.c.outcome == "unknown")
        known = conn.execute(select(tried)).scalar()
        settled = dict.fromkeys(("not_before", "doubt_since", "doubt_ended", "absent_at"))
        rest = {"state": State.RETRYING, "looks": 0, **settled} if known else doubt(now, now)
    done = _settle(
        conn,
        delivery_id,
        _DOUBTFUL,
        DELIVERIES.c.remote_id.is_(None),
        **rest,
        remote_id=remote_id,
        url=url,
        published_at=func.coalesce(DELIVERIES.c.published_at, DELIVERIES.c.doubt_since, now),
        evidence="person",
        error_kind=None,
        error_detail=None,
        updated_at=now,
    )
    if done:
        close_attempts(conn, delivery_id, "found", now, remote_id=remote_id)
    if done and left is not None:
        last = _last_step(conn, delivery_id)
        memo = {**last.memo, **left.memo} if last else left.memo  # what is to be taken away afterwards stays known
        add_step(conn, delivery_id, last.n + 1 if last else 1, replace(left, memo=memo), None, now)
    return done


def _look_there(conn: Connection, delivery_id: int, remote_id: str, now: datetime) -> bool:
    looked_for = {
        "doubt_since": func.coalesce(DELIVERIES.c.doubt_since, now),
        "doubt_ended": now,
        "looks": 0,
        "absent_at": None,
    }
    looking = _settle(
        conn,
        delivery_id,
        [State.CONFIRMING],
        DELIVERIES.c.remote_id.is_not(None),
        not_before=None,
        updated_at=now,
    ) or _go_on(conn, delivery_id, DELIVERIES.c.error_kind == UNCONFIRMED, State.CONFIRMING, now, **looked_for)
    last = _last_step(conn, delivery_id)
    if looking and last is not None:
        step = Step(
            name=last.name, memo={**last.memo, "hint": remote_id}, commits=last.commits, repeatable=last.repeatable
        )
        add_step(conn, delivery_id, last.n + 1, step, None, now)
    return looking


def _last_step(conn: Connection, delivery_id: int) -> Any:  # noqa: ANN401 - a row of SQLAlchemy
    last = select(STEPS).where(STEPS.c.delivery_id == delivery_id).order_by(STEPS.c.n.desc()).limit(1)
    return conn.execute(last).first()


def resolve_not_published(conn: Connection, delivery_id: int, now: datetime, late_limit: timedelta) -> bool:
    """A person looked and it is not there: it is sent again; False if it is not in doubt."""
    if _go_on(conn, delivery_id, DELIVERIES.c.error_kind == UNCONFIRMED, State.RETRYING, now):
        close_attempts(conn, delivery_id, "absent", now)
        return True
    done = _settle(
        conn,
        delivery_id,
        _DOUBTFUL,
        state=State.RETRYING,
        not_before=None,
        late_after=now + late_limit,
        doubt_since=None,
        doubt_ended=None,
        absent_at=None,
        looks=0,
        refusals=0,
        refused_since=None,
        error_kind=None,
        error_detail=None,
        updated_at=now,
    )
    if done:
        close_attempts(conn, delivery_id, "absent", now)
    return done
