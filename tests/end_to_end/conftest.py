"""The promised examples on sandbox networks, run by the real command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from channels.sandbox import Sandbox, SandboxAccount, serve
from publisher.cli import tiedote
from tests.mailserver import MailServer

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples"
"""The promised examples, byte for byte."""

SECRETS = {
    "X_API_KEY": "the-app-key",
    "X_API_SECRET": "the-app-secret",
    "HAUSJARVI_FACEBOOK_TOKEN": "planted-hausjarvi-facebook-token",
    "HAUSJARVI_X_TOKEN": "2000000101-planted-hausjarvi",
    "HAUSJARVI_X_TOKEN_SECRET": "planted-hausjarvi-x-secret",
    "HAUSJARVI_LINKEDIN_TOKEN": "planted-hausjarvi-linkedin-token",
    "LOPPI_FACEBOOK_TOKEN": "planted-loppi-facebook-token",
    "LOPPI_X_TOKEN": "2000000102-planted-loppi",
    "LOPPI_X_TOKEN_SECRET": "planted-loppi-x-secret",
    "LOPPI_LINKEDIN_TOKEN": "planted-loppi-linkedin-token",
}


def example_accounts() -> list[SandboxAccount]:
    """The eight accounts of the examples, as the networks know them."""
    accounts = []
    for number, organisation in ((101, "hausjarvi"), (102, "loppi")):
        prefix = organisation.upper()
        page = f"100000000000{number}"
        facebook, instagram = SECRETS[f"{prefix}_FACEBOOK_TOKEN"], f"17841400000000{number}"
        x = {
            "account_id": f"2000000{number}",
            "token": SECRETS[f"{prefix}_X_TOKEN"],
            "token_secret": SECRETS[f"{prefix}_X_TOKEN_SECRET"],
            "api_key": SECRETS["X_API_KEY"],
            "api_secret": SECRETS["X_API_SECRET"],
        }
        linkedin = {"account_id": f"5000{number}", "token": SECRETS[f"{prefix}_LINKEDIN_TOKEN"]}
        each: list[dict[str, Any]] = [
            {"channel": "facebook", "account_id": page, "token": facebook},
            {"channel": "instagram", "account_id": instagram, "token": facebook, "page_id": page},
            {"channel": "x", **x},
            {"channel": "linkedin", **linkedin},
        ]
        accounts += [SandboxAccount(organisation=organisation, name=organisation.title(), **one) for one in each]
    return accounts


@dataclass
class Place:
    """A folder with a configuration, the networks that it names, and a mail server."""

    folder: Path
    sandbox: Sandbox
    mails: MailServer
    environment: dict[str, str] = field(default_factory=dict)

    def tiedote(
        self, *arguments: str, expect: int | None = 0, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run the command as a person would."""
        done = subprocess.run(
            [sys.executable, "-m", "publisher", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str) -> Any:
        """Run a command with --json, in this process: to start one of its own takes ten times as long; return what it printed."""
        command = [*arguments, "--json", "--config", str(self.folder / "config.yaml")]
        done = CliRunner().invoke(tiedote, command, env=self.environment)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def states(self) -> dict[tuple[str, str, str], str]:
        """State by announcement, organisation and account."""
        rows = self.json("status")["deliveries"]
        return {(row["announcement"], row["organisation"], row["account"]): row["state"] for row in rows}

    def daemon(self) -> subprocess.Popen[str]:
        """Start `tiedote run`."""
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", "run"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def running(place: Place) -> Iterator[subprocess.Popen[str]]:
    """Have a daemon at work for a while."""
    process = place.daemon()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(what: Callable[[], bool], seconds: float = 30) -> bool:
    """Look until something is so, or for long enough."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def settle(folder: Path, urls: Sequence[str], mails: MailServer) -> None:
    """Point a copy of the examples at these networks and this mail server; nothing else of it is changed."""
    config = folder / "config.yaml"
    words = config.read_text(encoding="utf-8")
    for port, url in zip((8101, 8102, 8103), urls, strict=True):
        words = words.replace(f"http://127.0.0.1:{port}", url)
    config.write_text(re.sub(r"port: 1025", f"port: {mails.port}", words), encoding="utf-8")


def touch_long_ago(folder: Path) -> None:
    """Let the queue's files look as if nobody was writing them."""
    hour_ago = time.time() - 3600
    for path in (folder / "schedules").rglob("*"):
        os.utime(path, (hour_ago, hour_ago))


def put_off(folder: Path) -> None:
    """Let what is due on a day of December 2026 be to come whenever the tests run; as it stands it is read in tests/publisher."""
    forms = folder / "schedules" / "loppi" / "lomakkeet.yaml"
    words = forms.read_text(encoding="utf-8").replace("7.12.2026", "7.12.2098").replace("31.1.2027", "31.1.2099")
    assert words.count("209") == 2
    forms.write_text(words, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, smtp: MailServer) -> Iterator[Place]:
    """The promised examples, on sandbox networks at three addresses of their own."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    sandbox = Sandbox(accounts=example_accounts())
    with serve(sandbox, ports=(0, 0, 0)) as server:
        settle(tmp_path, server.urls, smtp)
        put_off(tmp_path)
        touch_long_ago(tmp_path)
        yield Place(tmp_path, sandbox, smtp, dict(SECRETS))
