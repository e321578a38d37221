"""The daemon and clocks that do not behave: put forward, put back, stopped while the machine slept; and a scheduler that died."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels.sandbox import Sandbox, serve
from channels.sandbox.clock import Clock
from channels.sandbox.settings import Delays, Quotas
from publisher import daemon
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from tests.delivery.town import START, Town, remote_accounts, write, write_config

HOUR = 3600
ONE_POLL = 4.0
"""A tick comes every second; the rest is for a machine that has other work."""


@contextmanager
def at_work(folder: Path, *, channels: tuple[str, ...] = ("x",), delays: Delays | None = None) -> Iterator[Town]:
    """Run the real daemon on a clock that a test can move; the networks go by the same one."""
    clock = Clock(START)
    sandbox = Sandbox(accounts=remote_accounts(), clock=clock, delays=delays or Delays(), quotas=Quotas())
    stop = threading.Event()
    with serve(sandbox, ports=(0,)) as server:
        config = load_config(write_config(folder, server.base_url, channels=channels, confirm_for="20s"))
        with Service.open(config, clock) as service, service.alone():
            thread = threading.Thread(target=daemon.Daemon(service).run, args=(stop,))
            thread.start()
            try:
                yield Town(folder, service, sandbox, clock)
            finally:
                stop.set()
                thread.join(60)
                assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _quick_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "_QUEUE_SECONDS", 1)
    monkeypatch.setattr(daemon, "_HEARTBEAT_EVERY", 0.5)


def wait_for(what: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return what()


def announce(folder: Path, name: str, when: datetime | None) -> None:
    """Put an announcement into the queue, saved long ago by any clock."""
    write(folder, name, f"text: Tiedote {name}.\npublish: {when.isoformat() if when else 'asap'}\n")
    day_ago = START.timestamp() - 24 * HOUR
    os.utime(folder / "schedules" / f"{name}.yaml", (day_ago, day_ago))


def states(one: Town) -> dict[str, State]:
    return {view.key.announcement: view.state for view in one.deliveries()}


def out(one: Town) -> list[str]:
    return sorted(post.text for post in one.sandbox.ledger())


def test_a_clock_put_forward_an_hour_sends_what_is_due_by_it_at_once(tmp_path: Path) -> None:
    """Within one poll, and nothing that is due later."""
    announce(tmp_path, "pian", START + timedelta(minutes=50))
    announce(tmp_path, "myöhemmin", START + timedelta(minutes=70))
    with at_work(tmp_path) as one:
        assert wait_for(lambda: len(states(one)) == 2)
        one.clock.advance(HOUR)
        assert wait_for(lambda: out(one) == ["Tiedote pian."], ONE_POLL)
        time.sleep(1.5)
        assert states(one) == {"pian": State.PUBLISHED, "myöhemmin": State.SCHEDULED}


def test_a_clock_put_back_an_hour_sends_nothing_twice_and_the_rest_at_its_time(tmp_path: Path) -> None:
    """What is out stays out; what is due later waits for its time by the clock as it is now."""
    announce(tmp_path, "heti", None)
    announce(tmp_path, "pian", START + timedelta(minutes=30))
    with at_work(tmp_path) as one:
        assert wait_for(lambda: out(one) == ["Tiedote heti."])
        one.clock.advance(-HOUR)
        announce(tmp_path, "uusi", None)
        assert wait_for(lambda: states(one).get("uusi") is State.PUBLISHED)
        one.clock.set(START + timedelta(minutes=29, seconds=57))
        assert out(one) == ["Tiedote heti.", "Tiedote uusi."]
        assert wait_for(lambda: len(out(one)) == 3, 3 + ONE_POLL)
        due = next(post for post in one.sandbox.ledger() if post.text == "Tiedote pian.")
        assert due.created_at >= START + timedelta(minutes=30)
        time.sleep(1.5)
        assert len(out(one)) == 3


def test_the_heart_beats_on_after_the_clock_was_put_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor would otherwise take the daemon for dead and kill it, an hour long."""
    address = tmp_path_factory.mktemp("s") / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(address))
        supervisor.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        with at_work(tmp_path) as one:
            assert wait_for(lambda: supervisor.recv(100) == b"WATCHDOG=1")
            one.clock.advance(-HOUR)
            beats = [supervisor.recv(100) for _beat in range(3)]
            assert beats == [b"WATCHDOG=1"] * 3


def test_after_eight_hours_of_sleep_what_is_timely_goes_out_and_the_rest_is_missed(tmp_path: Path) -> None:
    """A laptop's lid, a virtual machine that was halted: seven hours late is missed, half an hour is not."""
    announce(tmp_path, "vanha", START + timedelta(hours=1))
    announce(tmp_path, "tuore", START + timedelta(hours=7, minutes=30))
    with at_work(tmp_path) as one:
        assert wait_for(lambda: len(states(one)) == 2)
        # The account was in use before: nothing has to be looked at first.
        announce(tmp_path, "heti", None)
        assert wait_for(lambda: out(one) == ["Tiedote heti."])
        one.clock.advance(8 * HOUR)
        assert wait_for(lambda: out(one) == ["Tiedote heti.", "Tiedote tuore."], ONE_POLL)
        ended = {"heti": State.PUBLISHED, "tuore": State.PUBLISHED, "vanha": State.MISSED}
        assert wait_for(lambda: states(one) == ended, ONE_POLL), states(one)


@pytest.mark.parametrize("step", [8 * HOUR, HOUR, -HOUR])
@pytest.mark.parametrize("channel", ["x", "facebook"])
def test_a_post_that_is_being_sent_when_the_clock_jumps_goes_out_once(
    tmp_path: Path, channel: str, step: float
) -> None:
    """Its claim runs out in mid-request: whoever takes it over looks first."""
    announce(tmp_path, "heti", None)
    with at_work(tmp_path, channels=(channel,), delays=Delays(answer=1.0)) as one:
        assert wait_for(lambda: any(view.attempts for view in one.deliveries()))
        one.clock.advance(step)
        assert wait_for(lambda: states(one) == {"heti": State.PUBLISHED}, 40), states(one)
        time.sleep(1.5)
        assert out(one) == ["Tiedote heti."]


BROKEN = """
import os, signal, sys, threading, time
from pathlib import Path
from apscheduler.schedulers.base import BaseScheduler
from publisher import daemon, planning
from publisher.config import load_config
from publisher.lanes import Lanes
from publisher.service import Service

daemon._STALLED_AFTER = 1.5
how = sys.argv[2]
if how == "the tick hangs":
    Service.tick = lambda _self: time.sleep(60)
if how == "the scheduler's thread dies":
    def die(_self):
        raise SystemExit
    BaseScheduler._process_jobs = die
if how == "no more threads":
    def refuse(*_arguments):
        raise RuntimeError("can't start new thread")
    Lanes.wake = refuse
if how == "the queue is long":
    take_in = planning.take_in
    def slowly(store, *rest):
        with store.write():
            time.sleep(3)
        threading.Timer(3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return take_in(store, *rest)
    planning.take_in = slowly
sys.exit(daemon.run_daemon(load_config(Path(sys.argv[1]))))
"""


@pytest.mark.parametrize("how", ["the tick hangs", "the scheduler's thread dies", "no more threads"])
def test_a_tick_that_stands_still_ends_the_process_and_loses_nothing(tmp_path: Path, how: str) -> None:
    """Exit code 70, for the supervisor to start it again; what was due goes out then."""
    announce(tmp_path, "heti", None)
    sandbox = Sandbox(accounts=remote_accounts())
    with serve(sandbox, ports=(0,)) as server:
        path = write_config(tmp_path, server.base_url, channels=("x",))
        stalled = subprocess.run(
            [sys.executable, "-c", BROKEN, str(path), how],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert stalled.returncode == daemon.STALLED, stalled.stderr
        assert "the tick stands still" in stalled.stderr
        assert not sandbox.ledger()
        with Service.open(load_config(path)) as service:
            assert service.run_once(timedelta(minutes=1)) == 0
        assert [post.text for post in sandbox.ledger()] == ["Tiedote heti."]


def test_a_tick_that_waits_for_a_long_queue_does_not_stand_still(tmp_path: Path) -> None:
    """Thousands of new files hold the one writing connection for long on a busy machine; to start afresh would only begin that again."""
    announce(tmp_path, "heti", None)
    sandbox = Sandbox(accounts=remote_accounts())
    with serve(sandbox, ports=(0,)) as server:
        path = write_config(tmp_path, server.base_url, channels=("x",))
        command = [sys.executable, "-c", BROKEN, str(path), "the queue is long"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == daemon.STOPPED, done.stderr
    assert [post.text for post in sandbox.ledger()] == ["Tiedote heti."]


def test_the_tick_has_its_time_anew_after_a_long_taking_in(tmp_path: Path) -> None:
    """It waited for the writing connection all along; quick readings of the queue, one after another, give it none."""
    with at_work(tmp_path) as one:
        clock = daemon.Daemon(one.service)
        begun = clock._ticked
        assert not clock._stands_still(begun + daemon._STALLED_AFTER - 1)
        clock._run_job("queue", lambda: None)
        assert clock._stands_still(begun + daemon._STALLED_AFTER + 1)
        clock._took_in_until = begun + daemon._STALLED_AFTER + 5
        assert not clock._stands_still(begun + daemon._STALLED_AFTER + 6)
        assert clock._stands_still(begun + 2 * daemon._STALLED_AFTER + 6)
        clock._took_in_until = begun + daemon._TAKING_IN_MAY_TAKE
        assert clock._stands_still(begun + daemon._TAKING_IN_MAY_TAKE + 1)


def test_only_the_one_process_that_publishes_checkpoints(tmp_path: Path) -> None:
    """A command beside the daemon never does: two that do so at once can damage SQLite before 3.51.3."""

    def checkpoints(service: Service) -> int:
        with service.store.write() as conn:
            return int(conn.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())

    with at_work(tmp_path) as one:
        assert checkpoints(one.service) > 0
        with Service.open(one.service.config) as beside:
            assert checkpoints(beside) == 0
    with Service.open(one.service.config) as alone:
        with alone.alone():
            assert checkpoints(alone) > 0
        assert checkpoints(alone) == 0
