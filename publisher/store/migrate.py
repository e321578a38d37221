"""Migrations: old or new schema, never between; a copy of the file before every change.

SQLite's DDL is transactional as long as our own BEGIN IMMEDIATE opens the transaction, so a process killed in a migration
leaves the old schema.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from publisher.store import meta
from publisher.store.copies import BadCopy, copy_without_words
from publisher.store.engine import Store, StoreAway

HEAD = "0015"
"""The newest migration; a test holds it against the folder."""

COPIES_KEPT = 5
_VERSIONS = "alembic_version"
_VERSION = "SELECT version_num FROM alembic_version"
_OURS = frozenset({_VERSIONS, "accounts", "announcements", "attempts", "deliveries", "meta"})
"""Tables that every version of Tiedote has. Other programs keep their version in a table of that name, too."""


class SchemaState(StrEnum):
    """How a database stands to this version of the program."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"


class DatabaseProblem(Exception):
    """The database cannot be used as it is: not a database, damaged, or of a newer version."""

    def __init__(self, code: str, detail: str) -> None:
        """`code`: not_a_database, damaged, newer, linked or unreachable."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def schema_state(store: Store) -> SchemaState:
    """Tell whether the database is empty, older, current or newer. Raises DatabaseProblem.

    A SQLite file is only read for it: one that is not ours is left as it is.
    """
    tables, version = _in_file(store.path) if store.path is not None else _on_server(store)
    where = str(store.path or store.url.database)
    if tables <= {_VERSIONS} and version is None:
        return SchemaState.EMPTY
    if version is None or not tables >= _OURS:
        raise DatabaseProblem("not_a_database", where)
    if version == HEAD:
        return SchemaState.CURRENT
    if version in revisions():
        return SchemaState.OLD
    if re.fullmatch(r"\d{4}", version) and version > HEAD:
        return SchemaState.NEWER
    raise DatabaseProblem("not_a_database", where)


def revisions() -> tuple[str, ...]:
    """Name this version's migrations, oldest first; without Alembic, which takes long to import."""
    folder = Path(__file__).parent / "migrations" / "versions"
    return tuple(sorted(path.name[:4] for path in folder.glob("[0-9]*.py")))


def _in_file(path: Path) -> tuple[set[str], str | None]:
    if not path.exists() or path.stat().st_size == 0:
        return set(), None
    if not path.is_file():
        raise DatabaseProblem("not_a_database", str(path))
    if path.stat().st_nlink > 1:
        # By another name the file has another write-ahead log and another lock: SQLite would damage it.
        raise DatabaseProblem("linked", str(path))
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10)) as conn:
            tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            found = conn.execute(_VERSION).fetchone() if _VERSIONS in tables else None
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error):
            raise DatabaseProblem("damaged", str(path)) from error
        if "not a database" in str(error):
            raise DatabaseProblem("not_a_database", str(path)) from error
        raise DatabaseProblem("unreachable", f"{path} ({error})") from error
    return tables - {"sqlite_sequence"}, str(found[0]) if found else None


def _on_server(store: Store) -> tuple[set[str], str | None]:
    try:
        with store.read() as conn:
            tables = set(inspect(conn).get_table_names())
            version = conn.execute(text(_VERSION)).scalar() if _VERSIONS in tables else None
    except StoreAway as error:
        raise DatabaseProblem("unreachable", str(error)) from error
    except DatabaseError as error:
        raise DatabaseProblem("unreachable", " ".join(str(error.orig).split())) from error
    return tables, version


def migrate(store: Store, now: datetime) -> Path | None:
    """Bring the schema to this version; return where the copy of the old file lies, if one was made.

    Raises DatabaseProblem, StoreAway.
    """
    state = schema_state(store)
    if state is SchemaState.CURRENT:
        return None
    if state is SchemaState.NEWER:
        raise DatabaseProblem("newer", str(store.path or store.url.database))
    copy = None
    if state is SchemaState.OLD:
        check_integrity(store)
        copy = _copy(store, now)
    # Alembic takes 0.3 s to import; a current database never needs it.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "publisher.store:migrations")
    with store.write() as conn:
        settings.attributes["connection"] = conn
        command.upgrade(settings, "head")
    if state is SchemaState.EMPTY:
        # A file without tables would look like a new one if its write-ahead log were lost.
        store.tidy()
    return copy


def why_unwritable(store: Store, now: datetime) -> str | None:
    """Write something harmless; return in the database's own words why that does not work, or None."""
    try:
        with store.write() as conn:
            meta.put(conn, "doctor", "", now)
    except (DatabaseError, StoreAway) as error:
        return str(getattr(error, "orig", None) or error)
    return None


def check_integrity(store: Store) -> None:
    """Look for damage in a SQLite file. Raises DatabaseProblem."""
    if not store.is_sqlite:
        return
    try:
        with store.read() as conn:
            answer = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except DatabaseError as error:
        raise DatabaseProblem("damaged", str(store.path)) from error
    if answer != "ok":
        raise DatabaseProblem("damaged", str(store.path))


def _copy(store: Store, now: datetime) -> Path | None:
    path = store.path
    if path is None:
        return None
    target = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    for unfinished in path.parent.glob(f"{path.name}.before-*.partial"):
        unfinished.unlink()
    try:
        copy_without_words(path, target)
    except BadCopy as error:
        raise DatabaseProblem("damaged", str(path)) from error
    for old in sorted(path.parent.glob(f"{path.name}.before-*"))[:-COPIES_KEPT]:
        old.unlink()
    return target
