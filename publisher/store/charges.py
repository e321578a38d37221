"""The ledger of what networks bill: by account, month (UTC) and item; what is read twice on a day is billed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, func, select

from channels.base import Charge
from publisher.pseudonyms import KEY, digest
from publisher.store import meta
from publisher.store.models import BilledRow, ChargeRow
from publisher.store.upsert import insert_for

_CHARGES = ChargeRow.__table__  # type: ignore[attr-defined]
_BILLED = BilledRow.__table__  # type: ignore[attr-defined]

_MICROS = 1_000_000
AccountKey = tuple[str, str, str]
"""Organisation, channel, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of an account's month."""

    account: AccountKey
    month: str
    item: str
    number: int
    dollars: Decimal


def month_of(moment: datetime) -> str:
    """Tell the month that a moment (in UTC) is billed in."""
    return f"{moment:%Y-%m}"


def note(conn: Connection, account: AccountKey, charge: Charge, price: Decimal, now: datetime) -> int:
    """Note what a network bills; of `resources` those that were not read today. Return how many were new."""
    count = _unread(conn, charge, now) if charge.resources else charge.count
    if count:
        organisation, channel, name = account
        micros = int(price * count * _MICROS)
        row = insert_for(conn, _CHARGES).values(
            organisation=organisation,
            channel=channel,
            account=name,
            month=month_of(now),
            item=charge.item,
            number=count,
            micros=micros,
        )
        keys = ["organisation", "channel", "account", "month", "item"]
        more = {"number": _CHARGES.c.number + count, "micros": _CHARGES.c.micros + micros}
        conn.execute(row.on_conflict_do_update(index_elements=keys, set_=more))
    return count


def _unread(conn: Connection, charge: Charge, now: datetime) -> int:
    today, yesterday = now.date().isoformat(), (now - timedelta(days=1)).date().isoformat()
    conn.execute(delete(_BILLED).where(_BILLED.c.day < yesterday))
    new = insert_for(conn, _BILLED).on_conflict_do_nothing(index_elements=["payer", "day", "item", "resource"])
    # As hashes: a comment's id leads to whoever wrote it, who may have been forgotten here.
    key = meta.secret_key(conn, KEY, now)
    rows = [
        {"payer": charge.payer, "day": today, "item": charge.item, "resource": digest(key, 0, resource)}
        for resource in dict.fromkeys(charge.resources)
    ]
    return sum(conn.execute(new.values(row).returning(_BILLED.c.resource)).first() is not None for row in rows)


def spent(conn: Connection, month: str) -> Mapping[AccountKey, Decimal]:
    """Return what each account was billed in a month; an account that was billed nothing is missing."""
    total = func.sum(_CHARGES.c.micros).label("micros")
    keys = (_CHARGES.c.organisation, _CHARGES.c.channel, _CHARGES.c.account)
    rows = conn.execute(select(*keys, total).where(_CHARGES.c.month == month).group_by(*keys))
    return {(row.organisation, row.channel, row.account): Decimal(int(row.micros)) / _MICROS for row in rows}


def bill(conn: Connection, month: str) -> tuple[Line, ...]:
    """Return a month's items, account by account."""
    rows = conn.execute(
        select(_CHARGES)
        .where(_CHARGES.c.month == month, _CHARGES.c.number != 0)
        .order_by(_CHARGES.c.organisation, _CHARGES.c.channel, _CHARGES.c.account, _CHARGES.c.item)
    )
    return tuple(
        Line(
            account=(row.organisation, row.channel, row.account),
            month=row.month,
            item=row.item,
            number=row.number,
            dollars=Decimal(row.micros) / _MICROS,
        )
        for row in rows
    )
