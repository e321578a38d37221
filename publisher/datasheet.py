"""What is known of each network, as lines for people and values for scripts: every limit with its source; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from channels.base import Capabilities, Card, Mentions, Proof, Source
from channels.limits import LIMITS, Limit
from publisher.locale import N_, _, ngettext
from publisher.mail import formats

NAMES: Mapping[str, str] = {
    "max_text": N_("Longest text"),
    "max_thread": N_("Posts in a thread"),
    "max_hashtags": N_("Hashtags at most"),
    "mentions": N_("Mentions others by"),
    "max_mentions": N_("Mentions at most"),
    "max_cashtags": N_("Cashtags at most"),
    "max_first_comment": N_("Longest first comment"),
    "max_poll_option": N_("Longest poll option"),
    "max_poll_question": N_("Longest poll question"),
    "needs_picture": N_("Without a picture"),
    "max_pictures": N_("Pictures at most"),
    "picture_formats": N_("Pictures are sent as"),
    "max_picture_bytes": N_("Largest picture"),
    "max_picture_side": N_("Longest side"),
    "narrowest_picture": N_("Narrowest picture"),
    "widest_picture": N_("Widest picture"),
    "max_alt": N_("Longest alt text"),
    "link": N_("Where the link goes"),
    "max_card_title": N_("Longest card title"),
    "max_card_description": N_("Card's description"),
    "edits_words": N_("Words once it is out"),
    "tells": N_("Tells"),
    "proof": N_("Settles lost answers"),
    "listing_delay": N_("New posts listed in"),
    "same_words_after": N_("Same words again"),
    "readings_a_day": N_("Readings a day"),
}
"""Each limit as people call it; short, since they stand in a column."""

PRICES: Mapping[str, str] = {
    "post": N_("A post costs"),
    "post_with_link": N_("A post with a link"),
    "alt_text": N_("An alt text"),
    "deletion": N_("Deleting a post"),
    "reading": N_("Reading a post"),
    "own_reading": N_("… if it owns the app"),
    "user_reading": N_("Reading an account"),
}
"""Each item of a price list as people call it."""

_WORDS: Mapping[Card | Mentions | Proof, str] = {
    Card.NONE: N_("into the words"),
    Card.BESIDE: N_("into the words, and onto a card if there is no picture"),
    Card.INSTEAD: N_("onto a card; into the words if there are pictures"),
    Mentions.NAME: N_("their name alone"),
    Mentions.HANDLE: N_("@ and their account's name"),
    Mentions.ADDRESS: N_("their name, which leads to them"),
    Proof.EXACT: N_("exactly"),
    Proof.LIST: N_("by looking at the account"),
}
_EITHER = {
    "needs_picture": (N_("possible"), N_("not possible")),
    "edits_words": (N_("stay as they are"), N_("can be changed")),
}
"""What no and yes mean, of a limit that is the one or the other."""
_TOLD = {
    "reactions": N_("reactions"),
    "comments": N_("comments"),
    "shares": N_("shares"),
    "views": N_("views"),
    "clicks": N_("clicks"),
}
_COUNTING = {"x": N_("a link counts 23, an emoji 2"), "linkedin": N_("escapes included")}
"""How a network counts characters, where it is not one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One limit. `value` is ready to read, `plain` for scripts; `dated` what it was before the configuration changed it, else None."""

    name: str
    value: str
    plain: object
    source: Source
    dated: str | None = None


def lines(channel: str, dated: Capabilities, counts: Capabilities) -> Iterator[Line]:
    """List what is known of a network. `dated`: as this Tiedote was made; `counts`: as the configuration has it."""
    for limit in LIMITS:
        source = dated.sources.get(limit.name)
        if source is None:
            continue
        changed = limit.of(dated) != limit.of(counts)
        yield Line(
            name=limit.name,
            value=_shown(limit, channel, limit.of(counts)),
            plain=_plain(limit.of(counts)),
            source=source,
            dated=_shown(limit, channel, limit.of(dated)) if changed else None,
        )


def prices(dated: Capabilities, counts: Capabilities) -> Iterator[Line]:
    """List what a network bills, in US dollars; nothing where it bills nothing."""
    for item, price in counts.prices.items():
        before = dated.prices[item].dollars
        yield Line(
            name=item,
            value=formats.dollars(price.dollars, 3),
            plain=float(price.dollars),
            source=price.source,
            dated=formats.dollars(before, 3) if before != price.dollars else None,
        )


def name_of(line: Line) -> str:
    """Call a line as people do."""
    return _(NAMES.get(line.name) or PRICES.get(line.name, line.name))


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    return list(value) if isinstance(value, tuple) else value


def _shown(limit: Limit, channel: str, value: object) -> str:  # noqa: PLR0911 - a line for each kind of value
    match value:
        case None:
            return _("none")
        case bool():
            return _(_EITHER[limit.name][value])
        case Card() | Mentions() | Proof():
            return _(_WORDS[value])
        case tuple():
            return ", ".join(value)
        case frozenset():
            return ", ".join(_(word) for name, word in _TOLD.items() if name in value)
        case timedelta():
            return span(value)
        case float():
            return f"{value:.4g}:1".replace(".", formats.decimal_sign())
        case int():
            return _number(limit, channel, value)
    return str(value)


def _number(limit: Limit, channel: str, value: int) -> str:
    number = formats.number(value)
    match limit.name:
        case "max_picture_bytes":
            return _("%(n)s MB") % {"n": f"{value / 1_000_000:.4g}".replace(".", formats.decimal_sign())}
        case "max_picture_side":
            return _("%(n)s pixels") % {"n": number}
        case "max_text" if channel in _COUNTING:
            return f"{number} ({_(_COUNTING[channel])})"
    return number


def span(length: timedelta) -> str:
    """Say a length of time in days, or in minutes."""
    if length >= timedelta(days=1):
        return ngettext("after %(n)d day", "after %(n)d days", length.days) % {"n": length.days}
    minutes = int(length.total_seconds() // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
