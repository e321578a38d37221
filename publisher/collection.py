"""Keeps what residents did: asks what is due to be read (`reading`), and brings what the network answered into the database.

    due    by the ladder of ages, not in quiet hours; once a day, when those begin, everything in a round
    read   `reading.read`
    turn   foreign words become rows: cleaned, cut, authors replaced by a pseudonym, questions marked
    keep   one short transaction: comments followed, vanished ones dropped, one snapshot a post appended

What cannot be read now is read later; nothing here ever stops publishing, or spends calls that publishing may need (`budget`). Where a
network lets few calls through, a fifth of reading's part is spent by day and the rest on the round, which may
take more where no post waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from channels.base import Channel, Comment, Counts
from channels.errors import AccountBlocked, ChannelError, Kind, Retryable
from publisher import budget, lifetimes, reading, spending
from publisher.apart import apart
from publisher.budget import Use
from publisher.cadence import following, latest, quiet_until
from publisher.config import Account, Config, everybody
from publisher.cues import Kind as Looks
from publisher.listening import kinds_of
from publisher.policy import LONGEST_WAIT
from publisher.pseudonyms import KEY, Veil, digest, pseudonym, unaddressed
from publisher.reading import Answered, Asked
from publisher.retention import WORDS_KEPT, keeps_words
from publisher.store import Connection, Store, budgets, care, deliveries, engagement, meta, readings
from publisher.store.accounts import AccountState
from publisher.store.engagement import Counters, Kept, KnownComment, NewComment, TrackedPost
from publisher.store.notices import NoticeKind, raise_notice

LONGEST_TEXT = 10_000
"""Characters of a comment that are kept. No network takes longer ones; a limit here keeps a hostile answer out of the database."""

MOST_COUNTED = 2**31 - 1
"""PostgreSQL's INTEGER takes no more. No post of a municipality has as many of anything, so such a number is a fault of the network's."""

SLOW_EVERY = timedelta(hours=1)
"""How often numbers are read that move slowly and cost calls of their own."""

BY_DAY = 0.2
"""How much of reading's part may be spent before the day's round, where calls are few."""

MAY_COME_BACK = timedelta(days=7)
"""How long the day's round still asks for a post that is gone: a page that is closed for some days takes all its posts along, and back."""

LEASE = timedelta(minutes=15)
BLOCKED_PAUSE = timedelta(hours=1)
UNPAID_PAUSE = timedelta(hours=1)
_LEAST_CALLS = 3
"""Fewer are not worth beginning a pass."""

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
    broken: bool = False
    """A fault of our own ended the reading; the log has it."""


class Collector:
    """Collects for one account at a time; safe to use from several threads, one account each."""

    def __init__(self, store: Store, channels: Pool, config: Config) -> None:
        self._store = store
        self._channels = channels
        self._config = config

    def collect_account(self, account: AccountState, now: datetime, *, all_posts: bool = False) -> Collected | None:
        """Read what is due of one account, or everything tracked; None: nothing is due, or another process is at it.

        What nobody has foreseen ends this reading and no other account's; people are told when it lasts. Raises StoreAway.
        """
        with apart(f"reading {'/'.join(account.key)}"):
            return self._collect(account, now, all_posts=all_posts)
        with self._store.write() as conn:
            meta.drop(conn, _unread_key(account.key))
            engagement.collect_later(conn, account.id, now + self._config.collection.every)
        return replace(_collected(account), broken=True)

    def _collect(self, account: AccountState, now: datetime, *, all_posts: bool) -> Collected | None:
        configured = self._configured(account)
        if configured is None:
            return None
        with self._store.write() as conn:
            if not engagement.claim_account(conn, account.id, now, now + LEASE) and not all_posts:
                return None
            full = all_posts or self._round_is_due(conn, account, now)
            since = now - self._config.collection.track_for
            gone_since = since if all_posts else now - MAY_COME_BACK if full else None
            tracked = engagement.tracked_posts(conn, account.id, since, gone_since=gone_since)
            slow = full or _is_over(meta.written_at(conn, _slow_key(account)), SLOW_EVERY, now)
            heard_at = meta.written_at(conn, _heard_key(account))
        quiet = None if full else self._quiet_until(now)
        posts: Sequence[TrackedPost] = ()
        if quiet is None:
            posts = tracked if full else self._due(configured, tracked, now)
        if not posts:
            self._finish(account, now, full=full, quiet=quiet)
            return _collected(account)
        asked = Asked(
            posts=posts,
            tracked=tracked,
            now=now,
            full=full,
            everything=all_posts,
            slow=slow,
            mentions_since=(heard_at or now) - reading.SLACK,
        )
        if not self._affords(configured, account, asked):
            return _collected(account, unpaid=True)
        answered = self._read(configured, account, asked)
        if answered is None:
            self._finish(account, now, full=False)
            return _collected(account)
        with self._store.write() as conn:
            budgets.note(conn, account.id, answered.usage, now)
            collected = self._keep(conn, account, asked, answered)
            if slow and answered.error is None:
                meta.put(conn, _slow_key(account), "read", now)
            if answered.heard:
                meta.put(conn, _heard_key(account), "read", now)
        if answered.error is None:
            # A post that the network does not tell of is asked for again by itself, and keeps no round going.
            self._finish(account, now, full=full and not answered.unread)
        else:
            self._put_off(account, answered.error, now)
        return collected

    def _affords(self, configured: Account, account: AccountState, asked: Asked) -> bool:
        """Tell whether the month's budget pays for reading these posts; if not, it is tried again later, and people are told."""
        purse = spending.purse_of(self._config, configured)
        if purse is None:
            return True
        now = asked.now
        # News is as much as there is; what a look at everything costs is known.
        likely = sum(1 + ((post.last or 0) if asked.everything or post.reading is None else 0) for post in asked.posts)
        with self._store.write() as conn:
            if spending.may_read(conn, purse, account, likely, now):
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

    def _round_is_due(self, conn: Connection, account: AccountState, now: datetime) -> bool:
        last = meta.written_at(conn, _full_key(account))
        return last is None or last < latest(self._round_at, now, self._config.timezone)

    @property
    def _round_at(self) -> time:
        quiet = self._config.collection.quiet
        return quiet[0] if quiet else time(0)

    def _quiet_until(self, now: datetime) -> datetime | None:
        quiet = self._config.collection.quiet
        return quiet_until(quiet, now, self._config.timezone) if quiet else None

    def _due(self, account: Account, tracked: Sequence[TrackedPost], now: datetime) -> Sequence[TrackedPost]:
        allowed = self._readings_a_day(account) if tracked else None
        return reading.due(
            tracked, now, reading.pace(tracked, now, self._config.collection.every, allowed)
        )  # newest first: a page that was away for long is caught up with day by day

    def _readings_a_day(self, account: Account) -> int | None:
        try:
            with self._channels(account) as channel:
                return channel.capabilities.readings_a_day
        except ChannelError:
            return None  # The reading itself will say what is wrong.

    # Fetch

    def _read(self, configured: Account, account: AccountState, asked: Asked) -> Answered | None:
        """Read; None: where calls are few, those that may be spent by now are spent."""
        with self._store.read() as conn:
            standing = budgets.standing(conn, account.id, asked.now)
            ends = max((one.ends_at for one in standing), default=asked.now)
            posts_wait = bool(deliveries.unsent(conn, account.id, deliveries.TO_GO_OUT, ends))
        wait = budget.wait_for(standing, Use.COLLECT)
        try:
            with self._channels(configured) as channel:
                a_day = channel.capabilities.calls_a_day
                if a_day is None or asked.everything:
                    if wait is not None:
                        return Answered(error=Retryable(Kind.QUOTA_USED, after=wait.until - asked.now))
                    calls = budget.calls_left(standing, Use.COLLECT)
                else:
                    part = BY_DAY if not asked.full else 1.0 if posts_wait else budget.ALONE
                    calls = budget.calls_left(standing, Use.COLLECT, part)
                    calls = int(part * budget.calls_of(a_day, Use.COLLECT)) if calls is None else calls
                    if calls < _LEAST_CALLS:
                        return None
                with rationed(channel, calls):
                    answered = reading.read(channel, asked, lambda posts: self._known(account, posts))
                    return replace(answered, usage=channel.usage())
        except ChannelError as error:
            return Answered(error=error)

    def _known(self, account: AccountState, deliveries_: Sequence[int]) -> Mapping[str, KnownComment]:
        with self._store.read() as conn:
            return engagement.known_comments(conn, account.id, deliveries_)

    # Keep

    def _keep(self, conn: Connection, account: AccountState, asked: Asked, answered: Answered) -> Collected:
        posts, now, tally = asked.posts, asked.now, answered.tally
        by_remote_id = {one: post for post in asked.tracked for one in (post.remote_id, *post.parts)}
        told = {one.remote_id: _bounded(one) for one in tally.counts if one.remote_id in by_remote_id}
        gone = [post for post in asked.tracked if post.remote_id in tally.gone and not post.gone]
        known = engagement.known_by_ids(
            conn, account.id, {*(one.remote_id for one in answered.comments), *answered.vanished}
        )
        rows = self._rows(conn, account, by_remote_id, answered.comments, known, now)
        held = {row.remote_id for row in rows}
        known = known | engagement.known_by_ids(conn, account.id, held - known.keys())
        engagement.upsert_comments(conn, account.id, rows, now)
        # Another process may have stored a comment while this one was reading: what was first seen after `now` stays.
        vanished = (known[one] for one in answered.vanished - held if one in known)
        removed = engagement.delete_comments(conn, [one.id for one in vanished if one.seen_at <= now])
        removed += sum(engagement.post_gone(conn, post.delivery_id, now) for post in gone)
        for post in gone:
            deliveries.record_gone(conn, post.delivery_id, now)
        for post in (by_remote_id[one] for one in told):
            if post.gone:
                engagement.post_back(conn, post.delivery_id, now)
        kept = engagement.kept_comments(conn, [post.delivery_id for post in posts])
        read = [(by_remote_id[one], counts) for one, counts in told.items() if one not in answered.unread]
        complete = {post.delivery_id for post, _ in read if post.remote_id in answered.whole}
        engagement.add_snapshots(conn, [_snapshot(post, counts, kept, complete) for post, counts in read], now)
        readings.note(conn, _read_posts(read, answered), now)
        for metric in tally.refused:
            _log.warning(
                "%s does not tell %s any more; see networks.%s.insights", account.channel, metric, account.channel
            )
        return _collected(
            account,
            posts=len(read),
            reactions=sum(_gained(post, counts) for post, counts in read),
            comments=sum(not row.own and row.remote_id not in known for row in rows),
            removed=removed,
            gone=len(gone),
            error=answered.error,
        )

    def _rows(
        self,
        conn: Connection,
        account: AccountState,
        posts: Mapping[str, TrackedPost],
        comments: Sequence[Comment],
        known: Mapping[str, KnownComment],
        now: datetime,
    ) -> list[NewComment]:
        oldest = now - self._config.retention.comments
        key = meta.secret_key(conn, KEY, now)
        names = self._config.retention.author_names and account.channel not in WORDS_KEPT
        rows: dict[str, NewComment] = {}
        for comment in comments:
            post = posts.get(comment.post_id) if comment.post_id is not None else None
            elsewhere = comment.post_id is not None and post is None
            if elsewhere or (comment.created_at < oldest and not comment.own):
                continue
            author = pseudonym(key, account.id, comment.author_id)
            rows[comment.remote_id] = _row(comment, post, author, names=names)
        veiled = _unforgotten(conn, Veil(key, account.id, care.forgotten(conn)), list(rows.values()), known, now)
        return [row if row.own or _keeps_words(account, row, known, now) else _without_words(row) for row in veiled]

    # Afterwards

    def _finish(self, account: AccountState, now: datetime, *, full: bool, quiet: datetime | None = None) -> None:
        with self._store.write() as conn:
            every = budget.pace(budgets.standing(conn, account.id, now), self._config.collection.every)
            the_round = following(self._round_at, now, self._config.timezone)
            engagement.collected(conn, account.id, now, quiet or min(now + every, the_round))
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


@contextmanager
def rationed(channel: Channel, calls: int | None) -> Iterator[None]:
    """Let reading make so many calls at most; whoever borrows the channel next is free again."""
    channel.ration(calls)
    try:
        yield
    finally:
        channel.ration(None)


def residents(total: int, kept: Kept) -> int:
    """Residents' comments under a post: the network's total without our own, and never fewer than we hold."""
    return max(total - kept.own, kept.residents)


def _read_posts(read: Sequence[tuple[TrackedPost, Counts]], answered: Answered) -> Iterator[tuple[int, bool]]:
    """Tell how far the comments of each post were read; a post without any has been read wholly, as nothing is there."""
    for post, counts in read:
        nothing = counts.comments == 0 and post.kept == Kept()
        if post.remote_id in answered.news or nothing or post.reading is not None:
            yield post.delivery_id, post.remote_id in answered.whole or nothing


def _bounded(counts: Counts) -> Counts:
    """Make a network's numbers storable, whatever it says."""
    reactions = counts.reactions
    return replace(
        counts,
        reactions=None if reactions is None else {kind: _storable(number) or 0 for kind, number in reactions.items()},
        comments=_storable(counts.comments),
        shares=_storable(counts.shares),
        quotes=_storable(counts.quotes),
        views=_storable(counts.views),
        clicks=_storable(counts.clicks),
    )


def _storable(number: int | None) -> int | None:
    return None if number is None else min(max(number, 0), MOST_COUNTED)


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
        quotes=counts.quotes,
        views=_or_before(counts.views, post.before.views if post.before else None),
        clicks=_or_before(counts.clicks, post.before.clicks if post.before else None),
    )


def _or_before(now: int | None, before: int | None) -> int | None:
    """A number that was not told this time stays what it was: it counts up, and its network tells it now and then."""
    return before if now is None else now


def _gained(post: TrackedPost, counts: Counts) -> int:
    return 0 if counts.reactions is None else sum(counts.reactions.values()) - (post.reactions or 0)


def _row(comment: Comment, post: TrackedPost | None, pseudonym: str | None, *, names: bool) -> NewComment:
    text = clean(comment.text)
    looks = frozenset[Looks]() if comment.own else kinds_of(text or "")
    return NewComment(
        delivery_id=post.delivery_id if post else None,
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
        hidden=comment.hidden,
    )


def _unforgotten(
    conn: Connection, veil: Veil, rows: Sequence[NewComment], known: Mapping[str, KnownComment], now: datetime
) -> list[NewComment]:
    """Leave only a place in the count of whoever was forgotten, also for what they write later; replies keep their place below it.

    What was stored before without its author, since words and pseudonym may be kept no longer, is known as theirs only now.
    """
    covered = {row.remote_id for row in rows if not row.own and veil.covers(row.remote_id, row.author_key)}
    covered |= {
        row.parent_remote_id for row in rows if row.parent_remote_id and veil.covers(row.parent_remote_id, None)
    }
    care.remember_forgotten(conn, (digest(veil.key, veil.account_id, one) for one in covered), now)
    stored = {one: veil.over(one) for one in covered if one in known}
    if stored:
        said = {known[one].id: name for one, name in stored.items()}
        care.forget(conn, said, {(veil.account_id, one): name for one, name in stored.items()}, now)
    return [_veiled(row, veil, covered) for row in rows] if covered else list(rows)


def _veiled(row: NewComment, veil: Veil, covered: set[str]) -> NewComment:
    if row.parent_remote_id in covered:
        row = replace(
            row, parent_remote_id=veil.over(row.parent_remote_id or ""), text=row.text and unaddressed(row.text)
        )
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


def _slow_key(account: AccountState) -> str:
    return f"slow_numbers:{account.id}"


def _heard_key(account: AccountState) -> str:
    return f"mentions:{account.id}"


def _is_over(last: datetime | None, pause: timedelta, now: datetime) -> bool:
    return last is None or now - last >= pause


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
