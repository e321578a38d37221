"""A network's limits by the names under which people know them: to print them with their sources, and to put others in their place.

Networks change their figures more often than Tiedote is installed anew, so a configuration may say other numbers than the dated ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from channels.base import Capabilities, Post

Number = int | float


class Limit(NamedTuple):
    """One limit. `attribute` of Capabilities, or of its PictureRules; `least` and `most`: what a configuration may say, None: nothing."""

    name: str
    attribute: str
    of_pictures: bool = False
    least: Number | None = None
    most: Number | None = None

    @property
    def changeable(self) -> bool:
        """Whether a configuration may say another number."""
        return self.least is not None

    @property
    def is_ratio(self) -> bool:
        """Whether it is a width over a height, rather than a whole number."""
        return isinstance(self.least, float)

    def of(self, capabilities: Capabilities) -> object:
        """Look the limit up."""
        return getattr(capabilities.pictures if self.of_pictures else capabilities, self.attribute)


LIMITS = (
    Limit("max_text", "max_text", least=1, most=1_000_000),
    Limit("max_hashtags", "max_hashtags", least=0, most=1_000),
    Limit("mentions", "mentions"),
    Limit("max_mentions", "max_mentions", least=0, most=100),
    Limit("max_cashtags", "max_cashtags", least=0, most=100),
    Limit("max_first_comment", "max_first_comment", least=1, most=1_000_000),
    Limit("max_thread", "max_thread", least=1, most=100),
    Limit("max_poll_option", "max_poll_option", least=1, most=1_000),
    Limit("max_poll_question", "max_poll_question", least=1, most=10_000),
    Limit("needs_picture", "needs_picture"),
    Limit("max_pictures", "most", of_pictures=True, least=1, most=100),
    Limit("picture_formats", "formats", of_pictures=True),
    Limit("max_picture_bytes", "max_bytes", of_pictures=True, least=50_000, most=100_000_000),
    Limit("max_picture_side", "max_side", of_pictures=True, least=320, most=20_000),
    Limit("narrowest_picture", "narrowest", of_pictures=True, least=0.01, most=1.0),
    Limit("widest_picture", "widest", of_pictures=True, least=1.0, most=100.0),
    Limit("max_alt", "max_alt", of_pictures=True, least=1, most=100_000),
    Limit("link", "card"),
    Limit("max_card_title", "max_card_title", least=1, most=100_000),
    Limit("max_card_description", "max_card_description", least=1, most=100_000),
    Limit("tells", "tells"),
    Limit("edits_words", "edits_words"),
    Limit("proof", "proof"),
    Limit("listing_delay", "listing_delay"),
    Limit("same_words_after", "same_words_after"),
    Limit("readings_a_day", "readings_a_day", least=1, most=1_000_000),
)
"""All that a network's data sheet says, in the order in which people read it."""

BY_NAME: Mapping[str, Limit] = {limit.name: limit for limit in LIMITS}


def changeable(capabilities: Capabilities) -> tuple[Limit, ...]:
    """Give the numbers of a network that a configuration may change: not those that the network does not have."""
    return tuple(limit for limit in LIMITS if limit.changeable and limit.of(capabilities) is not None)


def changed(
    capabilities: Capabilities,
    numbers: Mapping[str, Number],
    prices: Mapping[str, Decimal] | None = None,
    insights: Mapping[str, str] | None = None,
) -> Capabilities:
    """Put other numbers, prices and metrics in the place of the dated ones; a name that this network does not have changes nothing."""
    if insights is not None:
        capabilities = replace(capabilities, insights=insights)
    if prices:
        own_prices = {
            item: replace(price, dollars=prices.get(item, price.dollars)) for item, price in capabilities.prices.items()
        }
        capabilities = replace(capabilities, prices=own_prices)
    if not numbers:
        return capabilities
    own: dict[str, Number] = {}
    of_pictures: dict[str, Number] = {}
    for limit in changeable(capabilities):
        if limit.name in numbers:
            (of_pictures if limit.of_pictures else own)[limit.attribute] = numbers[limit.name]
    measure = capabilities.measure_exactly
    if measure is not None and numbers.get("max_text", capabilities.max_text) < capabilities.max_text:
        capabilities = replace(capabilities, measure=measure)
    pictures = replace(capabilities.pictures, **of_pictures)  # type: ignore[arg-type]  # the names are its own
    return replace(capabilities, pictures=pictures, **own)  # type: ignore[arg-type]  # likewise


def cost(capabilities: Capabilities, post: Post) -> Decimal:
    """Tell what publishing a post costs, in US dollars; 0 where the network bills nothing."""
    items = capabilities.bills(post) if capabilities.bills else {}
    return sum((capabilities.prices[item].dollars * count for item, count in items.items()), Decimal(0))
