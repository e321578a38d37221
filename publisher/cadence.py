"""Wall clocks and weeks; pure. People think in local time, the machine in UTC.

A time that a person writes is refused on the night when clocks jump over it, and on the night when it comes twice: only the person knows
what is meant. A time that comes round by itself (a weekly report, a repeat) takes the moment after the jump, and the first of the two.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import count
from typing import ClassVar, Self

from publisher.model import Every, Unit

_LADDER = (
    # (younger than, read every so many times the pause of a fresh post)
    (timedelta(hours=6), 1),
    (timedelta(days=2), 3),
    (timedelta(days=10), 6),
    (timedelta(days=30), 36),
)
_OLDEST = 144
"""With the usual ten minutes: half-hourly to day two, hourly to day ten, six-hourly to day thirty, then daily."""


class NoSuchTimeError(ValueError):
    """Clocks jump over this local time."""


class AmbiguousTimeError(ValueError):
    """This local time comes twice, for clocks are put back."""


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """Give the UTC instant of a local time without zone. Raises NoSuchTimeError, AmbiguousTimeError."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise NoSuchTimeError(wall.isoformat(" ", "minutes"))
    if first.utcoffset() != second.utcoffset():
        raise AmbiguousTimeError(wall.isoformat(" ", "minutes"))
    return first.astimezone(UTC)


def nearest_instant(wall: datetime, zone: tzinfo) -> datetime:
    """Give an instant for any local time: after the jump, and the first of two."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_text(wall: datetime) -> str:
    """Say a local time as files and lists do: '2026-12-01 09:00'."""
    return f"{wall:%Y-%m-%d %H:%M:%S}" if wall.second else f"{wall:%Y-%m-%d %H:%M}"


def occurrence(first: datetime, every: Every, number: int, zone: tzinfo) -> datetime:
    """Give the instant of an occurrence; number 1 is `first` itself.

    Always counted from the first on the local calendar, so that the hour holds when clocks change, and a last of the month comes back
    after a shorter one: 31 January, 28 February, 31 March.
    """
    if number == 1:
        return first
    wall = first.astimezone(zone).replace(tzinfo=None)
    return nearest_instant(_later(wall, every, number - 1), zone)


def occurrences(first: datetime, every: Every, zone: tzinfo) -> Iterator[tuple[int, datetime]]:
    """Count the occurrences and give their instants, without end."""
    return ((number, occurrence(first, every, number, zone)) for number in count(1))


def _later(wall: datetime, every: Every, times: int) -> datetime:
    number = every.number * times
    match every.unit:
        case Unit.DAY:
            return wall + timedelta(days=number)
        case Unit.WEEK:
            return wall + timedelta(weeks=number)
        case Unit.MONTH:
            return _months_later(wall, number)
        case Unit.YEAR:
            return _months_later(wall, 12 * number)


def _months_later(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


class Length(StrEnum):
    """How much of the calendar a summary is about."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week, Monday to Sunday, in one time zone. `start` and `end` in UTC; `end` is the next week's start."""

    length: ClassVar = Length.WEEK

    year: int
    number: int
    start: datetime
    end: datetime

    @classmethod
    def of(cls, year: int, number: int, zone: tzinfo) -> Self:
        """Give a week by its number. Raises ValueError where the year has no such week."""
        monday = date.fromisocalendar(year, number, 1)
        return cls(year, number, _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone))

    @classmethod
    def parse(cls, label: str, zone: tzinfo) -> Self:
        """Read '2026-W48'. Raises ValueError."""
        found = re.fullmatch(r"(\d{4})-W(\d{2})", label)
        if not found:
            raise ValueError(label)
        return cls.of(int(found[1]), int(found[2]), zone)

    @property
    def label(self) -> str:
        """The week as scripts and tables name it: '2026-W48'."""
        return f"{self.year}-W{self.number:02}"

    def monday(self) -> date:
        """Give the first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    def sunday(self) -> date:
        """Give the last day."""
        return date.fromisocalendar(self.year, self.number, 7)

    def shifted(self, weeks: int, zone: tzinfo) -> Self:
        """Give the week so many weeks later; earlier, if negative."""
        year, number, _day = (self.monday() + timedelta(weeks=weeks)).isocalendar()
        return self.of(year, number, zone)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar in one time zone; ends as those of a week."""

    length: ClassVar = Length.MONTH

    year: int
    number: int
    start: datetime
    end: datetime

    @classmethod
    def of(cls, year: int, number: int, zone: tzinfo) -> Self:
        """Give a month by its number. Raises ValueError where there is no such month."""
        first = date(year, number, 1)
        following = first + timedelta(days=monthrange(year, number)[1])
        return cls(year, number, _midnight(first, zone), _midnight(following, zone))

    @classmethod
    def parse(cls, label: str, zone: tzinfo) -> Self:
        """Read '2026-11'. Raises ValueError."""
        found = re.fullmatch(r"(\d{4})-(\d{2})", label)
        if not found:
            raise ValueError(label)
        return cls.of(int(found[1]), int(found[2]), zone)

    @property
    def label(self) -> str:
        """The month as scripts and tables name it: '2026-11'."""
        return f"{self.year}-{self.number:02}"

    def shifted(self, months: int, zone: tzinfo) -> Self:
        """Give the month so many months later; earlier, if negative."""
        year, month = divmod(self.year * 12 + self.number - 1 + months, 12)
        return self.of(year, month + 1, zone)


@dataclass(frozen=True, slots=True, order=True)
class Year:
    """A year of the calendar in one time zone; ends as those of a week."""

    length: ClassVar = Length.YEAR

    year: int
    start: datetime
    end: datetime

    @classmethod
    def of(cls, year: int, zone: tzinfo) -> Self:
        """Give a year. Raises ValueError outside of the calendar's."""
        return cls(year, _midnight(date(year, 1, 1), zone), _midnight(date(year + 1, 1, 1), zone))

    @classmethod
    def parse(cls, label: str, zone: tzinfo) -> Self:
        """Read '2026'. Raises ValueError."""
        if not re.fullmatch(r"\d{4}", label):
            raise ValueError(label)
        return cls.of(int(label), zone)

    @property
    def number(self) -> int:
        """The year itself, so that weeks, months and years can be asked alike."""
        return self.year

    @property
    def label(self) -> str:
        """The year as scripts and tables name it: '2026'."""
        return f"{self.year:04}"

    def shifted(self, years: int, zone: tzinfo) -> Self:
        """Give the year so many years later; earlier, if negative."""
        return self.of(self.year + years, zone)


Span = Week | Month | Year


def span_of(label: str, zone: tzinfo) -> Span:
    """Read what the label of a week, a month or a year says. Raises ValueError."""
    if "W" in label:
        return Week.parse(label, zone)
    return Month.parse(label, zone) if "-" in label else Year.parse(label, zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return nearest_instant(datetime.combine(day, time(0)), zone)


def week_of(moment: datetime, zone: tzinfo) -> Week:
    """Give the week that an instant falls into, as it is counted in `zone`."""
    year, number, _day = moment.astimezone(zone).isocalendar()
    return Week.of(year, number, zone)


def report_moment(week: Week, weekday: int, at: time, zone: tzinfo) -> datetime:
    """Tell when a week's summary leaves: on that weekday (Monday is 0) of the week after, at that local time."""
    day = week.monday() + timedelta(days=7 + weekday)
    return nearest_instant(datetime.combine(day, at), zone)


def report_due(now: datetime, weekday: int, at: time, zone: tzinfo) -> Week:
    """Give the newest week whose summary should have left by now."""
    week = week_of(now, zone).shifted(-1, zone)
    return week if report_moment(week, weekday, at, zone) <= now else week.shifted(-1, zone)


def next_collection(age: timedelta, every: timedelta) -> timedelta:
    """Tell how long to wait between two readings of a post of this age; `every` is the pause for a fresh one."""
    return every * next((factor for younger, factor in _LADDER if age < younger), _OLDEST)


def latest(at: time, now: datetime, zone: tzinfo) -> datetime:
    """Give the newest moment by `now` at which clocks in `zone` showed `at`."""
    today = now.astimezone(zone).date()
    days = (today, today - timedelta(days=1))
    return max(moment for day in days if (moment := nearest_instant(datetime.combine(day, at), zone)) <= now)


def following(at: time, now: datetime, zone: tzinfo) -> datetime:
    """Give the next moment after `now` at which clocks in `zone` show `at`."""
    today = now.astimezone(zone).date()
    days = (today, today + timedelta(days=1))
    return min(moment for day in days if (moment := nearest_instant(datetime.combine(day, at), zone)) > now)


def quiet_until(quiet: tuple[time, time], now: datetime, zone: tzinfo) -> datetime | None:
    """Give the end of the quiet hours in which `now` lies; None: it lies in none."""
    first, last = quiet
    return following(last, now, zone) if latest(first, now, zone) >= latest(last, now, zone) else None
