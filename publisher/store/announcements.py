"""Files of the queue as they were last read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, insert, select, update

from publisher.store import meta
from publisher.store.models import AnnouncementRow, ApprovalRow, DeliveryRow

_ANNOUNCEMENTS = AnnouncementRow.__table__  # type: ignore[attr-defined]
_APPROVALS = ApprovalRow.__table__  # type: ignore[attr-defined]
_DELIVERIES = DeliveryRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """What the database knows of one file."""

    key: str
    file: str
    content_hash: str
    first_seen: datetime
    edited_at: datetime
    missing_since: datetime | None
    gone_at: datetime | None
    held_back: bool
    broken: bool
    edited_after: bool
    contact: str | None
    approved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is kept of an announcement beside its deliveries."""

    key: str
    file: str
    title: str | None
    service: str | None
    contact: str | None
    approved_by: str | None
    content_hash: str
    source: str


def known_files(conn: Connection) -> dict[str, KnownFile]:
    """Return every announcement ever read, by key."""
    columns = [_ANNOUNCEMENTS.c[name] for name in KnownFile.__dataclass_fields__]
    return {row.key: KnownFile(**row._mapping) for row in conn.execute(select(*columns))}  # noqa: SLF001 - SQLAlchemy's public name


def add(conn: Connection, contents: Sequence[Content], now: datetime) -> None:
    """Note new files."""
    if contents:
        new = {"first_seen": now, "edited_at": now, "held_back": False, "broken": False, "edited_after": False}
        conn.execute(insert(_ANNOUNCEMENTS), [{**_values(content), **new} for content in contents])


def change(conn: Connection, content: Content, *, edited_at: datetime) -> None:
    """Note that a file is there, as it reads now."""
    conn.execute(
        update(_ANNOUNCEMENTS)
        .where(_ANNOUNCEMENTS.c.key == content.key)
        .values(
            **_values(content), edited_at=edited_at, missing_since=None, gone_at=None, held_back=False, broken=False
        )
    )


def rename(conn: Connection, old: str, new: str) -> None:
    """The same content came back under another name: its deliveries go with it."""
    conn.execute(update(_ANNOUNCEMENTS).where(_ANNOUNCEMENTS.c.key == old).values(key=new))
    conn.execute(update(_DELIVERIES).where(_DELIVERIES.c.announcement == old).values(announcement=new))
    conn.execute(update(_APPROVALS).where(_APPROVALS.c.announcement == old).values(announcement=new))


def mark_broken(conn: Connection, keys: Iterable[str]) -> None:
    """These files have faults now; their old words must not go out."""
    conn.execute(
        update(_ANNOUNCEMENTS)
        .where(_ANNOUNCEMENTS.c.key.in_(list(keys)))
        .values(broken=True, missing_since=None, gone_at=None, held_back=False)
    )


def mark_missing(conn: Connection, keys: Iterable[str], now: datetime) -> None:
    """These files are not in the folder any more."""
    conn.execute(update(_ANNOUNCEMENTS).where(_ANNOUNCEMENTS.c.key.in_(list(keys))).values(missing_since=now))


def hold_back(conn: Connection, keys: Iterable[str], *, held: bool) -> None:
    """Send nothing of these missing files meanwhile, or do."""
    conn.execute(update(_ANNOUNCEMENTS).where(_ANNOUNCEMENTS.c.key.in_(list(keys))).values(held_back=held))


def mark_gone(conn: Connection, keys: Iterable[str], now: datetime) -> None:
    """These files have been missing for long enough."""
    conn.execute(update(_ANNOUNCEMENTS).where(_ANNOUNCEMENTS.c.key.in_(list(keys))).values(gone_at=now))


def mark_edited_after(conn: Connection, key: str, *, edited: bool) -> None:
    """The file says something else than what has gone out of it, or the same again."""
    conn.execute(update(_ANNOUNCEMENTS).where(_ANNOUNCEMENTS.c.key == key).values(edited_after=edited))


_FAULTY = "faulty_files"


def note_faulty(conn: Connection, files: Mapping[str, int], now: datetime) -> None:
    """Keep which files had how many faults when the queue was read last."""
    written = json.dumps(files, ensure_ascii=False)
    if (meta.get(conn, _FAULTY) or "{}") != written:
        meta.put(conn, _FAULTY, written, now)


def faulty(conn: Connection) -> Mapping[str, int]:
    """Return the files that have faults, and how many each."""
    found: Mapping[str, int] = json.loads(meta.get(conn, _FAULTY) or "{}")
    return found


def edited_after(conn: Connection) -> tuple[str, ...]:
    """Return the files that say something else than what has gone out of them."""
    there = and_(_ANNOUNCEMENTS.c.edited_after.is_(True), _ANNOUNCEMENTS.c.gone_at.is_(None))
    return tuple(conn.execute(select(_ANNOUNCEMENTS.c.file).where(there).order_by(_ANNOUNCEMENTS.c.file)).scalars())


def contacts(conn: Connection) -> Mapping[str, str]:
    """Return who is to hear of an announcement's failures, by key."""
    rows = conn.execute(
        select(_ANNOUNCEMENTS.c.key, _ANNOUNCEMENTS.c.contact).where(_ANNOUNCEMENTS.c.contact.is_not(None))
    )
    return {row.key: row.contact for row in rows}


def _values(content: Content) -> dict[str, str | None]:
    return {name: getattr(content, name) for name in Content.__dataclass_fields__}
