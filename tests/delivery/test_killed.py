"""A process killed at any point of the delivery worker, and started again: never two posts, and one wherever it can be known."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from channels import registry
from publisher.delivery import Point
from publisher.model import State
from publisher.store import Store
from publisher.store import deliveries as rows
from tests.delivery.conftest import Victims
from tests.delivery.test_worker import announce
from tests.delivery.town import migrated, write_config

DOUBT = {Point.AFTER_REFUSAL, Point.SETBACK_STORED, Point.AFTER_LOOK, Point.AFTER_VERDICT}
"""Points that are reached only when a network misbehaves."""


def ledger(url: str) -> list[dict[str, Any]]:
    """What residents could ever see."""
    posts: list[dict[str, Any]] = requests.get(f"{url}/_sandbox/ledger", timeout=5).json()["posts"]
    return posts


def states(folder: Path) -> dict[str, State]:
    """State by channel."""
    store = Store(f"sqlite:///{folder}/tiedote.db")
    with store.read() as conn:
        found = {view.key.channel: view.state for view in rows.list_deliveries(conn)}
    store.close()
    return found


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
@pytest.mark.parametrize("point, nth", [(point, nth) for point in Point for nth in (1, 3)])
def test_a_killed_process_loses_and_doubles_nothing(
    tmp_path: Path, networks: str, victims: Victims, point: Point, nth: int, on_doubt: str
) -> None:
    """SIGKILL at a labelled point, restart at once: each account has its post once, or a person is asked."""
    announce(tmp_path)
    config = write_config(tmp_path, networks, on_doubt=on_doubt, confirm_for="2s")
    (tmp_path / "tiedote.db").write_bytes(migrated())
    if point in DOUBT:
        rule = {"kind": "lost_after", "method": "POST", "path": "/2/tweets$|/rest/posts$|media_publish", "times": 3}
        requests.post(f"{networks}/_sandbox/faults", json=rule, timeout=5).raise_for_status()
    first = victims.run(config, point, str(nth))
    if first != -signal.SIGKILL:
        pytest.fail(f"{point} was not reached {nth} times (exit code {first})")
    second = victims.run(config)
    posts = ledger(networks)
    count = Counter(str(post["network"]) for post in posts)
    comments = Counter(str(post["network"]) for post in posts for comment in post["comments"] if comment["own"])
    found = states(tmp_path)
    assert max(count.values()) == 1, count
    assert max(comments.values(), default=0) <= 1, comments
    for channel in registry.NAMES:
        assert found[channel] is (State.PUBLISHED if count[channel] else State.UNCONFIRMED), (channel, found)
    if on_doubt == "resend":
        assert second == 0
        assert set(count) == set(registry.NAMES)
