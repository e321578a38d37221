"""A disk that is full while a file says so: SQLite itself refuses every commit, with the error that it has for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from publisher.store import Store

DISK_FULL = "disk-is-full"
"""While a file of this name stands beside the database, it can grow by no page."""


class FillingStore(Store):
    """A store whose disk is full while a file says so."""

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url, **more)
        event.listen(self.engine, "commit", self._fill)

    def _fill(self, conn: Connection) -> None:
        """Let SQLite itself refuse: no page more, and something that needs one."""
        if not is_full(self.path):
            return
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        try:
            conn.exec_driver_sql("CREATE TABLE ballast (weight BLOB)")
            conn.exec_driver_sql("INSERT INTO ballast VALUES (zeroblob(1000000))")
        finally:
            conn.exec_driver_sql("PRAGMA max_page_count=1073741823")


def is_full(database: Path | None) -> bool:
    """Tell whether there is room for this database."""
    return database is not None and database.with_name(DISK_FULL).exists()
