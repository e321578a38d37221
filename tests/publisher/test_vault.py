"""Tokens at rest: closed by a key that is elsewhere, opened by whichever fits, and by nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from channels import registry
from channels.errors import AccountBlocked, Kind
from channels.oauth.values import Credentials
from publisher.config import Config, load_config
from publisher.lockbox import KeyFault, Lockbox, find_keys
from publisher.pool import ChannelPool
from publisher.store import Store, credentials
from publisher.vault import Tokens, Vault

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
ONE, TWO = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
HERE = ("loppi", "facebook", "facebook")
THERE = ("hausjarvi", "facebook", "facebook")
GOT = Credentials(
    flow="x_oauth2",
    access_token=SecretStr("planted-access"),
    token_secret=SecretStr("planted-secret"),
    refresh_token=SecretStr("planted-refresh"),
    account_id="102",
    name="Lopen kunta",
    page_id="102",
    scopes=("a", "b"),
    expires_at=NOW + timedelta(days=60),
    refresh_expires_at=NOW + timedelta(days=365),
    data_until=NOW + timedelta(days=90),
    obtained_at=NOW,
)


def vault_with(tmp_path: Path, *keys: str) -> Vault:
    return Vault(configured(tmp_path, *keys))


def configured(tmp_path: Path, *keys: str) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"sandbox: no\ntoken_key: [{', '.join(keys)}]\n"
        "organisations: {loppi: {accounts: {facebook: {page_id: '102'}}}, hausjarvi: {}}\n",
        encoding="utf-8",
    )
    return load_config(path)


def test_what_is_saved_comes_back_whole_and_lies_closed(store: Store, tmp_path: Path) -> None:
    """Every field, on SQLite and PostgreSQL; in the row no secret can be read."""
    vault = vault_with(tmp_path, ONE)
    with store.write() as conn:
        vault.save(conn, HERE, GOT, NOW)
        loaded = vault.load(conn, HERE)
        assert loaded is not None
        assert loaded[1] == GOT
        row = conn.exec_driver_sql("SELECT * FROM credentials").one()
        assert "planted" not in repr(tuple(row))
        assert vault.load(conn, THERE) is None


def test_a_renewed_token_takes_only_the_place_of_the_one_it_came_from(store: Store, tmp_path: Path) -> None:
    """Whoever renews what was renewed or logged out meanwhile changes nothing."""
    vault = vault_with(tmp_path, ONE)
    fresh = replace(GOT, access_token=SecretStr("planted-newer"))
    with store.write() as conn:
        vault.save(conn, HERE, GOT, NOW)
        serial, _ = vault.load(conn, HERE) or (0, GOT)
        assert vault.replace(conn, HERE, serial, fresh, NOW)
        assert not vault.replace(conn, HERE, serial, GOT, NOW)
        assert vault.load(conn, HERE) == (serial + 1, fresh)
        assert credentials.forget(conn, HERE)
        assert not vault.replace(conn, HERE, serial + 1, GOT, NOW)


def test_a_key_is_replaced_without_losing_a_token(store: Store, tmp_path: Path) -> None:
    """The new one before the old one; after closing anew the old one is not needed."""
    with store.write() as conn:
        vault_with(tmp_path, ONE).save(conn, HERE, GOT, NOW)
        with pytest.raises(KeyFault, match="wrong"):
            vault_with(tmp_path, TWO).load(conn, HERE)
        both = vault_with(tmp_path, TWO, ONE)
        assert both.load(conn, HERE) is not None
        assert (both.reseal(conn), both.reseal(conn)) == (1, 0)
        only = vault_with(tmp_path, TWO).load(conn, HERE)
        assert only is not None
        assert only[1] == GOT


def test_a_row_that_was_copied_to_another_account_does_not_open(store: Store, tmp_path: Path) -> None:
    """Whoever can write into the database cannot publish as one municipality with the token of the other."""
    vault = vault_with(tmp_path, ONE)
    with store.write() as conn:
        vault.save(conn, HERE, GOT, NOW)
        kept = credentials.find(conn, HERE)
        assert kept is not None
        credentials.keep(conn, replace(kept, account=THERE))
        with pytest.raises(KeyFault, match="wrong"):
            vault.load(conn, THERE)


@pytest.mark.parametrize("key", ["", "short", "not base64 at all!", base64.b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_told(key: str) -> None:
    """32 bytes in base64, of either alphabet, and nothing else."""
    with pytest.raises(KeyFault, match="malformed"):
        Lockbox([key])
    assert (
        Lockbox([base64.urlsafe_b64encode(b"\xff" * 32).decode()]).name
        == Lockbox([base64.b64encode(b"\xff" * 32).decode()]).name
    )


def test_the_key_is_found_in_its_order(tmp_path: Path) -> None:
    """The configuration's, then the environment's, then systemd's; several on lines or with spaces."""
    (tmp_path / "tiedote_key").write_text(f"{ONE}\n{TWO}\n", encoding="ascii")
    (tmp_path / "tiedote_key").chmod(0o440)
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_keys([], systemd) == (ONE, TWO)
    assert find_keys([], {**systemd, "TIEDOTE_KEY": TWO}) == (TWO,)
    assert find_keys([ONE], {**systemd, "TIEDOTE_KEY": TWO}) == (ONE,)
    assert find_keys([], {}) == ()


@pytest.mark.parametrize("mode", [0o404, 0o620, 0o602])
def test_a_key_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    """A secret that is none protects nothing."""
    (tmp_path / "tiedote_key").write_text(ONE, encoding="ascii")
    (tmp_path / "tiedote_key").chmod(mode)
    with pytest.raises(KeyFault, match="open"):
        find_keys([], {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_an_account_without_a_usable_token_sends_nothing_and_says_why(store: Store, tmp_path: Path) -> None:
    """Not connected, and closed with another key: each a kind of its own, before anything is sent."""
    config = configured(tmp_path, ONE)
    account = config.organisations["loppi"].accounts[0]
    assert not registry.has_token(account.settings)

    def told(keys: tuple[str, ...]) -> Kind:
        pool = ChannelPool(config, None, tokens=Tokens(config, store, vault_with(tmp_path, *keys)))
        with pool.lend(account) as channel, pytest.raises(AccountBlocked) as blocked:
            channel.check()
        pool.close()
        return blocked.value.kind

    assert told((ONE,)) is Kind.NOT_CONNECTED
    with store.write() as conn:
        vault_with(tmp_path, ONE).save(conn, HERE, GOT, NOW)
    assert told((TWO,)) is Kind.TOKEN_LOCKED


def test_a_channel_is_made_anew_when_the_token_has_changed(store: Store, tmp_path: Path) -> None:
    """The same one while the token stays; after a renewal or a new login another one, also beside one that is lent."""
    config = configured(tmp_path, ONE)
    account = config.organisations["loppi"].accounts[0]
    vault = vault_with(tmp_path, ONE)
    pool = ChannelPool(config, None, tokens=Tokens(config, store, vault))
    with store.write() as conn:
        vault.save(conn, HERE, GOT, NOW)
    with pool.lend(account) as first:
        pass
    with pool.lend(account) as again:
        assert again is first
        with store.write() as conn:
            vault.replace(conn, HERE, int(NOW.timestamp()), GOT, NOW)
        with pool.lend(account) as newer:
            assert newer is not first
    with pool.lend(account) as last:
        assert last is newer
    pool.close()
