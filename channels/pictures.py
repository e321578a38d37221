"""Pictures, from what staff hand in to what a network takes; pure.

    inspect    is it a whole picture? For faults that people should hear of early
    master     what is kept of it: upright, plain sRGB, nothing but pixels, of bounded size; made once
    fit        what is sent: as large as the network takes it, padded into the allowed shape and never cropped

Announcements have words in their pictures, so nothing of one may be cut off. What a picture costs is known from its header before anything
of it is unpacked: a file of 10 kB can hold 81 megapixels. One picture is in hand at a time, however many threads ask.
"""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from math import ceil
from threading import Lock

from PIL import Image, ImageCms

from channels import jpegs
from channels.base import Picture, PictureRules
from channels.errors import Kind, Rejected

# Pillow's own guard knows two limits for all formats and warns at the lower one; ours, below, is asked first.
Image.MAX_IMAGE_PIXELS = None

_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""

# By itself glibc keeps what a picture took, in each thread anew. Two phone photos for four accounts: 215 MB at most and 127 afterwards,
# instead of 303 and 301 (2026-11-24). Another C library has neither the habit nor the setting.
with suppress(AttributeError, OSError):
    ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1_000_000)

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""What staff may hand in. Pillow names a JPEG with a second picture behind it, as phones make them, MPO."""
_MOST_PIXELS = 40_000_000
"""Unpacked whole, at four bytes each."""
_MOST_WEBP_PIXELS = 10_000_000
"""WebP's decoder holds four copies."""
_MOST_WAVES = 60_000_000
"""At two bytes each: a progressive JPEG of 40 megapixels with the usual halved colours."""
_MOST_JPEG_PIXELS = 250_000_000
"""A baseline JPEG can be unpacked at an eighth of its size; phones make up to 200 megapixels."""
_COMFORTABLE_PIXELS = 20_000_000
"""What is worked on is reduced to this at least."""
_MOST_SCANS = 100
"""A progressive JPEG is drawn once for each of its scans; programs make about ten, and a bomb thousands."""
_MASTER_SIDE = 3_072
"""The longest side that is kept: more than a network shows on a screen."""
_LARGEST_MASTER_PNG = 4_000_000
_MASTER_QUALITY = 95
_UNDRAWN = 128
"""What libjpeg shows where there is no drawing: grey, exactly."""
_COARSEST = 8
"""A JPEG can be unpacked at a half, a quarter or an eighth of its sides."""
_LONGEST_SIDE = 65_535
_WHITE = (255, 255, 255)
_QUALITIES = (90, 85, 80, 70, 60)
_STRIP = 64
_LARGEST_PNG = 1_000_000
"""Beyond this a JPEG serves better; Facebook blurs larger PNGs (developers.facebook.com, Photo reference, 2026-11-24)."""
_JPEGS = frozenset({"JPEG", "MPO"})
_GRAPHICS = frozenset({"PNG", "GIF"})
_PLAIN = frozenset({"L", "RGB", "CMYK"})
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
    HEIC = "heic"
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
    """What a picture is; sides in pixels, as a viewer sees them (turned upright)."""

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


_IN_HAND = Lock()
"""Several large pictures at once would need several times the memory that is promised."""


def inspect(data: bytes) -> Facts:
    """Look at the whole of a picture. Raises PictureError."""
    with _IN_HAND, _open(data) as image:
        width, height = _turned(image.size, _orientation(image))
        _unpack(image, data, _COARSEST)
        if image.format in _JPEGS and _is_short(image, data):
            raise PictureError(PictureFault.BROKEN)
        return Facts(format=image.format or "", width=width, height=height, size=len(data))


def master(data: bytes) -> bytes:
    """Make the picture that is kept, a JPEG or a PNG; small graphics stay as sharp as they are. Raises PictureError."""
    with _IN_HAND:
        if (plain := _plain_jpeg(data)) is not None and max(plain) <= _MASTER_SIDE:
            return data
        drawing = len(data) <= 2 * _LARGEST_MASTER_PNG
        picture, orientation, graphic = _reduced(data, _MASTER_SIDE)
        del data  # 50 MB, where the caller does not hold them either
        size = _scaled(picture.size, (_MASTER_SIDE, _MASTER_SIDE), enlarge=False)
        if size != picture.size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        picture = _upright(_srgb(picture), orientation)
        picture = _padded(picture, picture.size)
        # A drawing does not grow by being unpacked and pressed again: no long trial for a photo in a PNG.
        if graphic and drawing and len(kept := _saved(picture, "PNG")) <= _LARGEST_MASTER_PNG:
            return kept
        return _saved(picture, "JPEG", quality=_MASTER_QUALITY, subsampling="4:4:4")


def fit(data: bytes, rules: PictureRules, *, shape: tuple[int, int] | None = None) -> Fitted:
    """Make of a picture what `rules` allow. Raises PictureError.

    `shape`: the exact width and height to fill, with bars where the picture's own shape differs (a carousel is shown in its first picture's
    shape); else the picture's own shape, with bars only as far as the rules' ratios ask for them.
    """
    with _IN_HAND:
        return _fit(data, rules, shape)


@lru_cache(maxsize=4)  # an announcement's picture goes to several accounts of a network in a row
def _fit(data: bytes, rules: PictureRules, shape: tuple[int, int] | None) -> Fitted:
    plain = _plain_jpeg(data) if "JPEG" in rules.formats and len(data) <= rules.max_bytes else None
    if plain is not None and max(plain) <= rules.max_side and plain == (shape or _frame(plain, rules)):
        # Pressing it once more would only make it coarser.
        return Fitted(data=data, mime=_MIMES["JPEG"], width=plain[0], height=plain[1])
    picture, orientation, graphic = _reduced(data, 2 * rules.max_side)
    size = _turned(picture.size, orientation)
    frame = shape or _frame(_scaled(size, (rules.max_side, rules.max_side), enlarge=False), rules)
    picture = picture.resize(_turned(_scaled(size, frame), orientation), Image.Resampling.LANCZOS)
    whole = _padded(_upright(_srgb(picture), orientation), frame)
    return (_png(whole, rules) if graphic and "PNG" in rules.formats else None) or _jpeg(whole, rules)


def fit_all(pictures: Iterable[Picture], rules: PictureRules) -> Iterator[Fitted]:
    """Fit all pictures of a post, one at a time: those after the first to its shape where the network shows them in that."""
    shape = None
    for picture in pictures:
        fitted = fit_picture(picture, rules, shape=shape)
        if rules.alike:
            shape = shape or (fitted.width, fitted.height)
        yield fitted


def fit_picture(picture: Picture, rules: PictureRules, *, shape: tuple[int, int] | None = None) -> Fitted:
    """Do the same for a post's picture; an error names it."""
    try:
        return fit(picture.data if isinstance(picture.data, bytes) else picture.data(), rules, shape=shape)
    except PictureError as error:
        raise PictureError(error.code, picture.name) from error


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
        moves = image.format != "MPO" and getattr(image, "is_animated", False)
    except _UNREADABLE as fault:
        raise PictureError(PictureFault.HEIC if _is_heic(data) else PictureFault.NOT_A_PICTURE) from fault
    if _is_too_much(image, data):
        raise PictureError(PictureFault.TOO_MANY_PIXELS)
    if moves:
        raise PictureError(PictureFault.ANIMATED)
    return image


def _is_heic(data: bytes) -> bool:
    """Tell whether these are an iPhone's or a Samsung's, which come under any suffix (ISO/IEC 23008-12, annex B)."""
    return data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1"}


def _is_too_much(image: Image.Image, data: bytes) -> bool:
    """Tell from its header whether a picture would take too much to unpack."""
    pixels = image.width * image.height
    if max(image.size) > _LONGEST_SIDE:
        return True
    if image.format not in _JPEGS:
        return pixels > (_MOST_WEBP_PIXELS if image.format == "WEBP" else _MOST_PIXELS)
    return pixels > _MOST_JPEG_PIXELS or (not _comes_in_lines(image, data) and _waves(image) > _MOST_WAVES)


def _comes_in_lines(image: Image.Image, data: bytes) -> bool:
    """Tell whether a JPEG is drawn once, from top to bottom; another is held whole in memory before its first line is known."""
    return not image.info.get("progressive") and jpegs.colours_at_once(data) == len(_samplings(image))


def _waves(image: Image.Image) -> int:
    """Count what a JPEG is made of: for each colour a number a pixel, fewer where it has a lower resolution."""
    samplings = _samplings(image)
    return image.width * image.height * sum(samplings) // max(samplings, default=1)


def _samplings(image: Image.Image) -> list[int]:
    return [across * down for _, across, down, _ in getattr(image, "layer", ())]


def _orientation(image: Image.Image) -> int:
    """Return EXIF's word on how the camera was held; 1 is upright, 5 to 8 lie on their side. Unpacks what is not unpacked yet."""
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


def _frame(size: tuple[int, int], rules: PictureRules) -> tuple[int, int]:
    """Return the size of what is sent of a picture of its own shape: framed, and as wide as the network wants it at least."""
    width, height = _framed(size, rules)
    if rules.least_width is None or width >= rules.least_width:
        return width, height
    return rules.least_width, ceil(height * rules.least_width / width)


def _framed(size: tuple[int, int], rules: PictureRules) -> tuple[int, int]:
    """Return the smallest size around `size` whose ratio is allowed, rounded so that it surely is. The longer side stays."""
    width, height = size
    if rules.narrowest is not None and width < height * rules.narrowest:
        return ceil(height * rules.narrowest), height
    if rules.widest is not None and width > height * rules.widest:
        return width, ceil(width / rules.widest)
    return size


def _unpack(image: Image.Image, data: bytes, factor: int) -> None:
    """Unpack an opened picture, a JPEG at a fraction of its sides: at most a `factor`th, a power of two. Raises PictureError."""
    if image.format in _JPEGS:
        _refuse_unfinished(data)
    image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
    try:
        image.load()
    except _UNREADABLE as fault:
        raise PictureError(PictureFault.BROKEN) from fault


def _refuse_unfinished(jpeg: bytes) -> None:
    if jpegs.end(jpeg) is None or jpegs.scans(jpeg) > _MOST_SCANS:
        raise PictureError(PictureFault.BROKEN)


def _is_short(image: Image.Image, data: bytes) -> bool:
    """Tell whether an unpacked JPEG ended before it was drawn to its end, which libjpeg tells nobody.

    More drawing before its end mark changes nothing of a whole picture; of a short one it draws what was missing, however wrong. That need
    not be tried where the last corner has not the grey of what is missing, unless colours that come later may be missing alone.
    """
    if image.info.get("progressive") and jpegs.lacks_scans(data):
        return True
    corner = image.getpixel((image.width - 1, image.height - 1))
    if _comes_in_lines(image, data) and image.mode != "CMYK" and corner not in {_UNDRAWN, (_UNDRAWN,) * 3}:
        return False
    with jpegs.drawn_on(data) as file, Image.open(file, formats=("JPEG",)) as other:
        _unpack(other, data, _COARSEST)
        return other.tobytes() != image.tobytes()


def _plain_jpeg(data: bytes) -> tuple[int, int] | None:
    """Give the size of what is nothing but a baseline picture in sRGB, without metadata before, in or behind it. Raises PictureError."""
    with _open(data) as image:
        beside = [name for name, _ in getattr(image, "applist", ())]
        baseline = image.format == "JPEG" and image.mode == "RGB" and jpegs.is_baseline(data)
        if not baseline or beside != ["APP0"] or jpegs.end(data) != len(data):
            return None
        size = image.size
        _unpack(image, data, _COARSEST)
        return size


def _reduced(data: bytes, side: int) -> tuple[Image.Image, int, bool]:
    """Unpack a picture in plain colours, hardly larger than `side` needs, and never taking much more than its own memory.

    Returns with it how the camera was held, and whether it is a drawing. No name for the picture as it was unpacked outlives this.
    """
    with _open(data) as image:
        _unpack(image, data, min(_COARSEST, 1 << (_factor(image.size, side) - 1).bit_length()))
        orientation, graphic = _orientation(image), image.format in _GRAPHICS
        factor = _factor(image.size, side)
        if factor == 1 and image.mode in _PLAIN and not image.has_transparency_data:
            return image, orientation, graphic
        small = Image.new(
            _flat(image.crop((0, 0, 1, 1))).mode, (ceil(image.width / factor), ceil(image.height / factor))
        )
        for top in range(0, image.height, factor * _STRIP):
            strip = image.crop((0, top, image.width, min(image.height, top + factor * _STRIP)))
            small.paste(_flat(strip).reduce(factor), (0, top // factor))
        small.info["icc_profile"] = image.info.get("icc_profile")
        return small, orientation, graphic


def _factor(size: tuple[int, int], max_side: int) -> int:
    factor = max(1, max(size) // max_side)
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
    return image if image.mode in _PLAIN else image.convert("RGB")


def _srgb(image: Image.Image) -> Image.Image:
    """Bring colours to sRGB: by the profile that the file carries, if it is a usable one."""
    profile = image.info.get("icc_profile")
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Put a picture in the middle of a white one; what comes out has nothing of the file but its pixels."""
    if image.size == size:
        image.info.clear()
        return image
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
