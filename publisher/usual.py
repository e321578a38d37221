"""What a post brought beside what the organisation's own posts usually bring at the same age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

WEEKS = timedelta(weeks=8)
"""How far back the organisation's own posts are compared with."""

FEWEST = 3
"""Of fewer posts nothing is usual."""


def interactions(reactions: Mapping[str, int] | None, comments: int | None, shares: int | None) -> int | None:
    """Add up what residents did, of what the network tells; None: it tells nothing."""
    told = [sum(reactions.values()) if reactions is not None else None, comments, shares]
    known = [n for n in told if n is not None]
    return sum(known) if known else None


def usual(others: Sequence[int]) -> float | None:
    """Give the middle of what the other posts had brought at that age: one that caught on does not move it."""
    return float(median(others)) if len(others) >= FEWEST else None
