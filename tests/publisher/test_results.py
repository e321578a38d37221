"""How posts grew, and what is usual for them, on both databases."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from publisher.series import of_posts, of_services
from publisher.store import Store, engagement, results
from publisher.store.engagement import Counters
from publisher.usual import WEEKS, interactions, usual
from tests.publisher.rows import ANNOUNCEMENTS, a_post, an_account

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
ZONE = ZoneInfo("Europe/Helsinki")


def read(store: Store, post: int, at: datetime, likes: int, comments: int = 0, views: int | None = None) -> None:
    """One reading of a post's counters."""
    counters = Counters(
        delivery_id=post, reactions={"like": likes}, comments=comments, shares=None, views=views, told_comments=comments
    )
    with store.write() as conn:
        engagement.add_snapshots(conn, [counters], at)


def test_a_post_is_compared_with_the_same_accounts_posts_at_the_same_age(store: Store) -> None:
    """What they had then, not what they have now; not another account's, not older than eight weeks, not younger than it is old."""
    account, other = an_account(store, NOW), an_account(store, NOW, "x")
    this = a_post(store, account, NOW - DAY, "this", announcement="this")
    for n, (owner, age, then) in enumerate(
        [
            (account, WEEK, 10),
            (account, 2 * WEEK, 30),
            (account, 7 * WEEK, 20),
            (account, 9 * WEEK, 500),
            (other, WEEK, 700),
        ]
    ):
        post = a_post(store, owner, NOW - DAY - age, f"p{n}", announcement=f"a{n}")
        read(store, post, NOW - age - HOUR, then)
        read(store, post, NOW - age + HOUR, then + 1000)
    never_read = a_post(store, account, NOW - DAY - WEEK - HOUR, "unread", announcement="unread")
    assert never_read
    with store.read() as conn:
        others = results.others_at_age(conn, this, DAY, WEEKS, NOW)
        assert results.others_at_age(conn, this, 30 * DAY, WEEKS, NOW + HOUR) != others
    counted = sorted(interactions(one.reactions, one.comments, one.shares) or 0 for one in others)
    assert counted == [10, 20, 30]
    assert usual(counted) == 20.0


def test_of_two_posts_nothing_is_usual_and_what_is_not_told_is_not_nought() -> None:
    """A middle needs three; an unknown number is left out, and all unknown is unknown."""
    assert usual([5, 500]) is None
    assert interactions(None, None, None) is None
    assert interactions(None, 3, None) == 3
    assert interactions({"like": 2, "love": 1}, None, 4) == 7


def test_a_series_has_one_line_a_day_and_post(store: Store) -> None:
    """The last reading of each day as it is counted in Helsinki."""
    account = an_account(store, NOW)
    first, second = (a_post(store, account, NOW, f"p{n}", announcement=f"a{n}") for n in (1, 2))
    midnight = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    read(store, first, NOW + HOUR, 1)
    read(store, first, midnight - HOUR, 4, views=90)
    read(store, first, midnight + HOUR, 5)
    read(store, second, midnight + HOUR, 9)
    with store.read() as conn:
        days = list(of_posts(results.counted(conn), ZONE))
    assert [(one.announcement, one.day, one.reactions, one.views) for one in days] == [
        ("a1", date(2026, 12, 1), 4, 90),
        ("a1", date(2026, 12, 2), 5, None),
        ("a2", date(2026, 12, 2), 9, None),
    ]


def test_an_e_service_is_the_sum_of_its_posts_as_last_read(store: Store) -> None:
    """A post that was not read that day counts as it last stood; what nobody tells is unknown; others stay out."""
    account = an_account(store, NOW)
    posts = [a_post(store, account, NOW, f"p{n}", announcement=f"a{n}") for n in range(3)]
    with store.write() as conn:
        conn.execute(update(ANNOUNCEMENTS).where(ANNOUNCEMENTS.c.key != "a2").values(service="lupa"))
    read(store, posts[0], NOW, 1, views=10)
    read(store, posts[1], NOW + HOUR, 2)
    read(store, posts[0], NOW + DAY, 5, comments=3, views=20)
    read(store, posts[2], NOW + DAY, 1000)
    with store.read() as conn:
        days = list(of_services(results.counted(conn, by_time=True), ZONE))
        assert not list(of_services(results.counted(conn, organisation="loppi", by_time=True), ZONE))
    assert [(one.service, one.posts, one.reactions, one.comments, one.shares, one.views) for one in days] == [
        ("lupa", 2, 3, 0, None, 10),
        ("lupa", 2, 7, 3, None, 20),
    ]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_long_series_takes_no_more_memory_than_a_short_one(store: Store) -> None:
    """Twenty thousand readings go by within two megabytes."""
    account = an_account(store, NOW)
    post = a_post(store, account, NOW)
    counters = Counters(delivery_id=post, reactions={"like": 1}, comments=0, shares=0, views=0, told_comments=0)
    with store.write() as conn:
        for n in range(40):
            engagement.add_snapshots(conn, [counters] * 500, NOW + n * HOUR)
    with store.read() as conn:
        list(of_posts(results.counted(conn, announcement="nobody"), ZONE))
        tracemalloc.start()
        days = sum(1 for _day in of_posts(results.counted(conn), ZONE))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert days == 3
    assert peak < 2_000_000
