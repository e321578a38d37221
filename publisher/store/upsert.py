"""INSERT … ON CONFLICT, which SQLite and PostgreSQL both speak and SQLAlchemy keeps in two dialects."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(conn: Connection, table: Table) -> sqlite.Insert:
    """An INSERT into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for this connection's database.

    The two dialects' constructs are alike in all that is used here; the type is SQLite's so that callers need no union.
    """
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)
