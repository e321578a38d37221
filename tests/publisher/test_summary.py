"""The week's numbers, without a database or a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.cadence import Week, span_of
from publisher.summary import (
    Attention,
    Change,
    Direction,
    Facts,
    Gap,
    Period,
    PostFacts,
    Question,
    Queued,
    Reading,
    Summary,
    Tally,
    Trouble,
    compare,
    summarise,
)

ZONE = ZoneInfo("Europe/Helsinki")
WEEK = Week.of(2026, 48, ZONE)
BEFORE = WEEK.shifted(-1, ZONE)
AS_OF = WEEK.end + timedelta(hours=6)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

PERIOD = Period.of(WEEK, ZONE, AS_OF)


THIS_WEEK = WEEK.start + DAY
LAST_WEEK = BEFORE.start + DAY
LONG_AGO = BEFORE.start - 30 * DAY


def counted(reactions: int | None, comments: int | None = 0, shares: int | None = 0) -> Tally:
    return Tally(reactions=reactions, comments=comments, shares=shares)


def a_post(published_at: datetime, *at: Tally | None, channel: str = "facebook", **fields: Any) -> PostFacts:
    """`at`: as read at the start and the end of the week before, and at those of this week."""
    edges = (PERIOD.previous.start, fields.pop("previous_until", PERIOD.previous_until), PERIOD.start)
    readings: dict[datetime, Reading] = {}
    for edge, tally in zip((*edges, fields.pop("until", PERIOD.until)), at, strict=True):
        readings |= {edge: Reading(at=edge, tally=tally)} if tally else {}
    values: dict[str, Any] = {
        "announcement": "rakennuslupa",
        "title": "Rakennuslupa",
        "service": None,
        "account": channel,
        "url": "https://example.org/1",
        "readings": readings,
    }
    return PostFacts(channel=channel, published_at=published_at, **values | fields)


def summed(
    *posts: PostFacts, channels: tuple[str, ...] = ("facebook",), period: Period = PERIOD, **facts: Any
) -> Summary:
    values: dict[str, Any] = {
        "known_since": LONG_AGO,
        "track_for": 90 * DAY,
        "questions": (),
        "other_unanswered": 0,
        "attention": (),
        "queue": (),
    }
    return summarise("hausjarvi", "Hausjärven kunta", channels, period, Facts(posts=posts, **values | facts), AS_OF)


def test_a_post_of_the_week_counts_from_nothing():
    """Everything it has was received since it was published."""
    total = summed(a_post(THIS_WEEK, None, None, None, counted(12, 3, 2))).total
    assert (total.posts, total.received.interactions) == (1, 17)
    assert (total.received.reactions, total.received.comments, total.received.shares) == (12, 3, 2)
    assert total.change == Change(direction=Direction.NEW, difference=17)


def test_an_older_post_counts_what_came_in_during_the_week():
    """The difference of two readings; what it had before is last week's."""
    total = summed(a_post(LAST_WEEK, None, counted(30), counted(30), counted(36, 1))).total
    assert (total.posts, total.received.interactions) == (0, 7)
    assert total.change == Change(direction=Direction.FEWER, difference=-23, percent=-77)


def test_what_people_take_back_is_subtracted():
    """A like that is withdrawn makes a negative difference, and it stays one."""
    assert summed(a_post(LONG_AGO, counted(9), counted(9), counted(9), counted(7))).total.received.interactions == -2


def test_a_missing_reading_is_unknown_and_said():
    """An old post that was not read before the week is in no number, and is counted among the unread."""
    total = summed(a_post(LONG_AGO, None, None, None, counted(500))).total
    assert (total.received.interactions, total.unread) == (None, 1)
    assert total.change.direction is Direction.UNKNOWN


def test_a_new_post_that_was_not_read_before_the_week_counts_whole_in_it():
    """What it had on Sunday was told nowhere, and nothing may fall between two weeks; last week it is unread."""
    late = a_post(LAST_WEEK, None, None, None, counted(9))
    assert (summed(late).total.received.interactions, summed(late).total.unread) == (9, 0)
    assert [bar.interactions for bar in summed(late).bars[-2:]] == [None, 9]


def test_an_account_that_was_not_read_around_an_edge_is_told():
    """Read on Friday: this week lacks the weekend, and the next one has it; each says so. A day's silence is no gap."""
    friday = WEEK.end - 3 * DAY
    post = a_post(LAST_WEEK, None, counted(3), counted(3), counted(5))
    silent = replace(post, readings={**post.readings, WEEK.end: Reading(at=friday, tally=counted(5))})
    (told,) = summed(silent).attention
    assert (told.trouble, told.channel, told.since) == (Trouble.NOT_READ, "facebook", friday)
    following = Period.of(WEEK.shifted(1, ZONE), ZONE, AS_OF + 7 * DAY)
    now = Reading(at=following.until, tally=counted(8))
    later = summed(replace(silent, readings={**silent.readings, following.until: now}), period=following)
    assert later.read_late == (Gap(channel="facebook", account="facebook", read_at=friday),)
    assert (later.attention, later.total.received.interactions) == ((), 3)
    assert summed(post).attention == ()


def test_two_accounts_of_one_name_are_told_apart():
    """Never read on X since its first post there; the account of the same name on Facebook is older, and read."""
    read = a_post(BEFORE.start, counted(3), counted(3), counted(3), counted(5), account="nuoret")
    never = [
        a_post(day, None, None, None, None, channel="x", account="nuoret")
        for day in (BEFORE.start + 2 * DAY, BEFORE.start + 3 * DAY)
    ]
    (told,) = summed(read, *never).attention
    assert (told.trouble, told.channel, told.account) == (Trouble.NEVER_READ, "x", "nuoret")
    assert told.since == BEFORE.start + 2 * DAY


def silent_since(moment: datetime, post: PostFacts) -> PostFacts:
    """The same post, not read after a moment."""
    return replace(post, readings={edge: replace(one, at=min(one.at, moment)) for edge, one in post.readings.items()})


def test_a_week_in_which_nobody_read_is_not_a_quiet_one():
    """What was last read before it began says nothing about it: not told, never 0. A post that is read no longer has its 0."""
    whole = silent_since(BEFORE.start + DAY, a_post(LONG_AGO, counted(9), counted(30), counted(30), counted(30)))
    summary = summed(whole)
    assert (summary.total.received.interactions, summary.total.unread, summary.quiet) == (None, 1, False)
    assert [bar.interactions for bar in summary.bars[-2:]] == [21, None]
    assert summed(replace(whole, out=False)).total.received.interactions == 0
    assert summed(whole, track_for=30 * DAY).total.received.interactions == 0


def test_a_half_read_week_is_not_set_beside_a_whole_one():
    """Three days without a reading would look like a fall; where that account counts nothing is compared, elsewhere all is."""
    x = a_post(LONG_AGO, counted(10), counted(60), counted(60), counted(70), channel="x", service="lupa")
    facebook = a_post(LONG_AGO, counted(10), counted(60), counted(60), counted(80), service="vene")
    summary = summed(silent_since(WEEK.end - 3 * DAY, x), facebook, channels=("facebook", "x"))
    assert [line.change.direction for line in (*summary.channels, summary.total)] == [
        Direction.FEWER,
        Direction.UNKNOWN,
        Direction.UNKNOWN,
    ]
    assert {one.name: one.line.change.difference for one in summary.services} == {"vene": -30, "lupa": 0}
    always = silent_since(BEFORE.start - 9 * DAY, x)
    assert summed(always, facebook, channels=("facebook", "x")).total.change.difference == -30


def test_a_blocked_account_is_told_once():
    """That it is not read either goes without saying."""
    blocked = Attention(trouble=Trouble.BLOCKED, channel="facebook", account="facebook", since=LAST_WEEK)
    assert summed(a_post(LONG_AGO, None, None, None, None), attention=[blocked]).attention == (blocked,)


def test_e_services_are_summed_over_all_channels():
    """By the key that files give, else by title; those with nothing are left out, the most taken up come first."""
    summary = summed(
        a_post(THIS_WEEK, None, None, None, counted(5), service="lupa", announcement="a"),
        a_post(THIS_WEEK, None, None, None, counted(9), service="lupa", announcement="b", channel="x"),
        a_post(THIS_WEEK, None, None, None, counted(20), announcement="c", title="Venepaikat"),
        a_post(LAST_WEEK, None, counted(4), counted(4), counted(4), service="hiljainen"),
    )
    assert [(one.name, one.line.posts, one.line.received.interactions) for one in summary.services] == [
        ("Venepaikat", 1, 20),
        ("lupa", 2, 14),
    ]


def test_the_chart_has_eight_weeks_and_knows_which_it_does_not_know():
    """Weeks before the accounts were known have no bar and no zero."""
    bars = summed(a_post(THIS_WEEK, None, None, None, counted(7)), known_since=BEFORE.start - DAY).bars
    assert [(bar.span.number, bar.interactions) for bar in bars] == [
        *((week, None) for week in range(41, 46)),
        (46, 0),
        (47, 0),
        (48, 7),
    ]


def test_the_first_week_has_nothing_to_be_compared_with():
    """Neither 'new' nor '+17': what came in before the accounts were known is not 0."""
    summary = summed(a_post(THIS_WEEK, None, None, None, counted(12, 3, 2)), known_since=WEEK.start + HOUR)
    assert (summary.first, summary.total.change.direction) == (True, Direction.UNKNOWN)
    assert not summed().first


def test_a_week_before_the_accounts_were_known_is_not_a_quiet_one():
    """Asked for by name, it has no numbers; a first week that still runs has its zeros."""
    for since in (None, WEEK.end):
        summary = summed(known_since=since)
        assert (summary.untold, summary.quiet, summary.total.received.interactions) == (True, False, None)
    assert summed(known_since=None, period=Period.of(WEEK, ZONE, WEEK.start + DAY)).quiet


def test_what_is_known_is_summed_beside_what_is_not():
    """Instagram tells no shares: its own line says so, the total has the others'."""
    summary = summed(
        a_post(THIS_WEEK, None, None, None, counted(5, 1, None), channel="instagram"),
        a_post(THIS_WEEK, None, None, None, counted(5, 1, 4)),
        channels=("facebook", "instagram"),
    )
    facebook, instagram = summary.channels
    assert (instagram.received.shares, instagram.received.interactions) == (None, 6)
    assert (facebook.received.shares, summary.total.received.shares) == (4, 4)
    assert (summary.announcements, summary.total.posts) == (1, 2)


def test_channels_come_in_the_organisations_order_and_closed_ones_keep_their_history():
    """A network without posts has a line of zeros; one that left the configuration still has its posts."""
    summary = summed(a_post(THIS_WEEK, None, None, None, counted(1), channel="x"), channels=("facebook", "linkedin"))
    assert [(line.channel, line.posts, line.received.interactions) for line in summary.channels] == [
        ("facebook", 0, 0),
        ("linkedin", 0, 0),
        ("x", 1, 1),
    ]


@pytest.mark.parametrize(
    "now, before, expected",
    [
        (None, 5, Change(direction=Direction.UNKNOWN)),
        (5, None, Change(direction=Direction.UNKNOWN)),
        (5, 5, Change(direction=Direction.SAME)),
        (0, 0, Change(direction=Direction.SAME)),
        (5, 0, Change(direction=Direction.NEW, difference=5)),
        (24, 19, Change(direction=Direction.MORE, difference=5)),
        (25, 20, Change(direction=Direction.MORE, difference=5, percent=25)),
        (10, 20, Change(direction=Direction.FEWER, difference=-10, percent=-50)),
        (1001, 1000, Change(direction=Direction.MORE, difference=1)),
        (0, 40, Change(direction=Direction.FEWER, difference=-40, percent=-100)),
    ],
)
def test_a_percentage_needs_a_base(now, before, expected):
    """The difference always; a percentage from a base of 20 and only if it is not 0; 'new' from nothing."""
    assert compare(now, before) == expected


def test_the_best_post_is_of_this_week_by_its_total_so_far():
    """Older posts do not compete, however much they still collect; equal ones go by who was first."""
    best = summed(
        a_post(LAST_WEEK, None, counted(10), counted(10), counted(900), title="Vanha"),
        a_post(THIS_WEEK + HOUR, None, None, None, counted(5, 1, 1), title="Toinen"),
        a_post(THIS_WEEK, None, None, None, counted(6, 1), title="Ensimmäinen"),
    ).best
    assert best is not None
    assert (best.title, best.so_far.interactions) == ("Ensimmäinen", 7)
    assert summed(a_post(THIS_WEEK, None, None, None, counted(0))).best is None
    assert summed(a_post(THIS_WEEK, None, None, None, None)).best is None


def test_a_quiet_week_says_so():
    """Nothing published and nothing received; what came in on an old post is not quiet."""
    assert summed().quiet
    assert summed(a_post(LONG_AGO, *[counted(4)] * 4)).quiet
    assert not summed(a_post(LONG_AGO, *[counted(4)] * 3, counted(5))).quiet


def test_a_running_week_is_set_beside_the_same_span_of_the_week_before():
    """On Wednesday morning, last week counts up to Wednesday morning only."""
    period = Period.of(WEEK, ZONE, WEEK.start + 2 * DAY)
    edges: Any = {"previous_until": period.previous_until, "until": period.until}
    summary = summed(
        a_post(BEFORE.start + DAY, None, counted(4), counted(30), counted(30), **edges),
        a_post(BEFORE.start + 5 * DAY, None, None, counted(50), counted(50), **edges),
        a_post(WEEK.start + DAY, None, None, None, counted(6), **edges),
        period=period,
    )
    assert period.running
    assert (summary.total.posts, summary.total.received.interactions) == (1, 6)
    assert summary.total.change == Change(direction=Direction.MORE, difference=2)


def test_questions_are_oldest_first_and_troubles_most_urgent_first():
    """Who has waited longest is answered first; what may be out twice or not at all is settled first."""

    def asked(number: int, at: datetime) -> Question:
        return Question(id=number, channel="x", announcement="a", title=None, text="?", created_at=at, url=None)

    def trouble(kind: Trouble, at: datetime = THIS_WEEK) -> Attention:
        return Attention(trouble=kind, channel="x", account="x", since=at)

    summary = summed(
        questions=[asked(2, THIS_WEEK), asked(1, LAST_WEEK)],
        attention=[
            trouble(Trouble.PARTIAL),
            trouble(Trouble.FAILED),
            trouble(Trouble.FAILED, LAST_WEEK),
            trouble(Trouble.UNCONFIRMED),
        ],
    )
    assert [question.id for question in summary.questions] == [1, 2]
    assert [(one.trouble, one.since) for one in summary.attention] == [
        (Trouble.UNCONFIRMED, THIS_WEEK),
        (Trouble.FAILED, LAST_WEEK),
        (Trouble.FAILED, THIS_WEEK),
        (Trouble.PARTIAL, THIS_WEEK),
    ]


def test_what_comes_next_is_one_line_an_announcement():
    """Its networks are named once each, at its earliest hour; a repeat is a line of its own."""

    def queued(announcement: str, channel: str, at: datetime, occurrence: int = 1) -> Queued:
        return Queued(announcement=announcement, occurrence=occurrence, title=None, channel=channel, due_at=at)

    coming = summed(
        queue=[
            queued("b", "x", WEEK.end + 2 * DAY),
            queued("a", "facebook", WEEK.end + DAY),
            queued("a", "x", WEEK.end + DAY + HOUR),
            queued("a", "x", WEEK.end + DAY + HOUR),
            queued("a", "facebook", WEEK.end + 3 * DAY, occurrence=2),
        ]
    ).upcoming
    assert [(one.announcement, one.due_at, one.channels) for one in coming] == [
        ("a", WEEK.end + DAY, ("facebook", "x")),
        ("b", WEEK.end + 2 * DAY, ("x",)),
        ("a", WEEK.end + 3 * DAY, ("facebook",)),
    ]


def test_a_week_is_named_after_its_own_days():
    """The number comes from the period, not from the Monday on which the mail leaves; week 53 has one too."""
    assert (PERIOD.label, PERIOD.previous.label) == ("2026-W48", "2026-W47")
    last = Week.of(2026, 53, ZONE)
    january = Period.of(last.shifted(1, ZONE), ZONE, last.shifted(3, ZONE).end)
    assert (january.label, january.previous.label) == ("2027-W01", "2026-W53")
    assert last.start == datetime(2026, 12, 27, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "label, hours, before", [("2026-W43", 169, 168), ("2026-W44", 168, 169), ("2026-W13", 167, 168)]
)
def test_a_week_has_the_hours_that_clocks_give_it(label, hours, before):
    """In spring one is missing, in autumn one comes twice; the week before ends where this one begins."""
    period = Period.of(span_of(label, ZONE), ZONE, AS_OF)
    assert (period.until - period.start, period.previous_until) == (timedelta(hours=hours), period.start)
    assert period.previous_until - period.previous.start == timedelta(hours=before)


@pytest.mark.parametrize(
    "label, now, previous, previous_until",
    [
        ("2026-11", "2026-12-01T06:00", "2026-10", "2026-11-01T00:00"),
        ("2026-02", "2026-03-15T06:00", "2026-01", "2026-02-01T00:00"),
        ("2026-03", "2026-03-30T12:00", "2026-02", "2026-03-01T00:00"),
        ("2026-01", "2026-01-10T12:00", "2025-12", "2025-12-10T12:00"),
        ("2026", "2027-01-04T06:00", "2025", "2026-01-01T00:00"),
        ("2026", "2026-07-01T12:00", "2025", "2025-07-01T12:00"),
    ],
)
def test_months_and_years_are_periods_too(label, now, previous, previous_until):
    """Each beside the one before: whole beside whole, so far beside so far, and never past the shorter one's end."""
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in (now, previous_until))
    period = Period.of(span_of(label, ZONE), ZONE, moment)
    assert (period.label, period.previous.label, period.previous_until) == (label, previous, expected)


@pytest.mark.parametrize("label", ["2026-W54", "2026-13", "26", "2026-W1", "nonsense", "2026-"])
def test_what_is_no_span_is_refused(label):
    """A label that nobody wrote in earnest."""
    with pytest.raises(ValueError, match=r"."):
        span_of(label, ZONE)
