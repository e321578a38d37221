"""Answers to residents' comments: written down before anything is sent, and what became of each.

A reply is one row, and stands by itself: the comment that it answers may be deleted or forgotten. At most one reply of a comment is open
at a time, so whatever dies, nothing is said twice:

    awaiting   somebody else has to approve these words first
    ready      may be sent
    sending    its request is going out, until `deadline_at` at the latest; after that it is doubt
    doubt      the answer was lost: it is looked for, and never sent again
    sent       it stands there as `remote_id`
    refused    the network did not take it, and nothing was written
    absent     nobody found it: a person says whether it is sent again
    dropped    a person called it off
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from channels.base import Target
from publisher.pseudonyms import unaddressed
from publisher.store.models import AccountRow, CommentRow, DeliveryRow, ReplyRow

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_comments = CommentRow.__table__  # type: ignore[attr-defined]
_deliveries = DeliveryRow.__table__  # type: ignore[attr-defined]
_replies = ReplyRow.__table__  # type: ignore[attr-defined]


class Stage(StrEnum):
    """Where a reply stands."""

    AWAITING = "awaiting"
    READY = "ready"
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    REFUSED = "refused"
    ABSENT = "absent"
    DROPPED = "dropped"


OPEN = (Stage.AWAITING, Stage.READY, Stage.SENDING, Stage.DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A resident's comment as it takes to answer, hide or delete it. `announcement` None: a mention that belongs to no post."""

    id: int
    account_id: int
    delivery_id: int | None
    organisation: str
    channel: str
    account: str
    announcement: str | None
    target: Target
    text: str | None = field(repr=False)
    url: str | None
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of ours."""

    id: int
    account_id: int
    delivery_id: int | None
    target: Target
    text: str
    by: str
    asked_at: datetime
    approved_by: str | None
    stage: Stage
    intent_at: datetime | None
    deadline_at: datetime | None
    remote_id: str | None
    error_kind: str | None
    error_detail: str | None


def comment(conn: Connection, comment_id: int) -> Addressed | None:
    """Return a resident's comment; None: there is none of this number, or it is ours."""
    row = conn.execute(
        select(
            _comments,
            _accounts.c.organisation,
            _accounts.c.channel,
            _accounts.c.name.label("account"),
            _deliveries.c.announcement,
            _deliveries.c.remote_id.label("post_id"),
            _deliveries.c.url.label("post_url"),
        )
        .select_from(
            _comments.join(_accounts, _accounts.c.id == _comments.c.account_id).outerjoin(
                _deliveries, _deliveries.c.id == _comments.c.delivery_id
            )
        )
        .where(_comments.c.id == comment_id, ~_comments.c.own)
    ).first()
    if row is None:
        return None
    return Addressed(
        id=row.id,
        account_id=row.account_id,
        delivery_id=row.delivery_id,
        organisation=row.organisation,
        channel=row.channel,
        account=row.account,
        announcement=row.announcement,
        target=Target(
            post_id=row.post_id or row.remote_id, remote_id=row.remote_id, parent_remote_id=row.parent_remote_id
        ),
        text=row.text,
        url=row.url or row.post_url,
        hidden=row.hidden,
    )


def hold(conn: Connection, comment_id: int) -> bool:
    """Let nobody else ask for a reply to a comment before this transaction ends; tell whether one of ours stands below it."""
    # A PostgreSQL locks the row; with SQLite there is one writer anyway.
    query = select(_comments.c.answered_at).where(_comments.c.id == comment_id).with_for_update()
    return conn.execute(query).scalar() is not None


def ask(conn: Connection, to: Addressed, text: str, by: str, stage: Stage, now: datetime) -> Reply:
    """Write a reply down; none of this comment may be open."""
    reply_id = conn.execute(
        insert(_replies)
        .values(
            account_id=to.account_id,
            delivery_id=to.delivery_id,
            post_remote_id=to.target.post_id,
            comment_remote_id=to.target.remote_id,
            parent_remote_id=to.target.parent_remote_id,
            text=text,
            by=by,
            asked_at=now,
            stage=stage,
        )
        .returning(_replies.c.id)
    ).scalar_one()
    return get(conn, reply_id)


def get(conn: Connection, reply_id: int) -> Reply:
    """Return a reply."""
    return _reply(conn.execute(select(_replies).where(_replies.c.id == reply_id)).one())


def of_comment(conn: Connection, account_id: int, remote_id: str) -> tuple[Reply, ...]:
    """Return every reply to a comment, oldest first."""
    mine = and_(_replies.c.account_id == account_id, _replies.c.comment_remote_id == remote_id)
    return tuple(_reply(row) for row in conn.execute(select(_replies).where(mine).order_by(_replies.c.id)))


def awaiting(conn: Connection) -> tuple[Reply, ...]:
    """Return the replies that somebody has to approve, oldest first."""
    rows = conn.execute(select(_replies).where(_replies.c.stage == Stage.AWAITING).order_by(_replies.c.id))
    return tuple(map(_reply, rows))


def approve(conn: Connection, reply_id: int, by: str) -> bool:
    """Let a reply be sent; False if it does not await that any more."""
    return _move(conn, reply_id, (Stage.AWAITING,), stage=Stage.READY, approved_by=by)


def drop(conn: Connection, reply_id: int, now: datetime) -> bool:
    """Call a reply off that has not been sent; False if it has been, or may have."""
    return _move(conn, reply_id, (Stage.AWAITING, Stage.READY), stage=Stage.DROPPED, finished_at=now)


def open_intent(conn: Connection, reply_id: int, now: datetime, deadline: datetime) -> bool:
    """Note that a reply goes out now; False if it is not to, or somebody else sends it."""
    return _move(conn, reply_id, (Stage.READY,), stage=Stage.SENDING, intent_at=now, deadline_at=deadline)


def take_back(conn: Connection, reply_id: int) -> bool:
    """Note that nothing was sent on an intent."""
    return _move(conn, reply_id, (Stage.SENDING,), stage=Stage.READY, intent_at=None, deadline_at=None)


def doubt(conn: Connection, reply_id: int, ended: datetime) -> bool:
    """Note that an answer was lost; its request had surely ended by `ended`."""
    return _move(conn, reply_id, (Stage.SENDING,), stage=Stage.DOUBT, deadline_at=ended)


def settle(
    conn: Connection,
    reply_id: int,
    stage: Stage,
    now: datetime,
    *,
    remote_id: str | None = None,
    kind: str | None = None,
    detail: str | None = None,
) -> bool:
    """Note what became of a reply that was sent; False if that is known already."""
    return _move(
        conn,
        reply_id,
        (Stage.SENDING, Stage.DOUBT),
        stage=stage,
        remote_id=remote_id,
        error_kind=kind,
        error_detail=detail or None,
        finished_at=now,
    )


def unsettled(conn: Connection, now: datetime) -> tuple[Reply, ...]:
    """Return the replies whose answer was lost, and those whose sender is gone, oldest first."""
    gone = and_(_replies.c.stage == Stage.SENDING, _replies.c.deadline_at <= now)
    rows = conn.execute(select(_replies).where(or_(_replies.c.stage == Stage.DOUBT, gone)).order_by(_replies.c.id))
    return tuple(map(_reply, rows))


def remote_ids(conn: Connection, account_id: int) -> frozenset[str]:
    """Return the remote ids of all replies of an account: none of them is another reply."""
    sent = and_(_replies.c.account_id == account_id, _replies.c.remote_id.is_not(None))
    return frozenset(conn.execute(select(_replies.c.remote_id).where(sent)).scalars())


def rename(conn: Connection, account_id: int, remote_id: str, veiled: str, now: datetime) -> None:
    """Call a forgotten comment otherwise in the replies to it, and leave out whom they begin with; one that is not sent yet never is."""
    for column in (_replies.c.comment_remote_id, _replies.c.parent_remote_id):
        below = and_(_replies.c.account_id == account_id, column == remote_id)
        conn.execute(update(_replies).where(below).values({column.name: veiled}))
    waiting = and_(_replies.c.account_id == account_id, _replies.c.comment_remote_id == veiled)
    conn.execute(
        update(_replies)
        .where(waiting, _replies.c.stage.in_((Stage.AWAITING, Stage.READY)))
        .values(stage=Stage.DROPPED, finished_at=now)
    )
    # One in doubt is still looked for by its words.
    settled = and_(
        _replies.c.account_id == account_id, _replies.c.comment_remote_id == veiled, _replies.c.finished_at.is_not(None)
    )
    for reply in conn.execute(select(_replies.c.id, _replies.c.text).where(settled)).all():
        conn.execute(update(_replies).where(_replies.c.id == reply.id).values(text=unaddressed(reply.text)))


def set_hidden(conn: Connection, comment_id: int, *, hidden: bool) -> None:
    """Note whether a comment is hidden."""
    conn.execute(update(_comments).where(_comments.c.id == comment_id).values(hidden=hidden))


def _move(conn: Connection, reply_id: int, stages: tuple[Stage, ...], **values: Any) -> bool:  # noqa: ANN401 - columns
    wanted: ColumnElement[bool] = and_(_replies.c.id == reply_id, _replies.c.stage.in_(stages))
    return bool(conn.execute(update(_replies).where(wanted).values(**values)).rowcount)


def _reply(row: Any) -> Reply:  # noqa: ANN401 - a row of SQLAlchemy
    return Reply(
        id=row.id,
        account_id=row.account_id,
        delivery_id=row.delivery_id,
        target=Target(
            post_id=row.post_remote_id, remote_id=row.comment_remote_id, parent_remote_id=row.parent_remote_id
        ),
        text=row.text,
        by=row.by,
        asked_at=row.asked_at,
        approved_by=row.approved_by,
        stage=Stage(row.stage),
        intent_at=row.intent_at,
        deadline_at=row.deadline_at,
        remote_id=row.remote_id,
        error_kind=row.error_kind,
        error_detail=row.error_detail,
    )
