"""What is left of each network's allowances: one account of it for all processes that use the same database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from channels.base import Pays, Usage
from publisher.budget import Budget, ends_at
from publisher.store.models import BudgetRow
from publisher.store.upsert import insert_for

_BUDGETS = BudgetRow.__table__  # type: ignore[attr-defined]


def note(conn: Connection, account_id: int, usages: Iterable[Usage], now: datetime) -> None:
    """Keep what was learnt: a network's own figure takes the place of what was known, calls of ours are added."""
    for usage in usages:
        row = insert_for(conn, _BUDGETS).values(
            account_id=account_id,
            name=usage.name,
            pays=usage.pays,
            used=usage.used,
            size=usage.size,
            shared=usage.shared,
            announced=usage.window is not None or usage.fresh_in is not None,
            ends_at=ends_at(usage, now),
        )
        new = row.excluded
        before = 0 if usage.window is None else case((_BUDGETS.c.ends_at > now, _BUDGETS.c.used), else_=0)
        conn.execute(
            row.on_conflict_do_update(
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
        )


def standing(conn: Connection, account_id: int, now: datetime) -> tuple[Budget, ...]:
    """Return the account's budgets whose windows have not ended, with what other accounts spent of those that are shared."""
    every = _BUDGETS.alias("every")
    spent = (
        select(func.sum(every.c.used))
        .where(
            every.c.name == _BUDGETS.c.name,
            every.c.ends_at > now,
            or_(every.c.account_id == account_id, every.c.shared.is_(True)),
        )
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            _BUDGETS.c.name,
            _BUDGETS.c.pays,
            spent.label("used"),
            _BUDGETS.c.size,
            _BUDGETS.c.ends_at,
            _BUDGETS.c.announced,
        ).where(_BUDGETS.c.account_id == account_id, _BUDGETS.c.ends_at > now)
    )
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
