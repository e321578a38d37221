"""How long something has waited in office hours: nights, weekends and public holidays do not count. Values in, values out.

Finland's public holidays, and the eves of midsummer and Christmas on which offices are closed, come from the library `holidays`. It is slow
to import, so whoever needs no age does not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays.countries.finland import Finland

LONGEST = timedelta(days=400)
"""What has waited for longer is no longer counted out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """When the office is open. `weekdays`: Monday is 0. `closed`: days of its own, besides the public holidays."""

    weekdays: frozenset[int] = frozenset(range(5))
    opens: time = time(8)
    closes: time = time(16)
    holidays: bool = True
    closed: frozenset[date] = frozenset()

    @property
    def day(self) -> timedelta:
        """How long a day at the office is."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def is_open(self, day: date) -> bool:
        """Tell whether somebody is there on this day."""
        return day.weekday() in self.weekdays and day not in self.closed and not (self.holidays and _is_holiday(day))


def waited(hours: OfficeHours, since: datetime, until: datetime, zone: tzinfo) -> timedelta:
    """Return how much office time lies between two instants, `LONGEST` back at most; none if `until` is the earlier one."""
    since = max(since, until - LONGEST)
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    between = (first + timedelta(days=n) for n in range(1, (last - first).days))
    whole = hours.day * sum(map(hours.is_open, between))
    for day in {first, last}:
        if hours.is_open(day):
            opens, closes = (datetime.combine(day, at, zone) for at in (hours.opens, hours.closes))
            whole += max(min(closes, until) - max(opens, since), timedelta(0))
    return whole


@cache
def _public_holidays() -> Finland:
    from holidays.countries.finland import Finland

    return Finland()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1024)  # every question of a long list asks for the same days
def _is_holiday(day: date) -> bool:
    return day in _public_holidays()
