"""LinkedIn: what is peculiar to it. What every network promises stands in test_conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from channels.base import CommentKind, Picture, Post, Published, RemotePost, Step
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.linkedin import LinkedIn, Settings, connect
from channels.sandbox import Clock, Habits, Sandbox, SandboxAccount, Served, serve
from channels.session import Network
from tests.channels.playback import Playback

TOKEN = "AQX-token-4b1"
US = "urn:li:organization:5000101"
SHARE = "urn:li:share:6844785523593134080"
UGC = "urn:li:ugcPost:7096760097833439232"
ACTIVITY = "urn:li:activity:7095684521727016961"
SINCE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
POST = Post(text="Lupa (uusi) verkossa: https://asiointi.example.fi/rakennus_lupa", hashtags=("Asiointi",))


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def settings(tier: str = "development") -> Settings:
    return Settings.model_validate({"organization_id": "5000101", "access_token": TOKEN, "tier": tier})


@pytest.fixture
def network() -> Iterator[Playback]:
    with Playback() as playback:
        yield playback


@pytest.fixture
def linkedin(network: Playback) -> Iterator[LinkedIn]:
    channel = connect(settings(), network.network)
    yield channel
    channel.close()


def a_picture(name: str = "talo.png", alt: str = "Kunnantalo") -> Picture:
    file = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(file, "PNG")
    return Picture(name=name, data=file.getvalue(), alt=alt)


def create(channel: LinkedIn, post: Post, memo: dict[str, str] | None = None) -> Step | Published:
    return channel.advance(post, Step(name="create", memo=memo or {}, commits=True))


REFUSALS = [
    (400, {"code": "VERSION_MISSING", "message": "A version must be present."}, AccountBlocked, Kind.VERSION_DEAD),
    (
        426,
        {"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version 20250401 is not active"},
        AccountBlocked,
        Kind.VERSION_DEAD,
    ),
    (
        400,
        {"message": "Organization permissions must be used when using organization as author"},
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (400, {"code": "FIELD_LENGTH_TOO_LONG", "message": "commentary is too long"}, Rejected, Kind.TEXT_TOO_LONG),
    (400, {"code": "INVALID_VALUE_BLANK_FIELD", "message": "altText can't be blank"}, Rejected, Kind.POST_REFUSED),
    (400, {"code": "MEDIA_ASSET_WAITING_UPLOAD", "message": "waiting"}, Retryable, Kind.NOT_READY),
    (400, {"code": "MEDIA_ASSET_PROCESSING_FAILED", "message": "failed"}, Rejected, Kind.PICTURE_REFUSED),
    (401, {"serviceErrorCode": 65602, "message": "The token has expired"}, AccountBlocked, Kind.TOKEN_EXPIRED),
    (401, {"serviceErrorCode": 65600, "message": "Invalid access token"}, AccountBlocked, Kind.TOKEN_INVALID),
    (
        401,
        {"serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": "revoked by the user"},
        AccountBlocked,
        Kind.TOKEN_INVALID,
    ),
    (
        403,
        {"serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "Not enough permissions to access: POST /posts"},
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (403, {"message": "Unpermitted fields present in REQUEST_BODY: [/content]"}, Rejected, Kind.POST_REFUSED),
    (400, {"code": "MISSING_FIELD", "message": "author"}, Rejected, Kind.POST_REFUSED),
    (400, {"code": "INVALID_URN_TYPE", "message": "author"}, Rejected, Kind.POST_REFUSED),
    (400, {"code": "ILLEGAL_ARGUMENT", "message": "Resource method could not be…"}, Rejected, Kind.POST_REFUSED),
    (401, {"code": "EMPTY_ACCESS_TOKEN", "message": "Empty oauth2_access_token"}, AccountBlocked, Kind.TOKEN_INVALID),
    (
        403,
        {"serviceErrorCode": 100, "message": "Field Value validation failed in REQUEST_BODY: … [/author]"},
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (403, {"message": "member is unauthorized on urn:li:activity:1"}, AccountBlocked, Kind.PERMISSION_MISSING),
    (
        403,
        {"message": "Accessing this image resource is forbidden. Please check your permissions for this resource"},
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (
        422,
        {"message": "Content is a duplicate of urn:li:share:1", "errorDetails": {"inputErrors": []}},
        Rejected,
        Kind.DUPLICATE,
    ),
    (
        422,
        {"message": "BadRequest", "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]}},
        Rejected,
        Kind.DUPLICATE,
    ),
    (429, {"serviceErrorCode": 101, "message": "Resource level throttle limit"}, Retryable, Kind.QUOTA_USED),
    (500, {"status": 500, "message": "Internal Server Error"}, OutcomeUnknown, Kind.ANSWER_LOST),
    (504, "", OutcomeUnknown, Kind.ANSWER_LOST),
    (404, {"status": 404, "code": "NOT_FOUND", "message": "Not Found"}, Rejected, Kind.POST_REFUSED),
    (404, "<html>proxy</html>", Unexpected, Kind.NOT_UNDERSTOOD),
    (
        409,
        {"status": 409, "code": "CONFLICT", "message": "A write conflict occurred."},
        OutcomeUnknown,
        Kind.ANSWER_LOST,
    ),
    (422, {"message": "ERROR :: /author :: field is required", "status": 422}, Rejected, Kind.POST_REFUSED),
    (429, {"message": "slow down", "status": 429}, Retryable, Kind.RATE_LIMITED),
    (503, {"status": 503, "code": "SERVICE_UNAVAILABLE"}, OutcomeUnknown, Kind.ANSWER_LOST),
    (502, "<html>Bad Gateway</html>", OutcomeUnknown, Kind.ANSWER_LOST),
]


@pytest.mark.parametrize("status,body,error,kind", REFUSALS)
def test_each_refusal_has_its_meaning(
    linkedin: LinkedIn, network: Playback, status: int, body: Any, error: type[ChannelError], kind: Kind
) -> None:
    """Status, code and words together say what a refusal of a post means."""
    network.answer(status, body)
    with pytest.raises(ChannelError) as raised:
        create(linkedin, POST)
    assert (type(raised.value), raised.value.kind) == (error, kind)


def test_words_are_escaped_and_nothing_else_is(linkedin: LinkedIn, network: Playback) -> None:
    """Only the commentary is little text: a bracket left bare would cut it, an escape elsewhere would be seen."""
    post = Post(
        text="Lupa (uusi) #1", hashtags=("Asiointi",), link="https://example.fi/a_b?c=(d)", title="Lupa (uusi) #1"
    )
    network.answer(201, None, x_restli_id=SHARE)
    published = create(linkedin, post)
    assert published == Published(remote_id=SHARE, url=f"https://www.linkedin.com/feed/update/{SHARE}/")
    assert network.asked[0].json == {
        "author": US,
        "commentary": "Lupa \\(uusi\\) \\#1\n\n{hashtag|\\#|Asiointi}",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        "content": {"article": {"source": "https://example.fi/a_b?c=(d)", "title": "Lupa (uusi) #1"}},
    }


def test_a_card_is_never_without_a_title(linkedin: LinkedIn, network: Playback) -> None:
    """LinkedIn does not fetch the page, so the first line of the text stands in for a title that is not given."""
    network.answer(201, None, x_restli_id=UGC)
    create(linkedin, Post(text="Uusi lupa.\nHae verkossa.", link="https://example.fi"))
    assert network.asked[0].json["content"]["article"]["title"] == "Uusi lupa."


def test_a_cards_own_words_and_picture_are_sent_with_it(linkedin: LinkedIn, network: Playback) -> None:
    """Plain, the picture by its URN, and no alternative text where there is none: an empty one is refused."""
    post = Post(
        text="Hae", link="https://example.fi", title="Lupa", description="Hae (verkossa) #1", thumbnail=a_picture()
    )
    for alt in ("Talo (uusi)", ""):
        network.answer(201, None, x_restli_id=UGC)
        told = replace(post, thumbnail=a_picture(alt=alt))
        linkedin.advance(told, Step(name="create", memo={"image0": "urn:li:image:0"}, commits=True))
    with_alt, without = (one.json["content"]["article"] for one in network.asked)
    assert without == {
        "source": "https://example.fi",
        "title": "Lupa",
        "description": "Hae (verkossa) #1",
        "thumbnail": "urn:li:image:0",
    }
    assert with_alt == {**without, "thumbnailAltText": "Talo (uusi)"}
    assert linkedin.begin(post).name == "initialize"


@pytest.mark.parametrize(
    "alts,content",
    [
        (["Talo"], {"media": {"id": "urn:li:image:0", "altText": "Talo"}}),
        ([""], {"media": {"id": "urn:li:image:0"}}),
        (
            ["Talo", ""],
            {"multiImage": {"images": [{"id": "urn:li:image:0", "altText": "Talo"}, {"id": "urn:li:image:1"}]}},
        ),
    ],
)
def test_pictures_stand_as_their_number_asks(
    linkedin: LinkedIn, network: Playback, alts: list[str], content: dict[str, Any]
) -> None:
    """One picture is `media`, more are `multiImage`; an empty alt text is left out, for LinkedIn refuses it."""
    pictures = tuple(a_picture(alt=alt) for alt in alts)
    network.answer(201, None, x_restli_id=SHARE)
    create(
        linkedin,
        Post(text="Moi", pictures=pictures, link=None),
        {f"image{n}": f"urn:li:image:{n}" for n in range(len(alts))},
    )
    assert network.asked[0].json["content"] == content


@pytest.mark.parametrize("urn", [None, "", "6844785523593134080", "urn:li:person:1"])
def test_only_a_urn_is_success(linkedin: LinkedIn, network: Playback, urn: str | None) -> None:
    """A 201 whose header names no post leaves doubt."""
    network.answer(201, None, **({} if urn is None else {"x_restli_id": urn}))
    with pytest.raises(OutcomeUnknown):
        create(linkedin, POST)


def test_an_upload_is_asked_for_put_and_waited_for(linkedin: LinkedIn, network: Playback) -> None:
    """Three calls for a picture; the token goes with its bytes, and looks come at growing distances."""
    post = Post(text="Moi", pictures=(a_picture(),))
    network.answer(200, {"value": {"uploadUrl": f"{network.url}/dms-uploads/A/0?ut=sig", "image": "urn:li:image:A"}})
    network.answer(201)
    network.answer(200, {"id": "urn:li:image:A", "status": "PROCESSING"})
    network.answer(200, {"id": "urn:li:image:A", "status": "AVAILABLE"})
    step: Step | Published = linkedin.begin(post)
    seen = []
    while isinstance(step, Step) and step.name != "create":
        seen.append((step.name, step.wait.total_seconds(), step.commits))
        step = linkedin.advance(post, step)
    assert seen == [("initialize", 0, False), ("put", 0, False), ("wait", 1, False), ("wait", 3, False)]
    assert isinstance(step, Step)
    assert step.commits
    assert "sig" not in str(step.memo)
    ask, put, *looks = network.asked
    assert (ask.path, ask.json) == ("/rest/images?action=initializeUpload", {"initializeUploadRequest": {"owner": US}})
    assert (put.method, put.path, put.headers["Authorization"]) == ("PUT", "/dms-uploads/A/0?ut=sig", f"Bearer {TOKEN}")
    assert put.headers["Content-Type"] == "application/octet-stream"
    assert put.body.startswith(b"\x89PNG")
    assert [look.path for look in looks] == ["/rest/images/urn%3Ali%3Aimage%3AA"] * 2


def test_a_picture_that_never_gets_ready_is_left_to_the_callers_patience(linkedin: LinkedIn, network: Playback) -> None:
    """After the last look of ours the answer is "not ready", whose clock the caller keeps; a failed one is refused."""
    post = Post(text="Moi", pictures=(a_picture(),))
    network.answer(200, {"status": "PROCESSING"})
    with pytest.raises(Retryable) as raised:
        linkedin.advance(post, Step(name="wait", memo={"image0": "urn:li:image:A", "look": "4"}))
    assert raised.value.kind is Kind.NOT_READY
    network.answer(200, {"status": "PROCESSING_FAILED"})
    with pytest.raises(Rejected):
        linkedin.advance(post, Step(name="wait", memo={"image0": "urn:li:image:A", "look": "1"}))


def test_an_expired_upload_begins_anew_once(linkedin: LinkedIn, network: Playback) -> None:
    """The address for the bytes has a date; past it the picture is announced again, and a second time it is a refusal."""
    post = Post(text="Moi", pictures=(a_picture(),))
    memo = {"url": f"{network.url}/dms-uploads/A", "image": "urn:li:image:A", "n": "0"}
    network.answer(400, {"status": 400, "code": "EXPIRED_UPLOAD_URL", "message": "expired"})
    again = linkedin.advance(post, Step(name="put", memo=memo))
    assert isinstance(again, Step)
    assert again.name == "initialize"
    network.answer(400, {"status": 400, "code": "EXPIRED_UPLOAD_URL", "message": "expired"})
    with pytest.raises(Rejected):
        linkedin.advance(post, Step(name="put", memo={**memo, **again.memo}))


DUPLICATE = {
    "status": 422,
    "message": f"com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {SHARE}",
    "errorDetails": {"inputErrors": [{"description": "Duplicate post is detected", "code": "DUPLICATE_POST"}]},
}


def a_remote(
    urn: str = SHARE, text: str = "Moi", at: datetime = SINCE, author: str = US, **more: Any
) -> dict[str, Any]:
    return {
        "id": urn,
        "author": author,
        "commentary": text,
        "createdAt": milliseconds(at),
        "lifecycleState": "PUBLISHED",
    } | more


def test_a_duplicate_names_the_post_that_is_there(linkedin: LinkedIn, network: Playback) -> None:
    """The refusal carries the other post's URN; if that is ours and new enough, it is the one that was sent."""
    network.answer(422, DUPLICATE)
    with pytest.raises(Rejected) as raised:
        create(linkedin, POST)
    assert (raised.value.kind, raised.value.remote_id) == (Kind.DUPLICATE, SHARE)
    network.answer(200, a_remote(at=SINCE + timedelta(seconds=2)))
    found = linkedin.locate(POST, Step(name="create", memo={"hint": SHARE}, commits=True), SINCE)
    assert [candidate.remote_id for candidate in found.candidates] == [SHARE]


@pytest.mark.parametrize(
    "status,body",
    [
        (404, {"status": 404, "code": "NOT_FOUND", "message": "Not Found"}),
        (200, a_remote(at=SINCE - timedelta(days=30))),
        (200, a_remote(author="urn:li:organization:999")),
    ],
)
def test_a_ghost_an_old_post_and_a_strangers_are_not_ours(
    linkedin: LinkedIn, network: Playback, status: int, body: dict[str, Any]
) -> None:
    """Then the listing decides."""
    network.answer(status, body).answer(200, {"elements": [], "paging": {"links": []}})
    found = linkedin.locate(POST, Step(name="create", memo={"hint": SHARE}, commits=True), SINCE)
    assert found.candidates == ()
    assert found.complete
    assert not found.absent


def test_a_short_page_is_not_the_last_one(linkedin: LinkedIn, network: Playback) -> None:
    """Only the links tell whether more exist; they are followed as they are, and reading ends where our time ends."""
    following = "/rest/posts?q=author&author=urn%3Ali%3Aorganization%3A5000101&count=100&sortBy=CREATED&start=100"
    links = {"paging": {"links": [{"rel": "next", "href": following}]}}
    escaped = "Lupa \\(uusi\\) verkossa: https://asiointi.example.fi/rakennus\\_lupa\n\n{hashtag|\\#|Asiointi}"
    network.answer(200, {"elements": [a_remote(UGC, "Muuta", SINCE + timedelta(hours=2))]} | links)
    network.answer(200, {"elements": []} | links)
    network.answer(200, {"elements": [a_remote(SHARE, escaped, SINCE + timedelta(hours=1))]} | links)
    network.answer(200, {"elements": [a_remote("urn:li:share:1", escaped, SINCE - timedelta(days=2))]} | links)
    found = linkedin.locate(POST, Step(name="create", commits=True), SINCE)
    assert [candidate.remote_id for candidate in found.candidates] == [SHARE]
    assert found.complete
    first, second, *_ = network.asked
    assert first.path == (
        "/rest/posts?q=author&author=urn%3Ali%3Aorganization%3A5000101&count=100&start=0&sortBy=CREATED"
    )
    assert second.path == following


def test_what_is_not_out_is_not_found(linkedin: LinkedIn, network: Playback) -> None:
    """A post that LinkedIn failed to publish is in nobody's feed."""
    network.answer(200, {"elements": [a_remote(text="Moi", lifecycleState="PUBLISH_FAILED")]})
    assert linkedin.recent(SINCE).posts == ()


def test_words_are_known_again(linkedin: LinkedIn) -> None:
    """Escapes, templates and mentions are LinkedIn's notation, not other words."""
    text = "Lupa \\(uusi\\) verkossa: https://lnkd.in/x\n\n{hashtag|\\#|Asiointi}"
    assert linkedin.is_same(POST, RemotePost(remote_id=SHARE, text=text, created_at=SINCE))
    assert not linkedin.is_same(POST, RemotePost(remote_id=SHARE, text="Lupa", created_at=SINCE))


def test_every_call_names_version_protocol_and_method(network: Playback) -> None:
    """Rest.li takes nothing for granted; the version is one setting."""
    pinned = connect(settings(), Network(base_url=network.url, version="202607"))
    network.answer(200, {"id": 5000101, "localizedName": "Hausjärven kunta"})
    identity = pinned.check()
    network.answer(201, None, x_restli_id=SHARE)
    create(pinned, POST)
    network.answer(200, {"elements": []})
    pinned.recent(SINCE)
    pinned.close()
    assert (identity.account_id, identity.name, identity.version) == ("5000101", "Hausjärven kunta", "202607")
    for asked, verb in zip(network.asked, ("GET", "CREATE", "FINDER"), strict=True):
        headers = {name.lower(): value for name, value in asked.headers.items()}
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert headers["linkedin-version"] == "202607"
        assert headers["x-restli-protocol-version"] == "2.0.0"
        assert headers["x-restli-method"] == verb


@pytest.mark.parametrize(
    "given",
    [
        {"organization_id": US, "access_token": "t"},
        {"organization_id": "1", "access_token": ""},
        {"organization_id": "1", "access_token": "t\n"},
        {"organization_id": "1", "access_token": "t", "tier": "premium"},
        {"organization_id": "1", "access_token": "t", "person": "p"},
    ],
)
def test_settings_are_the_pages_number_a_token_and_a_tier(given: dict[str, str]) -> None:
    """Anything else is a mistake in the configuration."""
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


# The first comment


def test_a_comment_is_plain_and_waits_for_the_activity(linkedin: LinkedIn, network: Playback) -> None:
    """Escapes would be seen in a comment; before the activity exists LinkedIn says 404, which is no end."""
    post = Post(text="Moi", first_comment="Ohje (pdf) #1: https://example.fi/a_b")
    network.answer(201, None, x_restli_id=SHARE)
    published = create(linkedin, post)
    assert isinstance(published, Published)
    step = published.then
    assert step is not None
    assert (step.name, step.commits, step.wait) == ("comment", True, timedelta(seconds=2))
    for message in (
        f"Unable to obtain activity for {SHARE}",
        f"error for {UGC} from domain authorization endpoint: 404",
    ):
        network.answer(404, {"status": 404, "message": message})
        with pytest.raises(Retryable) as raised:
            linkedin.advance(post, step)
        assert raised.value.kind is Kind.NOT_READY
    network.answer(201, {"id": "77"}, x_restli_id="77")
    assert linkedin.advance(post, step) == Published(remote_id=SHARE, url=published.url)
    asked = network.asked[-1]
    assert asked.path == "/rest/socialActions/urn%3Ali%3Ashare%3A6844785523593134080/comments"
    assert asked.json == {
        "actor": US,
        "object": SHARE,
        "message": {"text": "Ohje (pdf) #1: https://example.fi/a_b"},
    }


def test_a_comment_under_a_deleted_post_is_gone(linkedin: LinkedIn, network: Playback) -> None:
    """The same status, other words: there is nothing to comment on."""
    network.answer(404, {"status": 404, "code": "NOT_FOUND", "message": "Not Found"})
    with pytest.raises(Gone):
        linkedin.advance(
            Post(text="Moi", first_comment="Ohje"), Step(name="comment", memo={"remote_id": SHARE}, commits=True)
        )


def a_comment(number: str, text: str, actor: str | None = "urn:li:person:AAA", **more: Any) -> dict[str, Any]:
    person = {"actor": actor} if actor else {}
    return (
        person
        | {
            "id": number,
            "$URN": f"urn:li:comment:({ACTIVITY},{number})",
            "object": ACTIVITY,
            "message": {"attributes": [], "text": text},
            "created": person | {"time": milliseconds(SINCE)},
        }
        | more
    )


def test_a_first_comment_is_found_by_us_and_its_words(linkedin: LinkedIn, network: Playback) -> None:
    """The same words from a resident are not ours."""
    theirs = a_comment("1", "Ohje")
    ours = a_comment(
        "2", "Ohje", US, created={"actor": US, "impersonator": "urn:li:person:BBB", "time": milliseconds(SINCE)}
    )
    network.answer(200, {"elements": [theirs, ours, a_comment("3", "Muuta", US)]})
    step = Step(name="comment", memo={"remote_id": SHARE}, commits=True)
    post = Post(text="Moi", first_comment="Ohje")
    found = linkedin.locate(post, step, SINCE)
    assert [candidate.remote_id for candidate in found.candidates] == [SHARE]
    assert found.complete
    network.answer(200, {"elements": [theirs]})
    assert linkedin.locate(post, step, SINCE).candidates == ()


# Reading


def test_comments_come_with_their_answers_and_without_names(linkedin: LinkedIn, network: Playback) -> None:
    """URNs are kept whole, a member who is not told stays unknown, and the member behind the page is dropped."""
    asked_more = a_comment("1", "Onko tämä auki?", None, commentsSummary={"totalFirstLevelComments": 1})
    reply = a_comment(
        "2", "Kyllä on", US, created={"actor": US, "impersonator": "urn:li:person:BBB", "time": milliseconds(SINCE)}
    )
    reply["commentUrn"] = reply.pop("$URN")
    network.answer(200, {"elements": [asked_more], "paging": {"links": []}})
    network.answer(200, {"elements": [reply], "paging": {"links": []}})
    comments = linkedin.comments([SHARE])
    first, second = comments.items
    assert (first.remote_id, first.kind, first.author_id, first.own) == (
        f"urn:li:comment:({ACTIVITY},1)",
        CommentKind.COMMENT,
        None,
        False,
    )
    assert (second.kind, second.parent_remote_id, second.own) == (CommentKind.REPLY, first.remote_id, True)
    assert comments.complete == {SHARE}
    assert [comment.post_id for comment in comments.items] == [SHARE, SHARE]
    assert all(comment.author_name is None for comment in comments.items)
    assert "BBB" not in "".join(f"{comment!r}{comment.author_id}" for comment in comments.items)
    assert network.asked[1].path.startswith(
        "/rest/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7095684521727016961%2C1%29/comments?"
    )


def test_answers_that_name_each_other_are_read_once(linkedin: LinkedIn, network: Playback) -> None:
    """Whatever a network says stands below what, nothing goes round in circles."""
    first, second = (
        a_comment(number, "Hei", None, commentsSummary={"totalFirstLevelComments": 1}) for number in ("1", "2")
    )
    for listed in (first, second, first):
        network.answer(200, {"elements": [listed], "paging": {"links": []}})
    comments = linkedin.comments([SHARE])
    assert {comment.remote_id for comment in comments.items} == {f"urn:li:comment:({ACTIVITY},{n})" for n in (1, 2)}
    assert len(network.asked) == 3


@pytest.mark.parametrize("listing", [(200, {"elements": []}), (404, {"status": 404, "message": "Not Found"})])
@pytest.mark.parametrize("counted,complete", [(0, {SHARE}), (2, set()), (None, set())])
def test_no_comments_are_believed_only_if_the_counter_agrees(
    linkedin: LinkedIn, network: Playback, listing: tuple[int, dict[str, Any]], counted: int | None, complete: set[str]
) -> None:
    """Without the page's role LinkedIn lists nothing, which must not look like deletion; with none it may answer 404."""
    network.answer(*listing).answer(200, {"commentSummary": {} if counted is None else {"count": counted}})
    comments = linkedin.comments([SHARE])
    assert comments.items == ()
    assert comments.complete == complete


def a_metadata(likes: int, comments: int) -> dict[str, Any]:
    return {
        "commentSummary": {"count": comments, "topLevelCount": comments},
        "reactionSummaries": {
            "LIKE": {"reactionType": "LIKE", "count": likes},
            "PRAISE": {"reactionType": "PRAISE", "count": 1},
        },
    }


def statistics(*shares: tuple[str, int, int]) -> dict[str, Any]:
    return {
        "elements": [
            {
                "share" if "share" in urn else "ugcPost": urn,
                "totalShareStatistics": {"shareCount": shared, "impressionCount": seen, "clickCount": -3},
            }
            for urn, shared, seen in shares
        ]
    }


def test_many_posts_are_counted_at_once_at_the_standard_tier(network: Playback) -> None:
    """Lists keep their brackets and commas, URNs are encoded once, and what had no activity has none."""
    linkedin = connect(settings("standard"), network.network)
    network.answer(200, statistics((SHARE, 2, 500)))
    network.answer(200, {"results": {SHARE: a_metadata(8, 4), UGC: a_metadata(0, 0)}, "errors": {}})
    tally = linkedin.counts([SHARE, UGC])
    linkedin.close()
    shared, quiet = tally.counts
    assert (shared.reactions, shared.comments) == ({"like": 8, "praise": 1}, 4)
    assert (shared.shares, shared.views) == (2, 500)
    assert (quiet.shares, quiet.views) == (0, 0)
    first, second = network.asked
    assert first.path == (
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=urn%3Ali%3Aorganization%3A5000101"
        "&shares=List(urn%3Ali%3Ashare%3A6844785523593134080)&ugcPosts=List(urn%3Ali%3AugcPost%3A7096760097833439232)"
    )
    assert second.path == (
        "/rest/socialMetadata?ids=List(urn%3Ali%3Ashare%3A6844785523593134080,urn%3Ali%3AugcPost%3A7096760097833439232)"
    )


@pytest.mark.parametrize(
    "status,body",
    [
        (200, {"elements": []}),
        (400, {"status": 400, "message": "Parameter 'shares' is invalid"}),
        (403, {"serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "Not enough permissions"}),
    ],
)
def test_shares_and_views_without_the_role_are_unknown(
    linkedin: LinkedIn, network: Playback, status: int, body: dict[str, Any]
) -> None:
    """An empty answer may mean a missing role: null, never 0, and the rest is told."""
    network.answer(status, body).answer(200, a_metadata(8, 4))
    (counts,) = linkedin.counts([SHARE]).counts
    assert (counts.shares, counts.views, counts.comments) == (None, None, 4)


def test_numbers_of_the_whole_page_are_not_a_posts(linkedin: LinkedIn, network: Playback) -> None:
    """Asked about no share and no ugcPost, LinkedIn would tell the page's totals; so it is not asked."""
    network.answer(200, a_metadata(8, 4))
    (counts,) = linkedin.counts([ACTIVITY]).counts
    assert (counts.shares, counts.views, counts.comments) == (None, None, 4)
    assert len(network.asked) == 1


def test_a_post_is_gone_only_if_it_cannot_be_read(linkedin: LinkedIn, network: Playback) -> None:
    """A post whose activity is not there yet has no metadata either."""
    missing = {"status": 404, "message": "Not Found"}
    network.answer(200, statistics()).answer(404, missing).answer(404, missing)
    network.answer(404, missing).answer(200, a_remote(UGC))
    tally = linkedin.counts([SHARE, UGC])
    assert tally.counts == ()
    assert tally.gone == {SHARE}


def test_what_was_read_before_the_day_ran_out_is_told(linkedin: LinkedIn, network: Playback) -> None:
    """A hundred calls a day may not be enough; the posts that were read are not read in vain."""
    throttled = {"serviceErrorCode": 101, "message": "Resource level throttle limit", "status": 429}
    network.answer(200, statistics()).answer(200, a_metadata(1, 0)).answer(429, throttled)
    tally = linkedin.counts([SHARE, UGC])
    assert [counts.remote_id for counts in tally.counts] == [SHARE]
    assert tally.gone == frozenset()


def test_a_used_up_day_ends_at_midnight(linkedin: LinkedIn, network: Playback) -> None:
    """LinkedIn's limits start anew at 0:00 UTC by its own clock; a burst of comments lasts a minute."""
    throttled = {"serviceErrorCode": 101, "message": "Resource level throttle limit", "status": 429}
    network.answer(429, throttled, Date="Tue, 01 Dec 2026 21:30:00 GMT")
    with pytest.raises(Retryable) as raised:
        create(linkedin, POST)
    assert raised.value.kind is Kind.QUOTA_USED
    assert raised.value.announced
    assert raised.value.after == timedelta(hours=2, minutes=30)
    network.answer(429, {"status": 429, "message": "Comment create throttled: creation rate limit exceeded for member"})
    with pytest.raises(Retryable) as raised:
        create(linkedin, POST)
    assert (raised.value.kind, raised.value.after) == (Kind.RATE_LIMITED, timedelta(minutes=1))


def test_bytes_go_to_no_other_host(linkedin: LinkedIn, network: Playback) -> None:
    """An upload address elsewhere is refused before the token leaves."""
    post = Post(text="Moi", pictures=(a_picture(),))
    memo = {"url": "https://evil.example/dms-uploads/A", "image": "urn:li:image:A", "n": "0"}
    with pytest.raises(Unexpected):
        linkedin.advance(post, Step(name="put", memo=memo))
    assert network.asked == []


# Against the sandbox, which reads addresses as strictly as LinkedIn


@pytest.fixture
def sandbox() -> Iterator[Served]:
    account = SandboxAccount(
        organisation="hausjarvi",
        channel="linkedin",
        account_id="5000101",
        token=TOKEN,
        name="Hausjärven kunta",
        tier="standard",
    )
    clock = Clock(SINCE, frozen=True)
    habits = Habits(real_upload_hosts=True, linkedin_empty_comments_404=True)
    with serve(Sandbox([account], clock=clock, habits=habits)) as served:
        yield served


def test_an_upload_address_on_linkedins_own_host_is_moved_too(sandbox: Served) -> None:
    """A moved network stays moved: the bytes go where the configuration says, whatever host the answer names."""
    post = Post(text="Kuva", pictures=(a_picture(),))
    channel = connect(settings("standard"), Network(base_url=sandbox.base_url))
    step: Step | Published = channel.begin(post)
    while isinstance(step, Step):
        sandbox.sandbox.clock.advance(step.wait.total_seconds())
        step = channel.advance(post, step)
    channel.close()
    (landed,) = sandbox.sandbox.ledger()
    assert [picture.alt for picture in landed.pictures] == ["Kunnantalo"]


def test_thirty_posts_are_counted_in_a_few_calls_at_the_standard_tier(sandbox: Served) -> None:
    """Two batches of metadata and two of statistics; posts without comments are complete although LinkedIn answers 404."""
    channel = connect(settings("standard"), Network(base_url=sandbox.base_url))
    urns = []
    for n in range(30):
        published = channel.advance(Post(text=f"Tiedote {n}"), Step(name="create", commits=True))
        assert isinstance(published, Published)
        urns.append(published.remote_id)
    sandbox.sandbox.react(urns[3], "praise")
    sandbox.sandbox.log.clear()
    tally = channel.counts(urns)
    assert [counts.remote_id for counts in tally.counts] == urns
    assert tally.counts[3].reactions == {"praise": 1}
    assert len(sandbox.sandbox.requests()) == 4
    comments = channel.comments(urns[:2])
    channel.close()
    assert comments.items == ()
    assert comments.complete == set(urns[:2])


def test_counters_that_calls_run_out_for_are_read_another_time(linkedin: LinkedIn, network: Playback) -> None:
    """Three posts, a ration of two calls: the statistics of all and the counters of the first are told, the others named as unread."""
    network.answer(200, {"elements": []})
    network.answer(200, {"commentSummary": {"count": 4}, "reactionSummaries": {}})
    urns = [f"urn:li:share:{n}" for n in (1, 2, 3)]
    linkedin.ration(2)
    tally = linkedin.counts(urns)
    assert [(counts.remote_id, counts.comments) for counts in tally.counts] == [(urns[0], 4)]
    assert (tally.gone, tally.unread) == (frozenset(), frozenset(urns[1:]))


def test_counters_are_told_although_calls_run_out_before_a_post_is_known_to_be_gone(
    linkedin: LinkedIn, network: Playback
) -> None:
    """Of the second post LinkedIn has no counters: whether it is there takes one more call, which there is not. The first was paid for."""
    network.answer(200, {"elements": []})
    network.answer(200, {"commentSummary": {"count": 4}, "reactionSummaries": {}})
    network.answer(404, {"status": 404, "message": "Not Found"})
    urns = [f"urn:li:share:{n}" for n in (1, 2)]
    linkedin.ration(3)
    tally = linkedin.counts(urns)
    assert [(counts.remote_id, counts.comments) for counts in tally.counts] == [(urns[0], 4)]
    assert (tally.gone, tally.unread) == (frozenset(), frozenset(urns[1:]))


def test_comments_that_calls_run_out_for_are_read_another_time(linkedin: LinkedIn, network: Playback) -> None:
    """Three posts, a ration of two calls: two posts are told, the third is named as unread and nothing is asked for it."""
    for _ in range(2):
        network.answer(200, {"elements": [a_comment("1", "Kiitos", None)], "paging": {"links": []}})
    urns = [f"urn:li:share:{n}" for n in (1, 2, 3)]
    linkedin.ration(2)
    comments = linkedin.comments(urns)
    assert (comments.complete, comments.unread) == (frozenset(urns[:2]), frozenset(urns[2:]))
    assert len(network.asked) == 2
    assert [usage.used for usage in linkedin.usage()] == [2, 2], "what was not sent is not counted"
    with pytest.raises(Retryable):
        linkedin.comments(urns)
