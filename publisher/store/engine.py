"""The one door to the database.

SQLite: WAL, synchronous FULL (a lost intent after a power cut would be a double post), BEGIN IMMEDIATE for writers so that no
read-modify-write is lost or refused half-way, one writing connection a process behind a lock. Only the daemon's writer
checkpoints: two processes that checkpoint at once can corrupt SQLite before 3.51.3 (sqlite.org/wal.html#walresetbug, read
2026-11). PostgreSQL: ordinary transactions, `synchronous_commit` never off.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

_BUSY_MS = 10_000
_JOURNAL_LIMIT = 16 * 1024 * 1024


_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""SQLite's words for a file that cannot be used at this moment; its other ones are about the statement (sqlite.org/rescode.html)."""

_PG_DISK_FULL = "53100"


class StoreAway(Exception):
    """The database cannot be used at this moment: nothing of the transaction was kept, and the same may succeed later."""


class DiskFull(StoreAway):
    """There is no space left for the database."""


def utc(moment: datetime) -> datetime:
    """Refuse a naive time, turn every other into UTC."""
    if moment.tzinfo is None:
        message = "a naive time reached the store"
        raise ValueError(message)
    return moment.astimezone(UTC)


class Store:
    """A database and the rules by which it is read and written. Thread-safe."""

    def __init__(self, url: str) -> None:
        """Open lazily."""
        self.url = _real(make_url(url))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = threading.Lock()
        self._checkpoints = False
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self._reader = _sqlite_engine(self.url, writes=False, checkpoints=lambda: False)
            self._writer = _sqlite_engine(self.url, writes=True, checkpoints=lambda: self._checkpoints)
        else:
            self._reader = self._writer = _postgresql_engine(self.url)

    @property
    def path(self) -> Path | None:
        """The database's file, if it is one."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def checkpoint(self, *, on: bool) -> None:
        """Let this process's writer checkpoint, or not any more: only while it holds the daemon's lock."""
        if self.is_sqlite:
            with self._lock:
                self._checkpoints = on
                self._writer.dispose()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one consistent view; nothing written in it is kept. Raises StoreAway."""
        with told_apart(), self._reader.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that is durable once the block has ended without an exception. Raises StoreAway."""
        lock = self._lock if self.is_sqlite else contextlib.nullcontext()
        with told_apart(), lock, self._writer.begin() as connection:
            yield connection

    def tidy(self) -> None:
        """Bring what is written so far into the SQLite file itself, out of its write-ahead log; waits for nobody."""
        if self.is_sqlite:
            with self._lock, self._writer.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def rewrite(self) -> bool:
        """Write the database anew, so that no piece of what was erased is left in its file or its log.

        False: a reader is in the way, try again. Only for whoever holds the daemon's lock. Takes a second for each few hundred megabytes,
        and as much room again. A PostgreSQL server is asked to clear what nobody sees any more; it overwrites nothing, and its own logs and
        copies are beyond us. Raises StoreAway.
        """
        with told_apart(), self._lock, self._writer.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if not self.is_sqlite:
                connection.rollback()
                driver.autocommit = True
                try:
                    driver.execute("VACUUM comments")
                finally:
                    driver.autocommit = False
                return True
            try:
                driver.execute("VACUUM")
                busy, _log, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as error:
                raise (_away(error) or StoreAway)(str(error)) from error
            return not busy

    @property
    def checkpoints(self) -> bool:
        """Whether this process holds the daemon's lock, and may bring the log into the file."""
        return self._checkpoints or not self.is_sqlite

    @contextlib.contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """Give a transaction that may write, and of which nothing is kept."""
        with (
            told_apart(),
            self._lock if self.is_sqlite else contextlib.nullcontext(),
            self._writer.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            transaction.rollback()

    def close(self) -> None:
        """Give all connections back."""
        self._reader.dispose()
        self._writer.dispose()


def _real(url: URL) -> URL:
    """Follow links to a SQLite file: what lies beside it (lock, seal, copies) must be the same whichever path it is named by."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=str(Path(url.database).resolve()))


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24, hide_parameters=True)

    def insist(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        # A server may be set to answer before a commit is on its disk. A lost intent would be a double post.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()

    event.listen(engine, "connect", insist)
    return engine


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Name what passes by itself: raises StoreAway. Every other error is a fault of ours."""
    try:
        yield
    except OperationalError as error:
        away = _away(error.orig)
        if away is None:
            raise
        raise away(" ".join(str(error.orig).split())) from error


def _away(error: BaseException | None) -> type[StoreAway] | None:
    if not isinstance(error, sqlite3.OperationalError):
        # psycopg's OperationalError is about the server and the way to it, never about the statement (PEP 249).
        return DiskFull if getattr(error, "sqlstate", None) == _PG_DISK_FULL else StoreAway
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code not in _PASSING:
        return None
    return DiskFull if code == sqlite3.SQLITE_FULL else StoreAway


def _sqlite_engine(url: URL, *, writes: bool, checkpoints: Callable[[], bool]) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if writes else 4,
        max_overflow=0 if writes else 28,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
        hide_parameters=True,  # an error that quotes a statement must not quote what residents wrote
    )

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute(f"PRAGMA journal_size_limit={_JOURNAL_LIMIT}")
        if not checkpoints():
            cursor.execute("PRAGMA wal_autocheckpoint=0")
        cursor.close()

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine
