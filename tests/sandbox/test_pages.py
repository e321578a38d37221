"""The pages as residents see them: right, readable for everybody, and safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import requests

from channels.sandbox import Sandbox, Served
from tests.sandbox.clients import PAGE, Graph, LinkedIn, X, image, media


class Page(HTMLParser):
    """What a reader gets from a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.answer = requests.get(url, timeout=5)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(self.answer.text)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_timeline_shows_words_pictures_and_counts(served: Served, graph: Graph) -> None:
    """Newest first, pictures with their alternative texts, links that can be followed."""
    photo = graph.photo(alt_text_custom="Kuvassa lomake").json()["id"]
    post = graph.post_text("Hae https://www.hausjarvi.fi/lupa?a=1&b=2.", attached_media=media(photo))
    graph.post_text("Uudempi")
    served.sandbox.comment(post, "Mihin asti?")
    served.sandbox.react(post, "love")
    page = Page(f"{served.base_url}/facebook")
    assert page.answer.status_code == 200
    assert page.text.index("Uudempi") < page.text.index("Hae")
    assert [(row["alt"], bool(row["width"])) for row in page.all("img")] == [("Kuvassa lomake", True)]
    assert {"href": "https://www.hausjarvi.fi/lupa?a=1&b=2", "rel": "nofollow"} in page.all("a")
    assert "Ihanaa 1" in page.text
    assert "Kommentteja 1" in page.text


def test_each_network_has_its_own_timeline_and_there_is_one_for_all(served: Served, graph: Graph) -> None:
    """Each account too; drafts and deleted posts are nowhere."""
    graph.post_text("Facebookiin")
    graph.medium("Instagramiin")
    X(served.base_url).tweet("Xään")
    LinkedIn(served.base_url).created("Linkediniin")
    graph.post_text("Luonnos", published="false")
    graph.delete(graph.post_text("Poistettu"))
    words = {"facebook": "Facebookiin", "instagram": "Instagramiin", "x": "Xään", "linkedin": "Linkediniin"}
    for network, own in words.items():
        text = Page(f"{served.base_url}/{network}").text
        assert own in text
        assert not any(other in text for other in set(words.values()) - {own})
    everything = Page(f"{served.base_url}/").text
    assert all(own in everything for own in words.values())
    assert "Luonnos" not in everything
    assert "Poistettu" not in everything
    assert "Facebookiin" in Page(f"{served.base_url}/facebook/{PAGE}").text
    assert requests.get(f"{served.base_url}/facebook/1", timeout=5).status_code == 404


def test_every_post_has_a_page_at_the_address_its_network_gives(served: Served, graph: Graph) -> None:
    """With the path that the real address has."""
    graph.post_text("Facebookiin")
    graph.medium("Instagramiin")
    X(served.base_url).tweet("Xään")
    LinkedIn(served.base_url).created("Linkediniin")
    for post in served.sandbox.ledger():
        assert post.text in Page(served.base_url + post.path).text
    tweet = served.sandbox.ledger()[2]
    assert Page(f"{served.base_url}/hausjarvi/status/{tweet.id}").answer.status_code == 200
    served.sandbox.remove(tweet.id)
    gone = Page(served.base_url + tweet.path)
    assert (gone.answer.status_code, "Sivua ei löydy" in gone.text) == (404, True)


def test_someone_can_comment_answer_and_react_there(box: Sandbox, served: Served, graph: Graph) -> None:
    """Plain forms, and back to the post."""
    post = graph.post_text("Hei")
    form = {"post": post, "author": "Helmi Niemi", "text": "Mihin asti?", "parent": ""}
    answer = requests.post(f"{served.base_url}/_page/comment", data=form, timeout=5)
    assert answer.url == f"{served.base_url}{box.ledger()[0].path}#kommentit"
    (asked,) = box.ledger()[0].comments
    requests.post(f"{served.base_url}/_page/comment", data={**form, "text": "Sama", "parent": asked.id}, timeout=5)
    requests.post(
        f"{served.base_url}/_page/react", data={"post": post, "author": "Helmi Niemi", "kind": "LOVE"}, timeout=5
    )
    (shown,) = box.ledger()
    assert [(row.text, row.author, row.parent) for row in shown.comments] == [
        ("Mihin asti?", "Helmi Niemi", None),
        ("Sama", "Helmi Niemi", asked.id),
    ]
    assert shown.reactions == {"love": 1}
    nowhere = requests.post(f"{served.base_url}/_page/comment", data={**form, "post": "1"}, timeout=5)
    assert nowhere.status_code == 404


def test_nobody_s_words_become_part_of_the_page(served: Served, graph: Graph) -> None:
    """Neither of the account nor of residents; and the page allows no scripts at all."""
    evil = '<script>alert("x")</script>'
    post = graph.post_text(evil + ' https://example.fi/"><b>x')
    served.sandbox.comment(post, evil, author="<b>Aino</b>")
    page = Page(served.base_url + served.sandbox.ledger()[0].path)
    assert page.all("script") == []
    assert page.all("b") == []
    assert evil in page.text
    assert "default-src 'none'" in page.answer.headers["content-security-policy"]


def test_what_is_missing_is_said(served: Served, graph: Graph) -> None:
    """A picture without an alternative text is pointed out, and no posts are no empty page."""
    assert "ei ole vielä yhtään julkaisua" in Page(f"{served.base_url}/").text
    graph.post_text("Hei", attached_media=media(graph.photo(alt_text_custom="").json()["id"]))
    assert "Kuvalta puuttuu vaihtoehtoinen teksti" in Page(f"{served.base_url}/facebook").text


def test_networks_show_texts_in_their_own_ways(served: Served, graph: Graph) -> None:
    """X shortens links, Instagram makes none, LinkedIn has a card with a title."""
    address = "https://www.hausjarvi.fi/rakentaminen/lupa"
    X(served.base_url).tweet(f"Hae {address}")
    assert "www.hausjarvi.fi/rakentami…" in Page(f"{served.base_url}/x").text
    graph.medium(f"Hae {address}")
    page = Page(f"{served.base_url}/instagram")
    assert address in page.text
    assert address not in {row.get("href") for row in page.all("a")}
    LinkedIn(served.base_url).created("Hae", content={"article": {"source": address, "title": "Rakennuslupa"}})
    assert "hausjarvi.fi Rakennuslupa" in Page(f"{served.base_url}/linkedin").text


@pytest.mark.parametrize("path", ["/", "/facebook", "post"])
def test_a_page_is_made_for_everybody(served: Served, graph: Graph, path: str) -> None:
    """Language, title, one heading of the first rank, a way past the menu, a label for each field."""
    graph.post_text("Hei", attached_media=media(*(graph.photo(image(600 + n, 400)).json()["id"] for n in range(2))))
    served.sandbox.comment(served.sandbox.ledger()[0].id, "Kysymys")
    page = Page(served.base_url + (served.sandbox.ledger()[0].path if path == "post" else path))
    assert page.all("html")[0]["lang"] == "fi"
    assert len(page.all("h1")) == 1
    assert page.all("a")[0]["href"] == "#main"
    assert page.all("main")[0]["id"] == "main"
    assert all("alt" in row for row in page.all("img"))
    labelled = {row["for"] for row in page.all("label")}
    fields = [row for tag in ("select", "textarea") for row in page.all(tag)]
    assert {row["id"] for row in fields} == labelled
    ids = [row["id"] for _, row in page.tags if "id" in row]
    assert len(ids) == len(set(ids))
    css = requests.get(f"{served.base_url}/_page/style.css", timeout=5)
    assert css.headers["content-type"].startswith("text/css")


def test_a_picture_that_is_not_there_is_refused(served: Served) -> None:
    """As a CDN does when an address has expired."""
    assert requests.get(f"{served.base_url}/cdn/nothing.jpg", timeout=5).status_code == 403
