"""Approval: bound to exactly these words, told wherever people look, and kept with what went out."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from channels.sandbox import Sandbox, serve
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.store import Store, deliveries, migrate
from publisher.store.models import Table
from tests.delivery.town import remote_accounts, write_config

SOON = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d} 09:00"


@pytest.fixture(scope="module")
def networks():
    """The networks, being served."""
    with serve(Sandbox(accounts=remote_accounts()), ports=(0,)) as server:
        yield server


@pytest.fixture
def town(tmp_path, networks):
    """Hausjärven kunta with Facebook, live, where everything must be approved."""
    path = write_config(tmp_path, networks.base_url, channels=("facebook",))
    path.write_text("language: en\napproval: required\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    store = Store(load_config(path).database)
    migrate(store, datetime.now(UTC))
    yield Town(path, store)
    store.close()


class Town:
    """Its files and commands."""

    def __init__(self, config, store):
        self.config = config
        self.store = store

    def say(self, **values):
        """Change a line of the configuration."""
        lines = self.config.read_text(encoding="utf-8").splitlines()
        for key, value in values.items():
            lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in lines]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def write(self, words, name="lupa"):
        """Save a file, as if a while ago."""
        path = self.config.parent / "schedules" / f"{name}.yaml"
        path.write_text(words, encoding="utf-8")
        os.utime(path, (path.stat().st_mtime - 300,) * 2)

    def call(self, *arguments, code=0, answer=None):
        """Run a command and give what it wrote."""
        told = CliRunner().invoke(tiedote, [*arguments, "--config", str(self.config)], input=answer)
        assert told.exit_code == code, told.output
        return told.output

    def one(self):
        """Give the only delivery."""
        with self.store.read() as conn:
            (found,) = deliveries.list_deliveries(conn)
        return found

    def mails(self):
        """Give the approvals that people were asked for, and who had approved before."""
        notices = Table.metadata.tables["notices"]
        with self.store.read() as conn:
            bodies = conn.execute(select(notices.c.body)).scalars()
            params = [body["params"] for body in bodies if body["kind"] == "awaiting_approval"]
        return [(one["file"], one["by"]) for one in params]


def test_a_name_in_the_file_counts_for_the_words_with_which_it_was_read_and_an_edit_asks_again(town):
    """Until somebody approves these words; the edit of a comment or of who wrote it asks nobody."""
    words = f"text: Uimahalli on auki.\npublish: {SOON}\napproved_by: Maija\n"
    town.write(words)
    town.call("run", "--once", code=0)
    assert (town.one().state, town.one().approved_by) == ("scheduled", "Maija")
    town.write("# Vielä kerran luettu.\nauthor: Matti\n" + words)
    town.call("run", "--once", code=0)
    assert town.one().state == "scheduled"
    town.write(words.replace("auki", "kiinni"))
    town.call("run", "--once")
    assert (town.one().state, town.one().approved_by) == ("awaiting_approval", None)
    assert town.mails() == [("lupa.yaml", "Maija")]
    assert "lupa, changed since Maija approved it\n  = tiedote approve lupa" in town.call("status")
    assert "awaits approval: tiedote approve lupa" in town.call("plan")
    town.call("run", "--once")
    assert len(town.mails()) == 1

    shown = town.call("approve", "lupa", "--by", "Liisa  Virtanen", answer="k\n")
    assert "It was changed since Maija approved it." in shown
    assert "Uimahalli on kiinni." in shown
    assert "lupa.yaml is approved by Liisa Virtanen." in shown
    assert (town.one().state, town.one().approved_by) == ("scheduled", "Liisa Virtanen")
    assert "lupa is approved by Liisa Virtanen." in town.call("status")
    assert json.loads(town.call("status", "--json"))["deliveries"][0]["approved_by"] == "Liisa Virtanen"
    assert "approved already, by Liisa Virtanen" in town.call("approve", "lupa.yaml", "--by", "Maija", "--yes")

    town.write(words)
    town.call("run", "--once")
    assert (town.one().state, town.one().approved_by) == ("scheduled", "Maija")  # the words that she approved
    town.write(words.replace("auki", "auki klo 6").replace("Maija", "Maija 25.11."))
    town.call("run", "--once")
    assert (town.one().state, town.one().approved_by) == ("scheduled", "Maija 25.11.")


def test_nothing_goes_out_unapproved_by_any_way_around(town, networks):
    """Not at its time, not by `publish`, not by `retry` when it is too late; approved, it goes out, and the row says by whom."""
    town.write("text: Uimahalli on auki.\npublish: asap\n")
    town.call("run", "--once")
    assert town.one().state == "awaiting_approval"
    assert "awaits approval: tiedote approve lupa" in town.call("publish", "lupa.yaml", "--yes", code=1)
    assert "tiedote approve lupa" in town.call("retry", "lupa", code=1)
    with town.store.write() as conn:
        row = deliveries.tables.DELIVERIES
        conn.execute(row.update().values(late_after=datetime.now(UTC) - timedelta(hours=1)))
    town.call("run", "--once")
    assert town.one().state == "missed"
    assert "nobody has approved it" in town.call("retry", "d-1", code=1)
    assert not networks.sandbox.ledger()
    assert "its time has passed" in town.call("approve", "lupa", "--by", "Liisa", "--yes")
    assert (town.one().state, town.one().approved_by) == ("missed", "Liisa")
    town.call("retry", "lupa")
    town.call("run", "--once")
    assert [post.text for post in networks.sandbox.ledger()] == ["Uimahalli on auki."]
    assert (town.one().state, town.one().approved_by) == ("published", "Liisa")


def test_four_eyes_want_somebody_else(town):
    """A name in the file does not count, the author's own approval neither, and nobody knows without an author."""
    town.say(approval="four_eyes")
    words = f"text: Uimahalli on auki.\npublish: {SOON}\napproved_by: Maija\n"
    town.write(words)
    town.call("run", "--once")
    assert town.one().state == "awaiting_approval"
    assert "who wrote lupa.yaml is not known" in town.call("approve", "lupa", "--by", "Liisa", "--yes", code=1)
    town.write(words + "author: Liisa Virtanen\n")
    assert "somebody else must approve it" in town.call("approve", "lupa", "--by", "liisa virtanen", "--yes", code=1)
    assert town.one().state == "awaiting_approval"
    town.call("approve", "lupa", "--by", "Maija", "--yes")
    assert (town.one().state, town.one().approved_by) == ("scheduled", "Maija")


def test_what_is_no_approval_ends_with_what_to_do(town):
    """A no, nobody there, an empty name, a fault in the file, a file that is elsewhere."""
    town.write(f"text: Uimahalli on auki.\npublish: {SOON}\n")
    assert "Nothing was approved." in town.call("approve", "lupa", "--by", "Maija", code=1, answer="n\n")
    town.call("approve", "lupa", "--by", "Maija", code=2)
    town.call("approve", "lupa", "--by", " ", code=2)
    town.call("approve", "muu", "--by", "Maija", code=2)
    town.write("teksti: Uimahalli on auki.\n", "rikki")
    assert "Nothing was approved: rikki.yaml has a fault" in town.call("approve", "rikki", "--yes", code=1)
    assert town.one().state == "awaiting_approval"


def test_a_file_with_a_fault_is_told_to_whom_it_concerns_and_in_status(town):
    """Its contact; else the owner of the account; else `alerts_to`: once for the same content, and listed until it is mended."""
    town.write("teksti: A\ncontact: kirjoittaja@example.fi\n", "oma")
    folder = town.config.parent / "schedules" / "hausjarvi"
    folder.mkdir()
    town.write("teksti: B\n", "hausjarvi/kunnan")
    town.write("teksti: C\n", "muu")
    text = town.config.read_text(encoding="utf-8")
    town.config.write_text(
        text.replace("on_doubt: hold", "on_doubt: hold, owner: omistaja@example.fi"), encoding="utf-8"
    )
    for _ in range(2):
        town.call("run", "--once")
    notices = Table.metadata.tables["notices"]
    with town.store.read() as conn:
        told = [(row.body["params"]["file"], row.recipient) for row in conn.execute(notices.select())]
    assert sorted(told) == [
        ("hausjarvi/kunnan.yaml", "omistaja@example.fi"),
        ("muu.yaml", "it@example.fi"),
        ("oma.yaml", "kirjoittaja@example.fi"),
    ]
    assert "oma.yaml: 1 fault\n  = tiedote check oma.yaml" in town.call("status")
    assert len(json.loads(town.call("status", "--json"))["faulty_files"]) == 3
    for name in ("oma", "muu", "hausjarvi/kunnan"):
        town.write("text: A\n", name)
    town.call("run", "--once")
    assert "fault" not in town.call("status")
