"""Accounts side by side, one lane each; in a lane posts go out one at a time and in order.

A lane looks ahead: while one post is being made public, the next ones upload their pictures and prepare their drafts, which
residents cannot see. A post that waits for its network keeps its place for a while and then lets the others pass. What is left
to do under a post that is out (its first comment) goes before the next post.

While the database is away a lane stands still; what it could not write down it keeps, and writes down before anything else.

`Lane` decides what is next and holds no thread; `Lanes` runs lanes on threads. Tests drive a `Lane` with a clock of their own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import Channel, Overview
from publisher.delivery import LEASE, Clock, Deliverer, Sight, Unsaved
from publisher.model import State
from publisher.store import StoreAway
from publisher.store.deliveries import Job

_LOG = logging.getLogger("tiedote.delivery")

AHEAD = 12
"""Deliveries of one account that are worked on at once; one of them is being made public at most."""

PATIENCE = timedelta(seconds=30)
"""How long a post that waits for its network holds up those behind it."""

AT_ONCE = 6
"""Preparations and looks of one account that run at the same moment, so that the foremost post is never behind the ninth's picture."""

HELPERS = 48

STAND_STILL = timedelta(seconds=1)
"""How long a lane waits for a database that is away before it tries again."""

_GLANCE = timedelta(seconds=0.5)

Lend = Callable[[int], AbstractContextManager[Channel]]
OnAway = Callable[[StoreAway], None]


def _nobody_hears(_away: StoreAway) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Slot:
    """A job in a lane. `since`: when it came in; `kept`: when its lease was last extended.

    `unsaved` writes down what happened to it on its network, which the database did not take yet; `sight`: what a look for it and
    others told.
    """

    job: Job
    since: datetime
    kept: datetime
    busy: bool = False
    unsaved: Callable[[], Job | None] | None = None
    sight: Sight | None = None

    def ready(self, now: datetime) -> bool:
        """Tell whether its next step may run."""
        return not self.busy and (self.job.ready_at is None or self.job.ready_at <= now)

    def looks(self) -> bool:
        """Tell whether it is looked for rather than sent."""
        return self.job.state is State.CONFIRMING

    def is_out(self) -> bool:
        """Tell whether its post is public already."""
        return self.job.remote_id is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a lane does next: one slot that makes something public, and slots that prepare or look, those of a group together."""

    commit: Slot | None = None
    prepare: tuple[Slot, ...] = ()
    look: tuple[Slot, ...] = ()


class Lane:
    """One account's work in order; not thread-safe."""

    def __init__(self, account_id: int, deliverer: Deliverer, channel: Channel, clock: Clock) -> None:
        """`channel` is this lane's own, used for what makes something public."""
        self.account_id = account_id
        self.slots: list[Slot] = []
        self._deliverer = deliverer
        self._channel = channel
        self._clock = clock
        self._more = True
        self._doubtful = False
        self._still_until: datetime | None = None

    def usable(self) -> bool:
        """Tell whether the account is still open for work; asked anew after every step, which may have met a setback or a limit."""
        if not self._doubtful or self._unsaved():
            return True
        usable = self._deliverer.usable(self.account_id)
        self._doubtful = False
        return usable

    def poke(self) -> None:
        """Say that there may be more to claim."""
        self._more = True

    def top_up(self) -> None:
        """Claim what is due, a quarter of the window at a time at least."""
        free = AHEAD - len(self.slots)
        if not self._more or free < AHEAD // 4 or self._stands_still() or self._unsaved():
            return
        now = self._clock.now()
        jobs = self._deliverer.claim(self.account_id, free)
        self._more = len(jobs) == free
        self.slots.extend(Slot(job, now, now) for job in jobs)
        self.slots.sort(key=lambda slot: (slot.job.due_at, slot.job.id))

    def next_turn(self) -> Turn:
        """Decide what is next."""
        if self._stands_still():
            return Turn()
        if unsaved := self._unsaved():
            return Turn(prepare=tuple(slot for slot in unsaved if not slot.busy))
        now = self._clock.now()
        ready = [slot for slot in self.slots if slot.ready(now)]
        commits = {id(slot) for slot in ready if not slot.looks() and self._commits(slot)}
        prepare = [slot for slot in ready if id(slot) not in commits]
        # The foremost post first; what is left under posts that are out (an address, a clean-up) can wait.
        prepare.sort(key=Slot.is_out)
        busy = [slot for slot in self.slots if slot.busy]
        look: tuple[Slot, ...] = ()
        if isinstance(self._channel, Overview):
            if not any(slot.looks() for slot in busy):
                look = tuple(slot for slot in prepare if slot.looks())
            prepare, busy = ([slot for slot in slots if not slot.looks()] for slots in (prepare, busy))
        under_posts = [slot for slot in ready if id(slot) in commits and slot.is_out()]
        return Turn(
            commit=under_posts[0] if under_posts else self._first_in_order(commits, now),
            prepare=tuple(prepare[: max(AT_ONCE - len(busy), 0)]),
            look=look,
        )

    def _commits(self, slot: Slot) -> bool:
        if self._deliverer.must_ask(slot.job):
            return False
        if slot.job.post.shown and not slot.job.frozen:
            return False
        return self._deliverer.next_step(slot.job, self._channel).commits

    def _first_in_order(self, commits: set[int], now: datetime) -> Slot | None:
        for slot in self.slots:
            if slot.is_out() or slot.looks():
                continue
            if id(slot) in commits:
                return slot
            # A clock that was put back would have it hold up the others until it is where it was.
            slot.since = min(slot.since, now)
            if now - slot.since < PATIENCE:
                return None
        return None

    def until(self) -> datetime | None:
        """Return when the next slot becomes ready by time; None if none does. One that is ready already waits for a free helper."""
        now = self._clock.now()
        times = [slot.job.ready_at for slot in self.slots if not slot.busy and slot.job.ready_at is not None]
        if self._still_until is not None:
            times.append(self._still_until)
        return min((time for time in times if time > now), default=None)

    def act(self, slot: Slot, channel: Channel) -> Job | None:
        """Do one thing for a slot: save, look, ask, freeze, or run one step; return its job as it stands then. Touches no other slot.

        Raises StoreAway, and Unsaved when something happened that the next turn must save.
        """
        if slot.unsaved is not None:
            return self._deliverer.save(slot.unsaved)
        if slot.looks():
            sight, slot.sight = slot.sight, None
            return self._deliverer.look(slot.job, channel, sight)
        if self._deliverer.must_ask(slot.job):
            return self._deliverer.ask_link(slot.job)
        if slot.job.post.shown and not slot.job.frozen:
            return self._deliverer.freeze(slot.job)
        return self._deliverer.run(slot.job, channel)

    def survey(self, slots: Sequence[Slot], channel: Channel) -> None:
        """Look for several slots with one reading, for `act` to judge one by one. Touches no other slot."""
        if len(slots) > 1 and isinstance(channel, Overview):
            sights = self._deliverer.survey([slot.job for slot in slots], channel)
            for slot in slots:
                slot.sight = sights.get(slot.job.id)

    def settle(self, slot: Slot, job: Job | None) -> None:
        """Keep what became of a slot's job."""
        slot.busy, slot.unsaved = False, None
        self._doubtful = True
        if job is None:
            self.slots.remove(slot)
        else:
            slot.job = job

    def put_off(self, slot: Slot, away: StoreAway) -> None:
        """Keep a slot as it is while the database is away, with what happened to it."""
        slot.busy = False
        if isinstance(away, Unsaved):
            slot.unsaved = away.save
        self.stand_still()

    def stand_still(self) -> None:
        """Do nothing for a while: the database is away."""
        self._still_until = self._clock.now() + STAND_STILL

    def _stands_still(self) -> bool:
        return self._still_until is not None and self._clock.now() < self._still_until

    def _unsaved(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.unsaved is not None]

    def keep(self) -> None:
        """Extend the claims of jobs that wait for long."""
        now = self._clock.now()
        for slot in [slot for slot in self.slots if not slot.busy and now - slot.kept > LEASE / 3]:
            slot.kept = now
            if not self._deliverer.extend(slot.job):
                self.slots.remove(slot)

    def let_go(self) -> None:
        """Give back every job that is not being worked on. Raises StoreAway: what cannot be saved now is a lost answer later."""
        for slot in [slot for slot in self.slots if not slot.busy]:
            job: Job | None = slot.job
            if slot.unsaved is not None:
                job, slot.unsaved = self._deliverer.save(slot.unsaved), None
            if job is not None:
                self._deliverer.release(job, job.ready_at)
            self.slots.remove(slot)


class Lanes:
    """Lanes on threads: one for each account that has work, helpers shared by all."""

    def __init__(self, deliverer: Deliverer, lend: Lend, clock: Clock, *, on_away: OnAway = _nobody_hears) -> None:
        """`lend` gives a channel for one account, for one worker at a time; `on_away` hears when the database is away."""
        self._deliverer = deliverer
        self._on_away = on_away
        self._lend = lend
        self._clock = clock
        self._helpers = ThreadPoolExecutor(HELPERS, thread_name_prefix="prepare")
        self._running: dict[int, _Runner] = {}
        self._lock = threading.Lock()
        self._stopping = False

    def wake(self, account_ids: Iterable[int]) -> None:
        """See to it that these accounts' work is taken up; never waits for it."""
        with self._lock:
            if self._stopping:
                return
            for account_id in account_ids:
                runner = self._running.get(account_id)
                if runner is not None and runner.poke():
                    continue
                runner = _Runner(
                    account_id, self._deliverer, self._lend, self._clock, self._helpers, on_away=self._on_away
                )
                self._running[account_id] = runner
                runner.start()

    def idle(self) -> bool:
        """Tell whether no lane is at work."""
        with self._lock:
            return not any(runner.is_alive() for runner in self._running.values())

    def stop(self, patience: timedelta) -> bool:
        """Finish the step in hand everywhere, give the rest back; tell whether all ended in time."""
        with self._lock:
            self._stopping = True
            runners = list(self._running.values())
        for runner in runners:
            runner.stop()
        deadline = time.monotonic() + patience.total_seconds()
        for runner in runners:
            runner.join(max(0.0, deadline - time.monotonic()))
        self._helpers.shutdown(wait=False, cancel_futures=True)
        return not any(runner.is_alive() for runner in runners)


class _Runner(threading.Thread):
    """One account's lane on a thread; ends when there is nothing left to do."""

    def __init__(
        self,
        account_id: int,
        deliverer: Deliverer,
        lend: Lend,
        clock: Clock,
        helpers: ThreadPoolExecutor,
        *,
        on_away: OnAway,
    ) -> None:
        super().__init__(name=f"lane-{account_id}", daemon=True)
        self._account_id = account_id
        self._deliverer = deliverer
        self._lend = lend
        self._clock = clock
        self._helpers = helpers
        self._on_away = on_away
        self._changed = threading.Condition()
        self._poked = True
        self._ended = False
        self._stopping = False

    def poke(self) -> bool:
        """Say that there is more; False if the lane has ended."""
        with self._changed:
            if self._ended:
                return False
            self._poked = True
            self._changed.notify()
            return True

    def stop(self) -> None:
        """Ask the lane to end after the step in hand."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def run(self) -> None:
        """Work until there is nothing left; see `Lane`."""
        try:
            with self._lend(self._account_id) as channel:
                if self._deliverer.ready(self._account_id, channel):
                    self._work(Lane(self._account_id, self._deliverer, channel, self._clock), channel)
        except StoreAway as away:
            self._tell(away)
        except Exception:  # noqa: BLE001 - the next tick takes the lane up again; its claims are given back by the sweep
            _LOG.exception("the lane of account %s stopped", self._account_id)
        finally:
            with self._changed:
                self._ended = True

    def _work(self, lane: Lane, channel: Channel) -> None:
        going_on = True
        while going_on:
            try:
                going_on = self._turn(lane, channel)
            except StoreAway as away:
                self._tell(away)
                with self._changed:
                    lane.stand_still()
        self._wind_up(lane)

    def _turn(self, lane: Lane, channel: Channel) -> bool:
        """Do what is next; False when nothing is left, or when it is time to end."""
        with self._changed:
            if self._stopping or not lane.usable():
                return False
            if self._poked:
                self._poked = False
                lane.poke()
            lane.top_up()
            if not lane.slots:
                self._ended = True
                return False
            turn = lane.next_turn()
            for group in (*((slot,) for slot in turn.prepare), turn.look):
                for slot in group:
                    slot.busy = True
                if group:
                    self._helpers.submit(self._prepare, lane, group)
            if turn.commit is None:
                self._pause(lane)
                return True
            turn.commit.busy = True
        self._do(lane, turn.commit, channel)
        return True

    def _pause(self, lane: Lane) -> None:
        """Wait for a helper, for a slot's time or for a poke; the condition is held."""
        until = lane.until()
        seconds = _GLANCE.total_seconds()
        if until is not None:
            seconds = min(seconds, max(0.0, (until - self._clock.now()).total_seconds()))
        self._changed.wait(seconds)
        lane.keep()

    def _prepare(self, lane: Lane, slots: Sequence[Slot]) -> None:
        left = list(slots)
        try:
            with self._lend(self._account_id) as channel:
                self._survey(lane, slots, channel)
                while left:
                    self._do(lane, left.pop(0), channel)
        except StoreAway as away:
            for slot in left:
                self._put_off(lane, slot, away)
        except Exception:  # noqa: BLE001 - lending failed: the slots are given back by the sweep
            _LOG.exception("no channel for account %s", self._account_id)
            for slot in left:
                self._settle(lane, slot, None)

    def _survey(self, lane: Lane, slots: Sequence[Slot], channel: Channel) -> None:
        try:
            lane.survey(slots, channel)
        except StoreAway:
            raise
        except Exception:  # noqa: BLE001 - a fault of our own: each is looked for by itself, and parked if that fails too
            _LOG.exception("account %s could not be looked at as a whole", self._account_id)

    def _do(self, lane: Lane, slot: Slot, channel: Channel) -> None:
        try:
            job = self._done(lane, slot, channel)
        except StoreAway as away:
            self._put_off(lane, slot, away)
        else:
            self._settle(lane, slot, job)

    def _done(self, lane: Lane, slot: Slot, channel: Channel) -> Job | None:
        try:
            return lane.act(slot, channel)
        except StoreAway:
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of our own parks this one delivery and no other
            _LOG.exception("delivery d-%s met a fault of our own", slot.job.id)
            self._deliverer.park(slot.job, type(fault).__name__)
        return None

    def _put_off(self, lane: Lane, slot: Slot, away: StoreAway) -> None:
        self._tell(away)
        with self._changed:
            lane.put_off(slot, away)
            self._changed.notify()

    def _tell(self, away: StoreAway) -> None:
        self._on_away(away.why if isinstance(away, Unsaved) else away)

    def _settle(self, lane: Lane, slot: Slot, job: Job | None) -> None:
        with self._changed:
            lane.settle(slot, job)
            self._changed.notify()

    def _wind_up(self, lane: Lane) -> None:
        with self._changed:
            while any(slot.busy for slot in lane.slots):
                self._changed.wait(_GLANCE.total_seconds())
            try:
                lane.let_go()
            finally:
                self._ended = True
