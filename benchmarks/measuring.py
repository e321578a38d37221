"""Run something several times and keep the middle."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BIN = Path(sys.executable).parent
EMPTY = (sys.executable, "-c", "pass")
"""The floor of everything that starts a process: Python that does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `floor` is what the same thing costs without us, taken in the same run; `limit` is what we promise."""

    name: str
    value: float
    unit: str
    floor: float
    floor_name: str
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is within what is promised."""
        return self.limit is None or self.value < self.limit


def side_by_side(*measures: Callable[[], float], repeats: int) -> tuple[float, ...]:
    """Take all measures in turn, `repeats` times, and give each one's median: what disturbs one disturbs its floor too."""
    rounds = [tuple(measure() for measure in measures) for _ in range(repeats)]
    return tuple(median(column) for column in zip(*rounds, strict=True))


def seconds_of(command: Sequence[str | Path], cwd: Path | None = None, *, expect: int = 0) -> float:
    """Run a command to its end and give the seconds it took. Raises RuntimeError if it ends with another code than `expect`."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != expect:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return seconds


def megabytes_of(pid: int) -> float:
    """Give the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
