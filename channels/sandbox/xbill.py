"""What X would bill (its price list of 2026-08-13): by account and line, the same post or user once a day (UTC) for each app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

PRICES = {
    "post": 0.015,
    "post_with_link": 0.200,
    "alt_text": 0.005,
    "deletion": 0.010,  # the dearer of the two lines that it may fall under
    "reading": 0.005,
    "own_reading": 0.001,
    "user_reading": 0.010,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of the bill. `month` as '2026-11'."""

    account_id: str
    month: str
    item: str
    count: int
    dollars: float

    def row(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


class Bill:
    """The bill of all accounts; kept in memory only."""

    def __init__(self) -> None:
        """Start with nothing owed."""
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._read: set[tuple[str, str, str, str]] = set()

    def add(self, account_id: str, app: str, item: str, resources: Iterable[str] | None, stamp: float) -> float:
        """Note one of `item`, or one for each resource that was not billed today; return what that costs in US dollars."""
        now = datetime.fromtimestamp(stamp, UTC)
        count = 1
        if resources is not None:
            fresh = {(app, f"{now:%Y-%m-%d}", item, resource) for resource in resources} - self._read
            self._read |= fresh
            count = len(fresh)
        if count:
            self._counts[account_id, f"{now:%Y-%m}", item] += count
        return PRICES[item] * count

    def lines(self) -> tuple[BillLine, ...]:
        """Give the bill, in order."""
        return tuple(
            BillLine(account_id=account_id, month=month, item=item, count=count, dollars=round(PRICES[item] * count, 4))
            for (account_id, month, item), count in sorted(self._counts.items())
        )

    def clear(self) -> None:
        """Owe nothing any more."""
        self._counts.clear()
        self._read.clear()
