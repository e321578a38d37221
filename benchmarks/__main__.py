"""`python -m benchmarks`: print every figure beside its floor. Ends with 1 if one is over what is promised."""

from __future__ import annotations

import os
import platform
import sys

from benchmarks.daemon import idle
from benchmarks.deliveries import throughput
from benchmarks.measuring import Figure
from benchmarks.queue import many_files
from benchmarks.reading import a_day, many_comments
from benchmarks.start import start
from benchmarks.summary import weekly_mail

_LINE = "{:<46} {:>10} {:>22} {:>10} {:>7} {:>10}  {}"


def main() -> int:
    """Measure, print, and say whether all promises hold."""
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors. Medians; each floor was taken in the same run.\n"
    )
    print(_LINE.format("", "median", "floor", "", "ratio", "promised", ""))
    holds = True
    for measure, repeats in (
        (start, 11),
        (idle, 3),
        (throughput, 3),
        (many_files, 5),
        (a_day, 1),
        (many_comments, 3),
        (weekly_mail, 5),
    ):
        for figure in measure(repeats):
            print(_row(figure), flush=True)
            holds = holds and figure.holds
    return 0 if holds else 1


def _row(figure: Figure) -> str:
    digits = 0 if figure.unit == "MB" else 3
    return _LINE.format(
        figure.name,
        f"{figure.value:.{digits}f} {figure.unit}",
        figure.floor_name,
        f"{figure.floor:.{digits}f} {figure.unit}",
        f"{figure.value / figure.floor:.1f}",
        f"< {figure.limit:g} {figure.unit}" if figure.limit is not None else "",
        "" if figure.limit is None else ("holds" if figure.holds else "TOO MUCH"),
    )


if __name__ == "__main__":
    sys.exit(main())
