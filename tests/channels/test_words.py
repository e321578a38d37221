"""Odd words, sent by the real chain of rules: what residents see is what was written, and a lost answer is found again.

The sandbox does to words what each network does to them; here without HTTP, so that thousands of texts can be tried.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels import facebook, instagram, linkedin, x
from channels.base import Channel, Post, RemotePost
from channels.sandbox import little, tweettext
from channels.session import Network
from channels.text import escape_little, same_words, words

NOWHERE = Network(base_url="http://127.0.0.1:9")
FACEBOOK = facebook.connect(facebook.Settings.model_validate({"page_id": "1", "access_token": "t"}), NOWHERE)
INSTAGRAM = instagram.connect(instagram.Settings.model_validate({"user_id": "1", "access_token": "t"}), NOWHERE)
LINKEDIN = linkedin.connect(linkedin.Settings.model_validate({"organization_id": "1", "access_token": "t"}), NOWHERE)
X = x.connect(x.Settings.model_validate({"user_id": "1", "access_token": "t"}), NOWHERE)
PHOTO = "https://x.com/kunta/status/99/photo/1"

PIECES = (
    "Suomi.fi-tunnistus",
    "kunta.fi:ssä",
    "yle.fi:n",
    "(https://asiointi.example.fi/hae_lupa_(uusi)?utm_source=x&utm_medium=some_kanava)",
    "https://example.fi/#!/osa;a=1,b=2",
    "www.example.fi/äö_(å).",
    "EXAMPLE.FI/A,example.fi/b",
    "https://ääkkönen.fi/tie",
    "viestinta@kunta.fi",
    "https://x.com/kunta/status/7/photo/1",
    "https://localhost:8000/x",
    "#päivähoito_2026",
    "##kaksi",
    "@[Nimi](urn:li:organization:5)",
    "{hashtag|\\#|x}",
    "&amp;",
    "&lt;b&gt;",
    "&nbsp;",
    "R&D <3 >2 &copy",
    "\\|{}@[]()<>#*_~",
    "👩🏽‍🚒🇫🇮❤️‍🩹1️⃣",
    "الخدمات (1) שירותים",
    "\u202b\u05e2\u05d1\u05e8\u05d9\u05ea\u202c",
    "e\u0301a\u0308A\u030a",
    "\u1e69\u0323",
    "\uff11\uff12 \uff03täysi",
    "$KUNTA 5,50 €",
    "klo 9.30–12.00",
    "\u00a0\u2009\u3000",
    "rivi\r\n\r\nrivi\ttaulukko",
    "lopussa  ",
)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(PIECES), st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
    ),
    min_size=1,
    max_size=6,
).flatmap(lambda parts: st.sampled_from((" ", "\n", "", ", ")).map(lambda joint: joint.join(parts)))
POSTS = st.builds(
    Post, text=TEXTS, hashtags=st.lists(st.sampled_from(("Asiointi", "päivähoito_2026", "ohje")), max_size=2).map(tuple)
)


def read_back(channel: Channel, post: Post, text: str) -> bool:
    remote = RemotePost(remote_id="99", text=text, created_at=datetime(2026, 12, 1, 7, 0, tzinfo=UTC))
    return channel.is_same(post, remote)


@given(POSTS)
def test_words_without_a_notation_are_known_again(post: Post) -> None:
    """Facebook and Instagram keep words; their ends may be trimmed and their letters be composed otherwise."""
    for kept in (words(post), words(post).strip() + "\n", unicodedata.normalize("NFD", words(post))):
        assert read_back(FACEBOOK, post, kept)
        assert read_back(INSTAGRAM, post, kept)


@given(POSTS)
def test_linkedin_shows_every_word_and_gives_it_back(post: Post) -> None:
    """Nothing of a text is dropped at a sign of the notation, and what is read back is what was sent."""
    kept = little.read(escape_little(words(post)))
    assert not kept.cut
    assert kept.shown == words(post)
    assert read_back(LINKEDIN, post, kept.kept)


@settings(deadline=None)  # the first link costs the import of twitter-text
@given(POSTS, st.booleans())
@example(Post(text="Kysy kunta.fi:ssä"), False)
@example(Post(text="Tori &amp; markkinat"), True)
def test_x_gives_every_word_back(post: Post, pictures: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """After escapes, shortened links and an appended one: known by X's own account of its links, and without it."""
    stored = tweettext.store(words(post), [PHOTO] if pictures else [])
    links = [{"url": link.url, "expanded_url": link.expanded} for link in stored.links]
    told = {"id": "99", "text": stored.text, "created_at": "2026-12-01T07:00:00Z", "entities": {"urls": links}}
    assert read_back(X, post, x._RemotePost.model_validate(told).whole_text)
    assert same_words(words(post), stored.text)
