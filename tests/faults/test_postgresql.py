"""A database server that is restarted or goes down while posts are on their way: nothing twice, nothing lost, one daemon."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from channels.sandbox.faults import Kind, Rule
from publisher.config import load_config
from publisher.delivery import Point, nothing
from publisher.model import State
from publisher.service import AnotherDaemonError, Service
from publisher.store.lock import _ADVISORY
from tests.delivery.test_worker import in_use
from tests.delivery.town import NETWORKS, Town, town
from tests.end_to_end.conftest import wait_for
from tests.faults.test_answers import COMMITTING, announce
from tests.postgresql import Cluster, NoPostgresqlError

Reached = Callable[[Point], None]


class PowerCutError(BaseException):
    """From here on this process does nothing more."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of our own, which may be restarted: nobody else is on it. It answers before a commit is in a file, unless told otherwise."""
    try:
        server = Cluster.open(None)
    except NoPostgresqlError as why:
        pytest.skip(f"no PostgreSQL: {why}")
    with server:
        yield server


@contextmanager
def town_on(
    cluster: Cluster, folder: Path, *, channels: tuple[str, ...] = NETWORKS, reached: Reached = nothing
) -> Iterator[Town]:
    """A town whose database is on this server."""
    announce(folder)
    with town(folder, channels=channels) as one:
        path = folder / "config.yaml"
        words = path.read_text(encoding="utf-8")
        url = cluster.url_of(cluster.create())
        path.write_text(words.replace("sqlite:///tiedote.db", f'"{url}"'), encoding="utf-8")
        with Service.open(load_config(path), one.clock, reached=reached) as service:
            yield Town(folder, service, one.sandbox, one.clock)


def test_a_server_that_is_restarted_between_a_request_and_its_saving_goes_unnoticed(
    tmp_path: Path, cluster: Cluster
) -> None:
    """It is back when the outcome is to be written: the connection is made anew, and each network has one post, by its answer."""
    restarts: list[Point] = []

    def reached(point: Point) -> None:
        if point is Point.AFTER_ANSWER and len(restarts) < 2:
            restarts.append(point)
            cluster.crash()
            cluster.start_again()

    with town_on(cluster, tmp_path, reached=reached) as one:
        one.service.read_queue()
        one.work()
        assert len(restarts) == 2
        assert {name: len(one.posts(name)) for name in NETWORKS} == dict.fromkeys(NETWORKS, 1)
        assert {view.state for view in one.deliveries()} == {State.PUBLISHED}


@pytest.mark.parametrize("channel", NETWORKS)
def test_a_daemon_that_dies_with_the_server_down_is_followed_by_one_that_looks(
    tmp_path: Path, cluster: Cluster, channel: str
) -> None:
    """The post is out, its outcome was never saved; another daemon starts as soon as the server is back: it looks and sends nothing."""

    def reached(point: Point) -> None:
        if point is Point.AFTER_ANSWER:
            cluster.crash()
            raise PowerCutError

    with town_on(cluster, tmp_path, channels=(channel,), reached=reached) as one:
        with pytest.raises(PowerCutError):
            in_use(one)
        assert len(one.posts(channel)) == 1
        cluster.start_again()
        one.clock.advance(2)
        with one.again() as other:
            in_use(other)
            assert len(one.posts(channel)) == 1
            assert [(view.state, view.evidence) for view in other.deliveries()] == [(State.PUBLISHED, "found")]


def test_an_intent_is_in_a_file_before_anything_is_sent_whatever_the_server_is_set_to(
    tmp_path: Path, cluster: Cluster
) -> None:
    """This server answers early (`synchronous_commit` off) and crashes right after the intent: the intent is there all the same."""

    def reached(point: Point) -> None:
        if point is Point.AFTER_INTENT:
            cluster.crash()
            raise PowerCutError

    with town_on(cluster, tmp_path, channels=("x",), reached=reached) as one:
        url = one.service.config.database.replace("postgresql+psycopg", "postgresql", 1)
        with psycopg.connect(url) as plain:
            assert plain.execute("SHOW synchronous_commit").fetchone() == ("off",)
        with pytest.raises(PowerCutError):
            in_use(one)
        cluster.start_again()
        with psycopg.connect(url) as plain:
            assert plain.execute("SELECT count(*) FROM attempts WHERE outcome IS NULL").fetchone() == (1,)
        assert one.posts("x") == []


def take_over(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """End the session that holds the daemon's lock, and take the lock before anybody else does."""
    connection = psycopg.connect(url.replace("postgresql+psycopg", "postgresql", 1), autocommit=True)
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    taken = f"SELECT pg_try_advisory_lock({_ADVISORY})"
    assert wait_for(lambda: connection.execute(taken).fetchone() == (True,), 5)
    return connection


def test_a_lock_that_a_restart_has_freed_is_taken_again_or_given_up(tmp_path: Path, cluster: Cluster) -> None:
    """The server forgets who had it: the daemon that was there first has it back at its next tick, or ends if another was faster."""
    with town_on(cluster, tmp_path, channels=("x",)) as one, one.again() as other, one.service.alone():
        cluster.crash()
        cluster.start_again()
        assert one.service.still_alone()
        with pytest.raises(AnotherDaemonError), other.service.alone():
            pass
        cluster.crash()
        cluster.start_again()
        with other.service.alone():
            assert not one.service.still_alone()
        assert one.service.still_alone()


def test_a_daemon_whose_database_another_has_taken_over_ends(tmp_path: Path, cluster: Cluster) -> None:
    """A real process: it notices within seconds, ends with 75 and says why; it sends nothing more."""
    with town_on(cluster, tmp_path, channels=("x",)) as one:
        command = [sys.executable, "-m", "publisher", "run", "--config", str(tmp_path / "config.yaml")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
            try:
                assert wait_for(lambda: len(one.posts("x")) == 1)
                with take_over(one.service.config.database):
                    assert daemon.wait(20) == 75
            finally:
                daemon.kill()
            assert daemon.stderr is not None
            assert "another process has taken the database over" in daemon.stderr.read()
        assert len(one.posts("x")) == 1


def test_a_daemon_outlives_a_server_that_is_down_while_its_request_is_on_its_way(
    tmp_path: Path, cluster: Cluster
) -> None:
    """The server goes while a network is answering and comes back two seconds later: one post each, saved by the same process."""
    with town_on(cluster, tmp_path, channels=("facebook", "x")) as one:
        one.sandbox.add_rule(Rule(kind=Kind.SLOW, method="POST", path=COMMITTING, delay=1.0, times=None))
        command = [sys.executable, "-m", "publisher", "run", "--config", str(tmp_path / "config.yaml")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
            try:
                assert wait_for(lambda: len(one.sandbox.ledger()) >= 1)
                cluster.crash()
                assert not wait_for(lambda: daemon.poll() is not None, 2)
                cluster.start_again()
                assert wait_for(lambda: {view.state for view in one.deliveries()} == {State.PUBLISHED}, 40)
                assert daemon.poll() is None
            finally:
                daemon.kill()
                daemon.communicate()
        assert (len(one.posts("facebook")), len(one.posts("x"))) == (1, 1)
