"""Tokens that `login` got, a row for each account. What is secret comes here closed already; dates and scopes stand beside it in clear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from publisher.store.models import CredentialRow

_CREDENTIALS = CredentialRow.__table__  # type: ignore[attr-defined]
AccountKey = tuple[str, str, str]
"""Organisation, channel, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row. `closed`: the secrets; `key_name`: what they are closed with. `serial` grows at every change, `by`: flow that got them."""

    account: AccountKey
    serial: int
    closed: str
    key_name: str
    flow: str
    account_id: str
    name: str
    page_id: str | None
    scopes: tuple[str, ...]
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    data_until: datetime | None
    refreshable: bool
    """It has what renews it without a person; the secret itself is in `closed`."""
    obtained_at: datetime
    login_at: datetime
    """When a person last logged in; a renewal leaves it."""


def keep(conn: Connection, kept: Kept) -> None:
    """Keep a new login's tokens in the place of what was there. `serial` is set here."""
    # Never a number that was there before a logout: whoever holds the earlier token must notice.
    serial = max((serial_of(conn, kept.account) or 0) + 1, int(kept.login_at.timestamp()))
    forget(conn, kept.account)
    organisation, channel, account = kept.account
    conn.execute(
        insert(_CREDENTIALS).values(
            organisation=organisation,
            channel=channel,
            account=account,
            serial=serial,
            login_at=kept.login_at,
            **_values(kept),
        )
    )


def replace_if(conn: Connection, kept: Kept, serial: int) -> bool:
    """Put renewed tokens in the place of those of `serial`; tells whether these were still there."""
    done = conn.execute(
        update(_CREDENTIALS)
        .where(*_is(kept.account), _CREDENTIALS.c.serial == serial)
        .values(serial=serial + 1, **_values(kept))
    )
    return bool(done.rowcount)


def reseal(conn: Connection, account: AccountKey, serial: int, closed: str, key_name: str) -> bool:
    """Close the same tokens with another key; the serial stays. Tells whether they were still there."""
    done = conn.execute(
        update(_CREDENTIALS)
        .where(*_is(account), _CREDENTIALS.c.serial == serial)
        .values(closed=closed, key_name=key_name)
    )
    return bool(done.rowcount)


def find(conn: Connection, account: AccountKey) -> Kept | None:
    """Return what is kept of an account."""
    row = conn.execute(select(_CREDENTIALS).where(*_is(account))).one_or_none()
    return _kept(row) if row is not None else None


def every(conn: Connection) -> tuple[Kept, ...]:
    """Return all, by account."""
    order = (_CREDENTIALS.c.organisation, _CREDENTIALS.c.channel, _CREDENTIALS.c.account)
    return tuple(_kept(row) for row in conn.execute(select(_CREDENTIALS).order_by(*order)))


def serial_of(conn: Connection, account: AccountKey) -> int | None:
    """Return which tokens of an account are the present ones, without reading them; None: there are none."""
    return conn.execute(select(_CREDENTIALS.c.serial).where(*_is(account))).scalar_one_or_none()


def forget(conn: Connection, account: AccountKey) -> bool:
    """Forget an account's tokens; tells whether there were any."""
    return bool(conn.execute(delete(_CREDENTIALS).where(*_is(account))).rowcount)


def _is(account: AccountKey) -> tuple[ColumnElement[bool], ...]:
    organisation, channel, name = account
    table = _CREDENTIALS.c
    return (table.organisation == organisation, table.channel == channel, table.account == name)


def _values(kept: Kept) -> dict[str, object]:
    return {
        "closed": kept.closed,
        "key_name": kept.key_name,
        "flow": kept.flow,
        "account_id": kept.account_id,
        "name": kept.name,
        "page_id": kept.page_id,
        "scopes": " ".join(kept.scopes),
        "expires_at": kept.expires_at,
        "refresh_expires_at": kept.refresh_expires_at,
        "data_until": kept.data_until,
        "refreshable": kept.refreshable,
        "obtained_at": kept.obtained_at,
    }


def _kept(row: object) -> Kept:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's public name for it
    account = (values.pop("organisation"), values.pop("channel"), values.pop("account"))
    return Kept(account=account, scopes=tuple(values.pop("scopes").split()), **values)
