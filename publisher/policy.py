"""What follows from an error or a look: pure tables, values in and values out.

    refusal                     delivery                        account
    Retryable                   retrying, later                 -
    Retryable for a limit       retrying, later                 rests as long; a reset that the network named stops the clocks
    OutcomeUnknown, Unexpected  confirming (a committing step)  -
                                retrying (any other step)       -
    Rejected, duplicate         confirming after a doubt of our own, else failed
    Rejected                    failed                          -
    AccountBlocked              scheduled                       blocked, probed by reading
    Gone                        begun again from the first step
    any, once it is public      published with the error beside it

    look                        before the horizon   past the horizon
    found                       published            published
    absent, repeatable step     run again            run again
    absent, proved              look again           run again
    not found, resend           look again           run again after two complete looks; a person after give_up_after
    not found, hold             look again           a person (unconfirmed)
    failed, resend              look again           look again; a person after give_up_after
    failed, hold                look again           look again; a person after `confirm_for` once more

The horizon is `delivery.confirm_for` after the request had ended on our side: until then a network may still apply what it was sent. A look
that the network refused until a reset is made after that reset, if that is in time.

What a network asks to wait is kept, within reason: no less than a second, doubled with each refusal in a row, and three days at most. A
limit without a time, or with nonsense for one, rests the account as long as any refusal delays its post.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from channels.base import Found, Step
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected

LOOKS = (2, 5, 15, 30, 60, 120, 300, 600)
"""Seconds until the next look for a lost answer; the last one repeats."""

PROBE_EVERY = timedelta(minutes=15)
"""How often a blocked account is asked whether it is well again, at first."""

_PROBE_RARELY_AFTER, _PROBE_RARELY = timedelta(hours=2), timedelta(hours=1)

LONGEST_GAP = timedelta(seconds=60)
"""At least this long, or a tenth of `confirm_for`, lies between two complete looks before a post is sent again."""


SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=72)
"""As long as clocks are stopped at most; a network that names more is asked again then."""

_LIMITS = frozenset({Kind.RATE_LIMITED, Kind.QUOTA_USED})


class Outcome(StrEnum):
    """What becomes of a delivery after a step that did not succeed."""

    RETRY = "retry"
    CONFIRM = "confirm"
    FAIL = "fail"
    BLOCK = "block"
    RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """The pauses of `delivery.retry`."""

    first: timedelta
    longest: timedelta
    give_up_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from an error. `rest_until`: the whole account waits; `announced`: for a reset that the network named."""

    outcome: Outcome
    not_before: datetime | None = None
    rest_until: datetime | None = None
    announced: bool = False


def after_error(
    error: ChannelError,
    step: Step,
    *,
    in_doubt_before: bool,
    refusals: int,
    refused_since: datetime | None,
    rules: RetryRules,
    now: datetime,
    jitter: float,
) -> Decision:
    """Decide what follows from `error` of `step`. `refusals` counts those before this one; `jitter` is in [0, 1)."""
    match error:
        case AccountBlocked():
            return Decision(outcome=Outcome.BLOCK)
        case Rejected(kind=Kind.DUPLICATE) if in_doubt_before:
            return Decision(outcome=Outcome.CONFIRM)
        case Rejected():
            return Decision(outcome=Outcome.FAIL)
        case OutcomeUnknown() | Unexpected() if step.commits:
            return Decision(outcome=Outcome.CONFIRM)
        case Gone():
            return _again(error, Outcome.RESTART, refusals, refused_since, rules, now, jitter)
        case _:
            return _again(error, Outcome.RETRY, refusals, refused_since, rules, now, jitter)


def _again(
    error: ChannelError,
    outcome: Outcome,
    refusals: int,
    refused_since: datetime | None,
    rules: RetryRules,
    now: datetime,
    jitter: float,
) -> Decision:
    if refused_since is not None and now - refused_since >= rules.give_up_after:
        return Decision(outcome=Outcome.FAIL)
    wait = waiting(error, refusals, rules, jitter)
    limited = _is_limit(error)
    named = error.announced and error.after is not None and error.after >= wait
    return Decision(
        outcome=outcome,
        not_before=now + wait,
        rest_until=now + wait if limited else None,
        announced=limited and named,
    )


def waiting(error: ChannelError, refusals: int, rules: RetryRules, jitter: float) -> timedelta:
    """Return how long to wait after an error: what the network asked for, within reason, or a pause of our own."""
    if error.after is None:
        return pause(refusals, rules, jitter)
    floor = min(SHORTEST_WAIT * 2.0 ** min(refusals, 20), rules.longest)
    return min(max(error.after, floor), LONGEST_WAIT)


def pause(refusals: int, rules: RetryRules, jitter: float) -> timedelta:
    """Return a pause with full jitter under a ceiling that doubles with every refusal; at least a tenth of the ceiling."""
    ceiling = min(2.0 ** min(refusals, 20), rules.longest / rules.first)
    return rules.first * (ceiling * (0.1 + 0.9 * jitter))


TROUBLES = 5
"""So many lost answers or outages in a row, and the account rests: hammering a network that is down helps nobody."""

_OUTAGES = frozenset({Kind.ANSWER_LOST, Kind.BUSY, Kind.UNREACHABLE, Kind.NOT_UNDERSTOOD})


def is_trouble(error: ChannelError) -> bool:
    """Tell whether an error speaks of the network's health rather than of the post or the account."""
    return error.kind in _OUTAGES


def breaker(troubles: int, rules: RetryRules) -> timedelta | None:
    """Return how long an account rests after so many troubles in a row; a minute with the usual rules, doubling. None: not yet."""
    if troubles < TROUBLES:
        return None
    doubled = min(2.0 ** min(troubles - TROUBLES, 20), rules.longest / (2 * rules.first))
    return 2 * rules.first * max(doubled, 1.0)


def reset_of(error: ChannelError) -> timedelta | None:
    """Return how long the network refuses whatever is asked of it, within reason, if it said so."""
    if error.after is None or not _is_limit(error):
        return None
    return min(max(error.after, timedelta(0)), LONGEST_WAIT)


def _is_limit(error: ChannelError) -> bool:
    return isinstance(error, Retryable) and error.kind in _LIMITS


def probe_after(blocked_for: timedelta) -> timedelta:
    """Tell when to ask a blocked account again: more rarely later, since networks count these calls, and X bills them.

    Whoever has mended it need not wait: a restart and `tiedote doctor` ask at once.
    """
    return PROBE_EVERY if blocked_for < _PROBE_RARELY_AFTER else _PROBE_RARELY


class Verdict(StrEnum):
    """What a look for a lost answer leads to."""

    LOOK_AGAIN = "look_again"
    RUN_AGAIN = "run_again"
    ASK_PERSON = "ask_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What follows from a look that found nothing. `absent_at`: the first complete look past the horizon, to be kept."""

    verdict: Verdict
    not_before: datetime | None = None
    absent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A lost answer: when its request had ended on our side, and what is known since. `resend`: where not finding it can mean anything."""

    ended: datetime
    looks: int
    absent_at: datetime | None
    resend: bool


def after_look(
    found: Found | None,
    step: Step,
    doubt: Doubt,
    *,
    confirm_for: timedelta,
    give_up_after: timedelta,
    now: datetime,
    wait: timedelta | None = None,
) -> Judgement:
    """Decide what follows from a look that found no post of ours.

    `found` None: the look itself failed, which proves nothing; `wait`: until the reset that the network named for it.
    """
    horizon = doubt.ended + confirm_for
    gap = min(LONGEST_GAP, confirm_for / 10)
    if found is None:
        return _after_failure(
            doubt, horizon, horizon + (give_up_after if doubt.resend else confirm_for), gap, wait, now
        )
    if found.absent and (step.repeatable or now >= horizon):
        return Judgement(verdict=Verdict.RUN_AGAIN)
    if now < horizon:
        return Judgement(verdict=Verdict.LOOK_AGAIN, not_before=min(now + _until_next(doubt.looks), horizon))
    if not doubt.resend or now >= horizon + give_up_after:
        return Judgement(verdict=Verdict.ASK_PERSON)
    if not found.complete:
        gap, absent_at = _until_next(doubt.looks), doubt.absent_at
    elif doubt.absent_at is not None and now - doubt.absent_at >= gap:
        return Judgement(verdict=Verdict.RUN_AGAIN)
    else:
        absent_at = doubt.absent_at or now
    return Judgement(verdict=Verdict.LOOK_AGAIN, not_before=now + gap, absent_at=absent_at)


def _after_failure(
    doubt: Doubt, horizon: datetime, latest: datetime, gap: timedelta, wait: timedelta | None, now: datetime
) -> Judgement:
    """A look that failed is made again until `latest`. A reset later than that is not waited for where a person is to be asked soon."""
    pause = _until_next(doubt.looks)
    if not doubt.resend and now >= horizon:
        pause = min(pause, gap)
    again = now + max(pause, wait or timedelta(0))
    too_late = again > latest and not doubt.resend
    if now < horizon and (too_late or wait is None or now + wait <= horizon):
        again = min(again, horizon)
    elif now >= latest or too_late:
        return Judgement(verdict=Verdict.ASK_PERSON)
    return Judgement(verdict=Verdict.LOOK_AGAIN, not_before=min(again, latest), absent_at=doubt.absent_at)


def _until_next(looks: int) -> timedelta:
    return timedelta(seconds=LOOKS[min(looks, len(LOOKS) - 1)])
