"""What is kept no longer: words whose time is over, and people who asked to be forgotten. And the trail of who saw to that.

A row that loses its words stays, so that no count changes. What is selected is selected in a reading transaction and changed by id: over a
million comments that takes a second in which nobody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, delete, false, func, insert, or_, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.sql import Select

from publisher.pseudonyms import unaddressed
from publisher.store import meta, replies, reports
from publisher.store.engine import Store, StoreAway
from publisher.store.models import (
    AccountRow,
    AnnouncementRow,
    AuditRow,
    CommentRow,
    DeliveryRow,
    ForgottenRow,
    ReportRow,
)
from publisher.store.reports import Report
from publisher.store.upsert import insert_for

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_audit = AuditRow.__table__  # type: ignore[attr-defined]
_comments = CommentRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_forgotten = ForgottenRow.__table__  # type: ignore[attr-defined]
_reports = ReportRow.__table__  # type: ignore[attr-defined]

_Item = TypeVar("_Item")
_BATCH = 500
_REWRITE, _AT_ONCE = "rewrite:wanted", "at once"
_PURGED = "purged"

_HAS_WORDS: ColumnElement[bool] = or_(
    _comments.c.text.is_not(None), _comments.c.author_name.is_not(None), _comments.c.author_key.is_not(None)
)


# What is too old


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What may not be kept of an account: words first seen before one moment, or under posts published before another."""

    account_id: int
    seen_before: datetime | None = None
    published_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Comments, by id, that lose their words, their author's name, or their row."""

    words: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()


def find_expired(conn: Connection, limits: Sequence[Limit], created_before: datetime, *, names: bool) -> Expired:
    """Find residents' comments that are kept for too long; `names`: every author's name is."""
    residents = ~_comments.c.own
    words = (
        select(_comments.c.id)
        .outerjoin(_deliveries, _deliveries.c.id == _comments.c.delivery_id)
        .where(residents, _HAS_WORDS, or_(false(), *map(_over, limits)))
    )
    rows = select(_comments.c.id).where(residents, _comments.c.created_at < created_before)
    named = select(_comments.c.id).where(residents, _comments.c.author_name.is_not(None))
    old = frozenset(conn.execute(rows).scalars())
    blanked = frozenset(conn.execute(words).scalars()) - old
    nameless = frozenset(conn.execute(named).scalars()) - old - blanked if names else frozenset()
    return Expired(words=tuple(sorted(blanked)), names=tuple(sorted(nameless)), rows=tuple(sorted(old)))


def _over(limit: Limit) -> ColumnElement[bool]:
    ways = []
    if limit.seen_before is not None:
        ways.append(_comments.c.seen_at < limit.seen_before)
    if limit.published_before is not None:
        # A mention belongs to no post, and is as old as itself.
        since = func.coalesce(_deliveries.c.published_at, _comments.c.created_at)
        ways.append(since < limit.published_before)
    return and_(_comments.c.account_id == limit.account_id, or_(false(), *ways))


def erase_expired(conn: Connection, expired: Expired, now: datetime) -> None:
    """Erase what was found; the counts stay in the snapshots."""
    for some in _batches(expired.words):
        _change(conn, some, text=None, author_name=None, author_key=None)
    for some in _batches(expired.names):
        _change(conn, some, author_name=None)
    for some in _batches(expired.rows):
        conn.execute(delete(_comments).where(_comments.c.id.in_(some)))
    if expired.words or expired.names or expired.rows:
        want_rewriting(conn, now)


def _change(conn: Connection, ids: Sequence[int], **values: object) -> None:
    conn.execute(update(_comments).where(_comments.c.id.in_(ids)).values(values))


def purged_at(conn: Connection) -> datetime | None:
    """Return when the last purge was."""
    return meta.written_at(conn, _PURGED)


def note_purge(conn: Connection, now: datetime) -> None:
    """Note that a purge has been."""
    meta.put(conn, _PURGED, "done", now)


def want_rewriting(conn: Connection, now: datetime) -> None:
    """Note that the database's file still has pieces of what was erased; whoever may write it anew does so."""
    meta.put(conn, _REWRITE, "yes", now)


def hurry_rewriting(conn: Connection) -> None:
    """Note that a person waits for the file to be written anew, if it is to be."""
    wanted_at = meta.written_at(conn, _REWRITE)
    if wanted_at is not None:
        meta.put(conn, _REWRITE, _AT_ONCE, wanted_at)


def rewriting_wanted(conn: Connection) -> datetime | None:
    """Return since when the file is to be written anew; None: it need not be."""
    return meta.written_at(conn, _REWRITE)


def rewriting_hurries(conn: Connection) -> bool:
    """Tell whether a person waits for it."""
    return meta.get(conn, _REWRITE) == _AT_ONCE


def rewritten(conn: Connection, wanted_at: datetime) -> None:
    """Note that the file was written anew, unless something was erased since."""
    if meta.written_at(conn, _REWRITE) == wanted_at:
        meta.drop(conn, _REWRITE)


# Who is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A resident's comment, with all in it that leads to a person."""

    id: int
    account_id: int
    organisation: str
    channel: str
    account: str
    remote_id: str
    author_key: str | None = field(repr=False)
    author_name: str | None = field(repr=False)
    text: str | None = field(repr=False)
    url: str | None = field(repr=False)


def _said(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return (
        select(
            _comments.c.id,
            _comments.c.account_id,
            _accounts.c.organisation,
            _accounts.c.channel,
            _accounts.c.name.label("account"),
            _comments.c.remote_id,
            _comments.c.author_key,
            _comments.c.author_name,
            _comments.c.text,
            _comments.c.url,
        )
        .join(_accounts, _accounts.c.id == _comments.c.account_id)
        .where(~_comments.c.own, *conditions)
        .order_by(_comments.c.id)
    )


def find_said(
    conn: Connection,
    *,
    ids: Collection[int] = (),
    authors: Collection[tuple[int, str]] = (),
    names: Collection[str] = (),
    pseudonyms: Collection[str] = (),
) -> tuple[Said, ...]:
    """Find residents' comments by id, by (account, pseudonym), by a name that is kept, or by a pseudonym on whichever account."""
    conditions = [
        _comments.c.id.in_(list(ids)),
        _comments.c.author_key.in_(list(pseudonyms)),
        _comments.c.author_name.in_(_kept_names(conn, names)),
        *(
            and_(_comments.c.account_id == account_id, _comments.c.author_key == author)
            for account_id, author in authors
        ),
    ]
    rows = conn.execute(_said(or_(*conditions)))
    return tuple(Said(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def _kept_names(conn: Connection, names: Collection[str]) -> list[str]:
    """Give the names that are kept and differ from these in their case at most; SQLite knows no case of Ä, Ö and Å."""
    if not names:
        return []
    wanted = {name.casefold() for name in names}
    kept = conn.execute(select(_comments.c.author_name).where(_comments.c.author_name.is_not(None)).distinct())
    return [name for name in kept.scalars() if name.casefold() in wanted]


def find_remote(conn: Connection, account_id: int, remote_ids: Collection[str]) -> tuple[Said, ...]:
    """Find residents' comments by the network's ids."""
    found: list[Said] = []
    for some in _batches(sorted(remote_ids)):
        rows = conn.execute(_said(_comments.c.account_id == account_id, _comments.c.remote_id.in_(some)))
        found += [Said(**row._mapping) for row in rows]  # noqa: SLF001
    return tuple(found)


def count_residents(conn: Connection) -> dict[str, int]:
    """Count residents' stored comments by network."""
    rows = conn.execute(
        select(_accounts.c.channel, func.count().label("n"))
        .select_from(_comments.join(_accounts, _accounts.c.id == _comments.c.account_id))
        .where(~_comments.c.own)
        .group_by(_accounts.c.channel)
        .order_by(_accounts.c.channel)
    )
    return {row.channel: row.n for row in rows}


def mentioned_in(conn: Connection, name: str) -> tuple[int, ...]:
    """Return the comments, by id, whose words have a name in them."""
    found = _comments.c.text.icontains(name, autoescape=True)
    return tuple(conn.execute(select(_comments.c.id).where(found).order_by(_comments.c.id)).scalars())


def forget(conn: Connection, said: Mapping[int, str], answers: Mapping[tuple[int, str], str], now: datetime) -> None:
    """Take out of comments, by id, all that leads to their author; `said` has what each is called instead.

    `answers`: the new names again, by account and the network's own id: what was written below them goes on standing below them.
    """
    for comment_id, veiled in said.items():
        conn.execute(
            update(_comments)
            .where(_comments.c.id == comment_id)
            .values(
                remote_id=veiled,
                text=None,
                author_name=None,
                author_key=None,
                url=None,
                question=False,
                topics=None,
                done_at=func.coalesce(_comments.c.done_at, now),
            )
        )
    for (account_id, remote_id), veiled in answers.items():
        below = and_(_comments.c.account_id == account_id, _comments.c.parent_remote_id == remote_id)
        for answer in conn.execute(select(_comments.c.id, _comments.c.text).where(below)).all():
            _change(conn, [answer.id], parent_remote_id=veiled, text=answer.text and unaddressed(answer.text))
        replies.rename(conn, account_id, remote_id, veiled, now)
    want_rewriting(conn, now)


def remember_forgotten(conn: Connection, digests: Iterable[str], now: datetime) -> None:
    """Keep what lets a forgotten author or comment be known again."""
    statement = insert_for(conn, _forgotten).on_conflict_do_nothing()
    for digest in digests:
        conn.execute(statement.values(digest=digest, at=now))


def forgotten(conn: Connection) -> frozenset[str]:
    """Return the digests of forgotten authors and comments."""
    return frozenset(conn.execute(select(_forgotten.c.digest)).scalars())


def still_said(conn: Connection, words: str) -> bool:
    """Tell whether another comment or a post of ours holds these words, or this address, too: then finding them proves nothing."""
    places = (
        select(_comments.c.id).where(_comments.c.text.contains(words, autoescape=True)),
        select(_comments.c.id).where(_comments.c.url.contains(words, autoescape=True)),
        select(_comments.c.id).where(_comments.c.remote_id.contains(words, autoescape=True)),
        select(_deliveries.c.id).where(_deliveries.c.url.contains(words, autoescape=True)),
        select(_announcements.c.id).where(_announcements.c.source.contains(words, autoescape=True)),
        select(_deliveries.c.id).where(cast(_deliveries.c.post, Text).contains(words, autoescape=True)),
    )
    return any(conn.execute(place.limit(1)).first() is not None for place in places)


def mail_again(conn: Connection, message_ids: Collection[str], now: datetime) -> None:
    """Let summaries be written anew, by Message-ID."""
    conn.execute(
        update(_reports)
        .where(_reports.c.message_id.in_(list(message_ids)))
        .values(state="due", sent_at=None, not_before=None, error=None, created_at=now, tries=0)
    )


# The trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Who did what when, and to how much."""

    at: datetime
    by: str
    action: str
    numbers: Mapping[str, int]


def note(conn: Connection, *, by: str, action: str, numbers: Mapping[str, int], now: datetime) -> None:
    """Add to the trail; `numbers` count, and name nobody."""
    conn.execute(insert(_audit).values(at=now, by=by, action=action, numbers=dict(numbers)))


def trail(conn: Connection) -> tuple[Trace, ...]:
    """Return the whole trail, oldest first."""
    rows = conn.execute(select(_audit.c.at, _audit.c.by, _audit.c.action, _audit.c.numbers).order_by(_audit.c.id))
    return tuple(Trace(**row._mapping) for row in rows)  # noqa: SLF001


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliving:
    """What an older copy in a database's place must know as well: whom that has forgotten, who saw to what, who has had which mail."""

    forgotten: frozenset[str] = field(default=frozenset(), repr=False)
    trail: tuple[Trace, ...] = ()
    mailed: tuple[Report, ...] = ()


def what_outlives(store: Store) -> Outliving:
    """Read it from a database that is put aside; nothing where that cannot be read."""
    with suppress(DatabaseError, StoreAway), store.read() as conn:
        return Outliving(forgotten=forgotten(conn), trail=trail(conn), mailed=reports.list_mailed(conn))
    return Outliving()


def take_over(conn: Connection, known: Outliving, now: datetime) -> None:
    """Add what a database that is put aside knew, and the one in its place does not."""
    remember_forgotten(conn, known.forgotten, now)
    _take_over_trail(conn, known.trail)
    for report in known.mailed:
        reports.take_over(conn, report)


def _take_over_trail(conn: Connection, known: Sequence[Trace]) -> None:
    here = {(one.at, one.by, one.action) for one in trail(conn)}
    for one in known:
        if (one.at, one.by, one.action) not in here:
            note(conn, by=one.by, action=one.action, numbers=one.numbers, now=one.at)


def _batches(items: Sequence[_Item]) -> Iterable[Sequence[_Item]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
