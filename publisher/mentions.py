"""`@[key]` in the words becomes the one who is meant, as each network writes it; pure.

name         Facebook, where an app of its own needs a permission for more, and wherever no address of that network is known
with an @    Instagram; X too, but it lets no post that comes by its API mention others, so that it gets the name
by address   LinkedIn: the name, and beside the words to whom it leads
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from channels.base import Capabilities, Mention, Mentions
from publisher.model import Mentioned

KEY = re.compile(r"@\[([^\[\]\n]{1,80})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Words with the names in them, and where a network's own mentions begin and end."""

    text: str
    mentions: tuple[Mention, ...] = ()


def keys_in(text: str) -> Iterator[str]:
    """Give the keys that words mention."""
    return (found[1].strip() for found in KEY.finditer(text))


def named(text: str, known: Mapping[str, Mentioned]) -> str:
    """Put plain names in the place of keys. A key that nobody knows stays as it stands."""
    return KEY.sub(lambda found: known[key].name if (key := found[1].strip()) in known else found[0], text)


def spoken(text: str, channel: str, limits: Capabilities, known: Mapping[str, Mentioned]) -> Spoken:
    """Write the mentions as a network wants them."""
    pieces: list[str] = []
    mentions: list[Mention] = []
    at = length = 0
    for found in KEY.finditer(text):
        one = known.get(found[1].strip())
        if one is None:
            continue
        before = text[at : found.start()]
        address = one.addresses.get(channel)
        shown = f"@{address}" if address and _by_handle(limits) else one.name
        length += len(before)
        if address and limits.mentions is Mentions.ADDRESS:
            mentions.append(Mention(start=length, length=len(shown), address=address))
        length += len(shown)
        pieces += [before, shown]
        at = found.end()
    return Spoken(text=unicodedata.normalize("NFC", "".join([*pieces, text[at:]])), mentions=tuple(mentions))


def _by_handle(limits: Capabilities) -> bool:
    return limits.mentions is Mentions.HANDLE and limits.max_mentions != 0
