"""LinkedIn's little text, read as LinkedIn reads it: from the first unescaped reserved character on, everything is silently dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESERVED = frozenset("\\|{}@[]()<>#*_~")
_HASHTAG = re.compile(r"#(\w+)")
_TEMPLATE = re.compile(r"\{hashtag\|\\?[#\uff03]\|((?:\\.|[^|}\\])+)\}")
_MENTION = re.compile(r"@\[((?:\\.|[^\]\\])+)\]\((urn:li:(?:organization|person|company):\w+)\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Little:
    """What became of a commentary: `shown` to residents, `kept` as it is read back."""

    shown: str
    kept: str
    cut: bool


def read(source: str) -> Little:
    """Read a commentary to its end, or to the first reserved character that stands alone."""
    shown: list[str] = []
    kept: list[str] = []
    at = 0
    while at < len(source):
        piece = _piece(source, at)
        if piece is None:
            return Little(shown="".join(shown), kept="".join(kept), cut=True)
        taken, seen, stored = piece
        shown.append(seen)
        kept.append(stored)
        at += taken
    return Little(shown="".join(shown), kept="".join(kept), cut=False)


def _piece(source: str, at: int) -> tuple[int, str, str] | None:
    sign = source[at]
    if sign not in RESERVED:
        return 1, sign, sign
    if sign == "\\":
        following = source[at + 1 : at + 2]
        return (2, following, sign + following) if following in RESERVED and following else None
    for pattern, sees in ((_HASHTAG, _hashtag), (_TEMPLATE, _template), (_MENTION, _mention)):
        match = pattern.match(source, at)
        if match:
            seen, stored = sees(match)
            return len(match.group()), seen, stored
    return None


def _hashtag(match: re.Match[str]) -> tuple[str, str]:
    # A plain hashtag is read back as a template.
    return match.group(), f"{{hashtag|\\#|{match.group(1)}}}"


def _template(match: re.Match[str]) -> tuple[str, str]:
    return "#" + _ESCAPED.sub(r"\1", match.group(1)), match.group()


def _mention(match: re.Match[str]) -> tuple[str, str]:
    return _ESCAPED.sub(r"\1", match.group(1)), match.group()
