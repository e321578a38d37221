"""What a network holds against what was meant: every difference seen, and none that is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.base import Held, Picture, Post, RemotePost
from publisher.comparing import differences

TEXT = "Hae lupaa: https://asiointi.example.fi/lupa?utm_source=x ja www.kunta.fi."
ALTS = ("Talo", "Ovi", "Piha")


def meant(*, text: str = TEXT, link: str | None = None, alts: tuple[str, ...] = ALTS) -> Post:
    return Post(
        text=text, link=link, pictures=tuple(Picture(name=f"{n}.jpg", data=b"", alt=alt) for n, alt in enumerate(alts))
    )


def held(*links: str, alts: tuple[str, ...] | None = ALTS) -> Held:
    remote = RemotePost(remote_id="1", text="", created_at=datetime(2026, 12, 1, tzinfo=UTC))
    return Held(post=remote, links=links, alts=alts)


LINKS = ("asiointi.example.fi/lupa?utm_source=x", "www.kunta.fi")


@pytest.mark.parametrize(
    "found,codes",
    [
        (held(*LINKS), ()),
        (held("http://ASIOINTI.example.fi/lupa?utm_source=x", "https://www.kunta.fi/", "muu.fi"), ()),
        (held(*LINKS, alts=("Talo", "Ovi ", "Pi\u0068a")), ()),
        (held(*LINKS, alts=None), ()),
        (held(LINKS[0]), ("link",)),
        (held(), ("link",)),
        (held(*LINKS, alts=("Talo", "Ovi")), ("pictures",)),
        (held(*LINKS, alts=(*ALTS, "Vieras")), ("pictures",)),
        (held(*LINKS, alts=("Ovi", "Talo", "Piha")), ("order",)),
        (held(*LINKS, alts=("Talo", "", "Kuvassa voi olla piha")), ("alt:2", "alt:3")),
    ],
)
def test_each_difference_has_its_code(found: Held, codes: tuple[str, ...]) -> None:
    """Links by where they lead, pictures by their number and alternative texts; what is not told is no difference."""
    assert differences(meant(), found, has_words=True) == codes


def test_words_are_the_channels_own_judgement() -> None:
    """Only the channel knows its network's notation; a cut text comes first among the differences."""
    assert differences(meant(), held(alts=()), has_words=False) == ("text", "link", "pictures")


def test_a_link_on_a_card_counts() -> None:
    """In the words or on the card: a post has its link if it leads there at all."""
    post = meant(text="Hae lupaa.", link="https://a.fi/x", alts=())
    assert differences(post, held("a.fi/x", alts=()), has_words=True) == ()
    assert differences(post, held(alts=()), has_words=True) == ("link",)


def test_the_picture_of_a_links_card_counts_like_any() -> None:
    """Lost, or without its alternative text: told as of the post's own pictures."""
    card = Post(text="Hae", link="https://a.fi", thumbnail=Picture(name="a.jpg", data=b"", alt="Talo"))
    assert differences(card, held("https://a.fi", alts=("Talo",)), has_words=True) == ()
    assert differences(card, held("https://a.fi", alts=("",)), has_words=True) == ("alt:1",)
    assert differences(card, held("https://a.fi", alts=()), has_words=True) == ("pictures",)
