"""The database: tables, and every query as a function named by its intent."""

from __future__ import annotations

from sqlalchemy import Connection

from publisher.store.engine import DiskFull, Store, StoreAway, utc
from publisher.store.lock import DaemonLock
from publisher.store.migrate import DatabaseProblem, SchemaState, check_integrity, migrate, schema_state

__all__ = [
    "Connection",
    "DaemonLock",
    "DatabaseProblem",
    "DiskFull",
    "SchemaState",
    "Store",
    "StoreAway",
    "check_integrity",
    "migrate",
    "schema_state",
    "utc",
]
