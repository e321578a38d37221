"""What residents did: comments, and snapshots of each post's counters.

Snapshots are append-only. Comments follow the network: what is changed or gone there is changed or gone here. A comment is known by its
account and its remote id, so a page that is read twice is stored once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from itertools import combinations, islice
from operator import attrgetter
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.sql import Select

from channels import registry
from publisher.store import readings
from publisher.store.deliveries import parts_of
from publisher.store.models import AccountRow, AnnouncementRow, CommentRow, DeliveryRow, SnapshotRow
from publisher.store.readings import Reading
from publisher.store.upsert import insert_in, write_many

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_announcements = AnnouncementRow.__table__  # type: ignore[attr-defined]
_comments = CommentRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_snapshots = SnapshotRow.__table__  # type: ignore[attr-defined]

_Item = TypeVar("_Item")

_BATCH = 500
"""Below the number of bound values that every SQLite takes in one statement."""

GONE = "post_gone"
"""`error_kind` of a published delivery whose post is no longer on the network."""

TOPICS = ("idea", "thanks", "inappropriate")
"""What a comment may look like beside a question; `topics` has them in this order."""

COUNTED = ("comment", "reply")
"""Kinds that a post's number of comments counts; quotes are among its shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedPost:
    """A published post and what is known of it.

    `parts`: the further posts of a thread. `last` and `previous`: the newest two numbers of comments that the network told, our own
    included but for those parts; None where unknown.
    """

    delivery_id: int
    remote_id: str
    parts: tuple[str, ...] = ()
    published_at: datetime
    gone: bool
    read_at: datetime | None
    last: int | None
    previous: int | None
    reactions: int | None
    """All kinds together, when it was last read."""
    kept: Kept
    before: Counters | None = None
    """Its counters when it was last read."""
    reading: Reading | None = None
    """How far its comments have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many comments and replies of a post are stored: residents' and our own. `direct`: those of both that answer the post itself."""

    residents: int = 0
    own: int = 0
    direct: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """A post's counters; None: the network does not tell. `comments` are residents' alone, `told_comments` what the network said."""

    delivery_id: int
    reactions: Mapping[str, int] | None
    comments: int | None
    told_comments: int | None = None
    shares: int | None
    quotes: int | None = None
    views: int | None
    clicks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A comment as it is to be stored. `delivery_id` None: a mention that belongs to no post."""

    delivery_id: int | None
    remote_id: str
    parent_remote_id: str | None
    kind: str
    author_key: str | None
    author_name: str | None = field(repr=False)
    text: str | None = field(repr=False)
    url: str | None
    created_at: datetime
    own: bool
    question: bool
    topics: str | None = None
    """What else it looks like: of `TOPICS`, apart by spaces."""
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownComment:
    """A stored comment, without its words."""

    id: int
    delivery_id: int | None
    remote_id: str
    parent_remote_id: str | None
    kind: str
    own: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """A comment as people are shown it. `url` leads to the comment, or to its post where the network gives no address of its own.

    `announcement` None: a mention of the account that belongs to no post. `hidden`: on the network, where that tells.
    """

    id: int
    organisation: str
    channel: str
    account: str
    announcement: str | None
    title: str | None
    remote_id: str
    parent_remote_id: str | None
    kind: str
    author: str | None = field(repr=False)
    text: str | None = field(repr=False)
    created_at: datetime
    url: str | None
    answered: bool
    question: bool
    hidden: bool
    service: str | None
    topics: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostResult:
    """A published post with its newest counters; `as_of` None: not read yet."""

    delivery_id: int
    announcement: str
    title: str | None
    service: str | None = None
    organisation: str
    channel: str
    account: str
    language: str
    remote_id: str
    url: str | None
    published_at: datetime
    as_of: datetime | None
    reactions: Mapping[str, int] | None
    comments: int | None
    shares: int | None
    views: int | None
    clicks: int | None


# Collecting


def tracked_posts(
    conn: Connection, account_id: int, since: datetime, *, gone_since: datetime | None = None
) -> tuple[TrackedPost, ...]:
    """Return the account's posts that were published at `since` or later, newest first.

    Of those that are gone from the network only what is so since `gone_since`; None: none of them.
    """
    wanted = [_deliveries.c.account_id == account_id, _is_out(), _deliveries.c.published_at >= since]
    there = _deliveries.c.error_kind.is_distinct_from(GONE)
    wanted.append(there if gone_since is None else or_(there, _deliveries.c.updated_at >= gone_since))
    rows = conn.execute(
        select(_deliveries.c.id, _deliveries.c.remote_id, _deliveries.c.published_at, _deliveries.c.error_kind)
        .where(*wanted)
        .order_by(_deliveries.c.published_at.desc(), _deliveries.c.id.desc())
    ).all()
    ids = [row.id for row in rows]
    kept, parts, read = kept_comments(conn, ids), parts_of(conn, account_id), readings.of_posts(conn, ids)
    return tuple(
        replace(
            _tracked(row, _newest_two(conn, row.id), kept.get(row.id, Kept())),
            parts=parts.get(row.id, ()),
            reading=read.get(row.id),
        )
        for row in rows
    )


def _tracked(row: Row[tuple[object, ...]], newest: Sequence[Row[tuple[object, ...]]], kept: Kept) -> TrackedPost:
    last = newest[0] if newest else None
    return TrackedPost(
        delivery_id=row.id,
        remote_id=row.remote_id,
        published_at=row.published_at,
        gone=row.error_kind == GONE,
        read_at=last.at if last else None,
        last=last.told_comments if last else None,
        previous=newest[1].told_comments if len(newest) > 1 else None,
        reactions=sum(last.reactions.values()) if last and last.reactions is not None else None,
        kept=kept,
        before=Counters(delivery_id=row.id, **{name: getattr(last, name) for name in _COUNTERS}) if last else None,
    )


_COUNTERS = ("reactions", "comments", "told_comments", "shares", "quotes", "views", "clicks")


def _newest_two(conn: Connection, delivery_id: int) -> Sequence[Row[tuple[object, ...]]]:
    # One index look-up a post: a window function over all of them would read every snapshot there is.
    return conn.execute(
        select(*(_snapshots.c[name] for name in ("at", *_COUNTERS)))
        .where(_snapshots.c.delivery_id == delivery_id)
        .order_by(_snapshots.c.at.desc(), _snapshots.c.id.desc())
        .limit(2)
    ).all()


def kept_comments(conn: Connection, delivery_ids: Sequence[int]) -> dict[int, Kept]:
    """Count the stored comments and replies of these posts, by delivery; a post without any is left out."""
    own = func.sum(case((_comments.c.own, 1), else_=0))
    direct = func.sum(case((_comments.c.kind == "comment", 1), else_=0))
    kept: dict[int, Kept] = {}
    for some in _batches(delivery_ids):
        rows = conn.execute(
            select(_comments.c.delivery_id, func.count(), own, direct)
            .where(_comments.c.delivery_id.in_(some), _comments.c.kind.in_(COUNTED))
            .group_by(_comments.c.delivery_id)
        )
        kept |= {post: Kept(residents=every - ours, own=ours, direct=first) for post, every, ours, first in rows}
    return kept


def known_comments(conn: Connection, account_id: int, delivery_ids: Sequence[int]) -> dict[str, KnownComment]:
    """Return what is stored under these posts, by remote id."""
    known: dict[str, KnownComment] = {}
    for some in _batches(delivery_ids):
        rows = conn.execute(_KNOWN.where(_comments.c.account_id == account_id, _comments.c.delivery_id.in_(some)))
        known |= {row.remote_id: KnownComment(**row._mapping) for row in rows}  # noqa: SLF001
    return known


_KNOWN = select(*(_comments.c[one.name] for one in fields(KnownComment)))


def known_by_ids(conn: Connection, account_id: int, remote_ids: Iterable[str]) -> dict[str, KnownComment]:
    """Return which of these comments are stored, by remote id."""
    known: dict[str, KnownComment] = {}
    for some in _batches(remote_ids):
        rows = conn.execute(_KNOWN.where(_comments.c.account_id == account_id, _comments.c.remote_id.in_(some)))
        known |= {row.remote_id: KnownComment(**row._mapping) for row in rows}  # noqa: SLF001
    return known


def add_snapshots(conn: Connection, snapshots: Sequence[Counters], now: datetime) -> None:
    """Append counters as they are at `now`."""
    if snapshots:
        conn.execute(insert(_snapshots), [{**_values(snapshot), "at": now} for snapshot in snapshots])


_FOLLOWED = (
    "delivery_id",
    "parent_remote_id",
    "kind",
    "author_key",
    "author_name",
    "text",
    "url",
    "own",
    "question",
    "topics",
    "hidden",
)
"""What follows the network. When it was first seen, and that a person called it done, stay."""


_NAMES = tuple(column.name for column in fields(NewComment))
_of_a_comment = attrgetter(*_NAMES)


@cache
def _upsert(dialect: str) -> Insert:
    """The statement that stores a comment, or follows the network where one was changed."""
    statement = insert_in(dialect, _comments)
    new = statement.excluded
    changed = or_(*(_comments.c[name].is_distinct_from(new[name]) for name in _FOLLOWED))
    return statement.on_conflict_do_update(
        index_elements=["account_id", "remote_id"],
        set_={name: new[name] for name in (*_FOLLOWED, "fetched_at")},
        where=changed,
    )


def upsert_comments(conn: Connection, account_id: int, comments: Sequence[NewComment], now: datetime) -> None:
    """Store comments that are new, follow the network where one was changed, leave the rest untouched."""
    if not comments:
        return
    common = {"account_id": account_id, "seen_at": now, "fetched_at": now, "answered_at": None, "done_at": None}
    new: dict[str, NewComment] = {}
    if conn.dialect.name == "sqlite":
        # Nobody else writes meanwhile, and a plain INSERT takes half as long as one that is ready to meet its like.
        stored = _stored(conn, account_id, (one.remote_id for one in comments))
        for one in comments:
            if one.remote_id not in stored:
                new.setdefault(one.remote_id, one)
        write_many(conn, _comments, _comments.insert(), _NAMES, [_of_a_comment(one) for one in new.values()], common)
    rest = [_of_a_comment(one) for one in comments if new.get(one.remote_id) is not one]
    write_many(conn, _comments, _upsert(conn.dialect.name), _NAMES, rest, common)
    _settle_answers(conn, account_id, (one.parent_remote_id for one in comments if one.parent_remote_id))


def _stored(conn: Connection, account_id: int, remote_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _batches(remote_ids):
        found.update(
            conn.scalars(
                select(_comments.c.remote_id).where(
                    _comments.c.account_id == account_id, _comments.c.remote_id.in_(some)
                )
            )
        )
    return found


def _settle_answers(conn: Connection, account_id: int, threads: Iterable[str]) -> None:
    """Note what is answered below these comments: done when something was written there or has gone, so that no list has to look.

    Our reply answers its parent; where networks keep threads flat, also what was written there before it, and elsewhere everything that it
    stands below.
    """
    channel = conn.execute(select(_accounts.c.channel).where(_accounts.c.id == account_id)).scalar_one()
    flat = registry.is_known(channel) and registry.capabilities(channel).threads_are_flat
    ours, below = _comments.alias("ours"), _comments.alias("below")
    to_it = ours.c.parent_remote_id == _comments.c.remote_id
    in_its_row = and_(
        ours.c.parent_remote_id == _comments.c.parent_remote_id, ours.c.created_at > _comments.c.created_at
    )
    direct = select(func.min(ours.c.created_at)).where(ours.c.account_id == account_id, ours.c.own)
    beneath = select(func.min(below.c.answered_at)).where(
        below.c.account_id == account_id, below.c.parent_remote_id == _comments.c.remote_id
    )
    first = _earlier(direct.where(to_it), direct.where(in_its_row) if flat else beneath)
    for some in _batches(dict.fromkeys(threads)):
        level: Sequence[str] = some
        for _ in range(_DEEPEST):
            if not _settle_level(conn, account_id, level, first) or flat:
                break
            level = [*level, *_parents_of(conn, account_id, level)]


_DEEPEST = 50
"""Answers to answers to answers are settled so many levels up."""


def _settle_level(
    conn: Connection, account_id: int, some: Sequence[str], first: ColumnElement[datetime | None]
) -> bool:
    """Note the first answer of these comments and of those right below them; tell whether anything has changed."""
    changed = 0
    for there in (_comments.c.remote_id, _comments.c.parent_remote_id):
        changed += conn.execute(
            update(_comments)
            .where(
                _comments.c.account_id == account_id,
                there.in_(some),
                ~_comments.c.own,
                _comments.c.answered_at.is_distinct_from(first),
            )
            .values(answered_at=first)
        ).rowcount
    return bool(changed)


def _parents_of(conn: Connection, account_id: int, some: Sequence[str]) -> list[str]:
    above = select(_comments.c.parent_remote_id).where(
        _comments.c.account_id == account_id, _comments.c.remote_id.in_(some), _comments.c.parent_remote_id.is_not(None)
    )
    return [one for one in dict.fromkeys(conn.execute(above).scalars()) if one not in some]


def _earlier(one: Select[tuple[datetime]], other: Select[tuple[datetime]]) -> ColumnElement[datetime | None]:
    """Give the earlier of two moments that are looked up for a comment; one that there is not does not count."""
    first, second = (query.correlate(_comments).scalar_subquery() for query in (one, other))
    return case((second.is_(None), first), (first.is_(None), second), (first < second, first), else_=second)


def _values(row: NewComment | Counters) -> dict[str, object]:
    # dataclasses.asdict copies deeply, which costs more than the database does.
    return {column.name: getattr(row, column.name) for column in fields(row)}


def delete_comments(conn: Connection, comment_ids: Sequence[int]) -> int:
    """Drop what is gone at the source; returns how many there were. What only a reply of ours that is gone answered waits again."""
    gone = 0
    for some in _batches(comment_ids):
        ours = conn.execute(
            select(_comments.c.account_id, _comments.c.parent_remote_id).where(
                _comments.c.id.in_(some), _comments.c.own, _comments.c.parent_remote_id.is_not(None)
            )
        ).all()
        gone += conn.execute(delete(_comments).where(_comments.c.id.in_(some))).rowcount
        for account_id in {row.account_id for row in ours}:
            _settle_answers(conn, account_id, (row.parent_remote_id for row in ours if row.account_id == account_id))
    return gone


def post_gone(conn: Connection, delivery_id: int, now: datetime) -> int:
    """Note that the post is no longer on the network and drop what was written under it; returns the comments dropped."""
    conn.execute(
        update(_deliveries)
        .where(_deliveries.c.id == delivery_id, _is_out())
        .values(error_kind=GONE, error_detail=None, updated_at=now)
    )
    return conn.execute(delete(_comments).where(_comments.c.delivery_id == delivery_id)).rowcount


def post_back(conn: Connection, delivery_id: int, now: datetime) -> None:
    """Note that a post that was gone is on the network again."""
    conn.execute(
        update(_deliveries)
        .where(_deliveries.c.id == delivery_id, _deliveries.c.error_kind == GONE)
        .values(error_kind=None, error_detail=None, updated_at=now)
    )


def claim_account(conn: Connection, account_id: int, now: datetime, until: datetime) -> bool:
    """Take the account's collection for this process, till `until` at the latest; False: not due, or somebody else has it."""
    due = or_(_accounts.c.collect_after.is_(None), _accounts.c.collect_after <= now)
    taken = conn.execute(update(_accounts).where(_accounts.c.id == account_id, due).values(collect_after=until))
    return bool(taken.rowcount)


def collected(conn: Connection, account_id: int, now: datetime, next_at: datetime) -> None:
    """The account was read; look again at `next_at`."""
    conn.execute(update(_accounts).where(_accounts.c.id == account_id).values(collected_at=now, collect_after=next_at))


def collect_later(conn: Connection, account_id: int, next_at: datetime) -> None:
    """The account could not be read; try at `next_at`. Publishing is not touched."""
    conn.execute(update(_accounts).where(_accounts.c.id == account_id).values(collect_after=next_at))


# Showing


_ANSWERED: ColumnElement[bool] = or_(_comments.c.done_at.is_not(None), _comments.c.answered_at.is_not(None))

WAITS: ColumnElement[bool] = and_(
    # In these letters: `~own` becomes `own = 0` on SQLite, which does not see the index behind that.
    literal_column("NOT comments.own"),
    _comments.c.done_at.is_(None),
    _comments.c.answered_at.is_(None),
)
"""A resident's comment that nobody has answered: written as the index `ix_comments_unanswered` has it."""

_RESIDENTS_COMMENTS = _comments.join(_accounts, _accounts.c.id == _comments.c.account_id).outerjoin(
    _deliveries, _deliveries.c.id == _comments.c.delivery_id
)


def _views() -> Select[tuple[object, ...]]:
    return (
        select(
            _comments.c.id,
            _accounts.c.organisation,
            _accounts.c.channel,
            _accounts.c.name.label("account"),
            _deliveries.c.announcement,
            _announcements.c.title,
            _comments.c.remote_id,
            _comments.c.parent_remote_id,
            _comments.c.kind,
            _comments.c.author_name.label("author"),
            _comments.c.text,
            _comments.c.created_at,
            func.coalesce(_comments.c.url, _deliveries.c.url).label("url"),
            _ANSWERED.label("answered"),
            _comments.c.question,
            _comments.c.hidden,
            _announcements.c.service,
            _comments.c.topics,
        )
        .select_from(_RESIDENTS_COMMENTS.outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement))
        .where(~_comments.c.own)
    )


def list_comments(
    conn: Connection,
    *,
    organisation: str | None = None,
    unanswered: bool = False,
    questions: bool = False,
    service: str | None = None,
    looks: Collection[str] = (),
) -> tuple[CommentView, ...]:
    """Return residents' comments, oldest first; `unanswered` and `questions` keep only those.

    `looks`: only what looks like one of these: question, idea, thanks, inappropriate.
    """
    query = listed(organisation=organisation, unanswered=unanswered, questions=questions, service=service, looks=looks)
    return tuple(CommentView(**row._mapping) for row in conn.execute(query))  # noqa: SLF001 - SQLAlchemy's public name for it


def listed(
    *,
    organisation: str | None = None,
    unanswered: bool = False,
    questions: bool = False,
    service: str | None = None,
    looks: Collection[str] = (),
) -> Select[tuple[object, ...]]:
    """Give the query of `list_comments`: written so that an index leads to what is asked for, however much is stored."""
    query = _views().order_by(_comments.c.created_at, _comments.c.id)
    if organisation is not None:
        query = query.where(_theirs(organisation))
    if unanswered:
        query = query.where(WAITS)
    if questions:
        query = query.where(_comments.c.question)
    if service is not None:
        query = query.where(_announcements.c.service == service)
    if looks:
        query = query.where(_looks_like(looks))
    return query


def _theirs(organisation: str) -> ColumnElement[bool]:
    # Asked of each comment that is found: a join would begin with all comments of an account, which are many more.
    of = _accounts.alias("of")
    return exists().where(of.c.id == _comments.c.account_id, of.c.organisation == organisation)


def _looks_like(looks: Collection[str]) -> ColumnElement[bool]:
    # Every combination by name, for an index finds no part of a word.
    combined = (" ".join(some) for n in range(1, len(TOPICS) + 1) for some in combinations(TOPICS, n))
    topics = _comments.c.topics.in_([some for some in combined if not frozenset(looks).isdisjoint(some.split())])
    return or_(_comments.c.question, topics) if "question" in looks else topics


def count_unanswered(conn: Connection, organisation: str) -> tuple[int, int]:
    """Count what waits for an answer: (questions, all else)."""
    query = (
        select(func.sum(case((_comments.c.question, 1), else_=0)), func.count())
        .select_from(_comments)
        .where(_theirs(organisation), WAITS)
    )
    questions, every = conn.execute(query).one()
    return questions or 0, every - (questions or 0)


def mark_done(conn: Connection, comment_id: int, now: datetime) -> bool:
    """Note that a comment needs no answer any more; False if there is no such comment."""
    found = _comments.c.id == comment_id
    return bool(conn.execute(update(_comments).where(found, ~_comments.c.own).values(done_at=now)).rowcount)


def list_results(
    conn: Connection, *, organisation: str | None = None, since: datetime | None = None
) -> tuple[PostResult, ...]:
    """Return every published post with its newest counters, in order of publication."""
    newest = _newest_before(None)
    query = (
        select(
            *_post_columns(),
            _snapshots.c.at.label("as_of"),
            _snapshots.c.reactions,
            _snapshots.c.comments,
            _snapshots.c.shares,
            _snapshots.c.views,
            _snapshots.c.clicks,
        )
        .outerjoin(_announcements, _announcements.c.key == _deliveries.c.announcement)
        .outerjoin(_snapshots, _snapshots.c.id == newest)
        .where(_is_out())
        .order_by(_deliveries.c.published_at, _deliveries.c.id)
    )
    if organisation is not None:
        query = query.where(_deliveries.c.organisation == organisation)
    if since is not None:
        query = query.where(_deliveries.c.published_at >= since)
    return tuple(PostResult(**row._mapping) for row in conn.execute(query))  # noqa: SLF001


def _post_columns() -> tuple[ColumnElement[object], ...]:
    return (
        _deliveries.c.id.label("delivery_id"),
        _deliveries.c.announcement,
        _announcements.c.title,
        _announcements.c.service,
        _deliveries.c.organisation,
        _deliveries.c.channel,
        _deliveries.c.account,
        _deliveries.c.language,
        _deliveries.c.remote_id,
        _deliveries.c.url,
        _deliveries.c.published_at,
    )


def _newest_before(moment: datetime | None) -> ColumnElement[int]:
    inner = _snapshots.alias("newest")
    query = select(inner.c.id).where(inner.c.delivery_id == _deliveries.c.id)
    if moment is not None:
        query = query.where(inner.c.at <= moment)
    return query.order_by(inner.c.at.desc(), inner.c.id.desc()).limit(1).correlate(_deliveries).scalar_subquery()


def _is_out() -> ColumnElement[bool]:
    return and_(_deliveries.c.state == "published", _deliveries.c.remote_id.is_not(None))


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
