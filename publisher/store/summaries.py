"""What a summary is made of: the posts of an organisation, and their counters as they stood at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select
from sqlalchemy.sql import Select

from publisher.store.engagement import GONE, WAITS
from publisher.store.models import AccountRow, AnnouncementRow, CommentRow, DeliveryRow, SnapshotRow

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_comments = CommentRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_snapshots = SnapshotRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost:
    """A post that went out. `out`: residents can still see it."""

    delivery_id: int
    announcement: str
    title: str | None
    service: str | None
    channel: str
    account: str
    url: str | None
    published_at: datetime
    out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountersRead:
    """Counters of a post, and when they were read; None: the network does not tell."""

    at: datetime
    reactions: Mapping[str, int] | None
    comments: int | None
    shares: int | None
    views: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingApproval:
    """An announcement that somebody must approve before it goes out."""

    announcement: str
    title: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a resident wrote. `url` leads to it, or to its post where the network gives no address of its own."""

    id: int
    channel: str
    announcement: str | None
    title: str | None
    text: str | None = field(repr=False)
    created_at: datetime
    url: str | None
    hidden: bool
    """On its network, by whoever looks after the page."""


def list_posts(conn: Connection, organisation: str, since: datetime, until: datetime) -> tuple[PublishedPost, ...]:
    """Return what was published between two instants, oldest first; what was taken down since then too."""
    rows = conn.execute(
        select(
            _deliveries.c.id,
            _deliveries.c.announcement,
            _announcements.c.title,
            _announcements.c.service,
            _deliveries.c.channel,
            _deliveries.c.account,
            _deliveries.c.url,
            _deliveries.c.published_at,
            _deliveries.c.state,
            _deliveries.c.error_kind,
        )
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(_went_out(organisation, since), _deliveries.c.published_at < until)
        .order_by(_deliveries.c.published_at, _deliveries.c.id)
    )
    return tuple(
        PublishedPost(
            delivery_id=row.id,
            announcement=row.announcement,
            title=row.title,
            service=row.service,
            channel=row.channel,
            account=row.account,
            url=row.url,
            published_at=row.published_at,
            out=row.state == "published" and row.error_kind != GONE,
        )
        for row in rows
    )


def counters_at(conn: Connection, organisation: str, moment: datetime, since: datetime) -> Mapping[int, CountersRead]:
    """Return the counters of the posts published between `since` and `moment` as they were last read by then, by delivery."""
    newest = (
        # One look into the index a post: a window function over all of them would read every snapshot there is.
        select(_snapshots.c.id)
        .where(_snapshots.c.delivery_id == _deliveries.c.id, _snapshots.c.at <= moment)
        .order_by(_snapshots.c.at.desc(), _snapshots.c.id.desc())
        .limit(1)
        .correlate(_deliveries)
        .scalar_subquery()
    )
    read = _snapshots.alias("read")
    rows = conn.execute(
        select(read.c.delivery_id, read.c.at, read.c.reactions, read.c.comments, read.c.shares, read.c.views)
        .select_from(_deliveries)
        .join(read, read.c.id == newest)
        .where(_went_out(organisation, since), _deliveries.c.published_at < moment)
    )
    return {
        row.delivery_id: CountersRead(
            at=row.at, reactions=row.reactions, comments=row.comments, shares=row.shares, views=row.views
        )
        for row in rows
    }


def list_awaiting_approval(conn: Connection, organisation: str) -> tuple[AwaitingApproval, ...]:
    """Return the announcements that wait for approval, the next one first; those without a time last."""
    rows = conn.execute(
        select(_deliveries.c.announcement, _announcements.c.title, _deliveries.c.due_at)
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(_deliveries.c.organisation == organisation, _deliveries.c.state == "awaiting_approval")
        .order_by(_deliveries.c.due_at.is_(None), _deliveries.c.due_at, _deliveries.c.id)
    )
    found: dict[str, AwaitingApproval] = {}
    for row in rows:
        found.setdefault(
            row.announcement, AwaitingApproval(announcement=row.announcement, title=row.title, due_at=row.due_at)
        )
    return tuple(found.values())


def _went_out(organisation: str, since: datetime) -> ColumnElement[bool]:
    return and_(
        _deliveries.c.organisation == organisation,
        _deliveries.c.state.in_(("published", "withdrawn")),
        _deliveries.c.remote_id.is_not(None),
        _deliveries.c.published_at >= since,
    )


def oldest_questions(conn: Connection, organisation: str, most: int) -> tuple[Said, ...]:
    """Return the questions that nobody has answered, those that have waited longest first."""
    query = _ids(organisation).where(WAITS, _comments.c.question)
    return _said(conn, [row.id for row in conn.execute(query.limit(most))])


def ideas(
    conn: Connection, organisation: str, start: datetime, until: datetime, most: int
) -> tuple[tuple[Said, ...], int]:
    """Return the first of what was written between two instants and looks like an idea for development, and how many there are."""
    query = _ids(organisation).where(
        _comments.c.created_at >= start,
        _comments.c.created_at < until,
        ~_comments.c.own,
        _comments.c.topics.contains("idea"),
    )
    found = [row.id for row in conn.execute(query)]
    return _said(conn, found[:most]), len(found)


def _ids(organisation: str) -> Select[tuple[int]]:
    # Asked of each comment: a join would begin with all comments of an account, and leave the index of what waits aside.
    theirs = exists().where(_accounts.c.id == _comments.c.account_id, _accounts.c.organisation == organisation)
    return select(_comments.c.id).where(theirs).order_by(_comments.c.created_at, _comments.c.id)


def _said(conn: Connection, ids: Sequence[int]) -> tuple[Said, ...]:
    rows = conn.execute(
        select(
            _comments.c.id,
            _accounts.c.channel,
            _deliveries.c.announcement,
            _announcements.c.title,
            _comments.c.text,
            _comments.c.created_at,
            func.coalesce(_comments.c.url, _deliveries.c.url).label("url"),
            _comments.c.hidden,
        )
        .select_from(_comments)
        .join(_accounts, _accounts.c.id == _comments.c.account_id)
        .outerjoin(_deliveries, _deliveries.c.id == _comments.c.delivery_id)
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(_comments.c.id.in_(ids))
        .order_by(_comments.c.created_at, _comments.c.id)
    )
    return tuple(Said(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it
