"""What a person wants of a post that is out: taken down, or given other words.

    ask      the wish is written down with who and why, before anything is sent
    take     whoever still works under the post (a first comment, the rest of a thread) is fenced off; waits while a request is on its way
    change   deleting and editing can be repeated, so a lost answer is simply asked again; what is gone already is deleted
    record   `withdrawn`, or the new words; the earlier ones stay in the change, and residents' comments go with their post

A withdrawal that a network cannot do now stays open and is tried again, by `run` too. An amendment is for the person who asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from channels.base import Channel, Post
from channels.errors import AccountBlocked, ChannelError, OutcomeUnknown, Rejected, Retryable, Unexpected
from publisher import policy
from publisher.apart import apart
from publisher.comparing import differences
from publisher.delivery import CLOCK_SKEW, Clock
from publisher.planning import fingerprint
from publisher.store import Store
from publisher.store import deliveries as rows
from publisher.store.deliveries import ChangeKind, FrozenPost, Outside, Setback, Standing

_LOG = logging.getLogger("tiedote.afterwards")

TRIES = 3
"""So often in a row is a change asked for whose answer was lost."""

AGAIN = timedelta(minutes=2)
"""After so long a withdrawal that could not be done is tried again."""

Lend = Callable[[int], AbstractContextManager[Channel]]


class AccountRemovedError(LookupError):
    """The account of a post is not in the configuration any more."""


class Outcome(StrEnum):
    """What became of a change."""

    DONE = "done"
    WAS_DONE = "was_done"
    """It had been taken down, or had these words, before."""
    NOT_OUT = "not_out"
    """It is not out, or is to be taken down."""
    BUSY = "busy"
    """Something of it is being sent at this moment."""
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a change, and the network's error where there was one."""

    outcome: Outcome
    error: ChannelError | None = None


class Afterwards:
    """Changes posts that are out; thread-safe, since all state is in the database."""

    def __init__(self, store: Store, lend: Lend, clock: Clock) -> None:
        """`lend` gives a channel for one account; raises AccountRemovedError for one that is not configured any more."""
        self._store = store
        self._lend = lend
        self._clock = clock

    # ------------------------------------------------------------ taking down

    def ask_withdrawal(self, delivery_id: int, by: str, why: str | None) -> Outcome | None:
        """Note that a post is to be taken down; None if there is something to take down."""
        with self._store.write() as conn:
            match rows.standing(conn, delivery_id):
                case Standing.GONE:
                    return Outcome.WAS_DONE
                case Standing.NOT_OUT:
                    return Outcome.NOT_OUT
            rows.ask_withdrawal(conn, delivery_id, by, why, self._clock.now())
        return None

    def withdraw(self, delivery_id: int) -> Result:
        """Take a post down that is to be; every post that it is made of, the first one last."""
        with self._store.write() as conn:
            post = rows.take(conn, delivery_id, self._clock.now())
        if post is None:
            return Result(outcome=Outcome.BUSY)
        try:
            with self._lend(post.account_id) as channel:
                for remote_id in reversed((*post.remote_ids, *_in_doubt(channel, post))):
                    insist(partial(channel.remove, remote_id))
                if post.left is not None:
                    channel.discard(post.left)
        except Rejected as error:
            return self._refused(post, ChangeKind.WITHDRAWN, error)
        except ChannelError as error:
            return self._put_off(post, error)
        except AccountRemovedError:
            return self._put_off(post, None)
        with self._store.write() as conn:
            rows.record_withdrawn(conn, delivery_id, self._clock.now())
        _LOG.info("d-%s was taken down", delivery_id)
        return Result(outcome=Outcome.DONE)

    def finish_withdrawals(self) -> None:
        """Try again what could not be taken down so far."""
        with self._store.read() as conn:
            waiting = rows.to_withdraw(conn, self._clock.now())
        for delivery_id in waiting:
            with apart(f"taking down d-{delivery_id}"):
                self.withdraw(delivery_id)

    def clear_up(self) -> None:
        """Take away what ended publications left where nobody sees it; what cannot be taken away now stays."""
        with self._store.read() as conn:
            waiting = rows.leavings(conn)
        for leaving in waiting:
            with apart(f"clearing up on account {leaving.account_id}"), suppress(AccountRemovedError):
                with self._lend(leaving.account_id) as channel:
                    channel.discard(leaving.step)
                with self._store.write() as conn:
                    rows.forget_leaving(conn, leaving, self._clock.now())

    # ------------------------------------------------------------ other words

    def amend(self, delivery_id: int, new: FrozenPost, by: str, why: str | None) -> Result:
        """Give a post that is out the words of `new`; raises nothing of the network's."""
        with self._store.write() as conn:
            match rows.standing(conn, delivery_id):
                case Standing.BUSY:
                    return Result(outcome=Outcome.BUSY)
                case Standing.GONE | Standing.NOT_OUT | Standing.LEAVING:
                    return Result(outcome=Outcome.NOT_OUT)
            post = rows.outside(conn, delivery_id)
            after = with_words(post.post, new)
            if after == post.post:
                return Result(outcome=Outcome.WAS_DONE)
            rows.ask_amendment(conn, delivery_id, by, why, after, self._clock.now())
        try:
            with self._lend(post.account_id) as channel:
                told = _amend(channel, after.as_post(), post.remote_id)
        except ChannelError as error:
            refused = self._refused(post, ChangeKind.AMENDED, error)
            passing = isinstance(error, Retryable | OutcomeUnknown | Unexpected)
            return replace(refused, outcome=Outcome.LATER) if passing else refused
        now = self._clock.now()
        with self._store.write() as conn:
            rows.record_amended(conn, delivery_id, after, fingerprint(after.text, after.hashtags), now)
            if told is not None:
                rows.record_read_back(conn, delivery_id, told, now)
        _LOG.info("d-%s has other words", delivery_id)
        return Result(outcome=Outcome.DONE)

    # ------------------------------------------------------------ what does not succeed

    def _refused(self, post: Outside, kind: ChangeKind, error: ChannelError) -> Result:
        with self._store.write() as conn:
            rows.record_refused(conn, post.id, kind, Setback(kind=error.kind, detail=error.detail), self._clock.now())
        return Result(outcome=Outcome.REFUSED, error=error)

    def _put_off(self, post: Outside, error: ChannelError | None) -> Result:
        """Try again later; without an error, the account is not configured at present."""
        now = self._clock.now()
        pause = AGAIN if error is None or error.after is None else max(error.after, AGAIN)
        if error is None or isinstance(error, AccountBlocked):
            pause = policy.PROBE_EVERY
        setback = Setback(kind=error.kind, detail=error.detail) if error else Setback(kind="account_removed", detail="")
        with self._store.write() as conn:
            rows.record_put_off(conn, post.id, setback, now + pause, now)
        return Result(outcome=Outcome.LATER, error=error)


def _in_doubt(channel: Channel, post: Outside) -> tuple[str, ...]:
    """Look for the post of a thread whose answer was lost: it may stand on the network although nobody noted it."""
    if not post.post.thread or post.doubt is None:
        return ()
    step, since = post.doubt
    found = channel.locate(post.post.as_post(), step, since - CLOCK_SKEW)
    return tuple(one.part for one in found.candidates if one.part and one.part not in post.parts)


def _amend(channel: Channel, meant: Post, remote_id: str) -> tuple[str, ...] | None:
    """Change the words and compare; None where that did not succeed. An answer that stays lost is settled by reading."""
    try:
        insist(lambda: channel.amend(meant, remote_id))
    except (OutcomeUnknown, Unexpected):
        told = _compared(channel, meant, remote_id)
        if told is None or "text" in told:
            raise
        return told
    try:
        return _compared(channel, meant, remote_id)
    except ChannelError:
        return None  # The words were taken all the same.


def _compared(channel: Channel, meant: Post, remote_id: str) -> tuple[str, ...] | None:
    held = channel.read_back([remote_id]).get(remote_id)
    return None if held is None else differences(meant, held, has_words=channel.is_same(meant, held.post))


def insist(change: Callable[[], None]) -> None:
    """Ask for a change until its answer is heard; it is as good twice as once."""
    for _ in range(TRIES - 1):
        try:
            return change()
        except (OutcomeUnknown, Unexpected):
            continue
    return change()


def with_words(out: FrozenPost, new: FrozenPost) -> FrozenPost:
    """Return what is out with the words of `new`: pictures, alternative texts, card and first comment stay as they are."""
    return replace(out, text=new.text, hashtags=new.hashtags, mentions=new.mentions)


def stays(out: FrozenPost, new: FrozenPost) -> tuple[str, ...]:
    """List what a file wants otherwise and no network changes about a post that is out, as codes."""
    codes = {
        "thread": out.thread != new.thread,
        "pictures": [picture.sha256 for picture in out.pictures] != [picture.sha256 for picture in new.pictures],
        "alt": [picture.alt for picture in out.pictures] != [picture.alt for picture in new.pictures],
        "poll": out.poll != new.poll,
        "card": _card(out) != _card(new),
        "first_comment": out.first_comment != new.first_comment,
    }
    return tuple(code for code, differs in codes.items() if differs)


def _card(post: FrozenPost) -> tuple[object, ...]:
    if not post.link:
        return ()
    picture = (post.thumbnail.sha256, post.thumbnail.alt) if post.thumbnail else None
    return (post.link, post.title, post.description, picture)
