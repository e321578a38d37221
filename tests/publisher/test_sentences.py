"""Where a text may be cut into posts, and where never."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.text import X_LIMIT, x_length
from publisher.sentences import first_sentence, split


def short(most: int):
    """Fit at most so many characters."""
    return lambda post: len(post) <= most


@pytest.mark.parametrize(
    "text, posts",
    [
        ("Yksi. Kaksi. Kolme.", ["Yksi.", "Kaksi.", "Kolme."]),
        ("Mitä? Näin! Ja sitten… Loppu", ["Mitä?", "Näin!", "Ja sitten…", "Loppu"]),
        ('Hän sanoi: "Auki." Sitten suljettiin.', ['Hän sanoi: "Auki."', "Sitten suljettiin."]),
        ("Auki klo 9.00. Tervetuloa", ["Auki klo 9.00.", "Tervetuloa"]),
        ("Avataan 2026. Tervetuloa", ["Avataan 2026.", "Tervetuloa"]),
        ("Rivi\n- kohta\n- toinen", ["Rivi", "- kohta", "- toinen"]),
        ("Kappale.\n\nToinen.", ["Kappale.", "Toinen."]),
        # Never here
        ("Auki klo 9.00 alkaen", ["Auki klo 9.00 alkaen"]),
        ("Haku alkaa 1.12. Kunnantalolla", ["Haku alkaa 1.12. Kunnantalolla"]),
        ("Sijaitsee 2. Kerroksessa", ["Sijaitsee 2. Kerroksessa"]),
        ("Kysy esim. Kirjastosta", ["Kysy esim. Kirjastosta"]),
        ("Soita puh. 019 1234", ["Soita puh. 019 1234"]),
        ("Öppet kl. 9 fr.o.m. Måndag", ["Öppet kl. 9 fr.o.m. Måndag"]),
        ("Lisätietoja antaa K. Virtanen", ["Lisätietoja antaa K. Virtanen"]),
        ("Katso www.kunta.fi. voit hakea", ["Katso www.kunta.fi. voit hakea"]),
        ("Hae: https://kunta.fi/a.B/c?d=E. F", ["Hae: https://kunta.fi/a.B/c?d=E.", "F"]),
    ],
)
def test_a_text_is_cut_at_the_ends_of_sentences_and_lines_alone(text: str, posts: list[str]) -> None:
    """With no room at all, every place where a cut is allowed shows; each piece keeps its words."""
    assert list(split(text, short(0))) == posts


def test_as_much_as_fits_stays_together() -> None:
    """Posts are filled; the white space between two sentences of a post stays as it was."""
    assert split("Yksi. Kaksi.\n\nKolme. Neljä.", short(20)) == ("Yksi. Kaksi.\n\nKolme.", "Neljä.")
    assert split("Mahtuu.", short(20)) == ("Mahtuu.",)


def test_a_link_and_hashtags_do_not_stand_alone_if_they_fit_beside_the_last_sentence() -> None:
    """A post of nothing but hashtags says nothing."""
    text = "Ensimmäinen lause. Toinen lause.\n\nhttps://kunta.fi/hae\n\n#Asiointi #Kunta"
    assert split(text, short(60)) == (
        "Ensimmäinen lause.",
        "Toinen lause.\n\nhttps://kunta.fi/hae\n\n#Asiointi #Kunta",
    )


WORD = st.one_of(
    st.text(alphabet="abcdefåäöABÅ", min_size=1, max_size=12),
    st.sampled_from(
        ["klo", "9.00", "1.12.", "esim.", "https://kunta.fi/a.b?c=D", "#Asiointi", "@kunta", "👩🏽‍🚒", "–", "(a)"]
    ),
)
SENTENCE = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
TEXT = st.lists(
    st.tuples(SENTENCE, st.sampled_from([". ", "! ", "? ", ".\n", ".\n\n", "\n- ", "… "])), min_size=1, max_size=30
).map(lambda pairs: "".join(sentence + end for sentence, end in pairs).strip())


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_nothing_is_lost_or_cut_through(text: str) -> None:
    """Put together again the posts are the text, but for white space between them; no word is in two posts; what can fit does."""
    posts = split(text, lambda post: x_length(post) <= X_LIMIT)
    at = 0
    for post in posts:
        assert post == post.strip()
        start = text.index(post, at)
        assert text[at:start].strip() == ""
        assert start == 0 or at < start, "two posts without white space between them in the text"
        at = start + len(post)
    assert text[at:].strip() == ""
    assert re.findall(r"\S+", text) == [word for post in posts for word in post.split()]
    for post in posts:
        if x_length(post) > X_LIMIT:
            assert len(split(post, short(0))) == 1, "a post that is too long is one sentence"


def test_a_title_ends_where_a_post_may() -> None:
    """The two know the same sentence ends."""
    assert first_sentence("Auki klo 9.00. Tervetuloa") == "Auki klo 9.00."
    assert first_sentence("Kysy esim. Kirjastosta. Vastaamme.") == "Kysy esim. Kirjastosta."
