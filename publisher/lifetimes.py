"""How long Tiedote can speak for each account before a person must act: of what `login` got, and of tokens in the configuration.

What `login` got is renewed where that is possible; then only the end of the possibility counts. For a token that stands in the
configuration the network was asked at some time (`doctor`, or once a day with the app's own keys), and its answer is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from channels import registry
from publisher.config import configured
from publisher.store import credentials, meta

if TYPE_CHECKING:
    from publisher.config import Account, Config
    from publisher.store import Connection
    from publisher.store.credentials import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLife:
    """An account, and when a person must have acted; None: no date is known. `by_login`: `login` got its token.

    `reading`: only Meta's telling of what people wrote ends then; posts go out all the same.
    """

    organisation: str
    channel: str
    account: str
    expires_at: datetime | None
    by_login: bool = False
    reading: bool = False

    def days_left(self, at: datetime) -> int | None:
        """Count whole days from `at`; 0 once it is over."""
        return None if self.expires_at is None else max(0, (self.expires_at - at).days)


def note(
    conn: Connection, account: Account, expires_at: datetime | None, now: datetime, data_until: datetime | None = None
) -> None:
    """Keep what the network told of a token that stands in the configuration."""
    ends, reading = _first(expires_at, data_until)
    told = f"{ends.isoformat()}{_READING if reading else ''}" if ends else ""
    meta.put(conn, noted_under(account), told, now)


_READING = " reading"


def noted_under(account: Account) -> str:
    """Return the key of what is kept of an account."""
    return f"token:{account.organisation}:{account.channel}:{account.name}"


def known(conn: Connection, config: Config, now: datetime) -> Iterator[TokenLife]:
    """Give what is known of the configured accounts' tokens."""
    kept = {one.account: one for one in credentials.every(conn)}
    for key, account in configured(config).items():
        organisation, channel, name = key
        if registry.has_token(account.settings):
            told = meta.get(conn, noted_under(account))
            if told is not None:
                day, _, reading = told.partition(_READING[0])
                ends = datetime.fromisoformat(day) if day else None
                yield TokenLife(
                    organisation=organisation, channel=channel, account=name, expires_at=ends, reading=bool(reading)
                )
        elif key in kept:
            ends, only_reading = _ends(kept[key], now)
            yield TokenLife(
                organisation=organisation,
                channel=channel,
                account=name,
                expires_at=ends,
                by_login=True,
                reading=only_reading,
            )


def is_renewable(kept: Kept, now: datetime) -> bool:
    """Tell whether tokens are renewed without a person. Instagram's and X's have no last day for that; LinkedIn's do."""
    return kept.refreshable and (kept.refresh_expires_at is None or kept.refresh_expires_at > now)


def _ends(kept: Kept, now: datetime) -> tuple[datetime | None, bool]:
    """Return when tokens end for good: the end of their renewal, or their own end, or that of what Meta tells of people (True)."""
    if is_renewable(kept, now):
        return kept.refresh_expires_at, False
    return _first(kept.expires_at, kept.data_until)


def _first(expires_at: datetime | None, data_until: datetime | None) -> tuple[datetime | None, bool]:
    if data_until is not None and (expires_at is None or data_until < expires_at):
        return data_until, True
    return expires_at, False


def login_command(organisation: str, channel: str, account: str) -> str:
    """Return what connects an account."""
    return f"tiedote login {channel} --org {organisation}" + (f" --account {account}" if account != channel else "")
