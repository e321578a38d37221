"""Pictures: what comes out of what staff hand in."""

from __future__ import annotations

import random
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw

from channels.base import PictureRules
from channels.errors import Kind, Rejected
from channels.pictures import Facts, Fitted, PictureError, PictureFault, fit, inspect

ANY = PictureRules(most=10, formats=("JPEG", "PNG"), max_bytes=4_000_000, max_side=2048, max_alt=1000)
SQUARISH = PictureRules(
    most=10, formats=("JPEG",), max_bytes=8_000_000, max_side=1440, narrowest=4 / 5, widest=1.91, max_alt=1000
)
RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)


def a_picture(size: tuple[int, int] = (400, 200), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, a green corner at the top left."""
    image = Image.new("RGB", size, RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] // 2, 0, size[0], size[1]), fill=BLUE)
    draw.rectangle((0, 0, size[0] // 8, size[1] // 4), fill=GREEN)
    return image.convert(mode)


def saved(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(fitted: Fitted) -> Image.Image:
    image = Image.open(BytesIO(fitted.data))
    assert image.size == (fitted.width, fitted.height)
    assert f"image/{(image.format or '').lower()}" == fitted.mime
    assert image.mode == "RGB"
    return image


def near(colour: object, wanted: tuple[int, int, int], by: int = 12) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - other) <= by for one, other in zip(colour, wanted, strict=True))


def corners(image: Image.Image) -> list[object]:
    """Top left, top right, bottom right, bottom left; a little inside."""
    w, h = image.size
    return [image.getpixel(spot) for spot in ((8, 8), (w - 8, 8), (w - 8, h - 8), (8, h - 8))]


def test_a_picture_that_fits_stays_as_it_is():
    """Same size, same colours; no upscaling, no bars."""
    image = opened(fit(saved(a_picture(), quality=95), ANY))
    assert image.size == (400, 200)
    assert all(near(*pair) for pair in zip(corners(image), (GREEN, BLUE, BLUE, RED), strict=True))


@pytest.mark.parametrize("orientation, back", [(3, 180), (6, 90), (8, 270)])
def test_a_picture_taken_sideways_comes_out_upright(orientation, back):
    """EXIF says how the camera was held; the pixels are turned, since a network may not look at EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = a_picture().rotate(back, expand=True)
    data = saved(held, exif=exif, quality=95)
    assert inspect(data) == Facts(format="JPEG", width=400, height=200, size=len(data))
    image = opened(fit(data, ANY))
    assert image.size == (400, 200)
    assert all(near(*pair) for pair in zip(corners(image), (GREEN, BLUE, BLUE, RED), strict=True))


@pytest.mark.parametrize("orientation", [2, 4, 5, 7])
def test_a_mirrored_picture_is_mirrored_back(orientation):
    """The other four ways of EXIF, seldom seen."""
    mirrored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        7: Image.Transpose.TRANSVERSE,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(fit(saved(a_picture().transpose(mirrored[orientation]), exif=exif, quality=95), ANY))
    assert all(near(*pair) for pair in zip(corners(image), (GREEN, BLUE, BLUE, RED), strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_goes_out(form):
    """Place, camera, comment, profile: whatever a file carries beside its picture stays here."""
    exif = Image.Exif()
    exif[0x010F] = "TiedoteCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 40.0, 12.0), 3: "E", 4: (24.0, 30.0, 5.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(a_picture(), form, exif=exif, icc_profile=profile, comment=b"TiedoteComment")
    assert b"TiedoteCamera" in data
    fitted = fit(data, ANY)
    image = opened(fitted)
    assert dict(image.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
    assert b"Tiedote" not in fitted.data


def test_colours_of_print_become_colours_of_screens():
    """CMYK is no picture for the web."""
    image = opened(fit(saved(a_picture(mode="CMYK"), quality=95), ANY))
    assert all(near(*pair, by=25) for pair in zip(corners(image), (GREEN, BLUE, BLUE, RED), strict=True))


def test_a_profile_of_its_own_is_brought_to_srgb():
    """The profile says what the numbers mean: here one in which red and blue have changed places."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"_XYZ").replace(b"bXYZ", b"rXYZ").replace(b"_XYZ", b"bXYZ")
    image = opened(fit(saved(a_picture(), "PNG", icc_profile=swapped), ANY))
    assert all(near(*pair, by=25) for pair in zip(corners(image), (GREEN, RED, RED, BLUE), strict=True))


def test_a_broken_profile_is_no_reason_to_refuse():
    """The numbers are then taken for sRGB, as every viewer does."""
    image = opened(fit(saved(a_picture(), "PNG", icc_profile=b"nonsense"), ANY))
    assert near(image.getpixel((8, 8)), GREEN)


def test_what_is_transparent_becomes_white():
    """Some networks show it black."""
    image = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((100, 0, 200, 100), fill=(*RED, 255))
    for data in (saved(image, "PNG"), saved(image, "WEBP", lossless=True), saved(image.convert("LA"), "PNG")):
        assert near(opened(fit(data, ANY)).getpixel((20, 50)), WHITE)
    assert near(opened(fit(saved(image, "PNG"), ANY)).getpixel((150, 50)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "RGBA", "LA"])
def test_every_kind_of_pixels_is_understood(mode):
    """Black and white, grey, palettes, sixteen bits."""
    image = Image.new("L", (64, 32), 0)
    image.paste(255, (32, 0, 64, 32))
    if mode == "I;16":
        image = image.convert("I").point(lambda value: value * 257)
    left, right = (opened(fit(saved(image.convert(mode), "PNG"), ANY)).getpixel(spot) for spot in ((8, 8), (56, 8)))
    assert near(left, (0, 0, 0))
    assert near(right, WHITE)


def test_a_graphic_stays_sharp_where_the_network_takes_png():
    """A PNG stays a PNG if it is small, and becomes a JPEG where only that is taken."""
    data = saved(a_picture(), "PNG")
    assert fit(data, ANY).mime == "image/png"
    assert fit(data, SQUARISH).mime == "image/jpeg"
    assert fit(saved(a_picture(mode="P"), "GIF"), ANY).mime == "image/png"
    noise = saved(Image.effect_noise((1200, 1200), 90).convert("RGB"), "PNG")
    assert fit(noise, ANY).mime == "image/jpeg"


def test_a_large_picture_is_made_smaller():
    """The longer side is what the network takes, the shape stays."""
    assert opened(fit(saved(a_picture((5000, 2500))), ANY)).size == (2048, 1024)
    assert opened(fit(saved(a_picture((300, 9000))), ANY)).size == (68, 2048)


def test_too_wide_is_padded_and_nothing_is_cut_off():
    """Bars above and below; every corner of the picture is still there."""
    image = opened(fit(saved(a_picture((2000, 200)), quality=95), SQUARISH))
    assert image.width == 1440
    assert image.width / image.height <= 1.91
    assert image.height == 754
    assert all(near(corner, WHITE) for corner in corners(image))
    top, bottom = (754 - 144) // 2, (754 + 144) // 2
    assert near(image.getpixel((8, top + 8)), GREEN)
    assert near(image.getpixel((8, bottom - 8)), RED)
    assert near(image.getpixel((1432, top + 8)), BLUE)
    assert near(image.getpixel((1432, bottom - 8)), BLUE)


@pytest.mark.parametrize("size", [(100, 333), (333, 1000), (799, 1000), (1911, 1000), (3000, 1001), (7, 5000), (5, 4)])
def test_the_shape_is_always_an_allowed_one(size):
    """Rounding never leaves a picture a hair outside the allowed ratios."""
    fitted = fit(saved(Image.new("RGB", size, RED)), SQUARISH)
    assert 4 / 5 <= fitted.width / fitted.height <= 1.91
    assert max(fitted.width, fitted.height) <= 1440


@pytest.mark.parametrize("size", [(300, 900), (3000, 1000), (120, 90), (2400, 1800), (1000, 1000)])
def test_a_carousel_takes_its_first_pictures_shape(size):
    """Every later picture fills exactly that shape with bars, whole and in the middle, larger or smaller than its own."""
    first = fit(saved(a_picture((1200, 900))), SQUARISH)
    image = opened(fit(saved(a_picture(size), quality=95), SQUARISH, shape=(first.width, first.height)))
    assert image.size == (1200, 900)
    scale = min(1200 / size[0], 900 / size[1])
    left, top = (1200 - size[0] * scale) / 2, (900 - size[1] * scale) / 2
    inside = image.crop((round(left), round(top), round(1200 - left), round(900 - top)))
    assert all(near(*pair, by=20) for pair in zip(corners(inside), (GREEN, BLUE, BLUE, RED), strict=True))


def test_a_size_limit_is_kept_by_pressing_harder():
    """A picture that would be too many bytes gets a little coarser, and only a hopeless one is refused."""
    noise = saved(Image.effect_noise((1000, 1000), 90).convert("RGB"), quality=95)
    less = len(fit(noise, ANY).data) * 2 // 3
    assert len(fit(noise, replace(ANY, max_bytes=less)).data) <= less
    with pytest.raises(PictureError) as caught:
        fit(noise, replace(ANY, max_bytes=4_000))
    assert caught.value.code is PictureFault.TOO_LARGE


# What is refused


def refused(data: bytes) -> PictureFault:
    with pytest.raises(PictureError) as caught:
        fit(data, ANY)
    assert isinstance(caught.value, Rejected)
    assert caught.value.kind is Kind.PICTURE_REFUSED
    return caught.value.code


def test_what_is_not_a_picture_is_refused():
    """Text, nothing, a PDF, a vector drawing, a format that is not on the list."""
    tiff = saved(a_picture(), "TIFF")
    for data in (b"", b"Hei", b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", tiff):
        assert refused(data) is PictureFault.NOT_A_PICTURE
        with pytest.raises(PictureError):
            inspect(data)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused(form):
    """Only its first picture would be seen; better to say so."""
    frames = [a_picture(), a_picture((400, 200)).rotate(180)]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:])
    assert refused(data) is PictureFault.ANIMATED


def test_a_phones_double_picture_is_a_picture():
    """Phones put a second picture behind the first (MPO); the first is what was meant."""
    data = saved(a_picture(), "MPO", save_all=True, append_images=[a_picture().rotate(180)])
    assert near(opened(fit(data, ANY)).getpixel((8, 8)), GREEN)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on broken EXIF
def test_no_damage_makes_anything_but_a_clear_refusal():
    """Files with a few wrong bytes come out as pictures or as a refusal, never as another error."""
    lot = random.Random(20261201)
    files = [saved(a_picture((60, 40)), form) for form in ("JPEG", "PNG", "GIF", "WEBP")] + [
        saved(a_picture((60, 40)), progressive=True)
    ]
    outcomes = set()
    for _ in range(400):
        data = bytearray(lot.choice(files))
        for _ in range(lot.choice((1, 2, 20))):
            data[lot.randrange(min(len(data), lot.choice((40, 200, 9999))))] = lot.randrange(256)
        try:
            outcomes.add(fit(bytes(data), ANY).mime)
        except PictureError as refusal:
            outcomes.add(refusal.code)
    assert {"image/jpeg", PictureFault.BROKEN, PictureFault.NOT_A_PICTURE} <= outcomes
