"""What X bills, and for which requests: dated data, and the reading of requests by it; pure.

Failed requests are free (https://docs.x.com/x-api/fundamentals/post-cap, 2026-08-13); others report that refused posts were billed all the
same. A link costs wherever it makes one of the words: an address, or a host's name alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Final

from channels.base import Basis, Charge, Post, Price, Source
from channels.text import parts, x_has_link

_LIST: Final = Source(page="https://docs.x.com/x-api/getting-started/pricing", on=date(2026, 8, 13))

PRICES: Final[Mapping[str, Price]] = {
    "post": Price(dollars=Decimal("0.015"), source=_LIST),
    "post_with_link": Price(dollars=Decimal("0.200"), source=_LIST),
    "alt_text": Price(dollars=Decimal("0.005"), source=_LIST),
    "deletion": Price(
        dollars=Decimal("0.010"),
        source=Source(page=_LIST.page, on=_LIST.on, basis=Basis.OURS, note="the dearer of two lines that may mean it"),
    ),
    "reading": Price(dollars=Decimal("0.005"), source=_LIST),
    "own_reading": Price(dollars=Decimal("0.001"), source=_LIST),
    "user_reading": Price(dollars=Decimal("0.010"), source=_LIST),
}
"""`own_reading`: a post of the account's own timeline, or one that mentions it, if the account owns the developer app.

`user_reading`: whose token it is.
"""

_TIMELINE: Final = re.compile(r"/2/users/\d+/(tweets|mentions)")
_POSTS: Final = re.compile(r"/2/tweets(/search/recent|/search/all|/\d+)?")
_USER: Final = re.compile(r"/2/users/(me|\d+)")


def of_post(post: Post) -> Mapping[str, int]:
    """Tell as what a post is billed: each part of its thread by its words, and each alternative text."""
    items = Counter(map(_by_link, parts(post)))
    items["alt_text"] = sum(bool(picture.alt) for picture in post.pictures)
    return +items


def of_change(method: str, path: str, body: object) -> Charge | None:
    """Tell what a request that changes something is billed, before it is sent; None: nothing."""
    if method == "DELETE" and _POSTS.fullmatch(path):
        return Charge(item="deletion")
    if method == "POST" and path == "/2/media/metadata":
        return Charge(item="alt_text")
    if method == "POST" and path == "/2/tweets":
        return Charge(item=_by_link(str(body.get("text", "")) if isinstance(body, Mapping) else ""))
    return None


def of_reading(path: str, answer: bytes, *, owns_app: bool) -> Charge | None:
    """Tell what an answer with posts or users is billed; None: nothing."""
    ids = tuple(dict.fromkeys(_ids(answer)))
    if not ids:
        return None
    if _USER.fullmatch(path):
        return Charge(item="user_reading", count=len(ids), resources=ids)
    if _TIMELINE.fullmatch(path) and owns_app:
        return Charge(item="own_reading", count=len(ids), resources=ids)
    if _TIMELINE.fullmatch(path) or _POSTS.fullmatch(path):
        return Charge(item="reading", count=len(ids), resources=ids)
    return None


def _by_link(text: str) -> str:
    return "post_with_link" if x_has_link(text) else "post"


def _ids(answer: bytes) -> Iterator[str]:
    with suppress(ValueError, AttributeError):
        data = json.loads(answer).get("data", ())
        for row in data if isinstance(data, list) else [data]:
            if isinstance(row, dict) and isinstance(row.get("id"), str):
                yield row["id"]
