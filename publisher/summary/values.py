"""The values of a summary: what it is made of, and what it says. Instants are aware UTC; None: not told, or not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Self

from publisher.cadence import Span, nearest_instant

WEEKS_DRAWN = 8
"""How many spans the chart shows, this one included."""


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

    def row(self) -> tuple[Span, ...]:
        """Give this span and those before it that the chart shows, in order."""
        return tuple(self.span.shifted(-n, self.zone) for n in reversed(range(WEEKS_DRAWN)))

    def until_of(self, span: Span) -> datetime:
        """Give the instant up to which a span is counted."""
        return self.until if span == self.span else span.end

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
        return added((self.reactions, self.comments, self.shares))


def added(numbers: Iterable[int | None]) -> int | None:
    """Add what is known; unknown only if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


NOTHING = Tally(reactions=0, comments=0, shares=0, views=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A post's counters as they were read at an instant."""

    at: datetime
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """A post that went out. `readings`: the last one by each edge of the spans that are compared; an edge without any is left out."""

    announcement: str
    title: str | None
    service: str | None
    channel: str
    account: str
    url: str | None
    published_at: datetime
    out: bool = True
    """Whether residents can still see it."""
    readings: Mapping[datetime, Reading]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """What a resident would like to be otherwise. `text` None: its words must not leave the network."""

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
    ACCESS_ENDS = "access_ends"
    REJECTED = "rejected"
    NOT_READ = "not_read"
    NEVER_READ = "never_read"
    PARTIAL = "partial"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that needs a person. An account has no announcement, a file no account.

    `since`: when it began; of a token, when it ends; of an account that is not read, when it last was, or when its first post
    went out if it never was; of a file, when it was looked at.
    """

    trouble: Trouble
    channel: str = ""
    account: str = ""
    since: datetime
    file: str | None = None
    faults: int = 0
    by_login: bool = False
    """Whether `login` got the token."""
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
class Awaiting:
    """An announcement that goes out as soon as somebody approves it."""

    announcement: str
    title: str | None
    due_at: datetime | None


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
class Service:
    """What one e-service brought over all channels. `name`: its key, or the title of an announcement that names none."""

    name: str
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What came in during one span of the chart; None: not known, or from before the accounts were."""

    span: Span
    interactions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An account that was last read long before an edge of the span: what came after counts on the other side of it. None: never read."""

    channel: str
    account: str
    read_at: datetime | None


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
    """Announcements of which at least one post went out in it."""
    total: Line
    channels: tuple[Line, ...]
    services: tuple[Service, ...]
    """Those with posts or interactions, most interactions first."""
    bars: tuple[Bar, ...]
    """Oldest first; the last one is the span itself."""
    first: bool
    """There is nothing to compare with: the span before ended before the accounts were known."""
    untold: bool
    """It was over before the accounts were known: nobody counted, so that nothing is 0."""
    best: Best | None
    questions: tuple[Question, ...]
    """Those that have waited longest."""
    waiting: int
    """All questions that wait."""
    other_unanswered: int
    ideas: tuple[Idea, ...]
    ideas_found: int
    attention: tuple[Attention, ...]
    read_late: tuple[Gap, ...]
    """Accounts that were not read before the span began: what came in then counts in it."""
    upcoming: tuple[Upcoming, ...]
    awaiting: tuple[Awaiting, ...]
    costs: tuple[Cost, ...]
    """Of the networks that bill; empty where nobody uses one, or has spent or set aside nothing."""

    @property
    def quiet(self) -> bool:
        """Nothing was published and nothing came in, as far as is known."""
        return (
            not self.untold and self.total.posts == 0 and not self.total.unread and not self.total.received.interactions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database knows of an organisation's week."""

    known_since: datetime | None
    """When the first account was seen; None: there is none yet."""
    track_for: timedelta
    """How long a post is read at all."""
    posts: Sequence[PostFacts]
    questions: Sequence[Question]
    waiting: int = 0
    """How many there are, where `questions` has only the first."""
    other_unanswered: int
    ideas: Sequence[Idea] = ()
    ideas_found: int = 0
    attention: Sequence[Attention]
    queue: Sequence[Queued]
    awaiting: Sequence[Awaiting] = ()
    costs: Sequence[Cost] = ()
