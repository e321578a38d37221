"""X: API v2 through tweepy, over our session.

    upload (a call per picture) -> alt (a call per picture with words) -> create* -> reply* (a call per further post of a thread)

There is no draft and no idempotency key: after a lost answer only our own timeline can tell, and it proves presence, never absence. Reading
is billed, so posts are read where our own are cheapest, and users are never expanded.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, model_validator

from channels import xprices
from channels.base import (
    Absence,
    Basis,
    Capabilities,
    Card,
    Charge,
    Comment,
    CommentKind,
    Comments,
    Counts,
    Evidence,
    Found,
    Health,
    Heard,
    Held,
    Identity,
    Known,
    Mentions,
    Pays,
    PictureRules,
    Post,
    Proof,
    Published,
    Recent,
    RemotePost,
    Said,
    Sought,
    Source,
    Step,
    Tally,
    Target,
    Usage,
)
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.limits import changed
from channels.text import cashtags, links_in, mentions, parts, same_words, words, x_exact_length, x_length
from channels.wire import (
    NO_TOKEN,
    Id,
    Moment,
    Page,
    Secret,
    Wire,
    answered_at,
    batches,
    judge_by_status,
    read,
    understand,
)

if TYPE_CHECKING:
    from requests.models import PreparedRequest  # types only: requests is slow to import and limits do not need it

    from channels.base import Meter
    from channels.session import Network, Response, Session

_DOCS: Final = "https://docs.x.com/"
_POST: Final = Source(page=f"{_DOCS}x-api/posts/create-post", on=date(2026, 8, 22))
_MEDIA: Final = Source(page=f"{_DOCS}x-api/media/quickstart/best-practices", on=date(2026, 8, 22))

CAPABILITIES: Final = Capabilities(
    max_text=280,  # weighted; a link counts 23, an emoji 2
    measure=x_length,
    measure_exactly=x_exact_length,
    mentions=Mentions.HANDLE,
    max_mentions=0,
    max_cashtags=1,
    max_first_comment=None,  # replies to ourselves are allowed, but an answer with a link costs as much as a post
    max_thread=25,
    max_poll_option=25,
    card=Card.NONE,
    pictures=PictureRules(
        most=4, formats=("JPEG", "PNG", "GIF", "WEBP"), max_bytes=5_000_000, max_side=4096, max_alt=1000
    ),
    tells=frozenset({"reactions", "comments", "shares", "views", "clicks", *CommentKind}),
    number_is_whole=False,  # direct answers alone; a search that finds nothing costs nothing
    threads_are_flat=False,
    whole_every=timedelta(days=7),  # each comment is billed anew
    looks_comments_up=True,  # a search reaches back seven days
    proof=Proof.LIST,
    evidence=(Evidence.LISTING,),
    absence=Absence.LIKELY,
    same_words_after=timedelta(days=90),
    prices=xprices.PRICES,
    bills=xprices.of_post,
    listing_delay=timedelta(minutes=1),
    edits_words=False,
    sources={
        "max_text": Source(page=f"{_DOCS}fundamentals/counting-characters", on=date(2026, 8, 22)),
        "max_first_comment": Source(
            page=f"{_DOCS}x-api/getting-started/pricing", on=date(2026, 8, 13), basis=Basis.OURS, note="its cost"
        ),
        "mentions": _POST,
        "max_mentions": Source(
            page=f"{_DOCS}x-api/posts/create-post",
            on=date(2026, 8, 22),
            note="of others, in a post that comes by the API; unasked ones are restricted since 2026-02",
        ),
        "max_cashtags": Source(page=f"{_DOCS}x-api/posts/create-post", on=date(2026, 8, 22), note="$WORD; by the API"),
        "max_poll_option": _POST,
        "max_thread": Source(
            page=f"{_DOCS}x-api/posts/manage-tweets/integrate",
            on=date(2026, 8, 22),
            note="the number is ours; answers to one's own posts are taken",
        ),
        "needs_picture": _POST,
        "max_pictures": _MEDIA,
        "picture_formats": _MEDIA,
        "max_picture_bytes": _MEDIA,
        "max_picture_side": Source(on=date(2026, 8, 22), basis=Basis.OURS),
        "max_alt": Source(page=f"{_DOCS}openapi.json", on=date(2026, 8, 22)),
        "link": _POST,
        "tells": Source(page=f"{_DOCS}x-api/fundamentals/metrics", on=date(2026, 8, 22)),
        "edits_words": Source(
            page=f"{_DOCS}x-api/fundamentals/edit-posts",
            on=date(2026, 8, 22),
            note="only for Premium accounts, within the hour, and as a new post",
        ),
        "proof": replace(_POST, note="no draft, no idempotency key"),
        "listing_delay": Source(on=date(2026, 8, 22), basis=Basis.OURS),
        "same_words_after": Source(
            page=f"{_DOCS}developer-guidelines",
            on=date(2026, 8, 22),
            basis=Basis.OURS,
            note="X forbids repetition and tells no time",
        ),
    },
)

HOST: Final = "api.x.com"
_MINUTES_A_DAY: Final = 24 * 60

_POST_FIELDS: Final = (
    "created_at",
    "author_id",
    "conversation_id",
    "referenced_tweets",
    "public_metrics",
    "entities",
    "note_tweet",
)
_WITH_CLICKS: Final = ("non_public_metrics",)
_PAGE: Final = 100
_READS_FOR_ONE_BY_ID: Final = (
    5  # $0.001 to $0.005 (https://docs.x.com/x-api/getting-started/pricing, 2026-08-13); also the smallest page
)
_ON_TIMELINE: Final = frozenset({"create", "reply"})
_MOST_PAGES: Final = 40  # a timeline ends after 3,200 posts; some cursors never end
_IDS_A_CALL: Final = 100
_POSTS_A_SEARCH: Final = 5  # a query takes 512 characters, and each post three operators of 86 together
_SEARCH_REACHES: Final = timedelta(
    days=6, hours=23
)  # seven days (https://docs.x.com/x-api/posts/search/introduction, 2026-08-22)
_CLICKS_FOR: Final = timedelta(days=29)  # 30 days (https://docs.x.com/x-api/fundamentals/metrics, 2026-08-22)
_SLACK: Final = timedelta(minutes=10)  # our clock and theirs


class Settings(BaseModel):
    """An account on X. OAuth 1.0a takes all four secrets; an OAuth 2.0 user token stands in `access_token` alone; None: from `login`.

    `owns_app`: the developer app whose keys are used belongs to this very account, which makes reading its own posts cheaper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: str = Field(pattern=r"^[0-9]{1,19}$")
    access_token: Secret | None = None
    access_token_secret: Secret | None = None
    api_key: Secret | None = None
    api_secret: Secret | None = None
    owns_app: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = {part is not None for part in (self.access_token_secret, self.api_key, self.api_secret)}
        if len(given) > 1:
            raise ValueError("give api_key, api_secret and access_token_secret together, or none of them")
        if self.access_token is None and self.api_key is not None:
            raise ValueError("give access_token beside api_key, api_secret and access_token_secret, or none of them")
        return self


class UploadExpiredError(Rejected):
    """The pictures of this post are no longer held for it (24 hours is typical); they have to be sent again."""


class Rule(NamedTuple):
    """An answer of this status in whose words `sign` occurs means `error`."""

    status: int
    sign: str
    error: type[ChannelError]
    kind: Kind


# The first that fits counts; whatever fits none is judged by its status. v1.1 codes are written #186. One status covers cases that have
# nothing in common and `type` is often about:blank, so the words decide; they are those seen until 2026-08.
RULES: Final = (
    Rule(400, "too long", Rejected, Kind.TEXT_TOO_LONG),
    Rule(400, "#186", Rejected, Kind.TEXT_TOO_LONG),
    Rule(400, "media ids are invalid", UploadExpiredError, Kind.PICTURE_REFUSED),
    Rule(400, "media", Rejected, Kind.PICTURE_REFUSED),
    Rule(402, "", AccountBlocked, Kind.OUT_OF_CREDIT),
    Rule(403, "duplicate", Rejected, Kind.DUPLICATE),
    Rule(403, "reply", Rejected, Kind.POST_REFUSED),
    Rule(403, "spendcap", AccountBlocked, Kind.OUT_OF_CREDIT),
    Rule(403, "spend cap", AccountBlocked, Kind.OUT_OF_CREDIT),
    Rule(403, "not permitted to perform this action", AccountBlocked, Kind.ACCOUNT_RESTRICTED),
    Rule(403, "suspended", AccountBlocked, Kind.ACCOUNT_RESTRICTED),
    Rule(403, "locked", AccountBlocked, Kind.ACCOUNT_RESTRICTED),
    Rule(413, "", Rejected, Kind.PICTURE_REFUSED),
    # The month's reads are used up. The rate headers look healthy and no waiting helps (seen 2026-02).
    Rule(429, "usage-capped", AccountBlocked, Kind.OUT_OF_CREDIT),
    Rule(429, "usagecap", AccountBlocked, Kind.OUT_OF_CREDIT),
)


def judge(response: Response) -> ChannelError | None:
    """Read an answer's status and words; None if it is good."""
    status = response.status_code
    if status < 300:
        return None
    problem = understand(response, _Problem)
    detail = problem.detail_or_title if problem else f"HTTP {status}, not in X's own words"
    signs = problem.signs if problem else ""
    for rule in RULES:
        if rule.status == status and rule.sign in signs:
            return rule.error(rule.kind, detail)
    if status == 404:
        return _not_found(response, detail) if problem else Unexpected(Kind.NOT_UNDERSTOOD, detail)
    if status == 429 and (after := _day_is_over_in(response)):
        return Retryable(Kind.QUOTA_USED, detail, after=after, announced=True)
    return judge_by_status(response, detail)


def _not_found(response: Response, detail: str) -> ChannelError:
    """A post that is not made yet cannot be gone."""
    if response.request.method == "POST":
        return Rejected(Kind.POST_REFUSED, detail)
    return Gone(Kind.POST_GONE, detail)


_A_DAY: Final = ("x-app-limit-24hour", "x-user-limit-24hour")


def _day_is_over_in(response: Response) -> timedelta | None:
    """How long until a used-up 24-hour limit starts anew; it outlasts the reset of the 15 minutes. Undocumented, and often absent."""
    now = answered_at(response)
    for limit in _A_DAY:
        if now and response.headers.get(f"{limit}-remaining") == "0":
            with suppress(KeyError, ValueError, OverflowError):
                reset = datetime.fromtimestamp(int(response.headers[f"{limit}-reset"]), UTC)
                return max(reset - now, timedelta(0))
    return None


def gauge(response: Response) -> Iterator[Usage]:
    """Read what is left of the endpoint's quarter of an hour, and of a day where X says so (https://docs.x.com/x-api/fundamentals/rate-limits).

    Deleting has an allowance of its own, which no post and no reading pays into.
    """
    from channels.session import epoch, time_until  # limits are asked for without waiting for requests

    request = response.request
    if request.method == "DELETE":
        return
    route = f"{request.method} {re.sub(r'(?<=[a-z])/[0-9]+', '/:id', urlsplit(request.url or '').path)}"
    for limit in ("x-rate-limit", *_A_DAY):
        size, left = (_number(response.headers.get(f"{limit}-{part}")) for part in ("limit", "remaining"))
        fresh_in = time_until(epoch(response.headers.get(f"{limit}-reset")), response)
        if size and left is not None and fresh_in:
            pays = Pays.READING if request.method == "GET" else Pays.POSTING
            yield Usage(name=f"{limit} {route}", used=max(size - left, 0), size=size, pays=pays, fresh_in=fresh_in)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def connect(settings: Settings, network: Network) -> X:
    """Make the channel of one account."""
    from channels.session import Session  # limits are asked for without waiting for requests

    session = Session(network, frozenset({HOST}), judge=judge, gauge=gauge)
    return X(settings, session, changed(CAPABILITIES, network.limits, network.prices), network.meter)


class X:
    """One account on X."""

    name = "x"

    def __init__(
        self, settings: Settings, session: Session, limits: Capabilities = CAPABILITIES, meter: Meter | None = None
    ) -> None:
        """Take over `session`; it is closed with the channel."""
        self.capabilities = limits
        self._owns_app = settings.owns_app
        self._user_id = settings.user_id
        self._session = session
        self._user_auth = settings.api_key is not None
        self._client = _tweepy(settings, session, meter)

    def check(self) -> Identity:
        """Tell whose token this is. Costs a user read. Raises AccountBlocked when it is somebody else's: it would publish there."""
        me = read(self._client.get_me(user_auth=self._user_auth), _Me).data
        if me.id != self._user_id:
            raise AccountBlocked(Kind.WRONG_ACCOUNT, f"{me.name} ({me.id})")
        return Identity(account_id=me.id, name=me.name)

    def examine(self) -> Health:
        """X tells a user's token neither its end nor what it may do, and no credit but by refusing (402)."""
        return Health(identity=self.check(), told_at=self._session.answered_at)

    def begin(self, post: Post) -> Step:
        return _after(post, {})

    def advance(self, post: Post, step: Step) -> Step | Published:
        try:
            match step.name:
                case "upload":
                    return self._upload(post, step.memo)
                case "alt":
                    return self._describe(post, step.memo)
                case "create":
                    return self._create(post, step.memo)
                case "reply":
                    return self._reply(post, step.memo)
        except UploadExpiredError:
            if "again" in step.memo:
                raise
            return _after(post, {"again": "1"})
        raise Unexpected(Kind.NOT_UNDERSTOOD, f"X has no step {step.name}")

    def _upload(self, post: Post, memo: Mapping[str, str]) -> Step:
        from channels.pictures import fit_picture  # Pillow is slow to import

        n = next(n for n in range(len(post.pictures)) if f"media{n}" not in memo)
        fitted = fit_picture(post.pictures[n], self.capabilities.pictures)
        # tweepy 4.17.0 uploads by v1.1 only, which X has switched off (https://github.com/tweepy/tweepy/issues/2217).
        body = {"media": b64encode(fitted.data).decode(), "media_category": "tweet_image"}
        uploaded = read(self._post("/2/media/upload", body), _Created).data
        return _after(post, {**memo, f"media{n}": uploaded.id})

    def _describe(self, post: Post, memo: Mapping[str, str]) -> Step:
        n = next(n for n in range(len(post.pictures)) if f"alt{n}" not in memo and post.pictures[n].alt)
        alt = {"alt_text": {"text": post.pictures[n].alt}}
        self._post("/2/media/metadata", {"id": memo[f"media{n}"], "metadata": alt})
        return _after(post, {**memo, f"alt{n}": "1"})

    def _create(self, post: Post, memo: Mapping[str, str]) -> Published:
        for text in parts(post):
            _refuse_what_x_refuses(text, self.capabilities)
        media = [memo[f"media{n}"] for n in range(len(post.pictures))]
        more: dict[str, object] = {"media_ids": media or None}
        if post.poll:
            more = {"poll_options": list(post.poll.options), "poll_duration_minutes": post.poll.days * _MINUTES_A_DAY}
        return _published(post, self._tweet(words(post), **more))

    def _reply(self, post: Post, memo: Mapping[str, str]) -> Published:
        text = parts(post)[int(memo["n"])]
        return _continued(post, memo, self._tweet(text, in_reply_to_tweet_id=memo["after"]))

    def _tweet(self, text: str, **more: object) -> str:
        return read(self._client.create_tweet(text=text, user_auth=self._user_auth, **more), _Created).data.id

    def _post(self, route: str, body: Mapping[str, object]) -> Response:
        return self._client.request("POST", route, json=body, user_auth=self._user_auth)

    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        (found,) = self.locate_all((Sought(post=post, step=step, since=since),))
        return found

    def locate_all(self, sought: Sequence[Sought]) -> tuple[Found, ...]:
        """Look for posts, and for further ones of threads, on our own timeline; all before `create` is invisible and repeatable.

        The timeline is read once for all, since every post on it is billed.
        """
        if not any(one.step.name in _ON_TIMELINE for one in sought):
            return tuple(Found() for _ in sought)
        listing = self._timeline(start_time=min(one.since for one in sought) - _SLACK)
        return tuple(self._among(listing, one) for one in sought)

    def _among(self, listing: _Listing, one: Sought) -> Found:
        posts = [post for post in _newest_first(listing.posts) if post.created_at >= one.since - _SLACK]
        match one.step.name:
            case "create":
                same = (post.id for post in posts if post.answers is None and self.is_same(one.post, post.as_remote()))
                made = tuple(_published(one.post, post_id) for post_id in same)
            case "reply":
                made = self._among_replies(posts, one.post, one.step.memo)
            case _:
                return Found()
        return Found(candidates=made, complete=listing.complete)

    def _among_replies(
        self, posts: Sequence[_RemotePost], post: Post, memo: Mapping[str, str]
    ) -> tuple[Published, ...]:
        """Find the answer of ours to the post before it. What a person named is asked for by its id, however old it is."""
        named = self._by_ids([memo["hint"]]).data if "hint" in memo else ()
        text = parts(post)[int(memo["n"])]
        same = {
            remote.id: _continued(post, memo, remote.id)
            for remote in (*named, *posts)
            if remote.answers == memo["after"] and same_words(text, remote.whole_text)
        }
        return tuple(same.values())

    def recent(self, since: datetime) -> Recent:
        """List what stands by itself; answers, and so a thread's further posts, are none of it."""
        listing = self._timeline(start_time=since)
        own = tuple(post.as_remote() for post in _newest_first(listing.posts) if post.answers is None)
        return Recent(posts=own, complete=listing.complete)

    def is_same(self, post: Post, remote: RemotePost) -> bool:
        return same_words(words(post), remote.text)

    def taken_up(self, post: Post, remote: RemotePost) -> Published:
        return _published(post, remote.remote_id)

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        """Read counters; the author's own ones too, which X tells of posts that are younger than thirty days."""
        del before
        if not remote_ids:
            return Tally()
        last = _made_at(max(remote_ids, key=int))
        since = max(self._session.answered_at or last, last) - _CLICKS_FOR
        young = [remote_id for remote_id in remote_ids if _made_at(remote_id) > since]
        posts, gone, refused = self._own_posts(young, _WITH_CLICKS)
        without = [remote_id for remote_id in remote_ids if remote_id not in young or remote_id in refused]
        old, more_gone, _ = self._own_posts(without)
        posts |= old
        told = tuple(posts[remote_id].counts() for remote_id in remote_ids if remote_id in posts)
        return Tally(counts=told, gone=gone | more_gone)

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        """Read answers and quotes of the last seven days, all that a search reaches; older ones that are stored, by their ids.

        News is what was written since: X bills every post that an answer holds, and nothing for an empty answer. What stands directly under
        a post of ours comes with the mentions where that costs less (`mentions`).
        """
        known = known or {}
        news = [remote_id for remote_id in remote_ids if remote_id in known and not known[remote_id].whole]
        read = [self._all_of([remote_id for remote_id in remote_ids if remote_id not in news], known)]
        read += (
            self._news_of([one for one in news if known[one].since == since], remote_ids, since)
            for since in sorted({known[remote_id].since for remote_id in news})
        )
        return Comments(
            items=tuple(item for one in read for item in one.items),
            complete=frozenset().union(*(one.complete for one in read)),
            there=frozenset().union(*(one.there for one in read)),
            unread=frozenset().union(*(one.unread for one in read)),
        )

    def mentions(self, remote_ids: Sequence[str], since: datetime) -> Heard:
        """Read who named the account, be it in an answer to one of `remote_ids` or anywhere else."""

        def page(token: str | None) -> Response:
            return self._client.get_users_mentions(
                self._user_id,
                user_auth=self._user_auth,
                tweet_fields=list(_POST_FIELDS),
                max_results=_PAGE,
                pagination_token=token,
                start_time=since,
            )

        found = _list(page, _MOST_PAGES)
        return Heard(items=tuple(self._as_comments(found.posts, remote_ids, elsewhere=True)), complete=found.ended)

    def _news_of(self, wanted: Sequence[str], ours: Sequence[str], since: datetime) -> Comments:
        now = self._session.answered_at
        start = since if now is None or since > now - _SEARCH_REACHES else None
        without = f" -to:{self._user_id}" if self._owns_app else ""
        items: list[Comment] = []
        unread: set[str] = set()
        for batch in batches(wanted, _POSTS_A_SEARCH):
            found = self._search(batch, without, start)
            items += self._as_comments(found.posts, ours)
            unread |= set() if found.ended else set(batch)
        return Comments(items=tuple(items), unread=frozenset(unread))

    def _all_of(self, remote_ids: Sequence[str], known: Mapping[str, Known]) -> Comments:
        """Read conversations wholly; what is stored and too old for a search is looked up by its id.

        Where nothing is stored, a conversation is complete only when at least as many direct answers were found as X counts.
        """
        own, _, _ = self._own_posts(remote_ids)
        ours = [remote_id for remote_id in remote_ids if remote_id in own]
        found: dict[str, _RemotePost] = {}
        cut: set[str] = set()
        for batch in batches(ours, _POSTS_A_SEARCH):
            listing = self._search(batch)
            found |= {post.id: post for post in listing.posts}
            cut |= set() if listing.complete else set(batch)
        direct = Counter(post.answers for post in found.values())
        seen = {post.first for post in found.values()}
        stored = frozenset().union(*(known[one].ids for one in ours if one in known))
        gone = self._by_ids(sorted(stored - seen)).gone
        complete = {
            one
            for one in ours
            if one in known
            or (one not in cut and all(post.has_at_most(direct[post.id]) for post in _thread_of(one, own)))
        }
        return Comments(
            items=tuple(self._as_comments(found.values(), ours)),
            complete=frozenset(one for one in complete if own[one].conversation == one),
            there=stored - gone,
        )

    def _as_comments(
        self, found: Iterable[_RemotePost], ours: Sequence[str], *, elsewhere: bool = False
    ) -> Iterator[Comment]:
        """Give what others wrote, and our answers to them, as comments; of a post that was changed, its newest version alone."""
        newest = {post.first: post for post in sorted(found, key=lambda post: int(post.id))}
        for post in newest.values():
            if post.id not in ours and (elsewhere or post.conversation in ours or post.quotes in ours):
                yield post.as_comment(self._user_id, ours)

    def _own_posts(
        self, remote_ids: Sequence[str], fields: Sequence[str] = ()
    ) -> tuple[dict[str, _RemotePost], frozenset[str], frozenset[str]]:
        """Read posts of ours by id; return those that are there, and the ids of those that are gone, and whose `fields` X does not tell.

        Where a post on our timeline costs a fifth of one read by id, a page of it comes first: it has five for each that is wanted, and
        never costs more.
        """
        if not remote_ids:
            return {}, frozenset(), frozenset()
        if not self._owns_app:
            there = self._by_ids(remote_ids, fields)
            return {post.id: post for post in there.data}, there.gone & frozenset(remote_ids), there.refused
        ids = [int(remote_id) for remote_id in remote_ids]
        most = min(_PAGE, _READS_FOR_ONE_BY_ID * len(ids))
        page = self._timeline(most_pages=1, page=most, fields=fields, since_id=min(ids) - 1, until_id=max(ids) + 1)
        listed = {post.id: post for post in page.posts}
        by_id = self._by_ids([remote_id for remote_id in remote_ids if remote_id not in listed], fields)
        return listed | {post.id: post for post in by_id.data}, by_id.gone & frozenset(remote_ids), by_id.refused

    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        """Read each post once, by its id: every post that is read is billed, pictures and their texts come with it."""
        shown: dict[str, Held] = {}
        for batch in batches(remote_ids, _IDS_A_CALL):
            response = self._client.get_tweets(
                list(batch),
                user_auth=self._user_auth,
                tweet_fields=[*_POST_FIELDS, "attachments"],
                expansions=["attachments.media_keys"],
                media_fields=["alt_text"],
            )
            page = read(response, _ShownPage)
            shown |= {post.id: post.held(page.alts) for post in page.data}
        return shown

    def amend(self, post: Post, remote_id: str) -> None:
        del post, remote_id
        raise Rejected(Kind.POST_REFUSED, "X does not change a post that is out")

    def remove(self, remote_id: str) -> None:
        """Delete a post; whether "not deleted" means that it is gone already is read."""
        with suppress(Gone):
            deleted = read(self._client.delete_tweet(remote_id, user_auth=self._user_auth), _Deleted).data.deleted
            if not deleted and remote_id not in self._by_ids([remote_id]).gone:
                raise OutcomeUnknown(Kind.ANSWER_LOST, "X neither deleted the post nor said why")

    def discard(self, step: Step) -> None:
        """Leave uploads to X, which drops those that no post has after a day."""

    def reply(self, to: Target, text: str) -> str:
        """Answer a post. By X's API that is taken only where its author has mentioned or quoted the account (since 2026-02-23)."""
        _refuse_what_x_refuses(text, self.capabilities)
        return self._tweet(text, in_reply_to_tweet_id=to.remote_id)

    def locate_reply(self, to: Target, text: str, since: datetime) -> Said:
        """Look on our own timeline, where every post that is read is billed: no further back than has to be."""
        listing = self._timeline(start_time=since - _SLACK)
        same = (one.id for one in listing.posts if one.answers == to.remote_id and same_words(text, one.whole_text))
        return Said(remote_ids=tuple(sorted(same, key=int)), complete=listing.complete)

    def usage(self) -> tuple[Usage, ...]:
        return self._session.take_usage()

    def ration(self, calls: int | None) -> None:
        self._session.ration(calls)

    def close(self) -> None:
        self._session.close()

    def _timeline(
        self, *, most_pages: int = _MOST_PAGES, page: int = _PAGE, fields: Sequence[str] = (), **filters: object
    ) -> _Listing:
        def page_at(token: str | None) -> Response:
            return self._client.get_users_tweets(
                self._user_id,
                user_auth=self._user_auth,
                tweet_fields=[*_POST_FIELDS, *fields],
                exclude=["retweets"],
                max_results=page,
                pagination_token=token,
                **filters,
            )

        return _list(page_at, most_pages)

    def _search(self, remote_ids: Sequence[str], without: str = "", since: datetime | None = None) -> _Listing:
        """Search for answers in these posts' conversations, and for what quotes them; the posts themselves would be billed once more."""
        terms = (f"conversation_id:{remote_id} is:reply OR quotes_of_tweet_id:{remote_id}" for remote_id in remote_ids)
        query = f"({' OR '.join(terms)}){without}"

        def page(token: str | None) -> Response:
            return self._client.search_recent_tweets(
                query,
                user_auth=self._user_auth,
                tweet_fields=list(_POST_FIELDS),
                max_results=_PAGE,
                next_token=token,
                start_time=since,
            )

        return _list(page, _MOST_PAGES)

    def _by_ids(self, remote_ids: Sequence[str], fields: Sequence[str] = ()) -> _Page:
        data: tuple[_RemotePost, ...] = ()
        errors: tuple[_Missing, ...] = ()
        for batch in batches(remote_ids, _IDS_A_CALL):
            wanted = [*_POST_FIELDS, *fields]
            page = read(self._client.get_tweets(list(batch), user_auth=self._user_auth, tweet_fields=wanted), _Page)
            data += page.data
            errors += page.errors
        return _Page(data=data, errors=errors)


def _refuse_what_x_refuses(text: str, limits: Capabilities) -> None:
    """Refuse what automation rules forbid since 2026-02, before it costs anything: X's own answer would look like a ban."""
    if limits.max_cashtags is not None and len(cashtags(text)) > limits.max_cashtags:
        raise Rejected(
            Kind.TEXT_REFUSED, f"a post that comes by X's API may have {limits.max_cashtags} cashtag ($WORD)"
        )
    named = mentions(text)
    if limits.max_mentions is not None and len(named) > limits.max_mentions:
        raise Rejected(Kind.TEXT_REFUSED, f"a post that comes by X's API may not mention others ({named[0]})")


def _after(post: Post, memo: Mapping[str, str]) -> Step:
    """Return the next thing to do, given what is done."""
    if any(f"media{n}" not in memo for n in range(len(post.pictures))):
        return Step(name="upload", memo=memo)
    if any(picture.alt and f"alt{n}" not in memo for n, picture in enumerate(post.pictures)):
        return Step(name="alt", memo=memo)
    return Step(name="create", memo=memo, commits=True)


def _published(post: Post, remote_id: str) -> Published:
    return Published(remote_id=remote_id, url=_address(remote_id), then=_rest(post, remote_id, remote_id, 1))


def _continued(post: Post, memo: Mapping[str, str], part: str) -> Published:
    first = memo["first"]
    return Published(remote_id=first, url=_address(first), part=part, then=_rest(post, first, part, int(memo["n"]) + 1))


def _rest(post: Post, first: str, after: str, n: int) -> Step | None:
    """Return the next post of a thread: `after` is the one that it answers."""
    if n > len(post.thread):
        return None
    return Step(name="reply", memo={"first": first, "after": after, "n": str(n)}, commits=True)


def _address(remote_id: str) -> str:
    return f"https://x.com/i/web/status/{remote_id}"


# --- tweepy over our session


class _Client(Protocol):
    """What is used of tweepy.Client, which carries no types; each call returns the answer as it came."""

    def request(self, method: str, route: str, *, json: Mapping[str, object], user_auth: bool) -> Response: ...
    def get_me(self, *, user_auth: bool) -> Response: ...
    def create_tweet(self, *, text: str, user_auth: bool, **more: object) -> Response: ...
    def delete_tweet(self, post_id: str, *, user_auth: bool) -> Response: ...
    def get_tweets(self, ids: Sequence[str], *, user_auth: bool, **params: object) -> Response: ...
    def get_users_tweets(self, user_id: str, /, *, user_auth: bool, **params: object) -> Response: ...
    def get_users_mentions(self, user_id: str, /, *, user_auth: bool, **params: object) -> Response: ...
    def search_recent_tweets(self, query: str, *, user_auth: bool, **params: object) -> Response: ...


def _tweepy(settings: Settings, session: Session, meter: Meter | None) -> _Client:
    import tweepy  # type: ignore[import-untyped]  # slow, and limits do not need it

    from channels.session import Response

    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_is_no_debugging)
    secrets = {}
    token = settings.access_token or NO_TOKEN
    if settings.api_key and settings.api_secret and settings.access_token_secret:
        secrets = {
            "consumer_key": settings.api_key.get_secret_value(),
            "consumer_secret": settings.api_secret.get_secret_value(),
            "access_token": token.get_secret_value(),
            "access_token_secret": settings.access_token_secret.get_secret_value(),
        }
    client = tweepy.Client(**secrets, bearer_token="", return_type=Response, wait_on_rate_limit=False)
    door = _Door(session, None if secrets else token)
    client.session = _Till(door, meter, settings) if meter else door
    made: _Client = client
    return made


class _Door:
    """What tweepy takes for its session.

    tweepy 4.17.0 has the host api.twitter.com built in. The call is moved before it is prepared, or OAuth 1.0a would sign the old address.
    An OAuth 2.0 token is put on here, so that tweepy never sees it.
    """

    def __init__(self, session: Session, token: SecretStr | None) -> None:
        self._session = session
        self._token = token

    def request(self, method: str, url: str, **given: object) -> Response:
        if self._token is not None:
            given["auth"] = _Bearer(self._token)
        return self._session.request(method, url.replace("//api.twitter.com/", f"//{HOST}/", 1), **given)


class _Till:
    """Tells the meter what X bills for each call.

    A change is told before it is sent, and taken back if X refuses it: what a lost answer or a killed process leaves open counts as
    billed. A reading costs what its answer holds.
    """

    def __init__(self, door: _Door, meter: Meter, settings: Settings) -> None:
        self._door = door
        self._meter = meter
        self._owns_app = settings.owns_app
        key = settings.api_key.get_secret_value() if settings.api_key else settings.user_id
        self._payer = sha256(key.encode()).hexdigest()[:16]

    def request(self, method: str, url: str, **given: object) -> Response:
        path = urlsplit(url).path
        change = xprices.of_change(method, path, given.get("json"))
        self._tell(change)
        try:
            response = self._door.request(method, url, **given)
        except OutcomeUnknown:
            raise
        except ChannelError:
            self._tell(change and replace(change, count=-change.count))
            raise
        if method == "GET":
            self._tell(xprices.of_reading(path, response.content, owns_app=self._owns_app))
        return response

    def _tell(self, charge: Charge | None) -> None:
        if charge is not None:
            self._meter(replace(charge, payer=self._payer))


@dataclass(frozen=True, slots=True)
class _Bearer:
    token: SecretStr

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        return request


_TALKATIVE: Final = ("tweepy.client", "requests_oauthlib.oauth1_auth", "oauthlib.oauth1.rfc5849")
"""Loggers whose DEBUG records hold tokens, signatures and residents' words."""


def _is_no_debugging(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


# --- answers: X speaks two dialects; posts are asked for in the older one, which tweepy speaks, and read in both


_PostId = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
"""Of two, the larger one is newer."""


class _Created(Wire):
    class Data(Wire):
        id: _PostId

    data: Data


class _Me(Wire):
    class Data(Wire):
        id: str
        name: str

    data: Data


class _ProblemPart(Wire):
    code: int | None = None
    message: str = ""


class _Problem(Wire):
    """An error: the newer shape, the older one, or both at once."""

    type: str = ""
    title: str = ""
    detail: str = ""
    errors: list[_ProblemPart | str] | None = None

    @property
    def _parts(self) -> list[_ProblemPart]:
        return [_ProblemPart(message=part) if isinstance(part, str) else part for part in self.errors or ()]

    @property
    def detail_or_title(self) -> str:
        """The first words that say anything. Hosts of `type` change, so it is no help to people."""
        told = [part.message for part in self._parts]
        return next(filter(None, (*told, self.detail, self.title)), "")

    @property
    def signs(self) -> str:
        codes = [f"#{part.code} {part.message}" for part in self._parts]
        return " ".join([self.type.rpartition("/")[2], self.title, self.detail, *codes]).lower()


class _Metrics(Wire):
    like_count: int | None = None
    reply_count: int | None = None
    quote_count: int | None = None
    repost_count: int | None = Field(default=None, validation_alias=AliasChoices("retweet_count", "repost_count"))
    impression_count: int | None = None


class _OwnMetrics(Wire):
    url_link_clicks: int | None = None


class _Reference(Wire):
    type: str
    id: Id


class _Link(Wire):
    url: str
    expanded_url: str | None = None
    media_key: str | None = None

    def target(self, post_id: str) -> str:
        """Where the t.co link leads; nothing for the link that X appends for the post's own picture."""
        expanded = self.expanded_url or self.url
        media = _MEDIA_PAGE.search(expanded)
        return "" if self.media_key or (media and media["post"] == post_id) else expanded


_MEDIA_PAGE: Final = re.compile(r"^https://(twitter|x)\.com/.+/status/(?P<post>\d+)/(photo|video)/\d+$")


class _Entities(Wire):
    urls: tuple[_Link, ...] = ()


class _Note(Wire):
    """The whole of a long post; `text` beside it is cut."""

    text: str
    entities: _Entities = Field(default_factory=_Entities)


class _RemotePost(Wire):
    id: _PostId
    text: str = ""
    created_at: Moment
    author_id: str | None = None
    conversation_id: Id | None = None
    references: tuple[_Reference, ...] = Field(
        default=(), validation_alias=AliasChoices("referenced_tweets", "referenced_posts")
    )
    metrics: _Metrics | None = Field(default=None, validation_alias="public_metrics")
    own_metrics: _OwnMetrics | None = Field(default=None, validation_alias="non_public_metrics")
    versions: tuple[_PostId, ...] = Field(
        default=(), validation_alias=AliasChoices("edit_history_tweet_ids", "edit_history_post_ids")
    )
    entities: _Entities = Field(default_factory=_Entities)
    note: _Note | None = Field(default=None, validation_alias=AliasChoices("note_tweet", "note_post"))

    @property
    def first(self) -> str:
        """The id of its first version: the one that stays when it is changed."""
        return min(self.versions, key=int, default=self.id)

    @property
    def answers(self) -> str | None:
        """The post that this one is a reply to."""
        return next((reference.id for reference in self.references if reference.type == "replied_to"), None)

    @property
    def quotes(self) -> str | None:
        """The post that this one shows beside its own words."""
        return next((reference.id for reference in self.references if reference.type == "quoted"), None)

    @property
    def conversation(self) -> str:
        """The post that everything began with: itself, unless it is an answer."""
        return self.conversation_id or self.id

    @property
    def whole_text(self) -> str:
        text = _unescaped(self.note.text if self.note else self.text)
        for link in (*self.entities.urls, *(self.note.entities.urls if self.note else ())):
            text = text.replace(link.url, link.target(self.id))
        return text.rstrip()

    def as_remote(self) -> RemotePost:
        return RemotePost(remote_id=self.id, text=self.whole_text, created_at=self.created_at, url=_address(self.id))

    def as_comment(self, user_id: str, own: Collection[str]) -> Comment:
        """Return an answer as a comment on the post that everything began with; one to any post of a thread is direct.

        What quotes a post of ours stands under that; what does neither, and yet names us, under none.
        """
        direct = self.answers is None or self.answers in own
        kind = CommentKind.COMMENT if direct else CommentKind.REPLY
        post_id: str | None = self.conversation
        if post_id not in own:
            post_id = self.quotes if self.quotes in own else None
            kind = CommentKind.QUOTE if post_id else CommentKind.MENTION
        return Comment(
            post_id=post_id,
            remote_id=self.first,
            parent_remote_id=None if direct else self.answers,
            kind=kind,
            author_id=self.author_id,
            text=self.whole_text,
            created_at=self.created_at,
            url=_address(self.id),
            own=self.author_id == user_id,
        )

    def has_at_most(self, answers: int) -> bool:
        """Tell whether X counts no more direct answers than so many; if it does not count, it may be more."""
        counted = self.metrics.reply_count if self.metrics else None
        return counted is not None and counted <= answers

    def counts(self) -> Counts:
        told = self.metrics or _Metrics()
        likes, reposts, quotes = told.like_count, told.repost_count, told.quote_count
        return Counts(
            remote_id=self.id,
            reactions=None if likes is None else {"like": likes},
            comments=told.reply_count,
            shares=None if reposts is None or quotes is None else reposts + quotes,
            quotes=quotes,
            views=told.impression_count,
            clicks=self.own_metrics.url_link_clicks if self.own_metrics else None,
        )


_FIRST_ID_AT: Final = datetime.fromtimestamp(1_288_834_974.657, UTC)


def _made_at(remote_id: str) -> datetime:
    """When a post was made: its id tells (snowflakes)."""
    return _FIRST_ID_AT + timedelta(milliseconds=int(remote_id) >> 22)


def _thread_of(first: str, own: Mapping[str, _RemotePost]) -> Iterator[_RemotePost]:
    return (post for post in own.values() if post.conversation == own[first].conversation)


def _newest_first(posts: Iterable[_RemotePost]) -> list[_RemotePost]:
    return sorted(posts, key=lambda post: int(post.id), reverse=True)


def _unescaped(text: str) -> str:
    """Undo what X does to these three characters, and to no other."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Missing(Wire):
    """Why something that was asked for is not in an answer that is otherwise good."""

    type: str = ""
    resource: str = Field(default="", validation_alias=AliasChoices("resource_id", "value"))


class _Meta(Wire):
    next_token: str | None = None


class _Page(Page):
    data: tuple[_RemotePost, ...] = ()
    errors: tuple[_Missing, ...] = ()
    meta: _Meta = Field(default_factory=_Meta)

    @property
    def gone(self) -> frozenset[str]:
        return frozenset(error.resource for error in self.errors if error.type.endswith("/resource-not-found"))

    @property
    def refused(self) -> frozenset[str]:
        """Posts that were left out for a field alone that is not told of them."""
        return frozenset(error.resource for error in self.errors if error.type.endswith("/not-authorized-for-field"))


class _Deleted(Wire):
    class Data(Wire):
        deleted: bool

    data: Data


class _Attached(Wire):
    media_keys: tuple[str, ...] = ()


class _Shown(_RemotePost):
    attachments: _Attached = Field(default_factory=_Attached)

    def held(self, alts: Mapping[str, str]) -> Held:
        keys = self.attachments.media_keys
        told = all(key in alts for key in keys)
        return Held(
            post=self.as_remote(),
            links=links_in(self.whole_text),
            alts=tuple(alts[key] for key in keys) if told else None,
        )


class _ShownPage(Page):
    class Includes(Wire):
        class Media(Wire):
            media_key: str
            alt_text: str = ""

        media: tuple[Media, ...] = ()

    data: tuple[_Shown, ...] = ()
    includes: Includes = Field(default_factory=Includes)

    @property
    def alts(self) -> Mapping[str, str]:
        return {media.media_key: media.alt_text for media in self.includes.media}


@dataclass(frozen=True, slots=True)
class _Listing:
    """Posts of several pages. `ended`: the last page was read; `complete`: and no page held anything back."""

    posts: list[_RemotePost]
    complete: bool
    ended: bool


def _list(page_at: Callable[[str | None], Response], most_pages: int) -> _Listing:
    posts: dict[str, _RemotePost] = {}
    token: str | None = None
    whole = True
    for _ in range(most_pages):
        page = read(page_at(token), _Page)
        fresh = {post.id: post for post in page.data if post.id not in posts}
        posts |= fresh
        whole = whole and not page.errors and not page.misfits
        token = page.meta.next_token
        if token is None:
            return _Listing(list(posts.values()), complete=whole, ended=True)
        if page.data and not fresh:
            break  # Some cursors go in circles, and every page is billed.
    return _Listing(list(posts.values()), complete=False, ended=False)
