"""What a sandbox keeps over a restart, and over its own sudden death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from channels.sandbox import Clock, Delays, Sandbox, serve
from channels.sandbox.state import World
from tests.sandbox.clients import GRAM, PAGE, Graph, LinkedIn, X, accounts, enc, media

DELAYS = Delays(container=0, image=0, activity=0)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    """Posts, pictures, drafts, comments, reactions, containers, residents' names, and the clock."""
    first = Sandbox(accounts(), state=tmp_path, delays=DELAYS)
    with serve(first) as served:
        graph = Graph(served.base_url)
        post = graph.post_text("Kuvan kera", attached_media=media(graph.photo().json()["id"]))
        draft = graph.post_text("Luonnos", published="false")
        container = graph.container(caption="Odottaa").json()["id"]
        tweet = X(served.base_url).tweet("Hei https://example.fi").json()["data"]["id"]
        urn = LinkedIn(served.base_url).created("Hei", content={"media": {"id": LinkedIn(served.base_url).picture()}})
        asked = first.comment(post, "Mihin asti?", author="Helmi Niemi")
        first.comment(post, "Sama", author="Eero Lehtonen", parent=asked)
        first.comment(tweet, "Hei", author="Helmi Niemi")
        first.react(urn, "praise")
        first.clock.advance(3600)
        ledger, drafts = first.ledger(), first.drafts()
    second = Sandbox(accounts(), state=tmp_path, delays=DELAYS)
    assert [post.row() for post in second.ledger()] == [post.row() for post in ledger]
    assert second.drafts() == drafts
    assert second.clock.offset == pytest.approx(3600, abs=1)
    with serve(second) as served:
        graph = Graph(served.base_url)
        assert graph.post(draft, is_published="true").json() == {"success": True}
        assert graph.publish(container).status_code == 200
        rows = graph.get(f"{post}/comments", fields="from").json()["data"]
        assert rows[0]["from"]["name"] == "Helmi Niemi"
        assert requests.get(served.base_url + ledger[0].pictures[0].path, timeout=5).status_code == 200
        mention = X(served.base_url).get("users/2000000101/mentions", expansions="author_id").json()
        assert mention["includes"]["users"][0]["name"] == "Helmi Niemi"
        assert "content" in LinkedIn(served.base_url).get(f"posts/{enc(urn)}").json()
        fresh = graph.post_text("Uusi")
    assert fresh not in {item.id for item in ledger}


def test_a_reset_forgets_on_the_disk_too(tmp_path: Path) -> None:
    """Nothing comes back."""
    box = Sandbox(accounts(), state=tmp_path)
    with serve(box) as served:
        Graph(served.base_url).post_text("Hei")
        box.reset()
    assert Sandbox(accounts(), state=tmp_path).ledger() == ()


def test_a_sandbox_can_be_served_again(tmp_path: Path) -> None:
    """What comes later is kept as well."""
    box = Sandbox(accounts(), state=tmp_path)
    for number in range(2):
        with serve(box) as served:
            Graph(served.base_url).post_text(f"Teksti {number}")
    assert len(Sandbox(accounts(), state=tmp_path).ledger()) == 2


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    """Eight accounts may post one picture."""
    world = World(tmp_path)
    assert world.store(b"picture") == world.store(b"picture")
    world.close()


def _start(folder: Path) -> tuple[subprocess.Popen[str], list[str]]:
    rows = [
        {
            "organisation": account.organisation,
            "channel": account.channel,
            "account_id": account.account_id,
            "token": account.token,
            "name": account.name,
        }
        for account in accounts()
        if account.channel != "x"
    ]
    (folder / "accounts.json").write_text(
        json.dumps({"accounts": rows, "delays": {"container": 0}, "versions": {"judged_on": "2026-11-24"}}), "utf-8"
    )
    ports = folder / "ports"
    ports.unlink(missing_ok=True)
    command = [sys.executable, "-m", "channels.sandbox", "--accounts", str(folder / "accounts.json")]
    command += ["--state", str(folder / "state"), "--port", "0", "--port", "0", "--port-file", str(ports)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 10
    while not ports.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return process, ports.read_text("utf-8").split()


def test_a_killed_process_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """Kill -9 right after the last answer; SIGTERM ends the next one with 0."""
    process, urls = _start(tmp_path)
    with process:
        posts = [Graph(urls[number % 2]).post_text(f"Teksti {number}") for number in range(20)]
        container = Graph(urls[0]).container(caption="Odottaa").json()["id"]
        os.kill(process.pid, signal.SIGKILL)
    process, urls = _start(tmp_path)
    with process:
        rows = Graph(urls[1]).get(f"{PAGE}/published_posts", limit="100").json()["data"]
        assert [row["id"] for row in rows] == posts[::-1]
        assert Graph(urls[0]).publish(container).status_code == 200
        assert len(Graph(urls[0]).get(f"{GRAM}/media").json()["data"]) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) in {0, -signal.SIGTERM}


def test_a_clock_can_stand_still_run_ahead_or_be_set() -> None:
    """Frozen, it moves only when told to."""
    frozen = Clock(frozen=True)
    before = frozen.now()
    frozen.advance(5)
    assert (frozen.now() - before).total_seconds() == 5
    ahead = Clock(ahead=60)
    assert ahead.offset == pytest.approx(60, abs=0.5)
    ahead.set(before)
    assert abs((ahead.now() - before).total_seconds()) < 0.5
    assert Clock(before).now() >= before
