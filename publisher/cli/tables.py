"""Tables for people: as wide as the terminal, no wider than they need, no colour where nobody wants it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.terminal import harmless

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's heading, and whether its cells may be folded onto more lines."""

    heading: str
    folds: bool = False


def console(*, err: bool = False) -> Console:
    """Open the terminal; without one, lines are long rather than folded."""
    # rich takes 0.05 s: only for a table.
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)


def print_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, colours: Sequence[str | None] = ()
) -> None:
    """Print rows under headings. `colours`: one a row, for its last cell; the word in it says the same."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.heading, no_wrap=not column.folds, overflow="fold")
    for number, row in enumerate(rows):
        colour = colours[number] if colours else None
        *before, last = map(harmless, row)
        table.add_row(*map(Text, before), Text(last, style=colour or ""))
    console().print(table)
