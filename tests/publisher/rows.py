"""Accounts and published posts as the database holds them, for tests that begin after publishing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from publisher.model import State
from publisher.store import Connection, Store, accounts
from publisher.store.accounts import AccountState
from publisher.store.models import AnnouncementRow, CommentRow, DeliveryRow, SnapshotRow

ANNOUNCEMENTS, COMMENTS, DELIVERIES, SNAPSHOTS = (
    row.__table__  # type: ignore[union-attr]  # SQLModel gives it at run time
    for row in (AnnouncementRow, CommentRow, DeliveryRow, SnapshotRow)
)


def an_account(store: Store, now: datetime, channel: str = "facebook", organisation: str = "hausjarvi") -> AccountState:
    key = (organisation, channel, channel)
    with store.write() as conn:
        return accounts.remember_accounts(conn, [key], now)[key]


def a_delivery(
    store: Store,
    account: AccountState,
    now: datetime,
    *,
    announcement: str = "rakennuslupa",
    title: str | None = "Rakennuslupa verkossa",
    state: State = State.PUBLISHED,
    **columns: Any,
) -> int:
    with store.write() as conn:
        _an_announcement(conn, announcement, title, now)
        values = {
            "announcement": announcement,
            "occurrence": 1,
            "organisation": account.organisation,
            "channel": account.channel,
            "account": account.name,
            "account_id": account.id,
            "language": "fi",
            "state": str(state),
            "due_at": now,
            "due_wall": "",
            "token": 0,
            "post": {},
            "fingerprint": "",
            "repost": False,
            "attempts": 1,
            "looks": 0,
            "ever_in_doubt": False,
            "created_at": now,
            "updated_at": now,
        }
        row = conn.execute(insert(DELIVERIES).values(**values | columns).returning(DELIVERIES.c.id))
        return int(row.scalar_one())


def a_post(store: Store, account: AccountState, now: datetime, remote_id: str = "post-1", **columns: Any) -> int:
    """A delivery that is out since `now`."""
    return a_delivery(
        store, account, now, remote_id=remote_id, url=f"https://example.org/{remote_id}", published_at=now, **columns
    )


def _an_announcement(conn: Connection, key: str, title: str | None, now: datetime) -> None:
    if conn.execute(select(ANNOUNCEMENTS.c.id).where(ANNOUNCEMENTS.c.key == key)).first() is None:
        conn.execute(
            insert(ANNOUNCEMENTS).values(
                key=key,
                file=f"{key}.yaml",
                title=title,
                content_hash=key,
                source="",
                first_seen=now,
                edited_at=now,
                broken=False,
                edited_after=False,
            )
        )


def snapshots(store: Store) -> list[tuple[object, ...]]:
    """Every snapshot in order: reactions, comments, shares, views."""
    columns = [SNAPSHOTS.c[name] for name in ("reactions", "comments", "shares", "views")]
    with store.read() as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(SNAPSHOTS.c.id))]


def comment_rows(store: Store) -> dict[str, Any]:
    """Every stored comment by its remote id."""
    with store.read() as conn:
        return {row.remote_id: row for row in conn.execute(select(COMMENTS))}
