"""The values that flow through the house, from a file's words to a summary; no behaviour, no I/O.

Words: Announcement (what staff wrote) · Plan (an announcement composed for one account) · Delivery (the unit of state) ·
Problem (a fault in a file). The network's side of the same flow stands in `channels.base`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Literal

from channels.base import Mention, Poll

Approvals = Literal["optional", "required", "four_eyes"]
"""Who must approve before anything goes out: nobody; somebody; somebody else than who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fault in a file: where, what, and what to write instead. `message` and `remedy` are already in the reader's language.

    `code` is a stable English word for scripts. `excerpt` is the line it stands in. `warning`: worth saying, does not stop anything.
    """

    position: Position
    code: str
    message: str
    remedy: str = ""
    excerpt: str = ""
    warning: bool = False
    instead: str | None = None
    """What surely belongs in the place of what is underlined; None: that takes a person."""
    first: tuple[int, str] | None = None
    """The number and the words of an earlier line that this one is at odds with."""


class Unset(Enum):
    """The type of `UNSET`. No text, and false, so that it is never taken for a value."""

    UNSET = "unset"

    def __bool__(self) -> Literal[False]:
        """Be false."""
        return False


UNSET = Unset.UNSET
"""A field that the file does not give; None means given and empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRef:
    """A picture that an announcement names. `path` is absolute, inside the queue; `sha256` of its bytes when the file was read."""

    path: Path
    name: str
    sha256: str
    alt: Mapping[str, str]
    """Language to alt text; the key '' for a text in no particular language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """Somebody whom the words may mention by a key. `addresses`: channel to what that network calls them (a handle without @, a URN)."""

    name: str
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When to publish: as soon as possible, or at a local wall time with its instant in UTC."""

    instant: datetime | None
    wall: str
    """As the reader says it, '2026-12-01 09:00'; 'asap' when `instant` is None."""


class Unit(StrEnum):
    """What a pause between two occurrences is counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """A pause on the local calendar."""

    number: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How an announcement comes round. `until` in UTC, itself included; `variants` take turns with the text."""

    every: Every
    until: datetime | None = None
    variants: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A poll as the file says it: its texts by language."""

    text: Mapping[str, str]
    options: tuple[Mapping[str, str], ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What an announcement, or one of its override blocks, says. Texts are mappings of language to text; '' is any language."""

    text: Mapping[str, str] | Unset = UNSET
    thread: tuple[Mapping[str, str], ...] | bool | Unset = UNSET
    """The posts of a thread, in the text's place; True: the text may be cut into several; False: not."""
    link: Mapping[str, str] | None | Unset = UNSET
    title: Mapping[str, str] | None | Unset = UNSET
    description: Mapping[str, str] | None | Unset = UNSET
    """Of the link's card, below its title."""
    thumbnail: PictureRef | None | Unset = UNSET
    """The picture of the link's card."""
    hashtags: tuple[str, ...] | Unset = UNSET
    pictures: tuple[PictureRef, ...] | Unset = UNSET
    poll: Question | None | Unset = UNSET
    first_comment: Mapping[str, str] | None | Unset = UNSET
    publish: When | None | Unset = UNSET
    channels: tuple[str, ...] | None | Unset = UNSET
    languages: tuple[str, ...] | None | Unset = UNSET
    service: str | None | Unset = UNSET
    campaign: str | None | Unset = UNSET
    expires: datetime | None | Unset = UNSET
    repost: bool | Unset = UNSET
    approved_by: str | None | Unset = UNSET
    author: str | None | Unset = UNSET
    contact: str | None | Unset = UNSET
    notes: str | None | Unset = UNSET
    skip: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What staff wrote, checked. `key` is its identity; `content_hash` changes with any word, time or picture."""

    key: str
    path: Path
    file: str
    """The file as people name it, below the queue's folder."""
    source: str = field(repr=False)
    content_hash: str
    organisations: tuple[str, ...]
    top: Fields
    repeat: Repeat | None = None
    channels: Mapping[str, Fields] = field(default_factory=dict)
    organisation_fields: Mapping[str, Fields] = field(default_factory=dict)
    organisation_channels: Mapping[tuple[str, str], Fields] = field(default_factory=dict)

    @property
    def author(self) -> str | None:
        """Give who wrote it, as far as the file says so."""
        return self.top.author or None

    @property
    def blocks(self) -> tuple[Fields, ...]:
        """Give every block of fields: the top, then all overrides."""
        return (
            self.top,
            *self.channels.values(),
            *self.organisation_fields.values(),
            *self.organisation_channels.values(),
        )


class State(StrEnum):
    """Where a delivery stands."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    RETRYING = "retrying"
    CONFIRMING = "confirming"
    PUBLISHED = "published"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    MISSED = "missed"


WAITING = frozenset({State.DRAFT, State.AWAITING_APPROVAL, State.SCHEDULED, State.HELD})
"""Nothing was ever sent: an edit of the file still counts."""

FINAL = frozenset({State.PUBLISHED, State.FAILED, State.WITHDRAWN, State.CANCELLED, State.EXPIRED, State.MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An announcement composed for one account in one language group: what will go out, and when.

    `occurrence` counts from 1. `state` is draft, awaiting_approval or scheduled. `due_at` in UTC; None for `asap` and for drafts.
    `left_out`: codes of what this network cannot take and the interface says is dropped.
    """

    announcement: str
    occurrence: int = 1
    organisation: str
    channel: str
    account: str
    language: str
    state: State
    due_at: datetime | None
    due_wall: str
    expires_at: datetime | None
    text: str
    thread: tuple[str, ...] = ()
    """The words of the posts that follow the first one."""
    link: str | None
    """On the post's card."""
    addresses: tuple[str, ...] = ()
    """Where the announcement leads, wherever that stands: as the file has it, one for each of its languages."""
    title: str | None
    description: str | None = None
    """The card's words below its title, where the network does not read them from the page."""
    thumbnail: PictureRef | None = None
    """The card's picture, likewise."""
    thumbnail_alt: str = ""
    hashtags: tuple[str, ...]
    pictures: tuple[PictureRef, ...]
    alts: tuple[str, ...]
    poll: Poll | None = None
    """Where the network has polls; else it stands in the words."""
    first_comment: str | None
    mentions: tuple[Mention, ...] = ()
    """In the text."""
    comment_mentions: tuple[Mention, ...] = ()
    """In the first comment."""
    repost: bool = False
    named: str | None = None
    """Who approved it, as the file says."""
    approved_by: str | None = None
    """Who approved these very words, as far as the configuration lets that count."""
    approved: bool = True
    """False where the configuration wants somebody's approval and there is none."""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An account that this announcement does not go to, and why (a code that `errors` words)."""

    announcement: str
    organisation: str
    channel: str
    account: str
    reason: str
