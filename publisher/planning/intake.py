"""A reading of the queue is taken in: accounts, files, deliveries, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from publisher.model import State
from publisher.planning.approval import take_in_approvals
from publisher.planning.deliveries import take_in_deliveries
from publisher.planning.files import take_in_files
from publisher.planning.values import Foreseen, PlanReport, Reading, Times
from publisher.store import Connection, Store, accounts
from publisher.store import deliveries as rows
from publisher.store.lock import plan_alone


def take_in(store: Store, reading: Reading, times: Times, now: datetime) -> PlanReport:
    """Bring the database in line with the queue, in one transaction."""
    with store.write() as conn:
        plan_alone(conn)
        return _take_in(conn, reading, times, now)


def foresee(store: Store, reading: Reading, times: Times, now: datetime) -> Foreseen:
    """Tell what taking a reading in would change, by doing it in a transaction of which nothing is kept.

    A file that is missing counts as gone for good, since it will be cancelled if it does not come back.
    """
    with store.rehearse() as conn:
        before = rows.planned(conn)
        report = PlanReport()
        at_once = replace(times, cancel_after=timedelta(0))
        for _ in range(2):  # missing the first time, gone the second
            report = _take_in(conn, reading, at_once, now)
        after = rows.planned(conn)
        waiting = [row for row in after.values() if row.state is State.SCHEDULED and row.due_at is not None]
        same_words = frozenset(row.id for row in waiting if rows.words_were_out(conn, row.id, now))
    return Foreseen(before=before, after=after, same_words=same_words, half_gone=report.half_gone)


def _take_in(conn: Connection, reading: Reading, times: Times, now: datetime) -> PlanReport:
    known_accounts = accounts.remember_accounts(conn, reading.accounts, now)
    if not reading.readable:
        return PlanReport()
    half_gone = take_in_files(conn, reading, times, now)
    reading = take_in_approvals(conn, reading, now)
    return take_in_deliveries(conn, reading, known_accounts, times, now, half_gone=half_gone)
