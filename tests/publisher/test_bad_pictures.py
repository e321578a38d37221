"""Bad pictures at `check`: each a fault with its place, its cause and its remedy, in the reader's language."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from channels import pictures
from channels.pictures import Facts
from publisher.announcements.pictures import MOST_BYTES
from publisher.cli import tiedote
from tests.channels.test_masters import camera_jpeg
from tests.delivery.town import write_config

NOISE = Image.effect_noise((400, 300), 60).convert("RGB")


def cut_off(path: Path) -> None:
    NOISE.save(path, "JPEG")
    os.truncate(path, path.stat().st_size // 2)


def filled_with_zeros(path: Path) -> None:
    NOISE.save(path, "JPEG")
    size = path.stat().st_size
    os.truncate(path, size // 2)
    os.truncate(path, size)


def animated(path: Path) -> None:
    NOISE.save(path, "GIF", save_all=True, append_images=[NOISE.rotate(180)])


def bomb(path: Path) -> None:
    Image.new("L", (9000, 9000)).save(path, "PNG")


def of_an_iphone(path: Path) -> None:
    path.write_bytes(b"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heicmiaf" + bytes(200))


def a_page(path: Path) -> None:
    path.write_text("<html><body>Kirjaudu sisään</body></html>", encoding="utf-8")


def too_large(path: Path) -> None:
    NOISE.save(path, "JPEG")
    os.truncate(path, MOST_BYTES + 1)


BROKEN = (
    "picture_broken",
    {
        "en": (
            "the picture is damaged or was cut off",
            "Copy it again from where it came from, or save it again as a JPEG or PNG file.",
        ),
        "fi": (
            "kuva on rikki tai se on jäänyt kesken",
            "Kopioi kuva uudelleen alkuperäisestä paikasta tai tallenna se uudelleen JPEG- tai PNG-muodossa.",
        ),
        "sv": (
            "bilden är skadad eller ofullständig",
            "Kopiera bilden på nytt från originalet, eller spara den på nytt som JPEG eller PNG.",
        ),
    },
)
SMALLER = {
    "en": "Make it smaller; a side of 2,000 pixels is enough.",
    "fi": "Pienennä kuvaa; 2 000 kuvapistettä sivulla riittää.",
    "sv": "Gör bilden mindre; 2 000 bildpunkter på den längsta sidan räcker.",
}
FAULTS = {
    cut_off: BROKEN,
    filled_with_zeros: BROKEN,
    animated: (
        "picture_animated",
        {
            "en": ("moving pictures are not possible", "Save one image of it as a PNG file."),
            "fi": ("liikkuvat kuvat eivät ole mahdollisia", "Tallenna siitä yksi kuva PNG-muodossa."),
            "sv": ("rörliga bilder är inte möjliga", "Spara en enda bild av den som PNG."),
        },
    ),
    bomb: (
        "picture_too_many_pixels",
        {
            "en": ("the picture has too many pixels", SMALLER["en"]),
            "fi": ("kuvassa on liikaa kuvapisteitä", SMALLER["fi"]),
            "sv": ("bilden har för många bildpunkter", SMALLER["sv"]),
        },
    ),
    of_an_iphone: (
        "picture_heic",
        {
            "en": (
                "this is a HEIC picture, which networks do not take",
                "Open it and save it as a JPEG file. The phone's camera can be set to save JPEG by itself.",
            ),
            "fi": (
                "tämä on HEIC-kuva, jota kanavat eivät ota vastaan",
                "Avaa kuva ja tallenna se JPEG-muodossa. Puhelimen kameran voi myös asettaa tallentamaan JPEG-kuvia.",
            ),
            "sv": (
                "detta är en HEIC-bild, som kanalerna inte tar emot",
                "Öppna bilden och spara den som JPEG. Telefonens kamera kan också ställas in så att den sparar JPEG-bilder.",
            ),
        },
    ),
    a_page: (
        "picture_not_a_picture",
        {
            "en": ("this is not a JPEG or PNG picture", "Save it again as a JPEG or PNG file."),
            "fi": ("tämä ei ole JPEG- tai PNG-kuva", "Tallenna kuva uudelleen JPEG- tai PNG-muodossa."),
            "sv": ("detta är ingen JPEG- eller PNG-bild", "Spara bilden på nytt som JPEG eller PNG."),
        },
    ),
    too_large: (
        "picture_too_large",
        {
            "en": ("the file is larger than 64 MB", SMALLER["en"]),
            "fi": ("tiedosto on suurempi kuin 64 MB", SMALLER["fi"]),
            "sv": ("filen är större än 64 MB", SMALLER["sv"]),
        },
    ),
}


@pytest.fixture
def desk(tmp_path):
    """A configuration, and an announcement whose picture is yet to be made."""
    write_config(tmp_path, "http://127.0.0.1:9")
    words = "text: Moi\nlink: https://a.fi\nimage:\n  file: kuva.jpg\n  alt: Talo\n"
    (tmp_path / "schedules" / "lupa.yaml").write_text(words, encoding="utf-8")
    return tmp_path


def check(desk: Path, language: str = "en") -> tuple[int, str]:
    told = CliRunner().invoke(tiedote, ["--lang", language, "--config", str(desk / "config.yaml"), "check"])
    return told.exit_code, told.stdout


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
@pytest.mark.parametrize("make", FAULTS)
def test_a_bad_picture_is_told_with_place_cause_and_remedy(desk, make, language):
    """Whatever its name says it is; the line points at the file's name, and nothing else is found fault with."""
    make(desk / "schedules" / "kuva.jpg")
    code, told = FAULTS[make]
    cause, remedy = told[language]
    exit_code, shown = check(desk, language)
    assert exit_code == 1
    assert "lupa.yaml:4:9: " in shown
    assert f"kuva.jpg': {cause}  [{code}]" in shown
    assert remedy in " ".join(shown.split())
    assert shown.count("lupa.yaml:") == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "MPO"])
def test_a_name_that_lies_does_no_harm(desk, form):
    """What counts is what is in the file."""
    NOISE.save(desk / "schedules" / "kuva.jpg", form)
    assert check(desk)[0] == 0


def test_a_picture_is_looked_at_once_for_as_long_as_it_stays(desk, monkeypatch):
    """Not for every reading of the queue; and anew once it changes."""
    seen = []
    real = pictures.inspect

    def counting(data: bytes) -> Facts:
        seen.append(len(data))
        return real(data)

    monkeypatch.setattr(pictures, "inspect", counting)
    path = desk / "schedules" / "kuva.jpg"
    NOISE.save(path)
    assert check(desk) == check(desk)
    assert len(seen) == 1
    time.sleep(0.02)
    cut_off(path)
    assert check(desk)[0] == 1
    assert len(seen) == 2


MEASURED = """
import json, re, resource, sys
from pathlib import Path
from publisher.cli import tiedote
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
try:
    tiedote(["--lang", "en", "--config", sys.argv[1], "check", "--json"])
finally:
    most = re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([int(most) // 1024, used.ru_utime + used.ru_stime]), file=sys.stderr)
"""


def large(path: Path) -> None:
    path.write_bytes(camera_jpeg(11_600, 8_700))


def for_print(path: Path) -> None:
    NOISE.convert("CMYK").save(path, "JPEG")


def on_its_side(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    NOISE.save(path, "JPEG", exif=exif)


def under_another_name(path: Path) -> None:
    NOISE.save(path, "WEBP")


def test_a_desk_full_of_odd_pictures_is_checked_within_300_megabytes_and_10_seconds(desk):
    """101 megapixels, for print, on its side and under another format's name are fine; moving, cut off, a bomb and a page are not."""
    fine = (large, for_print, on_its_side, under_another_name)
    for n, make in enumerate((*fine, animated, cut_off, bomb, a_page)):
        make(desk / "schedules" / f"kuva{n}.jpg")
        words = f"text: Moi {n}\nlink: https://a.fi\nimage:\n  file: kuva{n}.jpg\n  alt: Talo\n"
        (desk / "schedules" / f"{n}.yaml").write_text(words, encoding="utf-8")
    (desk / "schedules" / "lupa.yaml").unlink()
    command = [sys.executable, "-c", MEASURED, str(desk / "config.yaml")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    problems = [one for one in json.loads(told.stdout)["problems"] if one["severity"] == "error"]
    found = [(one["file"][-6:], one["line"], one["column"], one["code"]) for one in problems]
    assert found == [
        ("4.yaml", 4, 9, "picture_animated"),
        ("5.yaml", 4, 9, "picture_broken"),
        ("6.yaml", 4, 9, "picture_too_many_pixels"),
        ("7.yaml", 4, 9, "picture_not_a_picture"),
    ]
    megabytes, seconds = json.loads(told.stderr.splitlines()[-1])
    assert megabytes < 300
    assert seconds < 10
