"""Pictures as they are kept: whole, upright, in sRGB, with nothing but pixels, within bounds of memory and time."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from channels import registry
from channels.pictures import PictureError, PictureFault, fit, inspect, master
from tests.channels.test_pictures import BLUE, GREEN, RED, WHITE, a_picture, corners, near, saved

PLAIN = saved(a_picture(), quality=92)
"""As a program that draws for the web saves it: baseline, no metadata."""


def kept(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(master(data)))
    image.load()
    return image


def fault(data: bytes) -> PictureFault:
    """Every way in tells the same."""
    found = set()
    for way in (inspect, master):
        with pytest.raises(PictureError) as caught:
            way(data)
        found.add(caught.value.code)
    (one,) = found
    return one


# What is kept


def test_a_phones_photo_keeps_its_pixels_alone():
    """Upright, without place, camera, thumbnail or what phones hang behind a picture."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "TiedoteCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 40.0, 12.0), 3: "E", 4: (24.0, 30.0, 5.0)})
    xmp = b"<x:xmpmeta>Tiedote home address</x:xmpmeta>"
    photo = saved(a_picture().rotate(90, expand=True), exif=exif, xmp=xmp, comment=b"TiedoteComment", quality=95)
    photo += b"\x00\x00\x00\x18ftypmp42 Tiedote moving picture " + bytes.fromhex("ffda") * 200
    assert inspect(photo).width == 400
    whole = master(photo)
    image = Image.open(BytesIO(whole))
    assert (image.size, image.mode, image.format) == ((400, 200), "RGB", "JPEG")
    assert b"Tiedote" not in whole
    assert dict(image.getexif()) == {}
    assert {name for name, _ in getattr(image, "applist", ())} == {"APP0"}
    assert all(near(*pair) for pair in zip(corners(image), (GREEN, BLUE, BLUE, RED), strict=True))


def test_a_large_picture_is_kept_within_bounds():
    """Its longer side is 3,072 pixels; a smaller one stays."""
    assert kept(saved(a_picture((6000, 1500)))).size == (3072, 768)
    assert kept(saved(a_picture((500, 3800)), "PNG")).size == (404, 3072)
    assert kept(saved(a_picture((3072, 40)), progressive=True)).size == (3072, 40)


def test_a_plain_jpeg_is_never_pressed_again():
    """The very bytes that staff made are kept and sent wherever they fit; what does not fit is made anew."""
    assert master(PLAIN) == PLAIN
    for network in registry.NAMES:
        rules = registry.capabilities(network).pictures
        assert (fit(PLAIN, rules).data == PLAIN) is (network != "instagram"), network  # 2:1 is too wide for Instagram
    large = saved(a_picture((2600, 1300)))
    assert master(large) == large
    assert fit(large, registry.capabilities("facebook").pictures).width == 2048


def test_what_is_kept_is_kept_as_it_is():
    """Making it twice changes nothing."""
    for data in (saved(a_picture((5000, 900))), saved(a_picture(mode="CMYK")), saved(a_picture(mode="P"), "PNG")):
        once = master(data)
        assert master(once) == once


@pytest.mark.parametrize(
    "beside",
    [
        {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"},
        {"comment": b"Tiedote"},
        {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()},
        {"progressive": True},
    ],
)
def test_a_jpeg_with_anything_beside_its_pixels_is_made_anew(beside):
    """Even a comment."""
    data = saved(a_picture(), quality=92, **beside)
    assert master(data) != data
    assert near(kept(data).getpixel((8, 8)), GREEN)


def test_what_hangs_behind_a_plain_jpeg_is_cut_off():
    """An archive behind a picture is a known way to smuggle one."""
    data = PLAIN + b"PK\x03\x04 Tiedote"
    assert b"Tiedote" not in master(data)
    assert b"Tiedote" not in fit(data, registry.capabilities("x").pictures).data


# Colours


def profile_of_primaries(red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...]) -> bytes:
    """The sRGB profile with other primaries (XYZ, adapted to D50)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for n in range(struct.unpack(">I", data[128:132])[0]):
        tag, offset, _ = struct.unpack(">4sII", data[132 + 12 * n : 144 + 12 * n])
        if tag in {b"rXYZ", b"gXYZ", b"bXYZ"}:
            xyz = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}[tag]
            data[offset + 8 : offset + 20] = struct.pack(">3i", *(round(value * 65536) for value in xyz))
    return bytes(data)


DISPLAY_P3 = profile_of_primaries((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))


@pytest.mark.parametrize(
    "in_p3, in_srgb", [((234, 51, 35), (255, 0, 0)), ((117, 251, 76), (0, 255, 0)), ((128, 128, 128), (128, 128, 128))]
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_phones_wide_colours_become_those_of_screens(form, in_p3, in_srgb):
    """Display P3, in which iPhones save: the same colour, not the same numbers."""
    data = saved(Image.new("RGB", (64, 64), in_p3), form, icc_profile=DISPLAY_P3, quality=100, lossless=True)
    assert near(kept(data).getpixel((32, 32)), in_srgb, by=6)


def a_printers_profile() -> bytes:
    """A CMYK profile (ICC.1:2001, `mft1` from CMYK to Lab) of a printer whose cyan ink is green and whose other inks are as usual."""
    inks = {0: (0, 255, 0), 1: (255, 0, 255), 2: (255, 255, 0), 3: (0, 0, 0)}
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
    nodes = b""
    for mixed in range(16):
        used = [inks[ink] for ink in range(4) if mixed & (8 >> ink)]
        colour = tuple(min((one[part] for one in used), default=255) for part in range(3))
        pixel = ImageCms.applyTransform(Image.new("RGB", (1, 1), colour), to_lab)
        assert pixel is not None
        light, red, blue = pixel.tobytes()
        nodes += bytes((light, red ^ 128, blue ^ 128))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + bytes(range(256)) * 4 + nodes + bytes(range(256)) * 3
    table += bytes(-len(table) % 4)
    name = b"desc" + bytes(4) + struct.pack(">I", 8) + b"Tiedote\0" + bytes(78)
    name += bytes(-len(name) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    tags, body, offset = b"", b"", 128 + 4 + 4 * 12
    for tag, content in ((b"desc", name), (b"cprt", text), (b"wtpt", white), (b"A2B0", table)):
        tags += struct.pack(">4sII", tag, offset + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H4s4sI", 2026, 11, 24, 0, 0, 0, b"acsp", b"MSFT", 0) + bytes(20)
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", 4) + tags + body


@pytest.mark.parametrize(
    "ink, plain, by_profile",
    [
        ((0, 0, 0, 0), WHITE, WHITE),
        ((255, 0, 0, 0), (0, 255, 255), (0, 255, 0)),
        ((0, 255, 0, 0), (255, 0, 255), (255, 0, 255)),
        ((0, 0, 0, 255), (0, 0, 0), (0, 0, 0)),
    ],
)
def test_inks_become_the_colours_that_their_profile_says(ink, plain, by_profile):
    """CMYK as Adobe's programs save it, inverted; without a profile by plain arithmetic, with one as it says."""
    image = Image.new("CMYK", (64, 64), ink)
    data = saved(image, quality=100)
    assert b"Adobe" in data
    assert near(kept(data).getpixel((32, 32)), plain, by=10)
    assert near(kept(saved(image, quality=100, icc_profile=a_printers_profile())).getpixel((32, 32)), by_profile, by=10)


def png(size: tuple[int, int], depth: int, kind: int, line: bytes, *more: bytes) -> bytes:
    """A PNG that Pillow cannot write: each line the same; `more` chunks stand before the pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">2I5B", *size, depth, kind, 0, 0, 0)
    lines = zlib.compress((b"\0" + line) * size[1])
    between = b"".join(chunk(one[:4], one[4:]) for one in more)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + between + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_sixteen_bits_a_colour_become_eight():
    """As scanners save, with and without transparency."""
    line = struct.pack(">3H", 0xDCFF, 0x1400, 0x14FF) * 32
    assert near(kept(png((32, 8), 16, 2, line)).getpixel((4, 4)), RED, by=2)
    line = struct.pack(">4H", 0xDCFF, 0x1400, 0x14FF, 0) * 32
    assert near(kept(png((32, 8), 16, 6, line)).getpixel((4, 4)), WHITE, by=2)


def test_a_see_through_colour_of_a_palette_becomes_white():
    """Logos come so."""
    palette = b"PLTE" + bytes((*RED, *BLUE))
    image = kept(png((32, 8), 8, 3, bytes(16) + b"\1" * 16, palette, b"tRNS\x00\xff"))
    assert [near(image.getpixel((x, 4)), colour) for x, colour in ((4, WHITE), (28, BLUE))] == [True, True]
    assert image.format == "PNG"


# What is refused


@pytest.mark.parametrize(
    "form, more", [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("WEBP", {})]
)
def test_half_a_file_is_a_fault_wherever_it_ends(form, more):
    """A copy that broke off is seen at the desk, not on the day."""
    data = saved(Image.effect_noise((300, 200), 60).convert("RGB"), form, **more)
    for part in (0.1, 0.5, 0.9, 0.99):
        assert fault(data[: int(len(data) * part)]) in {PictureFault.BROKEN, PictureFault.NOT_A_PICTURE}
    inspect(data)


def test_a_copy_whose_end_is_zeros_is_a_fault():
    """A share that reserved the room and lost the rest: as long as the original, and libjpeg would draw grey."""
    data = saved(Image.effect_noise((300, 200), 60).convert("RGB"), quality=90)
    for part in (2, 3, 8):
        cut = len(data) - len(data) // part
        assert fault(data[:cut] + bytes(len(data) - cut)) is PictureFault.BROKEN


ENDINGS = {
    "baseline": {},
    "one colour": {"mode": "L"},
    "in print": {"mode": "CMYK"},
    "begun anew": {"restart_marker_blocks": 5},
    "progressive": {"progressive": True},
    "progressive, begun anew": {"progressive": True, "restart_marker_rows": 1},
}


@pytest.mark.parametrize("options", ENDINGS.values(), ids=ENDINGS)
def test_a_jpeg_that_is_short_and_has_an_end_all_the_same_is_a_fault(options):
    """Saved by a program that met the end too early: libjpeg draws the rest grey and tells nobody. Whole ones are fine, grey ones too."""
    more = dict(options)
    mode = more.pop("mode", "RGB")
    noise, grey = Image.effect_noise((300, 200), 60), Image.new("L", (300, 200), 128)
    half = grey.copy()
    half.paste(noise.crop((0, 0, 300, 90)))
    for image in (noise, grey, half, grey.crop((0, 0, 3, 5))):
        inspect(saved(image.convert(mode), **more))
    data = saved(noise.convert(mode), **more)
    begun = data.index(b"\xff\xda") + 14
    for part in (0.1, 0.5, 0.6 if "progressive" in more else 0.98):
        short = data[: begun + int((len(data) - begun) * part)].rstrip(b"\xff")
        with pytest.raises(PictureError, match="broken"):
            inspect(short + b"\xff\xd9")


def test_an_iphones_format_is_told_by_name():
    """Under any suffix; a film of the same family is no picture at all."""
    heic = b"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heicmiaf" + bytes(200)
    assert fault(heic) is PictureFault.HEIC
    assert fault(heic.replace(b"ftypheic", b"ftypmif1")) is PictureFault.HEIC
    assert fault(heic.replace(b"ftypheic", b"ftypisom")) is PictureFault.NOT_A_PICTURE


def scans(jpeg: bytes) -> list[int]:
    """Where the scans of a JPEG begin."""
    found, at = [], -1
    while (at := jpeg.find(b"\xff\xda", at + 1)) >= 0:
        found.append(at)
    return found


def test_a_jpeg_that_is_drawn_over_and_over_is_refused():
    """A small file can keep a machine busy for minutes."""
    data = saved(a_picture(), progressive=True)
    last = data[scans(data)[-1] : -2]
    assert len(scans(data)) < 20
    inspect(data)
    assert fault(data[:-2] + last * 200 + data[-2:]) is PictureFault.BROKEN


def test_colours_one_after_another_count_like_a_progressive_jpeg():
    """Held whole until the last colour has come: a small file of 144 megapixels is refused by its header."""
    data = bytearray(saved(a_picture()))
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = struct.pack(">2H", 12_000, 12_000)
    with pytest.raises(PictureError, match="broken"):
        inspect(bytes(data))  # its drawing is too short for that, but it is drawn
    data[scans(bytes(data))[0] + 4] = 1
    assert fault(bytes(data)) is PictureFault.TOO_MANY_PIXELS


# What it costs

MEASURED = """
import json, re, resource, sys
from pathlib import Path
from channels import registry
from channels.pictures import PictureError, fit, inspect, master
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
sizes = {}
try:
    data = open(sys.argv[1], "rb").read()
    facts = inspect(data)
    data = master(data)
    for name in registry.NAMES:
        fitted = fit(data, registry.capabilities(name).pictures)
        sizes[name] = [fitted.width, fitted.height, len(fitted.data)]
    outcome = "fine"
except PictureError as refusal:
    outcome = str(refusal.code)
used = resource.getrusage(resource.RUSAGE_SELF)
most = int(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1])
print(json.dumps([outcome, sizes, most // 1024, used.ru_utime + used.ru_stime]))
"""


@dataclass
class Cost:
    """What became of a picture in a process of its own; the whole process in megabytes, and its seconds at work."""

    outcome: str
    sizes: dict[str, list[int]]
    megabytes: int
    seconds: float


def cost(path: Path) -> Cost:
    command = [sys.executable, "-c", MEASURED, str(path)]
    return Cost(*json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def camera_jpeg(width: int, height: int) -> bytes:
    """A noisy photo of any size at little cost: one line of blocks, again and again between restart marks."""
    line = saved(Image.effect_noise((width, 16), 40).convert("RGB"), quality=85, restart_marker_rows=1)
    begin = scans(line)[-1]
    begin += 2 + int.from_bytes(line[begin + 2 : begin + 4], "big")
    head, drawn = bytearray(line[:begin]), line[begin:-2]
    at = head.index(b"\xff\xc0") + 5
    head[at : at + 2] = struct.pack(">H", height)
    rows = -(-height // 16)
    marks = [bytes((0xFF, 0xD0 + n % 8)) for n in range(rows - 1)] + [b"\xff\xd9"]
    return bytes(head) + b"".join(drawn + mark for mark in marks)


@pytest.mark.parametrize("size", [(12_000, 9_000), (8_160, 6_120), (5_150, 3_860)])
def test_a_phones_photo_of_any_size_is_taken_within_bounds(tmp_path, size):
    """108, 50 and 20 megapixels, from looking to what four networks get: 300 MB and 10 seconds at most."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(camera_jpeg(*size))
    told = cost(photo)
    assert told.outcome == "fine"
    assert told.megabytes < 300
    assert told.seconds < 10
    for name, (width, height, length) in told.sizes.items():
        rules = registry.capabilities(name).pictures
        assert max(width, height) <= rules.max_side
        assert width >= min(1440, rules.max_side)
        assert abs(width / height - 4 / 3) < 0.01
        assert length <= rules.max_bytes


@pytest.mark.parametrize("form", ["transparent", "inks", "progressive", "webp"])
def test_other_large_pictures_stay_within_the_same_bounds(tmp_path, form):
    """About the largest that are taken: a drawing of 39 megapixels, one for print of 20, a progressive one of 39, a WebP of 10."""
    path = tmp_path / "large"
    match form:
        case "transparent":
            Image.new("RGBA", (6250, 6250), (*RED, 128)).save(path, "PNG", compress_level=1)
        case "inks":
            Image.new("CMYK", (5000, 4000), (200, 10, 10, 10)).save(path, "JPEG")
        case "progressive":
            Image.new("RGB", (7200, 5400), RED).save(path, "JPEG", progressive=True)
        case "webp":
            Image.new("RGB", (4000, 2400), RED).save(path, "WEBP", method=0)
    told = cost(path)
    assert told.outcome == "fine"
    assert told.megabytes < 300
    assert told.seconds < 10


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "JPEG", "lines"])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path, form):
    """81 megapixels in kilobytes, progressive for a JPEG; or more than any phone makes, in lines."""
    path = tmp_path / "bomb"
    if form == "lines":
        data = bytearray(saved(a_picture()))
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">2H", 65_000, 65_000)
        path.write_bytes(data)
    elif form == "WEBP":
        head = b"\x2f" + struct.pack("<I", 8_999 | 8_999 << 14) + bytes(8)
        chunk = b"WEBPVP8L" + struct.pack("<I", len(head)) + head + bytes(len(head) % 2)
        path.write_bytes(b"RIFF" + struct.pack("<I", len(chunk)) + chunk)
    else:
        Image.new("L", (9000, 9000)).save(path, form, progressive=True)
    told = cost(path)
    assert told.outcome == PictureFault.TOO_MANY_PIXELS
    assert told.megabytes < 60
    assert told.seconds < 3
