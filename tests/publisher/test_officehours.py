"""How long a question has waited, counted in the time in which somebody could have answered it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.officehours import LONGEST, OfficeHours, waited

ZONE = ZoneInfo("Europe/Helsinki")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    "since, until, hours",
    [
        ("2026-11-24 09:00", "2026-11-24 12:30", 3.5),
        ("2026-11-24 18:00", "2026-11-25 07:59", 0),
        ("2026-11-24 15:00", "2026-11-25 09:00", 2),
        ("2026-11-27 15:00", "2026-11-30 09:00", 2),
        ("2026-12-23 15:00", "2026-12-28 09:00", 2),
        ("2026-06-18 15:00", "2026-06-22 09:00", 2),
        ("2027-01-05 15:00", "2027-01-07 09:00", 2),
        ("2026-04-02 15:00", "2026-04-07 09:00", 2),
        ("2026-12-05 00:00", "2026-12-08 00:00", 8),
        ("2026-03-27 12:00", "2026-03-30 12:00", 8),
        ("2026-11-25 09:00", "2026-11-24 09:00", 0),
    ],
)
def test_only_office_hours_count(since: str, until: str, hours: float) -> None:
    """Nights, weekends, Christmas, midsummer, Epiphany, Easter, Independence Day and a night of 23 hours; never less than nothing."""
    assert waited(OfficeHours(), at(since), at(until), ZONE) == hours * HOUR


def test_an_office_has_hours_of_its_own() -> None:
    """Saturdays, other times, days of its own, or no public holidays at all."""
    saturdays = OfficeHours(weekdays=frozenset({5}), opens=time(10), closes=time(14))
    assert waited(saturdays, at("2026-11-23 00:00"), at("2026-11-30 00:00"), ZONE) == 4 * HOUR
    closed = OfficeHours(closed=frozenset({date(2026, 11, 24)}))
    assert waited(closed, at("2026-11-24 00:00"), at("2026-11-25 09:00"), ZONE) == HOUR
    always = OfficeHours(weekdays=frozenset(range(7)), holidays=False)
    assert waited(always, at("2026-12-24 00:00"), at("2026-12-27 00:00"), ZONE) == 24 * HOUR


def test_what_is_ages_old_is_not_counted_out() -> None:
    """The count ends after so long."""
    now = at("2026-11-24 12:00")
    assert waited(OfficeHours(), at("2006-11-24 12:00"), now, ZONE) == waited(OfficeHours(), now - LONGEST, now, ZONE)
