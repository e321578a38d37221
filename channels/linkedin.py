"""LinkedIn: an organisation's page by the Community Management API, version by version.

    initialize, put (both per picture, the link card's included) -> wait (until every picture is available) -> create* -> comment*

Rest.li wants its query strings exactly so: strings encoded whole, the brackets and commas between them left alone. `requests` would encode
them again, so every address is built here by hand. Words of a post are "little text", in which fifteen characters have a meaning; comments,
titles and alt texts are plain. Names of members may not be kept, so none is ever asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar
from urllib.parse import quote, unquote, urljoin

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from channels.base import (
    LESSER,
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
    Picture,
    PictureRules,
    Poll,
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
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.limits import changed
from channels.text import linkedin_length, links_in, little, same_words, unlittle, words
from channels.versions import linkedin_ends
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
    from channels.session import Network, Response, Session  # requests is slow to import and limits do not need it

_MANAGEMENT: Final = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/"
_POSTS: Final = Source(page=f"{_MANAGEMENT}shares/posts-api", on=date(2026, 11, 24))
_IMAGES: Final = Source(page=f"{_MANAGEMENT}shares/images-api", on=date(2026, 11, 24))
_POLLS: Final = Source(page=f"{_MANAGEMENT}shares/poll-post-api", on=date(2026, 11, 24))

CAPABILITIES: Final = Capabilities(
    max_text=3000,
    measure=linkedin_length,
    mentions=Mentions.ADDRESS,
    max_first_comment=1250,
    max_poll_option=30,
    max_poll_question=140,
    card=Card.INSTEAD,
    max_card_title=400,
    max_card_description=4085,
    pictures=PictureRules(most=20, formats=("JPEG", "PNG", "GIF"), max_bytes=10_000_000, max_side=6000, max_alt=4086),
    tells=frozenset({"reactions", "comments", "shares", "views", "clicks", CommentKind.COMMENT, CommentKind.REPLY}),
    proof=Proof.LIST,
    evidence=(Evidence.LISTING, Evidence.REFUSAL),
    absence=Absence.LIKELY,
    listing_delay=timedelta(minutes=5),
    readings_a_day=30,
    calls_a_day=100,  # of the development tier, as in A_DAY
    edits_words=True,
    sources={
        "max_text": Source(
            page=f"{_MANAGEMENT}shares/ugc-post-api",
            on=date(2026, 11, 24),
            note="the older interface's number; whether escapes count is not written anywhere, so they do",
        ),
        "mentions": Source(page=f"{_MANAGEMENT}shares/little-text-format", on=date(2026, 11, 24)),
        "max_first_comment": Source(on=date(2026, 11, 24), basis=Basis.OTHERS),
        "max_poll_option": _POLLS,
        "max_poll_question": _POLLS,
        "needs_picture": _POSTS,
        "max_pictures": Source(page=f"{_MANAGEMENT}shares/multiimage-post-api", on=date(2026, 11, 24)),
        "picture_formats": _IMAGES,
        "max_picture_bytes": Source(on=date(2026, 11, 24), basis=Basis.OURS),
        "max_picture_side": replace(_IMAGES, note="less than 36,152,320 pixels in all"),
        "max_alt": _POSTS,
        "link": _POSTS,
        "max_card_title": Source(on=date(2026, 11, 24), basis=Basis.OTHERS),
        "max_card_description": Source(on=date(2026, 11, 24), basis=Basis.OTHERS, note="less than 4,086"),
        "tells": Source(page=f"{_MANAGEMENT}organizations/share-statistics", on=date(2026, 11, 24)),
        "edits_words": _POSTS,
        "proof": replace(_POSTS, note="no draft, no idempotency key"),
        "listing_delay": Source(on=date(2026, 11, 24), basis=Basis.OURS),
        # Of the 100 calls a day: a reading takes two at most, comments that are new one more, a post up to ten.
        "readings_a_day": Source(
            page="https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits",
            on=date(2026, 11, 24),
            basis=Basis.OURS,
            note="of the development tier's 100 calls a day",
        ),
    },
)

A_DAY: Final = {"app": 500, "member": 100}
"""Calls a day, until 0:00 UTC, that the development tier lets through (third parties, 2026-09); the standard tier's are published nowhere.

LinkedIn tells nothing before it refuses (https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits), so we count.
"""

VERSION: Final = "202609"
"""The newest version that was seen in use by 2026-11. A version dies around the 15th of its month one year later."""
_ADMINISTRATOR: Final = "ADMINISTRATOR"

HOSTS: Final = frozenset({"api.linkedin.com", "www.linkedin.com"})  # the second one for uploads
_API: Final = "https://api.linkedin.com"
_SHARE: Final = "urn:li:share:"
_UGC_POST: Final = "urn:li:ugcPost:"
"""A post is the one or the other, and nobody can tell which beforehand."""

_LOOKS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 3, 10, 30))
_ACTIVITY_AFTER: Final = timedelta(seconds=2)  # a fresh post takes no comment before LinkedIn has its activity
_PAGE: Final = 100
_MOST_PAGES: Final = 50
_BATCH: Final = 20  # keeps a query far below 4,000 characters
_SLACK: Final = timedelta(minutes=10)  # our clock and theirs
_DAY: Final = timedelta(days=1)


class Settings(BaseModel):
    """A page on LinkedIn. `access_token` None: from `tiedote login`.

    The development tier has 100 calls a day and no calls for many posts at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    organization_id: str = Field(pattern=r"^[0-9]+$")
    access_token: Secret | None = None
    tier: Literal["development", "standard"] = "development"


class UploadExpiredError(Rejected):
    """The address for a picture's bytes is too old; the upload begins anew."""


class Rule(NamedTuple):
    """An answer of this status in whose code or words `sign` occurs means `error`."""

    status: int
    sign: str
    error: type[ChannelError]
    kind: Kind
    after: timedelta | None = None


# The first that fits counts; whatever fits none is judged by its status. Codes and words as of 2026-09; numbers are serviceErrorCodes.
RULES: Final = (
    Rule(400, "version_missing", AccountBlocked, Kind.VERSION_DEAD),
    Rule(400, "organization permissions", AccountBlocked, Kind.PERMISSION_MISSING),
    Rule(400, "media_asset_waiting_upload", Retryable, Kind.NOT_READY),
    Rule(400, "media_asset_processing_failed", Rejected, Kind.PICTURE_REFUSED),
    Rule(400, "expired_upload_url", UploadExpiredError, Kind.PICTURE_REFUSED),
    Rule(400, "field_length_too_long", Rejected, Kind.TEXT_TOO_LONG),
    Rule(401, "#65602", AccountBlocked, Kind.TOKEN_EXPIRED),
    Rule(401, "expired", AccountBlocked, Kind.TOKEN_EXPIRED),
    Rule(403, "unpermitted fields", Rejected, Kind.POST_REFUSED),
    Rule(413, "", Rejected, Kind.PICTURE_REFUSED),
    Rule(415, "", Rejected, Kind.PICTURE_REFUSED),
    Rule(422, "duplicate", Rejected, Kind.DUPLICATE),
    Rule(426, "", AccountBlocked, Kind.VERSION_DEAD),
    Rule(429, "comment create throttled", Retryable, Kind.RATE_LIMITED, timedelta(minutes=1)),
)


def judge(response: Response) -> ChannelError | None:
    """Read an answer's status, code and words; None if it is good."""
    status = response.status_code
    if status < 300:
        return None
    problem = understand(response, _Problem)
    detail = problem.message if problem else f"HTTP {status}, not in LinkedIn's own words"
    signs = problem.signs if problem else ""
    for rule in RULES:
        if rule.status == status and rule.sign in signs:
            return rule.error(rule.kind, detail, after=rule.after, remote_id=_named_post(detail))
    if status == 404:
        return _not_found(response, detail, signs) if problem else Unexpected(Kind.NOT_UNDERSTOOD, detail)
    if status == 429 and "#101" in signs and "Retry-After" not in response.headers:
        return Retryable(Kind.QUOTA_USED, detail, after=_day_is_over_in(response), announced=True)
    return judge_by_status(response, detail)


def _not_found(response: Response, detail: str, signs: str) -> ChannelError:
    """A post takes no comment before its activity is there, and one that is not made yet cannot be gone."""
    if response.request.method != "POST" or response.request.headers.get("X-RestLi-Method") == "PARTIAL_UPDATE":
        return Gone(Kind.POST_GONE, detail)
    if any(sign in signs for sign in _NO_ACTIVITY_YET):
        return Retryable(Kind.NOT_READY, detail)
    if "/comments" in (response.request.url or ""):
        return Gone(Kind.POST_GONE, detail)
    return Rejected(Kind.POST_REFUSED, detail)


_NO_ACTIVITY_YET: Final = ("unable to obtain activity", "domain authorization endpoint: 404")
"""Both were seen, for a share and for a ugcPost."""


def _day_is_over_in(response: Response) -> timedelta:
    """Daily limits start anew at 0:00 UTC; LinkedIn says so in its documentation and in no header."""
    now = answered_at(response)
    if now is None:
        return timedelta(hours=1)
    return datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1) - now


def _named_post(detail: str) -> str | None:
    found = re.search(f"(?:{_SHARE}|{_UGC_POST})[0-9]+", detail)
    return found[0] if found else None


def connect(settings: Settings, network: Network) -> LinkedIn:
    """Make the channel of one page."""
    from channels.session import Session  # limits are asked for without waiting for requests

    session = Session(network, HOSTS, judge=judge)
    return LinkedIn(settings, session, changed(CAPABILITIES, network.limits), version=network.version or VERSION)


class LinkedIn:
    """One page on LinkedIn."""

    name = "linkedin"

    def __init__(
        self, settings: Settings, session: Session, limits: Capabilities = CAPABILITIES, *, version: str = VERSION
    ) -> None:
        """Take over `session`; it is closed with the channel."""
        standard = settings.tier == "standard"
        self.capabilities = replace(limits, readings_a_day=None, calls_a_day=None) if standard else limits
        self._organization_id = settings.organization_id
        self._us = f"urn:li:organization:{settings.organization_id}"
        self._token = settings.access_token or NO_TOKEN
        self._many_at_once = standard
        self._calls = 0
        self._session = session
        self._version = version

    def check(self) -> Identity:
        """Tell which page this is. Where it is refused, ask on: for another page's token, a lost role or a missing permission."""
        try:
            page = read(self._call("GET", f"/rest/organizations/{self._organization_id}", verb="GET"), _Organization)
        except AccountBlocked as refused:
            if refused.kind is not Kind.PERMISSION_MISSING:
                raise
            raise self._cause(refused) from refused
        return Identity(account_id=str(page.id), name=page.localized_name, version=self._version)

    def examine(self) -> Health:
        """Two calls of the day's five hundred."""
        identity = self.check()
        role: str | None = None
        try:
            role = self._roles().get(self._organization_id, "")
        except AccountBlocked as refused:
            # The page has answered to the same permission, so that it is the role which does not suffice for this.
            role = LESSER if refused.kind is Kind.PERMISSION_MISSING else None
        except ChannelError:
            pass  # The page itself has answered: what else is not told is no fault of the account.
        ends, told_at = linkedin_ends(self._version), self._session.answered_at
        return Health(identity=identity, asked=self._version, ends=ends, role=role, told_at=told_at)

    def _cause(self, refused: AccountBlocked) -> AccountBlocked:
        """Say why the page's name is refused: LinkedIn has one and the same answer for every reason."""
        try:
            others = self._roles()
        except AccountBlocked:
            return refused if self._may_list() else AccountBlocked(Kind.NO_ROLE, refused.detail)
        except ChannelError:
            return refused
        if others and self._organization_id not in others:
            return AccountBlocked(Kind.WRONG_ACCOUNT, ", ".join(sorted(others)))
        return refused

    def _may_list(self) -> bool:
        """Tell whether the page's posts are shown: that takes a role, and another permission."""
        query = f"q=author&author={_encoded(self._us)}&count=1&start=0&sortBy=CREATED"
        try:
            self._call("GET", f"/rest/posts?{query}", verb="FINDER")
        except AccountBlocked:
            return False
        except ChannelError:
            return True
        return True

    def _roles(self) -> Mapping[str, str]:
        """Return what the member behind the token is on which pages, by their numbers; an administrator before anything else."""
        query = "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100"
        rows = read(self._call("GET", query, verb="FINDER"), _Roles).elements
        found: dict[str, str] = {}
        for row in sorted(rows, key=lambda row: row.role != _ADMINISTRATOR):
            found.setdefault(row.organization.rpartition(":")[2], row.role)
        return found

    def begin(self, post: Post) -> Step:
        return _after_pictures(post, {})

    def advance(self, post: Post, step: Step) -> Step | Published:
        try:
            match step.name:
                case "initialize":
                    return self._initialize(post, step.memo)
                case "put":
                    return self._put(post, step.memo)
                case "wait":
                    return self._wait(post, step.memo)
                case "create":
                    return self._create(post, step.memo)
                case "comment":
                    return self._comment(post, step.memo)
        except UploadExpiredError:
            if "again" in step.memo:
                raise
            return _after_pictures(post, {"again": "1"})
        raise Unexpected(Kind.NOT_UNDERSTOOD, f"LinkedIn has no step {step.name}")

    def _initialize(self, post: Post, memo: Mapping[str, str]) -> Step:
        n = next(n for n in range(len(_images(post))) if f"image{n}" not in memo)
        body = {"initializeUploadRequest": {"owner": self._us}}
        response = self._call("POST", "/rest/images?action=initializeUpload", verb="ACTION", body=body)
        value = read(response, _Initialized).value
        return Step(name="put", memo={**memo, "url": value.upload_url, "image": value.image, "n": str(n)})

    def _put(self, post: Post, memo: Mapping[str, str]) -> Step:
        from channels.pictures import fit_picture  # Pillow is slow to import

        left = {key: value for key, value in memo.items() if key not in {"url", "image", "n"}}
        fitted = fit_picture(_images(post)[int(memo["n"])], self.capabilities.pictures)
        headers = {"Authorization": self._bearer, "Content-Type": "application/octet-stream"}
        self._session.request("PUT", memo["url"], data=fitted.data, headers=headers)
        return _after_pictures(post, {**left, f"image{memo['n']}": memo["image"]})

    def _wait(self, post: Post, memo: Mapping[str, str]) -> Step:
        """Look at the pictures in turn. A post made before they are available can stay invisible."""
        ready = int(memo.get("ready", "0"))
        for n, picture in enumerate(_images(post)[ready:], ready):
            image = memo[f"image{n}"]
            status = read(self._call("GET", f"/rest/images/{_encoded(image)}", verb="GET"), _Image).status
            if status == "PROCESSING_FAILED":
                raise Rejected(Kind.PICTURE_REFUSED, f"{picture.name}: LinkedIn could not process it")
            if status != "AVAILABLE":
                return _look_again({**memo, "ready": str(n)})
        return Step(name="create", memo=memo, commits=True)

    def _create(self, post: Post, memo: Mapping[str, str]) -> Published:
        body = {
            "author": self._us,
            "commentary": little(post),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        response = self._call("POST", "/rest/posts", verb="CREATE", body=body | _content(post, memo))
        # The answer is 201 with an empty body; the id stands in a header, and may be a share's or a ugcPost's.
        urn = _named_post(unquote(response.headers.get("x-restli-id", "")))
        if urn is None:
            raise OutcomeUnknown(Kind.ANSWER_LOST, f"HTTP {response.status_code} without the post's URN")
        return _published(post, urn)

    def _comment(self, post: Post, memo: Mapping[str, str]) -> Published:
        remote_id = memo["remote_id"]
        body = {"actor": self._us, "object": remote_id, "message": _message(post)}
        response = self._call("POST", _comments_of(remote_id), verb="CREATE", body=body)
        if not response.headers.get("x-restli-id"):
            raise OutcomeUnknown(Kind.ANSWER_LOST, f"HTTP {response.status_code} without the comment's id")
        return Published(remote_id=remote_id, url=_address(remote_id))

    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        """Look for the post in our listing, or for the first comment under the post."""
        match step.name:
            case "create":
                return self._locate_post(post, step.memo.get("hint"), since - _SLACK)
            case "comment":
                return self._locate_comment(post, step.memo["remote_id"])
        return Found()

    def _locate_post(self, post: Post, hint: str | None, since: datetime) -> Found:
        if hint and (named := self._read_post(hint)) and named.author == self._us and named.created_at >= since:
            return Found(candidates=(_published(post, named.id),))
        recent = self.recent(since)
        same = tuple(_published(post, remote.remote_id) for remote in recent.posts if self.is_same(post, remote))
        return Found(candidates=same, complete=recent.complete)

    def _locate_comment(self, post: Post, remote_id: str) -> Found:
        listing = self._comments_under(remote_id)
        said = post.first_comment or ""
        ours = any(item.actor == self._us and same_words(said, item.message.text) for item in listing.items)
        whole = Published(remote_id=remote_id, url=_address(remote_id))
        return Found(candidates=(whole,) if ours else (), complete=listing.complete)

    def _read_post(self, urn: str) -> _RemotePost | None:
        """Return None for a ghost: a duplicate refusal may name a post that nobody can read."""
        try:
            return read(self._call("GET", f"/rest/posts/{_encoded(urn)}?viewContext=READER", verb="GET"), _RemotePost)
        except Gone:
            return None

    def recent(self, since: datetime) -> Recent:
        query = f"q=author&author={_encoded(self._us)}&count={_PAGE}&start=0&sortBy=CREATED"
        found: list[RemotePost] = []
        complete = False
        for page in self._pages(f"/rest/posts?{query}", "FINDER", _PostPage):
            fresh = [post for post in page.elements if post.created_at >= since]
            found += [post.as_remote() for post in fresh if post.lifecycle_state == "PUBLISHED"]
            # A page may be empty although more follow: only older posts are the end.
            ends = page.next is None or (not fresh and bool(page.elements))
            complete = ends and not page.misfits
            if ends:
                break
        found.sort(key=lambda post: post.created_at, reverse=True)
        return Recent(posts=tuple(found), complete=complete)

    def is_same(self, post: Post, remote: RemotePost) -> bool:
        return same_words(words(post), unlittle(remote.text))

    def taken_up(self, post: Post, remote: RemotePost) -> Published:
        return _published(post, remote.remote_id)

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        """Read reactions and comments from the posts' metadata, shares, views and clicks from the page's statistics.

        The statistics of twenty posts take one call at either tier, but lag. At the standard tier, where the metadata of twenty posts take
        one call too, they stay as they were in `before`. At the development tier they are read first, and the metadata, a call for each
        post, of those alone where they show a change. When the day's calls run out on the way, what was read so far is told, and
        which posts are `unread`.
        """
        before = before or {}
        fresh = [urn for urn in remote_ids if urn not in before]
        statistics = self._statistics(fresh if self._many_at_once else remote_ids)
        still = () if self._many_at_once else [u for u in remote_ids if _stands_still(before.get(u), statistics.get(u))]
        metadata = self._metadata([urn for urn in remote_ids if urn not in still])
        known = {urn: one.counts(urn, statistics.get(urn), before.get(urn)) for urn, one in metadata.told.items()}
        known |= {urn: _with_statistics(before[urn], statistics[urn]) for urn in still}
        told = tuple(known[urn] for urn in remote_ids if urn in known)
        gone: set[str] = set()
        unread = set(metadata.unread)
        for n, urn in enumerate(metadata.not_found):
            try:
                if self._read_post(urn) is None:  # One whose activity is not there yet is not found either.
                    gone.add(urn)
            except Retryable:
                if not told:
                    raise
                unread |= set(metadata.not_found[n:])
                break
        return Tally(counts=told, gone=frozenset(gone), unread=frozenset(unread))

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        """Read comments and the answers to them; when the day's calls run out on the way, what was read so far is told.

        Where news is enough, answers are read below those comments alone that have more or fewer of them than are stored. An empty list is
        believed only where the counter says so too: for want of a role it is empty as well.
        """
        known = known or {}
        items: list[Comment] = []
        complete: set[str] = set()
        untouched: set[str] = set()
        unread: Sequence[str] = ()
        for n, urn in enumerate(remote_ids):
            try:
                thread = self._thread(urn, known.get(urn))
                whole = thread.complete if thread.items else self._has_no_comments(urn)
            except Retryable:
                if n == 0:
                    raise
                unread = remote_ids[n:]
                break
            items += [comment.as_comment(urn, self._us) for comment in thread.items]
            untouched |= thread.untouched
            if whole:
                complete.add(urn)
        return Comments(
            items=tuple(items),
            complete=frozenset(complete),
            untouched=frozenset(untouched),
            unread=frozenset(unread),
        )

    def reply(self, to: Target, text: str) -> str:
        """Comment below a comment. Comments are plain text: little text's escapes would be read as they stand."""
        body = {"actor": self._us, "object": to.post_id, "parentComment": to.thread, "message": {"text": text}}
        return read(self._call("POST", _comments_of(to.thread), verb="CREATE", body=body), _Comment).urn

    def locate_reply(self, to: Target, text: str, since: datetime) -> Said:
        listing = self._comments_under(to.thread)
        ours = (item for item in listing.items if item.actor == self._us and item.created.time >= since - _SLACK)
        found = sorted((item.created.time, item.urn) for item in ours if same_words(text, item.message.text))
        return Said(remote_ids=tuple(urn for _, urn in found), complete=listing.complete)

    def erase_comment(self, remote_id: str) -> None:
        """Delete a comment: LinkedIn hides none."""
        found = re.fullmatch(r"urn:li:comment:\((?P<under>urn:li:\w+:\d+),(?P<id>\d+)\)", remote_id)
        if found is None:
            raise Rejected(Kind.POST_REFUSED, "this is no comment on LinkedIn")
        path = f"{_comments_of(found['under'])}/{found['id']}?actor={_encoded(self._us)}"
        with suppress(Gone):
            _must_be_empty(self._call("DELETE", path, verb="DELETE"))

    def usage(self) -> tuple[Usage, ...]:
        """Hand over the calls of the development tier. A member is told by a digest of the token: one may administer several pages."""
        calls, self._calls = self._calls, 0
        if not calls or self._many_at_once:
            return ()
        member = hashlib.sha256(self._token.get_secret_value().encode()).hexdigest()[:12]
        names = {"app": "linkedin app", "member": f"linkedin member {member}"}
        return tuple(
            Usage(name=names[whose], used=calls, size=most, window=_DAY, shared=True) for whose, most in A_DAY.items()
        )

    def ration(self, calls: int | None) -> None:
        self._session.ration(calls)

    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        """Read a page of our listing, and by itself what is not on it."""
        wanted = set(remote_ids)
        listed: Sequence[_RemotePost] = ()
        if len(wanted) > 1:
            path = f"/rest/posts?q=author&author={_encoded(self._us)}&count={_PAGE}&start=0&sortBy=CREATED"
            listed = read(self._call("GET", path, verb="FINDER"), _PostPage).elements
        told = {post.id: post.held() for post in listed if post.id in wanted}
        by_itself = (self._read_post(urn) for urn in remote_ids if urn not in told)
        return told | {post.id: post.held() for post in by_itself if post is not None}

    def amend(self, post: Post, remote_id: str) -> None:
        body = {"patch": {"$set": {"commentary": little(post)}}}
        _must_be_empty(self._call("POST", f"/rest/posts/{_encoded(remote_id)}", verb="PARTIAL_UPDATE", body=body))

    def remove(self, remote_id: str) -> None:
        """Delete a post; LinkedIn says the same of one that is gone already."""
        with suppress(Gone):
            _must_be_empty(self._call("DELETE", f"/rest/posts/{_encoded(remote_id)}", verb="DELETE"))

    def discard(self, step: Step) -> None:
        """Leave images where they are: nobody sees one without a post."""

    def close(self) -> None:
        self._session.close()

    def _metadata(self, urns: Sequence[str]) -> _AllMetadata:
        if not self._many_at_once:
            return self._metadata_one_by_one(urns)
        told: dict[str, _Metadata] = {}
        not_found: list[str] = []
        for batch in batches(urns, _BATCH):
            path = f"/rest/socialMetadata?ids={_list(batch)}"
            answer = read(self._call("GET", path, verb="BATCH_GET"), _ManyMetadata)
            told |= {unquote(urn): metadata for urn, metadata in answer.results.items()}
            not_found += [unquote(urn) for urn, error in answer.errors.items() if error.status == 404]
        return _AllMetadata(told, not_found)

    def _metadata_one_by_one(self, urns: Sequence[str]) -> _AllMetadata:
        told: dict[str, _Metadata] = {}
        not_found: list[str] = []
        unread: Sequence[str] = ()
        for n, urn in enumerate(urns):
            try:
                told[urn] = self._metadata_of(urn)
            except Gone:
                not_found.append(urn)
            except Retryable:
                if not told:
                    raise
                unread = urns[n:]
                break
        return _AllMetadata(told, not_found, unread)

    def _metadata_of(self, urn: str) -> _Metadata:
        return read(self._call("GET", f"/rest/socialMetadata/{_encoded(urn)}", verb="GET"), _Metadata)

    def _has_no_comments(self, urn: str) -> bool:
        try:
            return self._metadata_of(urn).comments == 0
        except Gone:
            return False

    def _statistics(self, urns: Sequence[str]) -> dict[str, _Statistics]:
        """Shares and views. They need an administrator; where they are refused they stay unknown and the rest is still told."""
        told: dict[str, _Statistics] = {}
        for batch in batches([urn for urn in urns if urn.startswith((_SHARE, _UGC_POST))], _BATCH):
            try:
                told |= self._statistics_of(batch)
            except Rejected:
                continue
            except AccountBlocked as fault:
                if fault.kind is not Kind.PERMISSION_MISSING:
                    raise
        return told

    def _statistics_of(self, urns: Sequence[str]) -> dict[str, _Statistics]:
        """A post without activity is left out of the answer; an answer without any post may also mean a missing role."""
        lists = {
            "shares": [urn for urn in urns if urn.startswith(_SHARE)],
            "ugcPosts": [urn for urn in urns if urn.startswith(_UGC_POST)],
        }
        query = f"q=organizationalEntity&organizationalEntity={_encoded(self._us)}"
        query += "".join(f"&{name}={_list(some)}" for name, some in lists.items() if some)
        path = f"/rest/organizationalEntityShareStatistics?{query}"
        elements = read(self._call("GET", path, verb="FINDER"), _ManyStatistics).elements
        told = {element.urn: element.total_share_statistics for element in elements}
        return dict.fromkeys(urns, _NO_ACTIVITY) | told if told else {}

    def _thread(self, urn: str, news: Known | None = None, above: frozenset[str] = frozenset()) -> _Listing:
        """List what is under a post or a comment and, right after each comment, the answers to it.

        `above`: what all this stands under; what is said to stand below itself is not followed.
        """
        above |= {urn}
        listing = self._comments_under(urn)
        items: list[_Comment] = []
        untouched: set[str] = set()
        complete = listing.complete
        for comment in listing.items:
            items.append(comment)
            if news and not news.whole and comment.answers == news.replies.get(comment.urn, 0):
                untouched.add(comment.urn)
            elif comment.answers and comment.urn not in above:
                below = self._thread(comment.urn, above=above)
                items += below.items
                complete = complete and below.complete
        return _Listing(items, complete=complete, untouched=frozenset(untouched))

    def _comments_under(self, urn: str) -> _Listing:
        items: dict[str, _Comment] = {}
        complete = False
        parent = urn if urn.startswith("urn:li:comment:") else None
        try:
            for page in self._pages(f"{_comments_of(urn)}?start=0&count={_PAGE}", "GET_ALL", _CommentPage):
                items |= {comment.urn: comment.under(parent) for comment in page.elements}
                complete = page.is_end
        except Gone:
            return _Listing([], complete=False)  # no comments may be told as 404
        return _Listing(list(items.values()), complete=complete)

    def _pages(self, path: str, verb: str, model: type[_AnyPage]) -> Iterator[_AnyPage]:
        """Follow the links: a page may be short although more exist."""
        return model.in_row(self._pages_of(path, verb, model))

    def _pages_of(self, path: str, verb: str, model: type[_AnyPage]) -> Iterator[_AnyPage]:
        address: str | None = path
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            page = read(self._call("GET", address, verb=verb), model)
            yield page
            address = page.next

    def _call(self, method: str, path: str, *, verb: str, body: Mapping[str, object] | None = None) -> Response:
        headers = {
            "Authorization": self._bearer,
            "LinkedIn-Version": self._version,
            "X-Restli-Protocol-Version": "2.0.0",
            "X-RestLi-Method": verb,
        }
        before = self._session.sent
        try:
            return self._session.request(method, urljoin(_API, path), json=body, headers=headers)
        finally:
            self._calls += self._session.sent - before

    @property
    def _bearer(self) -> str:
        return f"Bearer {self._token.get_secret_value()}"


def _must_be_empty(response: Response) -> None:
    if response.status_code != 204:
        raise OutcomeUnknown(Kind.ANSWER_LOST, f"HTTP {response.status_code} where 204 was due")


# --- the chain of a publication


def _images(post: Post) -> tuple[Picture, ...]:
    """Return what is uploaded: the post's pictures, or the one of its card. A post has the one or the other."""
    return post.pictures or (post.shown if post.link else ())


def _after_pictures(post: Post, memo: Mapping[str, str]) -> Step:
    """Return the next upload; when all are done, the first look at them; without pictures, the post itself."""
    if any(f"image{n}" not in memo for n in range(len(_images(post)))):
        return Step(name="initialize", memo=memo)
    if _images(post):
        return _look_again(memo)
    return Step(name="create", memo=memo, commits=True)


def _message(post: Post) -> dict[str, object]:
    """Return a comment: plain words, and beside them whom they mention."""
    attributes = [
        {"start": one.start, "length": one.length, "value": {_kind(one.address): one.address}}
        for one in post.comment_mentions
    ]
    return {"text": post.first_comment} | ({"attributes": attributes} if attributes else {})


def _kind(urn: str) -> str:
    return urn.split(":")[2]


def _look_again(memo: Mapping[str, str]) -> Step:
    """Return the next look. After the last of them the caller's own patience counts."""
    look = int(memo.get("look", "0"))
    if look == len(_LOOKS):
        raise Retryable(Kind.NOT_READY, "a picture is still being processed")
    return Step(name="wait", memo={**memo, "look": str(look + 1)}, wait=_LOOKS[look])


def _content(post: Post, memo: Mapping[str, str]) -> dict[str, object]:
    """Return what stands under the words: pictures, or the link's card, or nothing. Plain text everywhere."""
    images = [
        {"id": memo[f"image{n}"]} | ({"altText": picture.alt} if picture.alt else {})  # an empty alt text is refused
        for n, picture in enumerate(post.pictures)
    ]
    if len(images) > 1:
        return {"content": {"multiImage": {"images": images}}}
    if images:
        return {"content": {"media": images[0]}}
    if post.poll:
        return {"content": {"poll": _poll(post.poll)}}
    return {"content": {"article": _article(post, memo)}} if post.link else {}


_DURATIONS: Final = {1: "ONE_DAY", 3: "THREE_DAYS", 7: "SEVEN_DAYS"}


def _poll(poll: Poll) -> dict[str, object]:
    # Who voted is members' data, which may not be kept: it is never read. LinkedIn takes no other value.
    settings = {"voteSelectionType": "SINGLE_VOTE", "isVoterVisibleToAuthor": True, "duration": _DURATIONS[poll.days]}
    return {"question": poll.question, "options": [{"text": text} for text in poll.options], "settings": settings}


def _article(post: Post, memo: Mapping[str, str]) -> dict[str, object]:
    """Return the link's card. LinkedIn does not fetch the page: what is not said here is not on the card."""
    article: dict[str, object] = {"source": post.link, "title": post.title or post.text.strip().partition("\n")[0]}
    if post.description:
        article["description"] = post.description
    if post.thumbnail:
        article["thumbnail"] = memo["image0"]
        if post.thumbnail.alt:
            article["thumbnailAltText"] = post.thumbnail.alt
    return article


def _published(post: Post, urn: str) -> Published:
    address = _address(urn)
    if post.first_comment is None:
        return Published(remote_id=urn, url=address)
    comment = Step(name="comment", memo={"remote_id": urn}, wait=_ACTIVITY_AFTER, commits=True)
    return Published(remote_id=urn, url=address, then=comment)


def _address(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{urn}/"


# --- Rest.li


def _encoded(urn: str) -> str:
    return quote(urn, safe="")


def _list(urns: Sequence[str]) -> str:
    return f"List({','.join(map(_encoded, urns))})"


def _comments_of(urn: str) -> str:
    return f"/rest/socialActions/{_encoded(urn)}/comments"


# --- answers


class _Wire(Wire):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class _InputError(_Wire):
    code: str = ""
    description: str = ""


class _Details(_Wire):
    input_errors: tuple[_InputError, ...] = ()


class _Problem(_Wire):
    """An error; any of its parts may be absent."""

    status: int | None = None
    service_error_code: int | None = None
    code: str = ""
    message: str = ""
    error_details: _Details = Field(default_factory=_Details)

    @property
    def signs(self) -> str:
        inputs = [f"{error.code} {error.description}" for error in self.error_details.input_errors]
        return " ".join([f"#{self.service_error_code}", self.code, self.message, *inputs]).lower()


class _Organization(_Wire):
    id: int | str
    localized_name: str = ""


class _Roles(_Wire):
    class Row(_Wire):
        role: str = ""
        organization: str = Field(validation_alias=AliasChoices("organizationTarget", "organization"))

    elements: tuple[Row, ...] = ()


class _Initialized(_Wire):
    class Value(_Wire):
        upload_url: str
        image: str

    value: Value


class _Image(_Wire):
    status: str


class _Link(_Wire):
    rel: str = ""
    href: str = ""


class _Paging(_Wire):
    links: tuple[_Link, ...] = ()


class _Page(Page, _Wire):
    rows = "elements"
    paging: _Paging = Field(default_factory=_Paging)

    @property
    def next(self) -> str | None:
        return next((link.href for link in self.paging.links if link.rel == "next"), None)

    @property
    def is_end(self) -> bool:
        """The last page, and nothing of the listing left out."""
        return self.next is None and not self.misfits


_AnyPage = TypeVar("_AnyPage", bound=_Page)


class _Shown(_Wire):
    """A picture of a post."""

    alt_text: str = ""


class _Content(_Wire):
    """What stands under the words; one of these, or nothing."""

    class Images(_Wire):
        images: tuple[_Shown, ...] = ()

    class Article(_Wire):
        source: str = ""
        thumbnail: str = ""
        thumbnail_alt_text: str = ""

    media: _Shown | None = None
    multi_image: Images = Field(default_factory=Images)
    article: Article = Field(default_factory=Article)


class _RemotePost(_Wire):
    id: Id
    author: str
    commentary: str = ""
    lifecycle_state: str = "PUBLISHED"
    created_at: Moment
    """Milliseconds on the wire."""
    content: _Content = Field(default_factory=_Content)

    def held(self) -> Held:
        article = self.content.article
        images = (self.content.media,) if self.content.media else self.content.multi_image.images
        card = (article.thumbnail_alt_text,) if article.thumbnail else ()
        texts = (unlittle(self.commentary), article.source)
        return Held(
            post=self.as_remote(),
            links=tuple(link for text in texts for link in links_in(text)),
            alts=(*(image.alt_text for image in images), *card),
        )

    def as_remote(self) -> RemotePost:
        return RemotePost(remote_id=self.id, text=self.commentary, created_at=self.created_at, url=_address(self.id))


class _PostPage(_Page):
    elements: tuple[_RemotePost, ...] = ()


class _Comment(_Wire):
    """A comment. `created` and `lastModified` also name the member behind the page: that is left where it is."""

    class Message(_Wire):
        text: str = ""

    class Created(_Wire):
        time: Moment

    class Summary(_Wire):
        total_first_level_comments: int = 0
        aggregated_total_comments: int = 0

    id: Id
    object: Id
    told_urn: Id | None = Field(default=None, validation_alias=AliasChoices("$URN", "commentUrn"))
    actor: str | None = None
    parent_comment: Id | None = None
    message: Message = Field(default_factory=Message)
    created: Created
    comments_summary: Summary = Field(default_factory=Summary)

    @property
    def urn(self) -> str:
        """The whole URN: its activity is not the number of the post, and cannot be computed from it."""
        return self.told_urn or f"urn:li:comment:({self.object},{self.id})"

    @property
    def answers(self) -> int:
        summary = self.comments_summary
        return max(summary.total_first_level_comments, summary.aggregated_total_comments)

    def under(self, parent: str | None) -> _Comment:
        """Return it with the comment under which it was listed, if it does not name one itself."""
        return self if self.parent_comment else self.model_copy(update={"parent_comment": parent})

    def as_comment(self, post_id: str, us: str) -> Comment:
        return Comment(
            post_id=post_id,
            remote_id=self.urn,
            parent_remote_id=self.parent_comment,
            kind=CommentKind.REPLY if self.parent_comment else CommentKind.COMMENT,
            author_id=self.actor,
            text=self.message.text,
            created_at=self.created.time,
            url=_address(post_id),
            own=self.actor == us,
        )


class _CommentPage(_Page):
    elements: tuple[_Comment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listing:
    """Comments; `complete` if nothing is missing among them but the answers below those that are `untouched`."""

    items: Sequence[_Comment]
    complete: bool
    untouched: frozenset[str] = frozenset()


class _Statistics(_Wire):
    impression_count: int | None = None
    share_count: int | None = None
    click_count: int | None = None
    comment_count: int | None = None
    like_count: int | None = None


_NO_ACTIVITY: Final = _Statistics(impression_count=0, share_count=0, click_count=0, comment_count=0, like_count=0)


def _stands_still(before: Counts | None, now: _Statistics | None) -> bool:
    """Tell whether statistics show the same comments and reactions as were told before; some say that they count the likes alone."""
    if before is None or now is None or before.reactions is None or now.comment_count is None:
        return False
    likes = {sum(before.reactions.values()), before.reactions.get("like", 0)}
    return now.comment_count == before.comments and now.like_count in likes


def _with_statistics(before: Counts, now: _Statistics) -> Counts:
    return replace(before, shares=now.share_count, views=now.impression_count, clicks=now.click_count)


class _ManyStatistics(_Wire):
    class Element(_Wire):
        urn: str = Field(default="", validation_alias=AliasChoices("share", "ugcPost"))
        total_share_statistics: _Statistics = Field(default_factory=_Statistics)

    elements: tuple[Element, ...] = ()


class _Metadata(_Wire):
    class Comments(_Wire):
        count: int | None = None

    class Reaction(_Wire):
        count: int

    comment_summary: Comments = Field(default_factory=Comments)
    reaction_summaries: Mapping[str, Reaction] | None = None

    @property
    def comments(self) -> int | None:
        return self.comment_summary.count

    def counts(self, urn: str, statistics: _Statistics | None, before: Counts | None) -> Counts:
        reactions = self.reaction_summaries
        counts = replace(
            before or Counts(remote_id=urn),
            reactions=None if reactions is None else {kind.lower(): told.count for kind, told in reactions.items()},
            comments=self.comments,
        )
        return _with_statistics(counts, statistics) if statistics else counts


class _ManyMetadata(_Wire):
    class Error(_Wire):
        status: int | None = None

    results: Mapping[str, _Metadata] = {}
    errors: Mapping[str, Error] = {}


@dataclass(frozen=True, slots=True)
class _AllMetadata:
    told: Mapping[str, _Metadata]
    not_found: Sequence[str]
    unread: Sequence[str] = ()
