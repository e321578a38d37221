"""A month's budget: reading stops first, a post that does not fit is held with an alert, and everywhere the month so far is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from channels.base import Post
from channels.x import CAPABILITIES
from publisher import spending, thrift
from publisher.cadence import week_of
from publisher.mail import weekly_text
from publisher.model import State
from publisher.store import charges, notices
from publisher.store import deliveries as rows
from publisher.store.notices import Notice, NoticeKind
from publisher.summary import Summary
from tests.delivery.town import START, Town, town, write

LINK = "text: Hae lupa verkossa, nro {n}.\nlink: https://hausjarvi.fi/lupa\npublish: {at}\n"
PLAIN = "text: Kirjasto on auki, nro {n}.\npublish: {at}\n"


def publish(one: Town) -> None:
    one.service.read_queue()
    one.work(until=one.clock.now() + timedelta(hours=1))


def alerts(one: Town) -> list[Notice]:
    """The notices that wait to be mailed, oldest first."""
    found = []
    with one.service.store.write() as conn:
        while (notice := notices.claim_notice(conn, one.clock.now(), timedelta(minutes=5))) is not None:
            notices.notice_sent(conn, notice.id, one.clock.now())
            found.append(notice)
    return found


def spent(one: Town) -> Decimal:
    with one.service.store.read() as conn:
        return charges.spent(conn, charges.month_of(one.clock.now())).get(("hausjarvi", "x", "x"), Decimal(0))


def states(one: Town) -> list[State]:
    return [at.state for at in one.deliveries()]


def test_a_post_that_does_not_fit_waits_for_a_person(tmp_path: Path) -> None:
    """It is held and an alert tells the two commands; the cheaper one behind it goes out, and a retry sends it all the same."""
    with town(tmp_path, channels=("x",), more=", monthly_budget: 0.25 USD") as one:
        write(tmp_path, "a", LINK.format(n=1, at="asap"))
        write(tmp_path, "b", LINK.format(n=2, at="asap"))
        write(tmp_path, "c", PLAIN.format(n=3, at="asap"))
        publish(one)
        assert states(one) == [State.PUBLISHED, State.HELD, State.PUBLISHED]
        held = one.deliveries()[1]
        assert (held.error_kind, held.error_detail) == ("over_budget", "$0.200; $0.21 / $0.25")
        (alert,) = alerts(one)
        assert (alert.kind, alert.params["delivery"]) == (NoticeKind.OVER_BUDGET, held.name)
        with one.service.store.write() as conn:
            assert rows.retry_delivery(conn, held.id, one.clock.now(), timedelta(hours=6))
        publish(one)
        assert states(one) == [State.PUBLISHED] * 3
        assert len(one.posts("x")) == 3
        assert spent(one) >= Decimal("0.415")


def test_several_that_are_sent_at_once_are_added_up(tmp_path: Path) -> None:
    """What is on its way counts before it is billed."""
    with town(tmp_path, channels=("x",), more=", monthly_budget: 0.60 USD") as one:
        for n in range(5):
            write(tmp_path, f"a{n}", LINK.format(n=n, at="asap"))
        publish(one)
        assert (
            states(one) == [State.PUBLISHED] * 2 + [State.HELD] * 3
            or states(one) == [State.PUBLISHED] * 3 + [State.HELD] * 2
        )
        assert sum(at.dollars for at in _lines(one) if at.item == "post_with_link") <= Decimal("0.60")


def week(one: Town) -> Summary:
    """The summary of the week that is running."""
    config = one.service.config
    running = week_of(one.clock.now(), config.timezone)
    return one.service.reporter.build(config.organisations["hausjarvi"], running, one.clock.now())


def _lines(one: Town) -> tuple[charges.Line, ...]:
    with one.service.store.read() as conn:
        return charges.bill(conn, "2026-11")


def test_reading_stops_first_and_once_a_month_somebody_hears(tmp_path: Path) -> None:
    """What this month's posts will cost is kept for them; in the next month reading goes on by itself."""
    with town(tmp_path, channels=("x",), more=", monthly_budget: 0.43 USD") as one:
        write(tmp_path, "a", LINK.format(n=1, at="asap"))
        write(tmp_path, "b", LINK.format(n=2, at="2026-11-28 09:00"))
        publish(one)
        one.sandbox.react(one.posts("x")[0].id)
        before = spent(one)
        (passed,) = one.service.collect(all_posts=True)
        assert passed.unpaid is False
        one.clock.advance(timedelta(days=1).total_seconds())
        one.sandbox.comment(one.posts("x")[0].id, "Milloin?")
        one.service.collect(all_posts=True)
        asked = len(one.sandbox.requests("x"))
        for _ in range(5):
            (passed,) = one.service.collect(all_posts=True)
            assert (passed.unpaid, passed.posts) == (True, 0)
        assert len(one.sandbox.requests("x")) == asked, "neither counts nor comments nor the words that are out"
        assert spent(one) - before < Decimal("0.02")
        (alert,) = alerts(one)
        assert (alert.kind, alert.params["budget"]) == (NoticeKind.READING_STOPPED, "0.43")
        one.clock.set(datetime(2026, 11, 28, 7, 0, 1, tzinfo=UTC))
        publish(one)
        assert states(one) == [State.PUBLISHED] * 2, "the money was kept for it"
        one.clock.set(datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC))
        (passed,) = one.service.collect(all_posts=True)
        assert (passed.unpaid, passed.posts) == (False, 2)
        assert alerts(one) == []


def test_without_a_budget_nothing_is_stopped_and_all_is_told(tmp_path: Path) -> None:
    """The month so far stands in the summary of the week, in the reader's language."""
    with town(tmp_path, channels=("x", "facebook")) as one:
        write(tmp_path, "a", LINK.format(n=1, at="asap"))
        publish(one)
        assert set(states(one)) == {State.PUBLISHED}
        summary = week(one)
        assert [(cost.channel, cost.spent, cost.budget) for cost in summary.costs] == [("x", spent(one), None)]
        assert spent(one) >= Decimal("0.200")
        sentences = {
            "en": "X has cost $0.21 in 11/2026 so far.",
            "fi": "X: kulut 11/2026 tähän mennessä 0,21 $.",
            "sv": "X: kostnader 11/2026 hittills 0,21 $.",
        }
        for language, sentence in sentences.items():
            assert sentence in weekly_text(summary, language)


def test_an_organisation_without_x_has_no_costs(tmp_path: Path) -> None:
    """Nothing is billed, nothing is told of it, and nothing lacks."""
    with town(tmp_path, channels=("facebook",)) as one:
        write(tmp_path, "a", LINK.format(n=1, at="asap"))
        publish(one)
        with one.service.store.read() as conn:
            assert spending.months(conn, one.service.config, START) == ()
        summary = week(one)
        assert summary.costs == ()
        assert "$" not in weekly_text(summary, "en")


PURSE = thrift.purse_of(Decimal(1), CAPABILITIES)


@pytest.mark.parametrize(
    "spent_so_far, under_way, fits", [("0.80", "0", True), ("0.80", "0.001", False), ("1.2", "0", False)]
)
def test_a_post_fits_to_the_last_cent(spent_so_far: str, under_way: str, fits: bool) -> None:  # noqa: FBT001
    """Exactly the budget is not over it."""
    assert PURSE is not None
    price = PURSE.price(Post(text="Hae: https://hausjarvi.fi/"))
    assert thrift.may_post(PURSE, Decimal(spent_so_far), Decimal(under_way), price) is fits


def test_a_network_that_bills_nothing_needs_no_purse() -> None:
    """Nor does an account without a budget."""
    assert thrift.purse_of(None, CAPABILITIES) is None


@pytest.mark.parametrize(
    "moment, following",
    [("2026-11-30T23:59:59", "2026-12-01T00:00:00"), ("2026-12-31T23:59:59", "2027-01-01T00:00:00")],
)
def test_a_month_ends_at_midnight_utc(moment: str, following: str) -> None:
    """Also the last one of a year."""
    assert thrift.next_month(datetime.fromisoformat(moment)) == datetime.fromisoformat(following)
