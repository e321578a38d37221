"""Mails to a person about one cause: raised inside the transaction that saw the cause, sent later by the mailing worker.

A notice is unique for its cause, its day (UTC) and its recipient, so a cause that lasts says so once a day and never more. What became of
single posts is raised for each; those that one outage met on an account, and that wait to be mailed, go out as one mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from publisher.store.models import NoticeRow
from publisher.store.upsert import insert_for

_notices = NoticeRow.__table__  # type: ignore[attr-defined]  # SQLModel gives it at run time

DUE = "due"
SENDING = "sending"
"""It is being handed over. One that is found like this after its lease was perhaps taken, for its sender died: it is sent once more."""
UNCLEAR = "unclear"
"""It was handed over and the answer was lost; it is sent once more."""
RESENDING = "resending"
"""It is being handed over that once more. One that is found like this after its lease is not sent a third time."""
WAITING = (DUE, SENDING, UNCLEAR, RESENDING)
"""The states of a mail that is not settled."""


class NoticeKind(StrEnum):
    """What a notice is about; `mail.notices` words each."""

    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    MISSED = "missed"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    QUEUE_GONE = "queue_gone"
    EDITED_AFTER = "edited_after"
    EXPIRED = "expired"
    OVER_BUDGET = "over_budget"
    READING_STOPPED = "reading_stopped"
    DIFFERS = "differs"
    HELD = "held"
    BEHIND = "behind"
    LINK_DOWN = "link_down"
    PREFLIGHT = "preflight"
    AWAITING_APPROVAL = "awaiting_approval"
    DRAFTS = "drafts"
    FEED_TROUBLE = "feed_trouble"
    QUEUE_NOT_PULLED = "queue_not_pulled"
    RECONNECT = "reconnect"
    DISK_FULL = "disk_full"
    DATABASE_AWAY = "database_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice that is to be sent. `message_id` is '' before the first try; `also`: the params of others that this mail tells as well.

    `state`: see `WAITING`; taking one leaves it as it is.
    """

    id: int
    cause: str
    kind: NoticeKind
    params: Mapping[str, str]
    recipient: str
    language: str
    message_id: str
    tries: int
    created_at: datetime
    state: str = DUE
    also: tuple[Mapping[str, str], ...] = ()


_TOGETHER = frozenset({NoticeKind.FAILED, NoticeKind.UNCONFIRMED})
_ALIKE = ("organisation", "channel", "account", "error_kind", "detail", "url")
"""What such notices have in common when one cause is behind them. What is out already has an address, and is told by itself."""
MOST_TOGETHER = 50
"""Each is named in the mail, for each is settled by its number."""


def raise_notice(
    conn: Connection,
    *,
    cause: str,
    kind: NoticeKind,
    params: Mapping[str, str],
    recipients: Sequence[tuple[str, str]],
    now: datetime,
    once: bool = False,
) -> int:
    """Note down a mail to each of `recipients` (address, language), unless one about `cause` was raised today, or with `once` ever.

    `params` become words of the mail: plain strings, nothing secret, no resident's words. Returns how many are new.
    """
    if once and conn.execute(select(_notices.c.id).where(_notices.c.cause == cause).limit(1)).first():
        return 0
    rows = [_row(cause, kind, params, address, language, now) for address, language in recipients]
    statement = insert_for(conn, _notices).on_conflict_do_nothing(index_elements=["cause", "day", "recipient"])
    return sum(conn.execute(statement.values(row).returning(_notices.c.id)).first() is not None for row in rows)


def _row(
    cause: str, kind: NoticeKind, params: Mapping[str, str], address: str, language: str, now: datetime
) -> dict[str, object]:
    return {
        "cause": cause,
        "day": now.date().isoformat(),
        "recipient": address,
        "language": language,
        "body": {"kind": str(kind), "params": {key: str(value) for key, value in params.items()}},
        "message_id": "",
        "state": DUE,
        "created_at": now,
    }


def claim_notice(conn: Connection, now: datetime, lease: timedelta) -> Notice | None:
    """Take the oldest notice that is to be sent now, for as long as `lease`; None when there is none.

    A notice whose sender died is taken again after its lease, with the same Message-ID.
    """
    waiting = and_(_notices.c.state.in_(WAITING), or_(_notices.c.not_before.is_(None), _notices.c.not_before <= now))
    found = conn.execute(select(_notices).where(waiting).order_by(_notices.c.id).limit(1)).first()
    if found is None:
        return None
    taken = conn.execute(
        update(_notices).where(_notices.c.id == found.id, waiting).values(not_before=now + lease, tries=found.tries + 1)
    )
    if not taken.rowcount:
        return None
    return _notice(found, _joined(conn, found))


def _joined(conn: Connection, first: Row[tuple[object, ...]]) -> Mapping[str, Any]:
    """Take along what is alike and was never tried; return what the mail says. It stays so for every later try."""
    body: Mapping[str, Any] = first.body
    if first.tries or body["kind"] not in _TOGETHER:
        return body
    waiting = conn.execute(
        select(_notices.c.id, _notices.c.body)
        .where(
            _notices.c.recipient == first.recipient,
            _notices.c.state == DUE,
            _notices.c.tries == 0,
            _notices.c.id != first.id,
        )
        .order_by(_notices.c.id)
    )
    alike = [row for row in waiting if _cause(row.body) == _cause(body)][: MOST_TOGETHER - 1]
    if not alike:
        return body
    whole = {**body, "also": [row.body["params"] for row in alike]}
    conn.execute(update(_notices).where(_notices.c.id == first.id).values(body=whole))
    conn.execute(update(_notices).where(_notices.c.id.in_([row.id for row in alike])).values(state="joined"))
    return whole


def _cause(body: Mapping[str, Any]) -> tuple[str, ...]:
    return (body["kind"], *(body["params"].get(name, "") for name in _ALIKE))


def _notice(row: Row[tuple[object, ...]], body: Mapping[str, Any]) -> Notice:
    return Notice(
        id=row.id,
        cause=row.cause,
        kind=NoticeKind(body["kind"]),
        params=body["params"],
        recipient=row.recipient,
        language=row.language,
        message_id=row.message_id,
        tries=row.tries + 1,
        created_at=row.created_at,
        state=row.state,
        also=tuple(body.get("also", ())),
    )


def keep_message_id(conn: Connection, notice_id: int, message_id: str) -> None:
    """Fix the Message-ID before the first try, so that every later try is the same mail."""
    conn.execute(
        update(_notices).where(_notices.c.id == notice_id, _notices.c.message_id == "").values(message_id=message_id)
    )


def notice_leaves(conn: Connection, notice_id: int, state: str) -> None:
    """Note that it is handed over now, before it is; for `state` see `leaving_state`."""
    conn.execute(update(_notices).where(_notices.c.id == notice_id).values(state=state))


def notice_sent(conn: Connection, notice_id: int, now: datetime) -> None:
    """The mail server took it."""
    conn.execute(
        update(_notices)
        .where(_notices.c.id == notice_id)
        .values(state="sent", sent_at=now, not_before=None, error=None)
    )


def notice_overtaken(conn: Connection, notice_id: int) -> None:
    """Its cause has gone before it could be mailed: nobody needs to hear of it."""
    conn.execute(update(_notices).where(_notices.c.id == notice_id).values(state="overtaken", not_before=None))


def notice_failed(
    conn: Connection, row_id: int, error: str, not_before: datetime | None, *, unclear: bool = False
) -> None:
    """It was not taken, or with `unclear` nobody knows: again at `not_before`, or never when None."""
    state = failed_state(not_before, unclear=unclear)
    conn.execute(
        update(_notices).where(_notices.c.id == row_id).values(state=state, error=error, not_before=not_before)
    )


def leaving_state(before: str) -> str:
    """Name the state of a mail that is handed over: whether that is for the first time, as far as anybody knows."""
    return SENDING if before == DUE else RESENDING


def failed_state(not_before: datetime | None, *, unclear: bool) -> str:
    """Name the state of a mail that was not taken: again at `not_before`, or never when None; `unclear`: nobody knows."""
    if not_before is None:
        return "perhaps" if unclear else "given_up"
    return UNCLEAR if unclear else DUE
