"""The sandbox's answers have the shape of recorded ones.

The recordings are not ours to copy into this repository: they are looked for in the folder that TIEDOTE_TEST_REFERENCE names, or in
`shared/reference` beside the checkout.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import requests

from channels.sandbox import Kind, Rule, Sandbox, Served
from tests.sandbox.clients import GRAM, LINKEDIN, META, ORG, OTHER_LINKEDIN, PAGE, X_USER, Graph, LinkedIn, X, enc

REFERENCE = Path(os.environ.get("TIEDOTE_TEST_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference")
RECORDED = REFERENCE / "recorded"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recordings in {RECORDED}")


def meta(name: str) -> Any:
    return json.loads((RECORDED / "meta" / f"{name}.json").read_text("utf-8"))


def x_body(name: str) -> Any:
    return json.loads((RECORDED / "x" / f"{name}.json").read_text("utf-8"))["response"]["body"]


def linkedin_answer(name: str, case: int = 0) -> Any:
    return json.loads((RECORDED / "linkedin" / f"{name}.json").read_text("utf-8"))["exchanges"][case]["response"]


def shape(value: Any) -> Any:
    """Reduce an answer to its keys and the types of its values; of a list, its first element counts."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


# Meta


def test_page_answers(box: Sandbox, graph: Graph) -> None:
    """Read after write, many ids, debug_token, exchange of a comment."""
    made = graph.post(f"{PAGE}/feed", message="Hello", fields="created_time,from,id,message").json()
    assert shape(made) == shape(meta("fb_read_after_write_feed"))
    names = graph.get("", ids=f"{PAGE}", fields="name").json()
    assert [shape(row) for row in names.values()] == [shape(row) for row in list(meta("fb_multi_get_ids").values())[:1]]
    comment = graph.post(f"{made['id']}/comments", message="x", fields="id,message,permalink_url,created_time").json()
    assert shape(comment) == shape(meta("fb_comment_create_with_fields"))
    ours, theirs = graph.get("debug_token", input_token=META).json()["data"], meta("fb_debug_token")["data"]
    assert set(theirs) <= set(ours)
    assert shape({key: ours[key] for key in theirs}) == shape(theirs)


def test_the_pages_of_a_user(graph: Graph) -> None:
    """`me/accounts`, with the Page tokens and tasks."""
    graph.token = "EAAU-user"
    assert shape(graph.get("me/accounts").json()) == shape(meta("fb_me_accounts"))


def test_reactions_by_alias(box: Sandbox, graph: Graph) -> None:
    """Totals by kind, comments' summary, and no shares where nobody shared."""
    post = graph.post_text("MyLife")
    box.react(post, "haha")
    kinds = ",".join(f"reactions.type({kind.upper()}).limit(0).summary(total_count).as({kind})" for kind in KINDS)
    row = graph.get(
        post,
        fields=f"{kinds},reactions.limit(0).summary(total_count),comments.limit(0).summary(true),created_time,updated_time,"
        "message,permalink_url,status_type",
    ).json()
    assert shape(row) == shape(meta("fb_post_reaction_aliases"))
    assert row["haha"] == meta("fb_post_reaction_aliases")["haha"]


KINDS = ("like", "love", "wow", "haha", "sad", "angry")


def test_insights(graph: Graph) -> None:
    """Rows with values; the paging in the recording is not to be followed anyway."""
    names = "post_reactions_like_total,post_reactions_love_total,post_reactions_wow_total"
    rows = graph.get(f"{graph.post_text()}/insights", metric=names).json()["data"]
    assert [shape(row) for row in rows] == [shape(row) for row in meta("fb_post_insights_reactions")["data"]]


def test_usage_header(graph: Graph) -> None:
    """By business account, in percent."""
    recorded = meta("usage_headers")["x-business-use-case-usage"]["112130216863063"]
    assert shape(json.loads(graph.get(PAGE).headers["x-business-use-case-usage"])[PAGE]) == shape(recorded)


def test_graph_errors(box: Sandbox, graph: Graph) -> None:
    """Too many ids, a missing permission, a picture too large."""
    assert (
        graph.get("", ids=",".join("1" * 54)).json()["error"]["message"]
        == meta("error_100_too_many_ids")["error"]["message"]
    )
    box.accounts[0].missing = ("pages_read_engagement",)
    missing = graph.get(f"{PAGE}/published_posts").json()
    assert shape(missing) == shape(meta("error_100_missing_permission"))


def test_instagram_containers_and_media(box: Sandbox, graph: Graph) -> None:
    """Container, its status, the medium, the day's limit."""
    container = graph.container(caption="Hei").json()
    assert shape(container) == shape(meta("ig_container_create"))
    status = graph.get("", ids=container["id"], fields="id,status,status_code").json()[container["id"]]
    recorded = next(iter(meta("ig_containers_multi_get").values()))
    assert {**status, "id": ""} == {**recorded, "id": ""}
    assert shape(graph.publish(container["id"]).json()) == shape(meta("ig_media_publish"))
    limit = graph.get(f"{GRAM}/content_publishing_limit", fields="quota_usage,config").json()
    assert shape(limit) == shape(meta("ig_content_publishing_limit"))


def test_instagram_comments(box: Sandbox, graph: Graph) -> None:
    """A page of them, with a cursor and an address for the next."""
    medium = graph.medium()
    for _ in range(3):
        box.comment(medium, "Beautiful!")
    ours = graph.get(f"{medium}/comments", limit="2").json()
    ours["paging"]["cursors"].pop("before")
    assert shape(ours) == shape(meta("ig_media_comments_page1"))


def test_instagram_s_full_error(graph: Graph) -> None:
    """Title and message for people, and whether it will pass."""
    answer = graph.container(caption="a" * 2201).json()
    recorded = meta("ig_error_36000_2207004")
    assert shape(answer) == shape(recorded)


# X


def test_x_writes(x: X) -> None:
    """Creating and deleting; the recording is from before edit histories."""
    body = x.tweet("Test Tweet").json()
    assert shape({"data": {key: body["data"][key] for key in ("id", "text")}}) == shape(x_body("v2-create-post-201"))
    assert x.ask("DELETE", f"tweets/{body['data']['id']}").json() == x_body("v2-delete-post-200")
    upload = x.upload().json()
    assert shape(upload) == shape(x_body("v2-media-finalize-image-201"))


def test_x_reads(box: Sandbox, x: X) -> None:
    """Listings with their meta."""
    posts = [x.tweet(f"Hei {number}").json()["data"]["id"] for number in range(11)]
    for number in range(11):
        box.comment(posts[0], f"Hei {number}")
        box.comment(posts[0], f"Lainaus {number}", kind="quote")
    assert shape(x.get("tweets", ids=posts[0]).json()) == shape(x_body("v2-get-posts-by-ids-200"))
    assert shape(x.get(f"users/{X_USER}/tweets").json()) == shape(x_body("v2-user-posts-200"))
    assert shape(x.get(f"users/{X_USER}/mentions").json()) == shape(x_body("v2-user-mentions-200"))
    assert shape(x.get("tweets/search/recent", query="Hei").json()) == shape(x_body("v2-search-recent-200"))
    quotes = x.get(f"tweets/{posts[0]}/quote_tweets").json()
    assert set(x_body("v2-quote-posts-200")["meta"]) <= set(quotes["meta"])
    assert shape(x.get("users/me").json()) == shape(x_body("v2-users-me-200"))


def test_x_fields(box: Sandbox, x: X) -> None:
    """Each field that a client of ours may ask for looks as recorded."""
    media = x.upload().json()["data"]["id"]
    post = x.tweet("Katso https://example.fi", media={"media_ids": [media]}).json()["data"]["id"]
    names = "author_id,conversation_id,created_at,edit_history_tweet_ids,id,lang,possibly_sensitive,public_metrics,reply_settings,text"
    ours = x.get(f"tweets/{post}", tweet__fields=f"{names},entities,attachments").json()["data"]
    theirs = x_body("v2-posts-with-metrics-and-includes")["data"][1]
    assert shape({key: ours[key] for key in names.split(",")}) == shape({key: theirs[key] for key in names.split(",")})
    assert shape(ours["attachments"]["media_keys"]) == shape(theirs["attachments"]["media_keys"])
    assert set(ours["entities"]["urls"][-1]) >= {"start", "end", "url", "expanded_url", "display_url", "media_key"}


def test_x_errors(box: Sandbox, x: X, served: Served) -> None:
    """Word for word."""
    x.tweet("Sama")
    assert x.tweet("Sama").json() == x_body("err-403-duplicate")
    form = x.ask("POST", "tweets", data={"text": "x"}).json()
    assert form == x_body("err-400-media-content-type")
    assert X(served.base_url, None).get("users/me").json() == x_body("err-401-unauthorized")
    box.accounts[2].missing = ("write",)
    assert x.tweet("x").json() == x_body("err-403-oauth1-permissions")
    box.accounts[2].credit = 0
    assert x.get("users/me").json() == x_body("err-402-credits-depleted")
    box.add_rule(Rule(kind=Kind.RATE_LIMITED))
    assert x.get("users/me").json() == x_body("err-429-too-many")


# LinkedIn


def test_linkedin_posts(box: Sandbox, linkedin: LinkedIn) -> None:
    """Created with an empty body, read alone and in a listing."""
    answer = linkedin.create()
    recorded = linkedin_answer("03-post-create-text")
    assert (answer.status_code, answer.content or None) == (recorded["status"], recorded["body"])
    assert set(recorded["headers"]) <= set(answer.headers)
    row = linkedin.get(f"posts/{enc(answer.headers['x-restli-id'])}").json()
    theirs = {key: value for key, value in linkedin_answer("11-post-get")["body"].items() if key != "content"}
    row["distribution"].pop("targetEntities")
    assert shape(row) == shape(theirs)
    for number in range(10):
        linkedin.created(f"Teksti {number}")
    listing = linkedin.get(f"posts?q=author&author={enc(linkedin.author)}&count=10&start=0&sortBy=CREATED").json()
    for element in listing["elements"]:
        del element["lifecycleStateInfo"]
    assert shape(listing) == shape(linkedin_answer("12-posts-by-author")["body"])


def test_linkedin_images(box: Sandbox, linkedin: LinkedIn) -> None:
    """Announced, sent, processed, and not for everybody."""
    box.settings.delays.image = 5
    value = linkedin.post(
        "images?action=initializeUpload", {"initializeUploadRequest": {"owner": linkedin.author}}
    ).json()
    assert shape(value) == shape(linkedin_answer("08-image-upload", 0)["body"])
    put = linkedin.put(value["value"]["uploadUrl"])
    assert put.status_code == linkedin_answer("08-image-upload", 1)["status"]
    status = linkedin.get(f"images/{enc(value['value']['image'])}").json()
    assert shape(status) == shape(linkedin_answer("08-image-upload", 2)["body"])
    box.accounts[3].missing = ("r_organization_social",)
    refused = linkedin.get(f"images/{enc(value['value']['image'])}")
    assert refused.json() == linkedin_answer("08-image-upload", 3)["body"]


def test_linkedin_comments(box: Sandbox, linkedin: LinkedIn) -> None:
    """Residents', our own, replies, those without an actor, and the one just made."""
    urn = linkedin.created()
    asked = box.comment(urn, "User test comment", author="Helmi Niemi")
    made = linkedin.comment(urn, "Admin test comment")
    recorded = linkedin_answer("15-comment-write")["body"]
    assert set(recorded) <= set(made.json())
    assert shape({key: made.json()[key] for key in recorded}) == shape(recorded)
    box.comment(urn, "text", anonymous=True)
    box.comment(urn, "And carousels?", author="Eero Lehtonen", parent=asked)
    unnamed, ours, theirs = linkedin.get(f"socialActions/{enc(urn)}/comments").json()["elements"]
    listed = linkedin_answer("14-comments-list", 0)["body"]["elements"]
    assert set(theirs) == set(listed[0])
    assert set(theirs["commentsSummary"]) == set(listed[0]["commentsSummary"])
    assert shape(ours["created"]) == shape(listed[1]["created"])
    bare = linkedin_answer("14-comments-list", 2)["body"]["elements"][0]
    assert shape({key: unnamed[key] for key in bare}) == shape(bare)
    assert "actor" not in unnamed
    (reply,) = linkedin.get(f"socialActions/{enc(asked)}/comments").json()["elements"]
    assert set(linkedin_answer("14-comments-list", 1)["body"]["elements"][0]) <= set(reply)


def test_linkedin_counters(box: Sandbox, linkedin: LinkedIn) -> None:
    """Social metadata, reactions, share statistics."""
    box.accounts[3].tier = "standard"
    urns = [linkedin.created(f"Teksti {number}") for number in range(2)]
    share = next(urn for urn in urns if ":share:" in urn)
    gone = enc("urn:li:ugcPost:1")
    for author, kind in (("Aino Mäkelä", "like"), ("Eero Lehtonen", "praise"), ("Helmi Niemi", "empathy")):
        box.react(share, kind, author=author)
    assert shape(linkedin.get(f"socialMetadata/{enc(share)}").json()) == shape(
        linkedin_answer("17-social-metadata")["body"]
    )
    batch = linkedin.get(f"socialMetadata?ids=List({enc(share)},{gone})").json()
    assert batch["errors"] == {"urn:li:ugcPost:1": {"status": 404, "message": "Not Found"}}
    reactions = linkedin.get(f"reactions/(entity:{enc(share)})?q=entity&start=0&count=10").json()
    assert shape(reactions) == shape(linkedin_answer("16-reactions")["body"])
    path = f"organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={enc(linkedin.author)}"
    statistics = linkedin.get(f"{path}&shares=List({enc(share)})").json()
    recorded = linkedin_answer("18-share-statistics")["body"]
    assert set(statistics["elements"][0]) == set(recorded["elements"][0])
    wanted = {
        "uniqueImpressionsCount",
        "impressionCount",
        "clickCount",
        "likeCount",
        "commentCount",
        "shareCount",
        "engagement",
    }
    assert wanted <= set(statistics["elements"][0]["totalShareStatistics"])


def test_linkedin_s_app_and_organisation(served: Served, linkedin: LinkedIn) -> None:
    """Introspection and roles."""
    form = {"client_id": "client", "client_secret": "client-secret", "token": LINKEDIN}
    body = requests.post(f"{served.base_url}/oauth/v2/introspectToken", data=form, timeout=5).json()
    assert shape(body) == shape(linkedin_answer("02-oauth-introspect")["body"])
    roles = linkedin.get("organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED&count=20&start=0").json()
    assert shape(roles) == shape(linkedin_answer("21-organizations")["body"])
    organisation = linkedin.get(f"organizations/{ORG}").json()
    assert shape(organisation) == shape(linkedin_answer("21-organizations", 1)["body"]["results"]["2414183"])


def test_linkedin_s_refusals_of_tokens(box: Sandbox, linkedin: LinkedIn) -> None:
    """Word for word."""
    urn = linkedin.created()
    theirs = LinkedIn(linkedin.url, OTHER_LINKEDIN, "5000102").created("Loppi")
    linkedin.token = ""
    assert linkedin.get("me").json() == linkedin_answer("22-errors-auth", 2)["body"]
    linkedin.token = "AQX-nobody"
    assert linkedin.get("me").json() == linkedin_answer("22-errors-auth", 1)["body"]
    linkedin.token = LINKEDIN
    box.accounts[3].status = "revoked"
    assert linkedin.get("me").json() == linkedin_answer("22-errors-auth", 0)["body"]
    box.accounts[3].status = "ok"
    wrong = linkedin.post("posts", {**linkedin.body(), "author": "urn:li:organization:1"})
    assert wrong.json() == linkedin_answer("22-errors-auth", 5)["body"]
    foreign = linkedin.get(f"socialActions/{enc(theirs)}/comments").json()
    assert foreign == {"status": 403, "message": f"member is unauthorized on {theirs}"}
    box.accounts[3].missing = ("r_organization_social_feed", "w_organization_social")
    scope = linkedin.get(f"socialActions/{enc(urn)}/comments").json()
    recorded = linkedin_answer("22-errors-auth", 3)["body"]
    assert {**scope, "message": ""} == {**recorded, "message": ""}
    assert scope["message"].rpartition(".")[0] == recorded["message"].rpartition(".")[0]
    assert linkedin.create("x").json() == linkedin_answer("22-errors-auth", 7)["body"]


def test_linkedin_s_refusals_of_requests(linkedin: LinkedIn) -> None:
    """Word for word."""
    path = f"organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={enc(linkedin.author)}"
    cases = [
        (0, linkedin.ask("GET", "me", {"LinkedIn-Version": "202504"})),
        (2, linkedin.get("socialActions/urn:li:share:7105273271557726208/comments")),
        (3, linkedin.get(f"{path}&timeIntervals=%28timeRange%3A...%29")),
        (4, linkedin.get("posts?q=author&author=urn:li:organization:1")),
        (5, linkedin.ask("POST", "posts", data="x")),
        (
            6,
            linkedin.post(
                "posts", {key: linkedin.body()[key] for key in ("visibility", "distribution", "lifecycleState")}
            ),
        ),
    ]
    del linkedin.headers["LinkedIn-Version"]
    cases.append((1, linkedin.get("me")))
    for case, answer in cases:
        recorded = linkedin_answer("23-errors-version-request", case)
        assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])


def test_linkedin_s_refusals_of_content(box: Sandbox, linkedin: LinkedIn) -> None:
    """Word for word, but for the URN they name."""
    urn = linkedin.created("Sama")
    duplicate = linkedin.create("Sama").json()
    recorded = linkedin_answer("24-errors-content-media", 0)["body"]
    assert {**duplicate, "message": duplicate["message"].replace(urn, "URN")} == {
        **recorded,
        "message": recorded["message"].replace("urn:li:share:7141138937766391808", "URN"),
    }
    box.settings.delays.activity = 60
    waiting = linkedin.initialize()["image"]
    cases = [
        (1, linkedin.get(f"posts/{enc('urn:li:share:7431329065766260736')}")),
        (2, linkedin.create("a" * 3001)),
        (3, linkedin.create("x", content={"media": {"id": waiting}})),
        (4, linkedin.comment(urn, "x", content=[])),
    ]
    for case, answer in cases:
        recorded = linkedin_answer("24-errors-content-media", case)
        assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])
    early = linkedin.comment(urn).json()
    assert early == {"status": 404, "message": f"Unable to obtain activity for {urn}"}
    blank = linkedin.create("x", content={"media": {"id": waiting, "altText": ""}})
    assert blank.json() == linkedin_answer("05-post-create-images", 2)["body"]


def test_linkedin_s_throttle(box: Sandbox, linkedin: LinkedIn) -> None:
    """Word for word."""
    box.settings.quotas.linkedin_member = 0
    assert linkedin.get("me").json() == linkedin_answer("25-errors-throttle", 0)["body"]
    box.settings.quotas.linkedin_member = 100
    urn = linkedin.created()
    box.settings.quotas.linkedin_comments_a_minute = 1
    linkedin.comment(urn)
    assert linkedin.comment(urn).json() == linkedin_answer("25-errors-throttle", 1)["body"]
