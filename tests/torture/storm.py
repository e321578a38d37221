"""The faults of a run: one throw of the dice for each request of each network, the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter

from channels.sandbox.faults import Kind, Rule

_SHARES = {
    Kind.LOST_BEFORE: 9,
    Kind.LOST_AFTER: 10,
    Kind.ERROR_BEFORE: 5,
    Kind.ERROR_AFTER: 9,
    Kind.RATE_LIMITED: 5,
    Kind.MALFORMED: 7,
    Kind.CUT_HEADERS: 6,
    Kind.SLOW: 4,
    Kind.LATE_EFFECT: 5,
    Kind.EXPIRED_TOKEN: 0.5,
}
"""In percent of all requests. An expired token pauses its whole account until a look finds it well again, so it is rare."""

HARMLESS = frozenset({Kind.SLOW})
"""Does not count among the faults: the answer comes, only later."""

SLOWEST = 0.8
LATEST = 0.8
"""Seconds. A late effect stays within `delivery.confirm_for`: `resend` promises nothing beyond it."""

_TOLD = {
    "facebook": (1, None),
    # A Retry-After that is no time at all: without the header LinkedIn's limit means that the day is used up.
    "linkedin": (1, "soon"),
    # X always names its reset.
    "x": (1,),
}


class Storm:
    """What happens to the n-th request of a network."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._numbers: Counter[str] = Counter()

    def strike(self, network: str, method: str) -> Rule | None:
        """Throw the dice for the next request of `network`; None: it is served well."""
        self._numbers[network] += 1
        dice = random.Random(f"{self._seed}:{network}:{self._numbers[network]}")
        kind = _kind(dice.uniform(0, 100))
        if kind is Kind.LATE_EFFECT and method == "GET":
            kind = Kind.LOST_BEFORE
        if kind is None:
            return None
        told = _TOLD.get(network, _TOLD["facebook"])
        delay = dice.uniform(0.1, SLOWEST if kind is Kind.SLOW else LATEST)
        return Rule(kind=kind, delay=delay, retry_after=dice.choice(told))


def _kind(thrown: float) -> Kind | None:
    for kind, share in _SHARES.items():
        thrown -= share
        if thrown < 0:
            return kind
    return None
