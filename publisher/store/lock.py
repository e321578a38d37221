"""One daemon a database: whoever holds this lock knows that every open claim belongs to a dead one."""

from __future__ import annotations

import fcntl
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from publisher.store.engine import Store, told_apart

_ADVISORY = 0x7469_6564
"""A number of our own for PostgreSQL's advisory locks ('tied')."""


_PLANNING = 0x7469_6565


def plan_alone(conn: Connection) -> None:
    """Let one transaction at a time compare the queue with the tables: a command may do so beside the daemon.

    SQLite has one writer anyway; on PostgreSQL two would both find a file new, and one of them would fail.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _PLANNING})


class DaemonLock:
    """Held by `run`; released by the operating system or the database when its holder dies."""

    def __init__(self, store: Store) -> None:
        """Nothing is locked yet."""
        self._store = store
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; never wait. Raises StoreAway."""
        return self._acquire_file() if self._store.is_sqlite else self._acquire_advisory()

    def release(self) -> None:
        """Give it back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            # Not back into the pool: the lock lasts as long as its session.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def held(self) -> bool:
        """Tell whether it is still ours. A server that was restarted has forgotten it: it is taken anew, unless another was faster."""
        if self._store.is_sqlite:
            return True
        if self._connection is not None and not _alive(self._connection):
            self._connection.close()
            self._connection = None
        return self._connection is not None or self._acquire_advisory()

    def _acquire_file(self) -> bool:
        path = self._store.path
        if path is None:
            return True
        handle = path.with_name(path.name + ".lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return False
        self._file = handle
        return True

    def _acquire_advisory(self) -> bool:
        with told_apart():
            connection = self._store.engine.connect()
            if connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _ADVISORY}).scalar():
                connection.commit()
                self._connection = connection
                return True
            connection.close()
        return False


def _alive(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
        connection.commit()
    except DatabaseError:
        connection.invalidate()
        return False
    return True
