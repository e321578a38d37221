"""What is read of a network in one pass, and the reading of it: counters first, then comments where they may have changed.

    counters   of the posts that are due, many in a call
    news       comments of a post whose number moved; everywhere, where the number does not count every answer
    whole      every comment of a post: after it was never read, where fewer are counted than are stored, and now and then, because an
               edit moves no number and a new comment hides that another one is gone
    mentions   who spoke to the account itself, where a network tells

No database here, and no clock: values and a channel come in, what the network answered goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from channels.base import Channel, Comment, CommentKind, Comments, Counts, Known, Listener, Tally, Usage
from channels.errors import ChannelError, Kind
from publisher.cadence import next_collection
from publisher.pseudonyms import is_veiled
from publisher.store.engagement import COUNTED, Kept, KnownComment, TrackedPost

DAY = timedelta(days=1)

SLACK = timedelta(minutes=5)
"""Between our clock and theirs, and for what a network lists late: news is asked for from a little before the last reading on."""

WHOLE_RARELY = timedelta(days=7)
"""How often every comment of a post is looked at where calls are few; elsewhere the network's `whole_every` says."""

KnownOf = Callable[[Sequence[int]], Mapping[str, KnownComment]]
"""Gives what is stored under some deliveries, by remote id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a pass is for. `posts`: those that are due; `tracked`: all. `full`: it is the day's round, or a person asked for everything.

    `slow`: numbers that move slowly and cost calls of their own are read as well. `mentions_since` None: not asked for.
    """

    posts: Sequence[TrackedPost]
    tracked: Sequence[TrackedPost]
    now: datetime
    full: bool = False
    everything: bool = False
    slow: bool = True
    mentions_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a network answered. Posts in `unread` could not be read, or not their comments: their counters wait for the next pass.

    `news`, `whole`: posts of whose comments the news, or every one, was read. `heard`: every mention was read.
    """

    tally: Tally = field(default_factory=Tally)
    comments: tuple[Comment, ...] = ()
    vanished: frozenset[str] = frozenset()
    """Comments that were stored and are not there any more."""
    news: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    heard: bool = False
    unread: frozenset[str] = frozenset()
    error: ChannelError | None = None
    usage: tuple[Usage, ...] = ()


def due(tracked: Sequence[TrackedPost], now: datetime, every: timedelta) -> tuple[TrackedPost, ...]:
    """Give the posts whose turn it is: the older a post, the longer its pause."""
    return tuple(
        post
        for post in tracked
        if post.read_at is None or now - post.read_at >= next_collection(now - post.published_at, every)
    )


def pace(tracked: Sequence[TrackedPost], now: datetime, every: timedelta, readings_a_day: int | None) -> timedelta:
    """Tell how long to wait between two readings of a fresh post, so that a day's readings of all posts stay within their number."""
    if readings_a_day is None:
        return every
    readings = sum(DAY / next_collection(now - post.published_at, every) for post in tracked)
    return every * max(1.0, readings / readings_a_day)


def read(channel: Channel, asked: Asked, known_of: KnownOf) -> Answered:
    """Read all that `asked` wants; what could not be read is told beside what could."""
    posts = asked.posts
    try:
        tally = _of_threads(posts, channel.counts(_ids(posts), _before(channel, asked)))
    except ChannelError as error:
        return Answered(error=error)
    told = {counts.remote_id: counts for counts in tally.counts}
    whole, news = _wanted(channel, asked, told)
    answered = Answered(tally=tally, unread=tally.unread)
    try:
        answered = _talk(channel, told, (whole, news), known_of, answered)
        since = asked.mentions_since
        if since is not None and isinstance(channel, Listener):
            heard = channel.mentions(_ids(asked.tracked), since)
            answered = replace(answered, comments=(*answered.comments, *heard.items), heard=heard.complete)
    except ChannelError as error:
        unread = frozenset(post.remote_id for post in (*whole, *news)) - answered.news - answered.whole
        # Where calls are few, that they come to an end is a day like any other.
        spent = error.kind is Kind.QUOTA_USED and channel.capabilities.calls_a_day is not None and not asked.everything
        return replace(answered, unread=answered.unread | unread, error=None if spent else error)
    return answered


def _before(channel: Channel, asked: Asked) -> Mapping[str, Counts] | None:
    """What each post was told to have; None: everything is to be read anew."""
    if asked.everything or (asked.slow and channel.capabilities.calls_a_day is None):
        return None
    return {
        post.remote_id: Counts(
            remote_id=post.remote_id,
            reactions=post.before.reactions,
            comments=post.before.told_comments,
            shares=post.before.shares,
            quotes=post.before.quotes,
            views=post.before.views,
            clicks=post.before.clicks,
        )
        for post in asked.posts
        if post.before is not None and not post.parts
    }


def _wanted(channel: Channel, asked: Asked, told: Mapping[str, Counts]) -> tuple[list[TrackedPost], list[TrackedPost]]:
    """Tell of which posts every comment is to be read, and of which the news."""
    whole_number = channel.capabilities.number_is_whole
    whole: list[TrackedPost] = []
    news: list[TrackedPost] = []
    for post in asked.posts:
        if post.remote_id not in told:
            continue
        total = told[post.remote_id].comments
        if _is_whole_due(channel, asked, post) or post.reading is None:
            if _has_any(post, total):
                whole.append(post)
            elif not whole_number:
                news.append(post)
        elif _has_lost_some(post, total, whole_number=whole_number) or _lags(post, total, whole_number=whole_number):
            whole.append(post)
        elif not whole_number or moved(post, total):
            news.append(post)
    return whole, news


def _is_whole_due(channel: Channel, asked: Asked, post: TrackedPost) -> bool:
    if asked.everything:
        return True
    every = channel.capabilities.whole_every if channel.capabilities.calls_a_day is None else WHOLE_RARELY
    last = post.reading.whole_at if post.reading else None
    if last is None:
        return post.reading is not None and asked.full
    # The day's round comes round a little early now and then, and whatever is due in a day is looked at in it.
    return asked.now - last >= (every - DAY / 4 if asked.full else every) and (asked.full or every < DAY)


def _has_any(post: TrackedPost, total: int | None) -> bool:
    return total != 0 or post.kept != Kept()


def _counted(kept: Kept, *, whole_number: bool) -> int:
    return kept.residents + kept.own if whole_number else kept.direct


def _has_lost_some(post: TrackedPost, total: int | None, *, whole_number: bool) -> bool:
    return total is not None and total < _counted(post.kept, whole_number=whole_number) and total != post.last


def _lags(post: TrackedPost, total: int | None, *, whole_number: bool) -> bool:
    """Tell whether fewer were listed than counted at the last reading: once more, then no more."""
    fewer = total is not None and _counted(post.kept, whole_number=whole_number) < total
    return fewer and total == post.last and post.last != post.previous


def moved(post: TrackedPost, total: int | None) -> bool:
    """Tell whether the network counts otherwise than at the last reading. Without a total only a look at everything reads comments."""
    return total is not None and total != (post.last or 0)


def _talk(
    channel: Channel,
    told: Mapping[str, Counts],
    wanted: tuple[list[TrackedPost], list[TrackedPost]],
    known_of: KnownOf,
    answered: Answered,
) -> Answered:
    whole, news = wanted
    if not whole and not news:
        return answered
    stored = known_of([post.delivery_id for post in (*whole, *news)])
    known = {one: found for post in news for one, found in _known(post, stored, whole=False).items()}
    known |= {one: found for post in whole for one, found in _known(post, stored, whole=True).items()}
    comments = _comments(channel, [*whole, *news], known, stored)
    answered = _with(answered, comments, [*whole, *news], stored)
    # What is read as news may tell that something is gone: then there are more than the network counts.
    number_is_whole = channel.capabilities.number_is_whole
    short = [
        post
        for post in news
        if post.remote_id not in comments.unread
        and _too_many(post, told[post.remote_id].comments, answered, stored, whole_number=number_is_whole)
    ]
    if short:
        known = {one: found for post in short for one, found in _known(post, stored, whole=True).items()}
        answered = _with(answered, _comments(channel, short, known, stored), short, stored)
    return answered


def _comments(
    channel: Channel, posts: Sequence[TrackedPost], known: Mapping[str, Known], stored: Mapping[str, KnownComment]
) -> Comments:
    comments = channel.comments(_ids(posts), known)
    if channel.capabilities.looks_comments_up:
        # Whoever was forgotten cannot be looked up any more, and keeps the place in the count.
        return replace(comments, there=comments.there | {one for one in stored if is_veiled(one)})
    return comments


def _known(post: TrackedPost, stored: Mapping[str, KnownComment], *, whole: bool) -> Mapping[str, Known]:
    """What is known of a post's comments, for it and for the further posts of its thread."""
    if post.reading is None:
        return {}
    here = [one for one in stored.values() if one.delivery_id == post.delivery_id]
    replies: dict[str, int] = {}
    for one in here:
        if one.parent_remote_id is not None:
            replies[one.parent_remote_id] = replies.get(one.parent_remote_id, 0) + 1
    known = Known(
        since=post.reading.news_at - SLACK,
        ids=frozenset(one.remote_id for one in here if not is_veiled(one.remote_id)),
        replies=replies,
        whole=whole,
    )
    return dict.fromkeys((post.remote_id, *post.parts), known)


def _with(
    answered: Answered, comments: Comments, posts: Sequence[TrackedPost], stored: Mapping[str, KnownComment]
) -> Answered:
    """Add what was read of some posts' comments."""
    read_posts = frozenset(post.remote_id for post in posts) - comments.unread
    listed = {one.remote_id for one in comments.items} | comments.there
    complete = {post.delivery_id for post in posts if post.remote_id in comments.complete}
    vanished = {
        one.remote_id
        for one in stored.values()
        if one.delivery_id in complete
        and one.remote_id not in listed
        and not (one.parent_remote_id in comments.untouched and one.parent_remote_id in listed)
    }
    whole = frozenset(post.remote_id for post in posts if post.remote_id in comments.complete)
    if comments.untouched:
        whole -= {one.post_id for one in comments.items if one.remote_id in comments.untouched}
    again = {one.remote_id for one in comments.items}
    return replace(
        answered,
        comments=(*(one for one in answered.comments if one.remote_id not in again), *comments.items),
        vanished=answered.vanished | vanished,
        news=answered.news | read_posts,
        whole=answered.whole | (whole & read_posts),
        unread=answered.unread | (comments.unread & {post.remote_id for post in posts}),
    )


def _too_many(
    post: TrackedPost,
    total: int | None,
    answered: Answered,
    stored: Mapping[str, KnownComment],
    *,
    whole_number: bool,
) -> bool:
    kinds = COUNTED if whole_number else (CommentKind.COMMENT.value,)
    ids = {one.remote_id for one in stored.values() if one.delivery_id == post.delivery_id and one.kind in kinds}
    mine = {post.remote_id, *post.parts}
    ids |= {one.remote_id for one in answered.comments if one.post_id in mine and one.kind in kinds}
    return total is not None and len(ids - answered.vanished) > total


def _ids(posts: Iterable[TrackedPost]) -> list[str]:
    return [one for post in posts for one in (post.remote_id, *post.parts)]


def _of_threads(posts: Sequence[TrackedPost], tally: Tally) -> Tally:
    """Count a thread as the one announcement that it is: its posts together, without those that are answers of our own to the one before.

    Views are those of the first post: a reader sees several. A thread of which some post was not told about this time waits for the next.
    """
    if not any(post.parts for post in posts):
        return tally
    told = {counts.remote_id: counts for counts in tally.counts}
    whole: list[Counts] = []
    for post in posts:
        parts = [part for part in post.parts if part not in tally.gone]
        if post.remote_id in told and all(part in told for part in parts):
            whole.append(reduce(_together, (told[part] for part in parts), told[post.remote_id]))
    return replace(tally, counts=tuple(whole))


def _together(first: Counts, part: Counts) -> Counts:
    reactions = None
    if first.reactions is not None and part.reactions is not None:
        kinds = (*first.reactions, *part.reactions)
        reactions = {kind: first.reactions.get(kind, 0) + part.reactions.get(kind, 0) for kind in kinds}
    comments = None
    if first.comments is not None and part.comments is not None:
        comments = max(first.comments + part.comments - 1, 0)
    return replace(
        first,
        reactions=reactions,
        comments=comments,
        shares=_sum(first.shares, part.shares),
        quotes=_sum(first.quotes, part.quotes),
        clicks=_sum(first.clicks, part.clicks),
    )


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second
