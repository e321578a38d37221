"""A migration that is killed: the old schema or the new one, never something between, and a copy of the old database beside it."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.store import SchemaState, Store, migrate, schema_state
from publisher.store.migrate import HEAD, revisions
from tests.postgresql import Cluster

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)

VICTIM = """
import os, signal, sys
from datetime import datetime, UTC
from sqlalchemy import event
from publisher.store import Store, migrate

url, nth = sys.argv[1], int(sys.argv[2])
store = Store(url)
seen = 0

@event.listens_for(store.engine, "after_cursor_execute")
def executed(*_):
    global seen
    seen += 1
    if seen == nth:
        os.kill(os.getpid(), signal.SIGKILL)

migrate(store, datetime(2026, 12, 1, 7, 0, tzinfo=UTC))
print(seen)
"""


def migrate_and_die(url: str, nth: int) -> subprocess.CompletedProcess[str]:
    """Migrate in a process that kills itself after its nth statement."""
    return subprocess.run([sys.executable, "-c", VICTIM, url, str(nth)], capture_output=True, text=True, check=False)


def an_older_database(path: Path, revision: str) -> None:
    """A database as an earlier version left it, with a row."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "publisher.store:migrations")
    store = Store(f"sqlite:///{path}")
    with store.write() as conn:
        settings.attributes["connection"] = conn
        command.upgrade(settings, revision)
        conn.exec_driver_sql("INSERT INTO meta (key, value, at) VALUES ('tunnus', 'vanha', '2026-12-01 07:00:00')")
    store.close()


def schema_of(path: Path) -> list[str]:
    """The schema as SQLite keeps it, and the row that was there."""
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [sql for (sql,) in conn.execute("SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name")]


def points(statements: int) -> list[int]:
    """After the first statements, the last ones, and some between: each is a process of half a second."""
    return sorted({1, statements // 3, statements - 1, statements})


def test_a_first_start_that_is_killed_leaves_nothing_or_everything(tmp_path: Path) -> None:
    """Killed after any statement of the migrations that make the tables; the next start makes them, or finds them."""
    whole = int(migrate_and_die(f"sqlite:///{tmp_path}/koko.db", 0).stdout)
    assert whole > 10
    for nth in points(whole):
        path = tmp_path / f"{nth}.db"
        assert migrate_and_die(f"sqlite:///{path}", nth).returncode == -signal.SIGKILL
        assert_settled(path, {SchemaState.EMPTY, SchemaState.CURRENT})
        assert schema_of(path) == schema_of(tmp_path / "koko.db")


def assert_settled(path: Path, allowed: set[SchemaState]) -> None:
    """What the killed process left is one of these, and the next start brings it up to date."""
    store = Store(f"sqlite:///{path}")
    assert schema_state(store) in allowed
    migrate(store, NOW)
    assert schema_state(store) is SchemaState.CURRENT
    store.close()


@pytest.mark.parametrize("revision", sorted({revisions()[0], revisions()[-2]}))
def test_an_update_that_is_killed_leaves_the_old_or_the_new_and_a_copy(tmp_path: Path, revision: str) -> None:
    """From the first version and the one before this: old or new, whole, with the row in it, wherever it is killed."""
    original = tmp_path / "alku.db"
    an_older_database(original, revision)
    old = schema_of(original)
    (tmp_path / "koko").mkdir()
    complete = tmp_path / "koko" / "t.db"
    complete.write_bytes(original.read_bytes())
    whole = int(migrate_and_die(f"sqlite:///{complete}", 0).stdout)
    new = schema_of(complete)
    for nth in [1, whole // 2, whole]:
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = folder / "t.db"
        path.write_bytes(original.read_bytes())
        (folder / "t.db.before-20261130T070000.partial").write_bytes(b"killed while it was copied")
        assert migrate_and_die(f"sqlite:///{path}", nth).returncode == -signal.SIGKILL
        assert schema_of(path) in (old, new)
        assert_settled(path, {SchemaState.OLD, SchemaState.CURRENT})
        assert schema_of(path) == new
        for one in (path, *folder.glob("t.db.before-*")):
            with closing(sqlite3.connect(one)) as conn:
                assert conn.execute("SELECT value FROM meta WHERE key = 'tunnus'").fetchone() == ("vanha",)
        copies = list(folder.glob("t.db.before-*"))
        assert copies
        assert schema_of(copies[0]) == old
        assert copies[0].stat().st_mode & 0o077 == 0
        assert not list(folder.glob("*.partial"))


@pytest.fixture
def empty_postgresql(postgresql_cluster: Cluster) -> Iterator[str]:
    """An empty database on the server."""
    name = postgresql_cluster.create()
    yield postgresql_cluster.url_of(name)
    postgresql_cluster.drop(name)


def test_on_postgresql_a_migration_that_is_killed_leaves_nothing(empty_postgresql: str) -> None:
    """Its DDL is part of the transaction: no table is there, and the next start makes all."""
    assert migrate_and_die(empty_postgresql, 12).returncode == -signal.SIGKILL
    store = Store(empty_postgresql)
    assert schema_state(store) is SchemaState.EMPTY
    migrate(store, NOW)
    assert schema_state(store) is SchemaState.CURRENT
    store.close()


def test_the_newest_migration_is_the_one_that_the_program_asks_for() -> None:
    """The folder's last number is what a current database has."""
    assert revisions()[-1] == HEAD
