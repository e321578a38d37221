"""Copies of a SQLite database that residents' words are left out of, and what may stand in its place.

Words come back from the networks: after a copy was put in place, the next full reading fills in what is still there and may be kept. So a
copy need not hold them, and nobody has to clean copies when a person is to be forgotten or a network's time is up.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Collection
from contextlib import closing
from datetime import datetime
from pathlib import Path

from publisher.store.engine import DiskFull

BACKUPS_KEPT = 14

_EMPTY = "text = NULL, author_name = NULL, author_key = NULL, url = NULL"
_WORDS = "NOT own AND (text IS NOT NULL OR author_name IS NOT NULL OR author_key IS NOT NULL OR url IS NOT NULL)"


class BadCopy(Exception):
    """A file is not a whole database of Tiedote; the text says why."""


def copy_without_words(
    source: Path, target: Path, *, without: Collection[str] = (), knowing: Path | None = None
) -> None:
    """Copy a database, whole or not at all, without residents' words and what leads to them: pseudonyms, names, addresses.

    `without`: comments, by the network's ids, that are left out. `knowing`: the database whose forgotten people the copy is to know as
    well, so that they stay forgotten when it is put back. Raises DiskFull, BadCopy, OSError.
    """
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    # Nobody may read it who may not read the database.
    partial.touch(mode=stat.S_IMODE(source.stat().st_mode) & 0o600)
    try:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=10)) as conn:
            conn.execute("VACUUM INTO ?", (str(partial),))
        with closing(sqlite3.connect(partial, isolation_level=None)) as conn:
            # Until it has its name the copy may break: then there is none. So no journal is written that would hold the words.
            conn.execute("PRAGMA journal_mode=OFF")
            conn.execute("PRAGMA secure_delete=ON")
            _leave_out(conn, without)
            if knowing is not None:
                _take_over(conn, knowing)
            conn.execute("VACUUM")
        verify(partial)
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.replace(target)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull(str(error)) from error
        raise BadCopy(f"{source}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise BadCopy(f"{source}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _leave_out(conn: sqlite3.Connection, without: Collection[str]) -> None:
    if not _has(conn, "comments"):
        return
    conn.execute(f"UPDATE comments SET {_EMPTY} WHERE {_WORDS}")  # noqa: S608 - our own words
    for remote_id in without:
        conn.execute("DELETE FROM comments WHERE remote_id = ?", (remote_id,))
        conn.execute("UPDATE comments SET parent_remote_id = NULL WHERE parent_remote_id = ?", (remote_id,))
        if _has(conn, "replies"):
            conn.execute(
                "UPDATE replies SET comment_remote_id = 'forgotten:' || id WHERE comment_remote_id = ?", (remote_id,)
            )
            conn.execute("UPDATE replies SET parent_remote_id = NULL WHERE parent_remote_id = ?", (remote_id,))


def _take_over(conn: sqlite3.Connection, knowing: Path) -> None:
    if _has(conn, "forgotten"):
        conn.execute("ATTACH ? AS here", (str(knowing),))
        conn.execute("INSERT OR IGNORE INTO forgotten SELECT digest, at FROM here.forgotten")
        conn.execute("DETACH here")


def verify(path: Path) -> str:
    """Open a copy and read it through; return the version of its schema. Raises BadCopy."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as conn:
            answer = str(conn.execute("PRAGMA integrity_check(1)").fetchone()[0])
            found = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadCopy(f"{path}: {error}") from error
    if answer != "ok" or found is None:
        raise BadCopy(f"{path}: {answer}")
    return str(found[0])


def must_be_cleaned(path: Path, without: Collection[str] = ()) -> bool:
    """Tell whether a copy has residents' words, as those of earlier versions do, or any of these comments. Raises BadCopy."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as conn:
            if not _has(conn, "comments"):
                return False
            query = f"SELECT 1 FROM comments WHERE {_WORDS} LIMIT 1"  # noqa: S608 - our own words
            if conn.execute(query).fetchone() is not None:
                return True
            one = "SELECT 1 FROM comments WHERE remote_id = ?"
            return any(conn.execute(one, (remote_id,)).fetchone() is not None for remote_id in without)
    except sqlite3.DatabaseError as error:
        raise BadCopy(f"{path}: {error}") from error


def _has(conn: sqlite3.Connection, table: str) -> bool:
    return conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def copies_of(database: Path, backups: Path) -> tuple[Path, ...]:
    """Name every copy that we made of a database: before a migration or a restoring, and backups."""
    beside = [one for one in database.parent.glob(f"{database.name}.before-*") if one.suffix != ".partial"]
    return tuple(sorted([*beside, *backups.glob("tiedote-*.db")]))


def unfinished_of(database: Path, backups: Path) -> tuple[Path, ...]:
    """Name what a death may have left of copies that were being made: residents' words stand in it, and nothing takes it up."""
    beside = database.parent.glob(f"{database.name}.*partial")
    return tuple(sorted([*beside, *backups.glob("tiedote-*.db.partial")]))


def back_up(database: Path, folder: Path, now: datetime) -> Path:
    """Make a copy named after the moment, read it through, and keep the newest `BACKUPS_KEPT`. Raises DiskFull, BadCopy, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"tiedote-{now:%Y%m%dT%H%M%S}.db"
    copy_without_words(database, target)
    for old in sorted(folder.glob("tiedote-*.db"))[:-BACKUPS_KEPT]:
        old.unlink()
    return target


def put_back(copy: Path, database: Path, now: datetime) -> Path | None:
    """Put a copy in the database's place; return where the database lies that was there. Nobody may have it open.

    What was there stays beside it, with its log, for it may be the only one that has something. Raises DiskFull, BadCopy, OSError.
    """
    partial = database.with_name(database.name + ".partial")
    database.parent.mkdir(parents=True, exist_ok=True)
    copy_without_words(copy, partial)
    kept = _set_aside(database, now)
    partial.replace(database)
    return kept


def _set_aside(database: Path, now: datetime) -> Path | None:
    if not database.exists():
        return None
    kept = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%S}")
    try:
        copy_without_words(database, kept)
    except BadCopy:
        # Damaged: it cannot be read, and so not be cleaned either.
        database.replace(kept)
        log = database.with_name(database.name + "-wal")
        if log.exists():
            log.replace(kept.with_name(kept.name + "-wal"))
    for end in ("", "-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    return kept
