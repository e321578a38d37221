"""How X counts and stores a text: weighted length, links behind t.co, HTML escapes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 280
_URL_WEIGHT = 23
_DISPLAYED = 27
_CASHTAG = re.compile(r"(?:^|(?<=\s))(\$[a-z]{1,6}(?:[._][a-z]{1,2})?)(?=$|\s|[!-/:-@\[-`{-~])", re.IGNORECASE)
_MENTION = re.compile(
    r"(?:(?:^|(?<=[^a-zA-Z0-9_!#$%&*@\uff20]))|(?:(?<=^[rR][tT])|(?<=[^a-zA-Z0-9_+~.-][rR][tT])))"
    r"[@\uff20]([a-zA-Z0-9_]{1,20})(?![a-zA-Z0-9_]*(?:[@\uff20\u00c0-\u024f\u1e00-\u1eff]|://))"
)
"""Both as X's own twitter-text has them (regex.rb)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in a stored text; positions count code points of the text before it is escaped."""

    url: str
    expanded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A text as X holds it."""

    text: str
    links: tuple[Link, ...]


def weight(text: str) -> int:
    """Count a text as X does. The library is asked only where a cheap upper bound is not enough: its import takes a quarter second."""
    bound = 2 * len(unicodedata.normalize("NFC", text)) + _URL_WEIGHT * text.count(".")
    if bound <= LONGEST:
        return bound
    from twitter_text import parse_tweet

    return int(parse_tweet(text).weightedLength)


def urls(text: str) -> list[tuple[str, int, int]]:
    """Find the links that X makes clickable."""
    if "." not in text:
        return []
    from twitter_text import extract_urls_with_indices

    return [(found["url"], *found["indices"]) for found in extract_urls_with_indices(text)]


def store(text: str, media: Sequence[str]) -> Stored:
    """Make what X keeps of a text; `media` are addresses that each get a link at the end."""
    text = unicodedata.normalize("NFC", text)
    pieces: list[str] = []
    links: list[Link] = []
    at = length = 0
    for address, start, end in urls(text):
        before = text[at:start]
        short = short_link(address, len(links))
        length += len(before)
        links.append(Link(url=short, expanded=_absolute(address), start=length, end=length + len(short)))
        length += len(short)
        pieces += [escape(before), short]
        at = end
    rest = text[at:].rstrip()
    pieces.append(escape(rest))
    length += len(rest)
    if media:
        short = short_link(media[0], len(links))
        space = " " if length else ""
        links.append(
            Link(url=short, expanded=media[0], start=length + len(space), end=length + len(space) + len(short))
        )
        pieces += [space, short]
    return Stored(text="".join(pieces), links=tuple(links))


def short_link(address: str, number: int) -> str:
    """Make the t.co address of a link."""
    digest = hashlib.sha256(f"{number}{address}".encode()).hexdigest()
    return f"https://t.co/{digest[:10]}"


def displayed(address: str) -> str:
    """What residents see of a link."""
    bare = address.partition("://")[2]
    return bare if len(bare) <= _DISPLAYED else bare[: _DISPLAYED - 1] + "…"


def escape(text: str) -> str:
    """Escape as X does: ampersand and angle brackets only."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cashtags(text: str) -> list[str]:
    """Find $SYMBOLS."""
    return _CASHTAG.findall(text)


def mentions(text: str) -> list[str]:
    """Find @handles, without the sign; what stands in a link is none."""
    for _url, start, end in reversed(urls(text)):
        text = text[:start] + " " + text[end:]
    return _MENTION.findall(text)


def _absolute(address: str) -> str:
    return address if address.startswith(("http://", "https://")) else f"http://{address}"
