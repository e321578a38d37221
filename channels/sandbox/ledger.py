"""The ledger: what the networks hold, told to tests and people in one shape for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from channels.sandbox.looks import MIME

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.state import Picture, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPicture:
    """A picture of a post. `size` in bytes; `cropped`: the network cut it to another shape."""

    alt: str
    format: str
    width: int
    height: int
    size: int
    sha256: str
    path: str
    cropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerComment:
    """What stands under a post now. `own`: the account wrote it. `id`: the first one's, where each edit makes a new one (X)."""

    id: str
    parent: str | None
    author: str
    own: bool
    text: str
    created_at: datetime
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPost:
    """One post of an account. `text` as residents see it, `source` as it was sent; the link's card has the rest."""

    network: str
    organisation: str
    account_id: str
    id: str
    text: str
    source: str
    link: str | None
    title: str | None
    description: str | None
    thumbnail: LedgerPicture | None
    pictures: tuple[LedgerPicture, ...]
    question: str | None
    options: tuple[str, ...]
    created_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    deleted_at: datetime | None
    reply_to: str | None
    path: str
    reactions: dict[str, int]
    shares: int
    views: int
    clicks: int
    comments: tuple[LedgerComment, ...]

    @property
    def visible(self) -> bool:
        """Whether residents see it now."""
        return self.published_at is not None and self.deleted_at is None

    def row(self) -> dict[str, Any]:
        """The same as JSON."""
        plain: dict[str, Any] = _plain(asdict(self))
        return {**plain, "visible": self.visible}


def ledger_posts(sandbox: Sandbox) -> Iterator[LedgerPost]:
    """List every post of an account, oldest first."""
    for post in sandbox.world.posts.values():
        if post.own:
            yield _ledger_post(sandbox, post)


def _ledger_post(sandbox: Sandbox, post: Post) -> LedgerPost:
    account = sandbox.account(post.network, post.author)
    kinds = list(post.reactions.values())
    return LedgerPost(
        network=post.network,
        organisation=account.organisation if account else "",
        account_id=post.author,
        id=post.id,
        text=post.text,
        source=post.source,
        link=post.link,
        title=post.title,
        description=post.description,
        thumbnail=_picture(sandbox, post.thumbnail) if post.thumbnail else None,
        pictures=tuple(_picture(sandbox, picture) for picture in post.pictures),
        question=post.question,
        options=tuple(post.options),
        created_at=moment(post.created),
        published_at=moment(post.published) if post.published is not None else None,
        edited_at=moment(post.edited) if post.edited is not None else None,
        deleted_at=moment(post.deleted) if post.deleted is not None else None,
        reply_to=post.reply_to,
        path=sandbox.path_of(post),
        reactions={kind.lower(): kinds.count(kind) for kind in sorted(set(kinds))},
        shares=len(post.sharers),
        views=post.views,
        clicks=post.clicks,
        comments=tuple(_comments(sandbox, post)),
    )


def _picture(sandbox: Sandbox, picture: Picture) -> LedgerPicture:
    return LedgerPicture(
        alt=picture.alt,
        format=MIME.get(picture.format, picture.format),
        width=picture.width,
        height=picture.height,
        size=picture.size,
        sha256=picture.blob,
        path=sandbox.cdn_path(picture),
        cropped=picture.cropped,
    )


def _comments(sandbox: Sandbox, post: Post) -> Iterator[LedgerComment]:
    for item in sandbox.world.remarks_of(post.id):
        yield LedgerComment(
            id=item.id,
            parent=item.parent,
            author=item.author_name,
            own=item.own,
            text=item.text,
            created_at=moment(item.created),
            hidden=item.hidden,
        )
    if post.network == "x":
        yield from _replies(sandbox, post)


def _replies(sandbox: Sandbox, post: Post) -> Iterator[LedgerComment]:
    for reply in sandbox.world.posts.values():
        below = reply.id != post.id and reply.memo.get("conversation") == post.id
        if reply.visible and (below or reply.quotes == post.id):
            yield LedgerComment(
                id=reply.memo.get("versions", reply.id).split(",")[0],
                parent=reply.reply_to if reply.reply_to != post.id else None,
                author=reply.author_name,
                own=reply.own,
                text=reply.text,
                created_at=moment(reply.created),
                hidden=False,
            )


def moment(stamp: float) -> datetime:
    """Turn a stamp into an aware time."""
    return datetime.fromtimestamp(stamp, UTC)


def _plain(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
