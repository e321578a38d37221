"""`tiedote run` as a process: it publishes what falls due, one at a time a database, and ends cleanly."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from contextlib import closing
from functools import partial

import pytest

from tests.end_to_end.conftest import Place, running, wait_for


def out(place: Place) -> int:
    """Count what residents can see."""
    return len(place.sandbox.ledger())


def add(place: Place, name: str, words: str) -> None:
    """Put an announcement into the queue, as if written a while ago."""
    path = place.folder / "schedules" / "hausjarvi" / f"{name}.yaml"
    path.write_text(words, encoding="utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60))


def test_the_daemon_publishes_what_is_due_and_what_comes_later(place: Place) -> None:
    """The queue goes out at the start; a file that is put there later goes out without anybody doing anything; SIGTERM ends it with 0."""
    with running(place) as daemon:
        assert wait_for(lambda: out(place) == 12), daemon.poll()
        add(
            place,
            "paivahoito",
            "text: Päivähoitopaikkaa voi nyt hakea verkossa.\npublish: asap\nchannels: [facebook, x]\n",
        )
        assert wait_for(lambda: out(place) == 14)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
    assert out(place) == 14


def test_a_second_daemon_on_the_same_database_says_so_and_ends(place: Place) -> None:
    """It ends with 75 and a sentence; the first one goes on."""
    with running(place) as first:
        assert wait_for(lambda: out(place) == 12)
        second = place.tiedote("run", expect=75)
        assert second.stderr.strip()
        once = place.tiedote("run", "--once", expect=75)
        assert once.stderr.strip()
        assert first.poll() is None
    assert out(place) == 12


def has_grown(place: Place, before: int) -> bool:
    """Whether more is out than before, or all."""
    return out(place) > before or out(place) == 12


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_daemon_that_is_ended_in_the_middle_and_started_again_doubles_and_loses_nothing(
    place: Place, signum: signal.Signals
) -> None:
    """Ended while it publishes, and started again at once: each account has each announcement once, nothing is stuck."""
    place.sandbox.settings.delays.answer = 0.15
    config = place.folder / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("confirm_for: 10m", "confirm_for: 2s"), encoding="utf-8"
    )
    for round_ in range(3):
        with running(place) as daemon:
            assert wait_for(partial(has_grown, place, round_ * 3), 20)
            daemon.send_signal(signum)
            daemon.wait(40)
    with running(place):
        ended = {"published", "unconfirmed", "scheduled"}
        assert wait_for(lambda: set(place.states().values()) <= ended and out(place) >= 12 - _unconfirmed(place), 40)
    by_account = [(post.network, post.organisation, post.title or post.text[:40]) for post in place.sandbox.ledger()]
    assert len(by_account) == len(set(by_account)), "nothing twice"
    assert out(place) + _unconfirmed(place) >= 12, "nothing lost"


def test_a_daemon_that_is_stopped_while_it_sends_hears_the_answer_and_gives_the_rest_back(place: Place) -> None:
    """SIGTERM with requests under way, whose answers take a second: each is waited for and kept, nothing is in doubt or begun."""
    place.sandbox.settings.delays.answer = 1
    with running(place) as daemon:
        assert wait_for(lambda: out(place) >= 1)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    sent = out(place)
    assert 1 <= sent < 12
    states = list(place.states().values())
    assert set(states) <= {"published", "retrying", "scheduled", "draft"}
    # What is out and has a first comment to come is given back before its end, as something to go on with.
    assert states.count("published") + states.count("retrying") == sent
    with closing(sqlite3.connect(place.folder / "var" / "tiedote.db")) as conn:
        assert conn.execute("SELECT count(*) FROM deliveries WHERE owner IS NOT NULL").fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM attempts WHERE outcome IS NULL").fetchone() == (0,)


def _unconfirmed(place: Place) -> int:
    return list(place.states().values()).count("unconfirmed")


def test_a_pause_stops_publishing_and_a_resume_lets_it_go_on(place: Place) -> None:
    """A wrong post, a crisis: nothing goes out until somebody says so; one organisation may go on alone."""
    place.tiedote("pause")
    place.tiedote("run", "--once", "--wait", "2s", expect=75)
    assert out(place) == 0
    place.tiedote("resume")
    place.tiedote("pause", "--org", "loppi")
    place.tiedote("run", "--once", "--wait", "10s", expect=75)
    assert {post.organisation for post in place.sandbox.ledger()} == {"hausjarvi"}
    place.tiedote("resume", "--org", "loppi")
    place.tiedote("run", "--once")
    assert out(place) == 12


def test_a_person_publishes_a_file_beside_the_daemon(place: Place) -> None:
    """A file for next month goes out within seconds, through the daemon; the command waits for it and names its addresses."""
    with running(place) as daemon:
        assert wait_for(lambda: out(place) == 12), daemon.poll()
        add(place, "kuukausi", "text: Ensi kuun tiedote.\npublish: 2099-01-01 09:00\nchannels: [facebook, x]\n")
        begun = time.monotonic()
        done = place.tiedote("publish", "hausjarvi/kuukausi.yaml", "--yes")
        assert time.monotonic() - begun < 20
        assert done.stdout.count(": julkaistu  http") == 2
        assert out(place) == 14
        place.tiedote("publish", "hausjarvi/kuukausi.yaml", "--yes")
        assert daemon.poll() is None
    assert out(place) == 14


def test_a_person_publishes_a_file_and_the_daemon_ends_before_it_is_out(place: Place) -> None:
    """Nobody is left to send it: the command does it itself, and still once."""
    with running(place) as daemon:
        assert wait_for(lambda: out(place) == 12), daemon.poll()
        add(place, "kuukausi", "text: Ensi kuun tiedote.\npublish: 2099-01-01 09:00\nchannels: [facebook, x]\n")
        daemon.send_signal(signal.SIGSTOP)
        threading.Timer(3, daemon.kill).start()
        place.tiedote("publish", "hausjarvi/kuukausi.yaml", "--yes")
    assert out(place) == 14
