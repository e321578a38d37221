"""X: posts, media, replies, listings, search, limits, price; and everything that is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]

from channels.sandbox import Sandbox, Served, tweettext
from tests.sandbox.clients import X_USER, BearerAuth, X, image, oversized


def problem(answer: requests.Response) -> str:
    """Read what an error says."""
    body = answer.json()
    return str(body["errors"][0]["message"] if "errors" in body else body["detail"])


def test_a_post_is_stored_as_x_stores_it(box: Sandbox, x: X) -> None:
    """Escaped, links behind t.co, one more link for its media; residents see the words that were sent."""
    media = x.upload().json()["data"]["id"]
    assert x.alt(media, "Kuvassa lomake").status_code == 200
    text = "Hae <nyt> & heti: https://www.hausjarvi.fi/lupa?utm_source=x ä"
    answer = x.tweet(text, media={"media_ids": [media]})
    assert answer.status_code == 201
    stored = answer.json()["data"]["text"]
    assert stored.startswith("Hae &lt;nyt&gt; &amp; heti: https://t.co/")
    assert stored.count("https://t.co/") == 2
    (post,) = box.ledger()
    assert (post.text, [picture.alt for picture in post.pictures]) == (text, ["Kuvassa lomake"])


def test_entities_lead_from_t_co_to_the_link(x: X) -> None:
    """Positions point at the short link in the unescaped text."""
    post = x.tweet("Katso & lue https://www.hausjarvi.fi/a").json()["data"]["id"]
    row = x.get(f"tweets/{post}", tweet__fields="entities").json()["data"]
    (link,) = row["entities"]["urls"]
    assert link["expanded_url"] == "https://www.hausjarvi.fi/a"
    assert tweettext.unescape(row["text"])[link["start"] : link["end"]] == link["url"]


@pytest.mark.parametrize(
    "text, fits",
    [
        ("a" * 280, True),
        ("a" * 281, False),
        ("漢" * 140, True),
        ("漢" * 141, False),
        ("👩‍👩‍👧‍👦" * 140, True),
        ("👩‍👩‍👧‍👦" * 141, False),
        ("a" * 256 + " " + "https://www.hausjarvi.fi/" + "b" * 200, True),
        ("a" * 257 + " " + "https://www.hausjarvi.fi/" + "b" * 200, False),
        ("a" * 256 + " x.fi", True),
        ("a" * 257 + " x.fi", False),
    ],
    ids=lambda value: value[-12:] if isinstance(value, str) else str(value),
)
def test_length_is_weighted(x: X, text: str, *, fits: bool) -> None:
    """280 weighted; any link is 23, any emoji 2."""
    answer = x.tweet(text)
    assert answer.status_code == (201 if fits else 400)
    if not fits:
        assert "too long" in problem(answer)


@pytest.mark.parametrize(
    "body, words",
    [
        ({"text": "Hei", "message": "x"}, "$.message: is not defined in the schema"),
        ({"text": ""}, "text is required"),
        ({}, "text is required"),
        ({"text": 5}, "string expected"),
        ({"text": "Hei", "media": {"media_ids": []}}, "between 1 and 4"),
        ({"text": "Hei", "media": {"media_ids": ["1"] * 5}}, "between 1 and 4"),
        ({"text": "Hei", "media": {"media_ids": [1]}}, "between 1 and 4"),
        ({"text": "Hei", "media": {"media_ids": ["1"]}}, "media IDs are invalid"),
        ({"text": "Hei", "media": {"ids": ["1"]}}, "$.media: is not valid"),
        ({"text": "Hei", "reply": {"to": "1"}}, "$.reply: is not valid"),
        ({"text": "Hei", "reply": {"in_reply_to_tweet_id": 5}}, "does not match the regex"),
        ({"text": "Hei", "poll": {"options": ["a"], "duration_minutes": 60}}, "between 2 and 4 items"),
        ({"text": "Hei", "poll": {"options": ["a", "b" * 26], "duration_minutes": 60}}, "between 1 and 25"),
        ({"text": "Hei", "poll": {"options": ["a", ""], "duration_minutes": 60}}, "between 1 and 25"),
        ({"text": "Hei", "poll": {"options": ["a", "b"], "duration_minutes": 10_081}}, "between 5 and 10080"),
        ({"text": "Hei", "poll": {"options": ["a", "b"], "days": 1}}, "$.poll: is not valid"),
        (
            {"text": "Hei", "media": {"media_ids": []}, "poll": {"options": ["a", "b"], "duration_minutes": 60}},
            "media_ids",
        ),
        ({"text": "Hei", "made_with_ai": "yes"}, "boolean expected"),
        ({"text": "Hei", "reply_settings": "everyone"}, "$.reply_settings"),
        ([], "object expected"),
    ],
)
def test_a_body_is_held_against_the_schema(x: X, body: Any, words: str) -> None:
    """Unknown members are refused, not dropped."""
    answer = x.post("tweets", body)
    assert answer.status_code == 400
    assert words in problem(answer)
    assert answer.json()["type"].endswith("/invalid-request")


def test_a_body_must_be_json(x: X) -> None:
    """A form is refused in X's own words."""
    answer = x.ask("POST", "tweets", data={"text": "Hei"})
    assert (answer.status_code, problem(answer)) == (
        400,
        "Requests with bodies must have content-type of application/json.",
    )
    broken = x.ask("POST", "tweets", data=b'{"text"', headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


def test_the_same_words_are_a_duplicate(box: Sandbox, x: X) -> None:
    """403, for a day, not for posts with media, and not after the first was deleted."""
    first = x.tweet("Sama").json()["data"]["id"]
    again = x.tweet("Sama")
    assert (again.status_code, again.json()["type"], again.json()["detail"]) == (
        403,
        "about:blank",
        "You are not allowed to create a Tweet with duplicate content.",
    )
    media = x.upload().json()["data"]["id"]
    assert x.tweet("Sama", media={"media_ids": [media]}).status_code == 201
    assert x.ask("DELETE", f"tweets/{first}").json() == {"data": {"deleted": True}}
    assert x.tweet("Sama").status_code == 201
    box.clock.advance(86_401)
    assert x.tweet("Sama").status_code == 201
    box.settings.quotas.x_duplicates = 0
    assert x.tweet("Sama").status_code == 201


@pytest.mark.parametrize("text", ["Osta $AAA ja $BBB", "Hei @joku muu", "Kunta tai/@joku"])
def test_cashtags_and_mentions_are_restricted(x: X, text: str) -> None:
    """One cashtag at most, and nobody is named who did not ask."""
    assert x.tweet(text).status_code == 403
    assert x.tweet("Vain $AAA, sanoo @hausjarvi").status_code == 201


@pytest.mark.parametrize("text", ["Lue https://kunta.fi/@talo", "Merkki @0@ ei ole kukaan"])
def test_what_twitter_text_finds_no_mention_in_is_taken(x: X, text: str) -> None:
    """A part of a link names nobody, nor does a sign with another one right after it."""
    assert x.tweet(text).status_code == 201


def test_quoting_needs_a_plan_that_we_do_not_have(x: X) -> None:
    """Reading quotes does not."""
    first = x.tweet("Hei").json()["data"]["id"]
    assert x.tweet("Katso", quote_tweet_id=first).status_code == 403


def test_a_thread_is_one_conversation(box: Sandbox, x: X) -> None:
    """Own posts may be answered; all parts share the first one's id."""
    first = x.tweet("1/2").json()["data"]["id"]
    second = x.reply("2/2", first).json()["data"]["id"]
    fields = "conversation_id,in_reply_to_user_id,referenced_tweets"
    row = x.get(f"tweets/{second}", tweet__fields=fields).json()["data"]
    assert row["conversation_id"] == first
    assert row["in_reply_to_user_id"] == X_USER
    assert row["referenced_tweets"] == [{"type": "replied_to", "id": first}]
    assert [post.reply_to for post in box.ledger()] == [None, first]


def test_replies_go_only_to_those_who_named_us(box: Sandbox, x: X) -> None:
    """Who answers, quotes or mentions us may be answered; a stranger may not."""
    first = x.tweet("Hei").json()["data"]["id"]
    answer = box.comment(first, "Mihin asti?", author="Helmi Niemi")
    mention = box.comment("", "Hyvä @hausjarvi!", author="Eero Lehtonen", kind="mention")
    stranger = box.comment("", "Sataa taas.", author="Matti Hakala", kind="mention")
    quote = box.comment(first, "Lukekaa tämä", author="Sanna Virtanen", kind="quote")
    assert x.reply("Perjantaihin", answer).status_code == 201
    assert x.reply("Kiitos", mention).status_code == 201
    assert x.reply("Kiitos sinulle", quote).status_code == 201
    refused = x.reply("Niin sataa", stranger)
    assert (refused.status_code, refused.json()["title"]) == (403, "Authorization Error")
    assert "mentioned or are the author" in problem(refused)
    assert x.reply("Kuka?", "1").status_code == 403


def test_mentions_that_lead_a_reply_are_not_counted(box: Sandbox, x: X) -> None:
    """Handles in front of the words cost nothing."""
    first = x.tweet("Hei").json()["data"]["id"]
    answer = box.comment(first, "Mihin asti?", author="Helmi Niemi")
    handle = x.get("users/" + box.world.posts[answer].author).json()["data"]["username"]
    assert x.reply(f"@{handle} " + "a" * 280, answer).status_code == 201
    assert x.reply(f"@{handle} " + "a" * 281, answer).status_code == 400


def test_only_own_posts_are_deleted(box: Sandbox, x: X) -> None:
    """A resident's is refused, one that is gone answers false."""
    theirs = box.comment("", "Hei @hausjarvi", kind="mention")
    assert x.ask("DELETE", f"tweets/{theirs}").status_code == 403
    assert x.ask("DELETE", "tweets/1").json() == {"data": {"deleted": False}}


@pytest.mark.parametrize("way", ["json", "multipart"])
def test_a_picture_is_uploaded_in_one_go(x: X, way: str) -> None:
    """Base64 in JSON, or bytes in a form."""
    data = image(640, 480, "PNG")
    if way == "json":
        answer = x.upload(data)
    else:
        files = {"media": ("a.png", data, "image/png")}
        answer = x.ask("POST", "media/upload", data={"media_category": "tweet_image"}, files=files)
    body = answer.json()["data"]
    assert answer.status_code == 200
    assert body["media_key"] == f"3_{body['id']}"
    assert (body["size"], body["expires_after_secs"]) == (len(data), 86_400)
    assert body["image"] == {"image_type": "image/png", "w": 640, "h": 480}


@pytest.mark.parametrize(
    "body, words",
    [
        ({"media": "////"}, "media_category: is missing"),
        ({"media_category": "tweet_image"}, "media: is missing"),
        ({"media": "not base64!", "media_category": "tweet_image"}, "not base64"),
        ({"media": "aGVp", "media_category": "tweet_image"}, "could not be recognised"),
        ({"media": "aGVp", "media_category": "tweet_video"}, "tweet_video is not taken"),
        ({"media": "aGVp", "media_category": "tweet_image", "alt": "x"}, "$.alt: is not defined"),
    ],
)
def test_uploads_that_are_no_good_are_refused(x: X, body: dict[str, str], words: str) -> None:
    """Both fields are needed, and a picture must be one."""
    answer = x.post("media/upload", body)
    assert answer.status_code == 400
    assert words in problem(answer)


def test_uploads_have_a_largest_size_and_an_owner(box: Sandbox, x: X, served: Served) -> None:
    """Five megabytes; another account's upload is nobody's; and after a day it is gone."""
    assert x.upload(oversized(800, 600, 5 * 1024 * 1024)).status_code == 200
    assert "exceeds" in problem(x.upload(oversized(800, 600, 5 * 1024 * 1024 + 1)))
    theirs = X(served.base_url, BearerAuth("bearer-two")).upload().json()["data"]["id"]
    assert "invalid" in problem(x.tweet("Hei", media={"media_ids": [theirs]}))
    ours = x.upload().json()["data"]["id"]
    assert "invalid" in problem(x.tweet("Hei", media={"media_ids": [ours, ours]}))
    box.clock.advance(86_400)
    assert "invalid" in problem(x.tweet("Hei", media={"media_ids": [ours]}))


def test_alternative_text_has_its_limit(x: X) -> None:
    """A thousand characters, for an upload of our own."""
    media = x.upload().json()["data"]["id"]
    assert x.alt(media, "ä" * 1000).json()["data"]["associated_metadata"] == {"alt_text": {"text": "ä" * 1000}}
    assert x.alt(media, "ä" * 1001).status_code == 400
    assert x.alt("1", "ä").status_code == 400
    assert x.post("media/metadata", {"id": media}).status_code == 400


def test_media_are_read_back_with_their_text(x: X) -> None:
    """Through an expansion, in order."""
    ids = [x.upload(image(600 + n, 400)).json()["data"]["id"] for n in range(4)]
    x.alt(ids[1], "Toinen")
    post = x.tweet("Neljä", media={"media_ids": ids}).json()["data"]["id"]
    body = x.get(
        f"tweets/{post}",
        tweet__fields="attachments",
        expansions="attachments.media_keys,author_id",
        media__fields="alt_text,width,url",
    ).json()
    assert body["data"]["attachments"]["media_keys"] == [f"3_{media}" for media in ids]
    assert [row.get("alt_text") for row in body["includes"]["media"]] == [None, "Toinen", None, None]
    assert [row["width"] for row in body["includes"]["media"]] == [600, 601, 602, 603]
    assert body["includes"]["users"] == [{"id": X_USER, "name": "Hausjärvi", "username": "hausjarvi"}]


def test_a_timeline_is_read_page_by_page(box: Sandbox, x: X) -> None:
    """Newest first; next_token until there is no more; what is older than a moment can be left out."""
    ids = []
    for number in range(12):
        ids.append(x.tweet(f"Teksti {number}").json()["data"]["id"])
        box.clock.advance(60)
    first = x.get(f"users/{X_USER}/tweets", max_results=5).json()
    second = x.get(f"users/{X_USER}/tweets", max_results=5, pagination_token=first["meta"]["next_token"]).json()
    third = x.get(f"users/{X_USER}/tweets", max_results=5, pagination_token=second["meta"]["next_token"]).json()
    assert [row["id"] for page in (first, second, third) for row in page["data"]] == ids[::-1]
    assert first["meta"] == {
        "result_count": 5,
        "newest_id": ids[11],
        "oldest_id": ids[7],
        "next_token": first["meta"]["next_token"],
    }
    assert "next_token" not in third["meta"]
    recent = x.get(f"users/{X_USER}/tweets", start_time="2026-12-01T07:10:00Z").json()["data"]
    assert [row["id"] for row in recent] == [ids[11], ids[10]]
    since = x.get(f"users/{X_USER}/tweets", since_id=ids[9], until_id=ids[11]).json()["data"]
    assert [row["id"] for row in since] == [ids[10]]


def test_a_timeline_may_lag(box: Sandbox, x: X) -> None:
    """Nothing yet is an answer without `data`."""
    box.settings.delays.listing = 10
    post = x.tweet("Hei").json()["data"]["id"]
    assert x.get(f"users/{X_USER}/tweets").json() == {"meta": {"result_count": 0}}
    assert x.get(f"tweets/{post}").json()["data"]["id"] == post
    box.clock.advance(10)
    assert x.get(f"users/{X_USER}/tweets").json()["meta"]["result_count"] == 1


@pytest.mark.parametrize(
    "path, params",
    [
        (f"users/{X_USER}/tweets", {"max_results": 4}),
        (f"users/{X_USER}/tweets", {"max_results": 101}),
        (f"users/{X_USER}/tweets", {"since_id": "eilen"}),
        (f"users/{X_USER}/tweets", {"start_time": "eilen"}),
        (f"users/{X_USER}/tweets", {"start_time": "2026-12-01T07:10:00"}),
        (f"users/{X_USER}/tweets", {"pagination_token": "x"}),
        (f"users/{X_USER}/tweets", {"limit": 5}),
        ("users/hausjarvi/tweets", {}),
        ("tweets", {"ids": ",".join(["1"] * 101)}),
        ("tweets", {}),
        ("tweets/search/recent", {"query": ""}),
        ("tweets/search/recent", {"query": "a" * 513}),
        ("tweets/search/recent", {"query": "from:@hausjarvi"}),
        ("tweets/search/recent", {"query": "min_faves:5"}),
        ("tweets/search/recent", {"query": "hei", "max_results": 5}),
    ],
)
def test_parameters_are_checked(x: X, path: str, params: dict[str, Any]) -> None:
    """What X does not know or allow is a 400."""
    answer = x.get(path, **params)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


def test_many_posts_come_with_their_counters(box: Sandbox, x: X) -> None:
    """What is gone is listed apart, with status 200; unknown field names are dropped without a word."""
    post = x.tweet("Hei").json()["data"]["id"]
    gone = x.tweet("Poistuva").json()["data"]["id"]
    x.ask("DELETE", f"tweets/{gone}")
    box.react(post, author="Aino Mäkelä")
    box.share(post, author="Eero Lehtonen")
    box.comment(post, "Kysymys")
    box.comment(post, "Lainaus", kind="quote")
    box.view(post, 10)
    answer = x.get("tweets", ids=f"{post},{gone}", tweet__fields="public_metrics,created_at,colour")
    body = answer.json()
    assert answer.status_code == 200
    (row,) = body["data"]
    assert row["public_metrics"] == {
        "retweet_count": 1,
        "reply_count": 1,
        "like_count": 1,
        "quote_count": 1,
        "bookmark_count": 0,
        "impression_count": 12,
    }
    assert row["created_at"] == "2026-12-01T07:00:00.000Z"
    assert "colour" not in row
    assert [(fault["resource_id"], fault["title"]) for fault in body["errors"]] == [(gone, "Not Found Error")]
    assert x.get(f"tweets/{gone}").json()["errors"][0]["type"].endswith("/resource-not-found")


def test_conversations_are_found_by_search(box: Sandbox, x: X) -> None:
    """Several at once with OR, without our own; only of the last seven days."""
    first, second = (x.tweet(text).json()["data"]["id"] for text in ("Yksi", "Kaksi"))
    asked = box.comment(first, "Mihin asti?", author="Helmi Niemi")
    deeper = box.comment(first, "Sama", author="Eero Lehtonen", parent=asked)
    other = box.comment(second, "Hyvä", author="Aino Mäkelä")
    x.reply("Perjantaihin", asked)
    query = f"(conversation_id:{first} OR conversation_id:{second}) -from:hausjarvi"
    rows = x.get("tweets/search/recent", query=query, tweet__fields="conversation_id,author_id").json()["data"]
    assert {row["id"] for row in rows} == {asked, deeper, other}
    assert {row["conversation_id"] for row in rows} == {first, second}
    replies = x.get("tweets/search/recent", query=f"conversation_id:{first} is:reply from:hausjarvi").json()
    assert replies["meta"]["result_count"] == 1
    box.clock.advance(8 * 86_400)
    assert x.get("tweets/search/recent", query=query).json() == {"meta": {"result_count": 0}}


def test_mentions_and_quotes_have_listings_of_their_own(box: Sandbox, x: X) -> None:
    """Mentions have the replies too; quotes are in no search for words."""
    post = x.tweet("Hei").json()["data"]["id"]
    reply = box.comment(post, "Kysymys", author="Helmi Niemi")
    mention = box.comment("", "Terveisiä @hausjarvi", author="Eero Lehtonen", kind="mention")
    quote = box.comment(post, "Lukekaa", author="Aino Mäkelä", kind="quote")
    assert [row["id"] for row in x.get(f"users/{X_USER}/mentions").json()["data"]] == [mention, reply]
    assert [row["id"] for row in x.get(f"tweets/{post}/quote_tweets").json()["data"]] == [quote]
    expanded = x.get(f"users/{X_USER}/mentions", expansions="referenced_tweets.id").json()["includes"]["tweets"]
    assert [row["id"] for row in expanded] == [post]


def test_users_are_found_by_id_and_handle(x: X) -> None:
    """And `me` is the one who asks."""
    row = {"id": X_USER, "name": "Hausjärvi", "username": "hausjarvi"}
    assert x.get("users/me").json() == {"data": row}
    assert x.get(f"users/{X_USER}").json() == {"data": row}
    assert x.get("users/by/username/Hausjarvi").json() == {"data": row}
    assert "errors" in x.get("users/5").json()
    assert x.get("users/me", user__fields="public_metrics").json()["data"]["public_metrics"]["followers_count"] == 1200


@pytest.mark.parametrize(
    "keys",
    [
        ("other", "app-secret", "2000000101-t", "s"),
        ("app-key", "other", "2000000101-t", "s"),
        ("app-key", "app-secret", "other", "s"),
        ("app-key", "app-secret", "2000000101-t", "other"),
    ],
)
def test_each_part_of_the_signature_counts(served: Served, keys: tuple[str, str, str, str]) -> None:
    """A wrong key, secret or token is a 401."""
    answer = X(served.base_url, OAuth1(*keys)).get("users/me")
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")
    assert answer.headers["content-type"] == "application/problem+json"


def _prepared(x: X, path: str = "users/me", **params: str) -> requests.PreparedRequest:
    return requests.Request("GET", f"{x.url}/2/{path}", params=params, auth=x.auth).prepare()


def test_the_address_that_is_sent_is_what_was_signed(x: X) -> None:
    """Another host, path or query than the signed one is a 401."""
    for signed, sent in (
        ("http://127.0.0.1", "http://localhost"),
        ("users/me", f"users/{X_USER}"),
        ("verified", "protected"),
    ):
        request = _prepared(x, "users/me", **{"user.fields": "verified"})
        assert request.url is not None
        request.url = request.url.replace(signed, sent)
        assert requests.Session().send(request, timeout=5).status_code == 401
    assert (
        requests.Session().send(_prepared(x, "users/me", **{"user.fields": "verified"}), timeout=5).status_code == 200
    )


def test_a_signature_serves_once_and_for_five_minutes(x: X, served: Served) -> None:
    """The same request sent again is a replay, an old one is stale."""
    request = _prepared(x)
    assert requests.Session().send(request, timeout=5).status_code == 200
    assert requests.Session().send(request, timeout=5).status_code == 401
    old = X(
        served.base_url, OAuth1("app-key", "app-secret", "2000000101-t", "s", timestamp=str(int(time.time()) - 400))
    )
    assert old.get("users/me").status_code == 401


def test_a_bearer_token_is_for_accounts_without_a_secret(served: Served) -> None:
    """An OAuth 2.0 user token writes; an OAuth 1.0a token is no bearer token."""
    assert X(served.base_url, BearerAuth("bearer-two")).tweet("Hei Loppi").status_code == 201
    assert X(served.base_url, BearerAuth("2000000101-t")).get("users/me").status_code == 401
    assert X(served.base_url, None).get("users/me").status_code == 401


@pytest.mark.parametrize("status", ["expired", "invalid", "revoked"])
def test_a_dead_token_is_a_401(box: Sandbox, x: X, status) -> None:
    """X does not say why."""
    box.accounts[2].status = status
    assert x.get("users/me").status_code == 401


def test_read_only_keys_cannot_write(box: Sandbox, x: X) -> None:
    """The app's permissions are named; reading still works."""
    box.accounts[2].missing = ("write",)
    answer = x.tweet("Hei")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "oauth1-permissions")
    assert x.get("users/me").status_code == 200


def test_a_restricted_account_cannot_write(box: Sandbox, x: X) -> None:
    """Anti-spam says no more than this."""
    box.accounts[2].status = "restricted"
    assert problem(x.tweet("Hei")) == "You are not permitted to perform this action."


def test_credit_is_spent_and_ends(box: Sandbox, x: X) -> None:
    """A post costs 0.015, with a link 0.20, an alternative text 0.005; then everything is 402, with healthy rate headers."""
    account = box.accounts[2]
    account.credit = 0.22
    x.tweet("Hei")
    assert account.credit == pytest.approx(0.205)
    x.alt(x.upload().json()["data"]["id"], "Kuva")
    assert account.credit == pytest.approx(0.2)
    assert x.tweet("Hae www.hausjarvi.fi").status_code == 201
    assert account.credit == pytest.approx(0)
    answer = x.get("users/me")
    assert answer.status_code == 402
    assert answer.json()["type"] == "https://api.x.com/2/problems/credits-depleted"
    assert int(answer.headers["x-rate-limit-remaining"]) > 0


def test_every_answer_tells_its_limit_and_keeps_it(box: Sandbox, x: X) -> None:
    """By user and call, in windows of a quarter of an hour."""
    box.settings.quotas.x_limits["POST /2/tweets"] = 2
    first = x.tweet("Yksi")
    assert (first.headers["x-rate-limit-limit"], first.headers["x-rate-limit-remaining"]) == ("2", "1")
    assert int(first.headers["x-rate-limit-reset"]) == int(box.clock.stamp()) + 900
    x.tweet("Kaksi")
    refused = x.tweet("Kolme")
    assert (refused.status_code, refused.json()["title"]) == (429, "Too Many Requests")
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert x.get("users/me").status_code == 200
    box.clock.advance(900)
    assert x.tweet("Kolme").status_code == 201


def test_an_app_has_a_daily_limit(box: Sandbox, x: X) -> None:
    """It has headers of its own; waiting a quarter of an hour does not help."""
    box.settings.quotas.x_posts_a_day = 1
    assert x.tweet("Yksi").headers["x-app-limit-24hour-remaining"] == "0"
    box.clock.advance(900)
    assert x.tweet("Kaksi").status_code == 429


def test_what_is_not_there_is_a_404_and_the_old_api_a_403(x: X, served: Served) -> None:
    """v1.1 answers with its code 453."""
    assert x.get("tweets/1/liking_users").status_code == 404
    old = requests.post(f"{served.base_url}/1.1/media/upload.json", timeout=5)
    assert (old.status_code, old.json()["errors"][0]["code"]) == (403, 453)


def test_the_second_port_is_signed_for_itself(served: Served) -> None:
    """One sandbox, several addresses; each signature is for the one that was asked."""
    assert X(served.urls[1]).get("users/me").status_code == 200


@pytest.mark.parametrize("text", ["Hei", "a.fi b.fi", "ä" * 30 + " https://example.fi/ä?x=(1)", "😀 https://x.fi"])
def test_storing_keeps_every_word(text: str) -> None:
    """Putting the links back gives the text that was sent."""
    stored = tweettext.store(text, [])
    plain = tweettext.unescape(stored.text)
    for link in reversed(stored.links):
        assert plain[link.start : link.end] == link.url
        shown = link.expanded if link.expanded in text else link.expanded.removeprefix("http://")
        plain = plain[: link.start] + shown + plain[link.end :]
    assert plain == text


def bought(box: Sandbox) -> dict[str, int]:
    """The bill, by item."""
    return {line.item: line.count for line in box.bill()}


def test_what_is_read_again_on_a_day_is_billed_once(box: Sandbox, x: X) -> None:
    """For an app, by the day in UTC; each line of the price list for itself, and nothing for what was refused."""
    post_id = x.tweet("Hei").json()["data"]["id"]
    for _ in range(3):
        x.get("tweets", ids=post_id)
        x.get("users/me")
    x.get("tweets", ids="1")
    assert x.get("tweets", ids="none").status_code == 400
    assert bought(box) == {"post": 1, "reading": 1, "user_reading": 1}
    box.clock.advance(86_400)
    x.get("tweets", ids=post_id)
    assert bought(box)["reading"] == 2


@pytest.mark.parametrize("item", ["own_reading", "reading"])
def test_only_the_owner_of_the_app_reads_its_own_posts_for_less(box: Sandbox, x: X, item: str) -> None:
    """Its timeline, and no other's."""
    box.accounts[2].owns_app = item == "own_reading"
    x.tweet("Hei")
    box.clock.advance(60)
    x.get(f"users/{box.accounts[2].account_id}/tweets")
    assert bought(box) == {"post": 1, item: 1}


def test_people_beside_posts_are_billed_too(box: Sandbox, x: X) -> None:
    """Each author that an expansion brings along is a user read."""
    post_id = x.tweet("Hei").json()["data"]["id"]
    x.get("tweets", ids=post_id, expansions="author_id")
    assert bought(box) == {"post": 1, "reading": 1, "user_reading": 1}


def test_the_bill_is_told(box: Sandbox, x: X, served: Served) -> None:
    """By account, month and line."""
    x.tweet("Hae www.hausjarvi.fi")
    month = f"{box.clock.now():%Y-%m}"
    line = {
        "account_id": box.accounts[2].account_id,
        "month": month,
        "item": "post_with_link",
        "count": 1,
        "dollars": 0.2,
    }
    assert requests.get(f"{served.base_url}/_sandbox/bill", timeout=5).json() == [line]
    box.reset()
    assert box.bill() == ()
