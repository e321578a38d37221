"""`tiedote run`, ended twenty times each by SIGKILL and SIGTERM with work in hand: soon at work again, nothing stuck, nobody needed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
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
POSTS = 70
"""For each of four accounts: more than is out when the last daemon is ended."""

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


@pytest.mark.alone
@pytest.mark.timeout(240)
def test_a_daemon_that_is_ended_again_and_again_is_soon_at_work_again_and_needs_nobody(tmp_path: Path) -> None:
    """Forty restarts with work in hand: sending within five seconds each; in the end each account has each post once."""
    sandbox = Sandbox(
        accounts=[replace(account, tier="standard") for account in remote_accounts()],
        quotas=_RAISED,
        delays=Delays(answer=0.15),
    )
    with serve(sandbox) as server:
        config = write_config(tmp_path, server.base_url, on_doubt="resend", confirm_for="2s")
        write_picture(tmp_path, "kuva.png", size=(320, 320))
        for number in range(POSTS):
            words = f"text: Tiedote numero {number:03d}.\npublish: asap\ninstagram: {{image: {{file: kuva.png, alt: Kuva.}}}}\n"
            write(tmp_path, f"tiedote-{number:03d}", words)
        dice = random.Random("restarts")
        command = [sys.executable, "-m", "publisher", "run", "--config", str(config)]
        with (tmp_path / "log").open("ab") as log:
            slowest = 0.0
            for signum in [signal.SIGKILL, signal.SIGTERM] * TIMES:
                before, begun = sent(sandbox), time.monotonic()
                daemon = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=log)
                try:
                    assert soon(partial(has_sent_more, sandbox, before)), (tmp_path / "log").read_text()[-2000:]
                    slowest = max(slowest, time.monotonic() - begun)
                    time.sleep(dice.uniform(0.0, 0.3))
                    daemon.send_signal(signum)
                    assert daemon.wait(30) == (0 if signum is signal.SIGTERM else -signum)
                finally:
                    daemon.kill()
                    daemon.wait()
            assert slowest < AT_WORK_WITHIN
            assert len(sandbox.ledger()) < POSTS * len(NETWORKS), "there was work in hand until the last"
            sandbox.settings.delays.answer = 0
            daemon = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=log)
            try:
                whole = {"published": POSTS * len(NETWORKS)}
                assert soon(lambda: states(tmp_path) == whole, 90), states(tmp_path)
            finally:
                daemon.terminate()
                assert daemon.wait(30) == 0
    out = Counter((post.network, post.text) for post in sandbox.ledger())
    assert len(out) == POSTS * len(NETWORKS)
    assert set(out.values()) == {1}
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
