"""The disk is full between a request and its saving: nothing goes out twice, people hear of it at once, and it mends itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from channels.sandbox import Sandbox, serve
from channels.sandbox.faults import Kind, Rule
from publisher.delivery import Point
from publisher.store import Store
from publisher.store import deliveries as rows
from publisher.store.deliveries import DeliveryView
from tests.delivery.town import migrated, remote_accounts, write, write_config
from tests.fulldisk import DISK_FULL
from tests.mailserver import MailServer

ROOT = Path(__file__).parents[2]
WITHIN = 30.0
"""Seconds, on a machine that has other work too."""


def soon(what: Callable[[], bool], seconds: float = WITHIN) -> bool:
    """Look until something is so, or for long enough."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


@dataclass
class Place:
    """One account, one announcement, a mail server, and a daemon whose disk will be full."""

    folder: Path
    config: Path
    sandbox: Sandbox
    mails: MailServer
    daemons: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, point: Point | None = None) -> subprocess.Popen[str]:
        """Start the daemon; see `fillvictim`."""
        command = [sys.executable, "-m", "tests.delivery.fillvictim", str(self.config), *([point] if point else [])]
        self.daemons.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return self.daemons[-1]

    @property
    def sign(self) -> Path:
        """While it is there, the disk is full."""
        return self.folder / DISK_FULL

    def out(self) -> int:
        """Count what residents see."""
        return len(self.sandbox.ledger())

    def told(self) -> list[str]:
        """What people got by mail, on one line each."""
        return [
            " ".join(f"{mail['Subject']} {body.get_content()}".split())
            for mail in self.mails.messages
            if (body := mail.get_body(("plain",)))
        ]

    def delivery(self) -> DeliveryView:
        """The one delivery, as people see it."""
        store = Store(f"sqlite:///{self.folder}/tiedote.db")
        with store.read() as conn:
            (view,) = rows.list_deliveries(conn)
        store.close()
        return view

    def is_out(self) -> bool:
        """Whether the publisher knows that it is out."""
        return self.delivery().state == "published"

    def log(self) -> str:
        """End what still runs; return everything that the daemons said."""
        said = ""
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGTERM)
            said += daemon.communicate(timeout=60)[1]
        return said


@contextmanager
def a_place(folder: Path, mails: MailServer, channel: str) -> Iterator[Place]:
    """Have everything ready; end every daemon afterwards."""
    sandbox = Sandbox(accounts=remote_accounts())
    with serve(sandbox) as server:
        config = write_config(folder, server.base_url, channels=[channel], confirm_for="2s")
        words = config.read_text(encoding="utf-8").replace("port: 1,", f"port: {mails.port},")
        config.write_text(words, encoding="utf-8")
        (folder / "tiedote.db").write_bytes(migrated())
        write(folder, "uimahalli", "text: Uimahallin lippuja voi nyt ostaa verkosta.\npublish: asap\n")
        place = Place(folder, config, sandbox, mails)
        try:
            yield place
        finally:
            for daemon in place.daemons:
                daemon.kill()
                daemon.communicate()


@pytest.mark.parametrize(
    "channel, point",
    [
        ("x", Point.AFTER_INTENT),
        ("x", Point.AFTER_ANSWER),
        ("x", Point.AFTER_REFUSAL),
        ("facebook", Point.AFTER_ANSWER),
    ],
)
def test_a_full_disk_between_sending_and_saving_is_told_at_once_and_mends_itself(
    tmp_path: Path, smtp: MailServer, channel: str, point: Point
) -> None:
    """The post is out once, people hear of the disk while it is full, nothing is sent meanwhile, and room is all that it takes."""
    with a_place(tmp_path, smtp, channel) as place:
        if point is Point.AFTER_REFUSAL:
            place.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="/2/tweets$"))
        place.start(point)
        assert soon(place.sign.exists), place.log()
        assert soon(lambda: bool(place.told())), place.log()
        assert place.sign.exists()
        assert "The disk is full" in place.told()[0]
        assert str(tmp_path / "tiedote.db") in place.told()[0]
        assert "make room" in place.told()[0]
        assert soon(lambda: place.out() == 1)
        time.sleep(0.5)
        asked = len(place.sandbox.requests())
        time.sleep(1.5)
        assert len(place.sandbox.requests()) == asked, "nothing is asked of a network while nothing can be saved"
        assert len(place.told()) == 1, "one mail, however long it lasts"
        place.sign.unlink()
        assert soon(place.is_out), place.log()
        assert place.out() == 1
        assert place.delivery().evidence == ("found" if point is Point.AFTER_REFUSAL else "answer")
        assert "Traceback" not in place.log()
        assert place.daemons[0].returncode == 0


def test_a_full_disk_before_the_intent_keeps_everything_back(tmp_path: Path, smtp: MailServer) -> None:
    """What cannot be written down is not sent; with room it goes out, once."""
    with a_place(tmp_path, smtp, "x") as place:
        place.start(Point.BEFORE_INTENT)
        assert soon(lambda: bool(place.told())), place.log()
        assert place.out() == 0
        assert not [entry for entry in place.sandbox.requests() if entry.method == "POST"]
        place.sign.unlink()
        assert soon(place.is_out), place.log()
        assert place.out() == 1
        assert "Traceback" not in place.log()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_daemon_that_ends_on_a_full_disk_goes_on_when_it_is_started_again(
    tmp_path: Path, smtp: MailServer, signum: signal.Signals
) -> None:
    """The unsaved answer is lost with the process; started while the disk is still full it waits, and then finds its post."""
    with a_place(tmp_path, smtp, "x") as place:
        first = place.start(Point.AFTER_ANSWER)
        assert soon(place.sign.exists), place.log()
        first.send_signal(signum)
        first.communicate(timeout=20)
        assert first.returncode == (0 if signum is signal.SIGTERM else -signum)
        place.daemons.clear()
        second = place.start()
        assert soon(lambda: bool(place.told()))
        time.sleep(1)
        assert second.poll() is None, "it waits for room"
        assert place.out() == 1
        place.sign.unlink()
        assert soon(place.is_out), place.log()
        assert place.out() == 1
        assert place.delivery().evidence == "found"
        assert "Traceback" not in place.log()
