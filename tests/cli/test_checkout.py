"""A queue that follows a branch of git: brought up to date, approved by whoever merges, and told of where it cannot be."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from channels.sandbox import Sandbox, serve
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.service import Service
from publisher.store import deliveries
from publisher.store.models import Table
from tests.delivery.town import remote_accounts, write_config

SOON = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d} 09:00"


def git(folder, *arguments, who="Matti"):
    """Run git as somebody."""
    roles = ("GIT_AUTHOR", "GIT_COMMITTER")
    names = {f"{role}_NAME": who for role in roles} | {f"{role}_EMAIL": f"{who}@example.fi" for role in roles}
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


class Desk:
    """A writer's working copy, and the configuration whose queue follows it."""

    def __init__(self, folder, url):
        self.own, self.config = folder / "own", write_config(folder, url, channels=("facebook",))
        (folder / "schedules").rmdir()
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.own)], check=True)
        self.commit("README", "queue", who="Liisa")
        git(folder, "clone", "-q", str(self.own), "schedules")
        text = self.config.read_text(encoding="utf-8").replace(
            "queue: schedules", "language: en\nqueue: {folder: schedules, git: pull, branch: main}\napproval: four_eyes"
        )
        self.config.write_text(text, encoding="utf-8")

    def commit(self, name, words, *, who):
        """Commit a file."""
        (self.own / name).write_text(words, encoding="utf-8")
        git(self.own, "add", "-A")
        git(self.own, "commit", "-q", "-m", name, who=who)

    def propose(self, words):
        """Let Matti write on a branch of his own."""
        git(self.own, "checkout", "-q", "-b", "muutos")
        self.commit("lupa.yaml", words, who="Matti")
        git(self.own, "checkout", "-q", "main")

    def merge(self, who):
        """Merge that branch."""
        git(self.own, "merge", "-q", "--no-ff", "-m", "merge", "muutos", who=who)
        git(self.own, "branch", "-q", "-d", "muutos")

    def run(self):
        """Let the service fetch and read; give how the only delivery stands, None without one."""
        with Service.open(load_config(self.config)) as service:
            service.pull_queue()
            service.read_queue()
            with service.store.read() as conn:
                found = deliveries.list_deliveries(conn)
        return (str(found[0].state), found[0].approved_by) if found else None

    def told(self):
        """Give the mails about git."""
        with Service.open(load_config(self.config)) as service, service.store.read() as conn:
            rows = conn.execute(Table.metadata.tables["notices"].select())
            return [row.body["params"]["detail"] for row in rows if row.body["kind"] == "queue_not_pulled"]


@pytest.fixture
def desk(tmp_path):
    """The desk, with the networks being served."""
    with serve(Sandbox(accounts=remote_accounts()), ports=(0,)) as server:
        yield Desk(tmp_path, server.base_url)


def test_whoever_merges_has_approved_unless_they_wrote_it(desk):
    """A proposal does not count before it is merged; a merge by somebody else approves, by oneself not, an edit on the spot never."""
    words = f"text: Uimahalli on auki.\npublish: {SOON}\n"
    desk.propose(words)
    assert desk.run() is None
    desk.merge("Liisa")
    assert desk.run() == ("scheduled", "Liisa")
    desk.propose(words.replace("auki", "kiinni"))
    desk.merge("Matti")
    assert desk.run() == ("awaiting_approval", None)
    call = ["approve", "lupa", "--yes", "--config", str(desk.config), "--by"]
    assert "somebody else must approve it" in CliRunner().invoke(tiedote, [*call, "Matti"]).output
    assert CliRunner().invoke(tiedote, [*call, "Liisa"]).exit_code == 0
    assert desk.run() == ("scheduled", "Liisa")
    file = desk.config.parent / "schedules" / "lupa.yaml"
    file.write_text(words.replace("auki", "auki aina"), encoding="utf-8")
    assert desk.run() == ("awaiting_approval", None)
    assert desk.told() == []


def test_what_git_cannot_do_is_told_and_what_lies_there_counts(desk):
    """Changes that stand in the way are told at once; a code host that is away only after an hour; another branch names itself."""
    queue = desk.config.parent / "schedules"
    desk.commit("lupa.yaml", "text: A\n", who="Matti")
    (queue / "lupa.yaml").write_text("text: B\n", encoding="utf-8")
    assert desk.run() == ("draft", None)
    (told,) = desk.told()
    assert "abort" in told.lower()
    git(queue, "remote", "set-url", "origin", "https://secret:word@127.0.0.1:1/x")
    git(queue, "checkout", "-q", "-b", "muu")
    with Service.open(load_config(desk.config)) as service, service.store.write() as conn:
        conn.execute(Table.metadata.tables["notices"].delete())
    desk.run()
    assert desk.told() == ["muu"]
    git(queue, "checkout", "-q", "main")
    desk.run()
    assert len(desk.told()) == 1


@pytest.mark.parametrize("queue", ["{git: push}", "{git: pull, branch: '--upload-pack=x'}", "{git: pull, folde: x}"])
def test_a_queue_that_cannot_be_is_told(desk, queue):
    """Only pulling, only the name of a branch, only keys that there are."""
    text = desk.config.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("queue:"))
    desk.config.write_text(text.replace(line, f"queue: {queue}"), encoding="utf-8")
    told = CliRunner().invoke(tiedote, ["check", "--config", str(desk.config)])
    assert told.exit_code == 1
    assert "config.yaml:" in told.output
