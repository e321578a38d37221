"""A spreadsheet shows what residents wrote, and runs none of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from publisher.cells import LONGEST, Cell, harmless, write_rows

FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\uff1dcmd|'/c calc'!A0",
    " =1",
    "\t=1",
    "\r\n=1",
    '"=1',
    "\ufeff=1",
    "\u200b@A1",
]


@pytest.mark.parametrize("words", FORMULAS)
def test_no_cell_begins_with_a_formula(words: str) -> None:
    """Also after what a spreadsheet does not show, in wide letters, and where another separator would begin a cell."""
    for before in ("", "Hei;", "Hei\n", "Hei\t", "Hei|"):
        for cell in harmless(before + words).replace("|", ";").replace("\t", ";").replace("\n", ";").split(";"):
            assert cell.lstrip(' "\u200b\ufeff')[:1] not in {*"=+-@", "\uff1d"}


@pytest.mark.parametrize(
    "words", ["Hyvä – kiitos!", "klo 9–15, -5 astetta", "Miten? a=b", "Rivi 1\nRivi 2", "5 + 5 on 10", "<b>hei</b>"]
)
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    """Only what could begin a cell is touched."""
    assert harmless(words) == words


def test_what_steers_a_terminal_or_turns_the_writing_is_left_out() -> None:
    """Control characters, overrides of direction, halves of characters."""
    assert harmless("a\x1b[31mb\x00c\u202ed\u2066e\ud800f\x85g") == "a[31mbcdefg"


def test_a_table_is_read_back_as_it_was_written() -> None:
    """Quotation marks, line ends, separators and numbers; what is not known is empty; a megabyte is cut."""
    stream = io.StringIO(newline="")
    at = datetime(2026, 12, 1, 7, tzinfo=UTC)
    rows: list[list[Cell]] = [['Sanoi "hei", ja lähti\nsitten', 3, None, at], ["=1", -5, "x" * 1_000_000, at]]
    assert write_rows(stream, ("text", "n", "more", "at"), rows) == 2
    read = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert read[0] == ["text", "n", "more", "at"]
    assert read[1] == ['Sanoi "hei", ja lähti\nsitten', "3", "", "2026-12-01T07:00:00+00:00"]
    assert (read[2][0], read[2][1], len(read[2][2])) == ("'=1", "-5", LONGEST)
