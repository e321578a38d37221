"""`repeat`: how often an announcement comes round, until when, and which texts take turns with its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from publisher.announcements.fields import FieldReader
from publisher.locale import _
from publisher.model import Every, Repeat, Unit
from publisher.yamlfile import Entry, Items, Scalar, Section

MOST_VARIANTS = 100
"""Enough for other words every day on a network that takes the same ones once in 90 days."""

_LONGEST_YEARS = 10
_WORDS: Mapping[Unit, tuple[str, ...]] = {
    Unit.DAY: ("day", "days", "d", "päivä", "päivää", "päivän", "päivät", "pv", "dag", "dagar", "dygn"),
    Unit.WEEK: ("week", "weeks", "w", "viikko", "viikkoa", "viikon", "viikot", "vk", "vecka", "veckor"),
    Unit.MONTH: (
        *("month", "months", "kuukausi", "kuukautta", "kuukauden", "kuukaudet", "kk"),
        *("månad", "månader"),
    ),
    Unit.YEAR: ("year", "years", "vuosi", "vuotta", "vuoden", "vuodet", "år"),
}
_UNITS = {word: unit for unit, words in _WORDS.items() for word in words}
_A_YEAR = {Unit.DAY: 366, Unit.WEEK: 53, Unit.MONTH: 12, Unit.YEAR: 1}


def read_repeat(top: Section, reader: FieldReader) -> Repeat | None:
    """Read `repeat` at the top of a file; the places of its variants are noted. None: it is not there, or has a fault."""
    section = top.section("repeat")
    if not section:
        return None
    section.scalar("every", required=True)
    pause = section.parsed(
        "every", None, every, _("Write a number and a unit, for example 4 weeks, 10 days or 1 month.")
    )
    end = section.scalar("until")
    until = reader.clock.until(end, section.faults) if end else None
    variants = tuple(_variants(section, reader))
    section.finish()
    return Repeat(every=pause, until=until, variants=variants) if pause else None


def every(text: str) -> Every:
    """Read a pause: '4 weeks', '4 viikkoa', '1 månad'. Raises ValueError, also for less than a day and more than ten years."""
    found = re.fullmatch(r"(\d{1,4})\s*([^\W\d_]+)", unicodedata.normalize("NFC", text.strip().casefold()))
    if not found or found[2] not in _UNITS:
        raise ValueError(text)
    number, unit = int(found[1]), _UNITS[found[2]]
    if not 1 <= number <= _LONGEST_YEARS * _A_YEAR[unit]:
        raise ValueError(text)
    return Every(number=number, unit=unit)


def _variants(section: Section, reader: FieldReader) -> Iterator[Mapping[str, str]]:
    found = section.entry("variants")
    if found is None:
        return
    nodes = found.value.items if isinstance(found.value, Items) else (found.value,)
    if len(nodes) > MOST_VARIANTS:
        message = _("too many variants: %(count)d of at most %(most)d")
        known = {"count": len(nodes), "most": MOST_VARIANTS}
        section.faults.error(found.key, "too_many_variants", message % known, _("Leave some out."))
        return
    for node in nodes:
        # An item of a list has no name of its own; complaints about it as a whole stand where it begins.
        entry = Entry(key=Scalar(at=node.at, value="variants", written="variants"), value=node)
        reader.places.variants.append(entry)
        texts = reader.texts_in(entry, "variants")
        if not texts and not reader.told(entry):
            section.faults.error(
                entry.key, "missing", _("this variant is empty"), _("Write a text, or remove the line.")
            )
        yield texts
