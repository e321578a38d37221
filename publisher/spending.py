"""The budgets of accounts at networks that bill, beside what the ledger says: what may still be sent and read, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from channels.base import Charge
from publisher import thrift
from publisher.config import Account, Config
from publisher.store import Connection, Store, StoreAway, charges
from publisher.store import deliveries as rows
from publisher.store.accounts import AccountState
from publisher.store.deliveries import Job
from publisher.store.notices import NoticeKind, raise_notice
from publisher.thrift import Purse


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What an account has spent in a month so far, in US dollars. `budget` None: it has none."""

    organisation: str
    channel: str
    account: str
    month: str
    spent: Decimal
    budget: Decimal | None


class Book:
    """Where charges are noted down; thread-safe. A database that is away stops no request: its charge is noted with the next one."""

    def __init__(self, store: Store, on_away: Callable[[StoreAway], None]) -> None:
        """`on_away` hears when the database is away."""
        self._store = store
        self._on_away = on_away
        self._lock = threading.Lock()
        self._open: list[tuple[charges.AccountKey, Charge, Decimal, datetime]] = []

    def note(self, account: charges.AccountKey, charge: Charge, price: Decimal, now: datetime) -> None:
        """Note what a network bills, at `price` for each."""
        with self._lock:
            self._open.append((account, charge, price, now))
            try:
                with self._store.write() as conn:
                    for one in self._open:
                        charges.note(conn, *one)
            except StoreAway as away:
                # It is between a request and its answer: an error here would be taken for a lost answer.
                self._on_away(away)
                return
            self._open.clear()


def purse_of(config: Config, account: Account) -> Purse | None:
    """Give an account's purse; None: it may spend what it takes, or is billed nothing."""
    return thrift.purse_of(account.monthly_budget, config.capabilities(account.channel))


def months(conn: Connection, config: Config, now: datetime) -> tuple[Month, ...]:
    """Tell what each account at a network that bills has spent in the month of `now`; nothing where nobody uses such a network."""
    month = charges.month_of(now)
    spent = charges.spent(conn, month)
    return tuple(
        Month(
            organisation=account.organisation,
            channel=account.channel,
            account=account.name,
            month=month,
            spent=spent.get((account.organisation, account.channel, account.name), Decimal(0)),
            budget=account.monthly_budget,
        )
        for organisation in config.organisations.values()
        for account in organisation.accounts
        if config.capabilities(account.channel).prices
    )


def unaffordable(
    conn: Connection, purse: Purse, account: AccountState, jobs: Sequence[Job], now: datetime
) -> Mapping[int, str]:
    """Tell which of the jobs that were just claimed would cost more than is left; by id, with the sums in figures.

    What a person sent on its way, or what was tried before, is never among them.
    """
    spent = _spent(conn, account, now)
    ours = {job.id for job in jobs}
    sent = [one for one in rows.unsent(conn, account.id, rows.UNDER_WAY, None) if one.id not in ours]
    under_way = sum((purse.price(one.post.as_post()) for one in sent), Decimal(0))
    over: dict[int, str] = {}
    for job in jobs:
        price = purse.price(job.post.as_post())
        if job.fresh and not thrift.may_post(purse, spent, under_way, price):
            over[job.id] = f"${price:.3f}; ${spent + under_way:.2f} / ${purse.budget:.2f}"
        else:
            under_way += price
    return over


def may_read(conn: Connection, purse: Purse, account: AccountState, readings: int, now: datetime) -> bool:
    """Tell whether so many posts and comments may be read: what this month's posts will cost is kept for them."""
    waiting = rows.unsent(conn, account.id, rows.TO_GO_OUT, thrift.next_month(now))
    planned = sum((purse.price(one.post.as_post()) for one in waiting), Decimal(0))
    return thrift.may_read(purse, _spent(conn, account, now), planned, readings)


def tell_reading_stopped(
    conn: Connection, purse: Purse, account: AccountState, recipients: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Tell people once a month that an account is not read any more."""
    month = charges.month_of(now)
    raise_notice(
        conn,
        cause=f"reading_stopped:{':'.join(account.key)}:{month}",
        kind=NoticeKind.READING_STOPPED,
        params={
            "organisation": account.organisation,
            "channel": account.channel,
            "account": account.name,
            "spent": f"{_spent(conn, account, now):.2f}",
            "budget": f"{purse.budget:.2f}",
        },
        recipients=list(recipients),
        now=now,
        once=True,
    )


def _spent(conn: Connection, account: AccountState, now: datetime) -> Decimal:
    return charges.spent(conn, charges.month_of(now)).get(account.key, Decimal(0))
