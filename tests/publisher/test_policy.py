"""What follows from a refusal or a look: the table, value by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Step
from channels.errors import ChannelError, Kind, Retryable
from publisher.policy import (
    LONGEST_WAIT,
    Decision,
    Outcome,
    RetryRules,
    after_error,
    probe_after,
    waiting,
)

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
RULES = RetryRules(first=timedelta(seconds=30), longest=timedelta(minutes=30), give_up_after=timedelta(hours=6))
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CREATE = Step(name="create", commits=True)


def decided(error: ChannelError, *, refusals: int = 0, since: datetime | None = None, jitter: float = 0.5) -> Decision:
    return after_error(
        error,
        CREATE,
        in_doubt_before=False,
        refusals=refusals,
        refused_since=since,
        rules=RULES,
        now=NOW,
        jitter=jitter,
    )


def limited(after: timedelta | None, *, announced: bool = True) -> Retryable:
    return Retryable(Kind.RATE_LIMITED, after=after, announced=announced)


@pytest.mark.parametrize(
    "after, refusals, wait",
    [
        (timedelta(0), 0, SECOND),
        (-5 * SECOND, 0, SECOND),
        (timedelta(0), 1, 2 * SECOND),
        (timedelta(0), 5, 32 * SECOND),
        (timedelta(0), 100, 30 * MINUTE),
        (15 * MINUTE, 0, 15 * MINUTE),
        (15 * MINUTE, 3, 15 * MINUTE),
        (17 * HOUR, 0, 17 * HOUR),
        (3650 * DAY, 0, LONGEST_WAIT),
    ],
)
def test_what_a_network_asks_to_wait_is_kept_within_reason(after: timedelta, refusals: int, wait: timedelta) -> None:
    """Never a hot loop, never for good; and whoever is refused again and again with "at once" waits longer each time."""
    assert waiting(limited(after), refusals, RULES, 0.5) == wait


@pytest.mark.parametrize("after", [None, timedelta(0), 15 * MINUTE])
@pytest.mark.parametrize("kind", [Kind.RATE_LIMITED, Kind.QUOTA_USED])
def test_a_limit_rests_the_whole_account_as_long_as_its_post(after: timedelta | None, kind: Kind) -> None:
    """With a time, with a bad one and without: the next post would only be refused as well."""
    decision = decided(Retryable(kind, after=after))
    assert decision.outcome is Outcome.RETRY
    assert decision.not_before is not None
    assert decision.rest_until == decision.not_before > NOW


def test_only_a_reset_that_was_named_and_is_kept_stops_the_clocks() -> None:
    """A wait that we lengthened or thought up ourselves counts towards `late_limit` and `give_up_after`."""
    assert decided(limited(15 * MINUTE)).announced
    assert decided(limited(3650 * DAY)).announced
    assert not decided(limited(timedelta(0))).announced
    assert not decided(limited(15 * MINUTE, announced=False)).announced
    assert not decided(limited(None, announced=False)).announced


def test_what_is_no_limit_delays_its_post_alone() -> None:
    """A picture that is not ready, a network that cannot be reached: others may go."""
    for kind in (Kind.NOT_READY, Kind.UNREACHABLE, Kind.BUSY):
        assert decided(Retryable(kind)).rest_until is None


def test_it_gives_up_in_time() -> None:
    """Six hours after the first refusal, whatever the network asks for."""
    assert decided(limited(timedelta(0)), since=NOW - 6 * HOUR).outcome is Outcome.FAIL
    assert decided(limited(timedelta(0)), since=NOW - 5 * HOUR).outcome is Outcome.RETRY


def test_pauses_have_full_jitter() -> None:
    """From a tenth of the ceiling up to all of it, and the ceiling doubles."""
    short, long = (decided(Retryable(Kind.BUSY), refusals=2, jitter=jitter).not_before for jitter in (0.0, 0.999))
    assert short == NOW + 12 * SECOND
    assert long is not None
    assert NOW + 119 * SECOND < long < NOW + 120 * SECOND


def test_a_blocked_account_is_asked_ever_more_rarely() -> None:
    """Four times an hour for two hours, then once: networks count these calls."""
    assert probe_after(timedelta(0)) == 15 * MINUTE
    assert probe_after(3 * HOUR) == HOUR
