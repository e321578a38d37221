"""Single values: pauses, the daemon's heartbeat, keys."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, select

from publisher.store.models import MetaRow
from publisher.store.upsert import insert_for

_META = MetaRow.__table__  # type: ignore[attr-defined]
EVERYWHERE = "*"


def get(conn: Connection, key: str) -> str | None:
    """Return a value, or None."""
    return conn.execute(select(_META.c.value).where(_META.c.key == key)).scalar_one_or_none()


def put(conn: Connection, key: str, value: str, now: datetime) -> None:
    """Set a value."""
    row = insert_for(conn, _META).values(key=key, value=value, at=now)
    conn.execute(row.on_conflict_do_update(index_elements=[_META.c.key], set_={"value": value, "at": now}))


def claim(conn: Connection, key: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take a lease until `until`, unless somebody else has one that is not over; tells whether it was taken."""
    row = insert_for(conn, _META).values(key=key, value=owner, at=until)
    mine = row.on_conflict_do_update(
        index_elements=[_META.c.key], set_={"value": owner, "at": until}, where=_META.c.at <= now
    )
    return conn.execute(mine.returning(_META.c.key)).first() is not None


def let_go(conn: Connection, key: str, owner: str) -> None:
    """Give a lease back, if it is still `owner`'s."""
    conn.execute(delete(_META).where(_META.c.key == key, _META.c.value == owner))


def drop(conn: Connection, key: str) -> None:
    """Forget a value."""
    conn.execute(delete(_META).where(_META.c.key == key))


def written_at(conn: Connection, key: str) -> datetime | None:
    """Return when a value was last set."""
    return conn.execute(select(_META.c.at).where(_META.c.key == key)).scalar_one_or_none()


def pause(conn: Connection, organisation: str | None, now: datetime) -> None:
    """Stop publishing for one organisation, or for all."""
    put(conn, f"paused:{organisation or EVERYWHERE}", "yes", now)


def resume(conn: Connection, organisation: str | None) -> bool:
    """Go on publishing; tell whether it had been stopped. Without an organisation every pause ends."""
    where = (
        _META.c.key == f"paused:{organisation}" if organisation else _META.c.key.startswith("paused:", autoescape=True)
    )
    return bool(conn.execute(delete(_META).where(where)).rowcount)


def paused(conn: Connection) -> frozenset[str]:
    """Return the organisations whose publishing is stopped; `EVERYWHERE` stands for all."""
    keys = conn.execute(select(_META.c.key).where(_META.c.key.startswith("paused:", autoescape=True))).scalars()
    return frozenset(key.removeprefix("paused:") for key in keys)


def secret_key(conn: Connection, name: str, now: datetime) -> bytes:
    """Return a random key of this database, made at its first use; of several that make it at once, the first one counts."""
    known = get(conn, f"key:{name}")
    if known is None:
        row = insert_for(conn, _META).values(key=f"key:{name}", value=secrets.token_hex(32), at=now)
        conn.execute(row.on_conflict_do_nothing())
        known = get(conn, f"key:{name}")
    return bytes.fromhex(known or "")
