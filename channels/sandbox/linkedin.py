"""LinkedIn's Community Management API in the sandbox (reference of Nov 2026)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from channels.sandbox import little, logins, restli
from channels.sandbox.looks import look
from channels.sandbox.restli import trouble
from channels.sandbox.state import Picture, Post, Remark, Upload
from channels.sandbox.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxAccount

LONGEST_TEXT = 3000
LONGEST_ALT = 4086
LONGEST_COMMENT = 1250
_LONGEST_TITLE = 400
_MOST_PIXELS = 36_152_320
_MOST_FRAMES = 250
_IMAGES = range(2, 21)
_POLL_OPTIONS = range(2, 5)
_POLL_SETTINGS = {
    "duration": ("ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"),
    "voteSelectionType": ("SINGLE_VOTE",),
    "isVoterVisibleToAuthor": (True,),
}
_MOST_ROWS = 100
_DAY = 86_400
REACTIONS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
ADMIN = "urn:li:person:AAAAAAAAAA"
"""The member whose token it is."""
_ORGANIZATION = "urn:li:organization:"
_POST_URNS = ("urn:li:share:", "urn:li:ugcPost:")
_NOT_FOUND = ("Not Found", "NOT_FOUND")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of a token that is allowed to make it."""

    sandbox: Sandbox
    call: Call
    account: SandboxAccount
    query: Mapping[str, str]
    version: str

    @property
    def now(self) -> float:
        """The sandbox's time."""
        return self.sandbox.clock.stamp()

    @property
    def author(self) -> str:
        """The URN of the organisation behind the token."""
        return _ORGANIZATION + self.account.account_id

    def need(self, scope: str, resource: str) -> None:
        """Refuse unless the scope was granted, and the member's role on the page lets it count."""
        if scope in self.account.missing or self.account.role not in ROLES.get(scope, {self.account.role}):
            message = f"Not enough permissions to access: {resource}.{self.version}01"
            raise trouble(403, message, "ACCESS_DENIED", 100)


_POSTERS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "CONTENT_ADMINISTRATOR"})
ROLES: Mapping[str, frozenset[str]] = {
    "w_organization_social": _POSTERS,
    "r_organization_social": _POSTERS,
    "w_organization_social_feed": frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "RECRUITING_POSTER"}),
    "r_organization_social_feed": frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"}),
    "rw_organization_admin": frozenset({"ADMINISTRATOR"}),
}
"""Who on a page may use what a scope lets them (reference, section 3)."""

Handler = Callable[[Ask, list[str]], Answer]


class LinkedIn:
    """Serves /rest/… and the upload addresses it hands out."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Serve the sandbox's LinkedIn accounts."""
        self.sandbox = sandbox

    def __call__(self, call: Call) -> Answer:
        """Answer one request below /rest/."""
        call.entry.network = "linkedin"
        headers = {
            "x-li-uuid": f"AAX{call.entry.number:013d}",
            "x-li-fabric": "sandbox",
            "x-restli-protocol-version": "2.0.0",
        }
        try:
            answer = self._answer(call)
        except Refusal as refusal:
            answer = refusal.answer
        return Answer(
            status=answer.status, body=answer.body, headers={**headers, **answer.headers}, media_type=answer.media_type
        )

    def _answer(self, call: Call) -> Answer:
        account = self.who(call)
        version = self._version(call)
        if call.headers.get("x-restli-protocol-version") != "2.0.0":
            raise restli.unresolved()
        self._spend(account)
        handler, keys = _find(call)
        query = restli.parameters(call.raw_query)
        return handler(Ask(sandbox=self.sandbox, call=call, account=account, query=query, version=version), keys)

    def who(self, call: Call) -> SandboxAccount:
        """Find whose token it is."""
        token = call.bearer
        if not token:
            raise trouble(401, "Empty oauth2_access_token", service=401)
        account = next(
            (item for item in self.sandbox.accounts if item.channel == "linkedin" and item.token == token), None
        )
        account = account or self._granted(token, call)
        if account is None or account.status == "invalid":
            raise trouble(401, "Invalid access token", service=65600)
        call.entry.account = account.account_id
        if account.expired(self.sandbox.clock.now()):
            raise Refusal(EXPIRED)
        if account.status not in {"ok", "restricted"}:
            raise trouble(
                401, "The token used in the request has been revoked by the user", "REVOKED_ACCESS_TOKEN", 65601
            )
        if account.status == "restricted" and call.method != "GET":
            raise trouble(403, "Your account is restricted", "ACCESS_DENIED", 100)
        return account

    def _granted(self, token: str, call: Call) -> SandboxAccount | None:
        """Give the page that a member's token is used for: a member may administer several, or none."""
        grant = self.sandbox.grants.find(token, "linkedin")
        if grant is None:
            return None
        if self.sandbox.clock.stamp() < grant.issued + self.sandbox.settings.habits.linkedin_new_token_rests:
            raise trouble(
                401, "The token used in the request has been revoked by the user", "REVOKED_ACCESS_TOKEN", 65601
            )
        mine = self.sandbox.grants.holders(token, "linkedin")
        asked = f"{call.raw_path}?{call.raw_query}{call.body.decode('utf-8', 'replace')}"
        return next(
            (one for one in mine if one.account_id in asked),
            mine[0] if mine else self.sandbox.grants.nobody(grant, token),
        )

    def _version(self, call: Call) -> str:
        version = call.headers.get("linkedin-version")
        if not version:
            message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
            raise trouble(400, message, "VERSION_MISSING")
        versions = self.sandbox.settings.versions
        if not re.fullmatch(r"\d{6}", version) or not versions.linkedin_lives(version, self.sandbox.clock.now().date()):
            raise Refusal(dead_version(version))
        return version

    def _spend(self, account: SandboxAccount) -> None:
        quotas, windows, now = self.sandbox.settings.quotas, self.sandbox.windows, self.sandbox.clock.stamp()
        standard = account.tier == "standard"
        member, _ = windows.fixed(f"linkedin:{account.account_id}", _DAY, now)
        app, _ = windows.fixed(f"linkedin:app:{account.api_key}", _DAY, now)
        most = (
            (quotas.linkedin_standard, quotas.linkedin_standard)
            if standard
            else (quotas.linkedin_member, quotas.linkedin_app)
        )
        if member > most[0] or app > most[1]:
            raise Refusal(THROTTLED)

    def put(self, call: Call) -> Answer:
        """PUT to an upload address: the bytes, with the token."""
        call.entry.network = "linkedin"
        try:
            account = self.who(call)
            return self._store(call, account)
        except Refusal as refusal:
            return refusal.answer

    def _store(self, call: Call, account: SandboxAccount) -> Answer:
        upload = self.sandbox.world.uploads.get(f"urn:li:image:{call.path.split('/')[2]}")
        if upload is None or upload.account != account.account_id:
            raise trouble(
                403, "Accessing this image resource is forbidden. Please check your permissions for this resource"
            )
        now = self.sandbox.clock.stamp()
        if now > upload.created + _DAY:
            raise trouble(400, "The upload URL has expired", "EXPIRED_UPLOAD_URL")
        if call.content_type == "application/x-www-form-urlencoded" or call.content_type.startswith("multipart/"):
            raise trouble(415, "Unsupported Media Type")
        seen = look(call.body)
        takes = (
            seen
            and seen.format in {"JPEG", "PNG", "GIF"}
            and seen.width * seen.height < _MOST_PIXELS
            and seen.frames <= _MOST_FRAMES
        )
        upload.broken = not takes
        if seen is not None:
            upload.picture = Picture(
                blob=self.sandbox.world.store(call.body),
                alt="",
                width=seen.width,
                height=seen.height,
                format=seen.format,
                size=len(call.body),
            )
        upload.arrived = now
        self.sandbox.world.touch(upload)
        return Answer(status=201)


EXPIRED = trouble(401, "The token used in the request has expired", "EXPIRED_ACCESS_TOKEN", 65602).answer
THROTTLED = trouble(429, "Resource level throttle limit for calls to this resource is reached.", service=101).answer


def dead_version(version: str) -> Answer:
    """Word the refusal of a version that is not served (any more)."""
    return trouble(426, f"Requested version {version}01 is not active", "NONEXISTENT_VERSION").answer


# Posts

_POST_REQUIRED = {"author": str, "commentary": str, "visibility": str, "distribution": dict, "lifecycleState": str}
_POST_OPTIONAL = {"isReshareDisabledByAuthor": bool, "content": dict}


def create(ask: Ask, _keys: list[str]) -> Answer:
    """POST /rest/posts."""
    if "w_organization_social" in ask.account.missing:
        raise trouble(400, "Organization permissions must be used when using organization as author")
    body = restli.body_of(ask.call)
    restli.schema(body, _POST_REQUIRED, _POST_OPTIONAL)
    _check_frame(ask, body)
    ask.need("w_organization_social", "posts.CREATE")
    commentary = body["commentary"]
    if not commentary.strip():
        raise _blank("commentary")
    if len(commentary) > LONGEST_TEXT:
        raise _too_long("commentary")
    content = _content(ask, body.get("content"))
    _refuse_duplicate(ask, commentary, content)
    post = _new_post(ask, commentary, content)
    return Answer(status=201, headers={"x-restli-id": post.id})


def _check_frame(ask: Ask, body: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"urn:li:organization:\d+", body["author"]):
        raise trouble(400, f"Invalid urn type for author: {body['author']}", "INVALID_URN_TYPE")
    if body["author"] != ask.author:
        message = (
            "Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [/author]"
        )
        raise trouble(403, message, service=100)
    distribution = body["distribution"]
    restli.schema(
        distribution,
        {"feedDistribution": str},
        {"targetEntities": list, "thirdPartyDistributionChannels": list},
        "/distribution",
    )
    choices = (
        ("visibility", body["visibility"], {"PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"}),
        ("lifecycleState", body["lifecycleState"], {"PUBLISHED"}),
        ("feedDistribution", distribution["feedDistribution"], {"MAIN_FEED", "NONE"}),
    )
    for name, found, allowed in choices:
        if found not in allowed:
            raise trouble(400, f"Invalid value for {name}: {found}", "INVALID_VALUE_FOR_FIELD")


def _blank(name: str) -> Refusal:
    return trouble(400, f"{name} can't be blank", "INVALID_VALUE_BLANK_FIELD")


def _too_long(name: str) -> Refusal:
    return trouble(400, f"{name} length exceeds the allowed maximum", "FIELD_LENGTH_TOO_LONG")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    wire: Mapping[str, Any]
    pictures: tuple[Picture, ...] = ()
    uploads: tuple[Upload, ...] = ()
    link: str | None = None
    title: str | None = None
    description: str | None = None
    thumbnail: Picture | None = None
    question: str | None = None
    options: tuple[str, ...] = ()


def _content(ask: Ask, content: Any) -> _Content:  # noqa: ANN401 (foreign JSON)
    if content is None:
        return _Content(wire={})
    restli.schema(content, {}, {"media": dict, "multiImage": dict, "article": dict, "poll": dict}, "/content")
    if len(content) != 1:
        raise trouble(422, "ERROR :: /content :: exactly one member of the union must be set\n")
    kind, inner = next(iter(content.items()))
    match kind:
        case "media":
            return _media(ask, inner)
        case "multiImage":
            return _multi_image(ask, inner)
        case "article":
            return _article(ask, inner)
    return _poll(inner)


def _poll(poll: Mapping[str, Any]) -> _Content:
    restli.schema(poll, {"question": str, "options": list, "settings": dict}, {}, "/content/poll")
    known = {"duration": str, "voteSelectionType": str, "isVoterVisibleToAuthor": bool}
    restli.schema(poll["settings"], known, {}, "/content/poll/settings")
    for name, values in _POLL_SETTINGS.items():
        if poll["settings"][name] not in values:
            raise trouble(400, f"Invalid value for {name}", "INVALID_VALUE_FOR_FIELD")
    options = poll["options"]
    if len(options) not in _POLL_OPTIONS:
        raise trouble(400, "poll must have between 2 and 4 options", "INVALID_VALUE_FOR_FIELD")
    for position, option in enumerate(options):
        if not isinstance(option, dict):
            raise trouble(422, f"ERROR :: /content/poll/options/{position} :: cannot be coerced to record\n")
        restli.schema(option, {"text": str}, {}, f"/content/poll/options/{position}")
    longest = {"question": (140, [poll["question"]]), "text": (30, [option["text"] for option in options])}
    for name, (most, texts) in longest.items():
        if not all(text.strip() for text in texts):
            raise _blank(name)
        if any(len(text) > most for text in texts):
            raise _too_long(name)
    return _Content(
        wire={"poll": dict(poll)}, question=poll["question"], options=tuple(option["text"] for option in options)
    )


def _media(ask: Ask, media: Mapping[str, Any]) -> _Content:
    restli.schema(media, {"id": str}, {"title": str, "altText": str}, "/content/media")
    if "title" in media and not media["title"].strip():
        raise _blank("title")
    upload, kept = _image(ask, media), _kept(ask, media)
    return _Content(wire={"media": kept}, uploads=(upload,), pictures=_with_alt([upload], [kept]))


def _multi_image(ask: Ask, multi: Mapping[str, Any]) -> _Content:
    restli.schema(multi, {"images": list}, {}, "/content/multiImage")
    images = multi["images"]
    if len(images) not in _IMAGES:
        raise trouble(400, "multiImage must have between 2 and 20 images", "INVALID_VALUE_FOR_FIELD")
    for position, image in enumerate(images):
        if not isinstance(image, dict):
            raise trouble(422, f"ERROR :: /content/multiImage/images/{position} :: cannot be coerced to record\n")
        restli.schema(image, {"id": str}, {"altText": str}, f"/content/multiImage/images/{position}")
    uploads = [_image(ask, image) for image in images]
    kept = [_kept(ask, image) for image in images]
    return _Content(wire={"multiImage": {"images": kept}}, uploads=tuple(uploads), pictures=_with_alt(uploads, kept))


def _kept(ask: Ask, image: Mapping[str, Any]) -> dict[str, Any]:
    alt = ask.sandbox.kept_alt("linkedin", image.get("altText", ""))
    return {key: value for key, value in image.items() if key != "altText"} | ({"altText": alt} if alt else {})


def _image(ask: Ask, image: Mapping[str, Any]) -> Upload:
    if "altText" in image and not image["altText"].strip():
        raise _blank("altText")
    if len(image.get("altText", "")) > LONGEST_ALT:
        raise _too_long("altText")
    return _owned_image(ask, image["id"])


def _owned_image(ask: Ask, urn: str) -> Upload:
    if not urn.startswith("urn:li:image:"):
        raise trouble(400, f"Invalid urn type: {urn}", "INVALID_URN_TYPE")
    upload = ask.sandbox.world.uploads.get(urn)
    if upload is None:
        raise trouble(400, f"Invalid urn id: {urn}", "INVALID_URN_ID")
    if upload.account != ask.account.account_id:
        raise trouble(
            403, "Accessing this image resource is forbidden. Please check your permissions for this resource"
        )
    match _status(ask.sandbox, upload):
        case "WAITING_UPLOAD":
            raise trouble(400, "Media asset is waiting upload", "MEDIA_ASSET_WAITING_UPLOAD")
        case "PROCESSING_FAILED":
            raise trouble(400, "Media asset processing failed", "MEDIA_ASSET_PROCESSING_FAILED")
    return upload


def _with_alt(uploads: list[Upload], images: Sequence[Mapping[str, Any]]) -> tuple[Picture, ...]:
    pairs = zip(uploads, images, strict=True)
    return tuple(replace(seen, alt=image.get("altText", "")) for upload, image in pairs if (seen := upload.picture))


def _article(ask: Ask, article: Mapping[str, Any]) -> _Content:
    optional = {"description": str, "thumbnail": str, "thumbnailAltText": str}
    restli.schema(article, {"source": str, "title": str}, optional, "/content/article")
    for name in ("source", "title", "description", "thumbnailAltText"):
        if name in article and not article[name].strip():
            raise _blank(name)
    if not re.fullmatch(r"https?://[^\s/]+\S*", article["source"]):
        raise trouble(400, f"Invalid value for source: {article['source']}", "INVALID_VALUE_FOR_FIELD")
    if len(article["title"]) > _LONGEST_TITLE:
        raise _too_long("title")
    if len(article.get("description", "")) >= LONGEST_ALT:
        raise _too_long("description")
    if len(article.get("thumbnailAltText", "")) > LONGEST_ALT:
        raise _too_long("thumbnailAltText")
    uploads = [_owned_image(ask, article["thumbnail"])] if "thumbnail" in article else []
    alt = ask.sandbox.kept_alt("linkedin", article.get("thumbnailAltText", ""))
    others = {key: value for key, value in article.items() if key != "thumbnailAltText"}
    kept = others | ({"thumbnailAltText": alt} if alt else {})
    shown = _with_alt(uploads, [{"altText": alt}]) if uploads else ()
    return _Content(
        wire={"article": kept},
        uploads=tuple(uploads),
        link=article["source"],
        title=article["title"],
        description=article.get("description"),
        thumbnail=next(iter(shown), None),
    )


def _refuse_duplicate(ask: Ask, commentary: str, content: _Content) -> None:
    window = ask.sandbox.settings.quotas.linkedin_duplicates
    for post in _posts_of(ask.sandbox, ask.account.account_id):
        same = post.source == commentary and _held(post) == content.wire
        # A deleted post is named all the same: reading it then answers 404.
        if same and ask.now - post.created < window:
            inner = f"com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {post.id}"
            body = {
                "errorDetailType": "com.linkedin.common.error.BadRequest",
                "message": inner,
                "errorDetails": {
                    "inputErrors": [
                        {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
                    ]
                },
                "status": 422,
            }
            raise Refusal(Answer(status=422, body=body))


def _new_post(ask: Ask, commentary: str, content: _Content) -> Post:
    world = ask.sandbox.world
    # Which of the two kinds a post becomes cannot be told beforehand.
    kind = "share" if world.number() % 2 else "ugcPost"
    early = any(_status(ask.sandbox, upload) != "AVAILABLE" for upload in content.uploads)
    text = little.read(commentary)
    post = Post(
        id=f"urn:li:{kind}:{world.snowflake(ask.now, 0)}",
        network="linkedin",
        author=ask.account.account_id,
        author_name=ask.account.name,
        own=True,
        text=text.shown,
        source=commentary,
        created=ask.now,
        # With a picture that is not there yet, a post is taken and never becomes visible.
        published=None if early else ask.now,
        link=content.link,
        title=content.title,
        description=content.description,
        thumbnail=content.thumbnail,
        pictures=list(content.pictures),
        question=content.question,
        options=list(content.options),
        memo={
            "activity": world.snowflake(ask.now, 0),
            "kept": text.kept,
            "content": json.dumps(content.wire),
            "failed": "yes" if early else "",
            "comments": "OPEN",
        },
    )
    world.add(post)
    return post


def _status(sandbox: Sandbox, upload: Upload) -> str:
    if upload.arrived is None:
        return "WAITING_UPLOAD"
    if sandbox.clock.stamp() < upload.arrived + sandbox.settings.delays.image:
        return "PROCESSING"
    return "PROCESSING_FAILED" if upload.broken else "AVAILABLE"


def post_row(post: Post) -> dict[str, Any]:
    """One post as it is read back: the commentary still little text."""
    created = int(post.created * 1000)
    row: dict[str, Any] = {
        "id": post.id,
        "author": _ORGANIZATION + post.author,
        "commentary": post.memo["kept"],
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISH_FAILED" if post.memo["failed"] else "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": post.edited is not None},
        "createdAt": created,
        "publishedAt": created + 31,
        "lastModifiedAt": int((post.edited or post.created) * 1000) + 32,
        "isReshareDisabledByAuthor": False,
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
    }
    content = _held(post)
    return {**row, "content": content} if content else row


def _held(post: Post) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(post.memo["content"])
    return content


def read_post(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/posts/{urn}."""
    ask.need("r_organization_social", "posts.GET")
    view = restli.value(ask.query, "viewContext") or "READER"
    if view not in {"READER", "AUTHOR"}:
        raise trouble(400, "Parameter 'viewContext' is invalid")
    post = _own(ask, keys[0])
    if post.memo["failed"] and view == "READER":
        raise trouble(404, *_NOT_FOUND)
    return Answer(body=post_row(post))


def _own(ask: Ask, urn: str) -> Post:
    if not urn.startswith(_POST_URNS):
        raise trouble(400, f"Invalid urn type: {urn}", "INVALID_URN_TYPE")
    post = ask.sandbox.world.posts.get(urn)
    if post is None or post.network != "linkedin" or post.deleted is not None:
        raise trouble(404, *_NOT_FOUND)
    if post.author != ask.account.account_id:
        raise trouble(403, f"member is unauthorized on {urn}")
    return post


def find_posts(ask: Ask, _keys: list[str]) -> Answer:
    """GET /rest/posts?q=author, or BATCH_GET by ids."""
    ask.need("r_organization_social", "posts.FINDER-author")
    if "ids" in ask.query:
        return _batch(ask, "posts", lambda urn: post_row(_own(ask, urn)))
    if restli.value(ask.query, "q") != "author":
        raise restli.unresolved()
    if restli.value(ask.query, "author") != ask.author:
        raise trouble(403, "Not enough permissions to access: posts.FINDER-author", "ACCESS_DENIED", 100)
    if (restli.value(ask.query, "sortBy") or "LAST_MODIFIED") not in {"LAST_MODIFIED", "CREATED"}:
        raise trouble(400, "Parameter 'sortBy' is invalid")
    start, count = restli.number(ask.query, "start", 0, 10**9), restli.number(ask.query, "count", 10, _MOST_ROWS)
    horizon = ask.now - ask.sandbox.settings.delays.listing
    posts = sorted(
        _posts_of(ask.sandbox, ask.account.account_id), key=lambda post: (post.created, post.id), reverse=True
    )
    listed = [post for post in posts if post.created <= horizon]
    # Deleted posts take their places in the count: a page may be short, or empty, although more follow.
    rows = [post_row(post) for post in listed[start : start + count] if post.visible]
    return Answer(body=restli.paging("/rest/posts", ask.query, start, count, len(listed), rows))


def _posts_of(sandbox: Sandbox, author: str) -> list[Post]:
    return sandbox.world.posts_of("linkedin", author)


def _batch(ask: Ask, resource: str, row: Callable[[str], Any]) -> Answer:
    if ask.account.tier != "standard":
        raise trouble(
            403, f"Not enough permissions to access: {resource}.BATCH_GET.{ask.version}01", "ACCESS_DENIED", 100
        )
    results: dict[str, Any] = {}
    statuses: dict[str, int] = {}
    errors: dict[str, Any] = {}
    for urn in restli.many(ask.query, "ids"):
        try:
            results[urn] = row(urn)
            statuses[urn] = 200
        except Refusal as refusal:
            statuses[urn] = refusal.answer.status
            errors[urn] = {"status": refusal.answer.status, "message": refusal.answer.body["message"]}
    return Answer(body={"results": results, "statuses": statuses, "errors": errors})


def change_post(ask: Ask, keys: list[str]) -> Answer:
    """POST /rest/posts/{urn} with PARTIAL_UPDATE: the words alone."""
    ask.need("w_organization_social", "posts.PARTIAL_UPDATE")
    post = _own(ask, keys[0])
    changes = _patch(restli.body_of(ask.call))
    if set(changes) != {"commentary"} or not isinstance(changes["commentary"], str):
        raise trouble(400, "Only commentary can be changed", "INVALID_VALUE_FOR_FIELD")
    if not changes["commentary"].strip():
        raise _blank("commentary")
    if len(changes["commentary"]) > LONGEST_TEXT:
        raise _too_long("commentary")
    text = little.read(changes["commentary"])
    post.source, post.text, post.memo["kept"], post.edited = changes["commentary"], text.shown, text.kept, ask.now
    ask.sandbox.world.touch(post)
    return Answer(status=204)


def _patch(body: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        changes = body["patch"]["$set"]
    except (KeyError, TypeError) as fault:
        raise trouble(400, "Request body could not be converted to data map", "ILLEGAL_ARGUMENT") from fault
    if not isinstance(changes, dict):
        raise trouble(400, "Request body could not be converted to data map", "ILLEGAL_ARGUMENT")
    return changes


def delete_post(ask: Ask, keys: list[str]) -> Answer:
    """DELETE /rest/posts/{urn}: 204, again and again."""
    ask.need("w_organization_social", "posts.DELETE")
    post = ask.sandbox.world.posts.get(keys[0])
    if post is not None and post.deleted is None:
        _own(ask, keys[0]).deleted = ask.now
        ask.sandbox.world.touch(post)
    return Answer(status=204)


# Images


def initialize(ask: Ask, _keys: list[str]) -> Answer:
    """POST /rest/images?action=initializeUpload."""
    if restli.value(ask.query, "action") != "initializeUpload":
        raise restli.unresolved()
    ask.need("w_organization_social", "images.ACTION-initializeUpload")
    body = restli.body_of(ask.call)
    restli.schema(body, {"initializeUploadRequest": dict}, {})
    wanted = body["initializeUploadRequest"]
    restli.schema(wanted, {"owner": str}, {"mediaLibraryMetadata": dict}, "/initializeUploadRequest")
    if wanted["owner"] != ask.author:
        raise trouble(
            403, "Accessing this image resource is forbidden. Please check your permissions for this resource"
        )
    world = ask.sandbox.world
    key = f"C4E10AQ{world.number():09d}"
    upload = Upload(id=f"urn:li:image:{key}", network="linkedin", account=ask.account.account_id, created=ask.now)
    world.add(upload)
    host = "https://www.linkedin.com" if ask.sandbox.settings.habits.real_upload_hosts else ask.call.base_url
    answer = {
        "uploadUrlExpiresAt": int((ask.now + _DAY) * 1000),
        "uploadUrl": f"{host}/dms-uploads/{key}/uploaded-image/0?ca=vector_ads&cn=uploads&sync=0&v=beta&ut=sandbox{key}",
        "image": upload.id,
    }
    return Answer(body={"value": answer})


def read_image(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/images/{urn}."""
    forbidden = trouble(
        403, "Accessing this image resource is forbidden. Please check your permissions for this resource"
    )
    upload = ask.sandbox.world.uploads.get(keys[0])
    if "r_organization_social" in ask.account.missing:
        raise forbidden
    if upload is None or not keys[0].startswith("urn:li:image:"):
        raise trouble(404, *_NOT_FOUND)
    if upload.account != ask.account.account_id:
        raise forbidden
    row: dict[str, Any] = {
        "id": upload.id,
        "owner": _ORGANIZATION + upload.account,
        "status": _status(ask.sandbox, upload),
    }
    if row["status"] == "AVAILABLE" and upload.picture:
        row["downloadUrl"] = ask.call.base_url + ask.sandbox.cdn_path(upload.picture)
    return Answer(body=row)


# Comments and reactions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thread:
    post: Post
    parent: str | None


def _thread(ask: Ask, urn: str) -> _Thread:
    world = ask.sandbox.world
    remark = world.remarks.get(urn)
    if remark is not None and remark.network == "linkedin" and remark.deleted is None:
        post = world.posts[remark.post]
        return _Thread(post=_checked(ask, post, urn), parent=remark.id)
    if urn.startswith("urn:li:activity:"):
        number = urn.rpartition(":")[2]
        found = [
            post for post in world.posts.values() if post.network == "linkedin" and post.memo["activity"] == number
        ]
        if found:
            return _Thread(post=_checked(ask, found[0], urn), parent=None)
    candidate = world.posts.get(urn)
    if candidate is None or candidate.network != "linkedin":
        raise trouble(404, *_NOT_FOUND)
    return _Thread(post=_checked(ask, candidate, urn), parent=None)


def _checked(ask: Ask, post: Post, urn: str) -> Post:
    if post.author != ask.account.account_id:
        raise trouble(403, f"member is unauthorized on {urn}")
    if not post.visible:
        raise trouble(404, *_NOT_FOUND)
    return post


def activity(post: Post) -> str:
    """The activity URN of a post: not the number of its share."""
    return f"urn:li:activity:{post.memo['activity']}"


def list_comments(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/socialActions/{urn}/comments: one level, newest first."""
    ask.need("r_organization_social_feed", "socialActionsV2.GET_ALL")
    if "ids" in ask.query:
        return _batch(ask, "socialActionsV2", lambda key: _comment_row(ask, [keys[0], key]))
    thread = _thread(ask, keys[0])
    start, count = restli.number(ask.query, "start", 0, 10**9), restli.number(ask.query, "count", 10, _MOST_ROWS)
    remarks = [item for item in ask.sandbox.world.remarks_of(thread.post.id) if item.parent == thread.parent][::-1]
    if not remarks and ask.sandbox.settings.habits.linkedin_empty_comments_404:
        raise trouble(404, *_NOT_FOUND)
    rows = [comment_row(ask.sandbox, thread.post, item) for item in remarks[start : start + count]]
    path = f"/rest/socialActions/{quote(keys[0], safe='')}/comments"
    return Answer(body=restli.paging(path, ask.query, start, count, len(remarks), rows))


def comment_row(sandbox: Sandbox, post: Post, remark: Remark) -> dict[str, Any]:
    """One comment. Its URN is in `$URN`, a reply's in `commentUrn`; the actor may be missing."""
    actor = _ORGANIZATION + remark.author if remark.own else f"urn:li:person:{remark.author}"
    stamps: dict[str, Any] = {} if remark.anonymous else {"actor": actor}
    if remark.own:
        stamps["impersonator"] = ADMIN
    row: dict[str, Any] = {} if remark.anonymous else {"actor": actor}
    row |= {
        "created": {**stamps, "time": int(remark.created * 1000)},
        "lastModified": {**stamps, "time": int((remark.edited or remark.created) * 1000)},
        "id": remark.id.rpartition(",")[2].rstrip(")"),
        "commentUrn" if remark.parent else "$URN": remark.id,
        "message": {"attributes": list(remark.attributes), "text": remark.text},
        "likesSummary": {
            "selectedLikes": [],
            "aggregatedTotalLikes": len(remark.likes),
            "likedByCurrentUser": False,
            "totalLikes": len(remark.likes),
        },
        "object": activity(post),
    }
    if remark.parent:
        return {**row, "parentComment": remark.parent}
    replies = [item.id for item in sandbox.world.remarks_of(post.id) if item.parent == remark.id]
    summary = {
        "selectedComments": replies[:2],
        "totalFirstLevelComments": len(replies),
        "aggregatedTotalComments": len(replies),
    }
    return {**row, "commentsSummary": summary} if replies else row


def comment(ask: Ask, keys: list[str]) -> Answer:
    """POST /rest/socialActions/{urn}/comments."""
    ask.need("w_organization_social_feed", "socialActionsV2.CREATE")
    body = restli.body_of(ask.call)
    if "content" in body:
        message = (
            "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields [/content]"
        )
        raise trouble(403, message)
    restli.schema(body, {"actor": str, "object": str, "message": dict}, {"parentComment": str})
    restli.schema(body["message"], {"text": str}, {"attributes": list}, "/message")
    if body["actor"] != ask.author:
        raise trouble(403, "Not enough permissions to access: socialActionsV2.CREATE", "ACCESS_DENIED", 100)
    thread = _commentable(ask, keys[0])
    if _thread(ask, body["object"]).post is not thread.post:
        raise trouble(400, f"Invalid value for object: {body['object']}", "INVALID_VALUE_FOR_FIELD")
    text = body["message"]["text"]
    if not text.strip():
        raise _blank("message")
    if len(text) > LONGEST_COMMENT:
        raise _too_long("message")
    attributes = _attributes(body["message"].get("attributes", []), text)
    parent = _parent(ask, thread, body.get("parentComment"))
    _throttle(ask)
    remark = new_comment(
        ask.sandbox, thread.post, text, author=ask.account.account_id, name=ask.account.name, own=True, parent=parent
    )
    remark.attributes = attributes
    ask.sandbox.world.touch(remark)
    row = {**comment_row(ask.sandbox, thread.post, remark), "agent": ADMIN, "commentUrn": remark.id}
    row.pop("$URN", None)
    return Answer(status=201, body=row, headers={"x-restli-id": row["id"]})


def _attributes(given: Sequence[Any], text: str) -> list[dict[str, Any]]:
    """Read the mentions of a comment: places in its plain text, and whom they name."""
    for n, one in enumerate(given):
        where = f"/message/attributes/{n}"
        if not isinstance(one, dict):
            raise trouble(400, f"Invalid value for {where}", "INVALID_VALUE_FOR_FIELD")
        restli.schema(one, {"start": int, "length": int, "value": dict}, {}, where)
        ((kind, urn), *more) = one["value"].items() or (("", ""),)
        if more or kind not in {"organization", "person"} or not re.fullmatch(rf"urn:li:{kind}:[\w-]+", str(urn)):
            raise trouble(400, f"Invalid value for {where}/value", "INVALID_VALUE_FOR_FIELD")
        if one["start"] < 0 or one["length"] < 1 or one["start"] + one["length"] > len(text):
            raise trouble(400, f"Invalid value for {where}: outside of the text", "INVALID_VALUE_FOR_FIELD")
    return [dict(one) for one in given]


def _commentable(ask: Ask, urn: str) -> _Thread:
    thread = _thread(ask, urn)
    if ask.now < thread.post.created + ask.sandbox.settings.delays.activity:
        raise trouble(404, f"Unable to obtain activity for {urn}")
    if thread.post.memo["comments"] == "CLOSED":
        raise trouble(403, "Comments are closed on this post", "ACCESS_DENIED", 100)
    return thread


def _parent(ask: Ask, thread: _Thread, named: str | None) -> str | None:
    parent = named or thread.parent
    if parent is None:
        return None
    remark = ask.sandbox.world.remarks.get(parent)
    if remark is None or remark.post != thread.post.id or remark.deleted is not None:
        raise trouble(400, f"Invalid urn id: {parent}", "INVALID_URN_ID")
    return remark.parent or remark.id


def _throttle(ask: Ask) -> None:
    most = ask.sandbox.settings.quotas.linkedin_comments_a_minute
    if most and ask.sandbox.windows.rolling(f"linkedin:comments:{ask.account.account_id}", 60, ask.now) > most:
        raise trouble(429, "Comment create throttled: creation rate limit exceeded for member")


def new_comment(
    sandbox: Sandbox,
    post: Post,
    text: str,
    *,
    author: str,
    name: str,
    own: bool,
    parent: str | None,
    anonymous: bool = False,
) -> Remark:
    """Put a comment under a post."""
    number = sandbox.world.snowflake(sandbox.clock.stamp(), 0)
    remark = Remark(
        id=f"urn:li:comment:({activity(post)},{number})",
        network="linkedin",
        post=post.id,
        parent=parent,
        author=author,
        author_name=name,
        own=own,
        text=text,
        created=sandbox.clock.stamp(),
        anonymous=anonymous,
    )
    sandbox.world.add(remark)
    return remark


def read_comment(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/socialActions/{urn}/comments/{id}."""
    ask.need("r_organization_social_feed", "socialActionsV2.GET")
    return Answer(body=_comment_row(ask, keys))


def _comment_row(ask: Ask, keys: list[str]) -> dict[str, Any]:
    thread, remark = _remark(ask, keys)
    return comment_row(ask.sandbox, thread.post, remark)


def _remark(ask: Ask, keys: list[str]) -> tuple[_Thread, Remark]:
    thread = _thread(ask, keys[0])
    remark = ask.sandbox.world.remarks.get(f"urn:li:comment:({activity(thread.post)},{keys[1]})")
    if remark is None or remark.deleted is not None:
        raise trouble(404, *_NOT_FOUND)
    return thread, remark


def change_comment(ask: Ask, keys: list[str]) -> Answer:
    """POST …/comments/{id}?actor= with PARTIAL_UPDATE: our own words."""
    ask.need("w_organization_social_feed", "socialActionsV2.PARTIAL_UPDATE")
    _, remark = _remark(ask, keys)
    if not remark.own or restli.value(ask.query, "actor") != ask.author:
        raise trouble(403, f"member is unauthorized on {remark.id}")
    try:
        text = restli.body_of(ask.call)["patch"]["message"]["$set"]["text"]
    except (KeyError, TypeError) as fault:
        raise trouble(400, "Request body could not be converted to data map", "ILLEGAL_ARGUMENT") from fault
    remark.text, remark.edited = str(text), ask.now
    ask.sandbox.world.touch(remark)
    return Answer(status=204)


def delete_comment(ask: Ask, keys: list[str]) -> Answer:
    """DELETE …/comments/{id}?actor=."""
    ask.need("w_organization_social_feed", "socialActionsV2.DELETE")
    if restli.value(ask.query, "actor") != ask.author:
        raise trouble(403, "Not enough permissions to access: socialActionsV2.DELETE", "ACCESS_DENIED", 100)
    _, remark = _remark(ask, keys)
    ask.sandbox.remove_remark(remark)
    return Answer(status=204)


def list_reactions(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/reactions/(entity:…)?q=entity."""
    ask.need("r_organization_social_feed", "reactions.FINDER-entity")
    if restli.value(ask.query, "q") != "entity":
        raise restli.unresolved()
    post = _thread(ask, restli.compound(keys[0]).get("entity", "")).post
    start, count = restli.number(ask.query, "start", 0, 10**9), restli.number(ask.query, "count", 10, _MOST_ROWS)
    rows = [_reaction_row(post, person, kind) for person, kind in post.reactions.items()]
    return Answer(
        body=restli.paging(
            f"/rest/reactions/{keys[0]}", ask.query, start, count, len(rows), rows[start : start + count]
        )
    )


def _reaction_row(post: Post, person: str, kind: str) -> dict[str, Any]:
    actor = person if person.startswith("urn:") else f"urn:li:person:{person}"
    stamp = {"actor": actor, "time": int(post.created * 1000)}
    return {
        "id": f"urn:li:reaction:({actor},{activity(post)})",
        "reactionType": kind,
        "root": activity(post),
        "created": stamp,
        "lastModified": stamp,
    }


def react(ask: Ask, _keys: list[str]) -> Answer:
    """POST /rest/reactions?actor=."""
    ask.need("w_organization_social_feed", "reactions.CREATE")
    if restli.value(ask.query, "actor") != ask.author:
        raise trouble(403, "Not enough permissions to access: reactions.CREATE", "ACCESS_DENIED", 100)
    body = restli.body_of(ask.call)
    restli.schema(body, {"root": str, "reactionType": str}, {})
    if body["reactionType"] not in REACTIONS:
        raise trouble(400, f"Invalid value for reactionType: {body['reactionType']}", "INVALID_VALUE_FOR_FIELD")
    post = _thread(ask, body["root"]).post
    post.reactions[ask.author] = body["reactionType"]
    ask.sandbox.world.touch(post)
    row = _reaction_row(post, ask.author, body["reactionType"])
    kept = {name: row[name] for name in ("id", "reactionType", "root")}
    return Answer(status=201, body=kept, headers={"x-restli-id": row["id"]})


def unreact(ask: Ask, keys: list[str]) -> Answer:
    """DELETE /rest/reactions/(actor:…,entity:…)."""
    ask.need("w_organization_social_feed", "reactions.DELETE")
    key = restli.compound(keys[0])
    if key.get("actor") != ask.author:
        raise trouble(403, "Not enough permissions to access: reactions.DELETE", "ACCESS_DENIED", 100)
    post = _thread(ask, key.get("entity", "")).post
    post.reactions.pop(ask.author, None)
    ask.sandbox.world.touch(post)
    return Answer(status=204)


# Counters


def metadata_row(ask: Ask, urn: str) -> dict[str, Any]:
    """Counts without persons."""
    thread = _thread(ask, urn)
    remarks = list(ask.sandbox.world.remarks_of(thread.post.id))
    kinds = list(thread.post.reactions.values())
    return {
        "entity": urn,
        "commentsState": thread.post.memo["comments"],
        "commentSummary": {"count": len(remarks), "topLevelCount": sum(item.parent is None for item in remarks)},
        "reactionSummaries": {
            kind: {"reactionType": kind, "count": kinds.count(kind)} for kind in REACTIONS if kind in kinds
        },
    }


def read_metadata(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/socialMetadata/{urn}."""
    ask.need("r_organization_social_feed", "socialMetadata.GET")
    return Answer(body=metadata_row(ask, keys[0]))


def batch_metadata(ask: Ask, _keys: list[str]) -> Answer:
    """GET /rest/socialMetadata?ids=List(…): Standard tier only."""
    ask.need("r_organization_social_feed", "socialMetadata.BATCH_GET")
    if "ids" not in ask.query:
        raise restli.unresolved()
    return _batch(ask, "socialMetadata", lambda urn: metadata_row(ask, urn))


def change_metadata(ask: Ask, keys: list[str]) -> Answer:
    """POST /rest/socialMetadata/{urn}?actor=: open or close comments; closing deletes them."""
    ask.need("w_organization_social_feed", "socialMetadata.PARTIAL_UPDATE")
    state = _patch(restli.body_of(ask.call)).get("commentsState")
    if state not in {"OPEN", "CLOSED"}:
        raise trouble(400, f"Invalid value for commentsState: {state}", "INVALID_VALUE_FOR_FIELD")
    post = _thread(ask, keys[0]).post
    post.memo["comments"] = state
    ask.sandbox.world.touch(post)
    if state == "CLOSED":
        for remark in list(ask.sandbox.world.remarks_of(post.id)):
            ask.sandbox.remove_remark(remark)
    return Answer(status=202)


def statistics(ask: Ask, _keys: list[str]) -> Answer:
    """GET /rest/organizationalEntityShareStatistics: per post, or all together; posts without activity are left out."""
    ask.need("rw_organization_admin", "organizationalEntityShareStatistics.FINDER-organizationalEntity")
    if restli.value(ask.query, "q") != "organizationalEntity":
        raise restli.unresolved()
    if restli.value(ask.query, "organizationalEntity") != ask.author:
        raise trouble(
            403, "Not enough permissions to access: organizationalEntityShareStatistics", "ACCESS_DENIED", 100
        )
    if "timeIntervals" in ask.query:
        raise trouble(400, "Parameter 'timeIntervals' is invalid")
    rows = []
    asked = [("share", urn) for urn in restli.many(ask.query, "shares")] + [
        ("ugcPost", urn) for urn in restli.many(ask.query, "ugcPosts")
    ]
    for kind, urn in asked:
        if not urn.startswith(f"urn:li:{kind}:"):
            raise trouble(400, f"Parameter '{kind}s' is invalid")
        post = ask.sandbox.world.posts.get(urn)
        if post and post.visible and post.author == ask.account.account_id and (totals := _totals(ask, [post])):
            rows.append({"totalShareStatistics": totals, kind: urn, "organizationalEntity": ask.author})
    if not asked:
        everything = [post for post in _posts_of(ask.sandbox, ask.account.account_id) if post.visible]
        rows.append({"totalShareStatistics": _totals(ask, everything), "organizationalEntity": ask.author})
    # This finder does not page: whatever was asked for comes at once.
    return Answer(body={"paging": {"start": 0, "count": 10, "links": []}, "elements": rows})


def _totals(ask: Ask, posts: list[Post]) -> dict[str, Any]:
    views = sum(post.views for post in posts)
    likes = sum(len(post.reactions) for post in posts)
    comments = sum(1 for post in posts for _ in ask.sandbox.world.remarks_of(post.id))
    shares = sum(len(post.sharers) for post in posts)
    if len(posts) == 1 and not (views or likes or comments or shares):
        return {}
    return {
        "uniqueImpressionsCount": views,
        "impressionCount": views,
        "clickCount": sum(post.clicks for post in posts),
        "likeCount": likes,
        "commentCount": comments,
        "shareCount": shares,
        "engagement": round((likes + comments + shares) / views, 6) if views else 0.0,
    }


# Who


def read_me(ask: Ask, _keys: list[str]) -> Answer:
    """GET /rest/me: the member whose token it is."""
    ask.need("r_basicprofile", "me.GET")
    return Answer(body={"id": ADMIN.rpartition(":")[2], "localizedFirstName": "Viivi", "localizedLastName": "Viestijä"})


def organization(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/organizations/{id}, for whoever has a role on the page."""
    if "rw_organization_admin" in ask.account.missing or not ask.account.role or keys[0] != ask.account.account_id:
        raise trouble(403, "Not enough permissions to access: organizations.GET", "ACCESS_DENIED", 100)
    row = {
        "id": int(keys[0]),
        "localizedName": ask.account.name,
        "vanityName": ask.account.username.lower(),
        "primaryOrganizationType": "NONE",
    }
    return Answer(body=row)


def roles(ask: Ask, _keys: list[str]) -> Answer:
    """GET /rest/organizationAcls?q=roleAssignee, for administrators: of any page, since the question names none."""
    granted = logins.linkedin_roles(ask.sandbox, ask.account.token)
    found = granted if granted is not None else {ask.account.account_id: ask.account.role}
    mine = next((role for role in found.values() if role == "ADMINISTRATOR"), "")
    replace(ask, account=replace(ask.account, role=mine)).need(
        "rw_organization_admin", "organizationAcls.FINDER-roleAssignee"
    )
    if restli.value(ask.query, "q") != "roleAssignee":
        raise restli.unresolved()
    wanted = restli.value(ask.query, "role")
    rows = [
        {"roleAssignee": ADMIN, "role": role, "state": "APPROVED", "organizationTarget": _ORGANIZATION + page}
        for page, role in found.items()
        if role and wanted in {None, "", role}
    ]
    return Answer(body={"paging": {"start": 0, "count": 20, "links": []}, "elements": rows})


def followers(ask: Ask, keys: list[str]) -> Answer:
    """GET /rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER."""
    ask.need("rw_organization_admin", "networkSizes.GET")
    if keys[0] != ask.author or restli.value(ask.query, "edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise restli.unresolved()
    return Answer(body={"firstDegreeSize": ask.account.followers})


def introspect(sandbox: Sandbox, call: Call) -> Answer:
    """POST /oauth/v2/introspectToken, by the app that owns the token."""
    call.entry.network = "linkedin"
    account = next(
        (
            item
            for item in sandbox.accounts
            if item.channel == "linkedin" and item.token and item.token == call.form.get("token")
        ),
        None,
    )
    client = (call.form.get("client_id"), call.form.get("client_secret"))
    if account is None or client != (account.api_key, account.api_secret):
        return Answer(body={"active": False})
    now = sandbox.clock.now()
    alive = account.status in {"ok", "restricted"} and not account.expired(now)
    expires = account.expires_at or datetime.fromtimestamp(now.timestamp() + 60 * _DAY, UTC)
    scopes = [scope for scope in SCOPES if scope not in account.missing]
    granted = int(expires.timestamp()) - 60 * _DAY
    row = {
        "active": alive,
        "client_id": account.api_key,
        "authorized_at": granted,
        "created_at": granted,
        "status": "active" if alive else "expired",
        "expires_at": int(expires.timestamp()),
        "scope": ",".join(scopes),
        "auth_type": "3L",
    }
    return Answer(body=row)


SCOPES = (
    "r_basicprofile",
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "rw_organization_admin",
)

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("POST", "posts", "CREATE", create),
    ("GET", "posts", "FINDER BATCH_GET", find_posts),
    ("GET", "posts/*", "GET", read_post),
    ("POST", "posts/*", "PARTIAL_UPDATE", change_post),
    ("DELETE", "posts/*", "DELETE", delete_post),
    ("POST", "images", "ACTION", initialize),
    ("GET", "images/*", "GET", read_image),
    ("GET", "socialActions/*/comments", "GET_ALL BATCH_GET", list_comments),
    ("POST", "socialActions/*/comments", "CREATE", comment),
    ("GET", "socialActions/*/comments/*", "GET", read_comment),
    ("POST", "socialActions/*/comments/*", "PARTIAL_UPDATE", change_comment),
    ("DELETE", "socialActions/*/comments/*", "DELETE", delete_comment),
    ("GET", "reactions/*", "FINDER", list_reactions),
    ("POST", "reactions", "CREATE", react),
    ("DELETE", "reactions/*", "DELETE", unreact),
    ("GET", "socialMetadata", "BATCH_GET", batch_metadata),
    ("GET", "socialMetadata/*", "GET", read_metadata),
    ("POST", "socialMetadata/*", "PARTIAL_UPDATE", change_metadata),
    ("GET", "organizationalEntityShareStatistics", "FINDER", statistics),
    ("GET", "me", "GET", read_me),
    ("GET", "organizations/*", "GET", organization),
    ("GET", "organizationAcls", "FINDER", roles),
    ("GET", "networkSizes/*", "GET", followers),
)
_COMPILED = tuple((verb, route.split("/"), methods.split(), handler) for verb, route, methods, handler in _ROUTES)


def _find(call: Call) -> tuple[Handler, list[str]]:
    parts = restli.segments(call.raw_path)
    for verb, pattern, methods, handler in _COMPILED:
        if verb == call.method and _fits(pattern, parts):
            _check_method(call, methods)
            return handler, [part for sign, part in zip(pattern, parts, strict=True) if sign == "*"]
    raise trouble(404, "No virtual resource found", "RESOURCE_NOT_FOUND", 0)


def _fits(pattern: list[str], parts: list[str]) -> bool:
    same_length = len(pattern) == len(parts)
    return same_length and all(sign in {"*", part} for sign, part in zip(pattern, parts, strict=True))


def _check_method(call: Call, methods: list[str]) -> None:
    """A method header that does not fit is refused; a partial update cannot do without."""
    named = call.headers.get("x-restli-method", "").upper()
    if named not in methods and (named or "PARTIAL_UPDATE" in methods):
        raise restli.unresolved()
