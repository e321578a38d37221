"""Files that are made when they are needed: bombs, other programs' files, and what is no file at all."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

_LINK = b"link: https://asiointi.hausjarvi.fi/lupa\n"
_KEYS = "abcdefghij"


def _bomb() -> bytes:
    lines = ["a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"{key}: &{key} [{', '.join(['*' + _KEYS[n]] * 9)}]" for n, key in enumerate(_KEYS[1:])]
    return "\n".join(lines).encode()


MADE: Mapping[str, bytes] = {
    "bomb-aliases": _bomb(),
    "bomb-merge": b"a: &a {x: y}\n" + b"".join(b"b%d: {<<: *a}\n" % n for n in range(3_000)),
    "deep-brackets": b"text: " + b"[" * 100_000,
    "deep-braces": b"text: " + b"{a: " * 60_000,
    "deep-dashes": b"- " * 100_000,
    "deep-indentation": b"".join(b" " * n + b"a:\n" for n in range(500)),
    "deep-questions": b"? " * 100_000,
    "large": b"text: Lupa verkossa\n" * 20_000,
    "large-line": b"text: " + b"sana " * 50_000 + b"\n" + _LINK,
    "large-one-word": b"text: " + b"a" * 250_000 + b"\n" + _LINK,
    "large-comment": b"text: Lupa verkossa.\n" + _LINK + b"# " + b"x" * 250_000,
    "large-key": b"a" * 250_000 + b": b\n",
    "many-blank-lines": b"text: Lupa verkossa.\n" + b"\n" * 250_000 + _LINK,
    "many-colons": b"text: a: b: c\n" * 15_000,
    "many-quotes": b'text: "a" b\n' * 15_000,
    "many-open-quotes": b"'" * 200_001,
    "many-tabs": b"text: a\n" + b"\tb: c\n" * 30_000,
    "many-nbsp": b"text: a\n" + "\u00a0b: c\n".encode() * 25_000,
    "many-hashes": b"text: a #b #c #d\n" * 10_000,
    "many-brackets": b"a: [b\n" * 30_000,
    "many-signs": b"- @a\n" * 40_000,
    "many-controls": b"text: \x07\x1b\x01\n" * 20_000,
    "many-fields": b"".join(b"field%d: a\n" % n for n in range(2_400)),
    "many-nodes": b"hashtags:\n" + b"- b\n" * 40_000,
    "many-hashtags-in-line": b"text: Lupa.\nhashtags: [" + b"Lupa, " * 4_000 + b"]\n" + _LINK,
    "many-languages": b"text:\n"
    + b"".join(f"  {_KEYS[a]}{_KEYS[b]}: A\n".encode() for a in range(10) for b in range(10)),
    "many-pictures": b"text: Lupa.\nimages:\n" + b"- {file: kuva.png, alt: Talo}\n" * 1_000,
    "many-missing-pictures": b"text: Lupa.\nimages:\n" + b"- {file: puuttuu.png, alt: Talo}\n" * 1_000,
    "many-dates": b"text: Lupa.\npublish: " + b"1." * 50_000 + b"\n",
    "many-mentions-of-nobody": b"text: " + b"@[a] " * 20_000 + b"\n",
    "many-links": b"text: " + b"https://a.fi/ " * 15_000 + b"\n" + _LINK,
    "many-words-with-colon": b"text: " + b"sana: " * 30_000 + b"\n",
    "many-backslashes": b'text: "' + b"\\q" * 60_000 + b'"\n',
    "program-word": b"PK\x03\x04\x14\x00\x06\x00" + b"word/document.xml" * 500,
    "program-old-word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 500,
    "program-rtf": b"{\\rtf1\\ansi Lupa verkossa}",
    "program-pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "program-png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "program-nothing-but-nul": b"\0" * 200_000,
    "program-noise": random.Random(1).randbytes(50_000),
    "program-latin-noise": bytes(random.Random(2).choices(range(0x20, 0x100), k=50_000)),
}


def fill(folder: Path) -> None:
    """Put into a copy of the corpus what no repository holds."""
    here = folder / "hausjarvi"
    for name, content in MADE.items():
        (here / f"{name}.yaml").write_bytes(content)
    Image.new("RGB", (40, 30), "teal").save(here / "kuva.png")
    (folder / "kaksikielinen" / "kuva.png").write_bytes((here / "kuva.png").read_bytes())
    (here / "lupa-käyttö.png").write_bytes((here / "kuva.png").read_bytes())
    (here / "katkennut.png").write_bytes((here / "kuva.png").read_bytes()[:-30])
    (here / "teksti.jpg").write_text("Tämä on tekstiä.\n", encoding="utf-8")
    (here / "kansio.png").mkdir()
    os.mkfifo(here / "putki.png")
    (here / "laite.png").symlink_to("/dev/zero")
    (here / "kierre.png").symlink_to("kierre.png")
    (folder.parent / "salainen.png").write_bytes((here / "kuva.png").read_bytes())
    (here / "linkki.png").symlink_to(folder.parent / "salainen.png")
    os.mkfifo(here / "itse-putki.yaml")
    (here / "itse-kierre.yaml").symlink_to("itse-kierre.yaml")
    (here / "itse-linkki-ulos.yaml").symlink_to(folder.parent / "config.yaml")
    (here / "itse-laite.yaml").symlink_to("/dev/zero")
    (here / "itse-kansio.yaml").mkdir()
    (here / "itse-muistio.yaml.txt").write_text("text: Lupa verkossa\n", encoding="utf-8")
