"""`tiedote run`, ended twenty times each by SIGKILL and SIGTERM with work in hand: soon at work again, nothing stuck, nobody needed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from channels.sandbox import Sandbox, serve
from channels.sandbox.settings import Delays, Quotas
from publisher.store import Store
from publisher.store import deliveries as rows
from tests.delivery.test_full_disk import soon
from tests.delivery.town import NETWORKS, remote_accounts, write, write_config, write_picture

ROOT = Path(__file__).parents[2]
TIMES = 20
POSTS = 40
"""For each of four accounts: more than is out when the last daemon is ended."""

ALL = POSTS * len(NETWORKS)

AT_WORK_WITHIN = 5.0
_MANY = 10**6
_RAISED = Quotas(
    graph_engaged_users=_MANY,
    instagram_posts=_MANY,
    instagram_containers=_MANY,
    x_limits={},
    x_other_limit=_MANY,
    linkedin_app=_MANY,
    linkedin_member=_MANY,
)


def sent(sandbox: Sandbox) -> int:
    """Count the requests that make or publish something."""
    return sum(entry.method == "POST" for entry in sandbox.requests())


def has_sent_more(sandbox: Sandbox, before: int) -> bool:
    """Whether anything was sent since `before`."""
    return sent(sandbox) > before


def states(folder: Path) -> Counter[str]:
    """How many deliveries stand how."""
    store = Store(f"sqlite:///{folder}/tiedote.db")
    with store.read() as conn:
        found = Counter(str(view.state) for view in rows.list_deliveries(conn))
    store.close()
    return found


@dataclass
class Series:
    """A daemon with a database and networks of its own that is ended `TIMES` times in the same way."""

    folder: Path
    signum: signal.Signals
    sandbox: Sandbox
    config: Path
    slowest: float = 0.0

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start it; in the end it is gone."""
        command = [sys.executable, "-m", "publisher", "run", "--config", str(self.config)]
        with (self.folder / "log").open("ab") as log:
            daemon = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=log)
            try:
                yield daemon
            finally:
                daemon.kill()
                daemon.wait()

    def go_through(self) -> None:
        """End it again and again while there is work in hand, then let it finish."""
        dice = random.Random(str(self.signum))
        for _ in range(TIMES):
            before, begun = sent(self.sandbox), time.monotonic()
            with self.daemon() as daemon:
                assert soon(partial(has_sent_more, self.sandbox, before)), self.log()[-2000:]
                self.slowest = max(self.slowest, time.monotonic() - begun)
                time.sleep(dice.uniform(0.0, 0.3))
                daemon.send_signal(self.signum)
                assert daemon.wait(30) == (0 if self.signum is signal.SIGTERM else -self.signum)
        assert len(self.sandbox.ledger()) < ALL, "there was work in hand until the last"
        self.sandbox.settings.delays.answer = 0
        with self.daemon() as daemon:
            assert soon(lambda: states(self.folder) == {"published": ALL}, 90), states(self.folder)
            daemon.terminate()
            assert daemon.wait(30) == 0

    def log(self) -> str:
        """What the daemons wrote."""
        return (self.folder / "log").read_text(encoding="utf-8")


@contextmanager
def series(folder: Path, signum: signal.Signals) -> Iterator[Series]:
    """Prepare networks that answer slowly, and a queue with more than is out when the last daemon is ended."""
    folder.mkdir()
    sandbox = Sandbox(
        accounts=[replace(account, tier="standard") for account in remote_accounts()],
        quotas=_RAISED,
        delays=Delays(answer=0.15),
    )
    with serve(sandbox) as server:
        config = write_config(folder, server.base_url, on_doubt="resend", confirm_for="2s")
        write_picture(folder, "kuva.png", size=(320, 320))
        for number in range(POSTS):
            words = f"text: Tiedote numero {number:03d}.\npublish: asap\ninstagram: {{image: {{file: kuva.png, alt: Kuva.}}}}\n"
            write(folder, f"tiedote-{number:03d}", words)
        yield Series(folder, signum, sandbox, config)


@pytest.mark.alone
@pytest.mark.timeout(240)
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_daemon_that_is_ended_again_and_again_is_soon_at_work_again_and_needs_nobody(
    tmp_path: Path, signum: signal.Signals
) -> None:
    """Twenty restarts with work in hand: sending within five seconds each. In the end each account has each post once."""
    with series(tmp_path / "place", signum) as one:
        one.go_through()
        assert one.slowest < AT_WORK_WITHIN
        out = Counter((post.network, post.text) for post in one.sandbox.ledger())
        assert len(out) == ALL
        assert set(out.values()) == {1}
        assert "Traceback" not in one.log()
