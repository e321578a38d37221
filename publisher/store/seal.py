"""Tells a database that was put back from a copy, or that lost its write-ahead log: beside it stands what it must know at least.

Beside it stand the moment at which it was last in use and the number of the last attempt. Both are written into the database first, so
what stands here can be newer only if the database is an older one. What fell due in between may have gone out already: it is looked for,
never sent blindly.

Where this note came back together with the database (a snapshot of the whole machine) or is missing, nothing can be told. So after any
pause in its use the accounts are looked at before anything is sent, back to when the pause began.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, and_, exists, or_, update

from publisher.model import State
from publisher.store import meta
from publisher.store.deliveries import last_attempt
from publisher.store.engine import Store
from publisher.store.models import AccountRow, DeliveryRow, StepRow

_LOG = logging.getLogger("tiedote.store")

HEARTBEAT = "heartbeat"
_DELIVERIES = DeliveryRow.__table__  # type: ignore[attr-defined]
_ACCOUNTS = AccountRow.__table__  # type: ignore[attr-defined]
_STEPS = StepRow.__table__  # type: ignore[attr-defined]

_BETWEEN = timedelta(seconds=30)
"""The moment is noted every 20 seconds; something may have gone out after the last time."""

_A_PAUSE = timedelta(minutes=10)
"""A restart and a run by cron are no pauses in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The time that a restored database knows nothing of."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What stands beside the database: when it was last in use, its last attempt and when that was."""

    used_at: datetime
    attempt: int
    attempted_at: datetime

    def written(self) -> str:
        """Return it as the file's text."""
        return (
            f"{self.used_at.astimezone(UTC).isoformat()} {self.attempt} {self.attempted_at.astimezone(UTC).isoformat()}"
        )


class Seal:
    """The note beside the database. Thread-safe."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Stand beside a SQLite file; for a server, in `folder`."""
        self._store = store
        name = store.path.name if store.path else "database"
        self._path = (store.path.parent if store.path else folder) / f"{name}.seal"
        self._lock = threading.Lock()
        self._note: _Note | None = None

    def set(self, now: datetime, who: str) -> None:
        """Note that the database is in use now, inside it and beside it."""
        with self._lock:
            with self._store.write() as conn:
                meta.put(conn, HEARTBEAT, who, now)
                attempt = last_attempt(conn)
            self._write(_Note(used_at=now, attempt=attempt, attempted_at=now))

    def attempted(self, attempt: int, now: datetime) -> None:
        """Note an attempt that is committed, before its request is sent."""
        with self._lock:
            last = self._note or self._read()
            if last is not None and attempt > last.attempt:
                self._write(_Note(used_at=last.used_at, attempt=attempt, attempted_at=now))

    def lost(self) -> Lost | None:
        """Return what time the database lost, if it is a restored one. A new database lost nothing: it looks at each account anyway."""
        beside = self._read()
        if beside is None:
            return None
        with self._store.read() as conn:
            inside = meta.written_at(conn, HEARTBEAT)
            attempt = last_attempt(conn)
        if inside is None or (inside >= beside.used_at and attempt >= beside.attempt):
            return None
        return Lost(since=inside, until=max(beside.used_at, beside.attempted_at) + _BETWEEN)

    def paused_since(self, now: datetime) -> datetime | None:
        """Return since when the database was not in use, if that is long ago or nothing beside it says so; None: it was in use."""
        with self._store.read() as conn:
            inside = meta.written_at(conn, HEARTBEAT)
        if inside is None or (self._read() is not None and now - inside < _A_PAUSE):
            return None
        return inside

    def _read(self) -> _Note | None:
        try:
            used_at, attempt, attempted_at = self._path.read_text(encoding="ascii").split()
            return _Note(
                used_at=datetime.fromisoformat(used_at),
                attempt=int(attempt),
                attempted_at=datetime.fromisoformat(attempted_at),
            )
        except (OSError, ValueError):
            return None

    def _write(self, note: _Note) -> None:
        partial = self._path.with_name(self._path.name + ".partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(note.written(), encoding="ascii")
            partial.replace(self._path)
        except OSError as error:
            # A full disk. An older note only tells less; the database itself says more loudly that there is no room.
            _LOG.warning("the note beside the database could not be written: %s", error.strerror)
            return
        self._note = note


def doubt_what_was_due(conn: Connection, lost: Lost, now: datetime) -> int:
    """Put what fell due in the lost time into doubt, and what was to follow a post that was out. Return how many.

    Every account is looked at anew before anything is sent.
    """
    conn.execute(update(_ACCOUNTS).values(looked_at=None))
    later = _STEPS.alias()
    is_last = ~exists().where(later.c.delivery_id == _STEPS.c.delivery_id, later.c.n > _STEPS.c.n)
    follows = exists().where(_STEPS.c.delivery_id == _DELIVERIES.c.id, _STEPS.c.commits.is_(True), is_last)
    to_come = and_(_DELIVERIES.c.remote_id.is_(None), _DELIVERIES.c.due_at <= lost.until)
    begun = and_(_DELIVERIES.c.remote_id.is_not(None), follows)
    open_ = or_(_DELIVERIES.c.state == State.SCHEDULED, _DELIVERIES.c.state == State.RETRYING)
    return conn.execute(
        update(_DELIVERIES)
        .where(open_, or_(to_come, begun))
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
