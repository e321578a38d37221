# ruff: noqa: INP001 -- a script on its own, not a package
"""Write the README's table of networks from the channels' data sheets.

python tools/readme_networks.py [README.md]        or: make readme
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from channels import registry
from channels.base import Proof
from publisher import datasheet
from publisher.mail import formats

BEGIN, END = "<!-- networks: make readme -->", "<!-- networks end -->"
HEADS = (
    "Network",
    "Longest text",
    "Pictures",
    "Longest alt text",
    "First comment",
    "A lost answer is settled",
    "Figures of",
)


def table() -> Iterator[str]:
    """Give the table's lines."""
    for row in (HEADS, ("---",) * len(HEADS), *map(cells, registry.NAMES)):
        yield f"| {' | '.join(row)} |"


def cells(name: str) -> tuple[str, ...]:
    """Give one network's row."""
    sheet = {line.name: line for line in datasheet.lines(name, *2 * (registry.capabilities(name),))}
    limits = registry.capabilities(name)
    return (
        formats.network(name),
        sheet["max_text"].value,
        f"{int(limits.needs_picture)}–{limits.pictures.most}",
        sheet["max_alt"].value,
        sheet["max_first_comment"].value if limits.max_first_comment else "no",
        "exactly" if limits.proof is Proof.EXACT else "by looking at the account",
        max(line.source.on for line in sheet.values()).isoformat(),
    )


def written(page: str) -> str:
    """Put the table of today into a page. Raises ValueError if it has no place for it."""
    new, found = re.subn(f"{BEGIN}\n.*?{END}", "\n".join((BEGIN, "", *table(), "", END)), page, flags=re.DOTALL)
    if not found:
        raise ValueError(f"there is no {BEGIN}")
    return new


def main() -> None:
    """Write the file named, or the README beside this folder."""
    path = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1] / "README.md"
    path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
