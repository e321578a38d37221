from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.cadence import (
    AmbiguousTimeError,
    NoSuchTimeError,
    Week,
    instant,
    nearest_instant,
    next_collection,
    report_due,
    report_moment,
    week_of,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Helsinki",
        "Europe/Mariehamn",
        "UTC",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Africa/Casablanca",
        "America/Santiago",
    )
]


def wall(text):
    return datetime.fromisoformat(text)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_wall_time_becomes_an_instant():
    """Two hours ahead in winter, three in summer."""
    assert instant(wall("2026-12-01 09:00"), HELSINKI) == utc("2026-12-01 07:00")
    assert instant(wall("2026-07-01 09:00"), HELSINKI) == utc("2026-07-01 06:00")


def test_the_nights_when_clocks_change_are_refused():
    """A time that does not exist and a time that comes twice; the hours beside them are fine."""
    with pytest.raises(NoSuchTimeError):
        instant(wall("2027-03-28 03:30"), HELSINKI)
    with pytest.raises(AmbiguousTimeError):
        instant(wall("2026-10-25 03:30"), HELSINKI)
    assert instant(wall("2027-03-28 02:59"), HELSINKI) == utc("2027-03-28 00:59")
    assert instant(wall("2027-03-28 04:00"), HELSINKI) == utc("2027-03-28 01:00")
    assert instant(wall("2026-10-25 02:59"), HELSINKI) == utc("2026-10-24 23:59")
    assert instant(wall("2026-10-25 04:00"), HELSINKI) == utc("2026-10-25 02:00")


def test_what_comes_round_by_itself_always_has_an_instant():
    """After the jump, and the first of the two."""
    assert nearest_instant(wall("2027-03-28 03:30"), HELSINKI) == utc("2027-03-28 01:30")
    assert nearest_instant(wall("2026-10-25 03:30"), HELSINKI) == utc("2026-10-25 00:30")


def test_a_week_runs_from_monday_to_monday_in_local_time():
    """Its number comes from its own days; a week with a change of clocks has 167 or 169 hours."""
    week = week_of(utc("2026-11-15 22:00"), HELSINKI)
    assert (week.label, week.start, week.end) == ("2026-W47", utc("2026-11-15 22:00"), utc("2026-11-22 22:00"))
    assert week_of(utc("2026-11-15 21:59"), HELSINKI).label == "2026-W46"
    assert (week.monday().isoformat(), week.sunday().isoformat()) == ("2026-11-16", "2026-11-22")
    long, short = Week.parse("2026-W43", HELSINKI), Week.parse("2027-W12", HELSINKI)
    assert (long.end - long.start, short.end - short.start) == (timedelta(hours=169), timedelta(hours=167))


def test_the_turn_of_the_year_keeps_iso_numbers():
    """2026 has 53 weeks, and 1 January 2027 lies in the last one."""
    assert week_of(utc("2027-01-01 12:00"), HELSINKI).label == "2026-W53"
    assert Week.parse("2026-W53", HELSINKI).shifted(1, HELSINKI).label == "2027-W01"
    for wrong in ("2027-W53", "2026-W00", "2026-48", "48"):
        with pytest.raises(ValueError, match=r".*"):
            Week.parse(wrong, HELSINKI)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_weeks_follow_each_other_without_gap_for_ten_years(zone):
    """Every week ends where the next begins, and each one's summary becomes due exactly once."""
    week = Week.parse("2026-W01", zone)
    for _n in range(522):
        following = week.shifted(1, zone)
        assert week.end == following.start
        assert week_of(week.start, zone) == week
        assert week_of(week.end - timedelta(seconds=1), zone) == week
        moment = report_moment(week, 0, time(0), zone)
        assert moment == week.end
        assert report_due(moment, 0, time(0), zone) == week
        assert report_due(moment - timedelta(seconds=1), 0, time(0), zone) == week.shifted(-1, zone)
        week = following


def test_a_summary_leaves_in_the_week_after():
    """On its day at its hour, and not a minute before; until then the week before it is the newest."""
    assert report_due(utc("2026-11-23 06:00"), 0, time(8), HELSINKI).label == "2026-W47"
    assert report_due(utc("2026-11-23 05:59"), 0, time(8), HELSINKI).label == "2026-W46"
    assert report_due(utc("2026-11-26 12:00"), 4, time(8), HELSINKI).label == "2026-W46"
    assert report_due(utc("2026-11-27 06:00"), 4, time(8), HELSINKI).label == "2026-W47"


def test_older_posts_are_read_less_often():
    """The pause only grows with age; a fresh post is read as often as the configuration says."""
    every = timedelta(minutes=10)
    ages = [timedelta(hours=hours) for hours in range(90 * 24)]
    pauses = [next_collection(age, every) for age in ages]
    assert pauses == sorted(pauses)
    assert pauses[0] == every
    assert pauses[-1] == timedelta(days=1)
