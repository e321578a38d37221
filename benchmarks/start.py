"""How long a person waits for the command line, beside a Python process that does nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measuring import BIN, EMPTY, Figure, seconds_of, side_by_side

_CONFIG = """\
sandbox: yes
language: en
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "100000000000101", access_token: "${HAUSJARVI_FACEBOOK_TOKEN}"}
      x: {user_id: "2000000101", access_token: "${HAUSJARVI_X_TOKEN}"}
"""

_TEN_FAULTS = """\
text: Rakennusluvan voi nyt hakea verkossa.
text: Sama kenttä toisen kerran.
link: asiointi.hausjarvi.example/rakennuslupa
publish: 31.11.2026 klo 9.00
expires: eilen
organisations: [hausjarvi, lopi]
channels: [facebook, myspace]
hashtag: [Lupa]
image: {file: puuttuu.jpg}
repost: ehkä
approved_by: [a, b]
languages: fi
"""


def start(repeats: int) -> list[Figure]:
    """`--help`, and `check` on a file with ten faults."""
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        folder = Path(name)
        (folder / "schedules").mkdir()
        (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
        (folder / "schedules" / "virheet.yaml").write_text(_TEN_FAULTS, encoding="utf-8")
        empty, shown, checked = side_by_side(
            lambda: seconds_of(EMPTY, folder),
            lambda: seconds_of([BIN / "tiedote", "--help"], folder),
            lambda: seconds_of([BIN / "tiedote", "check"], folder, expect=1),
            repeats=repeats,
        )
    return [
        Figure(name="tiedote --help", value=shown, unit="s", floor=empty, floor_name="empty Python", limit=0.15),
        Figure(
            name="tiedote check, ten faults", value=checked, unit="s", floor=empty, floor_name="empty Python", limit=0.3
        ),
    ]
