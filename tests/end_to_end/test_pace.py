"""Many posts at once go out quickly and in order, and publishing never waits behind reading."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from tests.end_to_end.conftest import Place, example_accounts, running, touch_long_ago, wait_for

pytestmark = [pytest.mark.alone, pytest.mark.timeout(300)]

POSTS = 25
"""For each of eight accounts."""

TRIES = 3
READS = 4
"""Four accounts are read side by side, each request takes half a second: eight in two seconds at full speed."""


@contextmanager
def networks(folder: Path, answer: float) -> Iterator[str]:
    """The sandbox as a process of its own, quotas raised for this: 200 posts in ten seconds is more than any town ever sends."""
    settings = {
        "accounts": [asdict(account) | {"tier": "standard"} for account in example_accounts()],
        "delays": {"answer": answer},
        "quotas": {"graph_engaged_users": 100_000, "x_limits": {}, "x_other_limit": 100_000},
    }
    (folder / "networks.json").write_text(json.dumps(settings, default=str), encoding="utf-8")
    ports = folder / "ports"
    ports.unlink(missing_ok=True)  # those of an earlier try lead nowhere
    command = [sys.executable, "-m", "channels.sandbox", "--accounts", "networks.json", "--port-file", str(ports)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            assert wait_for(ports.exists), process.poll()
            (folder / "networks.json").unlink()  # no token lies about for longer than it must
            yield ports.read_text(encoding="utf-8").split()[0]
        finally:
            process.terminate()


def ledger(url: str) -> list[dict[str, Any]]:
    """Everything that residents could see."""
    posts: list[dict[str, Any]] = requests.get(f"{url}/_sandbox/ledger", timeout=10).json()["posts"]
    return posts


def first_request(url: str) -> datetime:
    """When the publisher first asked a network for anything."""
    log = requests.get(f"{url}/_sandbox/requests", timeout=10).json()["requests"]
    return datetime.fromtimestamp(min(entry["at"] for entry in log), UTC)


def write_burst(folder: Path, count: int) -> None:
    """Write announcements that are due in order: one minute after the other, all in the last half hour."""
    queue = folder / "schedules"
    for path in queue.rglob("*.yaml"):
        path.unlink()
    Image.new("RGB", (600, 600), "teal").save(queue / "kuva.jpg")
    start = datetime.now().astimezone() - timedelta(minutes=count + 2)
    for number in range(count):
        due = (start + timedelta(minutes=number)).isoformat(timespec="seconds")
        words = f"text: Tiedote numero {number:02d} kuntalaisille.\npublish: {due}\nimage: {{file: kuva.jpg, alt: Sininen ruutu.}}\n"
        for town in ("hausjarvi", "loppi"):
            # X refuses the same words from two accounts of one app's owner; each town has its own.
            path = queue / town / f"tiedote-{number:02d}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(
                words.replace("kuntalaisille", f"{town}lle").replace("kuva.jpg", "../kuva.jpg"), encoding="utf-8"
            )


def test_200_posts_due_at_once_are_out_within_ten_seconds_and_in_order(place: Place) -> None:
    """Eight accounts, every call answered after 0.2 s, pictures included: all out, none dropped, oldest first on each account."""
    write_burst(place.folder, POSTS)
    assert soon_enough(lambda: burst(place), timedelta(seconds=10))


def soon_enough(measure: Callable[[], timedelta], limit: timedelta) -> bool:
    """Measure up to three times until it is quick enough: a busy machine can only make things slower, never quicker."""
    return any(measure() < limit for _ in range(TRIES))


def burst(place: Place) -> timedelta:
    """Publish everything with a new database on new networks; return the time from the first request to the last post."""
    shutil.rmtree(place.folder / "var", ignore_errors=True)
    with networks(place.folder, 0.2) as url:
        moved_to(place, url)
        place.tiedote("run", "--once")
        posts = ledger(url)
        began = first_request(url)
    assert len(posts) == 8 * POSTS
    by_account: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for post in posts:
        by_account[post["network"], post["account_id"]].append(post)
    for account, theirs in by_account.items():
        texts = [post["text"] for post in sorted(theirs, key=lambda post: post["published_at"])]
        assert texts == sorted(texts), account
    return max(datetime.fromisoformat(post["published_at"]) for post in posts) - began


def moved_to(place: Place, url: str) -> None:
    """Point the configuration at another sandbox."""
    config = place.folder / "config.yaml"
    words = re.sub(r"http://127\.0\.0\.1:\d+", url, config.read_text(encoding="utf-8"))
    if "tier:" not in words:
        # With the development tier's 100 calls a day there could be no burst.
        words = words.replace("organization_id:", "tier: standard, organization_id:")
    config.write_text(words, encoding="utf-8")


def test_a_post_that_falls_due_while_comments_are_read_starts_within_a_second(place: Place) -> None:
    """Thirty posts an account are being read back, every answer takes half a second: publishing does not wait for it."""
    write_burst(place.folder, 30)
    config = place.folder / "config.yaml"
    words = config.read_text(encoding="utf-8").replace("every: 10m", "every: 1s\n  quiet_hours: none")
    config.write_text(words, encoding="utf-8")
    with networks(place.folder, 0) as url:
        moved_to(place, url)
        place.tiedote("run", "--once")
        assert len(ledger(url)) == 8 * 30
        requests.post(f"{url}/_sandbox/settings", json={"delays": {"answer": 0.5}}, timeout=5).raise_for_status()
        # A second to start, half a second for the answer.
        assert soon_enough(lambda: lateness(place, url), timedelta(seconds=1.5))


def lateness(place: Place, url: str) -> timedelta:
    """Let a post fall due while a daemon reads; return how late it was public."""
    posts = ledger(url)
    for post in posts:
        comment = {"post": post["id"], "text": "Hyvä uutinen!", "author": "Aino Mäkelä"}
        requests.post(f"{url}/_sandbox/comment", json=comment, timeout=5).raise_for_status()
    due = (datetime.now().astimezone() + timedelta(seconds=8)).replace(microsecond=0)
    words = f"Vesi on poikki keskustassa, {due:%H.%M.%S}."
    path = place.folder / "schedules" / "hausjarvi" / f"kiire-{due:%H%M%S}.yaml"
    path.write_text(f"text: {words}\npublish: {due.isoformat()}\nchannels: [x]\n", encoding="utf-8")
    touch_long_ago(place.folder)
    with running(place) as daemon:
        assert wait_for(lambda: len(ledger(url)) == len(posts) + 1, 40)
        daemon.terminate()
        daemon.wait(60)
    assert reads_around(url, due) >= READS, "comments were being read at that moment"
    new = next(post for post in ledger(url) if words in post["text"])
    return datetime.fromisoformat(new["published_at"]) - due


def reads_around(url: str, moment: datetime) -> int:
    """Count the reading requests in the second before and after a moment."""
    log = requests.get(f"{url}/_sandbox/requests", timeout=10).json()["requests"]
    return sum(entry["method"] == "GET" and abs(entry["at"] - moment.timestamp()) < 1 for entry in log)
