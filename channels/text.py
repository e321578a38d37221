"""How the networks count and write words, and how words are known again; pure.

Counting: X weighs (`x_length`), LinkedIn counts its own notation (`linkedin_length`), Meta counts characters (`length`).
Writing: `words` puts a post's parts together, `escape_little` writes LinkedIn's notation and `unlittle` reads it.
Knowing again: `same_words`, `links_in`.
"""

from __future__ import annotations

import html
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any

from channels.base import Mention, Post


def words(post: Post) -> str:
    """Return the words of the post, or of a thread's first post, as they go out."""
    return parts(post)[0]


def parts(post: Post) -> tuple[str, ...]:
    """Return the words of each post of a thread, or of the only one: the text, and after an empty line at the end the hashtags.

    NFC, so that what is counted is what is sent.
    """
    *before, last = (post.text, *post.thread)
    texts = (*before, _ended(replace(post, text=last)))
    return tuple(_nfc(text.strip()) for text in texts)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _ended(post: Post) -> str:
    """Give the text with the hashtags at its end."""
    return "\n\n".join(piece for piece in (post.text.rstrip(), hashtag_line(post.hashtags)) if piece)


def hashtag_line(tags: Iterable[str]) -> str:
    """Return '#one #two' for tags given without '#'."""
    return " ".join(f"#{tag}" for tag in tags)


def length(text: str) -> int:
    """Count characters as Unicode code points in NFC."""
    return len(unicodedata.normalize("NFC", text))


# X's own rules (github.com/twitter/twitter-text, regex.rb, read 2026-11-24), which do for other networks as well: an address of mail has a
# letter before its @, a link may have one in its path, and only a space stands before the sign of a share.

_CASHTAG = re.compile(r"(?<!\S)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![^\s!-/:-@\[-`{-~])")
_MENTION = re.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@\uff20])|(?<=\b[Rr][Tt]))[@\uff20][A-Za-z0-9_](?:[A-Za-z0-9_.]*[A-Za-z0-9_])?"
    r"(?![A-Za-z0-9_@\uff20\u00c0-\u024f\u1e00-\u1eff]|://)"
)


def mentions(text: str) -> list[str]:
    """Find the @handles in words, with their sign."""
    return _MENTION.findall(_LINK.sub(" ", text))


def cashtags(text: str) -> list[str]:
    """Find the $SYMBOLS in words."""
    return _CASHTAG.findall(text)


# X. Weights of twitter-text v3 (github.com/twitter/twitter-text, config/v3.json, read 2026-11-24).

X_LIMIT = 280
_X_LINK = 23
_X_DOUBLE = re.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]|[\u00a9\u00ae]")
"""Characters that count twice; the two signs are below U+10FF and emoji all the same."""
_X_PLAIN_LINK = re.compile(
    r"(?<!\S)https?://(?:[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\.){1,5}(?:fi|ax|se|com|org|net|eu)"
    r"(?:/(?:[A-Za-z0-9_/=.%-]*[A-Za-z0-9_/=-])?)?"
    r"(?:\?[A-Za-z0-9_=.%&-]*[A-Za-z0-9_=&-])?(?!\S)"
)
"""Links that X surely takes as one link from end to end."""
_X_MAYBE_LINK = re.compile(r"\.(?=\w)|://")
"""Every link has at least one of these."""


def x_length(text: str) -> int:
    """Weigh `text` for X: never too little, exact when the result is over the limit.

    Below the limit it is exact for ordinary words and links, and may be too much for emoji and rare links: the exact count needs a library
    that takes a third of a second to import, more than all of `check` may.
    """
    most = _x_at_most(unicodedata.normalize("NFC", text))
    return most if most <= X_LIMIT else x_exact_length(text)


def x_exact_length(text: str) -> int:
    """Weigh `text` exactly as X's own twitter-text does."""
    weighed: int = _twitter_text().parse_tweet(text).weightedLength
    return weighed


def x_has_link(text: str) -> bool:
    """Tell whether X makes a link of something in `text`: addresses, and names of hosts that stand alone (www.example.fi)."""
    if _X_PLAIN_LINK.search(text):
        return True
    return bool(_X_MAYBE_LINK.search(text)) and bool(_twitter_text().extract_urls(text))


def _x_at_most(text: str) -> int:
    rest, links = _X_PLAIN_LINK.subn("", text)
    maybe = len(_X_MAYBE_LINK.findall(rest))
    return (links + maybe) * _X_LINK + len(rest) + len(_X_DOUBLE.findall(rest))


def _twitter_text() -> Any:  # noqa: ANN401 - a library without types
    """Import twitter-text-parser 3.0.0.

    It reads a file of its own through setuptools' pkg_resources, which it does not declare and which setuptools 82 no longer has. One
    function of it is used, and the standard library has the same.
    """
    stand_in = ModuleType("pkg_resources")
    stand_in.resource_string = pkgutil.get_data  # type: ignore[attr-defined]
    ours = sys.modules.setdefault("pkg_resources", stand_in) is stand_in
    try:
        import twitter_text  # 0.2 s: only for texts that may be too long, or may have a link
    finally:
        if ours:
            del sys.modules["pkg_resources"]
    return twitter_text


# LinkedIn's "little" text (learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format, 2026-11-24).

_LITTLE_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_LITTLE_HASHTAG = re.compile(r"(?<![^\s(\[{\"'])#(?=\w*[^\W\d_])(\w+)")
_LITTLE_ELEMENT = re.compile(
    r"\{hashtag\|\\?[#\uff03]\|(?P<tag>(?:\\.|[^\\|}])*)\}"
    r"|@\[(?P<name>(?:\\.|[^\\\]])*)\]\([^)]*\)"
    r"|\\(?P<character>.)",
    re.DOTALL,
)


def linkedin_length(text: str) -> int:
    """Count as LinkedIn may: with its escapes. Whether they count is not documented, so the larger number is taken."""
    return length(escape_little(text))


def linkedin_mention_length(mention: Mention) -> int:
    """Count what `little` writes around a mention's name: two signs before it, three and the address behind."""
    return 5 + len(mention.address)


def escape_little(text: str) -> str:
    r"""Write plain words in LinkedIn's notation: 'a(b)_c #d @e' becomes 'a\(b\)\_c {hashtag|\#|d} \@e'.

    A reserved character left bare makes LinkedIn drop the rest of the text silently.
    """
    parts = _LITTLE_HASHTAG.split(text)
    return "".join(rf"{{hashtag|\#|{_escape(part)}}}" if i % 2 else _escape(part) for i, part in enumerate(parts))


def little(post: Post) -> str:
    """Write a post's words in LinkedIn's notation, its mentions as '@[Name](urn)': the name must be the one that LinkedIn shows."""
    text = _ended(post)
    pieces: list[str] = []
    at = 0
    for mention in sorted(post.mentions, key=lambda one: one.start):
        end = mention.start + mention.length
        pieces.append(escape_little(_nfc(text[at : mention.start])))
        pieces.append(f"@[{_escape(_nfc(text[mention.start : end]))}]({mention.address})")
        at = end
    return "".join([*pieces, escape_little(_nfc(text[at:]))]).strip()


def _escape(text: str) -> str:
    return _LITTLE_RESERVED.sub(r"\\\g<0>", text)


def unlittle(text: str) -> str:
    """Read LinkedIn's notation back into plain words; a mention becomes the name it shows."""

    def plain(element: re.Match[str]) -> str:
        if element["tag"] is not None:
            return "#" + unlittle(element["tag"])
        return element["character"] or unlittle(element["name"] or "")

    return _LITTLE_ELEMENT.sub(plain, text)


# Knowing words again

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LINK = re.compile(r"(?<![\w@.-])(?:[\w-]+\.)+[^\W\d_]{2,}\S*")
"""A link, and whatever clings to its end: where it stops is a matter of taste ("kunta.fi:ssä"), and X's is not ours."""
_A_LINK = "\N{OBJECT REPLACEMENT CHARACTER}"
_CLINGING = ".,;:!?)]}\"'\N{RIGHT DOUBLE QUOTATION MARK}"


def links_in(text: str) -> tuple[str, ...]:
    """List the addresses in plain words, without their schemes and without the punctuation that clings to them."""
    normal = _SCHEME.sub("", unicodedata.normalize("NFC", text))
    return tuple(found[0].rstrip(_CLINGING) for found in _LINK.finditer(normal))


def same_words(ours: str, theirs: str) -> bool:
    """Tell whether `theirs`, as a network gives it back, are the words `ours`.

    Networks shorten links, write entities, trim and fold white space, and X hangs a link to the post's own pictures at the end. So two
    posts that differ in their links alone count as the same.
    """
    own, other = _folded(ours), _folded(theirs)
    return other == own or other == f"{own} {_A_LINK}".strip()


def _folded(text: str) -> str:
    # X writes http:// before a bare link, so that a scheme makes no difference either.
    normal = _SCHEME.sub("", unicodedata.normalize("NFC", _without_entities(text)))
    return " ".join(_LINK.sub(_A_LINK, normal).split())


def _without_entities(text: str) -> str:
    """Undo entities to the last one: words that have one themselves come back with that one escaped."""
    plain = html.unescape(text)
    return plain if plain == text else _without_entities(plain)
