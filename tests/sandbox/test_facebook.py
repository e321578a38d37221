"""Facebook Pages: photos, drafts, posts, comments, counters; and everything that is refused."""

from __future__ import annotations

import pytest
import requests
from PIL import Image

from channels.sandbox import Sandbox, Served
from tests.sandbox.clients import OTHER_META, OTHER_PAGE, PAGE, Graph, error, image, media, oversized


def test_a_post_with_pictures_goes_through_photos_and_a_draft(box: Sandbox, graph: Graph) -> None:
    """Residents see nothing before the draft is flipped, and then words, pictures and alternative texts in order."""
    ids = [graph.photo(image(600 + n, 400), alt_text_custom=f"Kuva {n}").json()["id"] for n in range(3)]
    draft = graph.post(f"{PAGE}/feed", message="Hei ä😀", attached_media=media(*ids), published="false").json()["id"]
    assert box.ledger() == ()
    assert [post.text for post in box.drafts()] == ["Hei ä😀"]
    assert graph.get(draft, fields="is_published").json()["is_published"] is False
    assert graph.post(draft, is_published="true").json() == {"success": True}
    (post,) = box.ledger()
    assert (post.text, post.visible) == ("Hei ä😀", True)
    assert [picture.alt for picture in post.pictures] == ["Kuva 0", "Kuva 1", "Kuva 2"]
    assert [picture.width for picture in post.pictures] == [600, 601, 602]
    assert graph.get(draft, fields="is_published").json()["is_published"] is True


def test_publishing_a_known_draft_again_changes_nothing(box: Sandbox, graph: Graph) -> None:
    """Flipping is repeatable: one post, published when it was flipped first."""
    draft = graph.post_text("Hei", published="false")
    graph.post(draft, is_published="true")
    first = box.ledger()
    box.clock.advance(60)
    assert graph.post(draft, is_published="true").json() == {"success": True}
    assert box.ledger() == first


def test_a_published_post_cannot_become_a_draft_again(graph: Graph) -> None:
    """There is no way back but deleting."""
    assert error(graph.post(graph.post_text(), is_published="false")) == (100, None)


def test_a_draft_is_in_no_listing(graph: Graph) -> None:
    """A lost draft costs nobody anything."""
    graph.post_text("Salaa", published="false")
    for edge in ("published_posts", "posts", "feed"):
        assert graph.get(f"{PAGE}/{edge}").json() == {"data": []}


def test_photos_of_a_lost_draft_can_be_used_again(box: Sandbox, graph: Graph) -> None:
    """Two drafts may name the same photos; the second can still be published, then the photos are spent."""
    photo = graph.photo().json()["id"]
    drafts = [
        graph.post(f"{PAGE}/feed", message=f"Luonnos {n}", attached_media=media(photo), published="false").json()["id"]
        for n in range(2)
    ]
    assert graph.post(drafts[1], is_published="true").status_code == 200
    assert error(graph.post(f"{PAGE}/feed", message="Uusi", attached_media=media(photo))) == (100, 1366051)
    assert error(graph.post(drafts[0], is_published="true")) == (100, 1366051)
    assert [len(post.pictures) for post in box.ledger()] == [1]


def test_one_photo_can_be_a_post_at_once(box: Sandbox, graph: Graph) -> None:
    """Without published=false a photo is a post, with the caption as its words."""
    row = graph.photo(published="true", caption="Kuvateksti").json()
    assert set(row) == {"id", "post_id"}
    (post,) = box.ledger()
    assert (post.id, post.text, len(post.pictures)) == (row["post_id"], "Kuvateksti", 1)


def test_an_unpublished_photo_tells_no_post(graph: Graph) -> None:
    """Its answer has the id alone."""
    assert set(graph.photo().json()) == {"id"}


def test_a_photo_can_be_read_back_and_fetched(graph: Graph) -> None:
    """Alternative text, sizes largest first, and bytes that anybody may fetch."""
    data = image(1200, 900)
    photo = graph.photo(data, alt_text_custom="Kartta").json()["id"]
    row = graph.get(photo, fields="images,alt_text,alt_text_custom,width,height,link").json()
    assert (row["alt_text"], row["alt_text_custom"]) == ("Kartta", "Kartta")
    assert (row["images"][0]["width"], row["images"][0]["height"]) == (1200, 900)
    assert sorted((size["width"] for size in row["images"]), reverse=True) == [size["width"] for size in row["images"]]
    answer = requests.get(row["images"][0]["source"], timeout=5)
    assert (answer.content, answer.headers["content-type"]) == (data, "image/jpeg")


def test_a_deleted_photo_is_gone(graph: Graph) -> None:
    """It can be neither read nor attached."""
    photo = graph.photo().json()["id"]
    assert graph.delete(photo).json() == {"success": True}
    assert error(graph.get(photo)) == (100, 33)
    assert error(graph.post(f"{PAGE}/feed", message="x", attached_media=media(photo))) == (100, 33)


@pytest.mark.parametrize(
    "data",
    [
        b"not a picture",
        image(kind="WEBP"),
        image()[:-200],
        oversized(800, 600, 4 * 1024 * 1024 + 1),
        image(kind="GIF", save_all=True, append_images=[Image.new("RGB", (800, 600), "red")]),
    ],
    ids=["no picture", "webp", "cut off", "over 4 MB", "animated"],
)
def test_files_that_are_no_good_photo_are_refused(graph: Graph, data: bytes) -> None:
    """Format, size and wholeness are looked at."""
    assert error(graph.photo(data)) == (100, 1366046)


def test_a_photo_without_bytes_is_refused(graph: Graph) -> None:
    """There is nothing to show."""
    assert error(graph.post(f"{PAGE}/photos", published="false")) == (324, 2069019)


def test_a_photo_may_come_by_address_from_this_machine(graph: Graph) -> None:
    """The sandbox fetches its own pictures, and nothing from outside."""
    source = graph.photo_url()
    assert graph.post(f"{PAGE}/photos", published="false", url=source).status_code == 200
    assert error(graph.post(f"{PAGE}/photos", published="false", url="https://example.fi/a.jpg")) == (324, 2069019)


@pytest.mark.parametrize(
    "value",
    ["media_fbid", '[{"id":"1"}]', "[1]", '{"media_fbid"'],
    ids=["as facebook-sdk sends it", "key", "row", "json"],
)
def test_attached_media_must_be_a_list_of_objects(graph: Graph, value: str) -> None:
    """What facebook-sdk makes of a Python list is refused."""
    assert error(graph.post(f"{PAGE}/feed", message="Hei", attached_media=value)) == (100, None)


def test_attached_media_may_be_indexed(box: Sandbox, graph: Graph) -> None:
    """The older way of writing it keeps the order of its numbers."""
    first, second = (graph.photo(alt_text_custom=name).json()["id"] for name in ("eka", "toka"))
    form = {"attached_media[1]": f'{{"media_fbid":"{second}"}}', "attached_media[0]": f'{{"media_fbid":"{first}"}}'}
    graph.post(f"{PAGE}/feed", message="Hei", **form)
    assert [picture.alt for picture in box.ledger()[0].pictures] == ["eka", "toka"]


def test_a_photo_of_another_page_cannot_be_attached(graph: Graph, served: Served) -> None:
    """Photos belong to their Page."""
    theirs = Graph(served.base_url, OTHER_META).photo(page=OTHER_PAGE).json()["id"]
    assert error(graph.post(f"{PAGE}/feed", message="Hei", attached_media=media(theirs))) == (100, 33)


def test_a_post_has_a_link_card_only_without_pictures(box: Sandbox, graph: Graph) -> None:
    """The link is kept, and told as an attachment."""
    post = graph.post_text("Hae", link="https://www.hausjarvi.fi/lupa?utm_source=facebook")
    assert box.ledger()[0].link == "https://www.hausjarvi.fi/lupa?utm_source=facebook"
    row = graph.get(post, fields="attachments").json()["attachments"]["data"][0]
    assert (row["type"], row["url"]) == ("share", "https://www.hausjarvi.fi/lupa?utm_source=facebook")


@pytest.mark.parametrize(
    "link, wanted",
    [("ei ole linkki", 2061006), ("ftp://x.fi", 2061006), ("https://www.facebook.com/hausjarvi", 1609008)],
)
def test_links_that_cannot_be_shown_are_refused(graph: Graph, link: str, wanted: int) -> None:
    """No address, or one of Facebook's own."""
    assert error(graph.post(f"{PAGE}/feed", message="Hei", link=link)) == (100, wanted)


def test_a_post_needs_something_to_say(graph: Graph) -> None:
    """Neither words nor link nor picture."""
    assert error(graph.post(f"{PAGE}/feed", message="  ")) == (100, 1349125)


def test_words_end_at_63206_characters(box: Sandbox, graph: Graph) -> None:
    """Exactly that many are taken."""
    graph.post_text("a" * 63_206)
    assert len(box.ledger()[0].text) == 63_206
    assert error(graph.post(f"{PAGE}/feed", message="a" * 63_207)) == (100, None)


def test_scheduling_at_meta_is_refused(graph: Graph) -> None:
    """We schedule ourselves; what the sandbox cannot do it does not pretend."""
    answer = graph.post(f"{PAGE}/feed", message="Hei", published="false", scheduled_publish_time="1900000000")
    assert error(answer) == (100, None)


def test_the_same_words_right_after_are_a_duplicate(box: Sandbox, graph: Graph) -> None:
    """Code 506, for ten minutes, against the last post only, and never for posts with pictures."""
    graph.post_text("Sama")
    assert error(graph.post(f"{PAGE}/feed", message="Sama")) == (506, 1455006)
    draft = graph.post(f"{PAGE}/feed", message="Sama", published="false")
    assert draft.status_code == 200
    assert error(graph.post(draft.json()["id"], is_published="true")) == (506, 1455006)
    with_picture = graph.post(f"{PAGE}/feed", message="Sama", attached_media=media(graph.photo().json()["id"]))
    assert with_picture.status_code == 200
    assert graph.post(f"{PAGE}/feed", message="Sama").status_code == 200
    box.clock.advance(601)
    assert graph.post(f"{PAGE}/feed", message="Sama").status_code == 200
    box.settings.quotas.facebook_duplicates = 0
    assert graph.post(f"{PAGE}/feed", message="Sama").status_code == 200


def test_words_can_be_changed_and_posts_deleted(box: Sandbox, graph: Graph) -> None:
    """An edit is dated; a deleted post stays in the ledger and nowhere else."""
    post = graph.post_text("Vahna")
    assert graph.post(post, message="Vanha").json() == {"success": True}
    assert graph.get(post, fields="message").json()["message"] == "Vanha"
    assert graph.delete(post).json() == {"success": True}
    assert error(graph.get(post)) == (100, 33)
    (kept,) = box.ledger()
    assert (kept.text, kept.visible, kept.deleted_at) == ("Vanha", False, box.clock.now())
    assert graph.get(f"{PAGE}/published_posts").json()["data"] == []


def test_a_listing_may_lag(box: Sandbox, graph: Graph) -> None:
    """A new post appears in the listing only after a while; by its id it is there at once."""
    box.settings.delays.listing = 30
    post = graph.post_text()
    assert graph.get(f"{PAGE}/published_posts").json()["data"] == []
    assert graph.get(post).status_code == 200
    box.clock.advance(30)
    assert [row["id"] for row in graph.get(f"{PAGE}/published_posts").json()["data"]] == [post]


def test_a_listing_can_begin_at_a_moment(box: Sandbox, graph: Graph) -> None:
    """Since and until, as seconds or as ISO time."""
    graph.post_text("Eilen")
    box.clock.advance(86_400)
    middle = int(box.clock.stamp()) - 10
    today = graph.post_text("Tänään")
    rows = graph.get(f"{PAGE}/published_posts", since=str(middle)).json()["data"]
    assert [row["id"] for row in rows] == [today]
    assert len(graph.get(f"{PAGE}/published_posts", until=str(middle)).json()["data"]) == 1
    assert error(graph.get(f"{PAGE}/published_posts", since="eilen")) == (100, None)


def test_counters_come_with_many_posts_in_one_call(box: Sandbox, graph: Graph) -> None:
    """Reactions by kind through aliases, comments with replies, shares that are left out at nought."""
    quiet, loud = graph.post_text("Hiljainen"), graph.post_text("Suosittu")
    box.react(loud, "love", author="Aino Mäkelä")
    box.react(loud, "like", author="Eero Lehtonen")
    box.share(loud)
    asked = box.comment(loud, "Mihin asti?")
    box.comment(loud, "Sama kysymys", author="Eero Lehtonen", parent=asked)
    fields = (
        "shares,comments.filter(stream).limit(0).summary(total_count),reactions.limit(0).summary(total_count),"
        "reactions.type(LOVE).limit(0).summary(total_count).as(love),reactions.type(SAD).limit(0).summary(total_count).as(sad)"
    )
    rows = {row["id"]: row for row in graph.get(f"{PAGE}/published_posts", fields=fields).json()["data"]}
    assert rows[loud]["shares"] == {"count": 1}
    assert rows[loud]["comments"]["summary"]["total_count"] == 2
    assert rows[loud]["reactions"]["summary"] == {"total_count": 2, "viewer_reaction": "NONE"}
    assert rows[loud]["love"] == {"data": [], "summary": {"total_count": 1}}
    assert rows[loud]["sad"]["summary"] == {"total_count": 0}
    assert "shares" not in rows[quiet]
    assert rows[quiet]["comments"]["summary"]["total_count"] == 0


def test_an_unknown_reaction_type_is_refused(graph: Graph) -> None:
    """The types are a closed list."""
    assert error(graph.get(f"{graph.post_text()}/reactions", type="MEH")) == (100, None)


def test_each_resident_has_one_reaction(box: Sandbox, graph: Graph) -> None:
    """A second one takes the place of the first."""
    post = graph.post_text()
    box.react(post, "love")
    box.react(post, "angry")
    assert box.ledger()[0].reactions == {"angry": 1}
    with pytest.raises(ValueError, match="no reaction"):
        box.react(post, "praise")


def test_comments_are_listed_at_the_top_or_as_a_stream(box: Sandbox, graph: Graph) -> None:
    """The stream has the replies too, with their parent; a reply to a reply goes under the top comment."""
    post = graph.post_text()
    top = box.comment(post, "Kysymys", author="Helmi Niemi")
    box.clock.advance(1)
    reply = graph.post(f"{top}/comments", message="Vastaus").json()["id"]
    box.clock.advance(1)
    deeper = graph.post(f"{reply}/comments", message="Tarkennus").json()["id"]
    rows = graph.get(f"{post}/comments", fields="id,message,from,comment_count", summary="true").json()
    assert [(row["id"], row["comment_count"]) for row in rows["data"]] == [(top, 2)]
    assert rows["data"][0]["from"]["name"] == "Helmi Niemi"
    assert rows["summary"]["total_count"] == 1
    stream = graph.get(
        f"{post}/comments", filter="stream", order="reverse_chronological", fields="id,parent,from", summary="true"
    ).json()
    assert [row["id"] for row in stream["data"]] == [deeper, reply, top]
    assert [row.get("parent", {}).get("id") for row in stream["data"]] == [top, top, None]
    assert stream["data"][0]["from"] == {"name": "Hausjärven kunta", "id": PAGE}
    assert stream["summary"] == {"order": "reverse_chronological", "total_count": 3, "can_comment": True}
    assert [row["id"] for row in graph.get(f"{top}/comments").json()["data"]] == [reply, deeper]


def test_who_wrote_may_be_untold(box: Sandbox, graph: Graph) -> None:
    """`from` is then missing, as for people who did not allow it."""
    post = graph.post_text()
    box.comment(post, "Kuka minä olen?", anonymous=True)
    (row,) = graph.get(f"{post}/comments", fields="from,message").json()["data"]
    assert "from" not in row


def test_comments_can_be_hidden_changed_and_deleted(box: Sandbox, graph: Graph) -> None:
    """Others' are hidden, our own changed; a deleted one takes its replies along and simply vanishes."""
    post = graph.post_text()
    theirs = box.comment(post, "Rumaa puhetta")
    ours = graph.post(f"{post}/comments", message="Kiitso").json()["id"]
    assert graph.post(theirs, is_hidden="true").json() == {"success": True}
    assert graph.get(theirs, fields="is_hidden,can_hide").json()["is_hidden"] is True
    assert graph.post(ours, message="Kiitos").json() == {"success": True}
    assert error(graph.post(theirs, message="Muutettu")) == (200, None)
    assert error(graph.post(ours, is_hidden="true")) == (100, None)
    graph.post(f"{theirs}/comments", message="Vastaus")
    assert graph.delete(theirs).json() == {"success": True}
    assert [row["id"] for row in graph.get(f"{post}/comments", filter="stream").json()["data"]] == [ours]


@pytest.mark.parametrize("text", ["", "  ", "a" * 8001])
def test_comments_need_words_and_have_an_end(graph: Graph, text: str) -> None:
    """Neither nothing nor a novel."""
    assert error(graph.post(f"{graph.post_text()}/comments", message=text)) == (100, None)


def test_a_draft_cannot_be_commented_on(graph: Graph) -> None:
    """Nobody sees it yet."""
    assert error(graph.post(f"{graph.post_text(published='false')}/comments", message="Hei")) == (100, None)


@pytest.mark.parametrize(
    "permission, method, path",
    [
        ("pages_manage_posts", "POST", f"{PAGE}/feed"),
        ("pages_read_engagement", "POST", f"{PAGE}/feed"),
        ("pages_manage_posts", "POST", f"{PAGE}/photos"),
        ("pages_read_user_content", "GET", "{post}/comments"),
        ("pages_read_user_content", "GET", "{post}/reactions"),
        ("pages_manage_engagement", "POST", "{post}/comments"),
        ("pages_manage_posts", "DELETE", "{post}"),
        ("pages_manage_posts", "DELETE", "{photo}"),
        ("read_insights", "GET", "{post}/insights"),
    ],
)
def test_each_call_needs_its_permission(box: Sandbox, graph: Graph, permission: str, method: str, path: str) -> None:
    """What was not granted is refused with the permission's name."""
    post, photo = graph.post_text(), graph.photo().json()["id"]
    box.accounts[0].missing = (permission,)
    address = path.format(post=post, photo=photo)
    answer = graph.ask(method, address, data={"message": "Hei"} if method == "POST" else None)
    assert (answer.status_code, error(answer)) == (403, (10, None))
    assert permission in answer.json()["error"]["message"]


def test_listing_without_permission_is_a_code_100(box: Sandbox, graph: Graph) -> None:
    """Not every missing permission is code 10 or 200."""
    box.accounts[0].missing = ("pages_read_engagement",)
    answer = graph.get(f"{PAGE}/published_posts")
    assert error(answer) == (100, None)
    assert "pages_read_engagement" in answer.json()["error"]["message"]


def test_a_restricted_page_can_read_and_not_write(box: Sandbox, graph: Graph) -> None:
    """Code 368, with a word for people."""
    post = graph.post_text()
    box.accounts[0].status = "restricted"
    assert error(graph.post(f"{PAGE}/feed", message="Hei")) == (368, 1390008)
    assert error(graph.post(f"{post}/comments", message="Hei")) == (368, 1390008)
    assert graph.get(post).status_code == 200


def test_one_dead_metric_fails_the_request(box: Sandbox, graph: Graph) -> None:
    """Living ones are told as rows."""
    post = graph.post_text()
    box.view(post, 40)
    box.react(post, "love")
    rows = graph.get(f"{post}/insights", metric="post_media_view,post_reactions_by_type_total").json()["data"]
    assert [row["values"][0]["value"] for row in rows] == [40, {"love": 1}]
    assert error(graph.get(f"{post}/insights", metric="post_media_view,post_impressions")) == (100, None)
    assert error(graph.get(f"{post}/insights")) == (3001, 1504028)


def test_attachments_name_the_photos_in_order(graph: Graph) -> None:
    """An album of several, one alone, a link's card; only what was asked for, and nothing that does not exist."""
    ids = [graph.photo(image(600 + n, 400)).json()["id"] for n in range(2)]
    album = graph.post(f"{PAGE}/feed", message="Kaksi", attached_media=media(*ids)).json()["id"]
    wanted = "attachments{target{id},unshimmed_url,subattachments{target{id}}}"
    (row,) = graph.get(album, fields=wanted).json()["attachments"]["data"]
    assert [below["target"]["id"] for below in row["subattachments"]["data"]] == ids
    assert set(row) == {"target", "subattachments"}
    photo = graph.photo().json()["id"]
    alone = graph.post(f"{PAGE}/feed", message="Yksi", attached_media=media(photo)).json()["id"]
    assert graph.get(alone, fields=wanted).json()["attachments"] == {"data": [{"target": {"id": photo}}]}
    card = graph.post(f"{PAGE}/feed", message="Kortti", link="https://kunta.fi/a").json()["id"]
    assert graph.get(card, fields=wanted).json()["attachments"]["data"][0]["unshimmed_url"] == "https://kunta.fi/a"
    assert "attachments" not in graph.get(graph.post_text("Sanat"), fields=wanted).json()
    assert error(graph.get(album, fields="attachments{words}")) == (100, None)


def test_a_deleted_photo_leaves_its_post_with_the_others(box: Sandbox, graph: Graph) -> None:
    """The right one, also where two have the same bytes."""
    ids = [graph.photo(alt_text_custom=f"Kuva {n}").json()["id"] for n in range(3)]
    post = graph.post(f"{PAGE}/feed", message="Kolme", attached_media=media(*ids)).json()["id"]
    graph.delete(ids[1])
    (landed,) = box.ledger()
    assert [picture.alt for picture in landed.pictures] == ["Kuva 0", "Kuva 2"]
    (row,) = graph.get(post, fields="attachments{subattachments{target{id}}}").json()["attachments"]["data"]
    assert [below["target"]["id"] for below in row["subattachments"]["data"]] == [ids[0], ids[2]]


def test_changed_words_are_held_to_the_same_rules(box: Sandbox, graph: Graph) -> None:
    """Not empty without an attachment, not too long; and a restricted Page deletes nothing either."""
    post = graph.post_text("Alku")
    assert error(graph.post(post, message=" ")) == (100, None)
    assert error(graph.post(post, message="a" * 63_207)) == (100, None)
    assert [one.text for one in box.ledger()] == ["Alku"]
    box.accounts[0].status = "restricted"
    assert error(graph.delete(post)) == (368, 1390008)
    box.accounts[0].status = "ok"
    assert graph.delete(post).json() == {"success": True}
