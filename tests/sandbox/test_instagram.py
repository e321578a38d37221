"""Instagram: containers, their fate, carousels, comments; and everything that is refused."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from channels.sandbox import Sandbox, Served
from tests.sandbox.clients import GRAM, PAGE, Graph, error, image, oversized


def test_a_picture_goes_through_a_container(box: Sandbox, graph: Graph) -> None:
    """In progress, finished, published: once, with caption and alternative text, and only then visible."""
    box.settings.delays.container = 2
    container = graph.container(caption="Hei ä😀 #lupa", alt_text="Lomake pöydällä").json()["id"]
    status = {"status_code": "IN_PROGRESS", "status": "In Progress: Media is still being processed.", "id": container}
    assert graph.get(container, fields="status_code,status").json() == status
    assert error(graph.publish(container)) == (9007, 2207027)
    box.clock.advance(2)
    assert graph.get(container, fields="status_code").json()["status_code"] == "FINISHED"
    assert box.ledger() == ()
    medium = graph.publish(container).json()["id"]
    assert medium != container
    assert graph.get(container, fields="status_code").json()["status_code"] == "PUBLISHED"
    (post,) = box.ledger()
    assert (post.id, post.text, [picture.alt for picture in post.pictures]) == (
        medium,
        "Hei ä😀 #lupa",
        ["Lomake pöydällä"],
    )


def test_a_container_publishes_once(box: Sandbox, graph: Graph) -> None:
    """A second publish of the same container is refused: nothing doubles."""
    container = graph.container(caption="Kerran").json()["id"]
    assert graph.publish(container).status_code == 200
    assert error(graph.publish(container)) == (24, 2207006)
    assert len(box.ledger()) == 1


def test_the_picture_outlives_the_photo_it_came_from(box: Sandbox, graph: Graph) -> None:
    """The unpublished photo of the Page can be deleted once the container has fetched it."""
    photo = graph.photo(fields="id,images").json()
    container = graph.post(f"{GRAM}/media", image_url=photo["images"][0]["source"], caption="Hei").json()["id"]
    graph.delete(photo["id"])
    medium = graph.publish(container).json()["id"]
    address = graph.get(medium, fields="media_url").json()["media_url"]
    assert requests.get(address, timeout=5).status_code == 200
    assert box.ledger()[0].pictures[0].width == 800


def test_a_container_dies_after_a_day(box: Sandbox, graph: Graph) -> None:
    """EXPIRED, and never published: proof that nothing went out."""
    container = graph.container(caption="Myöhässä").json()["id"]
    box.clock.advance(86_400)
    assert graph.get(container, fields="status_code").json()["status_code"] == "EXPIRED"
    assert error(graph.publish(container)) == (-2, 2207020)


def test_a_carousel_keeps_order_and_alternative_texts(box: Sandbox, graph: Graph) -> None:
    """Children without captions, one parent with one."""
    children = [graph.container(is_carousel_item="true", alt_text=f"Kuva {n}").json()["id"] for n in range(3)]
    parent = graph.post(f"{GRAM}/media", media_type="CAROUSEL", children=",".join(children), caption="Kolme").json()[
        "id"
    ]
    rows = graph.get("", ids=",".join([*children, parent]), fields="status_code").json()
    assert {row["status_code"] for row in rows.values()} == {"FINISHED"}
    medium = graph.publish(parent).json()["id"]
    assert [picture.alt for picture in box.ledger()[0].pictures] == ["Kuva 0", "Kuva 1", "Kuva 2"]
    row = graph.get(medium, fields="media_type,children{media_type,alt_text}").json()
    assert row["media_type"] == "CAROUSEL_ALBUM"
    assert [child["alt_text"] for child in row["children"]["data"]] == ["Kuva 0", "Kuva 1", "Kuva 2"]


def test_a_carousel_is_ready_after_its_children(box: Sandbox, graph: Graph) -> None:
    """A parent made at once waits for them."""
    box.settings.delays.container = 2
    children = [graph.container(is_carousel_item="true").json()["id"] for _ in range(2)]
    box.clock.advance(1)
    parent = graph.post(f"{GRAM}/media", media_type="CAROUSEL", children=",".join(children)).json()["id"]
    box.clock.advance(2)
    assert error(graph.publish(parent)) == (9007, 2207027)
    box.clock.advance(1)
    assert graph.publish(parent).status_code == 200


def test_a_carousel_is_cut_to_the_shape_of_its_first_picture(box: Sandbox, graph: Graph) -> None:
    """The ledger says so, since residents would see it."""
    wide, square = image(800, 600), image(600, 600)
    children = [graph.container(data, is_carousel_item="true").json()["id"] for data in (wide, square, wide)]
    parent = graph.post(f"{GRAM}/media", media_type="CAROUSEL", children=",".join(children)).json()["id"]
    graph.publish(parent)
    assert [picture.cropped for picture in box.ledger()[0].pictures] == [False, True, False]


def test_a_carousel_has_two_to_ten_items_of_its_own(box: Sandbox, graph: Graph) -> None:
    """Too few, too many, no items, or somebody else's."""
    single = graph.container(caption="Yksin").json()["id"]
    item = graph.container(is_carousel_item="true").json()["id"]

    def carousel(*children: str, **more: str) -> tuple[int, int | None]:
        return error(graph.post(f"{GRAM}/media", media_type="CAROUSEL", children=",".join(children), **more))

    assert carousel(item) == (100, 2207028)
    assert carousel(*[item] * 11) == (100, 2207028)
    assert carousel(item, single) == (100, 2207028)
    assert carousel(item, "17880000000009999") == (24, 2207006)
    assert carousel(item, item, alt_text="ei tänne") == (100, None)
    assert error(graph.publish(item)) == (24, 2207006)
    assert error(graph.container(is_carousel_item="true", caption="ei tänne")) == (100, None)
    assert box.ledger() == ()


@pytest.mark.parametrize(
    "data, wanted",
    [
        (image(kind="PNG"), (36001, 2207005)),
        (image(500, 1000), (36003, 2207009)),
        (image(1000, 500), (36003, 2207009)),
        (image(300, 300), (36001, 2207005)),
    ],
    ids=["png", "too tall", "too wide", "too small"],
)
def test_only_a_jpeg_of_the_right_shape_is_taken(graph: Graph, data: bytes, wanted: tuple[int, int]) -> None:
    """Format, ratio and width are looked at when the container is made."""
    assert error(graph.container(data, caption="Hei")) == wanted


@pytest.mark.parametrize("size", [(800, 1000), (1910, 1000), (1080, 1080), (1080, 566)])
def test_every_allowed_shape_is_taken(graph: Graph, size: tuple[int, int]) -> None:
    """4:5 to 1.91:1, both ends included."""
    assert graph.container(image(*size), caption="Hei").status_code == 200


class _Host(BaseHTTPRequestHandler):
    """A web server of the municipality's own."""

    def do_GET(self) -> None:
        body, kind, status = {
            "/good.jpg": (image(), "image/jpeg", 200),
            "/big.jpg": (oversized(1000, 1000, 8 * 1024 * 1024 + 1), "image/jpeg", 200),
            "/page.html": (image(), "text/html", 200),
            "/moved.jpg": (b"", "image/jpeg", 302),
        }.get(self.path, (b"", "image/jpeg", 404))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/good.jpg")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    "path, wanted",
    [
        ("good.jpg", None),
        ("big.jpg", (36000, 2207004)),
        ("page.html", (9004, 2207052)),
        ("moved.jpg", (9004, 2207052)),
        ("missing.jpg", (9004, 2207052)),
    ],
)
def test_a_picture_is_really_fetched(graph: Graph, path: str, wanted: tuple[int, int] | None) -> None:
    """From a server on this machine; redirects, errors and wrong content types are no picture."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Host)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/{path}"
    answer = graph.post(f"{GRAM}/media", image_url=address, caption="Hei")
    server.shutdown()
    thread.join()
    server.server_close()
    if wanted is None:
        assert answer.status_code == 200
    else:
        assert error(answer) == wanted


def test_nothing_is_fetched_from_outside(graph: Graph) -> None:
    """Another host is as unreachable as if it did not exist."""
    assert error(graph.post(f"{GRAM}/media", image_url="https://www.hausjarvi.fi/kuva.jpg")) == (9004, 2207052)
    assert error(graph.post(f"{GRAM}/media", image_url="file:///etc/passwd")) == (9004, 2207052)


@pytest.mark.parametrize(
    "form, wanted",
    [
        ({"caption": "a" * 2200}, None),
        ({"caption": "a" * 2201}, (36004, 2207010)),
        ({"caption": " ".join(f"#t{n}" for n in range(30))}, None),
        ({"caption": " ".join(f"#t{n}" for n in range(31))}, (36004, 2207010)),
        ({"caption": " ".join(f"@t{n}" for n in range(21))}, (100, 2207040)),
        ({"caption": "x", "alt_text": "a" * 1000}, None),
        ({"caption": "x", "alt_text": "a" * 1001}, (100, None)),
        ({"caption": "x", "media_type": "REELS"}, (100, 2207023)),
        ({"caption": "x", "video_url": "http://127.0.0.1/a.mp4"}, (100, 2207023)),
    ],
)
def test_words_have_their_limits(graph: Graph, form: dict[str, str], wanted: tuple[int, int | None] | None) -> None:
    """Caption, hashtags, mentions, alternative text; and no video."""
    answer = graph.container(**form)
    if wanted is None:
        assert answer.status_code == 200
    else:
        assert error(answer) == wanted


def test_a_picture_must_be_named(graph: Graph) -> None:
    """There are no posts of words alone."""
    assert error(graph.post(f"{GRAM}/media", caption="Hei")) == (100, None)


def test_the_day_s_posts_are_counted_and_ended(box: Sandbox, graph: Graph) -> None:
    """The limit is told and kept; a carousel counts once; a day later there is room again."""
    box.settings.quotas.instagram_posts = 2
    graph.medium("Yksi")
    children = [graph.container(is_carousel_item="true").json()["id"] for _ in range(3)]
    graph.publish(graph.post(f"{GRAM}/media", media_type="CAROUSEL", children=",".join(children)).json()["id"])
    row = graph.get(f"{GRAM}/content_publishing_limit", fields="quota_usage,config").json()["data"][0]
    assert row == {"quota_usage": 2, "config": {"quota_total": 2, "quota_duration": 86_400}}
    third = graph.container(caption="Kolme").json()["id"]
    assert error(graph.publish(third)) == (9, 2207042)
    box.clock.advance(86_390)
    fresh = graph.container(caption="Kolme").json()["id"]
    box.clock.advance(20)
    assert graph.publish(fresh).status_code == 200


def test_containers_are_counted_too(box: Sandbox, graph: Graph) -> None:
    """Too many of them look like spam: code 4, and yet no rate limit."""
    box.settings.quotas.instagram_containers = 1
    assert graph.container(caption="Yksi").status_code == 200
    assert error(graph.container(caption="Kaksi")) == (4, 2207051)


def test_media_are_listed_newest_first_perhaps_late(box: Sandbox, graph: Graph) -> None:
    """With the fields a client needs to find its own again."""
    first = graph.medium("Yksi")
    box.clock.advance(1)
    second = graph.medium("Kaksi")
    rows = graph.get(f"{GRAM}/media", fields="id,caption,permalink,timestamp,like_count,comments_count").json()["data"]
    assert [(row["id"], row["caption"], row["like_count"]) for row in rows] == [
        (second, "Kaksi", 0),
        (first, "Yksi", 0),
    ]
    assert rows[1]["timestamp"] == "2026-12-01T07:00:00+0000"
    assert requests.get(rows[0]["permalink"], timeout=5).status_code == 200
    box.settings.delays.listing = 5
    assert [row["id"] for row in graph.get(f"{GRAM}/media").json()["data"]] == []
    box.clock.advance(4)
    assert [row["id"] for row in graph.get(f"{GRAM}/media").json()["data"]] == [first]


def test_counts_include_replies(box: Sandbox, graph: Graph) -> None:
    """comments_count need not equal what the top level lists."""
    medium = graph.medium()
    asked = box.comment(medium, "Mihin asti?", author="Helmi Niemi")
    box.comment(medium, "Sama", author="Eero Lehtonen", parent=asked)
    box.react(medium)
    assert graph.get(medium, fields="like_count,comments_count").json() == {
        "like_count": 1,
        "comments_count": 2,
        "id": medium,
    }


def test_comments_are_newest_first_with_replies_inside(box: Sandbox, graph: Graph) -> None:
    """Top level only; replies by expansion or by their own edge; our own can be told by self_ig_scoped_id."""
    medium = graph.medium()
    first = box.comment(medium, "Ensimmäinen", author="Helmi Niemi")
    second = box.comment(medium, "Toinen", author="Eero Lehtonen", anonymous=True)
    reply = graph.post(f"{first}/replies", message="Vastaus").json()["id"]
    fields = "id,text,timestamp,username,from,parent_id,replies{id,text,from,parent_id}"
    rows = graph.get(f"{medium}/comments", fields=fields).json()["data"]
    assert [row["id"] for row in rows] == [second, first]
    assert "from" not in rows[0]
    assert "username" not in rows[0]
    assert "replies" not in rows[0]
    assert rows[1]["from"]["username"] == rows[1]["username"]
    (inner,) = rows[1]["replies"]["data"]
    assert (inner["id"], inner["parent_id"]) == (reply, first)
    assert inner["from"]["id"] == GRAM
    assert "self_ig_scoped_id" in inner["from"]
    assert [row["id"] for row in graph.get(f"{first}/replies").json()["data"]] == [reply]


def test_a_page_of_comments_has_at_most_fifty(box: Sandbox, graph: Graph) -> None:
    """And goes on with `next`."""
    medium = graph.medium()
    for number in range(53):
        box.comment(medium, f"Kommentti {number}")
    page = graph.get(f"{medium}/comments", limit="50").json()
    assert len(page["data"]) == 50
    rest = requests.get(page["paging"]["next"], timeout=5).json()
    assert [row["text"] for row in rest["data"]] == ["Kommentti 2", "Kommentti 1", "Kommentti 0"]
    assert error(graph.get(f"{medium}/comments", limit="51")) == (100, None)


def test_replies_go_to_visible_top_comments_only(box: Sandbox, graph: Graph) -> None:
    """Neither to a reply nor to a hidden comment."""
    medium = graph.medium()
    top = box.comment(medium, "Kysymys")
    reply = graph.post(f"{top}/replies", message="Vastaus").json()["id"]
    assert error(graph.post(f"{reply}/replies", message="Lisää")) == (100, None)
    assert graph.post(top, hide="true").json() == {"success": True}
    assert error(graph.post(f"{top}/replies", message="Lisää")) == (100, None)
    assert graph.get(top, fields="hidden").json()["hidden"] is True
    assert error(graph.post(reply, hide="true")) == (100, None)


def test_comments_have_an_end_and_can_be_closed(box: Sandbox, graph: Graph) -> None:
    """Their length is a setting; a medium may take none."""
    medium = graph.medium()
    box.settings.quotas.instagram_comment_length = 300
    assert graph.post(f"{medium}/comments", message="a" * 300).status_code == 200
    assert error(graph.post(f"{medium}/comments", message="a" * 301)) == (100, None)
    assert error(graph.post(f"{medium}/comments", message="")) == (100, None)
    graph.post(medium, comment_enabled="false")
    assert graph.get(medium, fields="is_comment_enabled").json()["is_comment_enabled"] is False
    assert error(graph.post(f"{medium}/comments", message="Hei")) == (10, None)


def test_a_caption_cannot_be_changed_but_a_medium_deleted(box: Sandbox, graph: Graph) -> None:
    """There is no editing here."""
    medium = graph.medium("Vahna")
    assert error(graph.post(medium, caption="Vanha")) == (100, None)
    box.settings.habits.instagram_keeps_media = True
    assert error(graph.delete(medium)) == (100, 2207073)
    box.settings.habits.instagram_keeps_media = False
    assert graph.delete(medium).json() == {"success": True}
    assert error(graph.get(medium)) == (100, 33)
    assert [(post.text, post.visible) for post in box.ledger()] == [("Vahna", False)]


@pytest.mark.parametrize(
    "permission, method, path",
    [
        ("instagram_content_publish", "POST", f"{GRAM}/media"),
        ("instagram_content_publish", "POST", f"{GRAM}/media_publish"),
        ("instagram_basic", "GET", f"{GRAM}/media"),
        ("instagram_manage_comments", "GET", "{medium}/comments"),
        ("instagram_manage_comments", "POST", "{medium}/comments"),
        ("instagram_manage_insights", "GET", "{medium}/insights"),
    ],
)
def test_each_call_needs_its_permission(box: Sandbox, graph: Graph, permission: str, method: str, path: str) -> None:
    """What was not granted is refused with the permission's name."""
    medium = graph.medium()
    box.accounts[1].missing = (permission,)
    answer = graph.ask(method, path.format(medium=medium), data={"message": "Hei"} if method == "POST" else None)
    assert (answer.status_code, error(answer)) == (403, (10, None))
    assert permission in answer.json()["error"]["message"]


def test_a_restricted_account_cannot_publish(box: Sandbox, graph: Graph) -> None:
    """A person has to log in to the app: 25/2207050."""
    container = graph.container(caption="Hei").json()["id"]
    box.accounts[1].status = "restricted"
    assert error(graph.publish(container)) == (25, 2207050)


def test_an_account_without_a_token_of_its_page_still_finds_the_page(served: Served) -> None:
    """Instagram alone: its Page exists for uploads, and `me` names it."""
    box = served.sandbox
    box.accounts[:] = [account for account in box.accounts if account.channel == "instagram"]
    box.accounts[0].page_id = "100000000000777"
    box.arrange()
    graph = Graph(served.base_url)
    assert graph.get("me", fields="id").json() == {"id": "100000000000777"}
    photo = graph.photo(page="100000000000777", fields="id,images").json()
    container = graph.post(f"{GRAM}/media", image_url=photo["images"][0]["source"], caption="Hei")
    assert graph.publish(container.json()["id"]).status_code == 200
    assert graph.delete(photo["id"]).status_code == 200
    assert PAGE not in box.pages
