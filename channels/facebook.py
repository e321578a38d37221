"""Facebook Pages, over Meta's Graph API.

    photo (a call per picture) -> draft -> publish* -> [address] -> [comment*]

A draft is a post that nobody sees, and its id is known before it is published: whether a lost `publish` took effect is read off the draft
itself, and publishing it twice has the effect of once. With `draft_first: no` the post is made in one call (`create*`); a lost answer is
then looked for on the Page, where presence can be proved and absence cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

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
    PictureRules,
    Post,
    Proof,
    Published,
    Recent,
    RemotePost,
    Said,
    Source,
    Step,
    Tally,
    Target,
    Usage,
)
from channels.errors import AccountBlocked, Gone, Kind, OutcomeUnknown, Unexpected
from channels.graph import Created, GraphWire, Node, Rows, Token, connect_graph
from channels.insights import Insights, Metric
from channels.limits import changed
from channels.text import length, links_in, same_words, words
from channels.versions import graph_ends
from channels.wire import NO_TOKEN, Address, Id, Moment

if TYPE_CHECKING:
    from channels.graph import Graph
    from channels.session import Network  # a type only: whoever asks for limits should not wait for requests

_POSTS: Final = Source(page="https://developers.facebook.com/docs/pages-api/posts", on=date(2026, 11, 24))
_PHOTOS: Final = Source(
    page="https://developers.facebook.com/docs/graph-api/reference/page/photos", on=date(2026, 11, 24)
)
_POSTIZ: Final = "https://github.com/gitroomhq/postiz-app"

CAPABILITIES: Final = Capabilities(
    max_text=63_206,
    measure=length,
    max_first_comment=8_000,
    card=Card.BESIDE,
    pictures=PictureRules(most=10, formats=("JPEG", "PNG"), max_bytes=4_000_000, max_side=2048, max_alt=1_000),
    tells=frozenset({"reactions", "comments", "shares", "views", "clicks", CommentKind.COMMENT, CommentKind.REPLY}),
    whole_every=timedelta(hours=6),  # a page of many posts' comments is one call
    insights={
        "views": "post_media_view",
        "clicks": "post_clicks",
    },  # alive on 1 Sep 2026 (a third party's live probe, v25)
    proof=Proof.EXACT,
    evidence=(Evidence.DRAFT,),
    absence=Absence.PROVED,
    listing_delay=timedelta(minutes=1),
    listing_is_whole=False,  # ranked, and some 600 posts a year
    edits_words=True,
    sources={
        "max_text": Source(page=_POSTIZ, on=date(2026, 11, 24), basis=Basis.OTHERS),
        "mentions": Source(on=date(2026, 11, 24), basis=Basis.OURS, note="no page tells how an app mentions a Page"),
        "max_first_comment": Source(on=date(2026, 11, 24), basis=Basis.OTHERS),
        "needs_picture": _POSTS,
        "max_pictures": Source(on=date(2026, 11, 24), basis=Basis.OURS),
        "picture_formats": _PHOTOS,
        "max_picture_bytes": Source(
            page=_POSTIZ, on=date(2026, 11, 24), basis=Basis.OTHERS, note="Meta says 10 MB, but refuses (1366046)"
        ),
        "max_picture_side": replace(_PHOTOS, note="larger ones are scaled"),
        "max_alt": Source(on=date(2026, 11, 24), basis=Basis.OURS),
        "link": _POSTS,
        "tells": Source(
            page="https://developers.facebook.com/docs/graph-api/reference/page-post", on=date(2026, 11, 24)
        ),
        "edits_words": replace(_POSTS, note="of posts that the same app made"),
        "proof": replace(_POSTS, note="a draft's id is known beforehand"),
        "listing_delay": Source(on=date(2026, 11, 24), basis=Basis.OURS),
    },
)

REACTIONS: Final = ("LIKE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")

_SLACK: Final = timedelta(minutes=10)  # our clock and theirs
_PAGE: Final = 100
_MOST_PAGES: Final = 20
_COUNTED_A_PAGE: Final = 25  # each row of counters is nine edges; more and Graph asks to reduce the amount of data
_TALK_A_POST: Final = 50  # comments that come with a post when many posts are asked for at once
_TALK_PAGES: Final = 2
_FEW: Final = 2  # so many posts are read one by one: a page of the listing would cost as much


class Settings(BaseModel):
    """A Facebook Page. `access_token` is the Page's own, not a person's; None: from `tiedote login`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    page_id: str = Field(pattern=r"^[0-9]{1,20}$")
    access_token: Token | None = None
    draft_first: bool = True


def _in_one_call(limits: Capabilities) -> Capabilities:
    """Return what holds with `draft_first: no`: there is the listing alone, and it does not hold every post."""
    return replace(limits, proof=Proof.LIST, evidence=(Evidence.LISTING,), absence=Absence.UNKNOWN)


def connect(settings: Settings, network: Network) -> Facebook:
    """Make the channel of one Page."""
    limits = changed(CAPABILITIES, network.limits, insights=network.insights)
    return Facebook(settings, connect_graph(settings.access_token or NO_TOKEN, network), limits)


class Facebook:
    """One Page."""

    name = "facebook"

    def __init__(self, settings: Settings, graph: Graph, limits: Capabilities = CAPABILITIES) -> None:
        """Take over `graph`; it is closed with the channel."""
        self.capabilities = limits if settings.draft_first else _in_one_call(limits)
        self._page_id = settings.page_id
        self._draft_first = settings.draft_first
        self._graph = graph
        self._insights = Insights(limits.insights, lambda: graph.told_at)

    def check(self) -> Identity:
        """Tell which Page this is. Raises AccountBlocked when the token is somebody else's: it would publish there, or nowhere."""
        me = self._graph.get("me", _Named, fields="id,name")
        if me.id != self._page_id:
            raise AccountBlocked(Kind.WRONG_ACCOUNT, f"{me.name} ({me.id})")
        return Identity(account_id=me.id, name=me.name, version=self._graph.version)

    def examine(self) -> Health:
        asked = self._graph.asked
        return Health(identity=self.check(), asked=asked, ends=graph_ends(asked), told_at=self._graph.told_at)

    def begin(self, post: Post) -> Step:
        return self._after_photos(post, {})

    def advance(self, post: Post, step: Step) -> Step | Published:
        match step.name:
            case "photo":
                return self._photo(post, step.memo)
            case "draft":
                return self._draft(post, step.memo)
            case "publish":
                return self._publish(post, step.memo)
            case "create":
                return self._create(post, step.memo)
            case "address":
                return self._address(post, step.memo)
            case "comment":
                return self._comment(post, step.memo)
        raise Unexpected(Kind.NOT_UNDERSTOOD, f"Facebook has no step {step.name}")

    def _after_photos(self, post: Post, memo: Mapping[str, str]) -> Step:
        if any(f"photo{n}" not in memo for n in range(len(post.pictures))):
            return Step(name="photo", memo=memo)
        return Step(name="draft", memo=memo) if self._draft_first else Step(name="create", memo=memo, commits=True)

    def _photo(self, post: Post, memo: Mapping[str, str]) -> Step:
        from channels.pictures import fit_picture  # Pillow is slow to import

        n = next(n for n in range(len(post.pictures)) if f"photo{n}" not in memo)
        fitted = fit_picture(post.pictures[n], self.capabilities.pictures)
        with _the_page_is_there():
            photo = self._graph.upload(
                f"{self._page_id}/photos",
                fitted,
                Created,
                published=False,
                alt_text_custom=post.pictures[n].alt or None,
            )
        return self._after_photos(post, {**memo, f"photo{n}": photo.id})

    def _draft(self, post: Post, memo: Mapping[str, str]) -> Step:
        draft = self._feed(post, memo, published=False)
        known = {"post_id": draft.id} | ({"url": draft.permalink_url} if draft.permalink_url else {})
        return Step(name="publish", memo=known, commits=True, repeatable=True)

    def _create(self, post: Post, memo: Mapping[str, str]) -> Published:
        created = self._feed(post, memo, published=True)
        return _published(post, created.id, created.permalink_url)

    def _feed(self, post: Post, memo: Mapping[str, str], *, published: bool) -> _Written:
        photos = [{"media_fbid": memo[f"photo{n}"]} for n in range(len(post.pictures))]
        with _the_page_is_there(may_be_missing=bool(photos)):
            return self._graph.post(
                f"{self._page_id}/feed",
                _Written,
                message=words(post),
                published=published,
                link=None if photos else post.link,
                attached_media=photos or None,
                fields="id,permalink_url",
            )

    def _publish(self, post: Post, memo: Mapping[str, str]) -> Published:
        self._graph.change(memo["post_id"], is_published=True)
        return _published(post, memo["post_id"], memo.get("url"))

    def _address(self, post: Post, memo: Mapping[str, str]) -> Published:
        written = self._graph.get(memo["remote_id"], _Written, fields="id,permalink_url")
        return _published(post, memo["remote_id"], written.permalink_url or f"https://www.facebook.com/{written.id}")

    def _comment(self, post: Post, memo: Mapping[str, str]) -> Published:
        said = self._graph.post(f"{memo['remote_id']}/comments", Created, message=post.first_comment)
        # Posting to a comment's own address changes it, and answers with its id (reference of 2026-04-16): be sure it is a new one.
        if said.id == memo["remote_id"]:
            raise OutcomeUnknown(Kind.ANSWER_LOST, "Graph answered with the post's own id")
        return Published(remote_id=memo["remote_id"], url=memo["url"])

    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        """Read the draft itself; without one, our posts; for a comment, those under the post."""
        match step.name:
            case "publish":
                return self._locate_draft(post, step.memo)
            case "create":
                return self._locate_post(post, since - _SLACK)
            case "comment":
                return self._locate_comment(post, step.memo)
        return Found()

    def _locate_draft(self, post: Post, memo: Mapping[str, str]) -> Found:
        try:
            draft = self._graph.get(memo["post_id"], _Written, fields="id,is_published,permalink_url")
        except Gone:
            return Found()  # Somebody deleted it, before or after it was public.
        if draft.is_published is None:
            return Found()
        if not draft.is_published:
            return Found(complete=True, absent=True)
        return Found(candidates=(_published(post, draft.id, draft.permalink_url),), complete=True)

    def _locate_post(self, post: Post, since: datetime) -> Found:
        same = (remote for remote in self.recent(since).posts if self.is_same(post, remote))
        return Found(candidates=tuple(_published(post, remote.remote_id, remote.url) for remote in same))

    def _locate_comment(self, post: Post, memo: Mapping[str, str]) -> Found:
        rows, whole = self._comments_under(memo["remote_id"])
        said = post.first_comment or ""
        ours = any(row.by(self._page_id) and same_words(said, row.message) for row in rows)
        known = Published(remote_id=memo["remote_id"], url=memo["url"])
        return Found(candidates=(known,) if ours else (), complete=whole)

    def recent(self, since: datetime) -> Recent:
        listing = self._graph.listing(
            f"{self._page_id}/published_posts",
            _RemotePost,
            most=_MOST_PAGES,
            until=lambda row: row.created_time < since,
            fields="id,message,created_time,permalink_url",
            since=int(since.timestamp()),
            limit=_PAGE,
        )
        posts = sorted(listing.rows, key=lambda row: row.created_time, reverse=True)
        return Recent(
            posts=tuple(row.as_remote() for row in posts if row.created_time >= since),
            complete=listing.complete and CAPABILITIES.listing_is_whole,
        )

    def is_same(self, post: Post, remote: RemotePost) -> bool:
        return same_words(words(post), remote.text)

    def taken_up(self, post: Post, remote: RemotePost) -> Published:
        return _published(post, remote.remote_id, remote.url or f"https://www.facebook.com/{remote.remote_id}")

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        """Read counters off our listing, 25 posts a call, and by id what is not on it: old posts, and those that are gone."""
        del before
        if not remote_ids:
            return Tally()
        known, gone = self._insights.read(
            lambda metrics: self._counted(remote_ids, _COUNTERS + metrics),
            lambda metric: self._graph.get(f"{remote_ids[0]}/insights", Rows[Metric], metric=metric),
        )
        counts = tuple(known[key].counts(self._insights) for key in remote_ids if key in known)
        return Tally(counts=counts, gone=gone, refused=self._insights.refused)

    def _counted(self, remote_ids: Sequence[str], fields: str) -> tuple[dict[str, _Counted], frozenset[str]]:
        wanted = set(remote_ids)
        known = self._graph.listed(
            f"{self._page_id}/published_posts",
            _Counted,
            wanted,
            most=1 + len(wanted) // _COUNTED_A_PAGE,
            fields=fields,
            limit=_COUNTED_A_PAGE,
        )
        by_id, gone = self._graph.many(sorted(wanted - known.keys()), _Counted, fields=fields)
        return known | by_id, gone

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        """Read what is under these posts, replies too; only what this Page's token may see.

        Many posts come with their newest comments in one page of our listing; what that does not hold is read post by post.
        """
        known = known or {}
        talk = self._talk(remote_ids) if len(remote_ids) > _FEW else {}
        items: list[Comment] = []
        complete: set[str] = set()
        for remote_id in remote_ids:
            news = known.get(remote_id)
            rows = talk.get(remote_id)
            if rows is None or not (rows.is_last or _reaches_back(rows.data, news)):
                try:
                    read, whole = self._comments_under(remote_id, news)
                except Gone:
                    continue
            else:
                read, whole = rows.data, rows.is_end
            items += [row.as_comment(remote_id, self._page_id) for row in reversed(read)]
            if whole:
                complete.add(remote_id)
        return Comments(items=tuple(items), complete=frozenset(complete))

    def _talk(self, remote_ids: Sequence[str]) -> dict[str, Rows[_RemoteComment]]:
        """Read the newest comments of many posts off our listing."""
        posts = self._graph.listed(
            f"{self._page_id}/published_posts",
            _Discussed,
            set(remote_ids),
            most=_TALK_PAGES,
            spare=_FEW - 1,
            fields=f"id,comments.filter(stream).order(reverse_chronological).limit({_TALK_A_POST}){{{_COMMENT_FIELDS}}}",
            limit=_COUNTED_A_PAGE,
        )
        return {remote_id: post.comments for remote_id, post in posts.items()}

    def _comments_under(self, remote_id: str, news: Known | None = None) -> tuple[Sequence[_RemoteComment], bool]:
        """Read a post's comments, newest first, to their end or to what is known; and tell whether these are all."""
        rows: list[_RemoteComment] = []
        for page in self._graph.pages(
            f"{remote_id}/comments",
            _RemoteComment,
            most=_MOST_PAGES,
            fields=_COMMENT_FIELDS,
            filter="stream",
            order="reverse_chronological",
            limit=_PAGE,
        ):
            rows += page.data
            if page.is_last or _reaches_back(page.data, news):
                return rows, page.is_end
        return rows, False

    def reply(self, to: Target, text: str) -> str:
        """Comment on a comment; one to a reply hangs on the comment that the thread began with."""
        said = self._graph.post(f"{to.remote_id}/comments", Created, message=text)
        if said.id == to.remote_id:
            raise OutcomeUnknown(Kind.ANSWER_LOST, "Graph answered with the comment's own id")
        return said.id

    def locate_reply(self, to: Target, text: str, since: datetime) -> Said:
        rows, whole = self._comments_under(to.thread)
        ours = (row for row in rows if row.by(self._page_id) and row.created_time >= since - _SLACK)
        found = tuple(row.id for row in ours if same_words(text, row.message))
        return Said(remote_ids=found, complete=whole)

    def hide(self, remote_id: str, *, hidden: bool) -> None:
        self._graph.change(remote_id, is_hidden=hidden)

    def erase_comment(self, remote_id: str) -> None:
        self.remove(remote_id)

    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        """Read the posts, and then their photos: only those tell their alternative texts."""
        posts, _ = self._graph.many(remote_ids, _Shown, fields=_SHOWN)
        photos = sorted({photo for post in posts.values() for photo in post.photos})
        described, _ = self._graph.many(photos, _Described, fields="id,alt_text_custom")
        return {remote_id: post.held(described) for remote_id, post in posts.items()}

    def amend(self, post: Post, remote_id: str) -> None:
        self._graph.change(remote_id, message=words(post))

    def remove(self, remote_id: str) -> None:
        with suppress(Gone):
            self._graph.delete(remote_id)

    def discard(self, step: Step) -> None:
        """Leave photos where they are: they may hang on a post whose answer was lost."""

    def usage(self) -> tuple[Usage, ...]:
        return self._graph.usage()

    def ration(self, calls: int | None) -> None:
        self._graph.ration(calls)

    def close(self) -> None:
        self._graph.close()


def _published(post: Post, remote_id: str, url: str | None) -> Published:
    """Return the public post and what is left to do under it."""
    then: Step | None = None
    if not url:
        then = Step(name="address", memo={"remote_id": remote_id})
    elif post.first_comment:
        then = Step(name="comment", memo={"remote_id": remote_id, "url": url}, commits=True)
    return Published(remote_id=remote_id, url=url or None, then=then)


@contextmanager
def _the_page_is_there(*, may_be_missing: bool = False) -> Iterator[None]:
    """Say of "no such object" what it means for a Page: the token may not see it. `may_be_missing`: it can be a photo instead."""
    try:
        yield
    except Gone as error:
        if may_be_missing:
            raise
        raise AccountBlocked(Kind.PERMISSION_MISSING, error.detail) from error


# Answers

_COMMENT_FIELDS: Final = "id,message,from{id,name},created_time,permalink_url,parent{id},is_hidden"
_COUNTERS: Final = ",".join(
    (
        "id",
        "shares",
        "comments.filter(stream).limit(0).summary(true)",
        *(f"reactions.type({kind}).limit(0).summary(total_count).as({kind.lower()})" for kind in REACTIONS),
    )
)


class _Named(GraphWire):
    id: str
    name: str = ""


class _Written(Created):
    permalink_url: Address = None
    is_published: bool | None = None


class _RemotePost(GraphWire):
    id: Id
    message: str = ""
    created_time: Moment
    permalink_url: Address = None

    def as_remote(self) -> RemotePost:
        return RemotePost(remote_id=self.id, text=self.message, created_at=self.created_time, url=self.permalink_url)


_SHOWN: Final = "id,message,created_time,permalink_url,attachments{target{id},unshimmed_url,subattachments{target{id}}}"


class _Target(GraphWire):
    id: str | None = None


class _Attachment(GraphWire):
    """A photo, an album of some, or a link's card; only a photo of ours has an id that is worth asking for."""

    target: _Target = Field(default_factory=_Target)
    unshimmed_url: str | None = None
    below: Rows[_Attachment] | None = Field(default=None, alias="subattachments")

    @property
    def photos(self) -> tuple[str, ...]:
        if self.below is not None:
            return tuple(photo for one in self.below.data for photo in one.photos)
        return (self.target.id,) if self.target.id and self.unshimmed_url is None else ()


class _Shown(_RemotePost):
    attachments: Rows[_Attachment] = Field(default_factory=Rows[_Attachment])

    @property
    def photos(self) -> tuple[str, ...]:
        return tuple(photo for one in self.attachments.data for photo in one.photos)

    def held(self, described: Mapping[str, _Described]) -> Held:
        cards = (one.unshimmed_url for one in self.attachments.data if one.unshimmed_url)
        told = not self.attachments.misfits and all(photo in described for photo in self.photos)
        return Held(
            post=self.as_remote(),
            links=tuple(link for text in (self.message, *cards) for link in links_in(text)),
            alts=tuple(described[photo].alt_text_custom for photo in self.photos) if told else None,
        )


class _Described(GraphWire):
    id: str
    # Without it, Facebook shows a guess of its own, in `alt_text`.
    alt_text_custom: str = ""


class _Summary(GraphWire):
    total_count: int | None = None


class _Edge(GraphWire):
    summary: _Summary = Field(default_factory=_Summary)


class _Shares(GraphWire):
    count: int


class _Counted(Node):
    # There is no `shares` on a post that nobody shared.
    shares: _Shares = Field(default_factory=lambda: _Shares(count=0))
    comments: _Edge = Field(default_factory=_Edge)
    like: _Edge | None = None
    love: _Edge | None = None
    care: _Edge | None = None
    haha: _Edge | None = None
    wow: _Edge | None = None
    sad: _Edge | None = None
    angry: _Edge | None = None
    insights: Rows[Metric] | None = None

    def counts(self, insights: Insights) -> Counts:
        """A kind that nobody chose is left out; with none told at all, nothing is known."""
        edges = {kind.lower(): getattr(self, kind.lower()) for kind in REACTIONS}
        told = {kind: edge.summary.total_count for kind, edge in edges.items() if edge is not None}
        known = {kind: count for kind, count in told.items() if count is not None}
        return Counts(
            remote_id=self.id,
            reactions={kind: count for kind, count in known.items() if count} if known else None,
            comments=self.comments.summary.total_count,
            shares=self.shares.count,
            views=insights.number("views", self.insights),
            clicks=insights.number("clicks", self.insights),
        )


class _Person(GraphWire):
    id: str | None = None
    name: str | None = None


class _Parent(GraphWire):
    id: Id


class _RemoteComment(GraphWire):
    id: Id
    message: str = ""
    created_time: Moment
    permalink_url: Address = None
    parent: _Parent | None = None
    is_hidden: bool = False
    # Left out where privacy or a missing permission hides it.
    author: _Person = Field(default_factory=_Person, alias="from")

    def by(self, page_id: str) -> bool:
        return self.author.id == page_id

    def as_comment(self, post_id: str, page_id: str) -> Comment:
        return Comment(
            post_id=post_id,
            remote_id=self.id,
            parent_remote_id=self.parent.id if self.parent else None,
            kind=CommentKind.REPLY if self.parent else CommentKind.COMMENT,
            author_id=self.author.id,
            author_name=self.author.name,
            text=self.message or None,
            created_at=self.created_time,
            url=self.permalink_url,
            own=self.by(page_id),
            hidden=self.is_hidden,
        )


class _Discussed(Node):
    comments: Rows[_RemoteComment] = Field(default_factory=Rows[_RemoteComment])


def _reaches_back(rows: Sequence[_RemoteComment], news: Known | None) -> bool:
    """Tell whether a listing, newest first, has come to what is stored, and need not go on."""
    return news is not None and not news.whole and any(row.id in news.ids for row in rows)
