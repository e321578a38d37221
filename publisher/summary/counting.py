"""From facts to a summary: values in, values out, no clock, no words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.summary.values import (
    NOTHING,
    Attention,
    Bar,
    Best,
    Change,
    Direction,
    Facts,
    Gap,
    Line,
    Period,
    PostFacts,
    Queued,
    Service,
    Summary,
    Tally,
    Trouble,
    Upcoming,
    added,
)

PERCENT_FROM = 20
"""A percentage is told only from a base of at least this much: '+100 %' of 3 says nothing."""

UNREAD_AFTER = timedelta(hours=36)
"""An account whose newest reading is older than this has a gap worth telling; old posts are read once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What every line is counted in. `skewed`: channel and account of those that were read by the end of one span and not of another."""

    period: Period
    first: bool
    untold: bool
    track_for: timedelta
    skewed: frozenset[tuple[str, str]]

    def comparable(self, posts: Sequence[PostFacts]) -> bool:
        """Tell whether what came in may be set beside what came in before: a half-read week would look like a bad one."""
        return not self.first and not any((post.channel, post.account) in self.skewed for post in posts)


def summarise(
    organisation: str, name: str, channels: Sequence[str], period: Period, facts: Facts, as_of: datetime
) -> Summary:
    """Sum a span up. `channels`: the networks of the organisation in reading order; others that have posts follow."""
    names = [*dict.fromkeys([*channels, *(post.channel for post in facts.posts)])]
    published = [post for post in facts.posts if period.start <= post.published_at < period.until]
    bars = tuple(_bars(facts, period))
    first = facts.known_since is None or facts.known_since >= period.previous.end
    untold = not period.running and (facts.known_since is None or facts.known_since >= period.until)
    frame = _Frame(period=period, first=first, untold=untold, track_for=facts.track_for, skewed=_skewed(facts, period))
    return Summary(
        organisation=organisation,
        name=name,
        period=period,
        as_of=as_of,
        announcements=len({post.announcement for post in published}),
        total=_line("", facts.posts, frame),
        channels=tuple(_line(one, [post for post in facts.posts if post.channel == one], frame) for one in names),
        services=tuple(_services(facts.posts, frame)),
        bars=bars,
        first=first,
        untold=untold,
        best=_best(published, period.until),
        questions=tuple(sorted(facts.questions, key=lambda question: (question.created_at, question.id))),
        waiting=max(facts.waiting, len(facts.questions)),
        other_unanswered=facts.other_unanswered,
        ideas=tuple(sorted(facts.ideas, key=lambda idea: (idea.created_at, idea.id))),
        ideas_found=max(facts.ideas_found, len(facts.ideas)),
        attention=tuple(sorted([*facts.attention, *_unread(facts, period)], key=_urgency)),
        read_late=() if first else tuple(_gaps(facts, period.start)),
        upcoming=_upcoming(facts.queue),
        awaiting=tuple(facts.awaiting),
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


def _line(channel: str, posts: Sequence[PostFacts], frame: _Frame) -> Line:
    period = frame.period
    earlier = period.previous.shifted(-1, period.zone)
    this = [
        _received(post, period.start, period.until, period.previous.start, frame.track_for)
        for post in posts
        if post.published_at < period.until
    ]
    before = [
        _received(post, period.previous.start, period.previous_until, earlier.start, frame.track_for)
        for post in posts
        if post.published_at < period.previous_until
    ]
    received = Tally() if frame.untold else _total(this)
    return Line(
        channel=channel,
        posts=sum(period.start <= post.published_at < period.until for post in posts),
        received=received,
        change=compare(received.interactions, _total(before).interactions if frame.comparable(posts) else None),
        unread=sum(one.interactions is None for one in this),
    )


def _services(posts: Sequence[PostFacts], frame: _Frame) -> list[Service]:
    groups: defaultdict[str, list[PostFacts]] = defaultdict(list)
    for post in posts:
        groups[post.service or post.title or post.announcement].append(post)
    found = [Service(name=name, line=_line("", theirs, frame)) for name, theirs in groups.items()]
    took_part = [one for one in found if one.line.posts or one.line.received.interactions]
    return sorted(took_part, key=lambda one: (-(one.line.received.interactions or 0), -one.line.posts, one.name))


def _bars(facts: Facts, period: Period) -> Iterator[Bar]:
    for span in period.row():
        until = period.until_of(span)
        known = facts.known_since is not None and facts.known_since < until
        before = span.shifted(-1, period.zone).start
        here = [
            _received(post, span.start, until, before, facts.track_for)
            for post in facts.posts
            if post.published_at < until
        ]
        yield Bar(span=span, interactions=_total(here).interactions if known else None)


def _received(post: PostFacts, start: datetime, end: datetime, new_since: datetime, track_for: timedelta) -> Tally:
    """What came in between two instants. A post that was published after the first counts from 0.

    So does one that was published at `new_since` or later and was not read by the first instant: what it had by then was told nowhere
    yet. Of an older one nobody knows what is new, nor of one that should have been read in between and was not: that is not 0.
    """
    after, before = post.readings.get(end), post.readings.get(start)
    if after is None:
        return Tally()
    if post.published_at >= start or (before is None and post.published_at >= new_since):
        return after.tally
    if before is None or (after.at <= start and post.out and post.published_at + track_for > start + UNREAD_AFTER):
        return Tally()
    return Tally(
        reactions=_minus(after.tally.reactions, before.tally.reactions),
        comments=_minus(after.tally.comments, before.tally.comments),
        shares=_minus(after.tally.shares, before.tally.shares),
        views=_minus(after.tally.views, before.tally.views),
    )


def _minus(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def _total(tallies: Sequence[Tally]) -> Tally:
    if not tallies:
        return NOTHING
    return Tally(
        reactions=added(one.reactions for one in tallies),
        comments=added(one.comments for one in tallies),
        shares=added(one.shares for one in tallies),
        views=added(one.views for one in tallies),
    )


def _best(published: Sequence[PostFacts], until: datetime) -> Best | None:
    read = [(post, reading.tally) for post in published if post.out and (reading := post.readings.get(until))]
    taken_up = [(n, post, so_far) for post, so_far in read if (n := so_far.interactions)]
    if not taken_up:
        return None
    _interactions, post, so_far = max(taken_up, key=lambda one: (one[0], -one[1].published_at.timestamp()))
    return Best(announcement=post.announcement, title=post.title, channel=post.channel, url=post.url, so_far=so_far)


def _skewed(facts: Facts, period: Period) -> frozenset[tuple[str, str]]:
    """Give the accounts of which one span holds more, or less, of its time than the other. One that is never read is like itself."""
    edges = {period.previous.start, period.previous_until, period.start, period.until}
    silent = [frozenset((gap.channel, gap.account) for gap in _gaps(facts, edge)) for edge in edges]
    return frozenset.union(*silent) - frozenset.intersection(*silent)


def _gaps(facts: Facts, edge: datetime) -> Iterator[Gap]:
    """Tell of accounts with posts to read that nobody read in the last hours before an edge."""
    readings: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    ever: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for post in facts.posts:
        found = post.readings.get(edge)
        moments = [found.at] if found else []
        ever[post.channel, post.account] += moments
        if edge - facts.track_for <= post.published_at < edge - UNREAD_AFTER and post.out:
            readings[post.channel, post.account] += moments
    for (channel, account), known in readings.items():
        if not known or max(known) < edge - UNREAD_AFTER:
            # A post that is gone was read, too.
            yield Gap(channel=channel, account=account, read_at=max(ever[channel, account], default=None))


def _unread(facts: Facts, period: Period) -> Iterator[Attention]:
    # Of a blocked account it is told anyway, with what to do.
    blocked = {(one.channel, one.account) for one in facts.attention if one.trouble is Trouble.BLOCKED}
    for gap in _gaps(facts, period.until):
        if (gap.channel, gap.account) not in blocked:
            theirs = (post for post in facts.posts if (post.channel, post.account) == (gap.channel, gap.account))
            since = gap.read_at or min(post.published_at for post in theirs)
            trouble = Trouble.NOT_READ if gap.read_at else Trouble.NEVER_READ
            yield Attention(trouble=trouble, channel=gap.channel, account=gap.account, since=since)


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
