"""A reading of the queue is taken in: accounts, files, deliveries, in one transaction."""

from __future__ import annotations

from datetime import datetime

from publisher.planning.deliveries import take_in_deliveries
from publisher.planning.files import take_in_files
from publisher.planning.values import PlanReport, Reading, Times
from publisher.store import Store, accounts


def take_in(store: Store, reading: Reading, times: Times, now: datetime) -> PlanReport:
    """Bring the database in line with the queue, in one transaction."""
    with store.write() as conn:
        known_accounts = accounts.remember_accounts(conn, reading.accounts, now)
        if not reading.readable:
            return PlanReport()
        half_gone = take_in_files(conn, reading, times, now)
        return take_in_deliveries(conn, reading, known_accounts, times, now, half_gone=half_gone)
