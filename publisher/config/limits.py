"""`networks.<name>.limits` and `.prices`: numbers of a network that changed since this Tiedote was made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from channels import registry
from channels.limits import BY_NAME, Limit, Number, changeable
from publisher.locale import _
from publisher.yamlfile import Section


def read_limits(section: Section, channel: str) -> Mapping[str, Number]:
    """Read the numbers that count instead of the dated ones. One that the network does not have is a fault."""
    numbers: dict[str, Number] = {}
    known = changeable(registry.capabilities(channel))
    for limit in known:
        number = section.parsed(limit.name, None, _reader(limit), _expected(limit))
        if number is not None:
            numbers[limit.name] = number
    choices = ", ".join(limit.name for limit in known)
    for entry in section:
        if entry.name in BY_NAME and BY_NAME[entry.name] not in known:
            section.misplaced(entry.name, _("Possible here: %(choices)s.") % {"choices": choices})
    section.finish()
    return numbers


def read_prices(section: Section, channel: str) -> Mapping[str, Decimal]:
    """Read the prices that count instead of the dated ones, in US dollars."""
    prices: dict[str, Decimal] = {}
    for item in registry.capabilities(channel).prices:
        price = section.parsed(item, None, _price, _("Write US dollars, such as 0.015."))
        if price is not None:
            prices[item] = price
    section.finish()
    return prices


def _price(text: str) -> Decimal:
    if not re.fullmatch(r"\d{1,3}(?:\.\d{1,6})?", text.strip()):
        raise ValueError(text)
    return Decimal(text.strip())


def _reader(limit: Limit) -> Callable[[str], Number]:
    return partial(_ratio if limit.is_ratio else _whole, limit)


def _expected(limit: Limit) -> str:
    if limit.is_ratio:
        return _('Write width and height, such as "4:5", or their ratio, such as 0.8.')
    return _("Write a whole number from %(low)d to %(high)d.") % {"low": limit.least, "high": limit.most}


def _whole(limit: Limit, text: str) -> Number:
    number = int(text.replace("_", "").replace(" ", "").replace("\u00a0", ""))
    return _within(limit, number)


def _ratio(limit: Limit, text: str) -> float:
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4})?)(?:\s*:\s*(\d{1,5}(?:\.\d{1,4})?))?", text.strip().replace(",", "."))
    if not found or (found[2] and not float(found[2])):
        raise ValueError(text)
    return _within(limit, float(found[1]) / float(found[2] or 1))


def _within(limit: Limit, number: Number) -> Number:
    if limit.least is None or limit.most is None or not limit.least <= number <= limit.most:
        raise ValueError(number)
    return number
