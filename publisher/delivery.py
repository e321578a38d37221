"""The delivery worker: one claimed delivery, one step, one commit at a time.

    claim      one short transaction; a lease and a fencing number
    freeze     a master of each of its pictures is made and kept; from here its words stay as they are
    step       a step that makes nothing public runs, and what it learned is stored before the next begins
    intent     before a committing step the attempt is written and durable; only then is anything sent
    outcome    after the answer the remote id is written in one transaction; nothing fallible stands between the two
    look       an answer that was lost is looked for on the account; `policy` says what follows

Every function takes one job, does one thing and returns the job as it stands then, or None when the worker is done with it for now.

When the database is away (a full disk, a server that is restarted), nothing new is sent: no intent, no request. What happened on a
network just before is known here alone: `Unsaved` hands it to the caller, who saves it as soon as that works. Lost with the process, it
is a lost answer like any other.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol

from channels.base import Absence, Channel, Found, Overview, Picture, Post, Published, RemotePost, Sought, Step, Usage
from channels.errors import AccountBlocked, ChannelError, Kind, Rejected, Retryable
from publisher import budget, policy, spending
from publisher.budget import Use
from publisher.linking import Dead
from publisher.model import State
from publisher.policy import Decision, Doubt, Outcome, RetryRules, Verdict
from publisher.renewal import Outcome as Repair
from publisher.store import Connection, Store, StoreAway, accounts, budgets
from publisher.store import deliveries as rows
from publisher.store.accounts import AccountState
from publisher.store.deliveries import (
    AccountBusy,
    ClaimLost,
    FrozenPost,
    Job,
    Key,
    Out,
    PictureNote,
    Setback,
    TooLate,
    Untried,
)
from publisher.store.notices import NoticeKind, raise_notice
from publisher.store.seal import Seal
from publisher.thrift import Purse

REQUEST_AT_MOST = timedelta(seconds=75)
"""No request lasts longer: the session's deadline and its margin."""

SEND_WITHIN = timedelta(seconds=10)
"""A process that stood still for longer after its intent (stopped, suspended) sends nothing on it: others may be looking already."""

LEASE = timedelta(minutes=3)
LOOK_BACK = timedelta(days=90)
"""How far back a new database looks for posts with the same words."""

AHEAD_OF_TIME = timedelta(days=1)
"""Somebody may have published a post by hand so long before its time; an older one with the same words is another occurrence."""

CLOCK_SKEW = timedelta(minutes=5)
"""A network's clock may be behind ours by this much."""

BUSY_FOR = timedelta(seconds=2)
REPAIR_EVERY = timedelta(minutes=1)
"""How often a token that could not be renewed for an outage is tried again."""
REPAIR_TOLD_AFTER = timedelta(hours=1)
"""People hear of a token that was refused when renewing it has brought no answer for so long: what is due waits meanwhile."""

_OF_TOKENS = frozenset({Kind.TOKEN_EXPIRED, Kind.TOKEN_INVALID})
ASK_EVERY = timedelta(minutes=1)
"""How often an e-service that an announcement waits for is asked again."""

LARGEST_PICTURE = 64 * 1024 * 1024


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The configuration's part in a delivery."""

    retry: RetryRules
    confirm_for: timedelta


class Desk(Protocol):
    """What the worker asks of the configuration."""

    rules: Rules

    def resends(self, account_id: int) -> bool:
        """Tell whether the account's `on_doubt` is `resend`."""

    def audience(self, job: Job) -> list[tuple[str, str]]:
        """Return who hears of this delivery's failures: addresses and languages."""

    def owners(self, account_id: int) -> list[tuple[str, str]]:
        """Return who hears of the account's troubles."""

    def purse(self, account_id: int) -> Purse | None:
        """Return what the account may spend in a month; None: what it takes."""

    def stamp(self, account_id: int) -> str | None:
        """Name the token of an account without telling it; None where a login has seen whose it is."""

    def can_repair(self, account_id: int, now: datetime) -> bool:
        """Tell whether an account whose token was refused may be well again without a person. Asks no network."""

    def repair(self, account_id: int, now: datetime) -> Repair:
        """Renew the token of an account."""

    def waits_for_link(self, post: FrozenPost) -> bool:
        """Tell whether a post waits while where it leads does not answer."""

    def dead_link(self, post: FrozenPost, now: datetime) -> Dead | None:
        """Ask where a post leads; return what does not answer."""


class Point(StrEnum):
    """Where a process may die: every place between two effects. A test kills it at each."""

    BEFORE_CLAIM = "before_claim"
    AFTER_CLAIM = "after_claim"
    AFTER_FREEZE = "after_freeze"
    AFTER_STEP = "after_step"
    STEP_STORED = "step_stored"
    BEFORE_INTENT = "before_intent"
    AFTER_INTENT = "after_intent"
    AFTER_ANSWER = "after_answer"
    AFTER_OUTCOME = "after_outcome"
    AFTER_REFUSAL = "after_refusal"
    SETBACK_STORED = "setback_stored"
    AFTER_LOOK = "after_look"
    AFTER_VERDICT = "after_verdict"


def nothing(_point: Point) -> None:
    """Stand where a test may end the process."""


class PictureChanged(Exception):
    """A picture is not there, or not what it was when the file was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a look told, or why it failed. `at`: when it began (what came later may be missing from it), or when it had failed."""

    at: datetime
    found: Found | None = None
    error: ChannelError | None = None


class Unsaved(StoreAway):
    """What happened on the network could not be written down; `save` tries it again. Nothing else may be done with the job before."""

    def __init__(self, save: Callable[[], Job | None], why: StoreAway) -> None:
        """`why`: what the database said."""
        super().__init__(str(why))
        self.save = save
        self.why = why


class Deliverer:
    """Runs claimed deliveries; thread-safe, since all state is in the database and in the jobs handed over."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        *,
        seal: Seal,
        owner: str,
        random: Callable[[], float],
        reached: Callable[[Point], None] = nothing,
    ) -> None:
        """`owner` names this process in claims; `reached` is called at every point between two effects."""
        self._store = store
        self._desk = desk
        self._clock = clock
        self._owner = owner
        self._random = random
        self._reached = reached
        self._seal = seal
        self._darkroom = threading.Lock()
        self.only: frozenset[int] | None = None
        """The deliveries that a person wants out, where nothing else is to be sent."""

    def claim(self, account_id: int, limit: int) -> tuple[Job, ...]:
        """Take up to `limit` deliveries that are due for this account, oldest first."""
        now = self._clock.now()
        self._reached(Point.BEFORE_CLAIM)
        with self._store.write() as conn:
            jobs = rows.claim(conn, account_id, self._owner, now, LEASE, limit, self.only)
            jobs = self._affordable(conn, account_id, jobs, now)
        self._reached(Point.AFTER_CLAIM)
        return jobs

    def _affordable(self, conn: Connection, account_id: int, jobs: tuple[Job, ...], now: datetime) -> tuple[Job, ...]:
        """Hold what would cost more than is left of the account's budget, and tell people; return the others."""
        purse = self._desk.purse(account_id) if jobs else None
        if purse is None:
            return jobs
        over = spending.unaffordable(conn, purse, accounts.get_account(conn, account_id), jobs, now)
        for job in (job for job in jobs if job.id in over):
            setback = Setback(kind="over_budget", detail=over[job.id])
            rows.record_end(conn, job, State.HELD, setback, now)
            raise_notice(
                conn,
                cause=f"over_budget:d-{job.id}",
                kind=NoticeKind.OVER_BUDGET,
                params=about(job.key, job.id, job.post.title, job.post.text, job.due_at, None, setback),
                recipients=self._desk.audience(job),
                now=now,
            )
        return tuple(job for job in jobs if job.id not in over)

    def release(self, job: Job, not_before: datetime | None = None) -> None:
        """Give a job back as it is."""
        try:
            with self._store.write() as conn:
                rows.release(conn, job, self._clock.now(), not_before)
        except ClaimLost:
            return

    def extend(self, job: Job) -> bool:
        """Keep a job that waits for its network; False if it was taken over."""
        try:
            with self._store.write() as conn:
                rows.extend(conn, job, self._clock.now() + LEASE)
        except ClaimLost:
            return False
        return True

    def park(self, job: Job, problem: str) -> None:
        """Put away a job that met a fault of our own: into doubt if something of it may have been sent, else for later."""
        now = self._clock.now()
        setback = Setback(kind="internal", detail=problem)

        def put_away() -> None:
            with self._store.write() as conn:
                intent_at = rows.open_since(conn, job)
                if intent_at is not None and job.step is not None:
                    rows.record_doubt(conn, job, setback, intent_at, now, job.step)
                elif job.state is State.CONFIRMING:
                    rows.record_look(conn, job, now + policy.PROBE_EVERY, job.absent_at, now)
                else:
                    wait = policy.pause(job.refusals, self._desk.rules.retry, self._random())
                    rows.record_retry(conn, job, setback, now + wait, now)

        self.save(put_away)

    def save(self, act: Callable[[], Job | None]) -> Job | None:
        """Write down what happened; whoever has taken the job over goes on with it. Raises Unsaved."""
        try:
            return self._guard(act)
        except StoreAway as away:
            raise Unsaved(act, away) from away

    # ------------------------------------------------------------ the first look of a new database

    def look_first(self, account_id: int, channel: Channel) -> bool:
        """Before an account's first send: what it already has with the same words is adopted. False if looking failed."""
        now = self._clock.now()
        with self._store.read() as conn:
            if accounts.get_account(conn, account_id).looked_at is not None:
                return True
            waiting = rows.awaiting_first_look(conn, account_id, now)
            known = accounts.look_since(conn, account_id)
        since = known - CLOCK_SKEW if known is not None else now - LOOK_BACK
        try:
            recent = channel.recent(since) if waiting else None
        except ChannelError as error:
            self._account_trouble(account_id, error, channel)
            return False
        posts = recent.posts if recent else ()
        with self._store.write() as conn:
            parts = {part for thread in rows.parts_of(conn, account_id).values() for part in thread}
            taken = rows.owner_of(conn, account_id, [post.remote_id for post in posts]) | parts
            there = [post for post in posts if post.remote_id not in taken]
            self._note_usage(conn, account_id, channel.usage(), now)
            for untried in waiting:
                match = _earliest(there, untried, channel)
                if match is not None:
                    there.remove(match)
                    left = channel.taken_up(untried.post.as_post(), match).then
                    rows.adopt(conn, untried.id, match, left, now)
            accounts.mark_looked(conn, account_id, now)
        return True

    def ready(self, account_id: int, channel: Channel) -> bool:
        """Tell whether an account may be used: one that was blocked is probed, one that is new to this database is looked at.

        So is one with a token that was never used: X would publish on whatever account it belongs to. Asked once, for X bills the question.
        """
        stamp = self._desk.stamp(account_id)
        with self._store.read() as conn:
            account = accounts.get_account(conn, account_id)
            wait = budget.wait_for(budgets.standing(conn, account_id, self._clock.now()), Use.PUBLISH)
            is_new = stamp is not None and accounts.checked_token(conn, account_id) != stamp
        # After a rest for a network that was down, a read is the first to find out whether it is back.
        doubtful = is_new or account.blocked_kind is not None or account.troubles >= policy.TROUBLES
        if wait is not None:
            # Another process, or another account that pays into the same budget, has spent what publishing may take.
            announced = wait.announced and account.blocked_kind is None  # a block has stopped the clocks already
            with self._store.write() as conn:
                accounts.rest(conn, account_id, wait.until, self._clock.now(), announced=announced)
            if doubtful:
                return False
        if doubtful and not self.probe(account_id, channel):
            return False
        return self.look_first(account_id, channel)

    def usable(self, account_id: int) -> bool:
        """Tell whether an account is neither blocked nor resting."""
        with self._store.read() as conn:
            account = accounts.get_account(conn, account_id)
        resting = account.not_before is not None and account.not_before > self._clock.now()
        return account.blocked_kind is None and not resting

    def probe(self, account_id: int, channel: Channel) -> bool:
        """Ask an account whether it is well, and the one that the configuration names, by reading."""
        if self._is_being_repaired(account_id):
            return False
        try:
            channel.check()
        except ChannelError as error:
            self._account_trouble(account_id, error, channel)
            return False
        with self._store.write() as conn:
            accounts.unblock(conn, account_id, self._clock.now())
            self._note_usage(conn, account_id, channel.usage(), self._clock.now())
            if (stamp := self._desk.stamp(account_id)) is not None:
                accounts.mark_checked(conn, account_id, stamp, self._clock.now())
        return True

    def _note_usage(self, conn: Connection, account_id: int, usage: tuple[Usage, ...], now: datetime) -> None:
        """Keep what the latest answers told of the network's allowances; when publishing has had its part, the account rests."""
        if not usage:
            return
        budgets.note(conn, account_id, usage, now)
        wait = budget.wait_for(budgets.standing(conn, account_id, now), Use.PUBLISH)
        if wait is not None:
            accounts.rest(conn, account_id, wait.until, now, announced=wait.announced)

    def _is_being_repaired(self, account_id: int) -> bool:
        """Renew a token that was refused, where that is possible; tell whether this channel, which has the old one, is to be given back."""
        now = self._clock.now()
        with self._store.read() as conn:
            kind = accounts.get_account(conn, account_id).blocked_kind
        if kind not in _OF_TOKENS:
            return False
        outcome = self._desk.repair(account_id, now)
        if outcome is Repair.RENEWED:
            with self._store.write() as conn:
                accounts.unblock(conn, account_id, now)
        elif outcome is Repair.LATER:
            with self._store.write() as conn:
                accounts.block(conn, account_id, *_known_block(conn, account_id), now + REPAIR_EVERY, now)
                account = accounts.get_account(conn, account_id)
                if account.blocked_since is not None and now - account.blocked_since >= REPAIR_TOLD_AFTER:
                    self._tell_blocked(conn, account, now)
        return outcome in {Repair.RENEWED, Repair.LATER}

    def _account_trouble(self, account_id: int, error: ChannelError, channel: Channel) -> None:
        now = self._clock.now()
        with self._store.write() as conn:
            self._note_usage(conn, account_id, channel.usage(), now)
            if isinstance(error, AccountBlocked):
                self._block(conn, account_id, error, now)
            elif accounts.get_account(conn, account_id).blocked_kind is not None:
                known = _known_block(conn, account_id)
                accounts.block(conn, account_id, *known, self._probe_at(conn, account_id, now), now)
            else:
                troubles = accounts.note_trouble(conn, account_id) if policy.is_trouble(error) else 0
                asked = policy.waiting(error, 0, self._desk.rules.retry, self._random())
                wait = max(asked, policy.breaker(troubles, self._desk.rules.retry) or asked)
                accounts.rest(conn, account_id, now + wait, now, announced=error.announced and wait == error.after)

    @staticmethod
    def _probe_at(conn: Connection, account_id: int, now: datetime) -> datetime:
        since = accounts.get_account(conn, account_id).blocked_since
        return now + policy.probe_after(now - since if since else timedelta(0))

    def _block(self, conn: Connection, account_id: int, error: ChannelError, now: datetime) -> None:
        if error.kind in _OF_TOKENS and self._desk.can_repair(account_id, now):
            # Nobody is told before the network has refused to renew it as well.
            accounts.block(conn, account_id, error.kind, error.detail, now, now)
            return
        accounts.block(conn, account_id, error.kind, error.detail, self._probe_at(conn, account_id, now), now)
        self._tell_blocked(conn, accounts.get_account(conn, account_id), now)

    def _tell_blocked(self, conn: Connection, account: AccountState, now: datetime) -> None:
        raise_notice(
            conn,
            cause=f"blocked:{':'.join(account.key)}:{account.blocked_kind}",
            kind=NoticeKind.BLOCKED,
            params={
                "organisation": account.organisation,
                "channel": account.channel,
                "account": account.name,
                "error_kind": account.blocked_kind or "",
                "detail": account.blocked_detail or "",
            },
            recipients=self._desk.owners(account.id),
            now=now,
        )

    # ------------------------------------------------------------ one step

    def post(self, job: Job) -> Post:
        """Return what goes out; the masters of its pictures are read when a step asks for one."""
        thumbnail = self._readable(job.post.thumbnail) if job.post.thumbnail else None
        pictures = tuple(self._readable(picture) for picture in job.post.pictures)
        return replace(job.post.as_post(), pictures=pictures, thumbnail=thumbnail)

    def _readable(self, picture: PictureNote) -> Picture:
        return Picture(name=picture.name, data=partial(self._master, picture.sha256), alt=picture.alt)

    def _master(self, sha256: str) -> bytes:
        with self._store.read() as conn:
            return rows.picture_bytes(conn, sha256)

    def must_ask(self, job: Job) -> bool:
        """Tell whether where the job leads must answer before anything of it is sent."""
        return job.fresh and not job.link_asked and job.step is None and self._desk.waits_for_link(job.post)

    def ask_link(self, job: Job) -> Job | None:
        """Go on with a job whose e-service answers; put one back whose does not, and tell its people."""
        dead = self._desk.dead_link(job.post, self._clock.now())
        if dead is None:
            return replace(job, link_asked=True)
        return self._guard(lambda: self._put_back(job, dead))

    def _put_back(self, job: Job, dead: Dead) -> None:
        now = self._clock.now()
        setback = Setback(kind=dead.kind, detail=dead.detail)
        with self._store.write() as conn:
            rows.record_put_back(conn, job, setback, now + ASK_EVERY, now)
            raise_notice(
                conn,
                cause=f"link_down:{job.key.announcement}@{job.key.occurrence}:{dead.address}",
                kind=NoticeKind.LINK_DOWN,
                params={
                    **about(job.key, job.id, job.post.title, job.post.text, job.due_at, dead.address, setback),
                    "channel": "",
                },
                recipients=self._desk.audience(job),
                now=now,
            )

    def freeze(self, job: Job) -> Job | None:
        """Keep a master of each picture; one that is not what it was when the file was read holds the delivery until it is read again."""
        try:
            for picture in job.post.shown:
                if not self.extend(job):  # twenty large ones, behind those of other accounts, take minutes
                    return None
                self._keep(picture)
        except PictureChanged:
            return self._guard(lambda: self._picture_changed(job))
        except Rejected as refusal:
            setback = Setback(kind=refusal.kind, detail=refusal.detail)
            return self._guard(lambda: self._picture_refused(job, setback))
        self._reached(Point.AFTER_FREEZE)
        return replace(job, frozen=True)

    def _keep(self, picture: PictureNote) -> None:
        """Keep one picture, unless another delivery has. Raises PictureChanged, Rejected."""
        from channels.pictures import master  # Pillow is slow to import

        with self._darkroom:  # four accounts of one announcement come at once, and need it made once
            data = [read_picture(Path(picture.path), picture.sha256)]
            with self._store.read() as conn:
                if rows.known_pictures(conn, [picture.sha256]):
                    return
            made = master(data.pop())  # which lets go of 50 MB as soon as it can
            with self._store.write() as conn:
                rows.keep_pictures(conn, {picture.sha256: made}, self._clock.now())

    def _picture_refused(self, job: Job, setback: Setback) -> None:
        with self._store.write() as conn:
            self._end(conn, job, State.FAILED, setback, self._clock.now())

    def _picture_changed(self, job: Job) -> None:
        with self._store.write() as conn:
            rows.record_end(conn, job, State.HELD, Setback(kind="picture_changed", detail=""), self._clock.now())

    def next_step(self, job: Job, channel: Channel) -> Step:
        """Return the step that the job stands before."""
        return job.step or channel.begin(job.post.as_post())

    def run(self, job: Job, channel: Channel) -> Job | None:
        """Run one step of the job. Its pictures must be frozen."""
        post = self.post(job)
        step = job.step or channel.begin(post)
        ready = replace(job, step=step)
        return self._guard(
            lambda: self._commit(ready, post, channel) if step.commits else self._prepare(ready, post, channel)
        )

    def _prepare(self, job: Job, post: Post, channel: Channel) -> Job | None:
        assert job.step is not None  # noqa: S101 - `run` has set it
        try:
            result = channel.advance(post, job.step)
        except ChannelError as error:
            self._reached(Point.AFTER_REFUSAL)
            self._setback(job, channel, error, self._clock.now())
            return None
        self._reached(Point.AFTER_STEP)
        following = self._record(job, result, channel)
        self._reached(Point.STEP_STORED)
        return following

    def _commit(self, job: Job, post: Post, channel: Channel) -> Job | None:
        assert job.step is not None  # noqa: S101 - `run` has set it
        self._reached(Point.BEFORE_INTENT)
        intent_at = self._clock.now()
        try:
            with self._store.write() as conn:
                job = rows.open_attempt(conn, job, intent_at, intent_at + REQUEST_AT_MOST)
                attempt = rows.last_attempt(conn)
        except AccountBusy:
            self._guard(lambda: self._step_back(job, intent_at))
            return None
        except TooLate:
            self.release(job)  # the tick gives it up and tells people
            return None
        self._seal.attempted(attempt, intent_at)
        self._reached(Point.AFTER_INTENT)
        if self._clock.now() - intent_at > SEND_WITHIN:
            return self.save(lambda: self._withdraw(job))
        try:
            result = channel.advance(post, job.step or channel.begin(post))
        except ChannelError as error:
            self._reached(Point.AFTER_REFUSAL)
            self._setback(job, channel, error, intent_at)
            return None
        self._reached(Point.AFTER_ANSWER)
        following = self._record(job, result, channel)
        self._reached(Point.AFTER_OUTCOME)
        return following

    def _step_back(self, job: Job, intent_at: datetime) -> None:
        """Let another post of the account pass. An open attempt of this very job is one whose commit was not heard of: doubt."""
        with self._store.write() as conn:
            since = rows.open_since(conn, job)
            if since is None or job.step is None:
                rows.release(conn, job, intent_at, intent_at + BUSY_FOR)
            else:
                unheard = Setback(kind=Kind.ANSWER_LOST, detail="")
                rows.record_doubt(conn, job, unheard, since, intent_at, job.step)

    def _withdraw(self, job: Job) -> None:
        """Nothing was sent, and it is too late to send it on this intent."""
        with self._store.write() as conn:
            rows.record_absent(conn, job, self._clock.now())

    def _record(self, job: Job, result: Step | Published, channel: Channel) -> Job | None:
        answered, usage = self._clock.now(), channel.usage()

        def record() -> Job | None:
            until = self._clock.now() + LEASE
            with self._store.write() as conn:
                if isinstance(result, Step):
                    following = rows.store_step(conn, job, result, answered, until)
                    self._note_usage(conn, job.account_id, usage, answered)
                    return following
                out = Out(
                    remote_id=result.remote_id, url=result.url, evidence="answer", then=result.then, part=result.part
                )
                following = rows.record_out(conn, job, out, answered, until)
                accounts.calm(conn, job.account_id)
                self._note_usage(conn, job.account_id, usage, answered)
            return following if result.then is not None else None

        return self.save(record)

    # ------------------------------------------------------------ errors

    def _setback(self, job: Job, channel: Channel, error: ChannelError, intent_at: datetime) -> None:
        assert job.step is not None  # noqa: S101 - `run` has set it
        now = self._clock.now()
        decision = policy.after_error(
            error,
            job.step,
            in_doubt_before=job.ever_in_doubt,
            refusals=job.refusals,
            refused_since=job.refused_since,
            rules=self._desk.rules.retry,
            now=now,
            jitter=self._random(),
        )
        kept, usage = False, channel.usage()

        def record() -> None:
            nonlocal kept
            self._record_setback(job, error, decision, intent_at, now, usage)
            kept = True

        self.save(record)
        self._reached(Point.SETBACK_STORED)
        if kept and decision.outcome in {Outcome.RESTART, Outcome.FAIL}:
            channel.discard(job.step)

    def _record_setback(
        self,
        job: Job,
        error: ChannelError,
        decision: Decision,
        intent_at: datetime,
        now: datetime,
        usage: tuple[Usage, ...],
    ) -> None:
        assert job.step is not None  # noqa: S101 - `run` has set it
        setback = Setback(kind=error.kind, detail=error.detail)
        with self._store.write() as conn:
            if policy.is_trouble(error):
                self._rest_if_down(conn, job.account_id, now)
            if decision.rest_until is not None:
                accounts.rest(conn, job.account_id, decision.rest_until, now, announced=decision.announced)
            match decision.outcome:
                case Outcome.RETRY:
                    clock_from = decision.not_before if decision.announced else now
                    rows.record_retry(conn, job, setback, decision.not_before, now, clock_from=clock_from)
                case Outcome.RESTART if job.remote_id is None:
                    rows.record_restart(conn, job, setback, decision.not_before, now)
                case Outcome.BLOCK:
                    rows.record_blocked(conn, job, setback, now)
                    self._block(conn, job.account_id, error, now)
                case Outcome.CONFIRM:
                    rows.record_doubt(conn, job, setback, intent_at, now, _with_hint(job.step, error))
                case _:
                    self._end(conn, job, State.FAILED, setback, now)
            self._note_usage(conn, job.account_id, usage, now)

    def _rest_if_down(self, conn: Connection, account_id: int, now: datetime) -> None:
        """Open the circuit breaker after troubles in a row; what is lost meanwhile is looked for all the same."""
        wait = policy.breaker(accounts.note_trouble(conn, account_id), self._desk.rules.retry)
        if wait is not None:
            accounts.rest(conn, account_id, now + wait, now, announced=False)

    def _end(self, conn: Connection, job: Job, state: State, setback: Setback, now: datetime) -> None:
        """End a delivery; what is already public stays published, with the error beside it."""
        rows.record_end(conn, job, State.PUBLISHED if job.remote_id else state, setback, now)
        kind = NoticeKind.UNCONFIRMED if state is State.UNCONFIRMED else NoticeKind.FAILED
        raise_notice(
            conn,
            cause=f"{kind}:d-{job.id}",
            kind=kind,
            params={
                **about(job.key, job.id, job.post.title, job.post.text, job.due_at, job.url, setback),
                "thread": "yes" if job.post.thread else "",
            },
            recipients=self._desk.audience(job),
            now=now,
        )

    # ------------------------------------------------------------ looking

    def look(self, job: Job, channel: Channel, sight: Sight | None = None) -> Job | None:
        """Look whether the step whose answer was lost took effect; `sight`: it was looked for already, together with others."""
        return self._guard(lambda: self._look(job, channel, sight))

    def survey(self, jobs: Sequence[Job], channel: Overview) -> dict[int, Sight]:
        """Look for several lost answers with one reading; return by delivery what it told."""
        steps = [(job, self.next_step(job, channel)) for job in jobs]
        sought = {
            job.id: Sought(post=job.post.as_post(), step=step, since=_since(job)) for job, step in steps if step.commits
        }
        if not sought:
            return {}
        begun = self._clock.now()
        try:
            self._keep_calls(jobs[0].account_id)
            found = channel.locate_all(tuple(sought.values()))
        except ChannelError as error:
            return dict.fromkeys(sought, Sight(at=self._clock.now(), error=error))
        return {job_id: Sight(at=begun, found=one) for job_id, one in zip(sought, found, strict=True)}

    def _look(self, job: Job, channel: Channel, sight: Sight | None) -> Job | None:
        step = job.step or channel.begin(job.post.as_post())
        ready = replace(job, step=step)
        seen = sight or self._see(ready, step, channel)
        # Where we may write and not read, no look will ever tell: the account goes on, and past the horizon a person is asked.
        if isinstance(seen.error, AccountBlocked) and seen.error.kind is not Kind.PERMISSION_MISSING:
            blocked = seen.error
            with self._store.write() as conn:
                self._note_usage(conn, job.account_id, channel.usage(), self._clock.now())
                rows.record_blocked(conn, job, Setback(kind=blocked.kind, detail=blocked.detail), self._clock.now())
                self._block(conn, job.account_id, blocked, self._clock.now())
            return None
        self._reached(Point.AFTER_LOOK)
        usage = channel.usage()
        # What is left to do under a post that is out, a comment, is looked for under it, not in the account's listing.
        can_tell = job.remote_id is not None or channel.capabilities.absence is not Absence.UNKNOWN
        resend = can_tell and self._desk.resends(job.account_id)
        dropped: list[Step] = []
        following = self.save(lambda: self._judge(ready, step, seen, usage, dropped, resend=resend))
        self._reached(Point.AFTER_VERDICT)
        for left in dropped:
            channel.discard(left)
        return following

    def _see(self, job: Job, step: Step, channel: Channel) -> Sight:
        begun = self._clock.now()
        post, since = job.post.as_post(), _since(job)
        try:
            self._keep_calls(job.account_id)
            found = channel.locate(post, step, since) if step.commits else _among_recent(channel, post, since)
        except ChannelError as error:
            return Sight(at=self._clock.now(), error=error)
        return Sight(at=begun, found=found)

    def _keep_calls(self, account_id: int) -> None:
        """Ask nothing where the network would refuse. Raises Retryable."""
        now = self._clock.now()
        with self._store.read() as conn:
            spent = budget.wait_for(budgets.standing(conn, account_id, now), Use.LOOK)
        if spent is not None:
            raise Retryable(Kind.QUOTA_USED, "no calls are left to look with", after=spent.until - now)

    def _judge(
        self, job: Job, step: Step, sight: Sight, usage: tuple[Usage, ...], dropped: list[Step], *, resend: bool
    ) -> Job | None:
        """Write down what a look led to; the step of a post that is begun anew goes to `dropped`."""
        now = self._clock.now()
        with self._store.write() as conn:
            self._note_usage(conn, job.account_id, usage, now)
            match = self._ours(conn, job, sight.found)
            if match is None:
                self._not_found(conn, job, step, sight, dropped, resend=resend)
                return None
            out = Out(remote_id=match.remote_id, url=match.url, evidence="found", then=match.then, part=match.part)
            tried = rows.was_tried(conn, job)
            following = rows.record_out(conn, job, out, now, now + LEASE)
            if match.then is not None and match.then.commits and not tried:
                # Another database sent it, so it may have sent what follows as well.
                unknown = Setback(kind="restored", detail="")
                rows.record_doubt(conn, following, unknown, job.doubt_since or now, now, match.then)
                return None
        return following if match.then is not None else None

    @staticmethod
    def _ours(conn: Connection, job: Job, found: Found | None) -> Published | None:
        candidates = found.candidates if found else ()
        taken = rows.owner_of(conn, job.account_id, [c.remote_id for c in candidates], but=job.id)
        return next((candidate for candidate in candidates if candidate.remote_id not in taken), None)

    def _not_found(
        self, conn: Connection, job: Job, step: Step, sight: Sight, dropped: list[Step], *, resend: bool
    ) -> None:
        now = sight.at
        permitted = not isinstance(sight.error, AccountBlocked)
        wait = policy.reset_of(sight.error) if sight.error is not None else None
        rules = self._desk.rules
        judgement = policy.after_look(
            sight.found if permitted else Found(),
            step,
            Doubt(ended=job.doubt_ended or now, looks=job.looks, absent_at=job.absent_at, resend=resend and permitted),
            confirm_for=rules.confirm_for,
            give_up_after=rules.retry.give_up_after,
            now=now,
            wait=wait,
        )
        match judgement.verdict:
            case Verdict.LOOK_AGAIN:
                rows.record_look(conn, job, judgement.not_before, judgement.absent_at, now)
                if wait is not None and judgement.not_before is not None:
                    rows.put_off_looks(conn, job.account_id, judgement.not_before)
            case Verdict.RUN_AGAIN:
                anew = sight.found is not None and sight.found.spent
                rows.record_absent(conn, job, now, anew=anew)
                if anew:
                    dropped.append(step)
            case Verdict.ASK_PERSON:
                self._end(conn, job, State.UNCONFIRMED, Setback(kind="unconfirmed", detail=""), now)

    @staticmethod
    def _guard(act: Callable[[], Job | None]) -> Job | None:
        """Run a guarded change; whoever has taken the job over goes on with it."""
        try:
            return act()
        except ClaimLost:
            return None


# ---------------------------------------------------------------- values


def _since(job: Job) -> datetime:
    return (job.doubt_since or job.due_at) - CLOCK_SKEW


def about(
    key: Key, delivery_id: int, title: str | None, text: str, due_at: datetime | None, url: str | None, setback: Setback
) -> dict[str, str]:
    """Return what a notice says of a delivery."""
    return {
        "delivery": f"d-{delivery_id}",
        "announcement": key.announcement,
        "title": title or text.splitlines()[0][:80],
        "organisation": key.organisation,
        "channel": key.channel,
        "account": key.account,
        "due": due_at.isoformat() if due_at else "",
        "error_kind": setback.kind,
        "detail": setback.detail,
        "url": url or "",
    }


def read_picture(path: Path, sha256: str) -> bytes:
    """Read a picture's bytes; raises PictureChanged unless they are those that were checked."""
    try:
        # Neither a link put in its place since the check nor a device nor a pipe is followed or waited for.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise PictureChanged from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_PICTURE:
        os.close(handle)
        raise PictureChanged
    with os.fdopen(handle, "rb") as file:
        data = file.read(facts.st_size + 1)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PictureChanged
    return data


def _earliest(posts: Sequence[RemotePost], untried: Untried, channel: Channel) -> RemotePost | None:
    """Find the post that a delivery may be: the first with its words since its time."""
    since = None if untried.due_at is None else untried.due_at - AHEAD_OF_TIME
    post = untried.post.as_post()
    same = (
        remote for remote in posts if (since is None or remote.created_at >= since) and channel.is_same(post, remote)
    )
    return min(same, key=lambda remote: remote.created_at, default=None)


def _among_recent(channel: Channel, post: Post, since: datetime) -> Found:
    """Look for a post of which no step is known: the database that knew was restored from an older copy."""
    recent = channel.recent(since)
    same = tuple(channel.taken_up(post, one) for one in recent.posts if channel.is_same(post, one))
    return Found(candidates=same, complete=recent.complete)


def _with_hint(step: Step, error: ChannelError) -> Step:
    """Keep the post that a duplicate refusal names: the first place to look."""
    if error.kind is Kind.DUPLICATE and error.remote_id:
        return replace(step, memo={**step.memo, "hint": error.remote_id})
    return step


def _known_block(conn: Connection, account_id: int) -> tuple[str, str]:
    account = accounts.get_account(conn, account_id)
    return account.blocked_kind or "", account.blocked_detail or ""
