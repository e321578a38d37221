"""A publication that goes well: frozen, step by step, attempted, out; or found to be out already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from channels.base import RemotePost, Step
from publisher.model import WAITING, State
from publisher.store.deliveries.tables import (
    ATTEMPTS,
    DELIVERIES,
    PARTS,
    PICTURES,
    STEPS,
    add_step,
    close_attempts,
    doubt,
    guarded,
)
from publisher.store.deliveries.values import AccountBusy, FrozenPost, Job, Out, TooLate, Untried
from publisher.store.upsert import insert_for

_MAY_BE_OUT = WAITING | {State.MISSED, State.EXPIRED}
"""In a database that knows of no attempt: it may have gone out before an earlier database was lost."""


def known_pictures(conn: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    """Return which of these pictures are kept already: accounts share what one announcement shows."""
    return frozenset(conn.execute(select(PICTURES.c.sha256).where(PICTURES.c.sha256.in_(list(sha256s)))).scalars())


def keep_pictures(conn: Connection, pictures: Mapping[str, bytes], now: datetime) -> None:
    """Keep masters of pictures by the hash of what staff handed in; what another delivery has kept meanwhile is the same."""
    for sha256, data in pictures.items():
        new = insert_for(conn, PICTURES).on_conflict_do_nothing(index_elements=["sha256"])
        conn.execute(new.values(sha256=sha256, data=data, added_at=now))


def picture_bytes(conn: Connection, sha256: str) -> bytes:
    """Return the master of a picture, by the hash of what staff handed in. It must be kept."""
    data: bytes = conn.execute(select(PICTURES.c.data).where(PICTURES.c.sha256 == sha256)).scalar_one()
    return data


def store_step(conn: Connection, job: Job, step: Step, now: datetime, lease_until: datetime) -> Job:
    """Keep what a step learned: the next one and its memo. Raises ClaimLost."""
    guarded(conn, job, lease_until=lease_until, frozen_at=func.coalesce(DELIVERIES.c.frozen_at, now), updated_at=now)
    if job.step is not None and job.step.commits:
        close_attempts(conn, job.id, "done", now)
    ready = now + step.wait if step.wait else None
    add_step(conn, job.id, job.step_n + 1, step, ready, now)
    return replace(job, step_n=job.step_n + 1, step=step, ready_at=ready, frozen=True)


def open_attempt(conn: Connection, job: Job, now: datetime, deadline: datetime) -> Job:
    """Write down the intent before a committing request. Raises ClaimLost, AccountBusy, TooLate."""
    expired = and_(DELIVERIES.c.remote_id.is_(None), DELIVERIES.c.expires_at <= now)
    if conn.execute(select(DELIVERIES.c.id).where(DELIVERIES.c.id == job.id, expired)).first():
        raise TooLate
    tries = job.attempts + (0 if job.remote_id else 1)
    frozen = func.coalesce(DELIVERIES.c.frozen_at, now)
    guarded(conn, job, attempts=tries, lease_until=deadline, frozen_at=frozen, updated_at=now)
    before = select(func.coalesce(func.max(ATTEMPTS.c.n), 0)).where(ATTEMPTS.c.delivery_id == job.id).scalar_subquery()
    attempt = insert(ATTEMPTS).values(
        delivery_id=job.id,
        account_id=job.account_id,
        n=before + 1,
        step=job.step.name if job.step else "",
        token=job.token,
        intent_at=now,
        deadline_at=deadline,
    )
    try:
        conn.execute(attempt)
    except IntegrityError as error:  # the index that allows one open attempt an account
        raise AccountBusy from error
    return replace(job, attempts=tries)


def last_attempt(conn: Connection) -> int:
    """Return the number of the newest attempt."""
    number: int = conn.execute(select(func.coalesce(func.max(ATTEMPTS.c.id), 0))).scalar_one()
    return number


def record_out(conn: Connection, job: Job, out: Out, now: datetime, lease_until: datetime) -> Job:
    """Note that the post is public, close its attempt, and keep the step that is left, all at once. Raises ClaimLost."""
    first = job.remote_id is None
    going_on = out.then is not None
    guarded(
        conn,
        job,
        state=State.PUBLISHING if going_on else State.PUBLISHED,
        owner=DELIVERIES.c.owner if going_on else None,
        lease_until=lease_until if going_on else None,
        remote_id=out.remote_id,
        url=out.url or job.url,
        published_at=now if first else DELIVERIES.c.published_at,
        evidence=out.evidence if first else DELIVERIES.c.evidence,
        not_before=None,
        refusals=0,
        refused_since=None,
        doubt_since=None,
        doubt_ended=None,
        absent_at=None,
        looks=0,
        error_kind=None,
        error_detail=None,
        updated_at=now,
    )
    made = out.part or out.remote_id
    close_attempts(conn, job.id, "found" if out.evidence == "found" else "done", now, remote_id=made)
    if out.part is not None:
        before = select(func.coalesce(func.max(PARTS.c.n), 1)).where(PARTS.c.delivery_id == job.id).scalar_subquery()
        part = {"delivery_id": job.id, "account_id": job.account_id, "n": before + 1, "remote_id": out.part, "at": now}
        conn.execute(insert(PARTS).values(**part))
    n = job.step_n
    ready = None
    if out.then is not None:
        n += 1
        ready = now + out.then.wait if out.then.wait else None
        add_step(conn, job.id, n, out.then, ready, now)
    return replace(
        job,
        state=State.PUBLISHING if going_on else State.PUBLISHED,
        remote_id=out.remote_id,
        url=out.url or job.url,
        refusals=0,
        refused_since=None,
        step_n=n,
        step=out.then,
        ready_at=ready,
    )


def open_since(conn: Connection, job: Job) -> datetime | None:
    """Return when the open attempt of this delivery began, if there is one."""
    return conn.execute(
        select(ATTEMPTS.c.intent_at).where(ATTEMPTS.c.delivery_id == job.id, ATTEMPTS.c.outcome.is_(None))
    ).scalar_one_or_none()


def parts_of(conn: Connection, account_id: int) -> dict[int, tuple[str, ...]]:
    """Return the further posts of an account's threads by delivery, in order; the first is the delivery's own `remote_id`."""
    parts: dict[int, tuple[str, ...]] = {}
    query = select(PARTS.c.delivery_id, PARTS.c.remote_id).where(PARTS.c.account_id == account_id).order_by(PARTS.c.n)
    for delivery_id, remote_id in conn.execute(query):
        parts[delivery_id] = (*parts.get(delivery_id, ()), remote_id)
    return parts


def owner_of(conn: Connection, account_id: int, remote_ids: Iterable[str], *, but: int | None = None) -> frozenset[str]:
    """Return which of these posts belong to a delivery, other than `but`."""
    owned = and_(DELIVERIES.c.account_id == account_id, DELIVERIES.c.remote_id.in_(list(remote_ids)))
    rows = conn.execute(
        select(DELIVERIES.c.remote_id).where(owned, true() if but is None else DELIVERIES.c.id != but)
    ).scalars()
    return frozenset(remote_id for remote_id in rows if remote_id)


def was_tried(conn: Connection, job: Job) -> bool:
    """Tell whether this database sent what it looks for; if not, one that was lost may have sent what follows it as well."""
    last = select(ATTEMPTS.c.outcome).where(ATTEMPTS.c.delivery_id == job.id).order_by(ATTEMPTS.c.n.desc()).limit(1)
    return conn.execute(last).scalar() == "unknown"


def adopt(conn: Connection, delivery_id: int, there: RemotePost, left: Step | None, now: datetime) -> None:
    """A post with these words was there before the first send: it is this delivery. What is `left` to do under it is looked for first."""
    what_follows = doubt(there.created_at, now) if left is not None else {"state": State.PUBLISHED}
    adopted = conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, DELIVERIES.c.state.in_([*_MAY_BE_OUT, State.RETRYING]))
        .values(
            **what_follows,
            remote_id=there.remote_id,
            url=there.url,
            published_at=there.created_at,
            evidence="adopted",
            token=DELIVERIES.c.token + 1,
            error_kind=None,
            error_detail=None,
            updated_at=now,
        )
    ).rowcount
    if adopted and left is not None:
        last = select(func.coalesce(func.max(STEPS.c.n), 0)).where(STEPS.c.delivery_id == delivery_id)
        add_step(conn, delivery_id, conn.execute(last).scalar_one() + 1, left, None, now)


def awaiting_first_look(conn: Connection, account_id: int, now: datetime) -> tuple[Untried, ...]:
    """Return what waits for this account or has come too late for it, is not due only later, and was never tried."""
    rows = conn.execute(
        select(DELIVERIES.c.id, DELIVERIES.c.post, DELIVERIES.c.due_at, DELIVERIES.c.due_wall, DELIVERIES.c.by_hand_at)
        .where(
            or_(DELIVERIES.c.due_at.is_(None), DELIVERIES.c.due_at <= now),
            DELIVERIES.c.account_id == account_id,
            DELIVERIES.c.state.in_([*_MAY_BE_OUT]),
            DELIVERIES.c.remote_id.is_(None),
            DELIVERIES.c.attempts == 0,
        )
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
    )
    return tuple(
        Untried(
            id=row.id,
            post=FrozenPost.from_json(row.post),
            # What was to go out at once is due since this database knows it, which says nothing about when it went out.
            due_at=None if row.due_wall == "asap" or row.by_hand_at else row.due_at,
        )
        for row in rows
    )
