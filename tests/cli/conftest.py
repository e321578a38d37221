"""A configuration of its own for each test, and a database with a few deliveries in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from publisher.cli import tiedote
from publisher.config import load_config
from publisher.model import State
from publisher.store import Store, accounts, deliveries, migrate
from publisher.store.deliveries import FrozenPost, Key, NewDelivery, tables

CONFIG = """\
sandbox: no
language: en
timezone: Europe/Helsinki
organisations:
  loppi:
    name: Lopen kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "100000000000102", access_token: planted-facebook-token}
      linkedin: {organization_id: "5000102", access_token: planted-linkedin-token}
"""

DUE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def config_file(tmp_path):
    """Lopen kunta with two accounts, live."""
    (tmp_path / "schedules").mkdir()
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def store(config_file):
    """The database of that configuration."""
    store = Store(load_config(config_file).database)
    migrate(store, DUE)
    yield store
    store.close()


@pytest.fixture
def add_delivery(store):
    """Put a delivery into the database in the state that a test needs; gives its id."""

    def add(channel="facebook", *, state=State.SCHEDULED, error=None, announcement="loppi/lomakkeet", **more):
        key = Key(
            announcement=announcement,
            occurrence=1,
            organisation="loppi",
            channel=channel,
            account=channel,
            language="fi",
        )
        with store.write() as conn:
            account = accounts.remember_accounts(conn, [("loppi", channel, channel)], DUE)[("loppi", channel, channel)]
            new = NewDelivery(
                key=key,
                account_id=account.id,
                state=State.SCHEDULED,
                due_at=DUE,
                due_wall="2026-12-01 09:00",
                expires_at=None,
                late_after=DUE + timedelta(hours=6),
                post=FrozenPost(text="Lomakkeita verkossa."),
                fingerprint=announcement,
                repost=False,
            )
            deliveries.add(conn, [new], DUE)
            row = deliveries.planned(conn)[key]
            columns = tables.DELIVERIES
            values = {"state": state, **more} | ({"error_kind": error[0], "error_detail": error[1]} if error else {})
            conn.execute(columns.update().where(columns.c.id == row.id).values(**values))
        return row.id

    return add


@pytest.fixture
def call(config_file):
    """Run a command of that configuration in English."""

    def run(*arguments, **env):
        return CliRunner().invoke(tiedote, [*arguments, "--config", str(config_file)], env=env)

    return run


@pytest.fixture
def see(store):
    """Read one delivery back."""

    def read(delivery_id):
        with store.read() as conn:
            return deliveries.list_deliveries(conn, ids=[delivery_id])[0]

    return read
