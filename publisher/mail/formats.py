"""Numbers, times and foreign text as a mail shows them, in the language in use."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from publisher.locale import _, current
from publisher.summary import Change, Direction

_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}

# CLDR's medium and long days, with the weekday and the "klo" that its own patterns leave out. Finnish writes a day in figures in a sentence
# too: the weekday's and the month's names would have to be inflected.
_MOMENT = {"fi": "EEE d.M. 'klo' H.mm", "sv": "EEE d MMM 'kl.' H.mm", "en": "EEE d MMM, HH:mm"}
_SPOKEN = {"fi": "EEE d.M. 'klo' H.mm", "sv": "EEEE d MMMM 'kl.' H.mm", "en": "EEEE d MMMM 'at' HH:mm"}
_FULL = {"fi": "d.M.y 'klo' H.mm", "sv": "d MMMM y 'kl.' H.mm", "en": "d MMMM y, HH:mm"}

EXCERPT = 200
"""Characters of a resident's message in a mail."""

LONGEST = 1000
"""As many where the whole message is asked for: ten of the longest that a network takes would be clipped by Gmail."""

NETWORKS = {"facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn"}


def locale() -> Locale:
    """Give Babel's locale for the language in use."""
    return Locale.parse(_LOCALES[current()])


def number(n: int | None) -> str:
    """Write a number with its thousands apart; words where it is not told."""
    return _("not told") if n is None else ordinary(format_decimal(n, locale=locale()))


def dollars(amount: Decimal | str, decimals: int = 2) -> str:
    """Write an amount of US dollars."""
    text = ordinary(format_decimal(Decimal(amount), format=f"#,##0.{'0' * decimals}", locale=locale()))
    return f"${text}" if current() == "en" else f"{text} $"


def decimal_sign() -> str:
    """Give the sign before decimals: a comma, but for English."""
    return "." if current() == "en" else ","


def signed(n: int) -> str:
    """Write a difference with its sign."""
    return f"{'+' if n > 0 else '−' if n < 0 else ''}{number(abs(n))}"  # noqa: RUF001 - a minus sign, not a hyphen


def change(found: Change) -> str:
    """Write a comparison: the difference first, the percentage only where it says something."""
    match found.direction:
        case Direction.UNKNOWN:
            return _("not known")
        case Direction.SAME:
            return _("same")
        case Direction.NEW:
            return _("%(difference)s (new)") % {"difference": signed(found.difference)}
    if found.percent is None:
        return signed(found.difference)
    percent = ordinary(format_percent(abs(found.percent) / 100, locale=locale()))
    return f"{signed(found.difference)} ({'+' if found.percent > 0 else '−'}{percent})"  # noqa: RUF001


def moment(instant: datetime, zone: tzinfo) -> str:
    """Write a weekday, a day and a time, for what is near, in a list."""
    return ordinary(format_datetime(instant, _MOMENT[current()], tzinfo=zone, locale=locale()))


def spoken(instant: datetime, zone: tzinfo) -> str:
    """Write the same for a sentence."""
    return ordinary(format_datetime(instant, _SPOKEN[current()], tzinfo=zone, locale=locale()))


def full(instant: datetime, zone: tzinfo) -> str:
    """Write a whole date and a time."""
    return ordinary(format_datetime(instant, _FULL[current()], tzinfo=zone, locale=locale()))


def days(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Write a span of days, `end` exclusive."""
    first, last = start.astimezone(zone).date(), (end - timedelta(seconds=1)).astimezone(zone).date()
    differs = next((name for name in ("year", "month", "day") if getattr(first, name) != getattr(last, name)), None)
    if differs is None:
        return ordinary(format_date(last, "long", locale=locale()))
    # CLDR has spans with the months' whole names for Finnish alone.
    patterns = locale().interval_formats["yMMMd"][_FIELDS[differs]]
    halves = (
        format_date(day, re.sub(r"\bMMM\b", "MMMM", pattern), locale=locale())
        for day, pattern in zip((first, last), patterns, strict=True)
    )
    return ordinary("".join(halves))


_FIELDS = {"year": "y", "month": "M", "day": "d"}


def network(channel: str, account: str | None = None) -> str:
    """Name a network as people write it, and the account where it has a name of its own."""
    name = NETWORKS.get(channel, channel)
    return name if account in {None, channel} else f"{name} ({account})"


def plain(text: str) -> str:
    """Make a foreign text harmless on one line: no control characters, no marks that turn its direction, spaces folded."""
    kept = "".join(
        " " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text if not _is_hidden(one)
    )
    return " ".join(_PILES.sub(r"\1", kept).split())


def _is_hidden(one: str) -> bool:
    """Tell whether a character shows nothing and does something: turns, joins nothing, belongs to nobody. Emoji need their joiners."""
    return one not in _JOINERS and unicodedata.category(one) in {"Cf", "Co", "Cs", "Cn"}


_JOINERS = frozenset("\u200c\u200d")
_PILES = re.compile(
    r"((?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]){3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""Marks on one letter, of which three are enough for every language: a pile of them runs over the lines above."""


def excerpt(text: str, most: int = EXCERPT) -> str:
    """Cut a foreign text for a mail, at a word where one ends near."""
    whole = plain(text)
    if len(whole) <= most:
        return whole
    cut = whole[: most - 1]
    at = cut.rfind(" ", most - 30)
    return f"{cut[:at] if at > 0 else cut}…"


def unaddressed(text: str, channel: str) -> str:
    """Leave out the names that X puts before an answer, other residents among them; not if there is nothing else."""
    return (_ADDRESSED.sub("", text) or text) if channel == "x" else text


_ADDRESSED = re.compile(r"\A(?:\s*@[A-Za-z0-9_]{1,15}(?:\s+|\Z))+")


def weblink(address: str | None) -> str:
    """Give an address only if it is one that a browser opens; '' otherwise."""
    try:
        opens = urlsplit(address or "").scheme in {"http", "https"}
    except ValueError:
        return ""
    return plain(address or "").replace(" ", "%20") if opens else ""


def unbroken(text: str) -> str:
    """Keep the parts of each number on one line, for HTML: '3 721' and '22 %'."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d)|%|\$)", "\N{NO-BREAK SPACE}", text)


def whole(text: str) -> str:
    """Take out the places where a long word may be broken, for the text part."""
    return text.replace("\u00ad", "")


def ordinary(text: str) -> str:
    """Write ordinary spaces."""
    # Babel writes no-break spaces of two kinds; mail programs break lines well enough, and people search for plain spaces.
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")
