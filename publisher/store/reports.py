"""Weekly summaries: which were sent to whom, and what the database knows of an organisation's week."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, update

from publisher.store.models import AccountRow, AnnouncementRow, DeliveryRow, ReportRow
from publisher.store.notices import DUE, WAITING, failed_state
from publisher.store.upsert import insert_for

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_reports = ReportRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A summary for one recipient. `state`: one of `notices.WAITING`, sent, perhaps (sent) or given_up; `tries` counts those begun."""

    id: int
    organisation: str
    week: str
    recipient: str
    language: str
    message_id: str
    state: str
    tries: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledDelivery:
    """A delivery that needs a person, or needed one in the week."""

    id: int
    announcement: str
    title: str | None
    channel: str
    account: str
    state: str
    error_kind: str | None
    error_detail: str | None
    updated_at: datetime
    thread: bool
    """Whether it goes out in several posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledAccount:
    """An account that is blocked, or has posts that were not read since `collected_at`."""

    channel: str
    name: str
    blocked_kind: str | None
    blocked_detail: str | None
    blocked_since: datetime | None
    collected_at: datetime | None
    first_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery:
    """A delivery that is to go out."""

    announcement: str
    occurrence: int
    title: str | None
    channel: str
    due_at: datetime


# Who was sent what


def add_report(
    conn: Connection, *, organisation: str, week: str, recipient: str, language: str, message_id: str, now: datetime
) -> bool:
    """Note that a summary is to be sent; False if this recipient has, or had, a row for the week."""
    statement = insert_for(conn, _reports).values(
        organisation=organisation,
        week=week,
        recipient=recipient,
        language=language,
        message_id=message_id,
        state=DUE,
        tries=0,
        created_at=now,
    )
    unique = statement.on_conflict_do_nothing(index_elements=["organisation", "week", "recipient"])
    return conn.execute(unique.returning(_reports.c.id)).first() is not None


def claim_report(conn: Connection, now: datetime, lease: timedelta) -> Report | None:
    """Take the oldest summary that is to be sent now, for as long as `lease`; None when there is none.

    One whose sender died is taken again after its lease, with the same Message-ID. Taking one leaves its state as it is.
    """
    waiting = and_(_reports.c.state.in_(WAITING), or_(_reports.c.not_before.is_(None), _reports.c.not_before <= now))
    found = conn.execute(select(_reports).where(waiting).order_by(_reports.c.id).limit(1)).first()
    if found is None:
        return None
    taken = conn.execute(
        update(_reports).where(_reports.c.id == found.id, waiting).values(not_before=now + lease, tries=found.tries + 1)
    )
    return _report(found, tries=found.tries + 1) if taken.rowcount else None


def report_leaves(conn: Connection, report_id: int, state: str) -> None:
    """Note that it is handed over now, before it is; for `state` see `notices.leaving_state`."""
    conn.execute(update(_reports).where(_reports.c.id == report_id).values(state=state))


def report_sent(conn: Connection, report_id: int, now: datetime) -> None:
    """The mail server took it."""
    conn.execute(
        update(_reports)
        .where(_reports.c.id == report_id)
        .values(state="sent", sent_at=now, not_before=None, error=None)
    )


def report_failed(
    conn: Connection, row_id: int, error: str, not_before: datetime | None, *, unclear: bool = False
) -> None:
    """It was not taken, or with `unclear` nobody knows: again at `not_before`, or never when None."""
    state = failed_state(not_before, unclear=unclear)
    conn.execute(
        update(_reports).where(_reports.c.id == row_id).values(state=state, error=error, not_before=not_before)
    )


def list_reports(conn: Connection, organisation: str, week: str) -> tuple[Report, ...]:
    """Return how the week's summary stands with each recipient."""
    rows = conn.execute(
        select(_reports).where(_reports.c.organisation == organisation, _reports.c.week == week).order_by(_reports.c.id)
    )
    return tuple(_report(row, tries=row.tries) for row in rows)


def list_settled(conn: Connection, organisation: str, week: str) -> tuple[Report, ...]:
    """Return those of a summary's mails that were sent, or given up."""
    return tuple(one for one in list_reports(conn, organisation, week) if one.state not in WAITING)


def list_mailed(conn: Connection) -> tuple[Report, ...]:
    """Return every summary that its recipient has, or perhaps has."""
    rows = conn.execute(select(_reports).where(_reports.c.state.in_(_HAD)).order_by(_reports.c.id))
    return tuple(_report(row, tries=row.tries) for row in rows)


_HAD = ("sent", "perhaps")


def take_over(conn: Connection, mailed: Report) -> None:
    """Note a summary as another database has it: its recipient had it, whatever is known here."""
    values = {one.name: getattr(mailed, one.name) for one in fields(Report) if one.name != "id"}
    row = insert_for(conn, _reports).values(**values)
    known = ["organisation", "week", "recipient"]
    conn.execute(row.on_conflict_do_update(index_elements=known, set_={**values, "not_before": None}))


def send_again(conn: Connection, report_id: int, message_id: str, now: datetime) -> None:
    """Have a summary sent once more, as another mail."""
    conn.execute(
        update(_reports)
        .where(_reports.c.id == report_id)
        .values(state=DUE, message_id=message_id, tries=0, not_before=None, error=None, created_at=now, sent_at=None)
    )


def _report(row: Row[tuple[object, ...]], *, tries: int) -> Report:
    return Report(
        id=row.id,
        organisation=row.organisation,
        week=row.week,
        recipient=row.recipient,
        language=row.language,
        message_id=row.message_id,
        state=row.state,
        tries=tries,
        error=row.error,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


# What the week was like


def known_since(conn: Connection, organisation: str) -> datetime | None:
    """Return when the organisation's first account was seen: weeks that ended before have nothing to tell."""
    found: datetime | None = conn.execute(
        select(func.min(_accounts.c.first_seen)).where(_accounts.c.organisation == organisation)
    ).scalar_one()
    return found


def list_troubled(
    conn: Connection, organisation: str, start: datetime, until: datetime
) -> tuple[TroubledDelivery, ...]:
    """Return deliveries that wait for a person now, or failed, were missed or went out incomplete between two instants."""
    then = and_(
        _deliveries.c.updated_at >= start,
        _deliveries.c.updated_at < until,
        or_(
            _deliveries.c.state.in_(("failed", "missed")),
            and_(_deliveries.c.state == "published", _deliveries.c.error_kind.is_not(None)),
        ),
    )
    rows = conn.execute(
        select(
            _deliveries.c.id,
            _deliveries.c.announcement,
            _announcements.c.title,
            _deliveries.c.channel,
            _deliveries.c.account,
            _deliveries.c.state,
            _deliveries.c.error_kind,
            _deliveries.c.error_detail,
            _deliveries.c.updated_at,
            _deliveries.c.post.label("thread"),
        )
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(_deliveries.c.organisation == organisation, or_(_deliveries.c.state.in_(("unconfirmed", "held")), then))
        .order_by(_deliveries.c.id)
    )
    return tuple(
        TroubledDelivery(**{**row._mapping, "thread": bool(row.thread.get("thread"))})  # noqa: SLF001 - SQLAlchemy's public name for it
        for row in rows
    )


def list_troubled_accounts(
    conn: Connection, organisation: str, *, read_before: datetime, tracked_since: datetime
) -> tuple[TroubledAccount, ...]:
    """Return accounts that are blocked, or have posts since `tracked_since` and were last read before `read_before`."""
    has_posts = exists().where(
        _deliveries.c.account_id == _accounts.c.id,
        _deliveries.c.state == "published",
        _deliveries.c.published_at >= tracked_since,
        _deliveries.c.published_at < read_before,
    )
    unread = and_(has_posts, or_(_accounts.c.collected_at.is_(None), _accounts.c.collected_at < read_before))
    rows = conn.execute(
        select(
            _accounts.c.channel,
            _accounts.c.name,
            _accounts.c.blocked_kind,
            _accounts.c.blocked_detail,
            _accounts.c.blocked_since,
            _accounts.c.collected_at,
            _accounts.c.first_seen,
        )
        .where(_accounts.c.organisation == organisation, or_(_accounts.c.blocked_kind.is_not(None), unread))
        .order_by(_accounts.c.id)
    )
    return tuple(TroubledAccount(**row._mapping) for row in rows)  # noqa: SLF001


def list_queue(conn: Connection, organisation: str, start: datetime, end: datetime) -> tuple[QueuedDelivery, ...]:
    """Return what is to go out between two instants, in order of time."""
    rows = conn.execute(
        select(
            _deliveries.c.announcement,
            _deliveries.c.occurrence,
            _announcements.c.title,
            _deliveries.c.channel,
            _deliveries.c.due_at,
        )
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(
            _deliveries.c.organisation == organisation,
            _deliveries.c.state == "scheduled",
            _deliveries.c.due_at >= start,
            _deliveries.c.due_at < end,
        )
        .order_by(_deliveries.c.due_at, _deliveries.c.id)
    )
    return tuple(QueuedDelivery(**row._mapping) for row in rows)  # noqa: SLF001
