"""A database in use, of the version before posts that are out could be changed, comes up to this one with all that is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Numeric, Table, select, text
from sqlalchemy.types import TypeEngine

from channels.base import Usage
from publisher.model import State
from publisher.store import SchemaState, Store, accounts, budgets, migrate, schema_state
from publisher.store import deliveries as rows
from publisher.store.models import Table as Model
from tests.postgresql import Cluster

OLD = "0004"
NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
ROWS = len(State)
POST = {
    "text": "Hyvää päivää, Valtteri",
    "thread": [],
    "link": "https://example.fi/lupa",
    "title": None,
    "hashtags": ["Asiointi"],
    "pictures": [{"name": "talo.png", "path": "talo.png", "sha256": "ab" * 32, "alt": "Talo."}],
    "first_comment": "Lisää sivuilla.",
    "mentions": [{"start": 14, "length": 8, "address": "100"}],
    "comment_mentions": [],
}
"""A frozen post as that version wrote it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/tiedote.db"
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.create()
    yield cluster.url_of(name)
    cluster.drop(name)


BY_TYPE: dict[type[TypeEngine[Any]], Callable[[int], object]] = {
    Boolean: lambda n: n % 2 == 0,
    DateTime: lambda n: NOW + timedelta(hours=n),
    JSON: lambda n: {"n": n, "words": "päivää"},
    LargeBinary: lambda n: bytes([n]) * 3,
    Integer: lambda n: n,
    Numeric: lambda n: n,
}


def a_value(column: Column[Any], n: int) -> object:
    """Something of the column's type for the nth row; no two rows have the same."""
    if column.foreign_keys or column.name == "id":
        return n
    told = {"state": list(State)[n - 1].value, "channel": "facebook", "post": POST}
    if column.table.name == "deliveries" and column.name in told:
        return told[column.name]
    makes = (make for kind, make in BY_TYPE.items() if isinstance(column.type, kind))
    return next(makes, f"{column.name} {{}} ä".format)(n)


def read(store: Store, tables: list[Table]) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }


def test_a_filled_database_keeps_every_row_and_is_used_on(url: str) -> None:
    """A delivery in every state, and rows in every other table: not a value is another afterwards, and this version works with them."""
    store = Store(url)
    settings = Config()
    settings.set_main_option("script_location", "publisher.store:migrations")
    with store.write() as conn:
        settings.attributes["connection"] = conn
        command.upgrade(settings, OLD)
        known = MetaData()
        known.reflect(conn)
        tables = [table for table in known.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            values = [{column.name: a_value(column, n) for column in table.columns} for n in range(1, ROWS + 1)]
            conn.execute(table.insert(), values)
            if not store.is_sqlite and "id" in table.columns:
                sequence = conn.scalar(select(text(f"pg_get_serial_sequence('{table.name}', 'id')")))
                conn.execute(text(f"SELECT setval('{sequence}', {ROWS})"))
    before = read(store, tables)
    assert {len(kept) for kept in before.values()} == {ROWS}
    assert schema_state(store) is SchemaState.OLD

    migrate(store, NOW)

    assert schema_state(store) is SchemaState.CURRENT
    assert read(store, tables) == before
    with store.write() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), Model.metadata) == []
        if store.is_sqlite:
            assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert {one.state for one in rows.list_deliveries(conn)} == set(State)
        account = accounts.list_accounts(conn)[0].id
        budgets.note(conn, account, [Usage(name="x-app-usage", used=5)], NOW)
        assert [one.used for one in budgets.standing(conn, account, NOW)] == [5]
        out = next(one.id for one in rows.list_deliveries(conn) if one.state is State.PUBLISHED)
        assert rows.outside(conn, out).post.as_post().pictures[0].alt == "Talo."
        rows.ask_withdrawal(conn, out, "Aino", None, NOW)
        assert [change.by for change in rows.changes_of(conn, out)] == ["Aino"]
    store.close()
