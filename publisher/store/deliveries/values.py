"""The values of a delivery: what goes out, where it stands, and how people see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from channels.base import Mention, Picture, Poll, Post, Step
from publisher.model import State


class ClaimLost(Exception):
    """Another process took this delivery over; nothing was changed."""


class TooLate(Exception):
    """The last moment for publishing it has passed while it was prepared."""


class AccountBusy(Exception):
    """Another committing request of this account is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureNote:
    """A picture of a frozen post: where it lay, and which bytes it must have."""

    name: str
    path: str
    sha256: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPost:
    """What goes out, as it is kept in a delivery."""

    text: str
    thread: tuple[str, ...] = ()
    link: str | None = None
    addresses: tuple[str, ...] = ()
    """Where it leads, as the file has it: no part of what goes out."""
    title: str | None = None
    description: str | None = None
    thumbnail: PictureNote | None = None
    hashtags: tuple[str, ...] = ()
    pictures: tuple[PictureNote, ...] = ()
    poll: Poll | None = None
    first_comment: str | None = None
    mentions: tuple[Mention, ...] = ()
    comment_mentions: tuple[Mention, ...] = ()

    @property
    def shown(self) -> tuple[PictureNote, ...]:
        """Give every picture of it, the link card's last."""
        return self.pictures if self.thumbnail is None else (*self.pictures, self.thumbnail)

    def as_json(self) -> dict[str, Any]:
        """Return what the column holds."""
        return asdict(self)

    def as_post(self) -> Post:
        """Return the post without its pictures' bytes: enough to name its steps, to compare words and to know its price."""
        return Post(
            text=self.text,
            thread=self.thread,
            hashtags=self.hashtags,
            link=self.link,
            title=self.title,
            description=self.description,
            thumbnail=_unread(self.thumbnail) if self.thumbnail else None,
            pictures=tuple(_unread(picture) for picture in self.pictures),
            poll=self.poll,
            first_comment=self.first_comment,
            mentions=self.mentions,
            comment_mentions=self.comment_mentions,
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FrozenPost:
        """Read what `as_json` wrote."""
        pictures = tuple(PictureNote(**picture) for picture in value["pictures"])
        thumbnail = PictureNote(**value["thumbnail"]) if value.get("thumbnail") else None
        asked = value.get("poll")
        poll = Poll(**{**asked, "options": tuple(asked["options"])}) if asked else None
        lists = {name: tuple(value.get(name, ())) for name in ("thread", "addresses", "hashtags")}
        mentions = {
            name: tuple(Mention(**one) for one in value.get(name, ())) for name in ("mentions", "comment_mentions")
        }
        return cls(**{**value, **lists, **mentions, "pictures": pictures, "thumbnail": thumbnail, "poll": poll})


def _unread(picture: PictureNote) -> Picture:
    return Picture(name=picture.name, data=b"", alt=picture.alt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a delivery is unique for."""

    announcement: str
    occurrence: int
    organisation: str
    channel: str
    account: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A delivery as planning needs it."""

    id: int
    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    expires_at: datetime | None
    post: FrozenPost
    fingerprint: str
    repost: bool
    error_kind: str | None
    error_detail: str | None
    remote_id: str | None
    attempts: int
    ever_in_doubt: bool
    by_hand_at: datetime | None
    approved_by: str | None = None

    @property
    def is_untried(self) -> bool:
        """Whether nothing that could be public was ever sent."""
        return self.attempts == 0 and self.remote_id is None and not self.ever_in_doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be noted, or the new content of a waiting one."""

    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    expires_at: datetime | None
    late_after: datetime | None
    post: FrozenPost
    fingerprint: str
    repost: bool
    by_hand_at: datetime | None = None
    approved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untried:
    """A delivery that this database has not tried yet. `due_at` None: it may have gone out at any time."""

    id: int
    post: FrozenPost
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A delivery of which nothing is public yet."""

    id: int
    post: FrozenPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed delivery and where its publication stands."""

    id: int
    key: Key
    account_id: int
    state: State
    token: int
    due_at: datetime
    post: FrozenPost
    fingerprint: str
    frozen: bool
    attempts: int
    refusals: int
    refused_since: datetime | None
    doubt_since: datetime | None
    doubt_ended: datetime | None
    looks: int
    absent_at: datetime | None
    ever_in_doubt: bool
    fresh: bool
    """It went on its way by itself, and nothing of it was tried yet."""
    remote_id: str | None
    url: str | None
    error_kind: str | None
    step_n: int
    step: Step | None
    ready_at: datetime | None
    link_asked: bool = False
    """Where it leads was asked in this claim, and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery as people and scripts see it."""

    id: int
    key: Key
    account_id: int
    state: State
    due_at: datetime | None
    due_wall: str
    published_at: datetime | None
    remote_id: str | None
    url: str | None
    attempts: int
    evidence: str | None
    error_kind: str | None
    error_detail: str | None
    title: str | None
    thread: bool = False
    """Whether it goes out in several posts."""
    text: str
    updated_at: datetime
    approved_by: str | None = None
    """Who approved these very words, where that is known."""

    @property
    def name(self) -> str:
        """The short name that commands take, `d-12`."""
        return f"d-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A delivery that goes out next. `account`: organisation, channel and name."""

    announcement: str
    account: tuple[str, str, str]
    state: State
    due_at: datetime
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """A post that is public: what is known of it, and how. `part`: the further post of a thread that was made last."""

    remote_id: str
    url: str | None
    evidence: str
    then: Step | None
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """An error as it is kept."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A delivery that ended in the middle: the step before which it stood."""

    delivery_id: int
    account_id: int
    step: Step
