"""What an account may still spend in a month at a network that bills; pure.

a post     goes out as long as its price fits into what is left; else a person decides
reading    goes on as long as what the month's posts will cost stays untouched: reading stops first
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from channels.base import Capabilities, Post
from channels.limits import cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A month's budget in US dollars; what a post costs, and what reading one post or comment costs at most."""

    budget: Decimal
    price: Callable[[Post], Decimal]
    reading: Decimal


def purse_of(budget: Decimal | None, capabilities: Capabilities) -> Purse | None:
    """Give the purse of an account; None: it has no budget, or its network bills nothing."""
    if budget is None or not capabilities.prices:
        return None
    reading = capabilities.prices.get("reading")
    return Purse(
        budget=budget,
        price=lambda post: cost(capabilities, post),
        reading=reading.dollars if reading else Decimal(0),
    )


def may_post(purse: Purse, spent: Decimal, under_way: Decimal, price: Decimal) -> bool:
    """Tell whether a post may go out. `under_way`: what posts cost that are being sent at this moment."""
    return spent + under_way + price <= purse.budget


def may_read(purse: Purse, spent: Decimal, planned: Decimal, readings: int) -> bool:
    """Tell whether so many posts and comments may be read. `planned`: what the posts cost that are still to go out this month."""
    return spent + planned + purse.reading * readings <= purse.budget


def next_month(now: datetime) -> datetime:
    """Tell when the next month begins (UTC): until then counts what is billed now."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
