"""What is left of each network's allowances: one account of it for all processes that use the same database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Insert, Select, bindparam, case, func, or_, select

from channels.base import Pays, Usage
from publisher.budget import Budget, ends_at
from publisher.store.models import BudgetRow
from publisher.store.upsert import insert_in

_BUDGETS = BudgetRow.__table__  # type: ignore[attr-defined]
_NOW = bindparam("now", type_=_BUDGETS.c.ends_at.type)


def note(conn: Connection, account_id: int, usages: Iterable[Usage], now: datetime) -> None:
    """Keep what was learnt: a network's own figure takes the place of what was known, calls of ours are added."""
    for usage in usages:
        conn.execute(
            _noting(conn.dialect.name, adds=usage.window is not None),
            {
                "account_id": account_id,
                "name": usage.name,
                "pays": usage.pays,
                "used": usage.used,
                "size": usage.size,
                "shared": usage.shared,
                "announced": usage.window is not None or usage.fresh_in is not None,
                "ends_at": ends_at(usage, now),
                "now": now,
            },
        )


@cache
def _noting(dialect: str, *, adds: bool) -> Insert:
    columns = ("account_id", "name", "pays", "used", "size", "shared", "announced", "ends_at")
    row = insert_in(dialect, _BUDGETS).values({name: bindparam(name) for name in columns})
    before = case((_BUDGETS.c.ends_at > _NOW, _BUDGETS.c.used), else_=0) if adds else 0
    new = row.excluded
    return row.on_conflict_do_update(
        index_elements=[_BUDGETS.c.account_id, _BUDGETS.c.name],
        set_={
            "pays": new.pays,
            "used": new.used + before,
            "size": new.size,
            "shared": new.shared,
            "announced": new.announced,
            "ends_at": new.ends_at,
        },
    )


def _standing() -> Select[tuple[str, str, float, float, datetime, bool]]:
    """Build the query once: it is asked after every answer of a network."""
    every = _BUDGETS.alias("every")
    account_id = bindparam("account_id", type_=_BUDGETS.c.account_id.type)
    spent = (
        select(func.sum(every.c.used))
        .where(
            every.c.name == _BUDGETS.c.name,
            every.c.ends_at > _NOW,
            or_(every.c.account_id == account_id, every.c.shared.is_(True)),
        )
        .scalar_subquery()
    )
    return select(
        _BUDGETS.c.name,
        _BUDGETS.c.pays,
        spent.label("used"),
        _BUDGETS.c.size,
        _BUDGETS.c.ends_at,
        _BUDGETS.c.announced,
    ).where(_BUDGETS.c.account_id == account_id, _BUDGETS.c.ends_at > _NOW)


_STANDING = _standing()


def standing(conn: Connection, account_id: int, now: datetime) -> tuple[Budget, ...]:
    """Return the account's budgets whose windows have not ended, with what other accounts spent of those that are shared."""
    rows = conn.execute(_STANDING, {"account_id": account_id, "now": now})
    return tuple(
        Budget(
            name=row.name,
            pays=Pays(row.pays),
            used=int(row.used),
            size=row.size,
            ends_at=row.ends_at,
            announced=row.announced,
        )
        for row in rows
    )
