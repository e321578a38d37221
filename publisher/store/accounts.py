"""How each account stands: what was seen of it, and when it may be used again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select, update

from publisher.store import meta
from publisher.store.models import AccountRow, DeliveryRow

_ACCOUNTS = AccountRow.__table__  # type: ignore[attr-defined]
_DELIVERIES = DeliveryRow.__table__  # type: ignore[attr-defined]

LONGEST_STOP = timedelta(hours=72)
"""For how long at most a blocked account stops the clocks of what waits for it (interface, section 4)."""

_WAITING = ("scheduled", "retrying", "publishing", "confirming")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """An account as the database knows it."""

    id: int
    organisation: str
    channel: str
    name: str
    first_seen: datetime
    looked_at: datetime | None
    not_before: datetime | None
    blocked_kind: str | None
    blocked_detail: str | None
    blocked_since: datetime | None
    troubles: int
    collected_at: datetime | None
    collect_after: datetime | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Organisation, channel and name."""
        return (self.organisation, self.channel, self.name)


def _state(row: object) -> AccountState:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's public name for it
    return AccountState(**values)


def list_accounts(conn: Connection) -> tuple[AccountState, ...]:
    """Return every account that was ever configured."""
    return tuple(_state(row) for row in conn.execute(select(_ACCOUNTS).order_by(_ACCOUNTS.c.id)))


def blocked(conn: Connection, keys: Iterable[tuple[str, str, str]]) -> tuple[AccountState, ...]:
    """Return which of these accounts, by organisation, channel and name, are blocked until somebody mends something."""
    wanted = set(keys)
    return tuple(one for one in list_accounts(conn) if one.blocked_kind is not None and one.key in wanted)


def get_account(conn: Connection, account_id: int) -> AccountState:
    """Return one account."""
    return _state(conn.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id)).one())


def remember_accounts(
    conn: Connection, keys: Iterable[tuple[str, str, str]], now: datetime
) -> dict[tuple[str, str, str], AccountState]:
    """Note accounts that are new in the configuration; return all by key.

    One that was first seen in the future was so by a clock that has been put right since: it is new now, or it would take nothing that
    is written before then.
    """
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.first_seen > now).values(first_seen=now))
    known = {account.key: account for account in list_accounts(conn)}
    fresh = [key for key in keys if key not in known]
    if fresh:
        conn.execute(
            insert(_ACCOUNTS),
            [{"organisation": o, "channel": c, "name": n, "first_seen": now, "troubles": 0} for o, c, n in fresh],
        )
        known = {account.key: account for account in list_accounts(conn)}
    return known


def to_probe(conn: Connection, now: datetime) -> frozenset[int]:
    """Return the blocked accounts that may be asked whether they are well again."""
    return frozenset(
        conn.execute(
            select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.blocked_kind.is_not(None), _ACCOUNTS.c.not_before <= now)
        ).scalars()
    )


def probe_now(conn: Connection, now: datetime) -> None:
    """A new start, or a person's word: blocked accounts may have been mended."""
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.blocked_kind.is_not(None)).values(not_before=now))


def note_trouble(conn: Connection, account_id: int) -> int:
    """Count a lost answer or an outage; return how many there were in a row."""
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(troubles=_ACCOUNTS.c.troubles + 1))
    return get_account(conn, account_id).troubles


def calm(conn: Connection, account_id: int) -> None:
    """The network answered well: what went before does not count any more."""
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id, _ACCOUNTS.c.troubles > 0).values(troubles=0))


def mark_looked(conn: Connection, account_id: int, now: datetime) -> None:
    """Note that the account's own posts were compared with what is to be sent."""
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(looked_at=now))
    meta.drop(conn, _look_key(account_id))


def look_again(conn: Connection, since: datetime, now: datetime) -> None:
    """Have every account looked at before the next send, back to `since`; one that was not looked at yet stays as it is."""
    ids = list(conn.execute(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.looked_at.is_not(None))).scalars())
    for account_id in ids:
        meta.put(conn, _look_key(account_id), since.isoformat(), now)
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id.in_(ids)).values(looked_at=None))


def look_since(conn: Connection, account_id: int) -> datetime | None:
    """Return how far back the account is to be looked at; None: as far as ever."""
    noted = meta.get(conn, _look_key(account_id))
    return datetime.fromisoformat(noted) if noted is not None else None


def mark_checked(conn: Connection, account_id: int, stamp: str, now: datetime) -> None:
    """Note that the network has told whose the token of this name is."""
    meta.put(conn, f"checked:{account_id}", stamp, now)


def checked_token(conn: Connection, account_id: int) -> str | None:
    """Return the name of the token that was last found to be the account's own."""
    return meta.get(conn, f"checked:{account_id}")


def _look_key(account_id: int) -> str:
    return f"look_since:{account_id}"


def rest(conn: Connection, account_id: int, until: datetime, now: datetime, *, announced: bool) -> None:
    """Use the account no more before `until`; a wait that the network announced stops the clocks of what is waiting."""
    known = get_account(conn, account_id).not_before
    if known is not None and known >= until:
        return
    conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(not_before=until))
    if announced:
        # Several posts may be told of the same reset: the time until then counts once.
        _stop_clocks(conn, account_id, max(now, known or now), min(until, now + LONGEST_STOP))


def block(conn: Connection, account_id: int, kind: str, detail: str, probe_at: datetime, now: datetime) -> bool:
    """Pause the account until a person has acted; tell whether it was fine before. `probe_at`: when to look whether it is well again."""
    account = get_account(conn, account_id)
    first = account.blocked_kind is None
    conn.execute(
        update(_ACCOUNTS)
        .where(_ACCOUNTS.c.id == account_id)
        .values(
            blocked_kind=kind,
            blocked_detail=detail,
            blocked_since=now if first else account.blocked_since,
            not_before=probe_at,
        )
    )
    return first


def unblock(conn: Connection, account_id: int, now: datetime) -> bool:
    """The account works again; what waited for it gets back the time that the block took. One that only rests for a limit rests on."""
    account = get_account(conn, account_id)
    if account.blocked_kind is None and account.troubles == 0:
        conn.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(collect_after=None))
        return False
    conn.execute(
        update(_ACCOUNTS)
        .where(_ACCOUNTS.c.id == account_id)
        .values(
            blocked_kind=None, blocked_detail=None, blocked_since=None, not_before=None, collect_after=None, troubles=0
        )
    )
    if account.blocked_since is not None:
        over = min(now, account.blocked_since + LONGEST_STOP)
        _stop_clocks(conn, account_id, account.blocked_since, over)
        _stop_doubts(conn, account_id, account.blocked_since, over)
        conn.execute(update(_DELIVERIES).where(_is_waiting(account_id)).values(not_before=None))
    return account.blocked_kind is not None


def _stop_clocks(conn: Connection, account_id: int, start: datetime, end: datetime) -> None:
    """Move the deadlines of what was due while the account could not be used."""
    if end <= start:
        return
    rows = conn.execute(
        select(_DELIVERIES.c.id, _DELIVERIES.c.due_at, _DELIVERIES.c.late_after, _DELIVERIES.c.refused_since).where(
            _is_waiting(account_id), _DELIVERIES.c.due_at < end
        )
    ).all()
    moved = [
        {
            "row": row.id,
            "late": row.late_after + gained if row.late_after else None,
            "refused": row.refused_since + gained if row.refused_since else None,
        }
        for row in rows
        for gained in [end - max(start, row.due_at)]
    ]
    if moved:
        conn.execute(
            update(_DELIVERIES)
            .where(_DELIVERIES.c.id == bindparam("row"))
            .values(late_after=bindparam("late"), refused_since=bindparam("refused")),
            moved,
        )


def _stop_doubts(conn: Connection, account_id: int, start: datetime, end: datetime) -> None:
    """Nothing that was lost could be looked for meanwhile: what was left of the time for looking is left after it."""
    rows = conn.execute(
        select(_DELIVERIES.c.id, _DELIVERIES.c.doubt_ended).where(
            _DELIVERIES.c.account_id == account_id,
            _DELIVERIES.c.state == "confirming",
            _DELIVERIES.c.doubt_ended < end,
        )
    ).all()
    moved = [{"row": row.id, "ended": row.doubt_ended + (end - max(start, row.doubt_ended))} for row in rows]
    if moved:
        conn.execute(
            update(_DELIVERIES).where(_DELIVERIES.c.id == bindparam("row")).values(doubt_ended=bindparam("ended")),
            moved,
        )


def _is_waiting(account_id: int) -> ColumnElement[bool]:
    return and_(_DELIVERIES.c.account_id == account_id, _DELIVERIES.c.state.in_(_WAITING))
