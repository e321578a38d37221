"""LinkedIn's little text, sign by sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sandbox.little import RESERVED, read


@pytest.mark.parametrize(
    "source, shown",
    [
        ("Hei", "Hei"),
        (r"a\(b\)\_c {hashtag|\#|d} \@e", "a(b)_c #d @e"),
        ("{hashtag|\\#|rakennus\\_lupa}", "#rakennus_lupa"),
        ("{hashtag|\uff03|lupa} jatkuu", "#lupa jatkuu"),
        ("#lupa ja #tieto_2", "#lupa ja #tieto_2"),
        ("Kiitos @[Lopen \\(kunta\\)](urn:li:organization:5) !", "Kiitos Lopen (kunta) !"),
        ("Rivi\nToinen", "Rivi\nToinen"),
    ],
)
def test_what_is_well_formed_is_seen_whole(source: str, shown: str) -> None:
    """Escapes, hashtags in both forms, mentions."""
    text = read(source)
    assert (text.shown, text.cut) == (shown, False)


@pytest.mark.parametrize(
    "source, shown",
    [
        ("Avoinna (ma–pe)", "Avoinna "),
        ("yksi # kaksi", "yksi "),
        ("osoite a_b", "osoite a"),
        ("{tuntematon|x} loppu", ""),
        ("{hashtag|\\#|lupa", ""),
        ("sähköposti a@b.fi", "sähköposti a"),
        ("lopussa \\", "lopussa "),
        ("polku C:\\temp", "polku C:"),
    ],
)
def test_from_a_sign_that_stands_alone_on_all_is_lost(source: str, shown: str) -> None:
    """Silently, and what is read back is cut as well."""
    text = read(source)
    assert (text.shown, text.cut) == (shown, True)
    assert read(text.kept).shown == shown


@given(st.text())
def test_a_text_with_every_reserved_sign_escaped_is_seen_as_it_is(text: str) -> None:
    """Whatever its letters are."""
    escaped = "".join(f"\\{sign}" if sign in RESERVED else sign for sign in text)
    assert read(escaped).shown == text
    assert read(escaped).kept == escaped
