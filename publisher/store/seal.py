"""Tells a database that was restored from a copy: beside it stands when it was last written to.

The moment is written into the database first and beside it afterwards, so it can be newer here only if the database is an
older one. What fell due in between may have gone out already: it is looked for, never sent blindly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, or_, update

from publisher.model import State
from publisher.store import meta
from publisher.store.engine import Store
from publisher.store.models import AccountRow, DeliveryRow

HEARTBEAT = "heartbeat"
_DELIVERIES = DeliveryRow.__table__  # type: ignore[attr-defined]
_ACCOUNTS = AccountRow.__table__  # type: ignore[attr-defined]

_BETWEEN = timedelta(seconds=30)
"""The moment is noted every 20 seconds; something may have gone out after the last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The time that a restored database knows nothing of."""

    since: datetime
    until: datetime


class Seal:
    """The moment beside the database."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Stand beside a SQLite file; for a server, in `folder`."""
        self._store = store
        name = store.path.name if store.path else "database"
        self._path = (store.path.parent if store.path else folder) / f"{name}.seal"

    def set(self, now: datetime, who: str) -> None:
        """Note that the database is in use now, inside it and beside it."""
        with self._store.write() as conn:
            meta.put(conn, HEARTBEAT, who, now)
        partial = self._path.with_name(self._path.name + ".partial")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(now.astimezone(UTC).isoformat(), encoding="ascii")
        partial.replace(self._path)

    def lost(self) -> Lost | None:
        """Return what time the database lost, if it is a restored one. A new database lost nothing: it looks at each account anyway."""
        try:
            beside = datetime.fromisoformat(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        with self._store.read() as conn:
            inside = meta.written_at(conn, HEARTBEAT)
        return Lost(since=inside, until=beside + _BETWEEN) if inside is not None and inside < beside else None


def doubt_what_was_due(conn: Connection, lost: Lost, now: datetime) -> int:
    """Put what fell due in the lost time into doubt; look at every account anew before anything is sent. Return how many."""
    conn.execute(update(_ACCOUNTS).values(looked_at=None))
    open_ = or_(_DELIVERIES.c.state == State.SCHEDULED, _DELIVERIES.c.state == State.RETRYING)
    return conn.execute(
        update(_DELIVERIES)
        .where(open_, _DELIVERIES.c.remote_id.is_(None), _DELIVERIES.c.due_at <= lost.until)
        .values(
            state=State.CONFIRMING,
            doubt_since=lost.since,
            doubt_ended=now,
            ever_in_doubt=True,
            looks=0,
            absent_at=None,
            not_before=None,
            error_kind="restored",
            error_detail=None,
            token=_DELIVERIES.c.token + 1,
            updated_at=now,
        )
    ).rowcount
