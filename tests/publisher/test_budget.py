"""Who may spend what is left of an allowance, and how it is kept for all processes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Pays, Usage
from channels.linkedin import Settings, connect
from channels.session import Network
from publisher.budget import Budget, Use, calls_left, ends_at, pace, wait_for
from publisher.store import Store, budgets
from tests.publisher.rows import an_account

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVERY = timedelta(minutes=10)


def a_budget(used: int, size: int | None = 100, *, pays: Pays = Pays.ALL, hours: int = 1) -> Budget:
    return Budget(name="calls", pays=pays, used=used, size=size, ends_at=NOW + hours * HOUR, announced=True)


@pytest.mark.parametrize(
    "pays, used, waiting",
    [
        (Pays.ALL, 69, set()),
        (Pays.ALL, 70, {Use.COLLECT}),
        (Pays.ALL, 79, {Use.COLLECT}),
        (Pays.ALL, 80, {Use.COLLECT, Use.PUBLISH}),
        (Pays.ALL, 99, {Use.COLLECT, Use.PUBLISH}),
        (Pays.ALL, 100, {Use.COLLECT, Use.PUBLISH, Use.LOOK}),
        (Pays.READING, 79, set()),
        (Pays.READING, 80, {Use.COLLECT}),
        (Pays.READING, 130, {Use.COLLECT, Use.LOOK}),
        (Pays.POSTING, 99, set()),
        (Pays.POSTING, 100, {Use.PUBLISH}),
    ],
)
@pytest.mark.parametrize("size", [100, None])
def test_collecting_stops_first_and_looking_last(pays: Pays, used: int, waiting: set[Use], size: int | None) -> None:
    """The table, in calls and in percent."""
    standing = [a_budget(used, size, pays=pays)]
    assert {use for use in Use if wait_for(standing, use)} == waiting


def test_the_budget_that_lasts_longest_says_how_long_to_wait() -> None:
    """Two are used up: the day's counts, not the quarter of an hour's; one with room left does not matter."""
    wait = wait_for([a_budget(100, hours=1), a_budget(100, hours=9), a_budget(0, hours=20)], Use.PUBLISH)
    assert wait is not None
    assert wait.until == NOW + 9 * HOUR
    assert wait_for([], Use.PUBLISH) is None


@pytest.mark.parametrize(
    "standing, left",
    [
        ([], None),
        ([a_budget(50, None)], None),
        ([a_budget(50)], 20),
        ([a_budget(90)], 0),
        ([a_budget(50), a_budget(345, 500)], 5),
        ([a_budget(5, 10, pays=Pays.READING), a_budget(50)], 3),
        ([a_budget(9, 10, pays=Pays.POSTING)], None),
    ],
)
def test_calls_are_left_where_a_number_is_known(standing: list[Budget], left: int | None) -> None:
    """The tightest budget counts; a percentage is no number of calls, and posting calls are not collecting's."""
    assert calls_left(standing, Use.COLLECT) == left


def test_collecting_slows_down_before_it_stops() -> None:
    """From three quarters of its own 70 % on: half as often."""
    assert pace([], EVERY) == EVERY
    assert pace([a_budget(52)], EVERY) == EVERY
    assert pace([a_budget(53)], EVERY) == 2 * EVERY
    assert pace([a_budget(100, pays=Pays.POSTING)], EVERY) == EVERY


@pytest.mark.parametrize(
    "usage, end",
    [
        (Usage(name="x", used=1, fresh_in=timedelta(minutes=3)), NOW + timedelta(minutes=3)),
        (Usage(name="meta", used=1), NOW + HOUR),
        (Usage(name="linkedin", used=1, window=DAY), datetime(2026, 11, 25, tzinfo=UTC)),
        (Usage(name="quarters", used=1, window=timedelta(minutes=15)), NOW + timedelta(minutes=15)),
    ],
)
def test_a_usage_counts_until_its_window_ends(usage: Usage, end: datetime) -> None:
    """As told, an hour where nothing is told, and to the end of the day in UTC where we count."""
    assert ends_at(usage, NOW) == end


# As the database keeps it


def counted(calls: int, name: str = "linkedin app") -> Usage:
    return Usage(name=name, used=calls, size=100, window=DAY, shared=True)


def used(store: Store, account_id: int, now: datetime = NOW) -> dict[str, int]:
    with store.read() as conn:
        return {one.name: one.used for one in budgets.standing(conn, account_id, now)}


def note(store: Store, account_id: int, *usages: Usage, now: datetime = NOW) -> None:
    with store.write() as conn:
        budgets.note(conn, account_id, usages, now)


def test_what_is_told_replaces_and_what_is_counted_adds_up(store: Store) -> None:
    """A told figure may also sink; counted calls start anew when the day is over, and told ones are forgotten in time."""
    account = an_account(store, NOW).id
    for told, calls in ((40, 3), (30, 4)):
        note(store, account, Usage(name="percent", used=told), counted(calls))
    assert used(store, account) == {"percent": 30, "linkedin app": 7}
    assert used(store, account, NOW + 2 * HOUR) == {"linkedin app": 7}
    assert used(store, account, NOW + 20 * HOUR) == {}
    note(store, account, counted(2), now=NOW + 20 * HOUR)
    assert used(store, account, NOW + 20 * HOUR) == {"linkedin app": 2}


def test_accounts_pay_into_one_budget_where_the_network_counts_them_together(store: Store) -> None:
    """The app's calls of two pages are added, also when only one of them was used today; what is not shared is each one's own."""
    first, second = (an_account(store, NOW, "linkedin", town).id for town in ("hausjarvi", "loppi"))
    note(store, first, counted(30), Usage(name="own", used=10))
    assert used(store, second) == {}
    note(store, second, counted(5), Usage(name="own", used=20))
    assert used(store, first) == {"linkedin app": 35, "own": 10}
    assert used(store, second) == {"linkedin app": 35, "own": 20}


def test_no_call_is_lost_when_several_processes_count_at_once(store: Store) -> None:
    """Four threads with a store of their own each, ten notes each: forty calls."""
    account = an_account(store, NOW, "linkedin").id
    url = store.url.render_as_string(hide_password=False)

    def count() -> None:
        other = Store(url)
        for _ in range(10):
            note(other, account, counted(1))
        other.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert used(store, account) == {"linkedin app": 40}


def test_a_member_of_linkedin_is_the_same_on_every_page_and_told_by_no_token() -> None:
    """Two pages with one token share a budget, another token has its own; the name holds nothing of the token."""

    def names(page: str, token: str) -> set[str]:
        settings = Settings.model_validate({"organization_id": page, "access_token": token})
        channel = connect(settings, Network(base_url="http://127.0.0.1:9"))
        channel._calls = 1
        return {usage.name for usage in channel.usage()}

    assert names("1", "AQX-first") == names("2", "AQX-first")
    assert names("1", "AQX-first") & names("1", "AQX-second") == {"linkedin app"}
    assert not any("AQX" in name for name in names("1", "AQX-first"))
