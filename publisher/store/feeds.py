"""The items of the website's feeds: each is known for ever, so that none becomes a draft twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from publisher.store.models import FeedItemRow
from publisher.store.upsert import insert_for

_ITEMS = FeedItemRow.__table__  # type: ignore[attr-defined]  # SQLModel gives it at run time


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """An item. `item`: hash of its identity; `file`: the draft, None for one that was only noted."""

    organisation: str
    item: str
    title: str
    file: str | None


def known(conn: Connection, organisation: str, items: Iterable[str]) -> frozenset[str]:
    """Return which of these items an organisation had already."""
    here = select(_ITEMS.c.item).where(_ITEMS.c.organisation == organisation, _ITEMS.c.item.in_(list(items)))
    return frozenset(conn.execute(here).scalars())


def has_any(conn: Connection, feed: str) -> bool:
    """Tell whether a feed was read before."""
    return conn.execute(select(_ITEMS.c.id).where(_ITEMS.c.feed == feed).limit(1)).first() is not None


def note(conn: Connection, feed: str, item: FeedItem, now: datetime) -> None:
    """Note an item."""
    row = insert_for(conn, _ITEMS).values(
        feed=feed, organisation=item.organisation, item=item.item, title=item.title, file=item.file, at=now
    )
    conn.execute(row.on_conflict_do_nothing())
