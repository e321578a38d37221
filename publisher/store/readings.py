"""Up to when the comments of each post have been read: what outlives a restart, so that nothing is read twice or never."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from publisher.store.models import ReadingRow
from publisher.store.upsert import insert_for

_READINGS = ReadingRow.__table__  # type: ignore[attr-defined]
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that was written before `news_at` is stored. `whole_at`: when every comment was last looked at; None: never."""

    news_at: datetime
    whole_at: datetime | None


def of_posts(conn: Connection, delivery_ids: Sequence[int]) -> Mapping[int, Reading]:
    """Return how far these posts have been read; one that never was is left out."""
    found: dict[int, Reading] = {}
    for start in range(0, len(delivery_ids), _BATCH):
        some = delivery_ids[start : start + _BATCH]
        rows = conn.execute(select(_READINGS).where(_READINGS.c.delivery_id.in_(some)))
        found |= {row.delivery_id: Reading(news_at=row.news_at, whole_at=row.whole_at) for row in rows}
    return found


def note(conn: Connection, read: Iterable[tuple[int, bool]], now: datetime) -> None:
    """Note which posts were read, from `now` on back, and whether every comment of theirs was looked at."""
    rows = [{"delivery_id": post, "news_at": now, "whole_at": now if whole else None} for post, whole in read]
    if not rows:
        return
    statement = insert_for(conn, _READINGS)
    new = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["delivery_id"],
            set_={"news_at": new.news_at, "whole_at": func.coalesce(new.whole_at, _READINGS.c.whole_at)},
        ),
        rows,
    )
