"""Who hears of what: the notices that no single worker raises, and the people they go to.

late      missed or expired, all of a moment in one mail to each person: after a night without power that is one cause
held      due, and waiting for a person before anything is sent; once for each announcement and reason
token     an account whose token ends and that a person must connect again: 14, 7 and 2 days before
behind    an account whose posts could not be read back for a day, once a day while it lasts

What fails, stays in doubt or is blocked is told by the worker that met it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from publisher.collection import why_unread
from publisher.config import Config, configured, everybody
from publisher.delivery import about
from publisher.lifetimes import known, login_command
from publisher.store import Connection, meta, reports
from publisher.store.announcements import contacts
from publisher.store.deliveries import DeliveryView, Key, Setback
from publisher.store.notices import NoticeKind, raise_notice

BEHIND_AFTER = timedelta(days=1)
"""Old posts are read once a day, so a day without a reading is more than a pause; and residents have waited a day for an answer."""

_TOLD_ELSEWHERE = frozenset({"file_broken", "over_budget"})
"""Why something is held that whoever held it has told."""

Audience = list[tuple[str, str]]


def tell_late(conn: Connection, config: Config, late: Iterable[DeliveryView], now: datetime) -> None:
    """Tell of deliveries that were given up just now."""
    concerns: dict[tuple[NoticeKind, tuple[str, str]], list[DeliveryView]] = {}
    for one in late:
        for person in _audience(conn, config, one.key):
            concerns.setdefault((NoticeKind(one.state), person), []).append(one)
    for (kind, person), these in concerns.items():
        cause = f"{kind}:{these[0].name}" + (f"+{len(these) - 1}" if these[1:] else "")
        _tell(conn, cause, kind, these, [person], now)


def tell_held(conn: Connection, config: Config, held: Iterable[DeliveryView], now: datetime) -> None:
    """Tell of deliveries that are due and wait for a person."""
    alike: dict[str, list[DeliveryView]] = {}
    for one in held:
        if one.error_kind not in _TOLD_ELSEWHERE:
            alike.setdefault(f"held:{one.key.announcement}@{one.key.occurrence}:{one.error_kind}", []).append(one)
    for cause, these in alike.items():
        people = dict(person for one in these for person in _audience(conn, config, one.key))
        _tell(conn, cause, NoticeKind.HELD, these, list(people.items()), now, once=True)


def tell_behind(conn: Connection, config: Config, now: datetime) -> None:
    """Tell of accounts whose posts could not be read back for a day. One that lets nobody in, or costs too much, is told as that."""
    accounts = configured(config)
    for organisation in config.organisations:
        for unread in reports.list_troubled_accounts(
            conn, organisation, read_before=now - BEHIND_AFTER, tracked_since=now - config.collection.track_for
        ):
            account = accounts.get((organisation, unread.channel, unread.name))
            why = why_unread(conn, (organisation, unread.channel, unread.name))
            if account is None or unread.blocked_kind is not None or why.told:
                continue
            raise_notice(
                conn,
                cause=f"behind:{organisation}:{account.channel}:{account.name}",
                kind=NoticeKind.BEHIND,
                params={
                    "organisation": organisation,
                    "channel": account.channel,
                    "account": account.name,
                    "error_kind": why.kind,
                    "detail": why.detail,
                    "since": (unread.collected_at or unread.first_seen).isoformat(),
                },
                recipients=everybody(config, account.owner),
                now=now,
            )


WARN_AT = (2, 7, 14)
"""So many days before a person must act, they are told."""


def tell_token_ends(conn: Connection, config: Config, now: datetime) -> None:
    """Tell of accounts that must be connected again by a person: once at 14, 7 and 2 days, never again for the same date."""
    for life in known(conn, config, now):
        if life.expires_at is None or life.expires_at <= now:
            continue
        stage = next((days for days in WARN_AT if life.expires_at - now <= timedelta(days=days)), None)
        account = configured(config).get((life.organisation, life.channel, life.account))
        if stage is None or account is None:
            continue
        login = login_command(life.organisation, life.channel, life.account) if life.by_login else ""
        raise_notice(
            conn,
            cause=f"token_ends:{life.organisation}:{life.channel}:{life.account}:{life.expires_at.date()}:{stage}",
            kind=NoticeKind.RECONNECT,
            params={
                "organisation": life.organisation,
                "channel": life.channel,
                "account": life.account,
                "due": life.expires_at.isoformat(),
                "login": login,
                "reading": "yes" if life.reading else "",
            },
            recipients=everybody(config, account.owner),
            now=now,
            once=True,
        )


NOT_PULLED = "queue_not_pulled"
"""Since when the queue could not be brought up to date."""


def tell_not_pulled(conn: Connection, config: Config, code: str, detail: str, now: datetime) -> None:
    """Tell that the queue could not be brought up to date for an hour, once a day while it lasts; what a person must mend, at once."""
    since = meta.written_at(conn, NOT_PULLED)
    if since is None:
        meta.put(conn, NOT_PULLED, code, now)
        since = now
    if code in _PASSES and now - since < PULL_FAILS_FOR:
        return
    raise_notice(
        conn,
        cause=NOT_PULLED,
        kind=NoticeKind.QUEUE_NOT_PULLED,
        params={
            "since": since.isoformat(),
            "detail": detail,
            "branch": config.branch or "",
            "folder": str(config.queue),
        },
        recipients=everybody(config),
        now=now,
    )


PULL_FAILS_FOR = timedelta(hours=1)
_PASSES = frozenset({"unreachable", "too_slow"})


def _audience(conn: Connection, config: Config, key: Key) -> Audience:
    account = configured(config).get((key.organisation, key.channel, key.account))
    return everybody(config, contacts(conn).get(key.announcement), account.owner if account else None)


def _tell(
    conn: Connection,
    cause: str,
    kind: NoticeKind,
    these: Sequence[DeliveryView],
    people: Audience,
    now: datetime,
    *,
    once: bool = False,
) -> None:
    first = these[0]
    setback = Setback(kind=first.error_kind or str(kind), detail=first.error_detail or "")
    params = about(first.key, first.id, first.title, first.text, first.due_at, first.url, setback)
    if these[1:]:
        params |= {"items": "\n".join(_item(one) for one in these), "count": str(len(these))}
    raise_notice(conn, cause=cause, kind=kind, params=params, recipients=people, now=now, once=once)


def _item(one: DeliveryView) -> str:
    """Write a delivery as one line of a notice; `mail.alerts` reads it."""
    title = " ".join((one.title or one.text.strip().splitlines()[0][:80]).split())
    due = one.due_at.isoformat() if one.due_at else ""
    return f"{one.name}\t{title}\t{one.key.channel}\t{one.key.account}\t{due}"
