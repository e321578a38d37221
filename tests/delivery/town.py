"""A town with accounts on the sandbox networks, a queue, a clock that both sides share, and no waiting."""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from channels.base import Channel
from channels.sandbox import Sandbox, SandboxAccount, serve
from channels.sandbox.clock import Clock
from channels.sandbox.ledger import LedgerPost
from channels.sandbox.settings import Delays, Quotas
from publisher.config import load_config
from publisher.delivery import Point, nothing
from publisher.lanes import Lane
from publisher.model import State
from publisher.service import Service
from publisher.store import Store, StoreAway, accounts, migrate
from publisher.store import deliveries as rows
from publisher.store.deliveries import DeliveryView

START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
NETWORKS = ("facebook", "instagram", "x", "linkedin")

CONFIG = """\
sandbox: no
timezone: Europe/Helsinki
queue: schedules
database: sqlite:///tiedote.db
delivery:
  retry: {{first: 30s, longest: 30m, give_up_after: 6h}}
  confirm_for: {confirm_for}
  cancel_after: 10m
  late_limit: 6h
mail: {{host: 127.0.0.1, port: 1, security: none, from: Tiedote <tiedote@example.fi>, alerts_to: [it@example.fi]}}
networks:
  facebook: {{base_url: "{url}"}}
  instagram: {{base_url: "{url}"}}
  x: {{base_url: "{url}"}}
  linkedin: {{base_url: "{url}"}}
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    accounts:
{accounts}
"""

ACCOUNTS = {
    "facebook": 'page_id: "100000000000101", access_token: planted-facebook-token',
    "instagram": 'user_id: "17841400000000101", access_token: planted-facebook-token, media: facebook_page',
    "x": 'user_id: "2000000101", api_key: key, api_secret: secret, access_token: planted-x-token, access_token_secret: planted-x-secret',
    "linkedin": 'organization_id: "5000101", access_token: planted-linkedin-token',
}

REMOTE: dict[str, dict[str, Any]] = {
    "facebook": {"account_id": "100000000000101", "token": "planted-facebook-token"},
    "instagram": {"account_id": "17841400000000101", "token": "planted-facebook-token", "page_id": "100000000000101"},
    "x": {
        "account_id": "2000000101",
        "token": "planted-x-token",
        "token_secret": "planted-x-secret",
        "api_key": "key",
        "api_secret": "secret",
    },
    "linkedin": {"account_id": "5000101", "token": "planted-linkedin-token"},
}


def remote_accounts() -> list[SandboxAccount]:
    """The town's accounts as the networks know them."""
    return [
        SandboxAccount(organisation="hausjarvi", channel=channel, name="Hausjärven kunta", **credentials)
        for channel, credentials in REMOTE.items()
    ]


def write_config(
    folder: Path,
    url: str,
    *,
    channels: Sequence[str] = NETWORKS,
    on_doubt: str = "hold",
    confirm_for: str = "10m",
    more: str = "",
) -> Path:
    """Write a live configuration whose networks are at `url`."""
    lines = "\n".join(f"      {channel}: {{{ACCOUNTS[channel]}, on_doubt: {on_doubt}{more}}}" for channel in channels)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(url=url, accounts=lines, confirm_for=confirm_for), encoding="utf-8")
    (folder / "schedules").mkdir(exist_ok=True)
    return path


def write_picture(folder: Path, name: str, colour: str = "teal", size: tuple[int, int] = (900, 600)) -> None:
    """Put a picture beside the announcements."""
    Image.new("RGB", size, colour).save(folder / "schedules" / name)


def write(folder: Path, name: str, words: str) -> None:
    """Put an announcement into the queue."""
    path = folder / "schedules" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(words), encoding="utf-8")
    # Saved before the town's clock begins: a file that is newer than now would count as one that is still being written.
    os.utime(path, (START.timestamp() - 3600, START.timestamp() - 3600))


@dataclass
class Town:
    """A service over sandbox networks; `work` does what the daemon's threads would do, one thing at a time."""

    folder: Path
    service: Service
    sandbox: Sandbox
    clock: Clock

    def work(self, *, until: datetime | None = None, turns: int = 2000) -> None:
        """Do everything that is due, moving the clock on to whatever comes next, up to `until`."""
        end = until or self.clock.now() + timedelta(hours=12)
        for _turn in range(turns):
            if self._worked():
                continue
            moment = self._next_moment()
            if moment is None or moment > end:
                return
            self.clock.set(max(moment, self.clock.now()))
        message = f"still at work after {turns} turns"
        raise AssertionError(message)

    def _worked(self) -> bool:
        """Work on what is due; tell whether anything was."""
        now = self.clock.now()
        self.service.mark_overdue(now)
        with self.service.store.read() as conn:
            due = rows.accounts_with_work(conn, now) | accounts.to_probe(conn, now)
        for account_id in sorted(due):
            account = self.service.desk.account(account_id)
            with self.service.pool.lend(account) as channel:
                if self.service.deliverer.ready(account_id, channel):
                    self._lane(Lane(account_id, self.service.deliverer, channel, self.clock), channel)
        return bool(due)

    def _next_moment(self) -> datetime | None:
        now = self.clock.now()
        with self.service.store.read() as conn:
            moments = [rows.next_moment(conn, now)]
            moments += [account.not_before for account in accounts.list_accounts(conn)]
        return min((moment for moment in moments if moment is not None and moment > now), default=None)

    def _lane(self, lane: Lane, channel: Channel) -> None:
        while lane.usable():
            lane.top_up()
            if not lane.slots:
                return
            turn = lane.next_turn()
            slots = turn.look or turn.prepare[:1] or ([turn.commit] if turn.commit else [])
            if not slots:
                moment = lane.until()
                assert moment is not None, "a lane that waits for nothing"
                self.clock.set(max(moment, self.clock.now()))
                continue
            lane.survey(slots, channel)
            for slot in slots:
                slot.busy = True
                try:
                    lane.settle(slot, lane.act(slot, channel))
                except StoreAway as away:
                    lane.put_off(slot, away)
        lane.let_go()

    @contextmanager
    def again(self) -> Iterator[Town]:
        """Start the program anew on the same networks, as after a restart of the machine."""
        with Service.open(self.service.config, self.clock) as service:
            yield Town(self.folder, service, self.sandbox, self.clock)

    def deliveries(self) -> tuple[DeliveryView, ...]:
        """Every delivery as people see it."""
        with self.service.store.read() as conn:
            return rows.list_deliveries(conn)

    def states(self) -> dict[str, State]:
        """State by channel, for a queue of one announcement."""
        return {one.key.channel: one.state for one in self.deliveries()}

    def posts(self, channel: str) -> list[LedgerPost]:
        """What residents can see, or could see before it was deleted."""
        return [post for post in self.sandbox.ledger() if post.network == channel]


@cache
def migrated() -> bytes:
    """An empty database of this version: to migrate takes as long as to publish, and other tests look at it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiedote.db"
        store = Store(f"sqlite:///{path}")
        migrate(store, START)
        store.close()
        return path.read_bytes()


@contextmanager
def town(
    folder: Path,
    *,
    channels: Sequence[str] = NETWORKS,
    on_doubt: str = "hold",
    more: str = "",
    delays: Delays | None = None,
    reached: Callable[[Point], None] = nothing,
) -> Iterator[Town]:
    """Open a town whose clock stands still between moves."""
    clock = Clock(START, frozen=True)
    sandbox = Sandbox(accounts=remote_accounts(), clock=clock, delays=delays or Delays(), quotas=Quotas())
    with serve(sandbox, ports=(0,)) as server:
        config = load_config(write_config(folder, server.base_url, channels=channels, on_doubt=on_doubt, more=more))
        if not (folder / "tiedote.db").exists():
            (folder / "tiedote.db").write_bytes(migrated())
        with Service.open(config, clock, reached=reached) as service:
            yield Town(folder, service, sandbox, clock)
