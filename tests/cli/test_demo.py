"""The demo as a person starts it: a process of its own, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from email import message_from_bytes, policy
from pathlib import Path

import pytest

LINK = re.compile(r"http://127\.0\.0\.1:\d+/\S+")


@pytest.fixture
def environment(tmp_path):
    """An empty machine: no configuration, English, and a folder for temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    return {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "TIEDOTE_LANG": "en", "PYTHONUNBUFFERED": "1"}


def command(*arguments):
    """The command line in this interpreter."""
    return [sys.executable, "-m", "publisher", *arguments]


def test_the_demo_publishes_collects_and_sums_up(tmp_path, environment):
    """It ends with 0; all posts are out with a link each, comments are in, two mails lie where it says; its database is a whole one."""
    done = subprocess.run(
        command("demo"), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "tmp").glob("tiedote-demo-*")
    told = subprocess.run(
        command("status", "--json", "--config", str(folder / "config.yaml")),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    deliveries = json.loads(told.stdout)["deliveries"]
    assert len(deliveries) >= 20
    assert {delivery["state"] for delivery in deliveries} == {"published"}
    assert {delivery["channel"] for delivery in deliveries} == {"facebook", "instagram", "x", "linkedin"}
    assert {delivery["organisation"] for delivery in deliveries} == {"hausjarvi", "loppi"}
    assert len(LINK.findall(done.stdout)) == len(deliveries)
    (collected,) = re.findall(r"(\d+) comments were collected", done.stdout)
    assert int(collected) > len(deliveries)
    mails = sorted((folder / "var" / "mails").glob("*.eml"))
    assert len(mails) == 2
    for mail in mails:
        subject = str(message_from_bytes(mail.read_bytes(), policy=policy.default)["Subject"])
        assert subject in done.stdout
    assert str(folder) in done.stdout


def test_a_served_demo_keeps_its_links_open_until_it_is_stopped(tmp_path, environment):
    """Every link that it prints opens; another process joins the same sandbox; SIGINT ends it with 0."""
    output = tmp_path / "output"
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            command("demo", "--serve"), cwd=tmp_path, env=environment, stdout=stdout, stderr=stdout
        )
    try:
        text = wait_for(output, "Stop with Ctrl-C.", process)
        links = LINK.findall(text)
        assert len(links) >= 20
        for link in links:
            with urllib.request.urlopen(link, timeout=10) as page:
                assert page.status == 200
        (folder,) = (tmp_path / "tmp").glob("tiedote-demo-*")
        joined = subprocess.run(
            command("collect", "--all", "--config", str(folder / "config.yaml")),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert joined.returncode == 0, joined.stderr
        assert f"{len(links)} posts read" in joined.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def wait_for(output: Path, words: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until a process has said something; give all that it said."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        text = output.read_text(encoding="utf-8")
        if words in text:
            return text
        time.sleep(0.1)
    raise AssertionError(output.read_text(encoding="utf-8"))
