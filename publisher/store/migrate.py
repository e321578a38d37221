"""Migrations: old or new schema, never between; a copy of the file before every change.

SQLite's DDL is transactional as long as our own BEGIN IMMEDIATE opens the transaction, so a process killed in a migration
leaves the old schema.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from publisher.store.engine import Store

HEAD = "0004"
"""The newest migration; a test holds it against the folder."""

_KEPT_COPIES = 5


class SchemaState(StrEnum):
    """How a database stands to this version of the program."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"


class DatabaseProblem(Exception):
    """The database cannot be used as it is: not a database, damaged, or of a newer version."""

    def __init__(self, code: str, detail: str) -> None:
        """`code`: not_a_database, damaged, newer or unreachable."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def schema_state(store: Store) -> SchemaState:
    """Tell whether the database is empty, older, current or newer. Raises DatabaseProblem."""
    try:
        with store.read() as conn:
            tables = set(inspect(conn).get_table_names())
            if "alembic_version" not in tables:
                if tables:
                    raise DatabaseProblem("not_a_database", str(store.path or store.url.database))
                return SchemaState.EMPTY
            version = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "malformed" in str(error.orig):
            raise DatabaseProblem("damaged", str(store.path)) from error
        if isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error.orig):
            raise DatabaseProblem("not_a_database", str(store.path)) from error
        raise DatabaseProblem("unreachable", " ".join(str(error.orig).split())) from error
    if version is None:
        return SchemaState.EMPTY
    if version == HEAD:
        return SchemaState.CURRENT
    return SchemaState.OLD if version < HEAD else SchemaState.NEWER


def migrate(store: Store, now: datetime) -> Path | None:
    """Bring the schema to this version; return where the copy of the old file lies, if one was made. Raises DatabaseProblem."""
    state = schema_state(store)
    if state is SchemaState.CURRENT:
        return None
    if state is SchemaState.NEWER:
        raise DatabaseProblem("newer", str(store.path or store.url.database))
    copy = _copy(store, now) if state is SchemaState.OLD else None
    # Alembic takes 0.3 s to import; a current database never needs it.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "publisher.store:migrations")
    with store.write() as conn:
        settings.attributes["connection"] = conn
        command.upgrade(settings, "head")
    return copy


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
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    with store.engine.connect() as conn:
        driver = conn.connection.driver_connection
        if driver is None:
            return None
        driver.execute("VACUUM INTO ?", (str(partial),))
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.rename(target)
    for old in sorted(path.parent.glob(f"{path.name}.before-*"))[:-_KEPT_COPIES]:
        old.unlink()
    return target
