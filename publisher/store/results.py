"""Time series of posts' counters, and what other posts had at the same age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from publisher.store.models import AnnouncementRow, DeliveryRow, SnapshotRow

_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_snapshots = SnapshotRow.__table__  # type: ignore[attr-defined]

_AT_A_TIME = 1000
"""Rows in memory, however long a series is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A post's counters at one moment; None: the network does not tell."""

    delivery_id: int
    announcement: str
    service: str | None
    organisation: str
    channel: str
    account: str
    remote_id: str | None
    url: str | None
    published_at: datetime
    at: datetime
    reactions: Mapping[str, int] | None
    comments: int | None
    shares: int | None
    views: int | None
    clicks: int | None


def counted(
    conn: Connection,
    *,
    organisation: str | None = None,
    service: str | None = None,
    announcement: str | None = None,
    by_time: bool = False,
) -> Iterator[Counted]:
    """Give every snapshot, post by post and oldest first, or with `by_time` all posts' in order of time; a few rows at a time."""
    query = (
        select(
            _deliveries.c.id.label("delivery_id"),
            _deliveries.c.announcement,
            _announcements.c.service,
            _deliveries.c.organisation,
            _deliveries.c.channel,
            _deliveries.c.account,
            _deliveries.c.remote_id,
            _deliveries.c.url,
            _deliveries.c.published_at,
            _snapshots.c.at,
            _snapshots.c.reactions,
            _snapshots.c.comments,
            _snapshots.c.shares,
            _snapshots.c.views,
            _snapshots.c.clicks,
        )
        .join(_snapshots, _snapshots.c.delivery_id == _deliveries.c.id)
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(_deliveries.c.published_at.is_not(None))
    )
    for column, wanted in (
        (_deliveries.c.organisation, organisation),
        (_announcements.c.service, service),
        (_deliveries.c.announcement, announcement),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    order = (_snapshots.c.at, _snapshots.c.id) if by_time else (_deliveries.c.id, _snapshots.c.at, _snapshots.c.id)
    rows = conn.execute(query.order_by(*order).execution_options(yield_per=_AT_A_TIME))
    for row in rows:
        yield Counted(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A post's reactions, comments and shares as they were last read before a moment."""

    reactions: Mapping[str, int] | None
    comments: int | None
    shares: int | None


def others_at_age(conn: Connection, delivery_id: int, age: timedelta, span: timedelta, now: datetime) -> tuple[At, ...]:
    """Return what each post that went out on the same account within `span` before this one had at this age, if it is that old."""
    this = conn.execute(
        select(_deliveries.c.account_id, _deliveries.c.published_at).where(_deliveries.c.id == delivery_id)
    ).one()
    peers = conn.execute(
        select(_deliveries.c.id, _deliveries.c.published_at).where(
            _deliveries.c.account_id == this.account_id,
            _deliveries.c.id != delivery_id,
            _deliveries.c.state == "published",
            _deliveries.c.published_at >= this.published_at - span,
            _deliveries.c.published_at < min(this.published_at, now - age),
        )
    ).all()
    found = (_at(conn, peer.id, peer.published_at + age) for peer in peers)
    return tuple(one for one in found if one is not None)


def _at(conn: Connection, delivery_id: int, moment: datetime) -> At | None:
    row = conn.execute(
        select(_snapshots.c.reactions, _snapshots.c.comments, _snapshots.c.shares)
        .where(_snapshots.c.delivery_id == delivery_id, _snapshots.c.at <= moment)
        .order_by(_snapshots.c.at.desc(), _snapshots.c.id.desc())
        .limit(1)
    ).first()
    return At(**row._mapping) if row else None  # noqa: SLF001
