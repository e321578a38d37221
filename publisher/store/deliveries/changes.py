"""Posts that are out and that a person wants changed: taken down, or given other words.

A change is written down before the network is asked and kept for good, with who asked, why, and the words before and after. What was taken
down stays in the database as `withdrawn`. A change that is open goes on until it is settled, whoever asked and whatever died on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update

from channels.base import Step
from publisher.model import State
from publisher.store.deliveries.tables import ATTEMPTS, CHANGES, DELIVERIES, PARTS, STEPS, close_attempts, key_of
from publisher.store.deliveries.values import FrozenPost, Key, Setback
from publisher.store.models import CommentRow

_COMMENTS = CommentRow.__table__  # type: ignore[attr-defined]

REMOVING = "being_removed"
"""`error_kind` of a post that is to be taken down and is not yet."""

NOT_REMOVED = "not_removed"
"""`error_kind` of a post that its network does not let us take down."""

_OUT = (State.PUBLISHED, State.PUBLISHING, State.RETRYING, State.CONFIRMING)
"""States in which a post may be out; with a remote id it is."""


class ChangeKind(StrEnum):
    """What a person wanted."""

    WITHDRAWN = "withdrawn"
    AMENDED = "amended"


class Standing(StrEnum):
    """How a delivery stands to a change."""

    READY = "ready"
    BUSY = "busy"
    """Something of it is being sent at this moment."""
    NOT_OUT = "not_out"
    LEAVING = "leaving"
    """It is to be taken down, which has not succeeded so far."""
    GONE = "gone"
    """It is taken down already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A post that is out: everything that it takes to change it.

    `parts`: the further posts of a thread. `doubt`: the step under it whose answer was lost and never settled, and when it was sent.
    `left`: the step that was still to be done under it when it was taken.
    """

    id: int
    key: Key
    account_id: int
    remote_id: str
    url: str | None
    published_at: datetime
    post: FrozenPost
    parts: tuple[str, ...] = ()
    doubt: tuple[Step, datetime] | None = None
    left: Step | None = None

    @property
    def remote_ids(self) -> tuple[str, ...]:
        """Every post on the network that it is made of, in order."""
        return (self.remote_id, *self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as it is kept. `outcome` None: open."""

    delivery_id: int
    kind: ChangeKind
    by: str
    why: str | None
    asked_at: datetime
    before: FrozenPost
    after: FrozenPost | None
    outcome: str | None
    finished_at: datetime | None


def standing(conn: Connection, delivery_id: int) -> Standing:
    """Tell whether a delivery can be changed now."""
    row = conn.execute(
        select(DELIVERIES.c.state, DELIVERIES.c.remote_id, _being_sent().label("busy")).where(
            DELIVERIES.c.id == delivery_id
        )
    ).one()
    if row.state == State.WITHDRAWN:
        return Standing.GONE
    if row.remote_id is None or row.state not in _OUT:
        return Standing.NOT_OUT
    if conn.execute(select(CHANGES.c.id).where(_is_open(delivery_id, ChangeKind.WITHDRAWN))).first() is not None:
        return Standing.LEAVING
    return Standing.BUSY if row.busy else Standing.READY


def _is_open(delivery_id: int, kind: ChangeKind) -> ColumnElement[bool]:
    return and_(CHANGES.c.delivery_id == delivery_id, CHANGES.c.kind == kind, CHANGES.c.outcome.is_(None))


def _being_sent() -> ColumnElement[bool]:
    return exists().where(ATTEMPTS.c.delivery_id == DELIVERIES.c.id, ATTEMPTS.c.outcome.is_(None))


def ask_withdrawal(conn: Connection, delivery_id: int, by: str, why: str | None, now: datetime) -> None:
    """Note that a post is to be taken down, whatever becomes of the first try; asked twice is asked once."""
    _note(conn, delivery_id, ChangeKind.WITHDRAWN, by, why, None, now)
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, DELIVERIES.c.state.in_(_OUT))
        .values(error_kind=REMOVING, error_detail=None, updated_at=now)
    )


def ask_amendment(
    conn: Connection, delivery_id: int, by: str, why: str | None, after: FrozenPost, now: datetime
) -> None:
    """Note that a post is to be given other words; it must not stand `LEAVING`: a withdrawal goes on until it is settled."""
    _note(conn, delivery_id, ChangeKind.AMENDED, by, why, after, now)


def _note(
    conn: Connection,
    delivery_id: int,
    kind: ChangeKind,
    by: str,
    why: str | None,
    after: FrozenPost | None,
    now: datetime,
) -> None:
    same = and_(CHANGES.c.delivery_id == delivery_id, CHANGES.c.outcome.is_(None))
    if kind is ChangeKind.WITHDRAWN and conn.execute(select(CHANGES.c.id).where(same, CHANGES.c.kind == kind)).first():
        return
    conn.execute(update(CHANGES).where(same).values(outcome="superseded", finished_at=now))
    before = conn.execute(select(DELIVERIES.c.post).where(DELIVERIES.c.id == delivery_id)).scalar_one()
    conn.execute(
        insert(CHANGES).values(
            delivery_id=delivery_id,
            kind=kind,
            by=by,
            why=why,
            asked_at=now,
            before=before,
            after=after.as_json() if after else None,
        )
    )


def take(conn: Connection, delivery_id: int, now: datetime) -> Outside | None:
    """Take a post that is out away from whoever still works under it, so that nothing follows any more; None while it is being sent."""
    before = conn.execute(select(DELIVERIES.c.state).where(DELIVERIES.c.id == delivery_id)).scalar_one()
    taken = conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, _is_out(), ~_being_sent())
        .values(
            state=State.PUBLISHED,
            token=DELIVERIES.c.token + 1,
            owner=None,
            lease_until=None,
            not_before=None,
            updated_at=now,
        )
    ).rowcount
    if not taken:
        return None
    close_attempts(conn, delivery_id, "superseded", now)
    post = outside(conn, delivery_id)
    return post if before == State.PUBLISHED else replace(post, left=_last_step(conn, delivery_id))


def outside(conn: Connection, delivery_id: int) -> Outside:
    """Return a post that is out."""
    row = conn.execute(select(DELIVERIES).where(DELIVERIES.c.id == delivery_id, _is_out())).one()
    return _outside(conn, row)


def _outside(conn: Connection, row: Any) -> Outside:  # noqa: ANN401 - a row of SQLAlchemy
    parts = conn.execute(select(PARTS.c.remote_id).where(PARTS.c.delivery_id == row.id).order_by(PARTS.c.n)).scalars()
    return Outside(
        id=row.id,
        key=key_of(row),
        account_id=row.account_id,
        remote_id=row.remote_id,
        url=row.url,
        published_at=row.published_at,
        post=FrozenPost.from_json(row.post),
        parts=tuple(parts),
        doubt=_doubt(conn, row.id),
    )


def _doubt(conn: Connection, delivery_id: int) -> tuple[Step, datetime] | None:
    attempt = conn.execute(
        select(ATTEMPTS).where(ATTEMPTS.c.delivery_id == delivery_id).order_by(ATTEMPTS.c.n.desc()).limit(1)
    ).first()
    if attempt is None or attempt.outcome not in {"unknown", "superseded"}:
        return None
    step = _last_step(conn, delivery_id)
    return (step, attempt.intent_at) if step is not None and step.commits else None


def _last_step(conn: Connection, delivery_id: int) -> Step | None:
    last = conn.execute(
        select(STEPS).where(STEPS.c.delivery_id == delivery_id).order_by(STEPS.c.n.desc()).limit(1)
    ).first()
    if last is None or not last.name:
        return None
    return Step(name=last.name, memo=last.memo, commits=last.commits, repeatable=last.repeatable)


def _is_out() -> ColumnElement[bool]:
    return and_(DELIVERIES.c.remote_id.is_not(None), DELIVERIES.c.state.in_(_OUT))


def to_withdraw(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the deliveries that are still to be taken down and whose next try is due."""
    due = or_(CHANGES.c.not_before.is_(None), CHANGES.c.not_before <= now)
    open_ = and_(CHANGES.c.kind == ChangeKind.WITHDRAWN, CHANGES.c.outcome.is_(None), due)
    return tuple(conn.execute(select(CHANGES.c.delivery_id).where(open_).order_by(CHANGES.c.id)).scalars())


def record_withdrawn(conn: Connection, delivery_id: int, now: datetime) -> int:
    """Note that a post is gone because somebody wanted it; what residents wrote under it goes too. Return how many comments that were."""
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, _is_out())
        .values(state=State.WITHDRAWN, error_kind=None, error_detail=None, updated_at=now)
    )
    _finish(conn, delivery_id, ChangeKind.WITHDRAWN, "done", now)
    return conn.execute(_COMMENTS.delete().where(_COMMENTS.c.delivery_id == delivery_id)).rowcount


def record_gone(conn: Connection, delivery_id: int, now: datetime) -> bool:
    """A post is no longer on its network: if it was to be taken down, that is done; tell whether it was."""
    wanted = and_(CHANGES.c.delivery_id == delivery_id, CHANGES.c.kind == ChangeKind.WITHDRAWN)
    if conn.execute(select(CHANGES.c.id).where(wanted).limit(1)).first() is None:
        return False
    record_withdrawn(conn, delivery_id, now)
    return True


def record_put_off(conn: Connection, delivery_id: int, setback: Setback, not_before: datetime, now: datetime) -> None:
    """It could not be changed now; again at `not_before`."""
    conn.execute(
        update(CHANGES)
        .where(CHANGES.c.delivery_id == delivery_id, CHANGES.c.outcome.is_(None))
        .values(not_before=not_before, kind_of_error=setback.kind, detail=setback.detail)
    )
    conn.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(updated_at=now))


def record_refused(conn: Connection, delivery_id: int, kind: ChangeKind, setback: Setback, now: datetime) -> None:
    """The network will never do it; a post that was to be taken down says so from now on."""
    settled = _finish(conn, delivery_id, kind, "refused", now, kind_of_error=setback.kind, detail=setback.detail)
    if settled and kind is ChangeKind.WITHDRAWN:
        conn.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.id == delivery_id)
            .values(error_kind=NOT_REMOVED, error_detail=setback.detail, updated_at=now)
        )


def record_amended(conn: Connection, delivery_id: int, after: FrozenPost, fingerprint: str, now: datetime) -> None:
    """Note the words that are out now; the earlier ones stay in the change."""
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, _is_out())
        .values(post=after.as_json(), fingerprint=fingerprint, updated_at=now)
    )
    _finish(conn, delivery_id, ChangeKind.AMENDED, "done", now)


def _finish(conn: Connection, delivery_id: int, kind: ChangeKind, outcome: str, now: datetime, **values: Any) -> bool:  # noqa: ANN401
    """Settle an open change of this kind, and no other that has come meanwhile; tell whether there was one."""
    done = conn.execute(
        update(CHANGES).where(_is_open(delivery_id, kind)).values(outcome=outcome, finished_at=now, **values)
    )
    return bool(done.rowcount)


def changes_of(conn: Connection, delivery_id: int) -> tuple[Change, ...]:
    """Return what was changed about a post, oldest first: the archive of its words."""
    rows = conn.execute(select(CHANGES).where(CHANGES.c.delivery_id == delivery_id).order_by(CHANGES.c.id))
    return tuple(
        Change(
            delivery_id=row.delivery_id,
            kind=ChangeKind(row.kind),
            by=row.by,
            why=row.why,
            asked_at=row.asked_at,
            before=FrozenPost.from_json(row.before),
            after=FrozenPost.from_json(row.after) if row.after else None,
            outcome=row.outcome,
            finished_at=row.finished_at,
        )
        for row in rows
    )


# ---------------------------------------------------------------- read back


def to_read_back(conn: Connection, account_id: int, since: datetime, until: datetime) -> tuple[Outside, ...]:
    """Return the account's posts that were published by us in this time and not compared yet, oldest first."""
    rows = conn.execute(
        select(DELIVERIES)
        .where(
            DELIVERIES.c.account_id == account_id,
            DELIVERIES.c.state == State.PUBLISHED,
            DELIVERIES.c.remote_id.is_not(None),
            DELIVERIES.c.published_at >= since,
            DELIVERIES.c.published_at <= until,
            DELIVERIES.c.read_back_at.is_(None),
            DELIVERIES.c.evidence != "adopted",
            ~exists().where(CHANGES.c.delivery_id == DELIVERIES.c.id, CHANGES.c.outcome.is_(None)),
        )
        .order_by(DELIVERIES.c.published_at, DELIVERIES.c.id)
    )
    return tuple(_outside(conn, row) for row in rows.all())


DIFFERS = "differs"
"""`error_kind` of a post that its network holds otherwise than it was meant."""


def record_read_back(conn: Connection, delivery_id: int, differences: tuple[str, ...], now: datetime) -> None:
    """Note what comparing told. Another error that stands there already stays."""
    clear = or_(DELIVERIES.c.error_kind.is_(None), DELIVERIES.c.error_kind == DIFFERS)
    conn.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery_id, DELIVERIES.c.state == State.PUBLISHED, clear)
        .values(
            error_kind=DIFFERS if differences else None,
            error_detail=",".join(differences) or None,
            updated_at=now,
        )
    )
    conn.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(read_back_at=now))
