"""X: what is peculiar to it. What every network promises stands in test_conformance."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from channels.base import CommentKind, Known, Pays, Picture, Post, Published, Step, Usage
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.x import Settings, X, connect
from publisher.reading import Asked, read
from tests.channels.playback import Playback

SECRETS = ("KEY-4a1", "KEYSECRET-4a2", "2000000101-TOKEN-4a3", "TOKENSECRET-4a4")
SINCE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
POST = Post(text="Rakennusluvan voi nyt hakea verkossa. https://asiointi.example.fi/lupa")


def oauth1(*, owns_app: bool = True) -> Settings:
    key, secret, token, token_secret = SECRETS
    return Settings.model_validate(
        {
            "user_id": "2000000101",
            "api_key": key,
            "api_secret": secret,
            "access_token": token,
            "access_token_secret": token_secret,
            "owns_app": owns_app,
        }
    )


@pytest.fixture
def network() -> Iterator[Playback]:
    with Playback() as playback:
        yield playback


@pytest.fixture
def x(network: Playback) -> Iterator[X]:
    channel = connect(oauth1(), network.network)
    yield channel
    channel.close()


def a_post(post_id: str, text: str = "Moi", **more: Any) -> dict[str, Any]:
    return {"id": post_id, "text": text, "created_at": "2026-12-01T07:00:01.000Z", "author_id": "2000000101"} | more


def a_problem(status: int, detail: str, slug: str | None = None, title: str = "Forbidden") -> dict[str, Any]:
    kind = f"https://api.x.com/2/problems/{slug}" if slug else "about:blank"
    return {"title": title, "type": kind, "status": status, "detail": detail}


REFUSALS = [
    (
        400,
        {"errors": [{"message": "Your Tweet text is too long."}], "title": "Invalid Request"},
        Rejected,
        Kind.TEXT_TOO_LONG,
    ),
    (400, {"errors": [{"code": 186, "message": "Tweet needs to be a bit shorter."}]}, Rejected, Kind.TEXT_TOO_LONG),
    (
        400,
        a_problem(400, "One or more parameters to your request was invalid.", "invalid-request"),
        Rejected,
        Kind.POST_REFUSED,
    ),
    (401, a_problem(401, "Unauthorized"), AccountBlocked, Kind.TOKEN_INVALID),
    (402, a_problem(402, "credits depleted", "credits-depleted"), AccountBlocked, Kind.OUT_OF_CREDIT),
    (403, a_problem(403, "You are not allowed to create a Tweet with duplicate content."), Rejected, Kind.DUPLICATE),
    (403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Rejected, Kind.DUPLICATE),
    (
        403,
        a_problem(403, "You can only reply to or quote posts where you are mentioned or are the author."),
        Rejected,
        Kind.POST_REFUSED,
    ),
    (403, a_problem(403, "You are not permitted to perform this action."), AccountBlocked, Kind.ACCOUNT_RESTRICTED),
    (
        403,
        a_problem(
            403, "Your client app is not configured with the appropriate oauth1 app permissions.", "oauth1-permissions"
        ),
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, AccountBlocked, Kind.TOKEN_INVALID),
    (401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}, AccountBlocked, Kind.TOKEN_INVALID),
    (
        403,
        a_problem(403, "Reply to this conversation is not allowed because you have not been mentioned."),
        Rejected,
        Kind.POST_REFUSED,
    ),
    (
        403,
        a_problem(403, "Authenticating with OAuth 2.0 Application-Only is forbidden.", "unsupported-authentication"),
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (
        403,
        a_problem(403, "…", "client-forbidden") | {"reason": "client-not-enrolled"},
        AccountBlocked,
        Kind.PERMISSION_MISSING,
    ),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, Retryable, Kind.RATE_LIMITED),
    (403, a_problem(403, "", title="SpendCapReached"), AccountBlocked, Kind.OUT_OF_CREDIT),
    (404, a_problem(404, "Not Found", "resource-not-found"), Rejected, Kind.POST_REFUSED),
    (429, a_problem(429, "Too Many Requests", title="Too Many Requests"), Retryable, Kind.RATE_LIMITED),
    (
        429,
        a_problem(429, "Usage cap exceeded: Monthly product cap", "usage-capped", "UsageCapExceeded"),
        AccountBlocked,
        Kind.OUT_OF_CREDIT,
    ),
    (503, a_problem(503, "Service Unavailable"), OutcomeUnknown, Kind.ANSWER_LOST),
    (520, "<html>Web server is returning an unknown error</html>", OutcomeUnknown, Kind.ANSWER_LOST),
    (403, [], AccountBlocked, Kind.PERMISSION_MISSING),
    (400, {"errors": None}, Rejected, Kind.POST_REFUSED),
    (404, "<html>not here</html>", Unexpected, Kind.NOT_UNDERSTOOD),
    (302, None, Unexpected, Kind.NOT_UNDERSTOOD),
]


@pytest.mark.parametrize("status,body,error,kind", REFUSALS)
def test_each_refusal_has_its_meaning(
    x: X, network: Playback, status: int, body: Any, error: type[ChannelError], kind: Kind
) -> None:
    """Status, last part of `type` and words together say what a refusal of a post means."""
    network.answer(status, body)
    with pytest.raises(ChannelError) as raised:
        x.advance(POST, x.begin(POST))
    assert (type(raised.value), raised.value.kind) == (error, kind)


@pytest.mark.parametrize("body", [None, "", "<html>hello</html>", {}, {"data": {"id": "none"}}, [1]])
def test_only_an_id_is_success(x: X, network: Playback, body: Any) -> None:
    """A 201 without an id that can be read leaves doubt."""
    network.answer(201, body)
    with pytest.raises(OutcomeUnknown):
        x.advance(POST, x.begin(POST))


def test_a_missing_post_is_gone_only_in_the_networks_own_words(x: X, network: Playback) -> None:
    """A reading call's 404 means a deleted post if X says it; a proxy's page means nothing."""
    network.answer(404, a_problem(404, "Not Found", "resource-not-found"))
    with pytest.raises(Gone):
        x.check()
    network.answer(404, "<html>proxy</html>")
    with pytest.raises(Unexpected):
        x.check()


def test_a_used_up_day_outlasts_the_quarter_of_an_hour(x: X, network: Playback) -> None:
    """If nothing is left of 24 hours, their reset is the one to wait for."""
    network.answer(
        429,
        a_problem(429, "Too Many Requests"),
        Date="Tue, 01 Dec 2026 07:00:00 GMT",
        x_rate_limit_reset=str(int((SINCE + timedelta(minutes=15)).timestamp())),
        x_app_limit_24hour_remaining="0",
        x_app_limit_24hour_reset=str(int((SINCE + timedelta(hours=20)).timestamp())),
    )
    with pytest.raises(Retryable) as raised:
        x.advance(POST, x.begin(POST))
    assert raised.value.kind is Kind.QUOTA_USED
    assert raised.value.after == timedelta(hours=20)
    assert raised.value.announced


def test_no_debugging_prints_a_secret(network: Playback, caplog: pytest.LogCaptureFixture) -> None:
    """tweepy, oauthlib and requests-oauthlib log headers and bodies at DEBUG; none of it is let through."""
    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "tweepy.client", "oauthlib", "requests_oauthlib"):
        caplog.set_level(logging.DEBUG, logger=name)
    bearer = Settings.model_validate({"user_id": "2000000101", "access_token": "BEARER-4a5"})
    for settings in (oauth1(), bearer):
        network.answer(200, {"data": {"id": "2000000101", "name": "Hausjärven kunta", "username": "hausjarvi"}})
        channel = connect(settings, network.network)
        channel.check()
        channel.close()
        assert not any(secret in repr(channel) + repr(settings) for secret in SECRETS)
    assert not any(secret in caplog.text for secret in (*SECRETS, "BEARER-4a5", "oauth_signature"))


def test_a_lone_access_token_is_a_bearer(network: Playback) -> None:
    """An OAuth 2.0 user token goes out as Bearer, on writes too; four secrets sign."""
    channel = connect(Settings.model_validate({"user_id": "2000000101", "access_token": "BEARER-4a5"}), network.network)
    network.answer(201, {"data": {"id": "1990000000000000001", "text": POST.text}})
    assert channel.advance(POST, channel.begin(POST)) == Published(
        remote_id="1990000000000000001", url="https://x.com/i/web/status/1990000000000000001"
    )
    channel.close()
    assert network.asked[0].headers["Authorization"] == "Bearer BEARER-4a5"
    signing = connect(oauth1(), network.network)
    network.answer(201, {"data": {"id": "1990000000000000002", "text": POST.text}})
    signing.advance(POST, signing.begin(POST))
    signing.close()
    assert network.asked[1].headers["Authorization"].startswith("OAuth ")


@pytest.mark.parametrize(
    "given",
    [
        {"user_id": "2000000101", "api_key": "k", "api_secret": "s", "access_token_secret": "t"},
        {"user_id": "@hausjarvi", "access_token": "t"},
        {"user_id": "1", "access_token": ""},
        {"user_id": "1", "access_token": "t\n"},
        {"user_id": "1", "access_token": "t", "api_key": "k"},
        {"user_id": "1", "access_token": "t", "api_key": "k", "api_secret": "s"},
        {"user_id": "1", "access_token": "t", "password": "p"},
    ],
)
def test_half_a_set_of_secrets_is_no_account(given: dict[str, str]) -> None:
    """Either one OAuth 2.0 token or all four parts of OAuth 1.0a, and nothing else."""
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


@pytest.mark.parametrize(
    "text",
    ["Kunta ostaa $NOKIA ja $KONE", "Kysy: @Traficom auttaa", "(@kela)", "\uff20kela", "Kunta tai/@kela"],
)
def test_what_x_forbids_is_refused_before_anything_is_sent(x: X, network: Playback, text: str) -> None:
    """Mentions and a second cashtag: the refusal costs no call, and X's would stop the account."""
    post = Post(text=text)
    with pytest.raises(Rejected) as raised:
        x.advance(post, x.begin(post))
    assert raised.value.kind is Kind.TEXT_REFUSED
    assert network.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "Lupa maksaa $50, ei $60 eikä $NOKIA",
        "Kirjoita neuvonta@kunta.fi",
        "Klo 9 @ kirjasto",
        "Lue https://kunta.fi/@talo",
    ],
)
def test_money_and_addresses_are_neither(x: X, network: Playback, text: str) -> None:
    """An amount is no cashtag; an e-mail address or a part of a link no mention."""
    network.answer(201, {"data": {"id": "1", "text": ""}})
    assert isinstance(x.advance(Post(text=text), x.begin(Post(text=text))), Published)


def test_expired_pictures_are_uploaded_again_once(x: X, network: Playback) -> None:
    """After a long wait X no longer knows the media: back to the uploads, and a second time it is a refusal."""
    post = Post(text="Moi", pictures=(Picture(name="a.png", data=b"", alt="Talo"),))
    stale = {"errors": [{"message": "Your media IDs are invalid."}], "title": "Invalid Request"}
    step = Step(name="create", memo={"media0": "7", "alt0": "1"}, commits=True)
    network.answer(400, stale)
    again = x.advance(post, step)
    assert isinstance(again, Step)
    assert (again.name, again.commits) == ("upload", False)
    network.answer(400, stale)
    with pytest.raises(Rejected) as raised:
        x.advance(post, Step(name="create", memo={"media0": "8", "alt0": "1", **again.memo}, commits=True))
    assert raised.value.kind is Kind.PICTURE_REFUSED


def test_links_are_told_with_their_targets(x: X, network: Playback) -> None:
    """A t.co link becomes its target, the one for the post's own pictures goes, and a long post is whole."""
    links = [
        {"url": "https://t.co/aaa", "expanded_url": "https://asiointi.example.fi/lupa?utm_source=x&utm_medium=social"},
        {"url": "https://t.co/bbb", "expanded_url": "https://x.com/hausjarvi/status/5/photo/1"},
    ]
    text = "Luvat &amp; muut https://t.co/aaa https://t.co/bbb"
    network.answer(
        200,
        {
            "data": [
                a_post("5", text, entities={"urls": links}),
                a_post("4", "Pitkä…", note_tweet={"text": "Pitkä ja kokonainen"}),
            ],
            "meta": {"result_count": 2},
        },
    )
    recent = x.recent(SINCE)
    assert [post.text for post in recent.posts] == [
        "Luvat & muut https://asiointi.example.fi/lupa?utm_source=x&utm_medium=social",
        "Pitkä ja kokonainen",
    ]
    assert recent.complete
    assert x.is_same(Post(text="Luvat & muut https://asiointi.example.fi/lupa"), recent.posts[0])
    assert not x.is_same(Post(text="Luvat & muut"), recent.posts[1])


def test_what_a_resident_wrote_is_read_as_it_was_written(x: X, network: Playback) -> None:
    """X escapes three characters and shortens links; staff see neither, and a link to somebody's picture stays."""
    answer = a_post(
        "2",
        "Kahvila &amp; kioski &lt;3 &amp;nbsp; https://t.co/abc",
        conversation_id="1",
        author_id="9",
        entities={"urls": [{"url": "https://t.co/abc", "expanded_url": "https://x.com/toinen/status/7/photo/1"}]},
    )
    network.answer(200, {"data": [a_post("1")], "meta": {}}).answer(200, {"data": [answer], "meta": {}})
    (comment,) = x.comments(["1"]).items
    assert comment.text == "Kahvila & kioski <3 &nbsp; https://x.com/toinen/status/7/photo/1"


@pytest.mark.parametrize("dialect", ["old", "new"])
def test_both_dialects_are_read(x: X, network: Playback, dialect: str) -> None:
    """X answers in the words of 2022 or of 2026; the numbers are the same."""
    metrics = {"like_count": 3, "reply_count": 2, "quote_count": 1, "impression_count": 400}
    metrics["retweet_count" if dialect == "old" else "repost_count"] = 4
    network.answer(200, {"data": [a_post("5", public_metrics=metrics)], "meta": {}})
    (counts,) = x.counts(["5"]).counts
    assert counts.reactions == {"like": 3}
    assert (counts.comments, counts.shares, counts.views) == (2, 5, 400)


def test_numbers_that_are_not_told_stay_unknown(x: X, network: Playback) -> None:
    """No metrics, no zeros."""
    network.answer(200, {"data": [a_post("5"), a_post("6", public_metrics={"retweet_count": 1})], "meta": {}})
    for counts in x.counts(["5", "6"]).counts:
        assert counts.reactions is None
        assert (counts.comments, counts.shares, counts.views) == (None, None, None)


def test_old_posts_are_asked_for_by_id(x: X, network: Playback) -> None:
    """One page of the own timeline is the cheapest read; what is not on it is looked up, and only X's word makes it gone."""
    missing = {"type": "https://api.twitter.com/2/problems/resource-not-found", "resource_id": "7", "value": "7"}
    hidden = {"type": "https://api.x.com/2/problems/not-authorized-for-resource", "resource_id": "8", "value": "8"}
    network.answer(200, {"data": [a_post("9", public_metrics={"like_count": 1})], "meta": {"next_token": "older"}})
    network.answer(200, {"data": [a_post("6", public_metrics={"like_count": 2})], "errors": [missing, hidden]})
    tally = x.counts(["9", "6", "7", "8"])
    assert [(counts.remote_id, counts.reactions) for counts in tally.counts] == [("9", {"like": 1}), ("6", {"like": 2})]
    assert tally.gone == {"7"}
    assert "since_id=5" in network.asked[0].path
    assert "ids=6%2C7%2C8" in network.asked[1].path


def an_answer(post_id: str, to: str, author: str, conversation: str = "5") -> dict[str, Any]:
    return a_post(
        post_id,
        f"vastaus {post_id}",
        author_id=author,
        conversation_id=conversation,
        referenced_tweets=[{"type": "replied_to", "id": to}],
    )


def test_answers_are_nested_and_ours_are_marked(x: X, network: Playback) -> None:
    """A direct answer is a comment, an answer to an answer names its parent; nobody's name is asked for."""
    network.answer(200, {"data": [a_post("5", public_metrics={"reply_count": 1})], "meta": {}})
    network.answer(
        200,
        {
            "data": [an_answer("8", "7", "2000000101"), an_answer("7", "5", "900"), a_post("5", conversation_id="5")],
            "meta": {},
        },
    )
    comments = x.comments(["5"])
    theirs, ours = comments.items
    assert (theirs.kind, theirs.parent_remote_id, theirs.own) == (CommentKind.COMMENT, None, False)
    assert (ours.kind, ours.parent_remote_id, ours.own) == (CommentKind.REPLY, "7", True)
    assert {comment.post_id for comment in comments.items} == {"5"}
    assert comments.complete == {"5"}
    assert not any("expansions" in asked.path for asked in network.asked)


def test_an_answer_that_the_search_does_not_reach_is_not_deleted(x: X, network: Playback) -> None:
    """The search ends after seven days: if X counts more answers than it lists, the listing is not the whole."""
    network.answer(200, {"data": [a_post("5", public_metrics={"reply_count": 2})], "meta": {}})
    network.answer(200, {"data": [an_answer("8", "5", "900")], "meta": {}})
    comments = x.comments(["5"])
    assert [comment.remote_id for comment in comments.items] == ["8"]
    assert comments.complete == frozenset()


def test_what_stands_under_a_deleted_post_is_not_told(x: X, network: Playback) -> None:
    """A search would still find the answers; it is not even asked for, since every answer is billed."""
    missing = {"type": "https://api.x.com/2/problems/resource-not-found", "resource_id": "5"}
    network.answer(200, {"meta": {}}).answer(200, {"errors": [missing]})
    comments = x.comments(["5"])
    assert (comments.items, comments.complete) == ((), frozenset())


def test_conversations_are_searched_in_batches(x: X, network: Playback) -> None:
    """A query has at most 512 characters, whatever the number of posts."""
    ids = [str(1990000000000000000 + n) for n in range(30)]
    network.answer(200, {"data": [a_post(post_id) for post_id in ids], "meta": {}})
    for _ in range(6):
        network.answer(200, {"meta": {"result_count": 0}})
    assert x.comments(ids).items == ()
    searches = [asked.path for asked in network.asked if "search" in asked.path]
    assert len(searches) == 6
    assert max(len(path.partition("query=")[2].partition("&")[0].replace("%3A", ":")) for path in searches) <= 512


def test_a_cursor_that_never_ends_is_left(x: X, network: Playback) -> None:
    """Some cursors go in circles: the first page that brings nothing new is the last one paid for, and the listing is not whole."""
    network.answer(200, {"data": [a_post("5")], "meta": {"next_token": "again"}})
    network.answer(200, {"meta": {"result_count": 0, "next_token": "an empty page is not the end"}})
    network.answer(200, {"data": [a_post("5")], "meta": {"next_token": "again"}})
    assert not x.locate(POST, Step(name="create", commits=True), SINCE).complete


@pytest.mark.parametrize("spoilt", [{"id": "no number"}, {"edit_history_tweet_ids": ["no number"]}, {"id": "9" * 5000}])
def test_a_post_without_a_number_is_left_out_of_a_listing_that_is_not_whole_then(
    x: X, network: Playback, spoilt: dict[str, object]
) -> None:
    """Numbers tell which post is newer, so that one without would otherwise be a fault of our own. It may be what was looked for."""
    network.answer(200, {"data": [a_post("5"), a_post("6") | spoilt], "meta": {}})
    found = x.recent(SINCE)
    assert [post.remote_id for post in found.posts] == ["5"]
    assert not found.complete


def test_an_answer_that_comes_twice_counts_once(x: X, network: Playback) -> None:
    """Pages may overlap; two of the same do not make up for one that is missing."""
    network.answer(200, {"data": [a_post("5", public_metrics={"reply_count": 2})], "meta": {}})
    network.answer(200, {"data": [an_answer("8", "5", "900")], "meta": {"next_token": "more"}})
    network.answer(200, {"data": [an_answer("8", "5", "900"), an_answer("7", "8", "901")], "meta": {}})
    comments = x.comments(["5"])
    assert sorted(comment.remote_id for comment in comments.items) == ["7", "8"]
    assert comments.complete == frozenset()


def test_reading_one_post_costs_little_whatever_came_after_it(x: X, network: Playback) -> None:
    """A page of the timeline is never larger than what reading by id would cost."""
    network.answer(200, {"data": [a_post(str(n)) for n in range(90, 95)], "meta": {"next_token": "more"}})
    network.answer(200, {"data": [a_post("3")]})
    assert [counts.remote_id for counts in x.counts(["3"]).counts] == ["3"]
    assert "max_results=5" in network.asked[0].path.split("&")


def test_a_listing_that_goes_in_circles_is_read_on_the_next_time(x: X, network: Playback) -> None:
    """Mentions and news before it may never have been seen: they are asked for again. What X holds back of a page is no reason to."""
    page = {"data": [a_post("1996150800000000001", author_id="7")], "meta": {"next_token": "again"}}
    held_back = {"errors": [{"type": "https://api.x.com/2/problems/not-authorized", "resource_id": "7"}], "meta": {}}

    def heard() -> bool:
        return read(x, Asked(posts=(), tracked=(), now=SINCE, mentions_since=SINCE), lambda _posts: {}).heard

    network.answer(200, page).answer(200, page)
    assert not heard()
    network.answer(200, page).answer(200, held_back)
    assert heard()
    network.answer(200, page).answer(200, page)
    news = x.comments(["1996150800000000000"], {"1996150800000000000": Known(since=SINCE)})
    assert news.unread == {"1996150800000000000"}


def test_a_page_that_holds_something_back_is_not_the_whole(x: X, network: Playback) -> None:
    """X answers 200 and says beside it what it did not give."""
    network.answer(
        200, {"data": [a_post("5")], "errors": [{"type": "about:blank", "title": "Unavailable"}], "meta": {}}
    )
    assert not x.recent(SINCE).complete


def test_an_unknown_step_is_not_run(x: X) -> None:
    """A step that another version wrote is told about, not guessed at."""
    with pytest.raises(Unexpected):
        x.advance(POST, Step(name="thread", commits=True))


def test_an_account_that_does_not_own_the_app_reads_by_id(network: Playback) -> None:
    """Its timeline is no cheaper, so nothing is read that is not wanted."""
    channel = connect(oauth1(owns_app=False), network.network)
    network.answer(200, {"data": [a_post("5", public_metrics={"like_count": 1})]})
    assert [counts.remote_id for counts in channel.counts(["5"]).counts] == ["5"]
    channel.close()
    assert "/2/tweets?" in network.asked[0].path


NOW = "Tue, 24 Nov 2026 07:00:00 GMT"
EPOCH = int(datetime(2026, 11, 24, 7, 0, tzinfo=UTC).timestamp())
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize(
    "told, usage",
    [
        (
            {"limit": "75", "remaining": "74", "reset": str(EPOCH + 600)},
            [Usage(name="x-rate-limit GET /2/users/me", used=1, size=75, pays=Pays.READING, fresh_in=TEN_MINUTES)],
        ),
        ({"limit": "75", "remaining": "80", "reset": str(EPOCH + 600)}, 0),
        ({"limit": "75", "remaining": "0", "reset": str(EPOCH - 1)}, []),
        ({"limit": "75", "remaining": "many", "reset": str(EPOCH + 600)}, []),
        ({"limit": "75", "remaining": "9" * 40, "reset": str(EPOCH + 600)}, []),
        ({"limit": "0", "remaining": "0", "reset": str(EPOCH + 600)}, []),
        ({"limit": "75", "remaining": "0"}, []),
        ({}, []),
    ],
)
def test_every_answer_tells_what_is_left_of_its_endpoint_s_limit(
    x: X, network: Playback, told: dict[str, str], usage: list[Usage] | int
) -> None:
    """Calls used of the window, and until when it lasts; a window that is over, or nonsense, tells nothing."""
    headers = {f"x_rate_limit_{part}": value for part, value in told.items()}
    network.answer(200, {"data": {"id": "2000000101", "name": "Hausj\u00e4rvi", "username": "h"}}, Date=NOW, **headers)
    x.check()
    learnt = list(x.usage())
    assert ([one.used for one in learnt] == [usage]) if isinstance(usage, int) else (learnt == usage)


def test_a_limit_of_the_day_is_told_beside_that_of_the_quarter_of_an_hour(x: X, network: Playback) -> None:
    """Undocumented, and only where posts are made; ids in an address do not make another endpoint of it."""
    headers = {
        "x_rate_limit_limit": "100",
        "x_rate_limit_remaining": "99",
        "x_rate_limit_reset": str(EPOCH + 600),
        "x_app_limit_24hour_limit": "10000",
        "x_app_limit_24hour_remaining": "0",
        "x_app_limit_24hour_reset": str(EPOCH + 36_000),
    }
    network.answer(201, {"data": {"id": "12", "text": "Hei"}}, Date=NOW, **headers)
    x.advance(Post(text="Hei"), x.begin(Post(text="Hei")))
    assert [(one.name, one.used, one.size, one.pays) for one in x.usage()] == [
        ("x-rate-limit POST /2/tweets", 1, 100, Pays.POSTING),
        ("x-app-limit-24hour POST /2/tweets", 10_000, 10_000, Pays.POSTING),
    ]
