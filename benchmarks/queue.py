"""How long `check` takes for many files, and what ten thousand that stay the same cost the daemon."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.daemon import CONFIG
from benchmarks.measuring import BIN, EMPTY, Figure, seconds_of, side_by_side

_MANY = 10_000
_MINUTE = 60.0
_LONGEST_START = 300.0
_TAKEN_IN = "queue read: "
"""What the daemon's log says when the queue is taken in."""
_SETTLES = 15.0
"""Seconds after which it has done what follows from that."""
_TICKS = os.sysconf("SC_CLK_TCK")

_FILE = """\
title: Palvelu {n} verkossa
text: |
  Palvelua numero {n} voi nyt hakea verkossa. Hakemuksen täyttäminen vie noin 15 minuuttia.
  Apua saat numerosta 040 123 4567 arkisin klo 9–15.
link: https://asiointi.example.fi/palvelu/{n}
hashtags: [Hausjärvi, SähköinenAsiointi]
publish: {day}.12.2037 klo 9.00
campaign: syksy
"""


def many_files(repeats: int) -> list[Figure]:
    """`check` on 500 and on 10,000 announcements, and a minute of `run` on the latter."""
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        few, many = (_queue(Path(name) / str(count), count) for count in (500, _MANY))
        empty, short = side_by_side(
            lambda: seconds_of(EMPTY, few), lambda: seconds_of([BIN / "tiedote", "check"], few), repeats=repeats
        )
        long = seconds_of([BIN / "tiedote", "check"], many)
        minute = _minute_of_daemon(many)
    rows = (
        ("tiedote check, 500 files", short, 1),
        (f"tiedote check, {_MANY:,} files", long, 15),
        (f"a minute of tiedote run, {_MANY:,} files", minute, 1),
    )
    return [
        Figure(name=name, value=value, unit="s", floor=empty, floor_name="empty Python", limit=limit)
        for name, value, limit in rows
    ]


def _queue(folder: Path, count: int) -> Path:
    """Write a folder with a configuration and so many announcements, which nobody has touched for an hour."""
    schedules = folder / "schedules" / "hausjarvi"
    schedules.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    hour_ago = time.time() - 3600
    for n in range(count):
        path = schedules / f"palvelu-{n}.yaml"
        path.write_text(_FILE.format(n=n, day=1 + n % 28), encoding="utf-8")
        os.utime(path, (hour_ago, hour_ago))
    return folder


def _minute_of_daemon(folder: Path) -> float:
    """Give the seconds of processor time that a daemon takes in a minute, once it has taken its queue in."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([BIN / "tiedote", "run"], cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + _LONGEST_START
        while _TAKEN_IN not in (told := (folder / "log").read_text(encoding="utf-8")):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"tiedote run did not take its queue in: {told[-500:]}")
            time.sleep(1)
        time.sleep(_SETTLES)
        spent = _processor(process.pid)
        time.sleep(_MINUTE)
        return _processor(process.pid) - spent
    finally:
        process.terminate()
        process.wait(timeout=60)


def _processor(pid: int) -> float:
    """Give the seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
