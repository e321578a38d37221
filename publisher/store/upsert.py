"""INSERT … ON CONFLICT, which SQLite and PostgreSQL both speak and SQLAlchemy keeps in two dialects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import repeat
from typing import cast

from sqlalchemy import Boolean, Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.sql.sqltypes import UTCDateTime


def insert_for(conn: Connection, table: Table) -> sqlite.Insert:
    """An INSERT into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for this connection's database.

    The two dialects' constructs are alike in all that is used here; the type is SQLite's so that callers need no union.
    """
    return insert_in(conn.dialect.name, table)


def insert_in(dialect: str, table: Table) -> sqlite.Insert:
    """The same, by the name of the database's dialect."""
    if dialect == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)


def write_many(
    conn: Connection,
    table: Table,
    statement: Insert,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    shared: Mapping[str, object],
) -> None:
    """Run an INSERT into `table` for many rows, whose values stand in the order of `names`; `shared` values are those of every row.

    SQLAlchemy prepares each value of each row by itself, which takes longer than SQLite does to store them. Here what SQLite is to get is
    made of the rows at once; the statement and what is done to a value stay SQLAlchemy's.
    """
    if not rows:
        return
    if conn.dialect.name != "sqlite":
        conn.execute(statement, [{**dict(zip(names, row, strict=True)), **shared} for row in rows])
        return
    written, order = _written(statement, (*names, *shared))
    columns: dict[str, Iterable[object]] = {
        name: _prepared(conn, table, name, column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    columns |= {name: repeat(_prepared(conn, table, name, [value])[0], len(rows)) for name, value in shared.items()}
    conn.exec_driver_sql(written, list(zip(*(columns[name] for name in order), strict=True)))


@cache
def _written(statement: Insert, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Write a statement out for SQLite, and tell which values it takes in which order; that takes as long as a hundred rows."""
    compiled = statement.compile(dialect=sqlite.dialect(), column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or ())


def _prepared(conn: Connection, table: Table, name: str, values: Sequence[object]) -> Sequence[object]:
    """Make of a column's values what the database takes."""
    make = table.c[name].type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    if make is None:
        return values
    if isinstance(table.c[name].type, Boolean):
        either = {value: make(value) for value in set(values)}
        return [either[value] for value in values]
    if isinstance(table.c[name].type, UTCDateTime):
        return [None if value is None else _moment(cast("datetime", value)) for value in values]
    return [make(value) for value in values]


def _moment(value: datetime) -> str:
    """Write a time as SQLAlchemy does for SQLite, in a fifth of the time."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[: len("2026-11-24 09:00:00.000000")]
