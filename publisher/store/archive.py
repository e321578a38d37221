"""What was published in a span of time, for the archive of record; a few rows at a time, whatever their number. No resident's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select

from publisher.store.models import (
    AnnouncementRow,
    ApprovalRow,
    AttemptRow,
    ChangeRow,
    DeliveryRow,
    PartRow,
    PictureRow,
    SnapshotRow,
)

_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_approvals = ApprovalRow.__table__  # type: ignore[attr-defined]
_attempts = AttemptRow.__table__  # type: ignore[attr-defined]
_changes = ChangeRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_parts = PartRow.__table__  # type: ignore[attr-defined]
_pictures = PictureRow.__table__  # type: ignore[attr-defined]
_snapshots = SnapshotRow.__table__  # type: ignore[attr-defined]

_AT_A_TIME = 500

_DELIVERY = (
    "id",
    "announcement",
    "occurrence",
    "organisation",
    "channel",
    "account",
    "language",
    "state",
    "due_at",
    "published_at",
    "remote_id",
    "url",
    "evidence",
    "attempts",
    "error_kind",
    "error_detail",
    "frozen_at",
    "post",
    "created_at",
    "updated_at",
)
_ANNOUNCEMENT = ("title", "service", "approved_by", "content_hash", "source", "file", "first_seen", "edited_at")

Record = Mapping[str, Any]
"""One row of the archive, by its columns' names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one moment on, and before another. A delivery falls into it by when it went out, or else by when it was to."""

    start: datetime
    end: datetime

    def holds(self) -> ColumnElement[bool]:
        """Give the condition on deliveries."""
        moment = func.coalesce(_deliveries.c.published_at, _deliveries.c.due_at, _deliveries.c.created_at)
        return and_(moment >= self.start, moment < self.end)


def posts(conn: Connection, span: Span) -> Iterator[Record]:
    """Give every delivery with what its file says and who approved it, in order of number."""
    query = (
        select(
            *(_deliveries.c[name] for name in _DELIVERY),
            *(_announcements.c[name].label(f"file_{name}") for name in _ANNOUNCEMENT),
        )
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .where(span.holds())
        .order_by(_deliveries.c.id)
    )
    for row in _streamed(conn, query):
        yield {**_record(row), "parts": _below(conn, _parts, row.id, ("n", "remote_id", "at"))}


def attempts(conn: Connection, span: Span) -> Iterator[Record]:
    """Give every attempt to make something public, in order of delivery and number."""
    columns = ("n", "step", "intent_at", "finished_at", "outcome", "kind", "detail", "remote_id")
    yield from _of_deliveries(conn, span, _attempts, columns, "n")


def changes(conn: Connection, span: Span) -> Iterator[Record]:
    """Give every change of a post that was out: what was wanted, by whom, why, and what became of it."""
    columns = ("kind", "by", "why", "asked_at", "before", "after", "outcome", "kind_of_error", "detail", "finished_at")
    yield from _of_deliveries(conn, span, _changes, columns, "id")


def counts(conn: Connection, span: Span) -> Iterator[Record]:
    """Give every snapshot of a post's counters."""
    columns = ("at", "reactions", "comments", "shares", "quotes", "views", "clicks")
    yield from _of_deliveries(conn, span, _snapshots, columns, "at")


def approvals(conn: Connection, span: Span) -> Iterator[Record]:
    """Give every approval of an announcement that has a delivery in the span."""
    meant = select(_deliveries.c.announcement).where(span.holds())
    columns = ("announcement", "content_hash", "by", "how", "author", "detail", "at")
    query = (
        select(*(_approvals.c[name] for name in columns))
        .where(_approvals.c.announcement.in_(meant))
        .order_by(_approvals.c.id)
    )
    yield from map(_record, _streamed(conn, query))


def picture(conn: Connection, sha256: str) -> bytes | None:
    """Return what is kept of a picture, by the hash of the file that staff handed in."""
    found: bytes | None = conn.execute(
        select(_pictures.c.data).where(_pictures.c.sha256 == sha256)
    ).scalar_one_or_none()
    return found


def _of_deliveries(
    conn: Connection, span: Span, table: Table, columns: tuple[str, ...], order: str
) -> Iterator[Record]:
    query = (
        select(_deliveries.c.id.label("delivery"), *(table.c[name] for name in columns))
        .join(table, table.c.delivery_id == _deliveries.c.id)
        .where(span.holds())
        .order_by(_deliveries.c.id, table.c[order], table.c.id)
    )
    yield from map(_record, _streamed(conn, query))


def _below(conn: Connection, table: Table, delivery_id: int, columns: tuple[str, ...]) -> list[Record]:
    rows = conn.execute(
        select(*(table.c[name] for name in columns)).where(table.c.delivery_id == delivery_id).order_by(table.c.id)
    )
    return [_record(row) for row in rows]


def _streamed(conn: Connection, query: Any) -> Iterator[Row[Any]]:  # noqa: ANN401 - whatever is selected
    yield from conn.execute(query.execution_options(yield_per=_AT_A_TIME))


def _record(row: Row[Any]) -> Record:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
