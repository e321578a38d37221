"""The tables. Times are aware UTC; words and pictures of a delivery are frozen in it at the first attempt.

Constraints make a double impossible to record: a delivery is unique for its announcement, occurrence, organisation, account and language; a
remote post belongs to one delivery; an account has at most one open committing attempt.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of all tables; every constraint gets a name, or a migration in batch mode would drop it."""

    metadata = MetaData(naming_convention=NAMING)


class AnnouncementRow(Table, table=True):
    """A file of the queue as it was last read without fault."""

    __tablename__ = "announcements"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    file: str
    title: str | None = None
    service: str | None = None
    contact: str | None = None
    approved_by: str | None = None
    content_hash: str = Field(index=True)
    source: str
    first_seen: datetime
    edited_at: datetime
    missing_since: datetime | None = None
    gone_at: datetime | None = None
    """When its waiting deliveries were cancelled because it had been missing for long enough."""
    held_back: bool = False
    """It is missing or being written, and what waits of it is not sent meanwhile."""
    broken: bool = False
    """The file as it is now has a fault; its old words never go out."""
    edited_after: bool = False
    """The file says something else than what has gone out of it."""


class ApprovalRow(Table, table=True):
    """That somebody approved the words of an announcement; see `store.approvals`."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("announcement", "content_hash", "by", "how"),)

    id: int | None = Field(default=None, primary_key=True)
    announcement: str
    content_hash: str
    by: str
    how: str
    """file, command, merge."""
    author: str | None = None
    """Who wrote the words, where that is known."""
    detail: str | None = None
    """The system account that gave the command, or the commit."""
    at: datetime


class FeedItemRow(Table, table=True):
    """An item of one of the website's feeds, kept for ever so that it becomes a draft once."""

    __tablename__ = "feed_items"
    __table_args__ = (UniqueConstraint("organisation", "item"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    item: str
    """A hash of what the feed names it by."""
    feed: str = Field(index=True)
    title: str
    file: str | None = None
    """The draft; null: it was older than the first reading."""
    at: datetime


class AccountRow(Table, table=True):
    """An account of the configuration and how it stands with its network."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("organisation", "channel", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    channel: str
    name: str
    first_seen: datetime
    looked_at: datetime | None = None
    """When its existing posts were compared with what is to be sent, before the first send."""
    not_before: datetime | None = None
    """The network asked to wait, or the account is blocked until somebody acts."""
    blocked_kind: str | None = None
    blocked_detail: str | None = None
    blocked_since: datetime | None = None
    troubles: int = 0
    """Lost answers and outages in a row: a circuit breaker's count, shared by all processes."""
    collected_at: datetime | None = None
    collect_after: datetime | None = None


class BudgetRow(Table, table=True):
    """How much of an allowance of its network an account has used; what several accounts pay into has a row for each."""

    __tablename__ = "budgets"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="accounts.id")
    name: str = Field(index=True)
    pays: str
    used: int
    size: int | None = None
    """In calls; null: `used` is in percent."""
    shared: bool = False
    announced: bool = False
    ends_at: datetime


OPEN = "state IN ('scheduled', 'retrying', 'confirming', 'publishing')"
UNSENT = "state IN ('scheduled', 'awaiting_approval')"
MAY_EXPIRE = "state IN ('scheduled', 'awaiting_approval', 'retrying')"
"""What is looked for every second, as conditions of partial indexes. A query that says the very same, with the states written out, is
answered by the index alone, however many deliveries there are."""


def _partial(name: str, column: str, where: str) -> Index:
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


class DeliveryRow(Table, table=True):
    """One announcement for one account: the unit of state."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("announcement", "occurrence", "organisation", "channel", "account", "language"),
        UniqueConstraint("account_id", "remote_id"),
        _partial("ix_deliveries_due", "due_at", OPEN),
        _partial("ix_deliveries_waiting", "not_before", f"not_before IS NOT NULL AND {OPEN}"),
        _partial("ix_deliveries_late", "late_after", UNSENT),
        _partial("ix_deliveries_expiring", "expires_at", MAY_EXPIRE),
        _partial("ix_deliveries_claimed", "lease_until", "lease_until IS NOT NULL"),
        Index("ix_deliveries_account_state", "account_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    announcement: str = Field(index=True)
    occurrence: int = 1
    organisation: str
    channel: str
    account: str
    account_id: int = Field(foreign_key="accounts.id")
    language: str

    state: str
    due_at: datetime | None = None
    """In UTC; for `asap` the moment the file was first seen."""
    due_wall: str = ""
    expires_at: datetime | None = None
    not_before: datetime | None = None

    owner: str | None = None
    lease_until: datetime | None = None
    token: int = 0
    """Fencing number: grows with every claim and every sweep."""

    post: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The words and the pictures' names, hashes and alt texts; see `store.deliveries.FrozenPost`."""
    fingerprint: str
    frozen_at: datetime | None = None
    repost: bool = False
    approved_by: str | None = None
    """Who approved these very words."""
    by_hand_at: datetime | None = None
    """When a person asked for it to go out at once: its time in the file does not count any more."""

    attempts: int = 0
    """Tries to make it public."""
    refusals: int = 0
    """Refusals and failures in a row; grows the pause before the next try."""
    late_after: datetime | None = None
    """Past this it is missed: `late_limit` after `due_at`, moved when a wait stopped the clocks."""
    refused_since: datetime | None = None
    """First refusal in a row: the clock of `give_up_after`."""
    doubt_since: datetime | None = None
    """Intent time of the attempt whose answer was lost."""
    doubt_ended: datetime | None = None
    """When that request surely was no longer being sent."""
    looks: int = 0
    absent_at: datetime | None = None
    """The first complete look past `delivery.confirm_for` that did not find it."""
    ever_in_doubt: bool = False

    remote_id: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    evidence: str | None = None
    """How we know that it is out: answer, found, adopted, person."""
    read_back_at: datetime | None = None
    """When what the network holds was compared with what was meant."""
    error_kind: str | None = None
    error_detail: str | None = None
    created_at: datetime
    updated_at: datetime


class StepRow(Table, table=True):
    """A step that a publication reached; the highest `n` is where it stands."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("delivery_id", "n"),)

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id")
    n: int
    name: str
    memo: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    commits: bool
    repeatable: bool = False
    not_before: datetime | None = None
    at: datetime


class AttemptRow(Table, table=True):
    """One run of a committing step, written before the request; or a run that was refused. `outcome` null: open."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("delivery_id", "n"),
        Index(
            "uq_attempts_open_per_account",
            "account_id",
            unique=True,
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id")
    account_id: int = Field(foreign_key="accounts.id")
    n: int
    step: str
    token: int
    intent_at: datetime
    deadline_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    """done, refused, unknown (looked for), absent, found, superseded."""
    kind: str | None = None
    detail: str | None = None
    remote_id: str | None = None


class PartRow(Table, table=True):
    """A further post of a thread, noted before the next one is sent; the delivery's `remote_id` is the first, so `n` counts from 2."""

    __tablename__ = "parts"
    __table_args__ = (UniqueConstraint("delivery_id", "n"), UniqueConstraint("account_id", "remote_id"))

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id")
    account_id: int = Field(foreign_key="accounts.id")
    n: int
    remote_id: str
    at: datetime


class ChangeRow(Table, table=True):
    """What a person wanted changed about a post that was out; written before the network is asked, and kept for good."""

    __tablename__ = "changes"
    __table_args__ = (
        Index(
            "uq_changes_open_per_delivery",
            "delivery_id",
            unique=True,
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", index=True)
    kind: str
    """withdrawn, amended."""
    by: str
    why: str | None = None
    asked_at: datetime
    not_before: datetime | None = None
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The post as it was; see `store.deliveries.FrozenPost`."""
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The post as it is since; null: gone."""
    outcome: str | None = None
    """done, refused, superseded; null: open."""
    kind_of_error: str | None = None
    detail: str | None = None
    finished_at: datetime | None = None


class PictureRow(Table, table=True):
    """The master of a picture, made with the first delivery that uses it."""

    __tablename__ = "pictures"

    sha256: str = Field(primary_key=True)
    """Of the file that staff handed in."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_at: datetime


class CommentRow(Table, table=True):
    """What a resident wrote, or we ourselves (`own`), under a post, or to the account without any post (a mention: `delivery_id` null)."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("account_id", "remote_id"),
        Index("ix_comments_delivery_id", "delivery_id", "kind", "own"),
        Index("ix_comments_parent", "account_id", "parent_remote_id"),
        Index(
            "ix_comments_unanswered",
            "created_at",
            "id",
            sqlite_where=text("NOT own AND done_at IS NULL AND answered_at IS NULL"),
            postgresql_where=text("NOT own AND done_at IS NULL AND answered_at IS NULL"),
        ),
        Index(
            "ix_comments_topics",
            "topics",
            sqlite_where=text("topics IS NOT NULL"),
            postgresql_where=text("topics IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="accounts.id")
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    remote_id: str
    parent_remote_id: str | None = None
    kind: str
    author_key: str | None = None
    """A stable pseudonym of the author on this account."""
    author_name: str | None = None
    text: str | None = None
    url: str | None = None
    created_at: datetime
    own: bool = False
    question: bool = False
    topics: str | None = None
    """What else it looks like, by the rules of `cues`: idea, thanks, inappropriate, apart by a space; null: none of these."""
    hidden: bool = False
    """Hidden on the network, by us or by whoever else looks after the page; where the network tells."""
    answered_at: datetime | None = None
    """When the first reply of ours to it was written, wherever that was done; follows the replies that are stored."""
    done_at: datetime | None = None
    """A person said that it needs no answer any more."""
    seen_at: datetime
    fetched_at: datetime


class ReplyRow(Table, table=True):
    """An answer of ours to a resident's comment, written before it is sent; see `store.replies`. The comment may be gone."""

    __tablename__ = "replies"
    __table_args__ = (
        Index("ix_replies_comment", "account_id", "comment_remote_id"),
        Index(
            "uq_replies_open_per_comment",
            "account_id",
            "comment_remote_id",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="accounts.id")
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    post_remote_id: str
    comment_remote_id: str
    parent_remote_id: str | None = None
    text: str
    by: str
    asked_at: datetime
    approved_by: str | None = None
    stage: str
    intent_at: datetime | None = None
    deadline_at: datetime | None = None
    """When its request has surely ended."""
    remote_id: str | None = None
    error_kind: str | None = None
    error_detail: str | None = None
    finished_at: datetime | None = None


class SnapshotRow(Table, table=True):
    """The counters of one post at one instant; append-only. Null: the network does not tell."""

    __tablename__ = "snapshots"
    __table_args__ = (Index("ix_snapshots_delivery_at", "delivery_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id")
    at: datetime
    reactions: dict[str, int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    comments: int | None = None
    """Residents' comments and replies, our own not counted."""
    told_comments: int | None = None
    """The network's own number, whatever it counts: if the next reading's differs, the comments are read again."""
    shares: int | None = None
    quotes: int | None = None
    """Those of the shares that say something themselves; if their number moves, they are read."""
    views: int | None = None
    clicks: int | None = None
    """On the post or its link, as the network counts."""


class ReadingRow(Table, table=True):
    """Up to when the comments of a post have been read: outlives a restart, so that nothing is read twice or never."""

    __tablename__ = "readings"

    delivery_id: int = Field(primary_key=True, foreign_key="deliveries.id")
    news_at: datetime
    """Everything that was written before it is known."""
    whole_at: datetime | None = None
    """When every comment was last looked at: what was changed or gone by then is known."""


class CredentialRow(Table, table=True):
    """The tokens that `login` got for an account. What is secret of them stands in `closed` alone, encrypted."""

    __tablename__ = "credentials"

    organisation: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    serial: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Grows at every change."""
    closed: str
    key_name: str
    flow: str
    account_id: str
    name: str
    page_id: str | None = None
    scopes: str
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    data_until: datetime | None = None
    refreshable: bool
    obtained_at: datetime
    login_at: datetime


class ChargeRow(Table, table=True):
    """What a network has billed an account in a month (UTC), by item of its price list."""

    __tablename__ = "charges"
    __table_args__ = (UniqueConstraint("organisation", "channel", "account", "month", "item"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    channel: str
    account: str
    month: str
    """For example '2026-11'."""
    item: str
    number: int
    micros: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Millionths of a US dollar, at the prices of the moment."""


class BilledRow(Table, table=True):
    """Something that was read on a day (UTC) and is not billed again on it; kept for as long."""

    __tablename__ = "billed"

    payer: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    resource: str = Field(primary_key=True)


class ReportRow(Table, table=True):
    """One weekly summary for one recipient; unique, so that nobody gets a week twice."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("organisation", "week", "recipient"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    week: str
    recipient: str
    language: str
    message_id: str
    state: str
    """due, sending, unclear, resending, sent, perhaps, given_up."""
    tries: int = 0
    not_before: datetime | None = None
    error: str | None = None
    created_at: datetime
    sent_at: datetime | None = None


class NoticeRow(Table, table=True):
    """A mail to a person about one cause; unique per cause, day and recipient."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("cause", "day", "recipient"),)

    id: int | None = Field(default=None, primary_key=True)
    cause: str
    """For example 'unconfirmed:d-12' or 'blocked:hausjarvi:x:x'."""
    day: str
    recipient: str
    language: str
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    message_id: str
    state: str
    tries: int = 0
    not_before: datetime | None = None
    error: str | None = None
    created_at: datetime
    sent_at: datetime | None = None


class MetaRow(Table, table=True):
    """A few single values: pauses, the daemon's heartbeat, the queue's last reading."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str
    at: datetime


class ForgottenRow(Table, table=True):
    """An author or a comment that was forgotten, as a keyed hash: enough to know them again, and nothing else."""

    __tablename__ = "forgotten"

    digest: str = Field(primary_key=True)
    at: datetime


class AuditRow(Table, table=True):
    """Who erased, purged, copied or exported, when and how much; never about whom. Only added to."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    by: str
    action: str
    """forget, purge, backup, restore, export."""
    numbers: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
