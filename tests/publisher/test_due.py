"""What the daemon asks every second: answered by indexes alone, and right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import event

from publisher.model import State
from publisher.store import Store, accounts, migrate
from publisher.store import deliveries as rows
from tests.publisher.rows import a_delivery, an_account

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAITING = {State.SCHEDULED, State.RETRYING, State.CONFIRMING}


@pytest.fixture
def store(tmp_path):
    """An empty database."""
    store = Store(f"sqlite:///{tmp_path / 'tiedote.db'}")
    migrate(store, NOW)
    yield store
    store.close()


def ask_all(store, now):
    """Ask what a tick asks."""
    with store.write() as conn:
        rows.sweep(conn, now, only_expired=True)
        rows.overdue(conn, now, accounts.LONGEST_STOP)
    with store.read() as conn:
        rows.next_moment(conn, now)
        return rows.accounts_with_work(conn, now)


def test_what_is_asked_every_second_reads_no_table_from_end_to_end(store):
    """SQLite finds each answer by an index, also while something is due and something in doubt: ten thousand files cost what ten do."""
    account = an_account(store, NOW)
    a_delivery(store, account, NOW, announcement="nyt", state=State.SCHEDULED)
    a_delivery(store, account, NOW, announcement="kadonnut", state=State.CONFIRMING)
    asked = []
    for engine in (store._reader, store._writer):
        event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    assert ask_all(store, NOW) == {account.id}
    with store.read() as conn:
        plans = [
            (statement, [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)])
            for statement, parameters in list(asked)
            if "deliveries" in statement and statement.startswith("SELECT")
        ]
    assert len(plans) >= 7
    for statement, plan in plans:
        whole = [step for step in plan if step.startswith("SCAN deliveries")]
        assert whole == [], statement


def test_the_next_moment_is_the_first_at_which_anything_may_be_done(store):
    """Of what waits: when it is due, or when it was put off to, whichever is later; what is past both is for now."""
    account = an_account(store, NOW)
    known = []
    times = [-2 * HOUR, HOUR, 3 * HOUR]
    for n, (state, due, put_off) in enumerate(product(State, times, [None, *times])):
        if state is State.DRAFT:
            continue
        not_before = NOW + put_off if put_off else None
        a_delivery(store, account, NOW, announcement=str(n), state=state, due_at=NOW + due, not_before=not_before)
        known += [max(NOW + due, not_before or NOW + due)] if state in WAITING else []
    for now in (NOW - 3 * HOUR, NOW - HOUR, NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR):
        with store.read() as conn:
            found = rows.next_moment(conn, now)
        assert found == min((moment for moment in known if moment > now), default=None)


def test_nothing_is_handed_over_before_it_is_due(store):
    """Not what is due later, nor what is done with, nor what waits for a person; what is in doubt is looked for at any time."""
    later, done, doubtful = (an_account(store, NOW, channel) for channel in ("facebook", "instagram", "x"))
    a_delivery(store, later, NOW, announcement="huomenna", state=State.SCHEDULED, due_at=NOW + HOUR)
    for state in (State.PUBLISHED, State.HELD, State.FAILED, State.AWAITING_APPROVAL, State.UNCONFIRMED):
        a_delivery(store, done, NOW, announcement=str(state), state=state)
    assert ask_all(store, NOW) == set()
    a_delivery(store, doubtful, NOW, announcement="kadonnut", state=State.CONFIRMING, due_at=NOW + HOUR)
    assert ask_all(store, NOW) == {doubtful.id}
    assert ask_all(store, NOW + HOUR) == {doubtful.id, later.id}
