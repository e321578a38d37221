"""Instagram professional accounts that are linked to a Facebook Page, over Meta's Graph API.

    photo (a call per picture) -> container (a call per picture, and one for a carousel) -> wait -> publish*
        -> address -> [comment*] -> cleanup (a call per picture)

Instagram takes no bytes: it fetches a picture from an address. `media: facebook_page` puts it on the linked Page as a photo that nobody
sees; `media: public_url` puts it into a folder that the organisation's web server shows. Both are removed at the end.

A container is a post that nobody sees. Its id is known before it is published, and it tells what became of it: after a lost answer
PUBLISHED, EXPIRED and ERROR are proof.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from channels.base import (
    Absence,
    Basis,
    Capabilities,
    Card,
    Comment,
    CommentKind,
    Comments,
    Counts,
    Evidence,
    Found,
    Health,
    Held,
    Identity,
    Known,
    Mentions,
    PictureRules,
    Post,
    Proof,
    Published,
    Quota,
    Recent,
    RemotePost,
    Said,
    Source,
    Step,
    Tally,
    Target,
    Usage,
)
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.graph import (
    BY_SUBCODE,
    ContainerGoneError,
    ContainerUnsettledError,
    Created,
    GraphWire,
    MediaMissingError,
    Node,
    Rows,
    Token,
    connect_graph,
)
from channels.insights import Insights, Metric
from channels.limits import changed
from channels.text import length, links_in, same_words, words
from channels.versions import graph_ends
from channels.wire import NO_TOKEN, Address, Id, Moment

if TYPE_CHECKING:
    from channels.graph import Graph  # types only: requests and Pillow are slow to import, and limits need neither
    from channels.pictures import Fitted
    from channels.session import Network

_META: Final = "https://developers.facebook.com/docs/instagram-platform/"
_MEDIA: Final = Source(page=f"{_META}instagram-graph-api/reference/ig-user/media", on=date(2026, 11, 24))
_GUIDE: Final = Source(page=f"{_META}content-publishing", on=date(2026, 11, 24))

CAPABILITIES: Final = Capabilities(
    max_text=2_200,
    measure=length,
    max_hashtags=30,
    mentions=Mentions.HANDLE,
    max_mentions=20,
    max_first_comment=2_196,
    needs_picture=True,
    card=Card.NONE,
    pictures=PictureRules(
        most=10,
        formats=("JPEG",),
        max_bytes=8_000_000,
        max_side=1440,
        narrowest=4 / 5,
        widest=1.91,
        least_width=320,
        alike=True,
        max_alt=1_000,
    ),
    tells=frozenset({"reactions", "comments", "shares", "views", CommentKind.COMMENT, CommentKind.REPLY}),
    whole_every=timedelta(hours=6),  # a page of many posts' comments is one call
    insights={"views": "views", "shares": "shares"},  # media insights of feed posts, read 2026-10-04
    proof=Proof.EXACT,
    evidence=(Evidence.CONTAINER, Evidence.LISTING),
    absence=Absence.PROVED,
    listing_delay=timedelta(minutes=1),
    edits_words=False,
    sources={
        "max_text": _MEDIA,
        "max_hashtags": _MEDIA,
        "mentions": _MEDIA,
        "max_mentions": _MEDIA,
        "max_first_comment": Source(
            page="https://docs.upload-post.com/resources/character-limits",
            on=date(2026, 11, 24),
            basis=Basis.OTHERS,
        ),
        "needs_picture": _MEDIA,
        "max_pictures": _GUIDE,
        "picture_formats": _MEDIA,
        "max_picture_bytes": _MEDIA,
        "max_picture_side": _MEDIA,
        "narrowest_picture": _MEDIA,
        "widest_picture": _MEDIA,
        "max_alt": _MEDIA,
        "link": replace(_MEDIA, note="links in captions cannot be opened"),
        "tells": Source(page=f"{_META}instagram-graph-api/reference/ig-media", on=date(2026, 11, 24)),
        "edits_words": Source(page=f"{_META}instagram-graph-api/reference/ig-media", on=date(2026, 11, 24)),
        "proof": replace(_GUIDE, note="a container's id is known beforehand"),
        "listing_delay": Source(on=date(2026, 11, 24), basis=Basis.OURS),
    },
)

_LADDER: Final = (1, 3, 10, 30, 60)
"""Seconds before each look at a container; the last one goes on."""
_MOST_LOOKS: Final = 14
"""Some eleven minutes; after that a container is looked at as a failed step is, further and further apart."""
_UNSETTLED_TRIES: Final = 2
_UNSETTLED_WAIT: Final = timedelta(seconds=30)
_SLACK: Final = timedelta(minutes=10)  # our clock and theirs
_PAGE: Final = 50
_MOST_PAGES: Final = 20
_TALK_A_POST: Final = (
    25  # comments that come with a post, and replies with a comment, when many posts are asked for at once
)
_TALK_PAGES: Final = 2
_DISCUSSED_A_PAGE: Final = 30
_FEW: Final = 2  # so many posts are read one by one: a page of the listing would cost as much


class Settings(BaseModel):
    """An Instagram account. `access_token` is that of the Page it is linked to; None: from `tiedote login`.

    `login`: how the token was got; one of Instagram's own login belongs to no Page and is taken by another host. `page_id`: the Page, by
    default the one that the token belongs to. `public_folder`: where our web server finds what it shows at `public_base_url`; a relative
    path starts at the folder in the validation context, if there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user_id: str = Field(pattern=r"^[0-9]{1,20}$")
    access_token: Token | None = None
    login: Literal["facebook_login", "instagram_login"] = "facebook_login"
    media: Literal["facebook_page", "public_url"] = "facebook_page"
    page_id: str | None = Field(default=None, pattern=r"^[0-9]{1,20}$")
    public_folder: Path | None = None
    public_base_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")

    @field_validator("public_folder")
    @classmethod
    def _is_somewhere(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        if folder is None or folder.is_absolute():
            return folder
        start = (info.context or {}).get("folder")
        if start is None:
            raise ValueError("public_folder must be an absolute path")
        return Path(start) / folder

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.media == "public_url" and not (self.public_folder and self.public_base_url):
            raise ValueError("media: public_url needs public_folder and public_base_url")
        if self.login == "instagram_login" and self.media != "public_url":
            raise ValueError("with login: instagram_login there is no Page to take pictures; write media: public_url")
        return self


def connect(settings: Settings, network: Network) -> Instagram:
    """Make the channel of one account."""
    limits = changed(CAPABILITIES, network.limits, insights=network.insights)
    return Instagram(settings, connect_graph(settings.access_token or NO_TOKEN, _reached(settings, network)), limits)


def _reached(settings: Settings, network: Network) -> Network:
    if settings.login == "instagram_login" and network.base_url is None:
        return replace(network, base_url="https://graph.instagram.com")
    return network


class Instagram:
    """One account on Instagram."""

    name = "instagram"

    def __init__(self, settings: Settings, graph: Graph, limits: Capabilities = CAPABILITIES) -> None:
        """Take over `graph`; it is closed with the channel."""
        self.capabilities = limits
        self._user_id = settings.user_id
        self._graph = graph
        self._insights = Insights(limits.insights, lambda: graph.told_at)
        self._shelf = _shelf(settings, graph)

    def check(self) -> Identity:
        """Tell which account this is. To a token that does not reach it, it does not exist."""
        try:
            user = self._graph.get(self._user_id, _User, fields="id,username")
        except Gone as gone:
            raise AccountBlocked(Kind.WRONG_ACCOUNT, gone.detail) from gone
        return Identity(account_id=user.id, name=user.username, version=self._graph.version)

    def examine(self) -> Health:
        identity = self.check()
        asked = self._graph.asked
        quota = None
        with suppress(ChannelError):  # the account itself has answered: what else is not told is no fault of it
            limit = self._graph.get(f"{self._user_id}/content_publishing_limit", _Limits, fields="quota_usage,config")
            told = next((row for row in limit.data if row.config.quota_total is not None), None)
            quota = Quota(used=told.quota_usage, total=told.config.quota_total or 0) if told else None
        ends, told_at = graph_ends(asked), self._graph.told_at
        return Health(identity=identity, asked=asked, ends=ends, quota=quota, told_at=told_at)

    def begin(self, post: Post) -> Step:
        return _next_photo(post, {})

    def advance(self, post: Post, step: Step) -> Step | Published:  # noqa: PLR0911 - a line for each step
        match step.name:
            case "photo":
                return self._photo(post, step.memo)
            case "container":
                return self._container(post, step.memo)
            case "wait":
                return self._wait(step.memo)
            case "publish":
                return self._publish(step.memo)
            case "address":
                return self._address(post, step.memo)
            case "comment":
                return self._comment(post, step.memo)
            case "cleanup":
                return self._cleanup(step.memo)
        raise Unexpected(Kind.NOT_UNDERSTOOD, f"Instagram has no step {step.name}")

    def _photo(self, post: Post, memo: Mapping[str, str]) -> Step:
        if not post.pictures:
            raise Rejected(Kind.POST_REFUSED, "Instagram takes no post without a picture")
        n = next(n for n in range(len(post.pictures)) if f"address{n}" not in memo)
        fitted = _fitted(post, n, memo.get("shape"), self.capabilities.pictures)
        stored, address = self._shelf.put(fitted)
        shape = f"{fitted.width}x{fitted.height}"
        return _next_photo(post, {**memo, "shape": shape, f"stored{n}": stored, f"address{n}": address})

    def _container(self, post: Post, memo: Mapping[str, str]) -> Step:
        """Make the next container: one for each picture and, for several, one around them."""
        number = len(post.pictures)
        n = next((n for n in range(number) if f"container{n}" not in memo), None)
        with _the_account_is_there():
            if n is None:
                children = ",".join(memo[f"container{n}"] for n in range(number))
                whole = self._media(media_type="CAROUSEL", children=children, caption=words(post))
            else:
                alone = number == 1
                whole = self._media(
                    image_url=memo[f"address{n}"],
                    alt_text=post.pictures[n].alt or None,
                    caption=words(post) if alone else None,
                    is_carousel_item=None if alone else True,
                )
        if n is not None and number > 1:
            return Step(name="container", memo={**memo, f"container{n}": whole})
        return _look_in(0, {**memo, "container": whole})

    def _media(self, **fields: str | bool | None) -> str:
        return self._graph.post(f"{self._user_id}/media", Created, **fields).id

    def _wait(self, memo: Mapping[str, str]) -> Step:
        """Look at all containers; when they are finished, the post can be published."""
        containers = _containers(memo)
        found, gone = self._graph.many(containers, _Container, fields="id,status_code,status")
        if gone:
            raise ContainerGoneError(Kind.NOT_READY, "a container is not there any more")
        for container in found.values():
            container.raise_if_failed()
        if all(key in found and found[key].is_finished for key in containers):
            return _publish_step(memo)
        looks = int(memo.get("looks", "0")) + 1
        if looks >= _MOST_LOOKS:
            raise Retryable(Kind.NOT_READY, "the pictures are still being processed")
        return _look_in(looks, memo)

    def _publish(self, memo: Mapping[str, str]) -> Step | Published:
        try:
            media = self._graph.post(f"{self._user_id}/media_publish", Created, creation_id=memo["container"])
        except ContainerUnsettledError:
            return _publish_again(memo)
        except MediaMissingError as error:
            # Not there, or published already: the container knows which.
            raise OutcomeUnknown(Kind.ANSWER_LOST, error.detail) from error
        return _published(media.id, memo)

    def _address(self, post: Post, memo: Mapping[str, str]) -> Published:
        media = self._graph.get(memo["media"], _Media, fields="id,permalink")
        return _with_address(post, {**memo, "url": media.permalink or ""})

    def _comment(self, post: Post, memo: Mapping[str, str]) -> Published:
        self._graph.post(f"{memo['media']}/comments", Created, message=post.first_comment)
        return _after_comment(memo)

    def _cleanup(self, memo: Mapping[str, str]) -> Published:
        """Remove the next picture from where Instagram fetched it. One that stays there harms nobody, so no failure counts."""
        left = _stored(memo)
        if left:
            with suppress(ChannelError):
                self._shelf.remove(memo[left[0]])
        rest = {key: value for key, value in memo.items() if key not in left[:1]}
        then = Step(name="cleanup", memo=rest) if left[1:] else None
        return Published(remote_id=memo["media"], url=memo["url"] or None, then=then)

    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        """Ask the container, or look under the post."""
        match step.name:
            case "publish":
                return self._locate_media(post, step.memo, since - _SLACK)
            case "comment":
                return self._locate_comment(post, step.memo)
        return Found()

    def _locate_media(self, post: Post, memo: Mapping[str, str], since: datetime) -> Found:
        status = self._status(memo["container"])
        if status in {"EXPIRED", "ERROR", "FINISHED"}:
            return Found(complete=True, absent=True)
        if status == "IN_PROGRESS":
            return Found()
        # It is out, or the container is forgotten; no way leads from a container to what became of it but the listing.
        recent = self._recent(since, partly=True)
        same = tuple(_published(one.remote_id, memo, one.url) for one in recent.posts if self.is_same(post, one))
        forgotten = status is None
        return Found(candidates=same, complete=recent.complete and forgotten, spent=forgotten)

    def _status(self, container: str) -> str | None:
        try:
            return self._graph.get(container, _Container, fields="id,status_code").status_code
        except Gone:
            return None

    def _locate_comment(self, post: Post, memo: Mapping[str, str]) -> Found:
        rows, complete = self._comments_under(memo["media"])
        said = post.first_comment or ""
        ours = any(row.by(self._user_id) and same_words(said, row.text) for row in rows)
        return Found(candidates=(_after_comment(memo),) if ours else (), complete=complete)

    def recent(self, since: datetime) -> Recent:
        return self._recent(since, partly=False)

    def _recent(self, since: datetime, *, partly: bool) -> Recent:
        listing = self._graph.listing(
            f"{self._user_id}/media",
            _Media,
            most=_MOST_PAGES,
            until=lambda row: row.timestamp is not None and row.timestamp < since,
            partly=partly,
            fields="id,caption,timestamp,permalink",
            limit=_PAGE,
        )
        posts = tuple(remote for row in listing.rows if (remote := row.as_remote()) and remote.created_at >= since)
        return Recent(posts=posts, complete=listing.complete)

    def is_same(self, post: Post, remote: RemotePost) -> bool:
        return same_words(words(post), remote.text)

    def taken_up(self, post: Post, remote: RemotePost) -> Published:
        return _with_address(post, {"media": remote.remote_id, "url": remote.url or ""})

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        """Read counters off our listing, 50 posts a call, and by id what is not on it: old posts, and those that are gone."""
        del before
        if not remote_ids:
            return Tally()
        known, gone = self._insights.read(
            lambda metrics: self._counted(remote_ids, _COUNTERS + metrics),
            lambda metric: self._graph.get(f"{remote_ids[0]}/insights", Rows[Metric], metric=metric),
        )
        counts = tuple(known[key].counts(self._insights) for key in remote_ids if key in known)
        return Tally(counts=counts, gone=gone, refused=self._insights.refused)

    def _counted(self, remote_ids: Sequence[str], fields: str) -> tuple[dict[str, _Media], frozenset[str]]:
        wanted = set(remote_ids)
        known = self._graph.listed(
            f"{self._user_id}/media", _Media, wanted, most=1 + len(wanted) // _PAGE, fields=fields, limit=_PAGE
        )
        by_id, gone = self._graph.many(sorted(wanted - known.keys()), _Media, fields=fields)
        return known | by_id, gone

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        """Read what is under these posts, replies too.

        Many posts come with their newest comments in one page of our listing; what that does not hold is read post by post.
        """
        known = known or {}
        talk = self._talk(remote_ids) if len(remote_ids) > _FEW else {}
        items: list[Comment] = []
        complete: set[str] = set()
        for remote_id in remote_ids:
            news, page = known.get(remote_id), talk.get(remote_id)
            try:
                if page is not None and (page.is_last or _wholly_known(page.data, news)):
                    rows, whole = self._with_replies(page.data)
                    whole = whole and page.is_end
                else:
                    rows, whole = self._comments_under(remote_id, news)
            except Gone:
                continue
            items += [row.as_comment(remote_id, self._user_id) for row in rows]
            if whole:
                complete.add(remote_id)
        return Comments(items=tuple(items), complete=frozenset(complete))

    def _talk(self, remote_ids: Sequence[str]) -> dict[str, Rows[_TopComment]]:
        """Read the newest comments of many posts off our listing."""
        posts = self._graph.listed(
            f"{self._user_id}/media",
            _Discussed,
            set(remote_ids),
            most=_TALK_PAGES,
            spare=_FEW - 1,
            fields=f"id,comments.limit({_TALK_A_POST}){{{_REPLY_FIELDS},replies.limit({_TALK_A_POST}){{{_REPLY_FIELDS}}}}}",
            limit=_DISCUSSED_A_PAGE,
        )
        return {remote_id: post.comments for remote_id, post in posts.items()}

    def _comments_under(self, remote_id: str, news: Known | None = None) -> tuple[list[_RemoteComment], bool]:
        """Read the comments and their replies, newest first, to their end or to what is known; and tell whether these are all."""
        tops: list[_TopComment] = []
        whole = False
        for page in self._graph.pages(
            f"{remote_id}/comments", _TopComment, most=_MOST_PAGES, fields=_COMMENT_FIELDS, limit=_PAGE
        ):
            tops += page.data
            whole = page.is_end
            if page.is_last or _wholly_known(page.data, news):
                break
        rows, with_replies = self._with_replies(tops)
        return rows, whole and with_replies

    def _with_replies(self, tops: Sequence[_TopComment]) -> tuple[list[_RemoteComment], bool]:
        """Give comments each followed by its replies, reading those that did not come along; and tell whether these are all."""
        rows: list[_RemoteComment] = []
        complete = True
        for top in tops:
            replies: Sequence[_RemoteComment] = top.replies.data
            if not top.replies.is_last:
                whole = self._graph.listing(
                    f"{top.id}/replies", _RemoteComment, most=_MOST_PAGES, fields=_REPLY_FIELDS, limit=_PAGE
                )
                replies, complete = whole.rows, complete and whole.complete
            complete = complete and not top.replies.misfits
            rows += [top, *(reply.under(top.id) for reply in replies)]
        return rows, complete

    def reply(self, to: Target, text: str) -> str:
        """Answer the comment that the thread began with: Instagram takes replies to those alone, and to none that is hidden."""
        return self._graph.post(f"{to.thread}/replies", Created, message=text).id

    def locate_reply(self, to: Target, text: str, since: datetime) -> Said:
        listing = self._graph.listing(
            f"{to.thread}/replies", _RemoteComment, most=_MOST_PAGES, fields=_REPLY_FIELDS, limit=_PAGE
        )
        ours = (row for row in listing.rows if row.by(self._user_id) and row.timestamp >= since - _SLACK)
        return Said(remote_ids=tuple(row.id for row in ours if same_words(text, row.text)), complete=listing.complete)

    def hide(self, remote_id: str, *, hidden: bool) -> None:
        self._graph.change(remote_id, hide=hidden)

    def erase_comment(self, remote_id: str) -> None:
        self.remove(remote_id)

    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        media, _ = self._graph.many(remote_ids, _Shown, fields=_SHOWN)
        return {remote_id: held for remote_id, one in media.items() if (held := one.held()) is not None}

    def amend(self, post: Post, remote_id: str) -> None:
        del post, remote_id
        raise Rejected(Kind.POST_REFUSED, "Instagram does not change the words of a post that is out")

    def remove(self, remote_id: str) -> None:
        """Delete a medium; the way in by Facebook's login allows it, that by Instagram's does not."""
        with suppress(Gone):
            self._graph.delete(remote_id)

    def discard(self, step: Step) -> None:
        """Remove the pictures from where Instagram fetched them, or would have."""
        with suppress(ChannelError):
            for key in _stored(step.memo):
                self._shelf.remove(step.memo[key])

    def usage(self) -> tuple[Usage, ...]:
        return self._graph.usage()

    def ration(self, calls: int | None) -> None:
        self._graph.ration(calls)

    def close(self) -> None:
        self._graph.close()


# Where Instagram fetches pictures from


class _Shelf(Protocol):
    def put(self, picture: Fitted) -> tuple[str, str]:
        """Put a picture where Instagram can fetch it; return its name there and its address."""

    def remove(self, stored: str) -> None:
        """Take it away again."""


def _shelf(settings: Settings, graph: Graph) -> _Shelf:
    if settings.public_folder and settings.public_base_url:
        return _Folder(settings.public_folder, settings.public_base_url)
    return _Page(graph, settings.page_id)


class _Page:
    """The linked Page: an unpublished photo of it has an address that Instagram can reach. Done by many, documented nowhere."""

    def __init__(self, graph: Graph, page_id: str | None) -> None:
        self._graph = graph
        self._page_id = page_id

    def put(self, picture: Fitted) -> tuple[str, str]:
        if self._page_id is None:
            self._page_id = self._graph.get("me", Created, fields="id").id
        with _the_account_is_there():
            photo = self._graph.upload(f"{self._page_id}/photos", picture, _Photo, published=False, fields="id,images")
        if not photo.images:
            photo = self._graph.get(photo.id, _Photo, fields="id,images")
        if not photo.images:
            raise Retryable(Kind.NOT_READY, "Facebook does not show the picture yet")
        return photo.id, max(photo.images, key=lambda image: image.width).source

    def remove(self, stored: str) -> None:
        self._graph.delete(stored)


_OURS: Final = "tiedote-"
_FORGOTTEN_AFTER: Final = 3 * 24 * 3600.0
"""Seconds: no publication is tried for so long, and a container lives for a day."""


class _Folder:
    """A folder of our own web server, and names that nobody guesses. What a crash left there goes when the next picture comes."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._base_url = base_url.rstrip("/")

    def put(self, picture: Fitted) -> tuple[str, str]:
        name = f"{_OURS}{secrets.token_urlsafe(24)}.jpg"
        try:
            (self._folder / name).write_bytes(picture.data)
            self._sweep((self._folder / name).stat().st_mtime)
        except OSError as error:
            # The path is the operator's own, and its name is what they need.
            raise Retryable(Kind.PICTURE_UNREACHABLE, f"{self._folder}: {error.strerror}") from error
        return name, f"{self._base_url}/{name}"

    def remove(self, stored: str) -> None:
        with suppress(OSError):
            (self._folder / stored).unlink(missing_ok=True)

    def _sweep(self, now: float) -> None:
        """Remove what is far older than the picture just written: the clock is the folder's own, which may be on another machine."""
        for left in self._folder.glob(f"{_OURS}*.jpg"):
            with suppress(OSError):
                if now - left.stat().st_mtime > _FORGOTTEN_AFTER:
                    left.unlink()


def _fitted(post: Post, n: int, shape: str | None, rules: PictureRules) -> Fitted:
    """Fit a picture; the later ones of a carousel to the first one's shape, in which Instagram shows them all."""
    from channels.pictures import fit_picture  # Pillow is slow to import

    if shape is not None:
        width, height = shape.split("x")
        return fit_picture(post.pictures[n], rules, shape=(int(width), int(height)))
    return fit_picture(post.pictures[n], rules)


# From step to step


def _next_photo(post: Post, memo: Mapping[str, str]) -> Step:
    done = bool(post.pictures) and all(f"address{n}" in memo for n in range(len(post.pictures)))
    return Step(name="container" if done else "photo", memo=memo)


def _containers(memo: Mapping[str, str]) -> list[str]:
    return [value for key, value in memo.items() if key.startswith("container")]


def _stored(memo: Mapping[str, str]) -> list[str]:
    return [key for key in memo if key.startswith("stored")]


def _look_in(looks: int, memo: Mapping[str, str]) -> Step:
    seconds = _LADDER[min(looks, len(_LADDER) - 1)]
    return Step(name="wait", memo={**memo, "looks": str(looks)}, wait=timedelta(seconds=seconds))


def _publish_step(memo: Mapping[str, str], wait: timedelta = timedelta(0)) -> Step:
    return Step(name="publish", memo=memo, wait=wait, commits=True)


def _publish_again(memo: Mapping[str, str]) -> Step:
    """Try the same container twice more; then it is lost."""
    tries = int(memo.get("unsettled", "0")) + 1
    if tries > _UNSETTLED_TRIES:
        raise ContainerGoneError(Kind.NOT_READY, "Instagram does not find the container that it made")
    return _publish_step({**memo, "unsettled": str(tries)}, _UNSETTLED_WAIT)


def _published(media: str, memo: Mapping[str, str], url: str | None = None) -> Published:
    kept = {key: memo[key] for key in _stored(memo)}
    return Published(remote_id=media, url=url, then=Step(name="address", memo={"media": media, **kept}))


def _with_address(post: Post, memo: Mapping[str, str]) -> Published:
    then = Step(name="comment", memo=memo, commits=True) if post.first_comment else _cleanup_step(memo)
    return Published(remote_id=memo["media"], url=memo["url"] or None, then=then)


def _after_comment(memo: Mapping[str, str]) -> Published:
    return Published(remote_id=memo["media"], url=memo["url"] or None, then=_cleanup_step(memo))


def _cleanup_step(memo: Mapping[str, str]) -> Step | None:
    return Step(name="cleanup", memo=memo) if _stored(memo) else None


@contextmanager
def _the_account_is_there() -> Iterator[None]:
    """Say of "no such object" what it means for an account: the token may not see it. A lost container is another matter."""
    try:
        yield
    except (ContainerGoneError, MediaMissingError):
        raise
    except Gone as error:
        raise AccountBlocked(Kind.PERMISSION_MISSING, error.detail) from error


# Answers

_COUNTERS: Final = "id,like_count,comments_count"
_REPLY_FIELDS: Final = "id,text,timestamp,username,from{id,username,self_ig_scoped_id},hidden"
_COMMENT_FIELDS: Final = f"{_REPLY_FIELDS},replies.limit({_PAGE}){{{_REPLY_FIELDS}}}"


class _User(GraphWire):
    id: str
    username: str = ""


class _Limits(GraphWire):
    class Row(GraphWire):
        class Quota(GraphWire):
            quota_total: int | None = None

        quota_usage: int = 0
        config: Quota = Field(default_factory=Quota)

    data: tuple[Row, ...] = ()


class _Image(GraphWire):
    source: str
    width: int = 0


class _Photo(Created):
    images: tuple[_Image, ...] = ()


class _Container(GraphWire):
    id: str
    status_code: str
    status: str = ""

    @property
    def is_finished(self) -> bool:
        return self.status_code in {"FINISHED", "PUBLISHED"}

    def raise_if_failed(self) -> None:
        """Raise what a container's end means: a picture that will never do, or one that has to be made again."""
        if self.status_code == "EXPIRED":
            raise ContainerGoneError(Kind.NOT_READY, "the container expired")
        if self.status_code != "ERROR":
            return
        code = re.search(r"\b22\d{5}\b", self.status)
        rule = BY_SUBCODE.get(int(code[0])) if code else None
        if rule is not None and not issubclass(rule.error, Rejected):
            raise ContainerGoneError(Kind.NOT_READY, self.status)
        raise Rejected(rule.kind if rule else Kind.PICTURE_REFUSED, self.status)


class _Media(Node):
    caption: str = ""
    timestamp: Moment | None = None
    permalink: Address = None
    # Left out where the owner hides likes.
    like_count: int | None = None
    comments_count: int | None = None
    insights: Rows[Metric] | None = None

    def as_remote(self) -> RemotePost | None:
        if self.timestamp is None:
            return None
        return RemotePost(remote_id=self.id, text=self.caption, created_at=self.timestamp, url=self.permalink)

    def counts(self, insights: Insights) -> Counts:
        likes = self.like_count
        return Counts(
            remote_id=self.id,
            reactions=None if likes is None else {"like": likes} if likes else {},
            comments=self.comments_count,
            shares=insights.number("shares", self.insights),
            views=insights.number("views", self.insights),
            clicks=insights.number("clicks", self.insights),
        )


_SHOWN: Final = "id,caption,timestamp,permalink,alt_text,children{id,alt_text}"


class _Child(GraphWire):
    id: str
    alt_text: str = ""


class _Shown(_Media):
    alt_text: str = ""
    children: Rows[_Child] | None = None

    def held(self) -> Held | None:
        post = self.as_remote()
        alts = tuple(child.alt_text for child in self.children.data) if self.children else (self.alt_text,)
        told = self.children is None or not self.children.misfits
        return Held(post=post, links=links_in(self.caption), alts=alts if told else None) if post else None


class _Author(GraphWire):
    id: str | None = None
    username: str | None = None
    self_ig_scoped_id: str | None = None
    """Only our own comments have it."""


class _RemoteComment(GraphWire):
    id: Id
    text: str = ""
    timestamp: Moment
    username: str | None = None
    author: _Author = Field(default_factory=_Author, alias="from")
    parent_id: str | None = None
    hidden: bool = False

    def by(self, user_id: str) -> bool:
        return self.author.self_ig_scoped_id is not None or self.author.id == user_id

    def under(self, parent_id: str) -> Self:
        return self.model_copy(update={"parent_id": parent_id})

    def as_comment(self, post_id: str, user_id: str) -> Comment:
        return Comment(
            post_id=post_id,
            remote_id=self.id,
            parent_remote_id=self.parent_id,
            kind=CommentKind.REPLY if self.parent_id else CommentKind.COMMENT,
            author_id=self.author.id,
            author_name=self.author.username or self.username,
            text=self.text or None,
            created_at=self.timestamp,
            own=self.by(user_id),
            hidden=self.hidden,
        )


class _TopComment(_RemoteComment):
    replies: Rows[_RemoteComment] = Field(default_factory=Rows[_RemoteComment])


class _Discussed(Node):
    comments: Rows[_TopComment] = Field(default_factory=Rows[_TopComment])


def _wholly_known(rows: Sequence[_TopComment], news: Known | None) -> bool:
    """Tell whether a page of comments, newest first, has nothing that is not stored: then the next ones will hardly have."""
    if news is None or news.whole:
        return False
    return all(one.id in news.ids for top in rows for one in (top, *top.replies.data))
