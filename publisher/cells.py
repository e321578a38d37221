"""CSV that a spreadsheet shows and never runs: RFC 4180, UTF-8, every text in quotation marks.

A cell that begins with = + - @ is a formula to Excel, LibreOffice and Google Sheets, also after spaces and in wide letters; a file that is
opened with another separator begins new cells after it (OWASP, CSV injection, read 2026-11). Such places get an apostrophe, which a
spreadsheet does not show. Characters that steer a terminal or turn the direction of writing are left out.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

_UNSEEN = "\\s\"'\u200b\u200c\u200d\u2060\ufeff"
_STARTS = re.compile(f"(^|[;\t\n|])(?=[{_UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20])")
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

LONGEST = 32_000
"""Characters. Excel takes 32,767 in a cell, and Python's reader 131,072; what is longer is cut, with an ellipsis."""

Cell = str | int | float | datetime | None


def harmless(text: str) -> str:
    """Give a text as a cell of a spreadsheet."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        one for one in lines if one in "\n\t" or (unicodedata.category(one) not in {"Cc", "Cs"} and one not in _TURNS)
    )
    cell = _STARTS.sub(r"\1'", kept)
    return cell if len(cell) <= LONGEST else f"{cell[: LONGEST - 1]}…"


def write_rows(stream: TextIO, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a table, one row at a time; returns how many rows there were. Times as ISO 8601; what is not known is an empty cell."""
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(heading)
    written = 0
    for row in rows:
        writer.writerow([_cell(one) for one in row])
        written += 1
    return written


def _cell(value: Cell) -> str | int | float:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else value
