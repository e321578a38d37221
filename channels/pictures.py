"""Pictures, fitted to what a network takes: upright, plain sRGB, no metadata, padded into the allowed shape and never cropped; pure.

Announcements have words in their pictures, so nothing of one may be cut off. What a picture costs is known from its header before anything
of it is unpacked: a file of 10 kB can hold 81 megapixels.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from math import ceil

from PIL import Image, ImageCms

from channels.base import Picture, PictureRules
from channels.errors import Kind, Rejected

# Pillow's own guard knows two limits for all formats and warns at the lower one; ours, below, is asked first.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""What staff may hand in. Pillow names a JPEG with a second picture behind it, as phones make them, MPO."""
_MOST_PIXELS = 40_000_000
"""Unpacked whole, at four bytes each."""
_MOST_WEBP_PIXELS = 15_000_000
"""WebP's decoder holds four copies."""
_MOST_JPEG_PIXELS = 250_000_000
"""A baseline JPEG can be unpacked at an eighth of its size; phones make up to 200 megapixels."""
_COMFORTABLE_PIXELS = 20_000_000
"""What is worked on is reduced to this at least."""
_LONGEST_SIDE = 65_535
_WHITE = (255, 255, 255)
_QUALITIES = (90, 85, 80, 70, 60)
_STRIP = 64
_LARGEST_PNG = 1_000_000
"""Beyond this a JPEG serves better; Facebook blurs larger PNGs (developers.facebook.com, Photo reference, 2026-11-24)."""
_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_ORIENTATION_TAG = 0x0112
_FIRST_SIDEWAYS = 5
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


# What Pillow raises for files that are not what they say.
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


class PictureFault(StrEnum):
    """Why a picture cannot be used."""

    NOT_A_PICTURE = "not_a_picture"
    BROKEN = "broken"
    ANIMATED = "animated"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LARGE = "too_large"


class PictureError(Rejected):
    """This picture cannot be used as it is; `code` says why."""

    def __init__(self, code: PictureFault, name: str = "") -> None:
        self.code = code
        super().__init__(Kind.PICTURE_REFUSED, f"{name}: {code}" if name else code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a picture's header says; sides in pixels, as a viewer sees them (turned upright)."""

    format: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A picture ready to be sent."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int


def inspect(data: bytes) -> Facts:
    """Read a picture's header without unpacking it. Raises PictureError."""
    with _open(data) as image:
        width, height = _turned(image.size, _orientation(image))
        return Facts(format=image.format or "", width=width, height=height, size=len(data))


@lru_cache(maxsize=4)  # an announcement's picture goes to several accounts of a network in a row
def fit(data: bytes, rules: PictureRules, *, shape: tuple[int, int] | None = None) -> Fitted:
    """Make of a picture what `rules` allow. Raises PictureError.

    `shape`: the exact width and height to fill, with bars where the picture's own shape differs (a carousel is shown in its first picture's
    shape); else the picture's own shape, with bars only as far as the rules' ratios ask for them.
    """
    with _open(data) as image:
        orientation = _orientation(image)
        graphic = image.format in {"PNG", "GIF"}
        picture = _reduced(image, rules.max_side)
    size = _turned(picture.size, orientation)
    frame = shape or _framed(_scaled(size, (rules.max_side, rules.max_side), enlarge=False), rules)
    picture = picture.resize(_turned(_scaled(size, frame), orientation), Image.Resampling.LANCZOS)
    whole = _padded(_upright(_srgb(picture), orientation), frame)
    return (_png(whole, rules) if graphic and "PNG" in rules.formats else None) or _jpeg(whole, rules)


def fit_picture(picture: Picture, rules: PictureRules, *, shape: tuple[int, int] | None = None) -> Fitted:
    """Do the same for a post's picture; an error names it."""
    try:
        return fit(picture.data, rules, shape=shape)
    except PictureError as error:
        raise PictureError(error.code, picture.name) from error


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
        moves = image.format != "MPO" and getattr(image, "is_animated", False)
    except _UNREADABLE as fault:
        raise PictureError(PictureFault.NOT_A_PICTURE) from fault
    if max(image.size) > _LONGEST_SIDE or image.width * image.height > _most_pixels(image):
        raise PictureError(PictureFault.TOO_MANY_PIXELS)
    if moves:
        raise PictureError(PictureFault.ANIMATED)
    return image


def _most_pixels(image: Image.Image) -> int:
    # A progressive JPEG is held whole in memory before its first line is known.
    if image.format in {"JPEG", "MPO"} and not image.info.get("progressive"):
        return _MOST_JPEG_PIXELS
    return _MOST_WEBP_PIXELS if image.format == "WEBP" else _MOST_PIXELS


def _orientation(image: Image.Image) -> int:
    """Return EXIF's word on how the camera was held; 1 is upright, 5 to 8 lie on their side."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except _UNREADABLE:
        return 1
    return orientation if orientation in _TURNS else 1


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation >= _FIRST_SIDEWAYS else size


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _scaled(size: tuple[int, int], into: tuple[int, int], *, enlarge: bool = True) -> tuple[int, int]:
    """Return the largest size of the same shape inside `into`."""
    scale = min(into[0] / size[0], into[1] / size[1])
    if scale > 1 and not enlarge:
        return size
    return min(max(1, round(size[0] * scale)), into[0]), min(max(1, round(size[1] * scale)), into[1])


def _framed(size: tuple[int, int], rules: PictureRules) -> tuple[int, int]:
    """Return the smallest size around `size` whose ratio is allowed, rounded so that it surely is. The longer side stays."""
    width, height = size
    if rules.narrowest is not None and width < height * rules.narrowest:
        return ceil(height * rules.narrowest), height
    if rules.widest is not None and width > height * rules.widest:
        return width, ceil(width / rules.widest)
    return size


def _reduced(image: Image.Image, max_side: int) -> Image.Image:
    """Unpack an opened picture, at least twice as large as wanted where it is, in plain colours and never much beyond its own memory."""
    factor = _factor(image.size, max_side)
    image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
    try:
        image.load()
    except _UNREADABLE as fault:
        raise PictureError(PictureFault.BROKEN) from fault
    factor = _factor(image.size, max_side)
    small = Image.new(_flat(image.crop((0, 0, 1, 1))).mode, (ceil(image.width / factor), ceil(image.height / factor)))
    for top in range(0, image.height, factor * _STRIP):
        strip = image.crop((0, top, image.width, min(image.height, top + factor * _STRIP)))
        small.paste(_flat(strip).reduce(factor), (0, top // factor))
    small.info["icc_profile"] = image.info.get("icc_profile")
    return small


def _factor(size: tuple[int, int], max_side: int) -> int:
    factor = max(1, max(size) // max_side // 2)
    while size[0] * size[1] > factor * factor * _COMFORTABLE_PIXELS:
        factor += 1
    return factor


def _flat(image: Image.Image) -> Image.Image:
    """Put what is transparent on white, and palettes and rare kinds of pixels into plain colours."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", image.size, _WHITE)
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _srgb(image: Image.Image) -> Image.Image:
    """Bring colours to sRGB: by the profile that the file carries, if it is a usable one."""
    profile = image.info.get("icc_profile")
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Put a picture in the middle of a white one, which has nothing of the file but its pixels."""
    whole = Image.new("RGB", size, _WHITE)
    whole.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return whole


def _png(image: Image.Image, rules: PictureRules) -> Fitted | None:
    data = _saved(image, "PNG")
    return _fitted(data, "PNG", image) if len(data) <= min(_LARGEST_PNG, rules.max_bytes) else None


def _jpeg(image: Image.Image, rules: PictureRules) -> Fitted:
    for quality in _QUALITIES:
        data = _saved(image, "JPEG", quality=quality, subsampling="4:4:4" if quality == _QUALITIES[0] else "4:2:0")
        if len(data) <= rules.max_bytes:
            return _fitted(data, "JPEG", image)
    raise PictureError(PictureFault.TOO_LARGE)


def _saved(image: Image.Image, form: str, **options: int | str) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _fitted(data: bytes, form: str, image: Image.Image) -> Fitted:
    return Fitted(data=data, mime=_MIMES[form], width=image.width, height=image.height)
