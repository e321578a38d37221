"""What every network promises of a post's parts: every word and every picture arrives, in the form that the network has for it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from channels.base import Card, Mention, Mentions, Picture, Poll, Post
from channels.errors import Kind, Rejected
from channels.sandbox import LedgerPicture, LedgerPost
from channels.text import words
from tests.channels.bench import Bench, a_picture, comments_of_ours, the_only

LINK = "https://asiointi.example.fi/hae_lupa?utm_source=kunta&utm_campaign=lupa-2026"
RED, BLUE = (200, 30, 30), (30, 30, 200)
GPS = 0x8825
ORIENTATION = 0x0112


def landed(bench: Bench, post: Post) -> LedgerPost:
    """Publish a post and give what residents see of it."""
    done = bench.deliver(post)
    assert done.published is not None, done.refused
    return the_only(bench.posts())


def seen(bench: Bench, picture: LedgerPicture) -> Image.Image:
    """A picture as the network shows it."""
    data = bench.sandbox.cdn(picture.path)
    assert data is not None
    return Image.open(BytesIO(data))


def marked(size: tuple[int, int], form: str = "PNG", **options: object) -> bytes:
    """A picture that is red at its left end and blue at its right one, grey between."""
    image = Image.new("RGB", size, "grey")
    strip = (max(1, size[0] // 8), size[1])
    image.paste(RED, (0, 0, *strip))
    image.paste(BLUE, (size[0] - strip[0], 0, size[0], size[1]))
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def is_like(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return bool(sum(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 90)


# Pictures


def test_as_many_pictures_as_the_network_takes(bench: Bench) -> None:
    """All of them, in order, each with its own alternative text; and they are read back so."""
    most = bench.capabilities.pictures.most
    pictures = tuple(a_picture(f"Kuva numero {n}", size=(400 + n, 300)) for n in range(most))
    post = landed(bench, Post(text="Kuvia", pictures=pictures))
    assert [picture.alt for picture in post.pictures] == [f"Kuva numero {n}" for n in range(most)]
    widths = [picture.width for picture in post.pictures]
    assert widths == sorted(widths), "the pictures themselves, and not their texts alone, are in order"
    with closing(bench.connect()) as channel:
        assert channel.read_back([post.id])[post.id].alts == tuple(f"Kuva numero {n}" for n in range(most))


@pytest.mark.parametrize("size", [(3000, 300), (300, 3000), (2400, 1600), (20, 20)])
def test_a_picture_of_any_shape_is_shown_whole(bench: Bench, size: tuple[int, int]) -> None:
    """Both ends are there, whatever shape and size the network wants: it is padded, never cropped."""
    data = marked(size)
    (picture,) = landed(bench, Post(text="Muoto", pictures=(Picture(name="a.png", data=data, alt="Muoto"),))).pictures
    rules = bench.capabilities.pictures
    assert not picture.cropped
    assert max(picture.width, picture.height) <= rules.max_side
    assert picture.size <= rules.max_bytes
    assert (rules.narrowest or 0) - 0.01 <= picture.width / picture.height <= (rules.widest or 999) + 0.01
    with seen(bench, picture).convert("RGB") as image:
        row = [image.getpixel((x, image.height // 2)) for x in range(image.width)]
    assert any(is_like(pixel, RED) for pixel in row[: len(row) // 2])
    assert any(is_like(pixel, BLUE) for pixel in row[len(row) // 2 :])


def test_pictures_of_different_shapes_go_together(bench: Bench) -> None:
    """A wide, a tall and a square one: none is cropped, also where all are shown in the first one's shape."""
    shapes = ((1200, 800), (500, 900), (700, 700))
    pictures = tuple(Picture(name=f"{n}.png", data=marked(size), alt=f"Kuva {n}") for n, size in enumerate(shapes))
    post = landed(bench, Post(text="Muotoja", pictures=pictures))
    assert [picture.alt for picture in post.pictures] == ["Kuva 0", "Kuva 1", "Kuva 2"]
    assert not any(picture.cropped for picture in post.pictures)
    ratios = {round(picture.width / picture.height, 1) for picture in post.pictures}
    assert len(ratios) == (1 if bench.name == "instagram" else 3)
    for picture in post.pictures:
        with seen(bench, picture).convert("RGB") as image:
            row = [image.getpixel((x, image.height // 2)) for x in range(image.width)]
        assert any(is_like(pixel, RED) for pixel in row)
        assert any(is_like(pixel, BLUE) for pixel in row)


def test_a_phones_photo_arrives_upright_and_says_nothing_of_its_place(bench: Bench) -> None:
    """Turned as its data says, and without that data: neither where it was taken nor by which camera."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x0110] = "Puhelin 12"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (60.0, 44.0, 12.0)
    data = marked((900, 600), "JPEG", exif=exif, quality=95)
    (picture,) = landed(bench, Post(text="Kuva", pictures=(Picture(name="a.jpg", data=data, alt="Talo"),))).pictures
    with seen(bench, picture) as image:
        assert not image.getexif()
        assert b"Puhelin" not in (bench.sandbox.cdn(picture.path) or b"")
        upright = image.convert("RGB")
    # Stored with its left side up: what was left is at the top.
    assert upright.height > upright.width
    assert is_like(upright.getpixel((upright.width // 2, 10)), RED)
    assert is_like(upright.getpixel((upright.width // 2, upright.height - 10)), BLUE)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_of_any_usual_format_arrives_in_one_that_the_network_takes(bench: Bench, form: str) -> None:
    """What the network does not take is made into what it does."""
    picture = Picture(name=f"a.{form.lower()}", data=marked((640, 480), form), alt="Talo")
    (shown,) = landed(bench, Post(text="Kuva", pictures=(picture,))).pictures
    assert shown.format.removeprefix("image/").upper() in bench.capabilities.pictures.formats


def test_the_longest_alternative_text_arrives_whole(bench: Bench) -> None:
    """To its last letter, also with signs that some notation would take for its own."""
    longest = bench.capabilities.pictures.max_alt
    alt = "Talo (1) & piha [2] #3 @4 _5_ " + "ä" * (longest - 30)
    assert len(alt) == longest
    post = landed(bench, Post(text="Kuva", pictures=(a_picture(alt),)))
    assert [picture.alt for picture in post.pictures] == [alt]


# Words


def test_hashtags_stand_at_the_end_and_lead_somewhere(bench: Bench) -> None:
    """After an empty line, as they are written, with the capitals that screen readers need; a number sign in the words stays one."""
    tags = ("SähköinenAsiointi", "Rakennuslupa2026", "Åbo_info")
    post = landed(bench, Post(text="Talo #1 & #Avoinna", hashtags=tags, pictures=bench.text_needs_picture()))
    assert post.text == "Talo #1 & #Avoinna\n\n#SähköinenAsiointi #Rakennuslupa2026 #Åbo_info"


def test_a_link_goes_where_the_network_has_its_place(bench: Bench) -> None:
    """With a card: on it, with its title, and once more in the words where the network says so. Without: in the words alone."""
    card = bench.capabilities.card
    text = "Hae lupaa." if card is Card.INSTEAD else f"Hae lupaa: {LINK}"
    link = None if card is Card.NONE else LINK
    post = landed(
        bench, Post(text=text, link=link, title="Rakennuslupa (verkossa)", pictures=bench.text_needs_picture())
    )
    assert post.text == text
    assert post.link == link
    assert post.text.count("https://") == (0 if card is Card.INSTEAD else 1)
    if card is Card.INSTEAD:
        assert post.title == "Rakennuslupa (verkossa)"


def test_a_card_shows_what_nobody_reads_from_the_page(bench: Bench) -> None:
    """Where the network does not fetch the page, the card has its description, plain, and its picture with its alternative text."""
    most = bench.capabilities.max_card_description
    if most is None:
        return
    description = "Täytä (verkossa) & lähetä #1 " + "ä" * (most - 29)
    assert len(description) == most
    picture = Picture(name="talo.png", data=marked((1200, 600)), alt="Kunnantalo [etelästä]")
    post = Post(
        text="Hae lupaa.", link=LINK, title="t" * (bench.capabilities.max_card_title or 0), description=description
    )
    there = landed(bench, replace(post, thumbnail=picture))
    assert (there.title, there.description) == (post.title, description)
    assert there.thumbnail is not None
    assert there.thumbnail.alt == picture.alt
    with seen(bench, there.thumbnail).convert("RGB") as image:
        assert is_like(image.getpixel((5, image.height // 2)), RED)
        assert is_like(image.getpixel((image.width - 5, image.height // 2)), BLUE)
    with closing(bench.connect()) as channel:
        held = channel.read_back([there.id])[there.id]
    assert held.alts == (picture.alt,)


def test_a_poll_stands_under_the_words(bench: Bench) -> None:
    """Where the network has polls: every option, in order and whole; the question where there is a place for it; and it is known again."""
    limits = bench.capabilities
    if limits.max_poll_option is None:
        return
    options = tuple(f"{n} (vaihtoehto) #{n} &".ljust(limits.max_poll_option, "ä") for n in range(4))
    question = "Mikä päivä (tai ilta)? ".ljust(limits.max_poll_question or 0, "ö")
    for days in (1, 3, 7):
        bench.fresh()
        post = Post(text="Vastaa kyselyyn #1!", poll=Poll(question=question, options=options, days=days))
        there = landed(bench, post)
        assert there.options == options
        assert there.question == (question if limits.max_poll_question else None)
        with closing(bench.connect()) as channel:
            assert channel.is_same(post, channel.read_back([there.id])[there.id].post)


def test_a_link_in_the_words_stays_whole_beside_pictures(bench: Bench) -> None:
    """No letter of an address is escaped, cut or doubled on the way."""
    post = landed(bench, Post(text=f"Hae lupaa: {LINK}", pictures=(a_picture(),)))
    assert post.text == f"Hae lupaa: {LINK}"
    with closing(bench.connect()) as channel:
        assert channel.read_back([post.id])[post.id].links == (LINK.removeprefix("https://"),)


def test_others_are_mentioned_in_the_networks_own_form(bench: Bench) -> None:
    """Readers see the name, and where the network has a form for it, it leads there; X refuses it, before it costs anything."""
    limits = bench.capabilities
    name = {Mentions.NAME: "Lopen kunta", Mentions.HANDLE: "@lopenkunta", Mentions.ADDRESS: "Lopen kunta (virallinen)"}
    shown = name[limits.mentions]
    address = (Mention(start=5, length=len(shown), address="urn:li:organization:5000102"),)
    post = Post(
        text=f"Kysy {shown}, kiitos!",
        pictures=bench.text_needs_picture(),
        mentions=address if limits.mentions is Mentions.ADDRESS else (),
    )
    if limits.max_mentions == 0:
        done = bench.deliver(post)
        assert isinstance(done.refused, Rejected)
        assert done.refused.kind is Kind.TEXT_REFUSED
        assert bench.posts() == []
        return
    there = landed(bench, post)
    assert there.text == words(post)
    if limits.mentions is Mentions.ADDRESS:
        assert "(urn:li:organization:5000102)" in there.source
    with closing(bench.connect()) as channel:
        assert channel.is_same(post, channel.read_back([there.id])[there.id].post)


def test_a_first_comment_is_plain_whatever_the_posts_notation_is(bench: Bench) -> None:
    """No escape of the post's notation shows in it; links, brackets and line breaks stay."""
    if not bench.capabilities.max_first_comment:
        return
    comment = f"Ohjeet (pdf) [1] {{2}} *tärkeää* _nyt_:\n{LINK}"
    post = landed(bench, Post(text="Moi", pictures=bench.text_needs_picture(), first_comment=comment))
    assert comments_of_ours(bench, post) == [comment]
