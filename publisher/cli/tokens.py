"""How long each account's token lasts, as `doctor` last saw it: kept in the database, so that `status` need not ask the networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from channels.base import Identity
    from publisher.config import Account, Config

SOON = timedelta(days=14)
"""A token that ends within this time is worth a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLife:
    """An account's token: until when it lasts; None: no date is known."""

    organisation: str
    channel: str
    account: str
    expires_at: datetime | None

    def days_left(self, at: datetime) -> int | None:
        """Count whole days from `at`; 0 once it is over."""
        return None if self.expires_at is None else max(0, (self.expires_at - at).days)


def note(conn: Connection, account: Account, identity: Identity, now: datetime) -> None:
    """Keep what the network told of a token."""
    from publisher.store import meta

    meta.put(conn, _key(account), identity.expires_at.isoformat() if identity.expires_at else "", now)


def known(conn: Connection, config: Config) -> Iterator[TokenLife]:
    """Give what is known of the configured accounts' tokens."""
    from publisher.store import meta

    for organisation in config.organisations.values():
        for account in organisation.accounts:
            told = meta.get(conn, _key(account))
            if told is not None:
                yield TokenLife(
                    organisation=account.organisation,
                    channel=account.channel,
                    account=account.name,
                    expires_at=datetime.fromisoformat(told) if told else None,
                )


def _key(account: Account) -> str:
    return f"token:{account.organisation}:{account.channel}:{account.name}"
