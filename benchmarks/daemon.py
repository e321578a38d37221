"""What the daemon costs while it has nothing to do, beside a Python process that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import BIN, EMPTY, Figure, megabytes_of, seconds_of, side_by_side

CONFIG = """\
sandbox: no
language: en
networks:
  facebook: {base_url: "http://127.0.0.1:9"}
  x: {base_url: "http://127.0.0.1:9"}
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "100000000000101", access_token: made-up}
      x: {user_id: "2000000101", access_token: made-up}
"""

_SETTLES = 10.0
"""Seconds after which an idle daemon has imported and opened all that it needs."""


def idle(repeats: int) -> list[Figure]:
    """Resident memory of an idle `tiedote run`, and the time that importing it takes."""
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        folder = Path(name)
        (folder / "schedules").mkdir()
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        empty, daemon = side_by_side(
            lambda: _memory_of([sys.executable, "-c", "import time; time.sleep(60)"], folder, 0.5),
            lambda: _memory_of([BIN / "tiedote", "run"], folder, _SETTLES),
            repeats=repeats,
        )
    started, imported = side_by_side(
        lambda: seconds_of(EMPTY),
        lambda: seconds_of([sys.executable, "-c", "import publisher.daemon, publisher.service"]),
        repeats=5,
    )
    return [
        Figure(name="tiedote run, idle", value=daemon, unit="MB", floor=empty, floor_name="empty Python", limit=110),
        Figure(name="importing the daemon", value=imported, unit="s", floor=started, floor_name="empty Python"),
    ]


def _memory_of(command: Sequence[str | Path], folder: Path, settles: float) -> float:
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            time.sleep(settles)
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {(folder / 'log').read_text(encoding='utf-8')[-500:]}")
            return megabytes_of(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)
