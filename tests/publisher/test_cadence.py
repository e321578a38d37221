from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.cadence import (
    AmbiguousTimeError,
    NoSuchTimeError,
    Week,
    instant,
    nearest_instant,
    next_collection,
    occurrence,
    occurrences,
    report_due,
    report_moment,
    wall_text,
    week_of,
)
from publisher.model import Every, Unit

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

CHANGING = [
    ZoneInfo(name)
    for name in ("Europe/Helsinki", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Australia/Sydney")
]
TEN_YEARS = timedelta(days=3653)
BEGINNINGS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31, 23, 59)).map(  # noqa: DTZ001
    lambda wall: wall.replace(second=0, microsecond=0)
)
CHANGE_HOURS = st.builds(datetime.combine, BEGINNINGS, st.sampled_from([time(hour, 30) for hour in range(5)]))
PAUSES = st.one_of(
    st.builds(Every, number=st.integers(1, 400), unit=st.just(Unit.DAY)),
    st.builds(Every, number=st.integers(1, 60), unit=st.just(Unit.WEEK)),
    st.builds(Every, number=st.integers(1, 30), unit=st.just(Unit.MONTH)),
    st.builds(Every, number=st.integers(1, 3), unit=st.just(Unit.YEAR)),
)


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


def local(moment, zone):
    """What a clock on the wall shows."""
    return moment.astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize("zone", [*CHANGING, ZoneInfo("Asia/Tokyo")], ids=str)
@given(begin=BEGINNINGS, weekday=st.integers(0, 6), at=st.times().map(lambda at: at.replace(second=0, microsecond=0)))
@settings(max_examples=12, deadline=None)
def test_a_weekly_summary_comes_once_for_each_week_of_ten_years(zone, begin, weekday, at):
    """Whatever the day and the hour: each ISO week once, in order, at that hour of the wall except when clocks jump over it."""
    now = nearest_instant(begin, zone)
    due: list[Week] = []
    while len(due) < 522:
        week = report_due(now, weekday, at, zone)
        if not due or week != due[-1]:
            due.append(week)
            moment = report_moment(week, weekday, at, zone)
            assert moment <= now
            shown = local(moment, zone)
            assert shown.weekday() == weekday
            assert shown.time() == at or not exists(datetime.combine(shown, at), zone)
        now += timedelta(hours=84)
    assert [week.start for week in due[1:]] == [week.end for week in due[:-1]]


def exists(wall_time, zone):
    """Whether clocks ever show this time."""
    try:
        instant(wall_time, zone)
    except NoSuchTimeError:
        return False
    except AmbiguousTimeError:
        pass
    return True


@pytest.mark.parametrize("zone", [*CHANGING, ZoneInfo("Asia/Tokyo")], ids=str)
@given(begin=st.one_of(BEGINNINGS, CHANGE_HOURS), every=PAUSES)
@settings(max_examples=25, deadline=None)
def test_a_repeat_keeps_its_hour_and_its_days_for_ten_years(zone, begin, every):
    """Numbers without a gap, instants that grow, days as a calendar counts them, the hour of the wall except when clocks jump over it."""
    first = nearest_instant(begin, zone)
    start = local(first, zone)
    found = list(takewhile(lambda one: one[1] <= first + TEN_YEARS, occurrences(first, every, zone)))
    assert found[0] == (1, first)
    assert [number for number, _at in found] == list(range(1, len(found) + 1))
    assert all(later > earlier for (_n, earlier), (_m, later) in pairwise(found))
    for number, at in found:
        shown, steps = local(at, zone), (number - 1) * every.number
        wanted = datetime.combine(the_day(start, every.unit, steps), start.time())
        if exists(wanted, zone):
            assert shown == wanted
            assert at == min(each for each in both(wanted, zone))
        else:
            assert timedelta(0) < shown - wanted <= timedelta(hours=1)


def the_day(start, unit, steps):
    """Count days one way, months another: by walking over the calendar."""
    if unit in {Unit.DAY, Unit.WEEK}:
        return start.date() + timedelta(days=steps * (7 if unit is Unit.WEEK else 1))
    months = steps * (12 if unit is Unit.YEAR else 1)
    month = start.date().replace(day=1)
    for _n in range(months):
        month = (month + timedelta(days=31)).replace(day=1)
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return last.replace(day=min(start.day, last.day))


def both(wall_time, zone):
    """Every instant that a clock on the wall shows like this: one, or two when clocks are put back."""
    return {wall_time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


def test_a_last_of_the_month_comes_back():
    """Always counted from the first: 31.1., 28.2., 31.3.; and from a leap day 28.2. until the next one."""
    monthly, yearly = Every(number=1, unit=Unit.MONTH), Every(number=1, unit=Unit.YEAR)
    first = instant(wall("2027-01-31 09:00"), HELSINKI)
    days = [wall_text(local(occurrence(first, monthly, n, HELSINKI), HELSINKI)) for n in (1, 2, 3, 4, 14)]
    assert days == ["2027-01-31 09:00", "2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00", "2028-02-29 09:00"]
    leap = instant(wall("2028-02-29 09:00"), HELSINKI)
    years = [local(occurrence(leap, yearly, n, HELSINKI), HELSINKI).date().isoformat() for n in (2, 4, 5)]
    assert years == ["2029-02-28", "2031-02-28", "2032-02-29"]


def test_a_repeat_moves_over_the_jump_and_takes_the_first_of_two():
    """Half past three does not exist one night, and comes twice another; the nights beside them are as ever."""
    every = Every(number=1, unit=Unit.DAY)
    spring = instant(wall("2027-03-27 03:30"), HELSINKI)
    assert [occurrence(spring, every, n, HELSINKI) for n in (1, 2, 3)] == [
        utc("2027-03-27 01:30"),
        utc("2027-03-28 01:30"),
        utc("2027-03-29 00:30"),
    ]
    assert wall_text(local(occurrence(spring, every, 2, HELSINKI), HELSINKI)) == "2027-03-28 04:30"
    autumn = instant(wall("2026-10-24 03:30"), HELSINKI)
    assert occurrence(autumn, every, 2, HELSINKI) == utc("2026-10-25 00:30")
    second = utc("2026-10-25 01:30")
    assert occurrence(second, every, 1, HELSINKI) == second
    assert occurrence(second, every, 2, HELSINKI) == utc("2026-10-26 01:30")
