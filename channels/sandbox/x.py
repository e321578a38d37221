"""X in the sandbox: API v2 in the dialect that tweepy and all recordings use (reference of Nov 2026)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from channels.sandbox import tweettext
from channels.sandbox.looks import MIME, look
from channels.sandbox.oauth1 import Nonces, is_signed, read_header
from channels.sandbox.state import Picture, Post, Upload
from channels.sandbox.wire import JSON, Answer, Call, Refusal

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxAccount

PROBLEM = "application/problem+json"
_QUARTER = 900
_DAY = 86_400
_LARGEST_IMAGE = 5 * 1024 * 1024
LONGEST_ALT = 1000
_MOST_MEDIA = 4
_MOST_TAGGED = 10
_FORMATS = {"JPEG", "PNG", "GIF", "WEBP"}
_ID = re.compile(r"[0-9]{1,19}")
_INVALID = "One or more parameters to your request was invalid."
_BODY_KEYS = frozenset(
    [
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    ]
)
_POLL_OPTIONS = range(2, 5)
_POLL_MINUTES = range(5, 10_081)
_LONGEST_OPTION = 25
_LATER_KEYS = frozenset(
    [
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "nullcast",
        "share_with_followers",
    ]
)


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> Answer:  # noqa: ANN401 (extras of the body)
    """Word an error of X's newer shape."""
    where = kind if kind == "about:blank" else f"https://api.twitter.com/2/problems/{kind}"
    body = {"title": title, "type": where, "status": status, "detail": detail, **more}
    return Answer(status=status, body=body, media_type=PROBLEM)


def invalid(message: str, /, **parameters: list[str]) -> Refusal:
    """Word a 400 for a request that X cannot read."""
    error: dict[str, Any] = {"message": message}
    if parameters:
        error["parameters"] = parameters
    body = {
        "errors": [error],
        "title": "Invalid Request",
        "detail": _INVALID,
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }
    return Refusal(Answer(status=400, body=body, media_type=PROBLEM))


def forbidden(detail: str, title: str = "Forbidden") -> Refusal:
    """Word a 403."""
    return Refusal(problem(403, title, detail))


UNAUTHORIZED = problem(401, "Unauthorized", "Unauthorized")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of an account that is allowed to make it."""

    sandbox: Sandbox
    call: Call
    account: SandboxAccount

    @property
    def now(self) -> float:
        """The sandbox's time."""
        return self.sandbox.clock.stamp()

    def charge(self, item: str, resources: Iterable[str] | None = None) -> None:
        """Bill something done, or the posts or users that were read; take it off the credit."""
        app = self.account.api_key or self.account.account_id
        dollars = self.sandbox.bills.add(self.account.account_id, app, item, resources, self.now)
        account = self.sandbox.account("x", self.account.account_id)
        if account is not None and account.credit is not None:
            account.credit = round(account.credit - dollars, 4)

    def wants(self, name: str) -> set[str]:
        """Read a list parameter such as tweet.fields."""
        return {part for part in self.call.query.get(name, "").split(",") if part}


Handler = Callable[[Ask, Mapping[str, str]], Answer]


class X:
    """Serves /2/ of the API."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Serve the sandbox's X accounts."""
        self.sandbox = sandbox
        self._nonces = Nonces()

    def __call__(self, call: Call) -> Answer:
        """Answer one request."""
        call.entry.network = "x"
        headers = {"api-version": "2.167"}
        try:
            route, handler, parts = _find(call)
            account = self._who(call)
            call.entry.account = account.account_id
            headers.update(self._limits(account, route))
            _check_credit(account)
            answer = handler(Ask(sandbox=self.sandbox, call=call, account=account), parts)
        except Refusal as refusal:
            answer = refusal.answer
        return Answer(
            status=answer.status, body=answer.body, headers={**headers, **answer.headers}, media_type=answer.media_type
        )

    def _who(self, call: Call) -> SandboxAccount:
        account = self._by_signature(call) or self._by_bearer(call)
        if account is None or account.expired(self.sandbox.clock.now()) or account.status not in {"ok", "restricted"}:
            raise Refusal(UNAUTHORIZED)
        if call.method != "GET":
            _check_writable(account)
        return account

    def _by_signature(self, call: Call) -> SandboxAccount | None:
        oauth = read_header(call.headers.get("authorization", ""))
        for account in self.sandbox.accounts:
            if account.channel != "x" or not account.token_secret or oauth.get("oauth_token") != account.token:
                continue
            key_fits = oauth.get("oauth_consumer_key") == account.api_key
            fits = key_fits and is_signed(call, oauth, account.api_secret, account.token_secret, self._nonces)
            return account if fits else None
        for account in self.sandbox.grants.holders(oauth.get("oauth_token"), "x"):
            key_fits = oauth.get("oauth_consumer_key") == account.api_key and bool(account.token_secret)
            if key_fits and is_signed(call, oauth, account.api_secret, account.token_secret, self._nonces):
                return account
        return None

    def _by_bearer(self, call: Call) -> SandboxAccount | None:
        token = call.bearer
        for account in self.sandbox.accounts:
            # An OAuth 1.0a access token is no bearer token.
            if account.channel == "x" and token and not account.token_secret and account.token == token:
                return account
        granted = self.sandbox.grants.holders(token, "x")
        return next((account for account in granted if not account.token_secret), None)

    def _limits(self, account: SandboxAccount, route: str) -> dict[str, str]:
        quotas = self.sandbox.settings.quotas
        limit = quotas.x_limits.get(route, quotas.x_other_limit)
        now = self.sandbox.clock.stamp()
        count, reset = self.sandbox.windows.fixed(f"x:{account.account_id}:{route}", _QUARTER, now)
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - count)),
            "x-rate-limit-reset": str(reset),
            "x-access-level": "read-write",
        }
        if count > limit:
            raise Refusal(too_many(headers))
        if route == "POST /2/tweets":
            headers.update(self._daily(account, quotas.x_posts_a_day, now))
        return headers

    def _daily(self, account: SandboxAccount, limit: int, now: float) -> dict[str, str]:
        count, reset = self.sandbox.windows.fixed(f"x:app:{account.api_key}", _DAY, now)
        headers = {
            "x-app-limit-24hour-limit": str(limit),
            "x-app-limit-24hour-remaining": str(max(0, limit - count)),
            "x-app-limit-24hour-reset": str(reset),
        }
        if count > limit:
            raise Refusal(too_many(headers))
        return headers


def _check_credit(account: SandboxAccount) -> None:
    if account.credit is None or account.credit > 0:
        return
    body = problem(402, "Payment Required", "credits depleted").body
    kind = "https://api.x.com/2/problems/credits-depleted"
    raise Refusal(Answer(status=402, body={**body, "type": kind}, media_type=JSON))


def _check_writable(account: SandboxAccount) -> None:
    if "write" in account.missing:
        detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
        raise Refusal(problem(403, "Forbidden", detail, "oauth1-permissions"))
    if account.status == "restricted":
        raise forbidden("You are not permitted to perform this action.")


def too_many(headers: Mapping[str, str]) -> Answer:
    """Word a 429."""
    answer = problem(429, "Too Many Requests", "Too Many Requests")
    return Answer(status=429, body=answer.body, headers=headers, media_type=PROBLEM)


# Writing


def create(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """POST /2/tweets."""
    body = _json_body(ask.call)
    for key in sorted(set(body) - _BODY_KEYS):
        raise invalid(
            f"$.{key}: is not defined in the schema and the schema does not allow additional properties", **{key: ["*"]}
        )
    for key in sorted(set(body) & _LATER_KEYS):
        raise invalid(f"The sandbox does not take {key}", **{key: ["*"]})
    _check_extras(body)
    text = body.get("text", "")
    if not isinstance(text, str):
        raise invalid("$.text: string expected")
    uploads = _media(ask, body.get("media"))
    options = _poll(body)
    parent = _reply_target(ask, body.get("reply"))
    _check_text(ask, text, uploads, parent)
    if "quote_tweet_id" in body:
        raise forbidden("You are not permitted to quote posts through the API.", "Authorization Error")
    post = _new_post(ask, text, uploads, parent)
    post.options = options
    ask.charge("post_with_link" if tweettext.urls(text) else "post")
    return Answer(
        status=201, body={"data": {"id": post.id, "text": post.memo["stored"], "edit_history_tweet_ids": [post.id]}}
    )


def _check_extras(body: Mapping[str, Any]) -> None:
    for key in ("made_with_ai", "paid_partnership"):
        if not isinstance(body.get(key, False), bool):
            raise invalid(f"$.{key}: boolean expected", **{key: ["*"]})
    settings = body.get("reply_settings", "following")
    if settings not in {"following", "mentionedUsers", "subscribers", "verified"}:
        raise invalid("$.reply_settings: is not one of the allowed values", reply_settings=[str(settings)])


def _poll(body: Mapping[str, Any]) -> list[str]:
    wanted = body.get("poll")
    if wanted is None:
        return []
    if not isinstance(wanted, dict) or set(wanted) - {"options", "duration_minutes", "reply_settings"}:
        raise invalid("$.poll: is not valid", poll=["*"])
    if "media" in body:
        raise invalid("$.poll: is mutually exclusive from media", poll=["*"])
    options, minutes = wanted.get("options"), wanted.get("duration_minutes")
    if not isinstance(options, list) or len(options) not in _POLL_OPTIONS:
        raise invalid("$.poll.options: must have between 2 and 4 items", **{"poll.options": [str(options)]})
    if not all(isinstance(option, str) and 1 <= len(option) <= _LONGEST_OPTION for option in options):
        raise invalid("$.poll.options: must be between 1 and 25 characters long", **{"poll.options": [str(options)]})
    if type(minutes) is not int or minutes not in _POLL_MINUTES:
        raise invalid("$.poll.duration_minutes: must be between 5 and 10080", **{"poll.duration_minutes": ["*"]})
    return options


def _json_body(call: Call) -> dict[str, Any]:
    if call.content_type != "application/json":
        raise invalid("Requests with bodies must have content-type of application/json.")
    try:
        body = call.json()
    except ValueError as fault:
        raise invalid("Request body must be valid JSON") from fault
    if not isinstance(body, dict):
        raise invalid("$: object expected")
    return body


def _media(ask: Ask, wanted: Any) -> list[Upload]:  # noqa: ANN401 (foreign JSON)
    if wanted is None:
        return []
    if not isinstance(wanted, dict) or set(wanted) - {"media_ids", "tagged_user_ids"}:
        raise invalid("$.media: is not valid")
    tagged = wanted.get("tagged_user_ids", [])
    if not isinstance(tagged, list) or len(tagged) > _MOST_TAGGED:
        raise invalid(f"$.media.tagged_user_ids: must have at most {_MOST_TAGGED} items")
    ids = wanted.get("media_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= _MOST_MEDIA or not all(isinstance(item, str) for item in ids):
        raise invalid("$.media.media_ids: must have between 1 and 4 strings")
    uploads = [ask.sandbox.world.uploads.get(media_id) for media_id in ids]
    found = [item for item in uploads if item and _usable(ask, item)]
    if len(found) < len(ids) or len(set(ids)) < len(ids):
        raise invalid("Your media IDs are invalid.", **{"media.media_ids": [str(ids)]})
    if len(found) > 1 and any(item.memo["category"] == "tweet_gif" for item in found):
        raise invalid("A post takes 4 photos or 1 GIF or 1 video.")
    return found


def _usable(ask: Ask, upload: Upload) -> bool:
    return upload.network == "x" and upload.account == ask.account.account_id and ask.now < upload.created + _DAY


def _reply_target(ask: Ask, wanted: Any) -> Post | None:  # noqa: ANN401 (foreign JSON)
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or set(wanted) - {
        "in_reply_to_tweet_id",
        "exclude_reply_user_ids",
        "auto_populate_reply_metadata",
    }:
        raise invalid("$.reply: is not valid")
    target_id = wanted.get("in_reply_to_tweet_id")
    if not isinstance(target_id, str) or not _ID.fullmatch(target_id):
        raise invalid("$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$")
    target = ask.sandbox.world.posts.get(target_id)
    if target is None or target.network != "x" or not target.visible:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if target.author != ask.account.account_id and not _summoned(ask, target):
        raise forbidden(
            "You can only reply to or quote posts where you are mentioned or are the author.", "Authorization Error"
        )
    return target


def _summoned(ask: Ask, target: Post) -> bool:
    quoted = ask.sandbox.world.posts.get(target.quotes or "")
    return ask.account.username.lower() in _handles(target) or (
        quoted is not None and quoted.author == ask.account.account_id
    )


def _handles(post: Post) -> set[str]:
    return {handle.lower() for handle in tweettext.mentions(post.source)}


def _check_text(ask: Ask, text: str, uploads: list[Upload], parent: Post | None) -> None:
    if not text.strip() and not uploads:
        raise invalid("text is required unless media is provided")
    if tweettext.weight(_counted(text, parent)) > tweettext.LONGEST:
        raise invalid(
            "Your Tweet text is too long. For more information on how Twitter determines text length see "
            "https://github.com/twitter/twitter-text."
        )
    if len(tweettext.cashtags(text)) > 1:
        raise forbidden("You can only include one cashtag in a post.")
    allowed = {ask.account.username.lower()} | (_handles(parent) | {_handle_of(ask, parent)} if parent else set())
    if {handle.lower() for handle in tweettext.mentions(text)} - allowed:
        raise forbidden("You are not permitted to perform this action.")
    if not uploads and parent is None:
        _refuse_duplicate(ask, text)


def _counted(text: str, parent: Post | None) -> str:
    # Mentions that lead a reply are not counted.
    return re.sub(r"^(@\w{1,15}\s+)+", "", text) if parent else text


def _handle_of(ask: Ask, post: Post) -> str:
    return username_of(ask.sandbox, post.author).lower()


def _refuse_duplicate(ask: Ask, text: str) -> None:
    since = ask.now - ask.sandbox.settings.quotas.x_duplicates
    for post in ask.sandbox.world.posts_of("x", ask.account.account_id):
        same = post.source == text and not post.pictures and post.reply_to is None
        if same and (post.published or 0) > since and post.visible:
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")


def _new_post(ask: Ask, text: str, uploads: list[Upload], parent: Post | None) -> Post:
    post_id = ask.sandbox.world.snowflake(ask.now)
    pictures = [item.picture for item in uploads if item.picture]
    post = new_post(
        ask.sandbox,
        text,
        author=ask.account.account_id,
        name=ask.account.name,
        own=True,
        parent=parent,
        post_id=post_id,
        pictures=pictures,
    )
    post.memo["media_keys"] = ",".join(f"3_{item.id}" for item in uploads)
    for upload in uploads:
        upload.post = post_id
        ask.sandbox.world.touch(upload)
    return post


def new_post(  # noqa: PLR0913 (what a post is made of)
    sandbox: Sandbox,
    text: str,
    *,
    author: str,
    name: str,
    own: bool,
    parent: Post | None = None,
    quotes: str | None = None,
    post_id: str = "",
    pictures: Iterable[Picture] = (),
    reply_to: str | None = None,
    conversation: str | None = None,
) -> Post:
    """Put a post on X, by an account or by a resident."""
    now = sandbox.clock.stamp()
    post_id = post_id or sandbox.world.snowflake(now)
    held = list(pictures)
    media = [f"https://x.com/{username_of(sandbox, author)}/status/{post_id}/photo/1"] if held else []
    stored = tweettext.store(text, media)
    post = Post(
        id=post_id,
        network="x",
        author=author,
        author_name=name,
        own=own,
        text=text,
        source=text,
        created=now,
        published=now,
        pictures=held,
        reply_to=parent.id if parent else reply_to,
        quotes=quotes,
        memo={
            "stored": stored.text,
            "conversation": parent.memo["conversation"] if parent else conversation or post_id,
            "media_keys": "",
        },
    )
    sandbox.world.add(post)
    return post


def new_version(sandbox: Sandbox, post: Post, text: str) -> Post:
    """Edit a post: a new one takes its place, and both name all versions."""
    edited = new_post(
        sandbox,
        text,
        author=post.author,
        name=post.author_name,
        own=post.own,
        quotes=post.quotes,
        pictures=post.pictures,
        reply_to=post.reply_to,
        conversation=post.memo["conversation"] if post.memo["conversation"] != post.id else None,
    )
    chain = [*post.memo.get("versions", post.id).split(","), edited.id]
    post.memo["next"] = edited.id
    for version in chain:
        sandbox.world.posts[version].memo["versions"] = ",".join(chain)
        sandbox.world.touch(sandbox.world.posts[version])
    return edited


def versions(sandbox: Sandbox, post: Post) -> list[Post]:
    """Every version of a post, oldest first."""
    return [sandbox.world.posts[version] for version in post.memo.get("versions", post.id).split(",")]


def newest(sandbox: Sandbox, post: Post) -> Post:
    """The version of a post that residents see."""
    return versions(sandbox, post)[-1]


def delete(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """DELETE /2/tweets/{id}: own posts only."""
    post = ask.sandbox.world.posts.get(parts["id"])
    if post is None or post.network != "x" or not post.visible:
        return Answer(body={"data": {"deleted": False}})
    if post.author != ask.account.account_id:
        raise forbidden("You are not allowed to delete this Tweet.")
    post.deleted = ask.now
    ask.sandbox.world.touch(post)
    ask.charge("deletion")
    return Answer(body={"data": {"deleted": True}})


_CATEGORIES = {"tweet_image": _FORMATS, "tweet_gif": {"GIF"}}


def upload(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """POST /2/media/upload in one go, JSON with base64 or multipart with bytes."""
    data, category = _upload_fields(ask.call)
    if category not in _CATEGORIES:
        raise invalid(f"$.media_category: {category} is not taken in one request", media_category=[category])
    seen = look(data)
    if seen is None or seen.format not in _CATEGORIES[category]:
        raise invalid("The media could not be recognised.", media=["*"])
    if len(data) > _LARGEST_IMAGE:
        raise invalid("File size exceeds 5242880 bytes.", media=["*"])
    world = ask.sandbox.world
    item = Upload(
        id=world.snowflake(ask.now),
        network="x",
        account=ask.account.account_id,
        created=ask.now,
        arrived=ask.now,
        memo={"category": category},
        picture=Picture(
            blob=world.store(data), alt="", width=seen.width, height=seen.height, format=seen.format, size=len(data)
        ),
    )
    world.add(item)
    image = {"image_type": MIME[seen.format], "w": seen.width, "h": seen.height}
    body = {"id": item.id, "media_key": f"3_{item.id}", "size": len(data), "expires_after_secs": _DAY, "image": image}
    return Answer(body={"data": body})


_UPLOAD_KEYS = {"media", "media_category", "media_type", "additional_owners", "shared"}


def _upload_fields(call: Call) -> tuple[bytes, str]:
    if call.content_type == "multipart/form-data":
        fields: dict[str, Any] = {**call.form, **call.files}
        _need(fields, "media", "media_category")
        media = fields["media"]
        return (media.encode() if isinstance(media, str) else media), str(call.form.get("media_category"))
    fields = _json_body(call)
    _need(fields, "media", "media_category")
    try:
        return base64.b64decode(fields["media"], validate=True), str(fields["media_category"])
    except (binascii.Error, TypeError, ValueError) as fault:
        raise invalid("$.media: is not base64", media=["*"]) from fault


def _need(fields: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name not in fields:
            raise invalid(f"$.{name}: is missing but it is required", **{name: ["null"]})
    for name in sorted(set(fields) - _UPLOAD_KEYS):
        raise invalid(
            f"$.{name}: is not defined in the schema and the schema does not allow additional properties",
            **{name: ["*"]},
        )


def metadata(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """POST /2/media/metadata: the alternative text of an upload."""
    body = _json_body(ask.call)
    item = ask.sandbox.world.uploads.get(str(body.get("id")))
    if item is None or not _usable(ask, item) or item.picture is None:
        raise invalid("Your media IDs are invalid.", id=[str(body.get("id"))])
    try:
        alt = body["metadata"]["alt_text"]["text"]
    except (KeyError, TypeError) as fault:
        raise invalid("$.metadata.alt_text.text: is missing but it is required") from fault
    if not isinstance(alt, str) or len(alt) > LONGEST_ALT:
        raise invalid(f"$.metadata.alt_text.text: must be at most {LONGEST_ALT} characters long")
    item.picture.alt = ask.sandbox.kept_alt("x", alt)
    ask.sandbox.world.touch(item)
    ask.charge("alt_text")
    return Answer(body={"data": {"id": item.id, "associated_metadata": {"alt_text": {"text": alt}}}})


# Reading


def me(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """GET /2/users/me."""
    ask.charge("user_reading", [ask.account.account_id])
    return Answer(body={"data": user_row(ask.sandbox, ask.account.account_id, ask.wants("user.fields"))})


def user(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """GET /2/users/{id}, or by username."""
    name = parts.get("username", "").lower()
    known = [
        person
        for person in ask.sandbox.x_users()
        if person == parts.get("id") or username_of(ask.sandbox, person).lower() == name
    ]
    if not known:
        return Answer(body={"errors": [_missing(parts.get("id") or name, "user")]})
    ask.charge("user_reading", [known[0]])
    return Answer(body={"data": user_row(ask.sandbox, known[0], ask.wants("user.fields"))})


def by_ids(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """GET /2/tweets?ids=: those that are there, the others in `errors`."""
    ids = [part for part in ask.call.query.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= 100 or not all(_ID.fullmatch(item) for item in ids):
        raise invalid("The `ids` query parameter must have between 1 and 100 numeric ids", ids=ids[:3])
    found = [post for item in ids if (post := visible(ask.sandbox, item))]
    ask.charge("reading", [post.id for post in found])
    body = _rows(ask, found)
    if not body["data"]:
        del body["data"]
    gone = [_missing(item, "tweet") for item in ids if not visible(ask.sandbox, item)]
    if gone:
        body["errors"] = [*body.get("errors", []), *gone]
    return Answer(body=body)


def by_id(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """GET /2/tweets/{id}."""
    post = visible(ask.sandbox, parts["id"])
    if post is None:
        return Answer(body={"errors": [_missing(parts["id"], "tweet")]})
    body = _rows(ask, [post])
    ask.charge("reading", [post.id])
    if not body["data"]:
        return Answer(body={"errors": body["errors"]})
    return Answer(body={**body, "data": body["data"][0]})


def timeline(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """GET /2/users/{id}/tweets."""
    horizon = ask.now - ask.sandbox.settings.delays.listing
    without = ask.wants("exclude")
    if not without <= {"replies", "retweets"}:
        raise invalid("The `exclude` query parameter value is not one of [replies,retweets]", exclude=sorted(without))
    posts = [
        post
        for post in ask.sandbox.world.posts_of("x", parts["id"])
        if post.visible and post.created <= horizon and not ("replies" in without and post.reply_to)
    ]
    return _page(ask, posts, 5, _reading_of(ask, parts["id"]))


def mentioning(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """GET /2/users/{id}/mentions: posts by others that name the account, replies and quotes included."""
    handle = username_of(ask.sandbox, parts["id"]).lower()
    posts = [post for post in _all(ask.sandbox) if handle in _handles(post) and post.author != parts["id"]]
    return _page(ask, posts, 5, _reading_of(ask, parts["id"]))


def quoting(ask: Ask, parts: Mapping[str, str]) -> Answer:
    """GET /2/tweets/{id}/quote_tweets."""
    return _page(ask, [post for post in ask.sandbox.world.answers_to(parts["id"]) if post.quotes], 10, "reading")


def search(ask: Ask, _parts: Mapping[str, str]) -> Answer:
    """GET /2/tweets/search/recent: the last seven days; OR, negation and the operators below."""
    query = ask.call.query.get("query", "")
    if not 1 <= len(query) <= 512:
        raise invalid("The `query` query parameter must have between 1 and 512 characters", query=[query[:40]])
    since = ask.now - 7 * _DAY
    _check_search(ask.call.query, since)
    matches = _matcher(ask, query)
    return _page(ask, [post for post in _all(ask.sandbox) if post.created >= since and matches(post)], 10, "reading")


def _check_search(query: Mapping[str, str], since: float) -> None:
    if "start_time" in query and "since_id" in query:
        raise invalid("`start_time` and `since_id` cannot be given together", start_time=[query["start_time"]])
    for name in ("start_time", "end_time"):
        if name in query and _moment(query, name) < since:
            raise invalid(
                f"Invalid '{name}':'{query[name]}'. It lies before the last seven days.", **{name: [query[name]]}
            )
    if query.get("sort_order", "recency") not in {"recency", "relevancy"}:
        raise invalid("The `sort_order` query parameter value is not valid", sort_order=[query["sort_order"]])


def _matcher(ask: Ask, query: str) -> Callable[[Post], bool]:
    alternatives = [_split(part) for part in re.split(r"\s+OR\s+", query.replace("(", " ").replace(")", " ").strip())]
    # A negation counts for every alternative: in `(a OR b) -from:c` it stands after the brackets.
    negations = [term for terms in alternatives for term in terms if term.startswith("-")]
    for terms in alternatives:
        for term in terms:
            _check_term(term)
    positives = [[term for term in terms if not term.startswith("-")] for terms in alternatives]

    def matches(post: Post) -> bool:
        if any(_is(ask, post, term[1:]) for term in negations):
            return False
        return any(all(_is(ask, post, term) for term in terms) for terms in positives if terms)

    return matches


def _split(text: str) -> list[str]:
    return [term for term in text.split() if term]


def _check_term(term: str) -> None:
    name, colon, value = term.removeprefix("-").partition(":")
    if colon and name not in _OPERATORS:
        raise invalid(
            f"Reference to invalid operator '{name}'. Operator is not available in current product or product packaging."
        )
    if colon and (value.startswith("@") or not value):
        raise invalid(f"Invalid value for operator '{name}': '{value}'", query=[term])


def _is(ask: Ask, post: Post, term: str) -> bool:
    name, colon, value = term.partition(":")
    if not colon:
        return term.lower() in post.source.lower()
    return _OPERATORS[name](ask.sandbox, post, value)


def _is_from(sandbox: Sandbox, post: Post, value: str) -> bool:
    return value.lower() in {username_of(sandbox, post.author).lower(), post.author}


def _is_to(sandbox: Sandbox, post: Post, value: str) -> bool:
    parent = sandbox.world.posts.get(post.reply_to or "")
    return parent is not None and _is_from(sandbox, parent, value)


_OPERATORS: Mapping[str, Callable[[Sandbox, Post, str], bool]] = {
    "conversation_id": lambda _sandbox, post, value: post.memo["conversation"] == value,
    "from": _is_from,
    "to": _is_to,
    "in_reply_to_tweet_id": lambda _sandbox, post, value: post.reply_to == value,
    "quotes_of_tweet_id": lambda _sandbox, post, value: post.quotes == value,
    "is": lambda _sandbox, post, value: bool({"reply": post.reply_to, "quote": post.quotes}.get(value)),
    "has": lambda _sandbox, post, value: bool(
        {"media": post.pictures, "links": tweettext.urls(post.source)}.get(value)
    ),
    "lang": lambda _sandbox, _post, value: value == "fi",
}


def _reading_of(ask: Ask, user_id: str) -> str:
    """Tell which line a timeline falls under: the cheaper one is for the owner of the developer app alone."""
    return "own_reading" if user_id == ask.account.account_id and ask.account.owns_app else "reading"


def _page(ask: Ask, posts: list[Post], least: int, item: str) -> Answer:
    query = ask.call.query
    size = query.get("max_results", "10")
    if not size.isdecimal() or not least <= int(size) <= 100:
        raise invalid(
            f"The `max_results` query parameter value [{size}] is not between {least} and 100", max_results=[size]
        )
    within = _range(query)
    posts = [post for post in posts if within(post)]
    posts.sort(key=lambda post: int(post.id), reverse=True)
    token = query.get("pagination_token") or query.get("next_token")
    start = _read_token(token) if token else 0
    rows = posts[start : start + int(size)]
    meta: dict[str, Any] = {"result_count": len(rows)}
    if rows:
        meta |= {"newest_id": rows[0].id, "oldest_id": rows[-1].id}
    if start + int(size) < len(posts):
        meta["next_token"] = _token(start + int(size))
    ask.charge(item, [post.id for post in rows])
    body = _rows(ask, rows)
    if not body["data"]:
        del body["data"]
    return Answer(body={**body, "meta": meta})


def _range(query: Mapping[str, str]) -> Callable[[Post], bool]:
    first = _number(query, "since_id") if "since_id" in query else -1
    last = _number(query, "until_id") if "until_id" in query else 1 << 64
    start = _moment(query, "start_time") if "start_time" in query else float("-inf")
    end = _moment(query, "end_time") if "end_time" in query else float("inf")
    return lambda post: first < int(post.id) < last and start <= post.created < end


def _number(query: Mapping[str, str], name: str) -> int:
    if not _ID.fullmatch(query[name]):
        raise invalid(f"The `{name}` query parameter value [{query[name]}] is not valid", **{name: [query[name]]})
    return int(query[name])


def _moment(query: Mapping[str, str], name: str) -> float:
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError as fault:
        raise invalid(
            f"The `{name}` query parameter value [{query[name]}] is not valid", **{name: [query[name]]}
        ) from fault
    if moment.tzinfo is None:
        raise invalid(f"The `{name}` query parameter value [{query[name]}] is not valid", **{name: [query[name]]})
    return moment.timestamp()


def _token(position: int) -> str:
    return f"7140dibdnow9c7btw{position:08d}"


def _read_token(token: str) -> int:
    if not token.startswith("7140dibdnow9c7btw") or not token[17:].isdecimal():
        raise invalid(f"The `pagination_token` query parameter value [{token}] is not valid", pagination_token=[token])
    return int(token[17:])


def _missing(item: str, kind: str) -> dict[str, str]:
    return {
        "value": item,
        "detail": f"Could not find {kind} with id: [{item}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": "id",
        "resource_id": item,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }


# Rows


def _is_private_to(ask: Ask, post: Post) -> bool:
    """Tell whether the author's own numbers of a post may be read: by the author, for 30 days."""
    return post.author == ask.account.account_id and ask.now - post.created <= 30 * _DAY


def _not_for_you(item: str) -> dict[str, str]:
    return {
        "resource_id": item,
        "resource_type": "tweet",
        "parameter": "tweet.fields",
        "field": "non_public_metrics",
        "section": "data",
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access 'non_public_metrics' on the Tweet with id : [{item}].",
        "type": "https://api.twitter.com/2/problems/not-authorized-for-field",
    }


def _rows(ask: Ask, posts: list[Post]) -> dict[str, Any]:
    fields = ask.wants("tweet.fields")
    expansions = ask.wants("expansions")
    refused = [post for post in posts if "non_public_metrics" in fields and not _is_private_to(ask, post)]
    posts = [post for post in posts if post not in refused]
    body: dict[str, Any] = {"data": [tweet_row(ask.sandbox, post, fields) for post in posts]}
    if refused:
        body["errors"] = [_not_for_you(post.id) for post in refused]
    includes: dict[str, Any] = {}
    if "attachments.media_keys" in expansions:
        rows = [row for post in posts for row in _media_rows(ask, post)]
        includes["media"] = rows
    if "author_id" in expansions:
        people = dict.fromkeys(post.author for post in posts)
        ask.charge("user_reading", people)
        includes["users"] = [user_row(ask.sandbox, person, ask.wants("user.fields")) for person in people]
    if "referenced_tweets.id" in expansions:
        linked = [
            found
            for post in posts
            for key in (post.reply_to, post.quotes)
            if key and (found := visible(ask.sandbox, key))
        ]
        ask.charge("reading", [post.id for post in linked])
        includes["tweets"] = [tweet_row(ask.sandbox, post, fields) for post in linked]
    includes = {key: value for key, value in includes.items() if value}
    return {**body, "includes": includes} if includes else body


def tweet_row(sandbox: Sandbox, post: Post, fields: set[str]) -> dict[str, Any]:
    """One post; unknown field names are dropped without a word, as there."""
    chain = post.memo.get("versions", post.id).split(",")
    row: dict[str, Any] = {"id": post.id, "text": post.memo["stored"], "edit_history_tweet_ids": chain}
    for name in fields & set(_TWEET_FIELDS):
        value = _TWEET_FIELDS[name](sandbox, post)
        if value is not None:
            row[name] = value
    return row


def _metrics(sandbox: Sandbox, post: Post) -> dict[str, int]:
    answers = sandbox.world.answers_to(post.id)
    return {
        "retweet_count": len(post.sharers),
        "reply_count": sum(item.reply_to == post.id for item in answers),
        "like_count": len(post.reactions),
        "quote_count": sum(item.quotes == post.id for item in answers),
        "bookmark_count": 0,
        "impression_count": post.views,
    }


def _references(_sandbox: Sandbox, post: Post) -> list[dict[str, str]] | None:
    rows = [{"type": "replied_to", "id": post.reply_to}] if post.reply_to else []
    rows += [{"type": "quoted", "id": post.quotes}] if post.quotes else []
    return rows or None


def _replied_user(sandbox: Sandbox, post: Post) -> str | None:
    parent = sandbox.world.posts.get(post.reply_to or "")
    return parent.author if parent else None


def _entities(sandbox: Sandbox, post: Post) -> dict[str, Any] | None:
    media = [f"https://x.com/{username_of(sandbox, post.author)}/status/{post.id}/photo/1"] if post.pictures else []
    links = tweettext.store(post.source, media).links
    rows: list[dict[str, Any]] = [
        {
            "start": link.start,
            "end": link.end,
            "url": link.url,
            "expanded_url": link.expanded,
            "display_url": tweettext.displayed(link.expanded),
        }
        for link in links
    ]
    if media:
        rows[-1]["media_key"] = post.memo["media_keys"].split(",")[0]
    return {"urls": rows} if rows else None


_TWEET_FIELDS: Mapping[str, Callable[[Sandbox, Post], Any]] = {
    "author_id": lambda _sandbox, post: post.author,
    "created_at": lambda _sandbox, post: x_time(post.created),
    "conversation_id": lambda _sandbox, post: post.memo["conversation"],
    "in_reply_to_user_id": _replied_user,
    "referenced_tweets": _references,
    "public_metrics": _metrics,
    "non_public_metrics": lambda _sandbox, post: {
        "impression_count": post.views,
        "url_link_clicks": post.clicks,
        "user_profile_clicks": 0,
    },
    "lang": lambda _sandbox, _post: "fi",
    "attachments": lambda _sandbox, post: (
        {"media_keys": post.memo["media_keys"].split(",")} if post.memo["media_keys"] else None
    ),
    "entities": _entities,
    "possibly_sensitive": lambda _sandbox, _post: False,
    "reply_settings": lambda _sandbox, _post: "everyone",
}


def _media_rows(ask: Ask, post: Post) -> list[dict[str, Any]]:
    wanted = ask.wants("media.fields")
    rows = []
    for key, picture in zip(filter(None, post.memo["media_keys"].split(",")), post.pictures, strict=True):
        row: dict[str, Any] = {"media_key": key, "type": "photo"}
        more = {
            "alt_text": picture.alt or None,
            "url": ask.call.base_url + ask.sandbox.cdn_path(picture),
            "width": picture.width,
            "height": picture.height,
        }
        rows.append(row | {name: value for name, value in more.items() if name in wanted and value is not None})
    return rows


def user_row(sandbox: Sandbox, person: str, fields: set[str]) -> dict[str, Any]:
    """One user."""
    row: dict[str, Any] = {"id": person, "name": sandbox.name_of(person), "username": username_of(sandbox, person)}
    account = sandbox.account("x", person)
    more = {
        "verified": False,
        "protected": False,
        "created_at": "2015-03-02T09:12:44.000Z",
        "public_metrics": {
            "followers_count": account.followers if account else 40,
            "following_count": 12,
            "tweet_count": 0,
        },
    }
    return row | {name: value for name, value in more.items() if name in fields}


def username_of(sandbox: Sandbox, person: str) -> str:
    """The handle of an account or a resident, without @."""
    account = sandbox.account("x", person)
    return account.username[:15] if account else sandbox.handle_of(person)


def x_time(stamp: float) -> str:
    """Write a time as X does."""
    moment = datetime.fromtimestamp(stamp, UTC)
    return (
        (moment - timedelta(microseconds=moment.microsecond % 1000))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def visible(sandbox: Sandbox, post_id: str) -> Post | None:
    """Find a post that residents can see, or an earlier version of one."""
    post = sandbox.world.posts.get(post_id)
    return post if post and post.network == "x" and newest(sandbox, post).visible else None


def _all(sandbox: Sandbox) -> list[Post]:
    return [post for post in sandbox.world.posts.values() if post.network == "x" and post.visible]


_READ = frozenset({"tweet.fields", "expansions", "media.fields", "user.fields", "poll.fields", "place.fields"})
_LIST = _READ | {"max_results", "pagination_token", "since_id", "until_id", "start_time", "end_time"}
_ROUTES: tuple[tuple[str, str, Handler, frozenset[str]], ...] = (
    ("POST", "/2/tweets", create, frozenset()),
    ("GET", "/2/tweets", by_ids, _READ | {"ids"}),
    ("GET", "/2/tweets/search/recent", search, _LIST | {"query", "next_token", "sort_order"}),
    ("GET", "/2/tweets/:id/quote_tweets", quoting, _READ | {"max_results", "pagination_token", "exclude"}),
    ("GET", "/2/tweets/:id", by_id, _READ),
    ("DELETE", "/2/tweets/:id", delete, frozenset()),
    ("GET", "/2/users/me", me, frozenset({"user.fields", "expansions", "tweet.fields"})),
    ("GET", "/2/users/by/username/:username", user, frozenset({"user.fields", "expansions", "tweet.fields"})),
    ("GET", "/2/users/:id/tweets", timeline, _LIST | {"exclude"}),
    ("GET", "/2/users/:id/mentions", mentioning, _LIST),
    ("GET", "/2/users/:id", user, frozenset({"user.fields", "expansions", "tweet.fields"})),
    ("POST", "/2/media/upload", upload, frozenset()),
    ("POST", "/2/media/metadata", metadata, frozenset()),
)
_COMPILED = tuple(
    (method, route, re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/]+)", route)), handler, known)
    for method, route, handler, known in _ROUTES
)


def _find(call: Call) -> tuple[str, Handler, Mapping[str, str]]:
    for method, route, pattern, handler, known in _COMPILED:
        match = pattern.fullmatch(call.path)
        if match is None or method != call.method:
            continue
        for name in sorted(set(call.query) - known):
            raise invalid(
                f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]", **{name: [call.query[name]]}
            )
        parts = match.groupdict()
        if "id" in parts and not _ID.fullmatch(parts["id"]):
            raise invalid(f"The `id` query parameter value [{parts['id']}] is not valid", id=[parts["id"]])
        return f"{method} {route}", handler, parts
    raise Refusal(problem(404, "Not Found", "Not Found"))
