"""Reads back what residents did: counters of many posts in few calls, comments only where a number moved.

    fetch   `Channel.counts`, then `Channel.comments` for the posts whose number moved
    turn    foreign words become rows: cleaned, cut, authors replaced by a pseudonym, questions marked
    keep    one short transaction: comments followed, vanished ones dropped, one snapshot a post appended

What cannot be read now is read later; nothing here ever stops publishing, or spends calls that publishing may need (`budget`). Once a day
every tracked post's comments are listed in full: that finds edits, and deletions that a new comment made up for in the count. Where a
network lets few calls through, posts are read as often as its allowance lasts for all of them, and never all at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from channels.base import Channel, Comment, Comments, Counts, Tally, Usage
from channels.errors import AccountBlocked, ChannelError, Kind, Retryable
from publisher import budget, lifetimes, spending
from publisher.budget import Use
from publisher.cadence import next_collection
from publisher.config import Account, Config, everybody
from publisher.cues import Kind as Looks
from publisher.listening import kinds_of
from publisher.policy import LONGEST_WAIT
from publisher.pseudonyms import KEY, Veil, digest, pseudonym
from publisher.retention import WORDS_KEPT, keeps_words
from publisher.store import Connection, Store, budgets, care, deliveries, engagement, meta
from publisher.store.accounts import AccountState
from publisher.store.engagement import Counters, Kept, KnownComment, NewComment, TrackedPost
from publisher.store.notices import NoticeKind, raise_notice

LONGEST_TEXT = 10_000
"""Characters of a comment that are kept. No network takes longer ones; a limit here keeps a hostile answer out of the database."""

DAY = timedelta(days=1)
FULL_EVERY = DAY
LEASE = timedelta(minutes=15)
BLOCKED_PAUSE = timedelta(hours=1)
UNPAID_PAUSE = timedelta(hours=1)

_log = logging.getLogger(__name__)

Pool = Callable[[Account], AbstractContextManager[Channel]]
"""Lends a connected channel for an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one pass over one account brought. `error`: why it could not be read, or not wholly."""

    organisation: str
    channel: str
    account: str
    posts: int = 0
    reactions: int = 0
    """How many more there are than at the last reading."""
    comments: int = 0
    """Residents' comments, replies and quotes that are new."""
    removed: int = 0
    """Comments that are gone at the source."""
    gone: int = 0
    """Posts that are gone."""
    unpaid: bool = False
    """Nothing was read, for it would cost what this month's posts need."""
    error: ChannelError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a network answered. Posts in `unread` had comments that could not be read: their counters wait for the next pass."""

    tally: Tally
    comments: Comments = field(default_factory=Comments)
    unread: frozenset[str] = frozenset()
    error: ChannelError | None = None
    usage: tuple[Usage, ...] = ()


class Collector:
    """Collects for one account at a time; safe to use from several threads, one account each."""

    def __init__(self, store: Store, channels: Pool, config: Config) -> None:
        self._store = store
        self._channels = channels
        self._config = config

    def collect_account(self, account: AccountState, now: datetime, *, all_posts: bool = False) -> Collected | None:
        """Read what is due of one account, or everything tracked; None: nothing is due, or another process is at it."""
        configured = self._configured(account)
        if configured is None:
            return None
        with self._store.write() as conn:
            if not engagement.claim_account(conn, account.id, now, now + LEASE) and not all_posts:
                return None
            full = all_posts or self._full_is_due(conn, account, now)
            tracked = self._tracked(conn, account, now, gone_too=all_posts)
        posts = tracked if all_posts else self._due(configured, tracked, now, full=full)
        if not posts:
            self._finish(account, now, full=full)
            return _collected(account)
        if not self._affords(configured, account, posts, now):
            return _collected(account, unpaid=True)
        reading = self._read(configured, account, posts, now, full=full)
        with self._store.write() as conn:
            budgets.note(conn, account.id, reading.usage, now)
            collected = self._keep(conn, account, posts, reading, now)
        if reading.error is None:
            self._finish(account, now, full=full)
        else:
            self._put_off(account, reading.error, now)
        return collected

    def _affords(self, configured: Account, account: AccountState, posts: Sequence[TrackedPost], now: datetime) -> bool:
        """Tell whether the month's budget pays for reading these posts; if not, it is tried again later, and people are told."""
        purse = spending.purse_of(self._config, configured)
        if purse is None:
            return True
        with self._store.write() as conn:
            if spending.may_read(conn, purse, account, sum(1 + (post.last or 0) for post in posts), now):
                return True
            engagement.collect_later(conn, account.id, now + UNPAID_PAUSE)
            meta.put(conn, _unread_key(account.key), "yes\tover_budget\t", now)
            spending.tell_reading_stopped(conn, purse, account, self._audience(configured), now)
        return False

    def _configured(self, account: AccountState) -> Account | None:
        organisation = self._config.organisations.get(account.organisation)
        accounts = organisation.accounts if organisation else ()
        return next((one for one in accounts if (one.channel, one.name) == (account.channel, account.name)), None)

    # What is due

    def _full_is_due(self, conn: Connection, account: AccountState, now: datetime) -> bool:
        last = meta.written_at(conn, _full_key(account))
        return last is None or now - last >= FULL_EVERY

    def _tracked(
        self, conn: Connection, account: AccountState, now: datetime, *, gone_too: bool
    ) -> tuple[TrackedPost, ...]:
        return engagement.tracked_posts(conn, account.id, now - self._config.collection.track_for, gone_too=gone_too)

    def _due(
        self, account: Account, tracked: Sequence[TrackedPost], now: datetime, *, full: bool
    ) -> Sequence[TrackedPost]:
        allowed = self._readings_a_day(account) if tracked else None
        if full and allowed is None:
            return tracked
        every = pace(tracked, now, self._config.collection.every, allowed)
        due = tuple(post for post in tracked if _is_due(post, now, every))
        if allowed is None:
            return due
        read_today = sum(post.read_at is not None and now - post.read_at < DAY for post in tracked)
        return due[
            : max(0, allowed - read_today)
        ]  # newest first: a page that was away for long is caught up with day by day

    def _readings_a_day(self, account: Account) -> int | None:
        try:
            with self._channels(account) as channel:
                return channel.capabilities.readings_a_day
        except ChannelError:
            return None  # The reading itself will say what is wrong.

    # Fetch

    def _read(
        self, configured: Account, account: AccountState, posts: Sequence[TrackedPost], now: datetime, *, full: bool
    ) -> _Reading:
        with self._store.read() as conn:
            standing = budgets.standing(conn, account.id, now)
        wait = budget.wait_for(standing, Use.COLLECT)
        if wait is not None:
            return _Reading(tally=Tally(), error=Retryable(Kind.QUOTA_USED, after=wait.until - now))
        try:
            with self._channels(configured) as channel, rationed(channel, budget.calls_left(standing, Use.COLLECT)):
                return replace(_fetch(channel, posts, full=full), usage=channel.usage())
        except ChannelError as error:
            return _Reading(tally=Tally(), error=error)

    # Keep

    def _keep(
        self, conn: Connection, account: AccountState, posts: Sequence[TrackedPost], reading: _Reading, now: datetime
    ) -> Collected:
        by_remote_id = {post.remote_id: post for post in posts}
        told = {one.remote_id: one for one in reading.tally.counts if one.remote_id in by_remote_id}
        gone = [by_remote_id[one] for one in reading.tally.gone if one in by_remote_id and not by_remote_id[one].gone]
        known = engagement.known_comments(conn, account.id, [by_remote_id[one].delivery_id for one in told])
        rows = self._rows(conn, account, by_remote_id, reading.comments, known, now)
        engagement.upsert_comments(conn, account.id, rows, now)
        listed = {row.remote_id for row in rows}
        complete = {by_remote_id[one].delivery_id for one in reading.comments.complete if one in by_remote_id}
        removed = engagement.delete_comments(conn, _vanished(known, listed, complete, now))
        removed += sum(engagement.post_gone(conn, post.delivery_id, now) for post in gone)
        for post in gone:
            deliveries.record_gone(conn, post.delivery_id, now)
        for post in (by_remote_id[one] for one in told):
            if post.gone:
                engagement.post_back(conn, post.delivery_id, now)
        kept = engagement.kept_comments(conn, [post.delivery_id for post in posts])
        read = [(by_remote_id[one], counts) for one, counts in told.items() if one not in reading.unread]
        engagement.add_snapshots(conn, [_snapshot(post, counts, kept, complete) for post, counts in read], now)
        return _collected(
            account,
            posts=len(read),
            reactions=sum(_gained(post, counts) for post, counts in read),
            comments=sum(not row.own and row.remote_id not in known for row in rows),
            removed=removed,
            gone=len(gone),
            error=reading.error,
        )

    def _rows(
        self,
        conn: Connection,
        account: AccountState,
        posts: Mapping[str, TrackedPost],
        comments: Comments,
        known: Mapping[str, KnownComment],
        now: datetime,
    ) -> list[NewComment]:
        oldest = now - self._config.retention.comments
        key = meta.secret_key(conn, KEY, now)
        names = self._config.retention.author_names and account.channel not in WORDS_KEPT
        rows = []
        for comment in comments.items:
            post = posts.get(comment.post_id)
            if post is None or (comment.created_at < oldest and not comment.own):
                continue
            rows.append(_row(comment, post, pseudonym(key, account.id, comment.author_id), names=names))
        rows = _unforgotten(conn, Veil(key, account.id, care.forgotten(conn)), rows, now)
        return [row if row.own or _keeps_words(account, row, known, now) else _without_words(row) for row in rows]

    # Afterwards

    def _finish(self, account: AccountState, now: datetime, *, full: bool) -> None:
        with self._store.write() as conn:
            every = budget.pace(budgets.standing(conn, account.id, now), self._config.collection.every)
            engagement.collected(conn, account.id, now, now + every)
            meta.drop(conn, _unread_key(account.key))
            if full:
                meta.put(conn, _full_key(account), "done", now)

    def _put_off(self, account: AccountState, error: ChannelError, now: datetime) -> None:
        name = "/".join(account.key)
        _log.warning("%s could not be read: %s", name, error.kind)
        pause = max(min(error.after or timedelta(0), LONGEST_WAIT), self._config.collection.every)
        with self._store.write() as conn:
            told = "yes" if isinstance(error, AccountBlocked) else ""
            kind = self._kind(conn, account, error, now)
            meta.put(conn, _unread_key(account.key), f"{told}\t{kind}\t{error.detail}", now)
            if isinstance(error, AccountBlocked):
                pause = max(pause, BLOCKED_PAUSE)
                self._tell(conn, account, kind, error.detail, now)
            engagement.collect_later(conn, account.id, now + pause)

    def _kind(self, conn: Connection, account: AccountState, error: ChannelError, now: datetime) -> str:
        """Name an error. Meta words the end of its access to people's data as a permission that is missing."""
        if error.kind is Kind.PERMISSION_MISSING:
            for life in lifetimes.known(conn, self._config, now):
                its_own = (life.organisation, life.channel, life.account) == account.key
                if its_own and life.reading and life.expires_at is not None and life.expires_at <= now:
                    return "data_access_over"
        return error.kind

    def _tell(self, conn: Connection, account: AccountState, kind: str, detail: str, now: datetime) -> None:
        raise_notice(
            conn,
            cause=f"blocked:{':'.join(account.key)}:{kind}",
            kind=NoticeKind.BLOCKED,
            params={
                "organisation": account.organisation,
                "channel": account.channel,
                "account": account.name,
                "error_kind": kind,
                "detail": detail,
                "reading": "yes",
            },
            recipients=self._audience(self._configured(account)),
            now=now,
        )

    def _audience(self, configured: Account | None) -> list[tuple[str, str]]:
        return everybody(self._config, configured.owner if configured else None)


def pace(tracked: Sequence[TrackedPost], now: datetime, every: timedelta, readings_a_day: int | None) -> timedelta:
    """Tell how long to wait between two readings of a fresh post, so that a day's readings of all posts stay within their number."""
    if readings_a_day is None:
        return every
    readings = sum(DAY / next_collection(now - post.published_at, every) for post in tracked)
    return every * max(1.0, readings / readings_a_day)


def _is_due(post: TrackedPost, now: datetime, every: timedelta) -> bool:
    return post.read_at is None or now - post.read_at >= next_collection(now - post.published_at, every)


@contextmanager
def rationed(channel: Channel, calls: int | None) -> Iterator[None]:
    """Let reading make so many calls at most; whoever borrows the channel next is free again."""
    channel.ration(calls)
    try:
        yield
    finally:
        channel.ration(None)


def _fetch(channel: Channel, posts: Sequence[TrackedPost], *, full: bool) -> _Reading:
    try:
        tally = _of_threads(posts, channel.counts([one for post in posts for one in (post.remote_id, *post.parts)]))
    except ChannelError as error:
        return _Reading(tally=Tally(), error=error)
    totals = {counts.remote_id: counts.comments for counts in tally.counts}
    wanted = [
        post
        for post in posts
        if post.remote_id in totals
        and (_has_any(post, totals[post.remote_id]) if full else moved(post, totals[post.remote_id]))
    ]
    if not wanted:
        return _Reading(tally=tally)
    try:
        comments = channel.comments([one for post in wanted for one in (post.remote_id, *post.parts)])
        return _Reading(tally=tally, comments=comments, unread=comments.unread)
    except ChannelError as error:
        return _Reading(tally=tally, unread=frozenset(post.remote_id for post in wanted), error=error)


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
    shares = None if first.shares is None or part.shares is None else first.shares + part.shares
    return replace(first, reactions=reactions, comments=comments, shares=shares)


def _has_any(post: TrackedPost, total: int | None) -> bool:
    return total != 0 or post.kept != Kept()


def moved(post: TrackedPost, total: int | None) -> bool:
    """Tell whether the comments of a post are to be read, now that the network counts `total` of them, our own included.

    They are when it counted otherwise at the last reading, and once more after that if fewer were listed than counted: a listing may
    lag behind. Without a total only the daily full pass reads them.
    """
    if total is None:
        return False
    lags = post.kept.residents + post.kept.own < total
    return total != (post.last or 0) or (lags and post.last != post.previous)


def residents(total: int, kept: Kept) -> int:
    """Residents' comments under a post: the network's total without our own, and never fewer than we hold."""
    return max(total - kept.own, kept.residents)


def _vanished(known: Mapping[str, KnownComment], listed: set[str], complete: set[int], now: datetime) -> list[int]:
    # Another process may have stored a comment while this one was reading: what was first seen after `now` stays.
    return [
        one.id
        for one in known.values()
        if one.delivery_id in complete and one.remote_id not in listed and one.seen_at <= now
    ]


def _snapshot(post: TrackedPost, counts: Counts, kept: Mapping[int, Kept], complete: set[int]) -> Counters:
    here = kept.get(post.delivery_id, Kept())
    comments = None if counts.comments is None else residents(counts.comments, here)
    if comments is None and post.delivery_id in complete:
        comments = here.residents
    return Counters(
        delivery_id=post.delivery_id,
        reactions=None if counts.reactions is None else {kind: n for kind, n in counts.reactions.items() if n},
        comments=comments,
        told_comments=counts.comments,
        shares=counts.shares,
        views=counts.views,
    )


def _gained(post: TrackedPost, counts: Counts) -> int:
    return 0 if counts.reactions is None else sum(counts.reactions.values()) - (post.reactions or 0)


def _row(comment: Comment, post: TrackedPost, pseudonym: str | None, *, names: bool) -> NewComment:
    text = clean(comment.text)
    looks = frozenset[Looks]() if comment.own else kinds_of(text or "")
    return NewComment(
        delivery_id=post.delivery_id,
        remote_id=comment.remote_id,
        parent_remote_id=comment.parent_remote_id,
        kind=comment.kind.value,
        author_key=None if comment.own else pseudonym,
        author_name=clean(comment.author_name) if names and not comment.own else None,
        text=text,
        url=comment.url,
        created_at=comment.created_at,
        own=comment.own,
        question=Looks.QUESTION in looks,
        topics=" ".join(one for one in Looks if one in looks and one is not Looks.QUESTION) or None,
    )


def _unforgotten(conn: Connection, veil: Veil, rows: Sequence[NewComment], now: datetime) -> list[NewComment]:
    """Leave only a place in the count of whoever was forgotten, also for what they write later; replies keep their place below it."""
    covered = {row.remote_id for row in rows if not row.own and veil.covers(row.remote_id, row.author_key)}
    covered |= {
        row.parent_remote_id for row in rows if row.parent_remote_id and veil.covers(row.parent_remote_id, None)
    }
    care.remember_forgotten(conn, (digest(veil.key, veil.account_id, one) for one in covered), now)
    return [_veiled(row, veil, covered) for row in rows] if covered else list(rows)


def _veiled(row: NewComment, veil: Veil, covered: set[str]) -> NewComment:
    if row.parent_remote_id in covered:
        row = replace(row, parent_remote_id=veil.over(row.parent_remote_id or ""))
    if row.own or row.remote_id not in covered:
        return row
    return replace(
        _without_words(row), remote_id=veil.over(row.remote_id), author_name=None, url=None, question=False, topics=None
    )


def _keeps_words(account: AccountState, row: NewComment, known: Mapping[str, KnownComment], now: datetime) -> bool:
    seen_at = known[row.remote_id].seen_at if row.remote_id in known else now
    return keeps_words(account.channel, seen_at, now)


def _without_words(row: NewComment) -> NewComment:
    return replace(row, text=None, author_key=None)


def clean(text: str | None) -> str | None:
    """Make a foreign text storable: no NUL (PostgreSQL takes none), no half characters, cut to `LONGEST_TEXT`."""
    if text is None:
        return None
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")[:LONGEST_TEXT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why an account's posts were not read the last time. `told`: people hear of that anyway."""

    kind: str = "unread"
    detail: str = ""
    told: bool = False


def why_unread(conn: Connection, account: tuple[str, str, str]) -> Unread:
    """Return why an account (organisation, channel, name) could not be read; without a word from its network it is a fault of our own."""
    noted = meta.get(conn, _unread_key(account))
    if noted is None:
        return Unread()
    told, kind, detail = noted.split("\t", 2)
    return Unread(kind=kind, detail=detail, told=bool(told))


def _unread_key(account: tuple[str, str, str]) -> str:
    return f"unread:{':'.join(account)}"


def _full_key(account: AccountState) -> str:
    return f"full_pass:{account.id}"


def _collected(
    account: AccountState,
    *,
    posts: int = 0,
    reactions: int = 0,
    comments: int = 0,
    removed: int = 0,
    gone: int = 0,
    unpaid: bool = False,
    error: ChannelError | None = None,
) -> Collected:
    return Collected(
        organisation=account.organisation,
        channel=account.channel,
        account=account.name,
        posts=posts,
        reactions=reactions,
        comments=comments,
        removed=removed,
        gone=gone,
        unpaid=unpaid,
        error=error,
    )
