"""Deliveries: planning, claims, steps, attempts and what a person does with one.

Every change of a claimed delivery is guarded by its fencing number (`token`): a process that lost its claim changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, insert, or_, select, update

from channels.base import Step
from publisher.model import WAITING, State
from publisher.store.meta import EVERYWHERE, paused
from publisher.store.models import AccountRow, AnnouncementRow, AttemptRow, DeliveryRow, PictureRow, StepRow

_D = DeliveryRow.__table__  # type: ignore[attr-defined]
_A = AccountRow.__table__  # type: ignore[attr-defined]
_F = AnnouncementRow.__table__  # type: ignore[attr-defined]
_STEPS = StepRow.__table__  # type: ignore[attr-defined]
_ATTEMPTS = AttemptRow.__table__  # type: ignore[attr-defined]
_PICTURES = PictureRow.__table__  # type: ignore[attr-defined]

SAME_WORDS_FOR = timedelta(days=90)
"""The same words go to the same account once in this time, unless the file says `repost: yes` (interface, section 3)."""


class ClaimLost(Exception):
    """Another process took this delivery over; nothing was changed."""


class AccountBusy(Exception):
    """Another committing request of this account is open."""


# ---------------------------------------------------------------- values


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureNote:
    """A picture of a frozen post: where it lay, and which bytes it must have."""

    name: str
    path: str
    sha256: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPost:
    """What goes out, as it is kept in a delivery."""

    text: str
    link: str | None = None
    title: str | None = None
    hashtags: tuple[str, ...] = ()
    pictures: tuple[PictureNote, ...] = ()
    first_comment: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the column holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FrozenPost:
        """Read what `as_json` wrote."""
        pictures = tuple(PictureNote(**picture) for picture in value["pictures"])
        return cls(**{**value, "hashtags": tuple(value["hashtags"]), "pictures": pictures})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a delivery is unique for."""

    announcement: str
    occurrence: int
    organisation: str
    channel: str
    account: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A delivery as planning needs it."""

    id: int
    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    expires_at: datetime | None
    post: FrozenPost
    fingerprint: str
    repost: bool
    error_kind: str | None
    remote_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be noted, or the new content of a waiting one."""

    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    expires_at: datetime | None
    late_after: datetime | None
    post: FrozenPost
    fingerprint: str
    repost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed delivery and where its publication stands."""

    id: int
    key: Key
    account_id: int
    state: State
    token: int
    due_at: datetime
    post: FrozenPost
    fingerprint: str
    frozen: bool
    attempts: int
    refusals: int
    refused_since: datetime | None
    doubt_since: datetime | None
    doubt_ended: datetime | None
    looks: int
    absent_at: datetime | None
    ever_in_doubt: bool
    remote_id: str | None
    url: str | None
    error_kind: str | None
    step_n: int
    step: Step | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery as people and scripts see it."""

    id: int
    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    published_at: datetime | None
    remote_id: str | None
    url: str | None
    attempts: int
    evidence: str | None
    error_kind: str | None
    error_detail: str | None
    title: str | None
    text: str
    updated_at: datetime

    @property
    def name(self) -> str:
        """The short name that commands take, `d-12`."""
        return f"d-{self.id}"


def _key(row: Any) -> Key:  # noqa: ANN401 - a row of SQLAlchemy
    return Key(
        announcement=row.announcement,
        occurrence=row.occurrence,
        organisation=row.organisation,
        channel=row.channel,
        account=row.account,
        language=row.language,
    )


# ---------------------------------------------------------------- planning


def planned(conn: Connection) -> dict[Key, PlannedRow]:
    """Return every delivery by key."""
    rows = {}
    for row in conn.execute(select(_D)):
        key = _key(row)
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
            remote_id=row.remote_id,
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
        conn.execute(insert(_D), rows)


def replan(conn: Connection, delivery_id: int, new: NewDelivery, now: datetime) -> bool:
    """Give a delivery that nothing was sent of its new words and time; begin at the first step. Tell whether it was in time."""
    changeable = [*WAITING, State.CANCELLED, State.MISSED, State.EXPIRED, State.FAILED]
    changed = conn.execute(
        update(_D)
        .where(_D.c.id == delivery_id, _D.c.state.in_(changeable), _D.c.remote_id.is_(None))
        .values(
            **_content(new, now),
            token=_D.c.token + 1,
            frozen_at=None,
            not_before=None,
            refusals=0,
            refused_since=None,
            error_kind=None,
            error_detail=None,
        )
    ).rowcount
    if changed:
        _forget_steps(conn, delivery_id, now)
    return bool(changed)


def set_waiting(conn: Connection, ids: Iterable[int], state: State, kind: str, now: datetime) -> int:
    """Hold or cancel deliveries that nothing was sent of; return how many were not so already."""
    return conn.execute(
        update(_D)
        .where(
            _D.c.id.in_(list(ids)),
            _D.c.state.in_([*WAITING, State.RETRYING]),
            _D.c.remote_id.is_(None),
            _D.c.ever_in_doubt.is_(False),
            or_(_D.c.state != state, _D.c.error_kind.is_(None), _D.c.error_kind != kind),
        )
        .values(state=state, error_kind=kind, error_detail=None, token=_D.c.token + 1, updated_at=now)
    ).rowcount


def _forget_steps(conn: Connection, delivery_id: int, now: datetime) -> None:
    """Begin again: steps are append-only, so an empty one marks the new beginning."""
    last = conn.execute(select(func.max(_STEPS.c.n)).where(_STEPS.c.delivery_id == delivery_id)).scalar()
    if last is not None:
        conn.execute(
            insert(_STEPS).values(
                delivery_id=delivery_id, n=last + 1, name="", memo={}, commits=False, repeatable=False, at=now
            )
        )


# ---------------------------------------------------------------- what is due


def _open_to_publish(now: datetime) -> ColumnElement[bool]:
    return and_(_A.c.blocked_kind.is_(None), or_(_A.c.not_before.is_(None), _A.c.not_before <= now))


def _not_paused(conn: Connection) -> ColumnElement[bool]:
    stopped = paused(conn)
    return false() if EVERYWHERE in stopped else and_(_D.c.organisation.not_in(stopped))


def _file_is_there() -> ColumnElement[bool]:
    """A file that is missing or being written: what it said does not go out meanwhile, unless over half of the queue is missing."""
    return ~exists().where(_F.c.key == _D.c.announcement, _F.c.held_back.is_(True))


def _words_are_free() -> ColumnElement[bool]:
    """No other delivery with the same words on this account is in doubt: a match could not be told apart."""
    other = _D.alias("other")
    return ~exists().where(
        other.c.account_id == _D.c.account_id,
        other.c.fingerprint == _D.c.fingerprint,
        other.c.id != _D.c.id,
        other.c.state == State.CONFIRMING,
    )


def _to_send(conn: Connection, now: datetime) -> ColumnElement[bool]:
    return and_(
        _D.c.state.in_([State.SCHEDULED, State.RETRYING]),
        _D.c.due_at <= now,
        or_(_D.c.not_before.is_(None), _D.c.not_before <= now),
        _open_to_publish(now),
        _not_paused(conn),
        _file_is_there(),
        _words_are_free(),
    )


def _to_look(now: datetime) -> ColumnElement[bool]:
    return and_(
        _D.c.state == State.CONFIRMING,
        or_(_D.c.not_before.is_(None), _D.c.not_before <= now),
        or_(_D.c.lease_until.is_(None), _D.c.lease_until <= now),
        _A.c.blocked_kind.is_(None),
    )


def accounts_with_work(conn: Connection, now: datetime) -> frozenset[int]:
    """Return the accounts that have something to send or to look for now."""
    joined = (
        select(_D.c.account_id)
        .join(_A, _A.c.id == _D.c.account_id)
        .where(or_(_to_send(conn, now), _to_look(now)))
        .distinct()
    )
    return frozenset(conn.execute(joined).scalars())


def next_moment(conn: Connection, now: datetime) -> datetime | None:
    """Return when something becomes due that is not yet."""
    moment = (
        func.max(_D.c.due_at, func.coalesce(_D.c.not_before, _D.c.due_at))
        if conn.dialect.name == "sqlite"
        else func.greatest(_D.c.due_at, func.coalesce(_D.c.not_before, _D.c.due_at))
    )
    waiting = _D.c.state.in_([State.SCHEDULED, State.RETRYING, State.CONFIRMING])
    times = conn.execute(
        select(_D.c.due_at, _D.c.not_before)
        .where(waiting, or_(_D.c.due_at > now, _D.c.not_before > now))
        .order_by(moment)
        .limit(1)
    ).first()
    return None if times is None else max(time for time in times if time is not None)


def on_their_way(conn: Connection, now: datetime) -> bool:
    """Tell whether something that was due is still to be tried, waited or looked for."""
    going = _D.c.state.in_([State.PUBLISHING, State.RETRYING, State.CONFIRMING])
    return conn.execute(select(_D.c.id).where(or_(going, _waits(now))).limit(1)).first() is not None


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(_D.c.state == State.SCHEDULED, _D.c.due_at <= now)


def unfinished(conn: Connection, now: datetime) -> tuple[int, int]:
    """Return how many due deliveries are still on their way, and how many failed or are unconfirmed."""
    going = conn.execute(
        select(func.count()).where(
            or_(
                _D.c.state.in_([State.PUBLISHING, State.RETRYING, State.CONFIRMING]),
                _waits(now),
            )
        )
    ).scalar_one()
    bad = conn.execute(select(func.count()).where(_D.c.state.in_([State.FAILED, State.UNCONFIRMED]))).scalar_one()
    return going, bad


def overdue(conn: Connection, now: datetime, longest_stop: timedelta) -> tuple[DeliveryView, ...]:
    """Mark what is past its `expires` or its `late_limit`; return the deliveries that were marked."""
    stopped = select(_A.c.id).where(_A.c.blocked_kind.is_not(None), _A.c.blocked_since > now - longest_stop)
    never_sent = and_(
        _D.c.state.in_([State.SCHEDULED, State.AWAITING_APPROVAL]),
        _D.c.remote_id.is_(None),
        _D.c.ever_in_doubt.is_(False),
    )
    marked: list[int] = []
    for state, passed in (
        (State.EXPIRED, and_(_D.c.expires_at <= now)),
        (State.MISSED, and_(_D.c.late_after <= now, _D.c.account_id.not_in(stopped))),
    ):
        ids = list(conn.execute(select(_D.c.id).where(never_sent, passed)).scalars())
        if ids:
            conn.execute(
                update(_D)
                .where(_D.c.id.in_(ids))
                .values(state=state, error_kind=str(state), token=_D.c.token + 1, updated_at=now)
            )
            marked.extend(ids)
    return list_deliveries(conn, ids=marked) if marked else ()


# ---------------------------------------------------------------- claims


def claim(
    conn: Connection, account_id: int, owner: str, now: datetime, lease: timedelta, limit: int
) -> tuple[Job, ...]:
    """Take what this account has to send or to look for, oldest first; what goes out a second time with the same words is held."""
    rows = conn.execute(
        select(_D)
        .join(_A, _A.c.id == _D.c.account_id)
        .where(_D.c.account_id == account_id, or_(_to_send(conn, now), _to_look(now)))
        .order_by(_D.c.due_at, _D.c.id)
        .limit(limit)
        .with_for_update(of=_D, skip_locked=True)
    ).all()
    jobs = []
    for row in rows:
        if _is_repeat(conn, row, now):
            _hold_repeat(conn, row.id, now)
            continue
        state = State.CONFIRMING if row.state == State.CONFIRMING else State.PUBLISHING
        conn.execute(
            update(_D)
            .where(_D.c.id == row.id)
            .values(state=state, owner=owner, lease_until=now + lease, token=row.token + 1, updated_at=now)
        )
        jobs.append(_job(conn, row, state, row.token + 1))
    return tuple(jobs)


def _is_repeat(conn: Connection, row: Any, now: datetime) -> bool:  # noqa: ANN401
    if row.repost or row.state != State.SCHEDULED or row.remote_id is not None or row.attempts or row.ever_in_doubt:
        return False
    out = or_(
        _D.c.published_at > now - SAME_WORDS_FOR,
        _D.c.state.in_([State.PUBLISHING, State.UNCONFIRMED]),
        _D.c.attempts > 0,
    )
    return bool(
        conn.execute(
            select(_D.c.id)
            .where(
                _D.c.account_id == row.account_id,
                _D.c.fingerprint == row.fingerprint,
                _D.c.id != row.id,
                _D.c.state.not_in([State.CANCELLED, State.FAILED, State.MISSED, State.EXPIRED]),
                out,
            )
            .limit(1)
        ).first()
    )


def _hold_repeat(conn: Connection, delivery_id: int, now: datetime) -> None:
    conn.execute(
        update(_D).where(_D.c.id == delivery_id).values(state=State.HELD, error_kind="same_words", updated_at=now)
    )


def _job(conn: Connection, row: Any, state: State, token: int) -> Job:  # noqa: ANN401
    last = conn.execute(
        select(_STEPS).where(_STEPS.c.delivery_id == row.id).order_by(_STEPS.c.n.desc()).limit(1)
    ).first()
    step = None
    if last is not None and last.name:
        step = Step(name=last.name, memo=last.memo, commits=last.commits, repeatable=last.repeatable)
    return Job(
        id=row.id,
        key=_key(row),
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
        remote_id=row.remote_id,
        url=row.url,
        error_kind=row.error_kind,
        step_n=last.n if last is not None else 0,
        step=step,
        ready_at=last.not_before if last is not None else None,
    )


def _guarded(conn: Connection, job: Job, **values: Any) -> None:  # noqa: ANN401 - columns of the table
    changed = conn.execute(update(_D).where(_D.c.id == job.id, _D.c.token == job.token).values(**values)).rowcount
    if changed != 1:
        raise ClaimLost


def extend(conn: Connection, job: Job, until: datetime) -> None:
    """Keep a claim for longer. Raises ClaimLost."""
    _guarded(conn, job, lease_until=until)


def release(conn: Connection, job: Job, now: datetime, not_before: datetime | None = None) -> None:
    """Give a claimed delivery back as it is; nothing of it is open."""
    state = (
        State.CONFIRMING
        if job.state is State.CONFIRMING
        else (State.RETRYING if job.refusals or job.remote_id else State.SCHEDULED)
    )
    _guarded(
        conn, job, state=state, owner=None, lease_until=None, not_before=not_before, token=job.token + 1, updated_at=now
    )


def sweep(conn: Connection, now: datetime, *, only_expired: bool) -> int:
    """Take back the claims of dead processes: with an attempt open it is doubt, without one nothing was sent. Return how many.

    `only_expired` False: the caller holds the daemon's lock, so every claim belongs to a dead process.
    """
    over = _D.c.lease_until <= now if only_expired else _D.c.lease_until.is_not(None)
    rows = conn.execute(
        select(_D.c.id, _D.c.state, _D.c.refusals, _D.c.remote_id).where(_D.c.owner.is_not(None), over)
    ).all()
    for row in rows:
        attempt = conn.execute(
            select(_ATTEMPTS.c.id, _ATTEMPTS.c.intent_at).where(
                _ATTEMPTS.c.delivery_id == row.id, _ATTEMPTS.c.outcome.is_(None)
            )
        ).first()
        values: dict[str, Any] = {"owner": None, "lease_until": None, "updated_at": now, "token": _D.c.token + 1}
        if attempt is not None:
            conn.execute(
                update(_ATTEMPTS)
                .where(_ATTEMPTS.c.id == attempt.id)
                .values(outcome="unknown", kind="died", finished_at=now)
            )
            values |= _doubt(attempt.intent_at, now)
        elif row.state == State.PUBLISHING:
            values["state"] = State.RETRYING if row.refusals or row.remote_id else State.SCHEDULED
        conn.execute(update(_D).where(_D.c.id == row.id).values(**values))
    return len(rows)


def _doubt(intent_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "state": State.CONFIRMING,
        "doubt_since": intent_at,
        "doubt_ended": now,
        "ever_in_doubt": True,
        "looks": 0,
        "absent_at": None,
        "not_before": None,
    }


# ---------------------------------------------------------------- a publication's progress


def freeze(conn: Connection, job: Job, pictures: Mapping[str, bytes], now: datetime) -> None:
    """Keep the pictures' bytes with the delivery; from now on its words and pictures stay as they are."""
    known = set(conn.execute(select(_PICTURES.c.sha256).where(_PICTURES.c.sha256.in_(list(pictures)))).scalars())
    for sha256, data in pictures.items():
        if sha256 not in known:
            conn.execute(insert(_PICTURES).values(sha256=sha256, data=data, added_at=now))
    _guarded(conn, job, frozen_at=now)


def picture_bytes(conn: Connection, sha256s: Iterable[str]) -> dict[str, bytes]:
    """Return frozen pictures by hash."""
    rows = conn.execute(select(_PICTURES.c.sha256, _PICTURES.c.data).where(_PICTURES.c.sha256.in_(list(sha256s))))
    return {row.sha256: row.data for row in rows}


def store_step(conn: Connection, job: Job, step: Step, now: datetime, lease_until: datetime) -> Job:
    """Keep what a step learned: the next one and its memo. Raises ClaimLost."""
    _guarded(conn, job, lease_until=lease_until, frozen_at=func.coalesce(_D.c.frozen_at, now), updated_at=now)
    _close_attempts(conn, job.id, "done", now)
    ready = now + step.wait if step.wait else None
    _add_step(conn, job.id, job.step_n + 1, step, ready, now)
    return replace(job, step_n=job.step_n + 1, step=step, ready_at=ready, frozen=True)


def _add_step(conn: Connection, delivery_id: int, n: int, step: Step, ready: datetime | None, now: datetime) -> None:
    conn.execute(
        insert(_STEPS).values(
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


def open_attempt(conn: Connection, job: Job, now: datetime, deadline: datetime) -> Job:
    """Write down the intent before a committing request. Raises ClaimLost, AccountBusy."""
    busy = conn.execute(
        select(_ATTEMPTS.c.id).where(_ATTEMPTS.c.account_id == job.account_id, _ATTEMPTS.c.outcome.is_(None)).limit(1)
    ).first()
    if busy is not None:
        raise AccountBusy
    tries = job.attempts + (0 if job.remote_id else 1)
    frozen = func.coalesce(_D.c.frozen_at, now)
    _guarded(conn, job, attempts=tries, lease_until=deadline, frozen_at=frozen, updated_at=now)
    last = conn.execute(select(func.max(_ATTEMPTS.c.n)).where(_ATTEMPTS.c.delivery_id == job.id)).scalar() or 0
    conn.execute(
        insert(_ATTEMPTS).values(
            delivery_id=job.id,
            account_id=job.account_id,
            n=last + 1,
            step=job.step.name if job.step else "",
            token=job.token,
            intent_at=now,
            deadline_at=deadline,
        )
    )
    return replace(job, attempts=tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """A post that is public: what is known of it, and how."""

    remote_id: str
    url: str | None
    evidence: str
    then: Step | None


def record_out(conn: Connection, job: Job, out: Out, now: datetime, lease_until: datetime) -> Job:
    """Note that the post is public, close its attempt, and keep the step that is left, all at once. Raises ClaimLost."""
    first = job.remote_id is None
    going_on = out.then is not None
    _guarded(
        conn,
        job,
        state=State.PUBLISHING if going_on else State.PUBLISHED,
        owner=_D.c.owner if going_on else None,
        lease_until=lease_until if going_on else None,
        remote_id=out.remote_id,
        url=out.url or job.url,
        published_at=now if first else _D.c.published_at,
        evidence=out.evidence if first else _D.c.evidence,
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
    _close_attempts(conn, job.id, "found" if out.evidence == "found" else "done", now, remote_id=out.remote_id)
    n = job.step_n
    ready = None
    if out.then is not None:
        n += 1
        ready = now + out.then.wait if out.then.wait else None
        _add_step(conn, job.id, n, out.then, ready, now)
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
        select(_ATTEMPTS.c.intent_at).where(_ATTEMPTS.c.delivery_id == job.id, _ATTEMPTS.c.outcome.is_(None))
    ).scalar_one_or_none()


def owner_of(conn: Connection, account_id: int, remote_ids: Iterable[str], *, but: int) -> frozenset[str]:
    """Return which of these posts belong to another delivery."""
    rows = conn.execute(
        select(_D.c.remote_id).where(
            _D.c.account_id == account_id, _D.c.remote_id.in_(list(remote_ids)), _D.c.id != but
        )
    ).scalars()
    return frozenset(remote_id for remote_id in rows if remote_id)


def _close_attempts(conn: Connection, delivery_id: int, outcome: str, now: datetime, **values: Any) -> None:  # noqa: ANN401
    conn.execute(
        update(_ATTEMPTS)
        .where(
            _ATTEMPTS.c.delivery_id == delivery_id, or_(_ATTEMPTS.c.outcome.is_(None), _ATTEMPTS.c.outcome == "unknown")
        )
        .values(outcome=outcome, finished_at=now, **values)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """An error as it is kept."""

    kind: str
    detail: str


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
    _guarded(
        conn,
        job,
        state=State.RETRYING,
        owner=None,
        lease_until=None,
        not_before=not_before,
        refusals=job.refusals + 1,
        refused_since=func.coalesce(_D.c.refused_since, clock_from or now),
        error_kind=setback.kind,
        error_detail=setback.detail,
        doubt_since=None,
        doubt_ended=None,
        absent_at=None,
        looks=0,
        updated_at=now,
    )
    _close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)


def record_restart(conn: Connection, job: Job, setback: Setback, not_before: datetime | None, now: datetime) -> None:
    """What an earlier step had made is gone: begin at the first step. Raises ClaimLost."""
    record_retry(conn, job, setback, not_before, now)
    _forget_steps(conn, job.id, now)


def record_blocked(conn: Connection, job: Job, setback: Setback, now: datetime) -> None:
    """The account cannot be used: the delivery waits as it is. Raises ClaimLost."""
    state = (
        State.CONFIRMING if job.state is State.CONFIRMING else (State.RETRYING if job.remote_id else State.SCHEDULED)
    )
    _guarded(
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
        _close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)


def record_doubt(conn: Connection, job: Job, setback: Setback, intent_at: datetime, now: datetime, step: Step) -> None:
    """The answer was lost: look before anything else. `step` may carry a hint from the network. Raises ClaimLost."""
    _guarded(
        conn,
        job,
        **{**_doubt(intent_at, now), "not_before": None},
        owner=None,
        lease_until=None,
        error_kind=setback.kind,
        error_detail=setback.detail,
        updated_at=now,
    )
    conn.execute(
        update(_ATTEMPTS)
        .where(_ATTEMPTS.c.delivery_id == job.id, _ATTEMPTS.c.outcome.is_(None))
        .values(outcome="unknown", kind=setback.kind, detail=setback.detail, finished_at=now)
    )
    if step != job.step:
        _add_step(conn, job.id, job.step_n + 1, step, None, now)


def record_look(
    conn: Connection, job: Job, not_before: datetime | None, absent_at: datetime | None, now: datetime
) -> None:
    """It was not found this time; look again. Raises ClaimLost."""
    _guarded(
        conn,
        job,
        owner=None,
        lease_until=None,
        not_before=not_before,
        looks=job.looks + 1,
        absent_at=absent_at,
        updated_at=now,
    )


def record_absent(conn: Connection, job: Job, now: datetime) -> None:
    """It surely did not go out: the same step may run again. Raises ClaimLost."""
    _guarded(
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
    _close_attempts(conn, job.id, "absent", now)


def record_end(conn: Connection, job: Job, state: State, setback: Setback, now: datetime) -> None:
    """Nothing more is done by itself: failed, unconfirmed, held, or published with an error beside it. Raises ClaimLost."""
    _guarded(
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
    if state is not State.UNCONFIRMED:
        _close_attempts(conn, job.id, "refused", now, kind=setback.kind, detail=setback.detail)


def adopt(
    conn: Connection, delivery_id: int, remote_id: str, url: str | None, published_at: datetime, now: datetime
) -> None:
    """A post with these words was there before the first send: it is this delivery."""
    conn.execute(
        update(_D)
        .where(_D.c.id == delivery_id, _D.c.state.in_([*WAITING, State.RETRYING]))
        .values(
            state=State.PUBLISHED,
            remote_id=remote_id,
            url=url,
            published_at=published_at,
            evidence="adopted",
            token=_D.c.token + 1,
            error_kind=None,
            error_detail=None,
            updated_at=now,
        )
    )


def awaiting_first_look(conn: Connection, account_id: int) -> tuple[tuple[int, FrozenPost], ...]:
    """Return what waits for this account and was never tried."""
    rows = conn.execute(
        select(_D.c.id, _D.c.post)
        .where(_D.c.account_id == account_id, _D.c.state.in_([*WAITING]), _D.c.remote_id.is_(None), _D.c.attempts == 0)
        .order_by(_D.c.due_at, _D.c.id)
    )
    return tuple((row.id, FrozenPost.from_json(row.post)) for row in rows)


# ---------------------------------------------------------------- for people


def list_deliveries(conn: Connection, ids: Sequence[int] | None = None) -> tuple[DeliveryView, ...]:
    """Return deliveries as people see them, by due time; all of them, or those named."""
    query = select(_D).order_by(_D.c.due_at, _D.c.id)
    if ids is not None:
        query = query.where(_D.c.id.in_(list(ids)))
    return tuple(_view(row) for row in conn.execute(query))


def _view(row: Any) -> DeliveryView:  # noqa: ANN401
    return DeliveryView(
        id=row.id,
        key=_key(row),
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
        text=row.post["text"],
        updated_at=row.updated_at,
    )


def find_deliveries(conn: Connection, spec: str) -> tuple[DeliveryView, ...]:
    """Return the deliveries that `d-12` or `announcement[@occurrence]:org:account[:language]` names."""
    if spec.startswith("d-") and spec[2:].isdecimal():
        return list_deliveries(conn, ids=[int(spec[2:])])
    parts = spec.split(":")
    if not 3 <= len(parts) <= 4:
        return ()
    announcement, _, occurrence = parts[0].partition("@")
    query = select(_D).where(_D.c.announcement == announcement, _D.c.organisation == parts[1], _D.c.account == parts[2])
    if occurrence:
        query = query.where(_D.c.occurrence == (int(occurrence) if occurrence.isdecimal() else -1))
    if len(parts) == 4:
        query = query.where(_D.c.language == parts[3])
    return tuple(_view(row) for row in conn.execute(query.order_by(_D.c.id)))


def _settle(conn: Connection, delivery_id: int, states: Iterable[State], **values: Any) -> bool:  # noqa: ANN401
    where = and_(_D.c.id == delivery_id, _D.c.state.in_(list(states)))
    return bool(
        conn.execute(
            update(_D).where(where).values(token=_D.c.token + 1, owner=None, lease_until=None, **values)
        ).rowcount
    )


def retry_delivery(conn: Connection, delivery_id: int, now: datetime, late_limit: timedelta) -> bool:
    """A person wants it tried again; False if nothing failed here or something may still be in doubt."""
    return _settle(
        conn,
        delivery_id,
        [State.FAILED, State.RETRYING, State.HELD, State.MISSED, State.EXPIRED, State.CANCELLED],
        state=State.RETRYING,
        not_before=None,
        due_at=now,
        late_after=now + late_limit,
        expires_at=None,
        repost=True,
        refusals=0,
        refused_since=None,
        error_kind=None,
        error_detail=None,
        updated_at=now,
    )


def cancel_delivery(conn: Connection, delivery_id: int, now: datetime) -> bool:
    """A person does not want it; False if it is out, being sent or looked for at this moment."""
    done = _settle(
        conn,
        delivery_id,
        [*WAITING, State.RETRYING, State.UNCONFIRMED, State.FAILED, State.MISSED],
        state=State.CANCELLED,
        error_kind="person",
        error_detail=None,
        updated_at=now,
    )
    if done:
        _close_attempts(conn, delivery_id, "superseded", now)
    return done


_DOUBTFUL = (State.UNCONFIRMED, State.CONFIRMING)


def resolve_published(conn: Connection, delivery_id: int, remote_id: str, url: str | None, now: datetime) -> bool:
    """A person saw it on the network; False if it is not in doubt."""
    done = _settle(
        conn,
        delivery_id,
        _DOUBTFUL,
        state=State.PUBLISHED,
        remote_id=remote_id,
        url=url,
        published_at=func.coalesce(_D.c.published_at, _D.c.doubt_since, now),
        evidence="person",
        error_kind=None,
        error_detail=None,
        updated_at=now,
    )
    if done:
        _close_attempts(conn, delivery_id, "found", now, remote_id=remote_id)
    return done


def resolve_not_published(conn: Connection, delivery_id: int, now: datetime, late_limit: timedelta) -> bool:
    """A person looked and it is not there: it is sent again; False if it is not in doubt."""
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
        _close_attempts(conn, delivery_id, "absent", now)
    return done
