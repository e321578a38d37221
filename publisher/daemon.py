"""The daemon: APScheduler as the clock, the tables as the schedule.

    tick     every second, and at the moment the next delivery is due: hands over what is due, never waits for a network
    pull     every minute: brings a queue that follows a branch of git up to date
    queue    every ten seconds: reads the files if anything in the folder has changed
    collect  every minute: reads back what is due to be read
    withdraw every minute: takes down what a person wanted and a network has not done so far
    tokens   every minute: renews those that are due to be renewed
    ahead    every minute: looks at what has come within a day, and what may stop it
    feeds    every minute: makes drafts of what is new on the website, where a feed is due
    mails    every minute: summaries and notices that are due
    keep     every ten seconds: erases what may be kept no longer, three times an hour, and then writes the file anew

Jobs live in memory, in UTC, at intervals only; what is due stands in the database, so a scheduler that dies loses nothing. A
watchdog ends the process when the tick stands still, for the supervisor to start it again. SIGTERM finishes the step in hand.

Spans of our own (the heart, the watchdog, the next reading of the queue) are measured by the monotonic clock: a clock on the wall that
is put back an hour would stop them for that hour, and the supervisor would take us for dead.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from publisher.announcements import Stillness
from publisher.config import Config
from publisher.delivery import Point, nothing
from publisher.service import AnotherDaemonError, Service
from publisher.store import StoreAway

_LOG = logging.getLogger("tiedote.daemon")

STOPPED, STALLED, ANOTHER_RUNS = 0, 70, 75

_QUEUE = "queue"
_TICK_SECONDS = 1
_QUEUE_SECONDS = 10
_MINUTE = 60
_KEEP_SECONDS = 10
_STILL_FOR = timedelta(seconds=30)
"""A file counts when nobody has touched it for this long; it may be half-written before."""

_REREAD_EVERY = 120.0
"""The queue is read this often even if nothing changed, for what depends on time alone."""

_REREAD_SHARE = 1_500.0
"""Likewise, but this many times as long after a reading as it took at the least: thousands of files cost little more than ten."""

_WAITING_SHARE = 150.0
"""The same while files are missing, whose announcements are to be called off once they have been for long enough."""

_HEARTBEAT_EVERY = 20.0
_STALLED_AFTER = 30.0
_TAKING_IN_MAY_TAKE = 90.0
"""While the queue is taken in, the tick may have to wait for the one writing connection: thousands of new files on a busy machine. Less
than a supervisor waits for our heart (deploy/tiedote.service)."""
_STOP_WITHIN = timedelta(seconds=70)
_READING_MAY_TAKE = 8.0
_GLANCE = 0.05
_BEGIN_AGAIN_SECONDS = 5


def run_daemon(config: Config, *, reached: Callable[[Point], None] = nothing) -> int:
    """Work until SIGTERM or SIGINT; return the exit code. Raises DatabaseProblem, StoreAway."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _signum, _frame: stop.set())
    with Service.open(config, reached=reached) as service:
        while not stop.is_set():
            try:
                with service.alone():
                    return Daemon(service).run(stop)
            except AnotherDaemonError:
                return ANOTHER_RUNS
            except StoreAway as away:
                service.alarm.note(away, service.clock.now())
                service.tell_of_trouble()
                # Waiting for the database is work: a supervisor that started us again would only make noise.
                tell_supervisor("READY=1")
                tell_supervisor("WATCHDOG=1")
                stop.wait(_BEGIN_AGAIN_SECONDS)
    return STOPPED


class Daemon:
    """The recurring jobs of one service."""

    def __init__(self, service: Service) -> None:
        """Nothing runs yet."""
        self._service = service
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._ticked = time.monotonic()
        self._beaten: float | None = None
        self._stillness = Stillness(_STILL_FOR)
        self._queue_seen: tuple[object, ...] = ()
        self._read_at: float | None = None
        self._reread_after = _REREAD_EVERY
        self._running: set[str] = set()
        self._took_in_until = float("-inf")
        self._taken_over = False

    def run(self, stop: threading.Event) -> int:
        """Start the jobs, wait for `stop`, end them."""
        if self._service.checkout is not None:
            self._add("pull", self._service.pull_queue, _MINUTE)
        self._add(_QUEUE, self.read_queue, _QUEUE_SECONDS)
        self._add("tick", self.tick, _TICK_SECONDS)
        self._add("collect", self._service.collect, _MINUTE)
        self._add("withdraw", self._service.finish_withdrawals, _MINUTE)
        self._add("tokens", self._service.renew_tokens, _MINUTE)
        self._add("ahead", self._service.look_ahead, _MINUTE)
        self._add("feeds", self._service.read_feeds, _MINUTE)
        self._add("mails", self._service.send_mails, _MINUTE)
        self._add("keep", self._service.keep, _KEEP_SECONDS)
        self._scheduler.start()
        tell_supervisor("READY=1")
        _LOG.info("at work")
        while not stop.wait(_TICK_SECONDS) and not self._taken_over:
            if self._stands_still(time.monotonic()):
                _LOG.critical("the tick stands still; ending, so that the supervisor starts afresh")
                os._exit(STALLED)
        return self._end(ANOTHER_RUNS if self._taken_over else STOPPED)

    def _stands_still(self, now: float) -> bool:
        """Tell whether the tick is overdue; after a long taking in it gets its time anew, for it may have had to wait all along."""
        if now - self._ticked > _TAKING_IN_MAY_TAKE:
            return True
        return _QUEUE not in self._running and now - max(self._ticked, self._took_in_until) > _STALLED_AFTER

    def _end(self, code: int) -> int:
        tell_supervisor("STOPPING=1")
        self._scheduler.shutdown(wait=False)
        all_ended = self._service.lanes.stop(_STOP_WITHIN)
        patience = time.monotonic() + _READING_MAY_TAKE
        while self._running and time.monotonic() < patience:
            time.sleep(_GLANCE)
        _LOG.info("stopped")
        if self._running or not all_ended:
            # Reading has no effects, and a request that does not end has its attempt open: the next start looks for it.
            os._exit(code)
        return code

    def _add(self, name: str, job: Callable[[], object], seconds: int) -> None:
        self._scheduler.add_job(
            lambda: self._run_job(name, job),
            "interval",
            seconds=seconds,
            id=name,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def _run_job(self, name: str, job: Callable[[], object]) -> None:
        self._running.add(name)
        begun = time.monotonic()
        try:
            job()
        except StoreAway as away:
            self._service.alarm.note(away, self._service.clock.now())
        except Exception:  # noqa: BLE001 - one failed run of a job must not end the others; it runs again
            _LOG.exception("%s failed; it runs again", name)
        finally:
            if name == _QUEUE and time.monotonic() - begun > _STALLED_AFTER / 3:
                self._took_in_until = time.monotonic()
            self._running.discard(name)

    def tick(self) -> None:
        """Hand over what is due; wake again when the next delivery is. Not if another process works on the database by now.

        Raises StoreAway.
        """
        beats = self._beaten is None or time.monotonic() - self._beaten > _HEARTBEAT_EVERY
        try:
            if not self._service.still_alone():
                _LOG.critical("another process has taken the database over; ending")
                self._taken_over = True
                return
            following = self._service.tick()
            now = self._service.clock.now()
            if beats:
                self._service.seal.set(now, str(os.getpid()))
        except StoreAway:
            # A new start would not help: this tick did not stand still.
            self._has_ticked(beats=beats)
            raise
        self._has_ticked(beats=beats)
        if following is not None and now < following < now + timedelta(seconds=_TICK_SECONDS):
            self._scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + (following - now))

    def _has_ticked(self, *, beats: bool) -> None:
        self._ticked = time.monotonic()
        if beats:
            self._beaten = self._ticked
            tell_supervisor("WATCHDOG=1")

    def read_queue(self) -> None:
        """Read the queue if anything in its folder changed, or if it was not read for a while."""
        seen = _signature(self._service.config)
        fresh = self._read_at is not None and time.monotonic() - self._read_at < self._reread_after
        if seen == self._queue_seen and fresh:
            return
        began = time.thread_time()
        report = self._service.read_queue(self._stillness.is_still)
        share = _WAITING_SHARE if report.missing else _REREAD_SHARE
        self._reread_after = max(_REREAD_EVERY, share * (time.thread_time() - began))
        # What was touched a moment ago did not count yet: look again next time.
        self._queue_seen = () if report.unsettled else seen
        self._read_at = time.monotonic()
        if report.added or report.changed or report.cancelled or report.held:
            _LOG.info(
                "queue read: %d new, %d changed, %d held, %d cancelled",
                report.added,
                report.changed,
                report.held,
                report.cancelled,
            )
            self._scheduler.modify_job("tick", next_run_time=datetime.now(UTC))


def _signature(config: Config) -> tuple[object, ...]:
    """Return what tells whether anything in the queue's folder has changed: names, times, sizes, and which file it is."""
    found: list[tuple[str, int, int, int, int]] = []
    folders = [str(config.queue)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    facts = entry.stat(follow_symlinks=False)
                    # A copy that keeps the other file's time and size is another file all the same, or was changed later.
                    found.append((entry.path, facts.st_mtime_ns, facts.st_size, facts.st_ino, facts.st_ctime_ns))
        except OSError:
            continue  # gone meanwhile, or closed to us: reading the queue tells
    return tuple(sorted(found))


def tell_supervisor(message: str) -> None:
    """Tell systemd how we are (sd_notify(3), read 2026-11); nothing where there is none."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        # One that does not read what it is told must not hold up the tick.
        channel.setblocking(False)
        try:
            channel.sendto(message.encode(), target)
        except OSError:
            _LOG.warning("the supervisor does not listen")
