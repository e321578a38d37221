"""What the networks refuse and a stand-in easily forgets to."""

from __future__ import annotations

import pytest

from channels.sandbox import Sandbox, Served
from tests.sandbox.clients import PAGE, USER_TOKEN, Graph, X, error, media


@pytest.mark.parametrize(
    "path, query",
    [
        ("users/2000000101/tweets", {"exclude": "quotes"}),
        ("tweets/search/recent", {"query": "a", "sort_order": "oldest"}),
        ("tweets/search/recent", {"query": "a", "start_time": "2026-11-01T00:00:00Z"}),
        ("tweets/search/recent", {"query": "a", "end_time": "2026-11-01T00:00:00Z"}),
        ("tweets/search/recent", {"query": "a", "start_time": "2026-11-30T00:00:00Z", "since_id": "1"}),
    ],
)
def test_x_refuses_values_that_it_does_not_know(x: X, path: str, query: dict[str, str]) -> None:
    """Enumerations, the search's seven days, and a start given twice."""
    answer = x.get(path, **query)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


def test_x_refuses_more_than_its_bodies_have(x: X) -> None:
    """More than ten tagged people, and brackets without end."""
    media_id = x.upload().json()["data"]["id"]
    tagged = {"media_ids": [media_id], "tagged_user_ids": [str(n) for n in range(11)]}
    assert x.tweet(media=tagged).status_code == 400
    endless = x.ask("POST", "tweets", data=b'{"text":' + b"[" * 50_000, headers={"Content-Type": "application/json"})
    assert endless.status_code == 400


def test_x_leaves_data_out_where_there_is_none(x: X) -> None:
    """Only missing ids: `errors` stands alone."""
    assert set(x.get("tweets", ids="5").json()) == {"errors"}


def test_facebook_takes_no_persons_token_for_a_page(served: Served, graph: Graph) -> None:
    """It refuses to write with one, and shows no comments to it, without a word."""
    post = graph.post_text("Moi")
    served.sandbox.comment(post, "Hyvä!")
    person = Graph(served.base_url, token=USER_TOKEN)
    for refused in (
        person.post(f"{PAGE}/feed", message="Moi taas"),
        person.photo(),
        person.post(f"{post}/comments", message="Kiitos"),
        person.post(post, message="Muutos"),
    ):
        assert error(refused) == (190, 2069032)
    assert person.get(f"{post}/comments").json() == {"data": []}
    assert len(graph.get(f"{post}/comments").json()["data"]) == 1


def test_facebook_drops_photos_that_nobody_used(box: Sandbox, graph: Graph) -> None:
    """After about a day; those that are part of a draft stay."""
    used, unused = (graph.photo().json()["id"] for _ in range(2))
    draft = graph.post_text("Luonnos", attached_media=media(used), published="false")
    box.clock.advance(90_000)
    assert error(graph.post(f"{PAGE}/feed", message="Kuva", attached_media=media(unused))) == (100, 33)
    assert graph.post(draft, is_published="true").json() == {"success": True}


def test_facebook_wants_a_host_in_a_link(graph: Graph) -> None:
    """A scheme alone is no address."""
    assert error(graph.post(f"{PAGE}/feed", message="Moi", link="https://")) == (100, 2061006)
