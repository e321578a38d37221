"""A database file that is damaged, wrong, older than it was or named by another path: nothing goes out twice or is made anew."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from channels.sandbox.faults import Kind, Rule
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.daemon import run_daemon
from publisher.delivery import Point
from publisher.model import State
from publisher.service import AnotherDaemonError, Service
from publisher.store import DatabaseProblem
from tests.delivery.test_worker import in_use
from tests.delivery.town import NETWORKS, Town, town, write
from tests.faults.test_answers import COMMITS, EXACT, announce

# ---- 16: files that cannot be used


def committed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as conn:
        for statement in statements:
            conn.execute(statement)
        conn.commit()


def flip_the_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(24)
        file.write(b"\xff" * 60)


def flip_a_page_that_nobody_reads_at_the_start(path: Path) -> None:
    """Of a table that only publishing and collecting read."""
    with closing(sqlite3.connect(path)) as conn:
        (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'snapshots'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 200)


def cut_in_half(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 8192 * 4096 + 100)


def a_letter(path: Path) -> None:
    path.write_bytes(b"This was a letter once. " * 500)


def of_another_program(path: Path) -> None:
    path.unlink()
    committed(
        path, "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO customers VALUES (1, 'A')"
    )


def of_another_program_with_alembic(path: Path) -> None:
    """Many a program's first migration has our own first number."""
    of_another_program(path)
    committed(path, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0001')")


def of_another_version_of_nothing(path: Path) -> None:
    committed(path, "UPDATE alembic_version SET version_num = '00ab12cd34ef'")


def newer(path: Path) -> None:
    committed(path, "UPDATE alembic_version SET version_num = '9999'")


def without_a_version(path: Path) -> None:
    committed(path, "DELETE FROM alembic_version")


def with_a_second_name(path: Path) -> None:
    path.with_name("toinen.db").hardlink_to(path)


UNUSABLE: dict[Callable[[Path], None], str] = {
    flip_the_head: "",
    flip_a_page_that_nobody_reads_at_the_start: "is damaged",
    cut_in_half: "is damaged",
    a_letter: "is not a database of Tiedote",
    of_another_program: "is not a database of Tiedote",
    of_another_program_with_alembic: "is not a database of Tiedote",
    of_another_version_of_nothing: "is not a database of Tiedote",
    newer: "is from a newer version",
    without_a_version: "is not a database of Tiedote",
    with_a_second_name: "has a second name",
}


@pytest.fixture
def signals() -> Iterator[None]:
    """The daemon takes the process's signals; give them back."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("spoil", UNUSABLE)
def test_a_database_that_cannot_be_used_is_refused_with_advice_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """`run --once` ends with 3, a sentence and a remedy; the daemon does not begin; nothing is asked of a network, no byte is changed."""
    write(tmp_path, "lupa", "text: Kirjasto on auki.\npublish: asap\n")
    with town(tmp_path, channels=("facebook",)) as one:
        in_use(one)
        asked = len(one.sandbox.requests())
        one.service.store.close()
        path = tmp_path / "tiedote.db"
        spoil(path)
        spoilt = path.read_bytes()
        write(tmp_path, "toinen", "text: Uimahalli on auki.\npublish: asap\n")
        config = tmp_path / "config.yaml"
        told = call("run", "--once", "--config", str(config))
        assert told.exit_code == 3, told.output
        assert UNUSABLE[spoil] in told.stderr
        assert "\n  = " in told.stderr
        assert "Traceback" not in told.output
        with pytest.raises(DatabaseProblem):
            run_daemon(load_config(config))
        assert path.read_bytes() == spoilt
        assert len(one.sandbox.requests()) == asked
        assert len(one.posts("facebook")) == 1


def call(*arguments: str) -> Result:
    return CliRunner().invoke(tiedote, arguments, env={"TIEDOTE_LANG": "en"})


@dataclass
class Wreck:
    """A copy of the database's files as they were at one moment, as a killed process or a power cut leaves them."""

    one: Town
    folder: Path

    @contextmanager
    def raised(self) -> Iterator[Town]:
        """Start the program anew on it."""
        shutil.copytree(self.one.folder / "schedules", self.folder / "schedules", dirs_exist_ok=True)
        shutil.copy(self.one.folder / "config.yaml", self.folder)
        with Service.open(load_config(self.folder / "config.yaml"), self.one.clock) as service:
            yield Town(self.folder, service, self.one.sandbox, self.one.clock)


def wreck(one: Town, folder: Path) -> Wreck:
    folder.mkdir()
    for file in one.folder.glob("tiedote.db*"):
        shutil.copy(file, folder)
    return Wreck(one, folder)


@pytest.mark.parametrize("harm", ["deleted", "cut", "flipped"])
def test_a_write_ahead_log_that_is_lost_posts_nothing_twice(tmp_path: Path, harm: str) -> None:
    """The process was killed seconds after its last sign of life; somebody deletes the log that is left, or a disk spoils it."""
    here = tmp_path / "ehja"
    announce(here)
    with town(here) as one, one.service.alone():
        one.service.read_queue()
        with one.service.store.write() as conn:
            conn.exec_driver_sql("SELECT 1")
        one.service.store.tidy()
        one.work(until=one.clock.now() + timedelta(seconds=10))
        assert {name: len(one.posts(name)) for name in NETWORKS} == dict.fromkeys(NETWORKS, 1)
        left = wreck(one, tmp_path / "rikki")
        log = left.folder / "tiedote.db-wal"
        assert log.stat().st_size > 32
        spoil_log(log, harm)
        one.clock.advance(5)
        with left.raised() as again:
            in_use(again)
            assert {name: len(one.posts(name)) for name in NETWORKS} == dict.fromkeys(NETWORKS, 1)
            assert {(view.state, view.evidence) for view in again.deliveries()} <= {
                (State.PUBLISHED, "found"),
                (State.PUBLISHED, "adopted"),
            }


def spoil_log(log: Path, harm: str) -> None:
    if harm == "deleted":
        log.unlink()
        return
    with log.open("r+b") as file:
        if harm == "cut":
            file.truncate(32 + 100)
        else:
            file.seek(32 + 24 + 50)
            file.write(b"\xa5" * 400)


# ---- 17: the folder as a whole comes from an older copy


@pytest.mark.parametrize("seal", ["as old as the copy", "missing"])
def test_a_folder_that_was_put_back_with_its_seal_looks_before_it_sends(tmp_path: Path, seal: str) -> None:
    """A snapshot of the machine: nothing tells that the database is an older one, but it was not in use lately: it looks first."""
    here = tmp_path / "kone"
    announce(here)
    with town(here) as one:
        in_use(one)
        announce(here, "Uimahalli on auki.", "uimahalli")
        announce(here, "Ei ehtinyt ulos.", "ehtimatta")
        snapshot = wreck(one, tmp_path / "kopio")
        (here / "schedules" / "ehtimatta.yaml").rename(tmp_path / "ehtimatta.yaml")
        one.clock.advance(3600)
        in_use(one)
        (tmp_path / "ehtimatta.yaml").rename(here / "schedules" / "ehtimatta.yaml")
        assert {len(one.posts(name)) for name in NETWORKS} == {2}
        if seal == "missing":
            (snapshot.folder / "tiedote.db.seal").unlink()
        one.clock.advance(600)
        with snapshot.raised() as again:
            in_use(again)
            found = {(view.key.announcement, view.state, view.evidence) for view in again.deliveries()}
            assert {len(one.posts(name)) for name in NETWORKS} == {3}
            assert found == {
                ("lupa", State.PUBLISHED, "answer"),
                ("uimahalli", State.PUBLISHED, "adopted"),
                ("ehtimatta", State.PUBLISHED, "answer"),
            }


def test_a_short_stop_asks_the_networks_for_nothing(tmp_path: Path) -> None:
    """Killed or restarted: what waits is sent at once, without a look at the account."""
    write(tmp_path, "lupa", "text: Kirjasto on auki.\npublish: asap\n")
    with town(tmp_path, channels=("x",)) as one:
        in_use(one)
        write(tmp_path, "toinen", "text: Uimahalli on auki.\npublish: asap\n")
        before = len(one.sandbox.requests())
        one.clock.advance(60)
        with one.again() as again:
            in_use(again)
        assert [entry.method for entry in one.sandbox.requests()[before:]] == ["POST"]
        assert len(one.posts("x")) == 2


# ---- 4: power loss


def frames(log: Path) -> list[int]:
    """Where the frames of a write-ahead log end, in bytes (sqlite.org/fileformat2.html#walformat)."""
    data = log.read_bytes()
    size = 24 + struct.unpack(">I", data[8:12])[0]
    salt = data[16:24]
    ends = []
    for start in range(32, len(data) - size + 1, size):
        if data[start + 8 : start + 16] != salt:
            break
        ends.append(start + size)
    return ends


@dataclass
class Sent:
    """A request that may publish: how much of the log was on the disk when it left."""

    channel: str
    on_disk: int


def test_at_any_cut_of_the_log_what_was_sent_has_its_intent(tmp_path: Path) -> None:
    """The power fails at any moment while the worker publishes: whatever a network was sent is written down as an attempt."""
    here = tmp_path / "kone"
    announce(here)
    sent: list[Sent] = []
    log = here / "tiedote.db-wal"

    def reached(point: Point) -> None:
        # At this point the intent is durable by SQLite's own promise (synchronous=FULL), and the request goes out next.
        if point is Point.AFTER_INTENT:
            sent.append(Sent("", frames(log)[-1]))

    with town(here, reached=reached) as one, one.service.alone():
        one.service.store.tidy()
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(minutes=5))
        assert {len(one.posts(name)) for name in NETWORKS} == {1}
        assert [entry for entry in one.sandbox.requests() if entry.method == "POST"]
        whole = wreck(one, tmp_path / "kopio").folder
        with closing(sqlite3.connect(f"file:{here}/tiedote.db?mode=ro", uri=True)) as conn:
            assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ends = frames(whole / "tiedote.db-wal")
    assert len(sent) >= len(NETWORKS)
    assert len(ends) > 2 * len(sent)
    for end in [0, *ends]:
        attempts = attempts_in_cut(whole, end)
        assert attempts >= sum(one_sent.on_disk <= end for one_sent in sent), end
    assert attempts_in_cut(whole, 0) == 0


def attempts_in_cut(whole: Path, end: int) -> int:
    """Count the attempts in the database as it is when its log ends there."""
    cut = whole.parent / "leikattu"
    shutil.rmtree(cut, ignore_errors=True)
    cut.mkdir()
    shutil.copy(whole / "tiedote.db", cut)
    (cut / "tiedote.db-wal").write_bytes((whole / "tiedote.db-wal").read_bytes()[: max(end, 0)])
    with closing(sqlite3.connect(cut / "tiedote.db")) as conn:
        assert conn.execute("PRAGMA quick_check").fetchone() == ("ok",)
        number: int = conn.execute("SELECT count(*) FROM attempts").fetchone()[0]
        return number


def test_every_connection_waits_for_the_disk(tmp_path: Path) -> None:
    """WAL with synchronous=FULL, for writers and readers: with less, a power cut may take back a commit that was answered."""
    with town(tmp_path, channels=("x",)) as one:
        for connect in (one.service.store.write, one.service.store.read):
            with connect() as conn:
                assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
                assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("fault", [Kind.LOST_BEFORE, Kind.LOST_AFTER])
def test_after_a_power_cut_at_any_request_nothing_is_lost_or_doubled(tmp_path: Path, fault: Kind) -> None:
    """The files as they were when each publishing request was in the air, started again beside the networks as they are."""
    for name in NETWORKS:
        here = tmp_path / name / "kone"
        announce(here)
        with town(here, channels=(name,), reached=power_cut) as one:
            one.sandbox.add_rule(Rule(kind=fault, method="POST", path=COMMITS[name]))
            with pytest.raises(PowerCutError):
                in_use(one)
            with wreck(one, tmp_path / name / "virta").raised() as again:
                in_use(again)
                (view,) = again.deliveries()
            posts = len(one.posts(name))
            assert posts == (0 if fault is Kind.LOST_BEFORE and name not in EXACT else 1), name
            assert view.state is (State.PUBLISHED if posts else State.UNCONFIRMED), name
            assert view.evidence == ((None if not posts else "answer") if fault is Kind.LOST_BEFORE else "found"), name


class PowerCutError(BaseException):
    """From here on this process does nothing more."""


def power_cut(point: Point) -> None:
    if point is Point.AFTER_REFUSAL:
        raise PowerCutError


# ---- 24: two daemons


def by_a_link_to_the_file(folder: Path, other: Path) -> str:
    (other / "var").mkdir(parents=True)
    (other / "var" / "sama.db").symlink_to(folder / "tiedote.db")
    return f"sqlite:///{other}/var/sama.db"


def by_a_link_to_the_folder(folder: Path, other: Path) -> str:
    other.symlink_to(folder)
    return f"sqlite:///{other}/tiedote.db"


def by_a_roundabout_path(folder: Path, other: Path) -> str:
    other.mkdir()
    return f"sqlite:///{other}/../{folder.name}/./tiedote.db"


@pytest.mark.parametrize("way", [by_a_link_to_the_file, by_a_link_to_the_folder, by_a_roundabout_path])
def test_a_second_daemon_is_refused_by_whichever_path_it_names_the_file(
    tmp_path: Path, way: Callable[[Path, Path], str]
) -> None:
    """Over a symbolic link to the file or to its folder, or over another path: one daemon a database; the seal is the same, too."""
    here = tmp_path / "kone"
    write(here, "lupa", "text: Kirjasto on auki.\npublish: asap\n")
    with town(here, channels=("facebook",)) as one, one.service.alone():
        url = way(here, tmp_path / "toinen")
        config = here / "toinen.yaml"
        words = (here / "config.yaml").read_text(encoding="utf-8")
        config.write_text(words.replace("sqlite:///tiedote.db", url), encoding="utf-8")
        with Service.open(load_config(config), one.clock) as second:
            with pytest.raises(AnotherDaemonError), second.alone():
                pass
            assert second.store.path == one.service.store.path
        told = call("run", "--once", "--config", str(config))
        assert told.exit_code == 75
    assert sorted(path.name for path in tmp_path.rglob("*.seal") if not path.is_symlink())[:1] == ["tiedote.db.seal"]
    assert list(tmp_path.rglob("sama.db.lock")) == []
