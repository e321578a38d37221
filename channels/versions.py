"""When the versions of the networks' interfaces end, as dated data. X has one version and no date for it.

Meta lets a call to a dead version be answered by the oldest living one, without a word but a header; LinkedIn refuses it with 426.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

GRAPH_ENDS: Final[Mapping[str, date | None]] = {
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": None,
    "v27.0": None,
}
"""developers.facebook.com/docs/graph-api/changelog, of 29 Oct 2026, read 2026-11-24. None: not announced yet."""

_LINKEDIN_ENDS_ON: Final = 15
"""Each version is promised a year (learn.microsoft.com/…/marketing/versioning, 2026-11-24); those of 2024 and 2025 ended on this day."""


def graph_ends(version: str) -> date | None:
    """Return the day on which a version of Graph ends; None if it is not known."""
    return GRAPH_ENDS.get(version)


def linkedin_ends(version: str) -> date | None:
    """Return the day on which a version of LinkedIn's interface (YYYYMM) ends, going by those before it."""
    if len(version) != len("202609") or not version.isdecimal() or not 1 <= int(version[4:]) <= 12:
        return None
    return date(int(version[:4]) + 1, int(version[4:]), _LINKEDIN_ENDS_ON)
