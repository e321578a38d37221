"""The week's summary, computed: values in, values out, no clock, no words.

Two measures that are never mixed:

- *received* this week on all posts: the difference between two readings of the counters, at the week's start and at its end. A post that
  was published within the week counts from 0. Where a reading is missing the number is unknown (None), never 0.
- *so far*: a post's counters as last read. Only the best post of the week uses it.

Interactions are reactions, comments and shares together, as far as the network tells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Self

from publisher.cadence import Span, nearest_instant

PERCENT_FROM = 20
"""A percentage is told only from a base of at least this much: '+100 %' of 3 says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The week, month or year that is summed up, and the one before for comparison. Instants are aware; ends are exclusive.

    `until` is its end, or the moment of looking in one that is still running; `previous_until` the same one span earlier.
    """

    zone: tzinfo
    span: Span
    previous: Span
    until: datetime
    previous_until: datetime

    @classmethod
    def of(cls, span: Span, zone: tzinfo, now: datetime) -> Self:
        """Set a span beside the one before; a running one beside as much of the one before, by the clock on the wall."""
        until, previous = min(span.end, now), span.shifted(-1, zone)
        gone_by = _wall(until, zone) - _wall(span.start, zone)
        same_time = nearest_instant(_wall(previous.start, zone) + gone_by, zone)
        whole = until == span.end
        return cls(
            zone=zone,
            span=span,
            previous=previous,
            until=until,
            previous_until=previous.end if whole else min(same_time, previous.end),
        )

    @property
    def start(self) -> datetime:
        return self.span.start

    @property
    def end(self) -> datetime:
        return self.span.end

    @property
    def label(self) -> str:
        """For example '2026-W48', '2026-11', '2026'."""
        return self.span.label

    @property
    def running(self) -> bool:
        return self.until < self.end


def _wall(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Numbers of one post or of many; None: not told, or not read."""

    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None

    @property
    def interactions(self) -> int | None:
        return _sum((self.reactions, self.comments, self.shares))


NOTHING = Tally(reactions=0, comments=0, shares=0, views=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """A published post and its counters as last read at four instants; None: not read by then."""

    announcement: str
    title: str | None
    channel: str
    url: str | None
    published_at: datetime
    at_previous_start: Tally | None
    at_previous_until: Tally | None
    at_start: Tally | None
    at_until: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A resident's question that nobody has answered. `text` None: its words must not leave the network."""

    id: int
    channel: str
    announcement: str | None
    title: str | None
    text: str | None
    created_at: datetime
    url: str | None


class Trouble(StrEnum):
    """What needs a hand, most urgent first."""

    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    MISSED = "missed"
    HELD = "held"
    BLOCKED = "blocked"
    NOT_READ = "not_read"
    PARTIAL = "partial"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that needs a person. A blocked or unread account has no announcement; `since` is when it began."""

    trouble: Trouble
    channel: str
    account: str
    since: datetime
    delivery_id: int | None = None
    announcement: str | None = None
    title: str | None = None
    kind: str | None = None
    """What the network or the planner said, a word that `errors` explains."""
    detail: str | None = None
    thread: bool = False
    """Whether it goes out in several posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One delivery that is to go out."""

    announcement: str
    occurrence: int
    title: str | None
    channel: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """One announcement that is to go out, and where."""

    announcement: str
    title: str | None
    due_at: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an account has cost in a month so far, in US dollars. `month` as '2026-11'; `budget` None: it has none."""

    channel: str
    account: str
    month: str
    spent: Decimal
    budget: Decimal | None


class Direction(StrEnum):
    """How a number compares with the one before."""

    UNKNOWN = "unknown"
    SAME = "same"
    NEW = "new"
    MORE = "more"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A number against the one before. `percent` None: the base is too small to say."""

    direction: Direction
    difference: int = 0
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one channel, or all of them, brought. `unread` posts are in no number, since a reading is missing."""

    channel: str
    posts: int
    received: Tally
    change: Change
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The week's post that residents took up most, by its interactions so far."""

    announcement: str
    title: str | None
    channel: str
    url: str | None
    so_far: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything that the weekly mail says."""

    organisation: str
    name: str
    period: Period
    as_of: datetime
    announcements: int
    """Announcements of which at least one post went out this week."""
    total: Line
    channels: tuple[Line, ...]
    best: Best | None
    questions: tuple[Question, ...]
    other_unanswered: int
    attention: tuple[Attention, ...]
    upcoming: tuple[Upcoming, ...]
    awaiting_approval: int
    costs: tuple[Cost, ...]
    """Of the networks that bill; empty where nobody uses one, or has spent or set aside nothing."""

    @property
    def quiet(self) -> bool:
        """Nothing was published and nothing came in."""
        return self.total.posts == 0 and not self.total.received.interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database knows of an organisation's week."""

    posts: Sequence[PostFacts]
    questions: Sequence[Question]
    other_unanswered: int
    attention: Sequence[Attention]
    queue: Sequence[Queued]
    awaiting_approval: int
    costs: Sequence[Cost] = ()


def summarise(
    organisation: str, name: str, channels: Sequence[str], period: Period, facts: Facts, as_of: datetime
) -> Summary:
    """Sum a week up. `channels`: the networks of the organisation in reading order; others that have posts follow."""
    names = [*dict.fromkeys([*channels, *(post.channel for post in facts.posts)])]
    published = [post for post in facts.posts if period.start <= post.published_at < period.until]
    return Summary(
        organisation=organisation,
        name=name,
        period=period,
        as_of=as_of,
        announcements=len({post.announcement for post in published}),
        total=_line("", facts.posts, period),
        channels=tuple(_line(one, [post for post in facts.posts if post.channel == one], period) for one in names),
        best=_best(published),
        questions=tuple(sorted(facts.questions, key=lambda question: (question.created_at, question.id))),
        other_unanswered=facts.other_unanswered,
        attention=tuple(sorted(facts.attention, key=_urgency)),
        upcoming=_upcoming(facts.queue),
        awaiting_approval=facts.awaiting_approval,
        costs=tuple(cost for cost in facts.costs if cost.spent or cost.budget is not None),
    )


def compare(now: int | None, before: int | None) -> Change:
    """Compare a number with the one before: the difference always, a percentage only from a base of `PERCENT_FROM`."""
    if now is None or before is None:
        return Change(direction=Direction.UNKNOWN)
    difference = now - before
    if difference == 0:
        return Change(direction=Direction.SAME)
    if before == 0:
        return Change(direction=Direction.NEW, difference=difference)
    percent = round(100 * difference / before) if before >= PERCENT_FROM else None
    return Change(
        direction=Direction.MORE if difference > 0 else Direction.FEWER, difference=difference, percent=percent or None
    )


def _line(channel: str, posts: Sequence[PostFacts], period: Period) -> Line:
    this_week = [
        _received(post.published_at, period.start, post.at_start, post.at_until)
        for post in posts
        if post.published_at < period.until
    ]
    week_before = [
        _received(post.published_at, period.previous.start, post.at_previous_start, post.at_previous_until)
        for post in posts
        if post.published_at < period.previous_until
    ]
    received = _total(this_week)
    return Line(
        channel=channel,
        posts=sum(period.start <= post.published_at < period.until for post in posts),
        received=received,
        change=compare(received.interactions, _total(week_before).interactions),
        unread=sum(one.interactions is None for one in this_week),
    )


def _received(published_at: datetime, start: datetime, at_start: Tally | None, at_end: Tally | None) -> Tally:
    """What came in between two instants. A post that was published after the first counts from 0."""
    before = NOTHING if published_at >= start else at_start
    if before is None or at_end is None:
        return Tally()
    return Tally(
        reactions=_minus(at_end.reactions, before.reactions),
        comments=_minus(at_end.comments, before.comments),
        shares=_minus(at_end.shares, before.shares),
        views=_minus(at_end.views, before.views),
    )


def _minus(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def _total(tallies: Sequence[Tally]) -> Tally:
    if not tallies:
        return NOTHING
    return Tally(
        reactions=_sum(one.reactions for one in tallies),
        comments=_sum(one.comments for one in tallies),
        shares=_sum(one.shares for one in tallies),
        views=_sum(one.views for one in tallies),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Add what is known; unknown only if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _best(published: Sequence[PostFacts]) -> Best | None:
    taken_up = [
        (so_far.interactions, post, so_far)
        for post in published
        if (so_far := post.at_until) is not None and so_far.interactions
    ]
    if not taken_up:
        return None
    _interactions, post, so_far = max(taken_up, key=lambda one: (one[0], -one[1].published_at.timestamp()))
    return Best(announcement=post.announcement, title=post.title, channel=post.channel, url=post.url, so_far=so_far)


def _urgency(attention: Attention) -> tuple[int, datetime]:
    return list(Trouble).index(attention.trouble), attention.since


def _upcoming(queue: Sequence[Queued]) -> tuple[Upcoming, ...]:
    grouped: dict[tuple[str, int], Upcoming] = {}
    for one in sorted(queue, key=lambda queued: queued.due_at):
        key = one.announcement, one.occurrence
        known = grouped.get(key) or Upcoming(
            announcement=one.announcement, title=one.title, due_at=one.due_at, channels=()
        )
        grouped[key] = replace(known, channels=(*dict.fromkeys((*known.channels, one.channel)),))
    return tuple(grouped.values())
