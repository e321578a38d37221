"""Who may spend what is left of a network's allowance: a pure table, in the order of what matters most.

    the allowance pays for    collecting    publishing    looking for lost answers
    all calls                 to 70 %       to 80 %       to the end
    reading calls             to 80 %       -             to the end
    posting calls             -             to the end    -

From three quarters of its part on, collecting goes half as fast. So a part is always left to find out what became of a post, and collecting
never eats what publishing needs. Meta's own advice is milder (slower at 75 %, no reading at 90 %); one table for all is easier to trust.

A figure in percent that comes without a time is believed for an hour. Nothing is ever asked only to learn how much is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from channels.base import Pays, Usage


class Use(StrEnum):
    """What calls are made for."""

    COLLECT = "collect"
    PUBLISH = "publish"
    LOOK = "look"


UP_TO: Mapping[Pays, Mapping[Use, float]] = {
    Pays.ALL: {Use.COLLECT: 0.70, Use.PUBLISH: 0.80, Use.LOOK: 1.0},
    Pays.READING: {Use.COLLECT: 0.80, Use.LOOK: 1.0},
    Pays.POSTING: {Use.PUBLISH: 1.0},
}

ALONE = 9 / 7
"""How much of its part collecting may take where no post waits to go out before the allowance begins anew: nine tenths of all calls."""

SLOWER_FROM = 0.75
"""Of its part; from here on collecting goes half as fast."""

BELIEVED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An allowance as it stands. `used` of `size` calls, in percent without a `size`; `announced`: the network itself named `ends_at`."""

    name: str
    pays: Pays
    used: int
    size: int | None
    ends_at: datetime
    announced: bool

    def part_of(self, use: Use) -> float | None:
        """How much of it `use` may take, in its own unit; None: it does not pay for that."""
        share = UP_TO[self.pays].get(use)
        return None if share is None else share * (100 if self.size is None else self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Until when a use of an account's calls has to wait; `announced`: for a reset that the network named."""

    until: datetime
    announced: bool


def ends_at(usage: Usage, now: datetime) -> datetime:
    """Tell until when a usage counts: to the end of its window, which follows the clock in UTC, or as long as the network says."""
    if usage.window is None:
        return now + (BELIEVED_FOR if usage.fresh_in is None else usage.fresh_in)
    into = timedelta(seconds=now.timestamp() % usage.window.total_seconds())
    return now - into + usage.window


def wait_for(budgets: Iterable[Budget], use: Use) -> Wait | None:
    """Tell how long `use` has to wait; None: it may go on."""
    spent = [one for one in budgets if (part := one.part_of(use)) is not None and one.used >= part]
    last = max(spent, key=lambda one: one.ends_at, default=None)
    return None if last is None else Wait(until=last.ends_at, announced=last.announced)


def calls_left(budgets: Iterable[Budget], use: Use, part: float = 1.0) -> int | None:
    """Tell how many calls `use` may still make, or a `part` of its use; None: no number is known."""
    left = [
        int(part * all_of_it) - one.used
        for one in budgets
        if one.size is not None and (all_of_it := one.part_of(use)) is not None
    ]
    return max(min(left), 0) if left else None


def calls_of(a_day: int, use: Use) -> int:
    """Tell how many of a day's calls `use` may make."""
    return int(a_day * UP_TO[Pays.ALL][use])


def pace(budgets: Sequence[Budget], every: timedelta) -> timedelta:
    """Tell how long to wait until the next collecting: twice as long once a budget runs low."""
    low = any((part := one.part_of(Use.COLLECT)) is not None and one.used >= SLOWER_FROM * part for one in budgets)
    return 2 * every if low else every
