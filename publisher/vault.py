"""The tokens of accounts: closed on their way into the database, opened on their way out, and never seen between.

A closed token says whose it is: one that was copied into another account's row does not open there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr

from channels import registry
from channels.errors import Kind
from channels.oauth.values import Credentials
from publisher.config.apps import app_of
from publisher.lockbox import KeyFault, Lockbox, find_keys
from publisher.store import credentials as rows
from publisher.store.credentials import AccountKey, Kept

if TYPE_CHECKING:
    from publisher.config import Account, Config
    from publisher.store import Connection, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An account's settings with the token that it has now. `serial` 0: it has none; `barred`: why nothing may be sent for it."""

    serial: int
    settings: BaseModel
    barred: Kind | None = None


def stamp_of(account: Account) -> str | None:
    """Name the account and the token that the configuration gives it, without telling either; None without a token there."""
    if not registry.has_token(account.settings):
        return None
    told = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in account.settings.model_dump().items()
        if isinstance(value, SecretStr) or name in registry.IDS.values()
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


class Tokens:
    """What `login` got for the accounts of a configuration, as of this moment. Thread-safe."""

    def __init__(self, config: Config, store: Store, vault: Vault) -> None:
        """Read nothing yet."""
        self._config = config
        self._store = store
        self._vault = vault

    def of(self, account: Account) -> Held:
        """Return an account's settings as a channel needs them. Raises StoreAway."""
        with self._store.read() as conn:
            kept = rows.find(conn, (account.organisation, account.channel, account.name))
        if kept is None:
            return Held(serial=0, settings=account.settings, barred=Kind.NOT_CONNECTED)
        try:
            credentials = self._vault.open(kept)
        except KeyFault:
            return Held(serial=kept.serial, settings=account.settings, barred=Kind.TOKEN_LOCKED)
        if registry.remote_id(account.channel, account.settings) not in {None, credentials.account_id}:
            # The configuration was changed after the login, which had seen whose token this is.
            return Held(serial=kept.serial, settings=account.settings, barred=Kind.WRONG_ACCOUNT)
        app = app_of(self._config, account.channel, credentials.flow)
        return Held(serial=kept.serial, settings=registry.with_credentials(account.settings, credentials, app))


class Vault:
    """Keeps and gives the tokens of one configuration. Needs its key first when there is something to close or to open."""

    def __init__(self, config: Config) -> None:
        """Look for no key yet."""
        self._config = config
        self._opened: Lockbox | None = None

    @property
    def lockbox(self) -> Lockbox:
        """The keys. Raises KeyFault."""
        if self._opened is None:
            self._opened = Lockbox(find_keys([key.get_secret_value() for key in self._config.token_keys]))
        return self._opened

    def save(self, conn: Connection, account: AccountKey, credentials: Credentials, now: datetime) -> None:
        """Keep what a login got, in the place of what was there. Raises KeyFault."""
        rows.keep(conn, self._closed(account, credentials, now))

    def replace(
        self, conn: Connection, account: AccountKey, serial: int, credentials: Credentials, now: datetime
    ) -> bool:
        """Keep renewed tokens in the place of those of `serial`; tells whether these were still there. Raises KeyFault."""
        return rows.replace_if(conn, self._closed(account, credentials, now), serial)

    def load(self, conn: Connection, account: AccountKey) -> tuple[int, Credentials] | None:
        """Return an account's tokens and their serial; None if it has none here. Raises KeyFault."""
        kept = rows.find(conn, account)
        return (kept.serial, self.open(kept)) if kept is not None else None

    def open(self, kept: Kept) -> Credentials:
        """Open one row. Raises KeyFault."""
        told = json.loads(self.lockbox.open(kept.closed))
        if tuple(told["account"]) != kept.account:
            raise KeyFault("wrong")
        secrets = {
            name: SecretStr(told[name]) if told.get(name) else None for name in ("token_secret", "refresh_token")
        }
        return Credentials(
            flow=kept.flow,
            access_token=SecretStr(told["access_token"]),
            **secrets,
            account_id=kept.account_id,
            name=kept.name,
            page_id=kept.page_id,
            scopes=kept.scopes,
            expires_at=kept.expires_at,
            refresh_expires_at=kept.refresh_expires_at,
            data_until=kept.data_until,
            obtained_at=kept.obtained_at,
        )

    def misfit(self, conn: Connection) -> KeyFault | None:
        """Tell whether some stored token does not open with the keys that there are. Raises KeyFault where there is no key."""
        for kept in rows.every(conn):
            try:
                self.open(kept)
            except KeyFault as fault:
                return fault
        return None

    def reseal(self, conn: Connection) -> int:
        """Close everything with the newest key; return how many were closed with an older one. Raises KeyFault before anything changes."""
        old = [kept for kept in rows.every(conn) if kept.key_name != self.lockbox.name]
        again = [(kept, self.lockbox.close(self.lockbox.open(kept.closed))) for kept in old]
        for kept, closed in again:
            rows.reseal(conn, kept.account, kept.serial, closed, self.lockbox.name)
        return len(again)

    def _closed(self, account: AccountKey, credentials: Credentials, now: datetime) -> Kept:
        secrets = {
            "account": account,
            "access_token": credentials.access_token.get_secret_value(),
            "token_secret": credentials.token_secret.get_secret_value() if credentials.token_secret else None,
            "refresh_token": credentials.refresh_token.get_secret_value() if credentials.refresh_token else None,
        }
        return Kept(
            account=account,
            serial=0,
            closed=self.lockbox.close(json.dumps(secrets)),
            key_name=self.lockbox.name,
            flow=credentials.flow,
            account_id=credentials.account_id,
            name=credentials.name,
            page_id=credentials.page_id,
            scopes=credentials.scopes,
            expires_at=credentials.expires_at,
            refresh_expires_at=credentials.refresh_expires_at,
            data_until=credentials.data_until,
            refreshable=credentials.refresh_token is not None or credentials.flow == "instagram_login",
            obtained_at=credentials.obtained_at,
            login_at=now,
        )
