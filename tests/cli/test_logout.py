"""`logout`: which token it forgets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.store import credentials
from publisher.store.credentials import Kept
from tests.cli.conftest import DUE

ONE = Kept(
    account=("loppi", "linkedin", "kunta"),
    serial=0,
    closed="",
    key_name="",
    flow="linkedin",
    account_id="5000102",
    name="Lopen kunta",
    page_id=None,
    scopes=(),
    expires_at=None,
    refresh_expires_at=None,
    data_until=None,
    refreshable=False,
    obtained_at=DUE,
    login_at=DUE,
)


@pytest.fixture
def connect(store):
    """Keep a token for each of these accounts on LinkedIn."""

    def keep(*names):
        with store.write() as conn:
            for name in names:
                credentials.keep(conn, replace(ONE, account=("loppi", "linkedin", name)))

    return keep


@pytest.fixture
def kept(store):
    """Name the accounts that still have a token."""

    def read():
        with store.read() as conn:
            return [one.account[2] for one in credentials.every(conn)]

    return read


def test_logout_lists_the_accounts_where_several_may_be_meant(call, connect, kept):
    """None of them is forgotten unasked, not even the one that bears the network's name."""
    connect("kirjasto", "linkedin")
    told = call("logout", "linkedin", "--org", "loppi", "--yes")
    assert (told.exit_code, "Say it with --account: kirjasto, linkedin." in told.output) == (2, True), told.output
    assert kept() == ["kirjasto", "linkedin"]


def test_logout_needs_no_name_where_there_is_one_account(call, connect, kept):
    """Whatever its name is; and what is not there is not guessed at."""
    connect("kunta")
    told = call("logout", "linkedin", "--org", "loppi", "--account", "kirjasto", "--yes")
    assert (told.exit_code, "no token from login" in told.output) == (1, True), told.output
    assert call("logout", "linkedin", "--org", "loppi", "--yes").exit_code == 0
    assert kept() == []
    assert call("logout", "linkedin", "--org", "loppi", "--yes").exit_code == 1
