"""What a network lets through is spent in the right order, by every process together, and a network that says wait is left alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.sandbox.faults import Kind, Rule
from publisher.model import State
from publisher.store import accounts
from publisher.store.accounts import AccountState
from tests.delivery.town import Town, town, write

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
COMMIT = {"facebook": r"/\d+_\d+$", "x": "/2/tweets$", "linkedin": "/rest/posts$"}
STANDARD = ", tier: standard"
"""Of LinkedIn: no figures are published, so none are counted."""


def write_many(folder: Path, posts: int) -> None:
    for number in range(posts):
        write(folder, f"tiedote-{number:04d}", f"text: Tiedote numero {number}.\npublish: asap\n")


def account_of(one: Town, channel: str) -> AccountState:
    with one.service.store.read() as conn:
        return next(each for each in accounts.list_accounts(conn) if each.channel == channel)


def refusals(one: Town) -> int:
    return sum(entry.status == 429 or (entry.fault is not None) for entry in one.sandbox.requests())


def out(one: Town) -> int:
    return sum(view.state is State.PUBLISHED for view in one.deliveries())


def without_waiting_for_the_disk(one: Town) -> None:
    """No power is cut here, and thousands of commits each wait for a disk that other tests use."""
    connection = one.service.store.engine.raw_connection()
    driver: Any = connection.driver_connection
    driver.execute("PRAGMA synchronous=OFF")
    connection.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "channel, more, apart, wait, posts",
    [
        ("linkedin", STANDARD, 10, 120, 1000),
        ("facebook", ", draft_first: no", 80, None, 1000),
        ("facebook", "", 10, None, 40),
        ("x", "", None, None, 110),
    ],
    ids=["with Retry-After", "without", "drafts", "X's own quota"],
)
def test_a_burst_under_rate_limits_goes_out_with_hardly_a_request_too_many(
    tmp_path: Path, channel: str, more: str, apart: int | None, wait: int | None, posts: int
) -> None:
    """1,000 posts at once: all out, at most 1.2 times the requests.

    Every tenth try to post is refused with a wait, or every eightieth without. A refusal that names no wait rests the
    account for a quarter of an hour, and those rests do count towards `late_limit`. X has its real quota of 100 in 15 minutes.
    """
    write_many(tmp_path, posts)
    with town(tmp_path, channels=(channel,), more=more) as one:
        quotas = one.sandbox.settings.quotas
        quotas.graph_engaged_users = quotas.linkedin_member = quotas.linkedin_app = 100_000
        refused = range(apart, posts, apart) if apart else ()
        path = "" if channel == "facebook" else COMMIT[channel]
        for nth in refused:
            one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="POST", path=path, nth=nth, retry_after=wait))
        without_waiting_for_the_disk(one)
        one.service.read_queue()
        one.work(until=one.clock.now() + 3 * DAY, turns=20_000)
        assert out(one) == len(one.posts(channel)) == posts
        assert refusals(one) == len(refused), "at X what is left stands in every answer: the 101st is not even tried"
        needed = posts * (2 if channel == "facebook" and not more else 1)
        assert len(one.sandbox.requests()) <= 1.2 * needed


# A network that asks to wait


@pytest.mark.parametrize(
    "asked, most",
    [
        (0, 45),
        ("Tue, 01 Dec 2020 07:00:00 GMT", 45),
        ("soon", 45),
        (-5, 45),
        (10**12, 3),
        (86_400, 3),
    ],
)
def test_a_network_that_asks_for_a_strange_wait_is_neither_hammered_nor_left_for_good(
    tmp_path: Path, asked: int | str, most: int
) -> None:
    """Twenty posts are due and everything is refused for five hours: a few requests; when the network is well again, all go out.

    With full jitter the pauses grow to a quarter of an hour on average: about 25 requests, and 34 once in some hundred runs.
    """
    write_many(tmp_path, 20)
    with town(tmp_path, channels=("linkedin",), more=STANDARD) as one:
        one.sandbox.add_rule(
            Rule(kind=Kind.RATE_LIMITED, method="POST", path=COMMIT["linkedin"], times=None, retry_after=asked)
        )
        one.service.read_queue()
        one.work(until=one.clock.now() + 5 * HOUR)
        assert out(one) == 0
        assert len(one.sandbox.requests()) <= most
        one.sandbox.rules.clear()
        one.work(until=one.clock.now() + timedelta(hours=73))
        assert out(one) == len(one.posts("linkedin")) == 20


def test_a_network_that_asks_for_a_day_holds_up_nobody_else_and_gets_its_posts_in_order(tmp_path: Path) -> None:
    """Six posts for X and LinkedIn: X refuses the third for a day. LinkedIn's all go out meanwhile, X's the next day as they were due."""
    for number in range(6):
        write(tmp_path, f"tiedote-{number}", f"text: Tiedote numero {number}.\npublish: 24.11.2026 klo 9.0{number}\n")
    with town(tmp_path, channels=("x", "linkedin")) as one:
        one.sandbox.add_rule(
            Rule(kind=Kind.RATE_LIMITED, method="POST", path=COMMIT["x"], nth=3, retry_after=int(DAY.total_seconds()))
        )

        def tries() -> int:
            return sum(entry.method == "POST" for entry in one.sandbox.requests("x"))

        one.service.read_queue()
        one.work(until=one.clock.now() + DAY - HOUR)
        assert len(one.posts("linkedin")) == 6
        assert len(one.posts("x")) == 2
        assert tries() == 3
        one.work(until=one.clock.now() + 2 * DAY)
        assert [post.text for post in one.posts("x")] == [f"Tiedote numero {number}." for number in range(6)]
        assert tries() == 7
        assert {view.state for view in one.deliveries()} == {State.PUBLISHED}


def test_meta_is_left_alone_for_as_long_as_it_expects_to_refuse(tmp_path: Path) -> None:
    """The Page's calls of 24 hours are used up: one refusal, no further call while it lasts, and the post is not late for it."""
    write_many(tmp_path, 1)
    with town(tmp_path, channels=("facebook",)) as one:
        used(one, 100)
        one.service.read_queue()
        began = one.clock.now()
        one.work(until=began + 23 * HOUR)
        assert [entry.status for entry in one.sandbox.requests()] == [400]
        one.work(until=began + 25 * HOUR)
        assert one.states() == {"facebook": State.PUBLISHED}


def used(one: Town, percent: int) -> None:
    """Let a Page with one engaged user have so much of its 4,800 calls behind it."""
    one.sandbox.settings.quotas.graph_engaged_users = 1
    for _ in range(48 * percent):
        one.sandbox.windows.rolling("graph:100000000000101", 86_400, one.clock.now().timestamp())


def test_meta_s_rate_limit_without_a_time_counts_towards_late(tmp_path: Path) -> None:
    """It rests the account a quarter of an hour each time; the network named no reset, so after six hours the post is missed or failed."""
    write_many(tmp_path, 1)
    with town(tmp_path, channels=("facebook",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="POST", times=None))
        one.service.read_queue()
        one.work(until=one.clock.now() + 9 * HOUR)
        assert one.states() == {"facebook": State.FAILED}
        assert len(one.sandbox.requests()) <= 6 * 4 + 3


def test_a_network_that_was_down_is_first_asked_by_reading(tmp_path: Path) -> None:
    """After five troubles in a row every further request is a read, until one is answered; nothing is created to find out."""
    write_many(tmp_path, 8)
    with town(tmp_path, channels=("x",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None, method="POST"))
        one.service.read_queue()
        while account_of(one, "x").troubles < 5:
            one.work(until=one.clock.now() + timedelta(seconds=1))
            one.clock.advance(1)
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        one.sandbox.log.clear()
        one.work(until=one.clock.now() + 3 * HOUR)
        assert {entry.method for entry in one.sandbox.requests()} == {"GET"}
        assert 0 < len(one.sandbox.requests()) <= 20
        one.sandbox.rules.clear()
        one.sandbox.log.clear()
        one.work(until=one.clock.now() + HOUR)
        assert one.sandbox.requests()[0].method == "GET"


# Who may spend what is left


def test_publishing_leaves_meta_s_last_fifth_for_looking(tmp_path: Path) -> None:
    """At 79 % the answer to a flip is lost and the limit passes 80 %: it is looked for and found at once, the other posts wait."""
    write_many(tmp_path, 40)
    with town(tmp_path, channels=("facebook",)) as one:
        used(one, 79)
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path=COMMIT["facebook"], nth=12))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(minutes=50))
        calls = len(one.sandbox.requests())
        assert calls < 60
        assert {view.state for view in one.deliveries() if view.evidence == "found"} == {State.PUBLISHED}
        assert 12 <= out(one) < 40
        assert account_of(one, "facebook").not_before is not None
        one.work(until=one.clock.now() + 3 * HOUR)
        assert calls < len(one.sandbox.requests()) <= calls + 4, (
            "an hour later one call tells whether there is room again"
        )


def test_the_development_tier_of_linkedin_is_never_overdrawn(tmp_path: Path) -> None:
    """90 posts at once, 100 calls a day: 80 calls on the first day and not one refusal; the rest the day after, and none is late."""
    write_many(tmp_path, 90)
    with town(tmp_path, channels=("linkedin",)) as one:
        one.service.read_queue()
        one.work(until=one.clock.now().replace(hour=23, minute=59))
        assert len(one.sandbox.requests()) == 80
        one.work(until=one.clock.now() + DAY)
        assert out(one) == len(one.posts("linkedin")) == 90
        assert refusals(one) == 0


def test_a_lost_answer_is_still_looked_for_when_publishing_has_had_its_part(tmp_path: Path) -> None:
    """The 80th call's answer is lost: twenty calls are left for looking, and the post is found."""
    write_many(tmp_path, 90)
    with town(tmp_path, channels=("linkedin",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path=COMMIT["linkedin"], nth=78))
        one.service.read_queue()
        one.work(until=one.clock.now().replace(hour=23, minute=59))
        assert sum(view.evidence == "found" for view in one.deliveries()) == 1
        assert 80 < len(one.sandbox.requests()) <= 82


def test_two_processes_share_a_day_and_collecting_never_eats_what_publishing_needs(tmp_path: Path) -> None:
    """`tiedote collect --all`, again and again beside the daemon: 70 calls and no more, whichever process made them; 10 posts go out."""
    write_many(tmp_path, 30)
    with town(tmp_path, channels=("linkedin",)) as one:
        one.service.read_queue()
        one.work(until=one.clock.now() + HOUR)
        assert out(one) == 30
        midnight = one.clock.now().replace(hour=0, minute=0) + DAY
        one.clock.set(midnight + HOUR)
        one.sandbox.log.clear()
        with one.again() as other:
            told = [process.service.collect(all_posts=True) for process in (one, other, one, other, one)]
        assert [each.error.kind for each in told[-1] if each.error] == ["quota_used"]
        assert len(one.sandbox.requests()) == 70
        for number in range(20):
            write(tmp_path, f"toinen-{number}", f"text: Toinen tiedote numero {number}.\npublish: asap\n")
        one.service.read_queue()
        one.work(until=midnight + 20 * HOUR)
        assert out(one) == 40
        assert len(one.sandbox.requests()) == 80
        one.work(until=midnight + 2 * DAY)
        assert out(one) == 50
        assert refusals(one) == 0


def test_taking_posts_down_holds_up_no_post(tmp_path: Path) -> None:
    """X counts deleting by itself: when no more may be deleted for a quarter of an hour, posts still go out."""
    write(tmp_path, "vanha", "text: Vanha tieto.\npublish: asap\n")
    with town(tmp_path, channels=("x",)) as one:
        one.service.read_queue()
        one.work()
        one.sandbox.settings.quotas.x_limits["DELETE /2/tweets/:id"] = 1
        (old,) = one.deliveries()
        assert one.service.afterwards.ask_withdrawal(old.id, "me", None) is None
        assert one.service.afterwards.withdraw(old.id).outcome == "done"
        write_many(tmp_path, 3)
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(minutes=1))
        assert out(one) == 3
