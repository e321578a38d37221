"""Words: counted, written and known again."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from channels.base import Mention, Post
from channels.sandbox import tweettext
from channels.sandbox.little import read
from channels.text import (
    cashtags,
    escape_little,
    hashtag_line,
    length,
    linkedin_length,
    links_in,
    little,
    mentions,
    same_words,
    unlittle,
    words,
    x_exact_length,
    x_length,
)

REFERENCE = Path(os.environ.get("TIEDOTE_TEST_REFERENCE", Path(__file__).parents[3] / "shared" / "reference"))
VECTORS = REFERENCE / "twitter-text" / "validate.yml"
EXTRACTED = REFERENCE / "twitter-text" / "extract.yml"


def test_words_are_the_text_and_then_the_hashtags():
    """The tags stand in a paragraph of their own, and without tags there is none."""
    assert words(Post(text="Hae verkossa.\n", hashtags=("rakentaminen", "Loppi"))) == (
        "Hae verkossa.\n\n#rakentaminen #Loppi"
    )
    assert words(Post(text="Hae verkossa.")) == "Hae verkossa."
    assert hashtag_line(()) == ""


def test_words_go_out_in_the_form_that_is_counted():
    """Text typed on a Mac may hold 'ä' as two characters; it goes out as one, and counts as one everywhere."""
    typed = unicodedata.normalize("NFD", "Päivähoitohakemus")
    assert words(Post(text=typed)) == "Päivähoitohakemus"
    assert length(typed) == x_length(typed) == linkedin_length(typed) == 17


# X


@pytest.mark.parametrize(
    "text, weight",
    [
        ("", 0),
        ("Hei Loppi, Hyvinkää ja Hausjärvi!", 33),
        ("Hae: https://www.hausjarvi.fi/lupa?utm_source=x&utm_medium=social", 5 + 23),
        ("a.fi", 23),
        ("klo 9.00\u201310.30", 14),
        ("日本語", 6),
        ("👨‍👩‍👧‍👦", 2),
        ("🇫🇮", 2),
        ("Tervetuloa 👋🏽 torille", 21),
        ("©", 2),
        ("http://localhost:8000/x", 23),
    ],
)
def test_x_weighs_characters_links_and_emoji(text, weight):
    """A link is 23, an emoji 2, a Latin letter 1."""
    assert x_exact_length(text) == weight
    assert x_length(text) >= weight


@pytest.mark.parametrize("fill", ["ä", "語", "👍🏽", "https://www.loppi.fi/asiointi ", "loppi.fi ", "© "])
def test_x_is_exact_where_it_matters(fill):
    """Whatever is over 280 by X's count is over it by ours, and nothing that fits is refused."""
    most = 280 // x_exact_length(fill)
    for times in range(most - 2, most + 4):
        text = fill * times
        assert (x_length(text) > 280) == (x_exact_length(text) > 280)


X_TEXT = st.text(
    st.one_of(
        st.sampled_from("aä.:/ -#@1?=&%_\n©®™‼👍🏽🇫🇮👨‍👩語日ß'\u200d\ufe0f\u20e3"),
        st.characters(codec="utf-8"),
    ),
    max_size=120,
)
X_PIECE = st.sampled_from(
    [
        "https://www.hausjarvi.fi/lupa",
        "http://a.fi",
        "https://loppi.fi/x?y=z&w=1.",
        "https://loppi.fi/_",
        "hyvinkaa.fi",
        "https://ex.com/a,b",
        "https://a-b.com/?",
        " ",
        "\n",
        "klo 9.00",
        "(https://a.eu/)",
        "https://a.fi//",
        "https://a.com/x%20",
        "#tag",
        "@a.fi",
    ]
)


@given(X_TEXT | st.lists(X_PIECE, max_size=12).map("".join))
def test_x_never_counts_too_little(text):
    """The quick count is never below X's own, so nothing slips through that X would refuse."""
    assert x_length(text) >= x_exact_length(text)


def test_x_counts_an_ordinary_post_exactly_without_the_library():
    """Ordinary Finnish words with an ordinary link are counted as X counts, and a third of a second is saved."""
    text = "Rakennuslupaa haetaan nyt verkossa.\n\nhttps://www.hausjarvi.fi/asiointi/rakennuslupa\n\n#rakentaminen"
    program = (
        f"import sys; from channels.text import x_length; print(x_length({text!r}), 'twitter_text' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(x_exact_length(text)), "False"]


def test_the_library_is_imported_without_setuptools():
    """Newer setuptools lack the module that twitter-text-parser asks for, and nobody notices."""
    program = (
        "import sys; sys.path = [p for p in sys.path]; sys.modules['setuptools'] = None\n"
        "from channels.text import x_exact_length; print(x_exact_length('👋🏽'), 'pkg_resources' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["2", "False"]


def _vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"X's own vectors are not here: {VECTORS}"))]
    tests = yaml.safe_load(VECTORS.read_text(encoding="utf-8"))["tests"]
    # The keys of the third version of the rules; the others are older ones.
    chosen = tests["WeightedTweetsWithDiscountedEmojiCounterTest"] + tests["UnicodeDirectionalMarkerCounterTest"]
    return [pytest.param(case, id=case["description"]) for case in chosen]


@pytest.mark.parametrize("case", _vectors())
def test_x_counts_as_its_own_vectors_say(case):
    """X publishes what each of these weighs."""
    expected = case["expected"]["weightedLength"]
    assert x_exact_length(case["text"]) == expected
    assert x_length(case["text"]) >= expected
    assert (x_length(case["text"]) > 280) == (expected > 280)


def _extracted() -> list[Any]:
    if not EXTRACTED.exists():
        return [pytest.param("", {}, marks=pytest.mark.skip(reason=f"X's own vectors are not here: {EXTRACTED}"))]
    tests = yaml.safe_load(EXTRACTED.read_text(encoding="utf-8"))["tests"]
    kinds = ("mentions", "cashtags")
    return [pytest.param(kind, case, id=f"{kind}-{case['description']}") for kind in kinds for case in tests[kind]]


@pytest.mark.parametrize("kind, case", _extracted())
def test_mentions_and_signs_of_shares_are_found_as_x_finds_them(kind, case):
    """What X would refuse is refused at the desk, and nothing else is; the sandbox sees it the same way."""
    found = {"mentions": mentions, "cashtags": cashtags}[kind](case["text"])
    assert [one[1:] for one in found] == case["expected"]
    seen = {"mentions": tweettext.mentions, "cashtags": tweettext.cashtags}[kind](case["text"])
    assert [one.lstrip("$") for one in seen] == case["expected"]


def test_an_address_of_mail_and_an_accented_word_are_no_mentions():
    """Finnish words after @ have no account; a handle may have a dot inside, and none at its end."""
    assert mentions("Kirjoita: neuvonta@kunta.fi tai @Hämeenlinna.") == []
    assert mentions("Kysy @lopen.kunta. Ja (@kunta_fi)!") == ["@lopen.kunta", "@kunta_fi"]


# LinkedIn


@pytest.mark.parametrize(
    "plain, little",
    [
        ("a(b)_c #d @e", r"a\(b\)\_c {hashtag|\#|d} \@e"),
        (r"\|{}@[]()<>#*_~", r"\\\|\{\}\@\[\]\(\)\<\>\#\*\_\~"),
        ("(#Loppi)", r"\({hashtag|\#|Loppi}\)"),
        ("Päätös #päivähoito_2026.", r"Päätös {hashtag|\#|päivähoito\_2026}."),
        ("Sija #1", r"Sija \#1"),
        ("https://loppi.fi/a_b#osa", r"https://loppi.fi/a\_b\#osa"),
        ("https://loppi.fi/#osa", r"https://loppi.fi/\#osa"),
        ("C# ja #", r"C\# ja \#"),
        ("##kaksi", r"\#\#kaksi"),
        ("rivi\n#toinen", "rivi\n{hashtag|\\#|toinen}"),
    ],
)
def test_linkedins_notation(plain, little):
    """Reserved characters are escaped, hashtags are written as such, a link stays a link."""
    assert escape_little(plain) == little
    assert unlittle(little) == plain


@given(st.text(st.one_of(st.sampled_from("\\|{}@[]()<>#*_~ a1ä\n"), st.characters(codec="utf-8"))))
def test_linkedins_notation_can_be_read_back(text):
    """Whatever is written comes back the same, and no reserved character is left bare."""
    little = escape_little(text)
    assert unlittle(little) == text
    assert linkedin_length(text) >= length(text)


def test_what_linkedin_itself_writes_is_read():
    """Mentions and full-width number signs become what a reader sees."""
    assert unlittle("Kiitos @[Lopen kunta \\(virallinen\\)](urn:li:organization:5) {hashtag|\uff03|Loppi}") == (
        "Kiitos Lopen kunta (virallinen) #Loppi"
    )
    assert unlittle("a plain # text {not a template}") == "a plain # text {not a template}"


# Knowing again


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("Hae lupaa https://www.loppi.fi/lupa?utm_source=x", "Hae lupaa https://t.co/AbC123"),
        ("Hae: https://loppi.fi/lupa.", "Hae: https://t.co/AbC123."),
        ("Hae (https://loppi.fi/lupa) nyt", "Hae (https://t.co/AbC123) nyt"),
        ("Katso loppi.fi/asiointi tai www.hausjarvi.fi", "Katso https://t.co/a1 tai https://t.co/a2"),
        ("Kuva ohessa", "Kuva ohessa https://t.co/media99"),
        ("Kuva ja linkki https://loppi.fi", "Kuva ja linkki https://t.co/a https://t.co/media99"),
        ("Lapset & nuoret <3", "Lapset &amp; nuoret &lt;3"),
        ("Rivi  yksi \n\n\nRivi kaksi\n", "Rivi yksi\n\nRivi kaksi"),
        (unicodedata.normalize("NFD", "Hyvää päivää"), "Hyvää päivää"),
        ("Avoinna klo 9.00", "Avoinna klo 9.00"),
        ("Kysy kunta.fi:ssä, yle.fi:n mukaan", "Kysy http://kunta.fi:ssä, http://yle.fi:n mukaan"),
        ("Kysy kunta.fi:ssä.", "Kysy https://t.co/a1:ssä."),
        ("Suomi.fi-tunnistus avattu", "http://Suomi.fi-tunnistus avattu"),
        ("(https://loppi.fi/lupa_(uusi))", "(https://t.co/a1)"),
        ("loppi.fi,riihimaki.fi", "https://t.co/a1,https://t.co/a2"),
        ("Tori &amp; markkinat", "Tori &amp;amp; markkinat"),
    ],
)
def test_words_are_known_again(ours, theirs):
    """Links shortened, entities written, white space folded, a media link added: still the same post."""
    assert same_words(ours, theirs)


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("Avoinna klo 9.00", "Avoinna klo 9.30"),
        ("Hae lupaa", "Hae lupaa nyt"),
        ("Hae lupaa", "hae lupaa"),
        ("Hae lupaa https://loppi.fi", "Hae lupaa"),
        ("Hae lupaa", "Hae lupaa https://t.co/a https://t.co/b"),
        ("Hae lupaa https://loppi.fi nyt", "Hae lupaa nyt https://t.co/a"),
        ("Hae lupaa", ""),
    ],
)
def test_other_words_are_other_words(ours, theirs):
    """A changed hour, a word more, a link less: another post."""
    assert not same_words(ours, theirs)


def test_linkedins_mentions_name_and_address() -> None:
    """The name with its own escapes, the address beside it, hashtags and line breaks around it; read back, it is the words."""
    text = "Kysy:\nLopen (kunta) & #Loppi"
    post = Post(
        text=text, hashtags=("Asiointi",), mentions=(Mention(start=6, length=13, address="urn:li:organization:5"),)
    )
    written = little(post)
    assert written == (
        "Kysy:\n@[Lopen \\(kunta\\)](urn:li:organization:5) & {hashtag|\\#|Loppi}\n\n{hashtag|\\#|Asiointi}"
    )
    assert unlittle(written) == words(post)
    assert read(written).shown == words(post)
    assert not read(written).cut


@given(
    st.text(max_size=60),
    st.text(min_size=1, max_size=20),
    st.text(max_size=60),
    st.sampled_from([(), ("Loppi", "Tori")]),
)
@example("Kysy: ", "Lopen kunta", "", ("Loppi",))
def test_any_words_around_a_mention_survive_linkedins_notation(
    before: str, name: str, after: str, tags: tuple[str, ...]
) -> None:
    """Whatever signs are in them, LinkedIn shows all of them, and the hashtags stand apart also where a mention is last."""
    assume(name.strip() == name and unicodedata.is_normalized("NFC", before + name + after))
    mention = Mention(start=len(before), length=len(name), address="urn:li:organization:5")
    post = Post(text=before + name + after, hashtags=tags, mentions=(mention,))
    assert read(little(post)).shown.strip() == words(post).strip()
    assert not read(little(post)).cut
    assert unlittle(little(post)).strip() == words(post).strip()


@pytest.mark.parametrize(
    "text,links",
    [
        ("Hae (https://a.fi/hae_lupa?x=1&y=2), heti!", ("a.fi/hae_lupa?x=1&y=2",)),
        ("kunta.fi ja HTTP://www.kunta.fi/ohje.", ("kunta.fi", "www.kunta.fi/ohje")),
        ("klo 9.00, 1.12.2026, tieto@kunta.fi", ()),
        ("", ()),
    ],
)
def test_links_are_listed_without_what_clings_to_them(text: str, links: tuple[str, ...]) -> None:
    """Scheme and punctuation make no difference to where a link leads; a time or an address of mail is none."""
    assert links_in(text) == links
