"""Answers residents' comments, hides and deletes them: what a person asks for, sent at most once.

    ask       the reply is written down; where approval is required, somebody else approves these very words first
    send      the intent is written down, then the request goes out, once, then what became of it is written down
    settle    a lost answer is looked for where it would stand, and never sent again; what nobody finds, a person decides

Hiding and deleting can be repeated, so a lost answer is simply asked again. Nothing here sends by itself: `run` only looks for answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from channels.base import Answering, Capabilities, Channel, Erasing, Hiding
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Unexpected
from channels.text import same_words
from publisher.afterwards import AccountRemovedError, insist
from publisher.apart import apart
from publisher.delivery import CLOCK_SKEW, REQUEST_AT_MOST, SEND_WITHIN, Clock
from publisher.store import Store, engagement, replies
from publisher.store.engagement import NewComment
from publisher.store.replies import Addressed, Reply, Stage

_LOG = logging.getLogger("tiedote.answering")

Lend = Callable[[int], AbstractContextManager[Channel]]


class Point(StrEnum):
    """Between any two of these a process may die; tests do so."""

    AFTER_INTENT = "after_intent"
    AFTER_ANSWER = "after_answer"
    AFTER_OUTCOME = "after_outcome"


def nothing(_point: Point) -> None:
    """Do not mind where the work has got to."""


class Outcome(StrEnum):
    """What became of a wish."""

    DONE = "done"
    WAS_DONE = "was_done"
    """These very words were said there before."""
    ANSWERED = "answered"
    """The comment was answered in other words, by `Result.reply` or on the network itself."""
    AWAITS = "awaits"
    """Somebody has to approve it."""
    OTHER_AWAITS = "other_awaits"
    """Another reply to the comment awaits approval, and this one was not written down."""
    BUSY = "busy"
    """It is being sent at this moment, or another reply to the comment is open."""
    DOUBT = "doubt"
    ABSENT = "absent"
    """The answer was lost, and nobody finds it there: a person decides."""
    NOT_POSSIBLE = "not_possible"
    """The network has no such thing."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a wish; the reply, and the network's error where there was one."""

    outcome: Outcome
    reply: Reply | None = None
    error: ChannelError | None = None


class Answers:
    """What a person does about a resident's comment; thread-safe, since all state is in the database."""

    def __init__(
        self,
        store: Store,
        lend: Lend,
        clock: Clock,
        *,
        confirm_for: timedelta,
        reached: Callable[[Point], None] = nothing,
    ) -> None:
        """`lend` gives a channel for one account; raises AccountRemovedError for one that is not configured any more."""
        self._store = store
        self._lend = lend
        self._clock = clock
        self._confirm_for = confirm_for
        self._reached = reached

    # ------------------------------------------------------------ replies

    def ask(self, to: Addressed, text: str, by: str, *, approved: bool, again: bool = False) -> Result:
        """Write a reply down; `again`: also where the comment is answered, or may be."""
        self._settle_those_of(to)
        with self._store.write() as conn:
            answered = replies.hold(conn, to.id)
            heard: Reply | None = None
            for earlier in replies.of_comment(conn, to.account_id, to.target.remote_id):
                if earlier.stage is Stage.READY and not same_words(text, earlier.text) and self._is_left(earlier):
                    replies.drop(conn, earlier.id, self._clock.now())
                    continue
                if earlier.stage in replies.OPEN:
                    return self._goes_on(earlier, text)
                said = earlier.stage in {Stage.SENT, Stage.ABSENT} and same_words(text, earlier.text)
                if said and not again:
                    outcome = Outcome.WAS_DONE if earlier.stage is Stage.SENT else Outcome.ABSENT
                    return Result(outcome=outcome, reply=earlier)
                heard = earlier if earlier.stage is Stage.SENT else heard
            if (heard or answered) and not again:
                return Result(outcome=Outcome.ANSWERED, reply=heard)
            stage = Stage.READY if approved else Stage.AWAITING
            reply = replies.ask(conn, to, text, by, stage, self._clock.now())
        return Result(outcome=Outcome.DONE if approved else Outcome.AWAITS, reply=reply)

    def _is_left(self, ready: Reply) -> bool:
        """Tell whether whoever asked for it is gone: it would have been sent long since. Should they come back, it is called off."""
        return self._clock.now() - ready.asked_at > REQUEST_AT_MOST

    @staticmethod
    def _goes_on(earlier: Reply, text: str) -> Result:
        if earlier.stage is Stage.READY and same_words(text, earlier.text):
            return Result(outcome=Outcome.DONE, reply=earlier)  # Whoever asked died before it was sent.
        awaits = Outcome.AWAITS if same_words(text, earlier.text) else Outcome.OTHER_AWAITS
        known = {Stage.AWAITING: awaits, Stage.DOUBT: Outcome.DOUBT}
        return Result(outcome=known.get(earlier.stage, Outcome.BUSY), reply=earlier)

    def send(self, reply_id: int) -> Result:
        """Send a reply that is ready, once."""
        intent_at = self._clock.now()
        with self._store.write() as conn:
            reply = replies.get(conn, reply_id)
            if not replies.open_intent(conn, reply_id, intent_at, intent_at + REQUEST_AT_MOST):
                return Result(outcome=Outcome.BUSY, reply=reply)
        self._reached(Point.AFTER_INTENT)
        try:
            remote_id = self._speak(reply, intent_at)
        except (OutcomeUnknown, Unexpected) as error:
            with self._store.write() as conn:
                replies.doubt(conn, reply_id, self._clock.now())
            looked = self._settle(reply_id)
            return looked if looked.outcome is Outcome.DONE else Result(outcome=Outcome.DOUBT, reply=reply, error=error)
        except ChannelError as error:
            return self._ended(reply, error)
        if remote_id is None:
            with self._store.write() as conn:
                replies.take_back(conn, reply_id)
            return Result(outcome=Outcome.BUSY, reply=reply)
        self._reached(Point.AFTER_ANSWER)
        self._said(reply, remote_id)
        self._reached(Point.AFTER_OUTCOME)
        return Result(outcome=Outcome.DONE, reply=reply)

    def _speak(self, reply: Reply, intent_at: datetime) -> str | None:
        """Make the one request; None: nothing was sent, since the process stood still and others may be looking already."""
        try:
            with self._lend(reply.account_id) as channel:
                if not isinstance(channel, Answering):
                    raise Rejected(Kind.POST_REFUSED)
                if self._clock.now() - intent_at > SEND_WITHIN:
                    return None
                return channel.reply(reply.target, reply.text)
        except AccountRemovedError as removed:
            raise AccountBlocked(Kind.NOT_CONNECTED) from removed

    def _ended(self, reply: Reply, error: ChannelError) -> Result:
        """Nothing was written on the network, and nothing will be on this intent: a person asks anew."""
        with self._store.write() as conn:
            now = self._clock.now()
            replies.settle(conn, reply.id, Stage.REFUSED, now, kind=error.kind, detail=error.detail)
        return Result(outcome=Outcome.REFUSED, reply=reply, error=error)

    def _said(self, reply: Reply, remote_id: str) -> None:
        """Note that a reply stands there, and with it that the comment is answered; the next reading finds the same."""
        now = self._clock.now()
        with self._store.write() as conn:
            replies.settle(conn, reply.id, Stage.SENT, now, remote_id=remote_id)
            row = NewComment(
                delivery_id=reply.delivery_id,
                remote_id=remote_id,
                parent_remote_id=reply.target.remote_id,
                kind="reply",
                author_key=None,
                author_name=None,
                text=reply.text,
                url=None,
                created_at=now,
                own=True,
                question=False,
            )
            engagement.upsert_comments(conn, reply.account_id, [row], now)
        _LOG.info("reply r-%s is out", reply.id)

    def settle(self) -> None:
        """Look for every reply whose answer was lost."""
        with self._store.read() as conn:
            waiting = replies.unsettled(conn, self._clock.now())
        for reply in waiting:
            with apart(f"looking for reply {reply.id}"):
                self._settle(reply.id)

    def _settle_those_of(self, to: Addressed) -> None:
        with self._store.read() as conn:
            waiting = replies.unsettled(conn, self._clock.now())
        for reply in waiting:
            if (reply.account_id, reply.target.remote_id) == (to.account_id, to.target.remote_id):
                self._settle(reply.id)

    def _settle(self, reply_id: int) -> Result:
        """Look where the reply would stand. Found: it is out. Not found, and there was time enough to appear: a person decides."""
        now = self._clock.now()
        with self._store.write() as conn:
            reply = replies.get(conn, reply_id)
            if reply.stage is Stage.SENDING and reply.deadline_at is not None:
                replies.doubt(conn, reply_id, reply.deadline_at)  # its sender is gone
            ours = replies.remote_ids(conn, reply.account_id)
        assert reply.intent_at is not None  # noqa: S101 - it was sent
        ended = reply.deadline_at or now
        try:
            with self._lend(reply.account_id) as channel:
                if not isinstance(channel, Answering):
                    return Result(outcome=Outcome.DOUBT, reply=reply)
                found = channel.locate_reply(reply.target, reply.text, reply.intent_at - CLOCK_SKEW)
        except Gone:
            with self._store.write() as conn:  # The comment is gone, and whatever stood below it.
                replies.settle(conn, reply_id, Stage.REFUSED, now, kind=Kind.POST_GONE)
            return Result(outcome=Outcome.REFUSED, reply=reply, error=Gone(Kind.POST_GONE))
        except (ChannelError, AccountRemovedError):
            return Result(outcome=Outcome.DOUBT, reply=reply)
        landed = next((one for one in found.remote_ids if one not in ours), None)
        if landed is not None:
            self._said(reply, landed)
            return Result(outcome=Outcome.DONE, reply=reply)
        if not found.complete or now - ended < self._confirm_for:
            return Result(outcome=Outcome.DOUBT, reply=reply)
        with self._store.write() as conn:
            replies.settle(conn, reply_id, Stage.ABSENT, now, kind=Kind.ANSWER_LOST)
        return Result(outcome=Outcome.ABSENT, reply=reply)

    # ------------------------------------------------------------ hiding and deleting

    def can_hide(self, comment: Addressed) -> bool:
        """Tell whether the comment's network hides comments; asks nobody."""
        return self._is(comment, lambda channel: isinstance(channel, Hiding))

    def can_erase(self, comment: Addressed) -> bool:
        """Tell whether the comment's network deletes others' comments; asks nobody."""
        return self._is(comment, lambda channel: isinstance(channel, Erasing))

    def _is(self, comment: Addressed, able: Callable[[Channel], bool]) -> bool:
        try:
            with self._lend(comment.account_id) as channel:
                return able(channel)
        except (AccountRemovedError, ChannelError):
            return True  # What is wrong is told when it is tried.

    def hide(self, comment: Addressed, *, hidden: bool) -> Result:
        """Hide a comment on its network, or show it again."""
        try:
            with self._lend(comment.account_id) as channel:
                if not isinstance(channel, Hiding):
                    return Result(outcome=Outcome.NOT_POSSIBLE)
                insist(partial(channel.hide, comment.target.remote_id, hidden=hidden))
        except AccountRemovedError:
            return Result(outcome=Outcome.REFUSED, error=AccountBlocked(Kind.NOT_CONNECTED))
        except ChannelError as error:
            return Result(outcome=Outcome.REFUSED, error=error)
        with self._store.write() as conn:
            replies.set_hidden(conn, comment.id, hidden=hidden)
        _LOG.info("comment c-%s was %s", comment.id, "hidden" if hidden else "shown again")
        return Result(outcome=Outcome.DONE)

    def erase(self, comment: Addressed) -> Result:
        """Delete a comment on its network, for good, and here."""
        try:
            with self._lend(comment.account_id) as channel:
                if not isinstance(channel, Erasing):
                    return Result(outcome=Outcome.NOT_POSSIBLE)
                insist(partial(channel.erase_comment, comment.target.remote_id))
        except AccountRemovedError:
            return Result(outcome=Outcome.REFUSED, error=AccountBlocked(Kind.NOT_CONNECTED))
        except ChannelError as error:
            return Result(outcome=Outcome.REFUSED, error=error)
        with self._store.write() as conn:
            engagement.delete_comments(conn, [comment.id])
        _LOG.info("comment c-%s was deleted", comment.id)
        return Result(outcome=Outcome.DONE)


def room_for_reply(limits: Capabilities) -> tuple[int, Callable[[str], int]]:
    """Tell how long a reply may be, and how its network counts: as it counts comments, or posts where answers are posts."""
    if limits.max_first_comment is None:
        return limits.max_text, limits.measure_exactly or limits.measure
    return limits.max_first_comment, len
