"""The chart of a mail: its bars, its words, and that they need no font of the machine."""

from __future__ import annotations

import io
import re

import pytest
import resvg_py
from PIL import Image, ImageChops

from publisher.mail.chart import HEIGHT, WIDTH, Column, draw, svg

COLUMNS = [Column(label=str(week), value=week * 7, number=f"{week * 7}") for week in range(41, 49)]


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_a_machine_without_fonts_has_words_in_its_chart():
    """The font comes as a package. Without one resvg leaves every word out and says nothing: that picture is another."""
    fontless = resvg_py.svg_to_bytes(svg_string=svg(COLUMNS), skip_system_fonts=True)
    wordless = resvg_py.svg_to_bytes(svg_string=re.sub(r"<text.*?</text>", "", svg(COLUMNS)), skip_system_fonts=True)
    assert fontless == wordless
    difference = ImageChops.difference(pixels(draw(COLUMNS)), pixels(wordless))
    left, top, right, bottom = difference.getbbox() or (0, 0, 0, 0)
    assert (left, right) != (0, 0)
    # From the number above the tallest bar to the weeks below the ground, across the whole picture.
    assert top < 60
    assert bottom > HEIGHT - 40
    assert right - left > WIDTH * 0.8


def test_letters_of_finnish_are_in_the_font():
    """A month's name with dots is drawn with them: 'heinä' is not 'heina'."""
    pictures = [draw([Column(label=word, value=1, number="1")]) for word in ("heinä", "heina", "hein")]
    assert len(set(pictures)) == 3


def test_a_chart_is_small_and_of_its_size():
    """It travels in every mail."""
    png = draw(COLUMNS)
    assert pixels(png).size == (WIDTH, HEIGHT)
    assert len(png) < 20_000


@pytest.mark.parametrize(
    "values, bars",
    [((1, 2, 3), 3), ((0, 0, 5), 1), ((None, 0, 5), 1), ((-3, 4, 8), 2), ((0, 0, 0), 0), ((None, None, None), 0)],
)
def test_what_is_unknown_is_no_bar(values, bars):
    """Nor is nothing, nor less than nothing; the unknown has a dash and not a number above it."""
    columns = [Column(label=str(n), value=value, number="not told") for n, value in enumerate(values)]
    drawn = svg(columns)
    assert drawn.count('rx="3"') == bars
    assert drawn.count(">–</text>") == values.count(None)
    assert pixels(draw(columns)).size == (WIDTH, HEIGHT)


def test_long_numbers_stay_within_their_columns():
    """A million is written smaller, not over its neighbour; foreign words are no tags."""
    columns = [Column(label="a<b>&", value=n, number="12 345 678") for n in range(1, 9)]
    drawn = svg(columns)
    (size,) = {float(found) for found in re.findall(r'font-size="([\d.]+)"', drawn)}
    assert size * 0.56 * len("12 345 678") < WIDTH / 8
    assert "<b>" not in drawn
