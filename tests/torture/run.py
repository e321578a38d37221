"""One run: a real daemon, killed and started again until all is settled, under a storm of faults.

Everything that happens follows from the seed: which request of which network is struck and how, when the daemon is killed or stopped, when
the disk is full and when the mail server is down. What the machine's own pace adds cannot be replayed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from publisher.store import Store
from publisher.store import deliveries as rows
from tests.fulldisk import DISK_FULL
from tests.torture.daemon import ROOT, Daemon
from tests.torture.judge import Verdict, judge
from tests.torture.mails import Mails
from tests.torture.place import NETWORKS, TOWNS, Wanted, announce, write_config
from tests.torture.storm import HARMLESS, LATEST
from tests.torture.victim import LEASE

_LONGEST_LIFE = 1.5
_SETTLED = {"published", "failed", "unconfirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    """What a run goes through: `deliveries` are announced bit by bit over `kills` lives of the daemon, each ended by SIGKILL.

    `late_kills` follow while the rest is worked off: what takes many steps is done last.
    """

    seed: str
    deliveries: int
    kills: int
    stops: int
    on_doubt: str
    late_kills: int = 0
    blind: bool = False
    patience: float = 120.0
    """Seconds after the last kill until all must be settled."""
    networks: tuple[str, ...] = NETWORKS

    @property
    def each(self) -> int:
        """Deliveries of one announcement."""
        return len(TOWNS) * len(self.networks)


@dataclass(slots=True, kw_only=True)
class Life:
    """What is to happen in one life of the daemon, before it is killed `after` seconds of work on a machine that does nothing else."""

    after: float
    stop: bool = False
    disk_full: bool = False
    restarted_on_full_disk: bool = False
    mail_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was seen. `amidst`: kills while something was being worked on; `in_the_act`: between an attempt and its outcome."""

    ordeal: Ordeal
    verdict: Verdict
    states: Counter[str]
    requests: int
    struck: Counter[str]
    kills: int
    amidst: int
    in_the_act: int
    stops: int
    full_disks: int
    ended_by_itself: Counter[int]
    exit_code: int
    slowest_start: float
    overdue: float
    seconds: float
    mails: int
    unsettled: tuple[str, ...]

    @property
    def good(self) -> bool:
        return self.verdict.good and not self.unsettled and not self.ended_by_itself and self.exit_code == 0

    @property
    def faults(self) -> float:
        """The share of requests that were struck and harmed."""
        return sum(count for kind, count in self.struck.items() if kind not in HARMLESS) / max(1, self.requests)


def lives(ordeal: Ordeal) -> list[Life]:
    """Plan every life of the daemon but the last one, which may go on until all is settled."""
    dice = random.Random(f"{ordeal.seed}:lives")
    plan = [Life(after=dice.uniform(0.05, _LONGEST_LIFE)) for _ in range(ordeal.kills)]
    for life in dice.sample(plan, min(ordeal.stops, len(plan))):
        life.stop = True
    third = max(1, len(plan) // 3)
    for number, life in enumerate(plan[third : third + max(2, third // 3)]):
        life.disk_full, life.restarted_on_full_disk = True, number % 2 == 1
    for life in plan[third // 2 : third * 2]:
        life.mail_down = True
    return plan


@contextmanager
def networks(folder: Path, seed: str) -> Iterator[str]:
    """Have the networks at work; give their address."""
    command = [sys.executable, "-m", "tests.torture.networks", seed, str(folder)]
    # A client that is killed in mid-request makes the server talk; that is no news here.
    with (folder / "networks.err").open("ab") as errors, subprocess.Popen(command, cwd=ROOT, stderr=errors) as process:
        try:
            assert _wait((folder / "address").exists, 30), "the networks did not start"
            yield (folder / "address").read_text(encoding="utf-8")
        finally:
            process.terminate()


def _wait(what: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@dataclass(slots=True)
class _Run:
    ordeal: Ordeal
    folder: Path
    daemon: Daemon
    mails: Mails
    store: Store
    wanted: list[Wanted] = field(default_factory=list)
    stops: int = 0
    full_disks: int = 0
    amidst: int = 0
    in_the_act: int = 0

    def go_through(self, plan: list[Life]) -> None:
        each = self.ordeal.each
        announcements = -(-self.ordeal.deliveries // each)
        for number, life in enumerate(plan):
            while len(self.wanted) < announcements * each * (number + 1) / len(plan):
                self.wanted += announce(self.folder, len(self.wanted) // each + 1, self.ordeal.networks)
            self._arrange(life)
            self.daemon.start()
            time.sleep(life.after * self.daemon.slowness)
            if life.disk_full:
                self._fill_disk(life)
            if life.stop:
                self.daemon.pause(LEASE.total_seconds() + 1)
                time.sleep(life.after)
                self.stops += 1
            self._kill()
        self._arrange(Life(after=0))

    def _arrange(self, life: Life) -> None:
        if life.mail_down:
            self.mails.down()
        else:
            self.mails.up()

    def _fill_disk(self, life: Life) -> None:
        """Have no room on the disk while the daemon is at work; some try to start on it. It goes on when there is room again."""
        sign = self.folder / DISK_FULL
        sign.touch()
        time.sleep(_LONGEST_LIFE)
        if life.restarted_on_full_disk:
            self._kill()
            self.daemon.spawn()
            time.sleep(2 * _LONGEST_LIFE)
        sign.unlink()
        time.sleep(life.after)
        self.full_disks += 1

    def _kill(self) -> None:
        self.daemon.kill()
        with self.store.read() as conn:
            self.amidst += _any(conn, "SELECT count(*) FROM deliveries WHERE owner IS NOT NULL")
            self.in_the_act += _any(conn, "SELECT count(*) FROM attempts WHERE outcome IS NULL")

    def settle(self) -> None:
        """Let what is left be worked off, with some more kills; start the daemon again if it ends."""
        dice = random.Random(f"{self.ordeal.seed}:late")
        for _ in range(self.ordeal.late_kills):
            if _wait(self._settled, dice.uniform(3, 9)):
                return
            self._kill()
        _wait(self._settled, self.ordeal.patience)

    def _settled(self) -> bool:
        self.daemon.hush()
        if not self.daemon.is_alive():
            self.daemon.start()
        return not self.unsettled() and not self._mails_to_come()

    def states(self) -> Counter[str]:
        with self.store.read() as conn:
            return Counter(str(view.state) for view in rows.list_deliveries(conn))

    def unsettled(self) -> tuple[str, ...]:
        with self.store.read() as conn:
            views = rows.list_deliveries(conn)
            open_ = [f"{view.name} {view.state} {view.error_kind}" for view in views if view.state not in _SETTLED]
        return tuple(open_ + ["not planned"] * (len(self.wanted) - len(views)))

    def _mails_to_come(self) -> bool:
        with self.store.read() as conn:
            return _any(conn, "SELECT count(*) FROM notices WHERE state NOT IN ('sent', 'joined')")


def _any(conn: Any, count: str) -> bool:
    return bool(conn.exec_driver_sql(count).scalar())


def run(ordeal: Ordeal, folder: Path) -> Outcome:
    """Go through it all in an empty folder; return what was seen."""
    begun = time.monotonic()
    with ExitStack() as stack:
        url = stack.enter_context(networks(folder, ordeal.seed))
        mails = Mails()
        stack.callback(mails.down)
        write_config(folder, url, mails.port, ordeal.on_doubt, ordeal.networks)
        daemon = stack.enter_context(closing(Daemon(folder, blind=ordeal.blind)))
        store = stack.enter_context(closing(Store(f"sqlite:///{folder}/tiedote.db")))
        one = _Run(ordeal, folder, daemon, mails, store)
        one.go_through(lives(ordeal))
        daemon.start()
        one.settle()
        exit_code = daemon.end()
        time.sleep(2 * LATEST)  # What a network applies late may still come.
        ledger: list[dict[str, Any]] = requests.get(f"{url}/_sandbox/ledger", timeout=30).json()["posts"]
        log = requests.get(f"{url}/_sandbox/requests", timeout=60).json()["requests"]
        states, unsettled = one.states(), one.unsettled()
    to_networks = [entry for entry in log if entry["network"]]
    overdue = folder / "overdue"
    return Outcome(
        ordeal=ordeal,
        verdict=judge(one.wanted, ledger, mails.received),
        states=states,
        requests=len(to_networks),
        struck=Counter(entry["fault"] for entry in to_networks if entry["fault"]),
        kills=daemon.kills,
        amidst=one.amidst,
        in_the_act=one.in_the_act,
        stops=one.stops,
        full_disks=one.full_disks,
        ended_by_itself=daemon.ended_by_itself,
        exit_code=exit_code,
        slowest_start=daemon.slowest_start,
        overdue=float(overdue.read_text(encoding="ascii")) if overdue.exists() else 0.0,
        seconds=time.monotonic() - begun,
        mails=len(mails.received),
        unsettled=unsettled,
    )
