"""What stands on a page or in a feed: fetched by one door, read by a child process, and told as values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from channels.links import Reach
    from channels.pages import Page
    from publisher.config import Config

_MOST_PAGE = 3_000_000
_MOST_PICTURE = 20_000_000
_SECONDS = 20
"""For reading a page that is here; the child has a bound of its own on what it computes."""
_HANDED_ON = frozenset({"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL"})
"""What the child gets of the environment: no secret that is none of its business."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class DraftError(Exception):
    """Nothing can be drafted. `code`: a trouble of channels.pages, or offline, unreadable, empty, no_item."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a page or an item says, plain text all of it; '' where it says nothing. `identity`: what an item is known by for ever."""

    identity: str
    title: str
    text: str
    link: str
    language: str = ""
    picture: str = ""
    alt: str = ""
    at: datetime | None = None


class Website:
    """Reads pages, feeds and pictures. In a rehearsal only those of this very machine."""

    def __init__(self, config: Config) -> None:
        """Nothing is asked yet."""
        from channels.links import Reach

        bundle = str(config.ca_bundle) if config.ca_bundle else None
        self._reach: Reach = Reach(proxy=config.proxy, ca_bundle=bundle, private_hosts=config.private_hosts)
        self._inside_only = config.sandbox

    def look(self, url: str) -> tuple[bool, tuple[Found, ...]]:
        """Read an address that a person named; tell whether it is a feed, and what it says, newest first. Raises DraftError."""
        page = self._read(url, _MOST_PAGE, self._reach)
        said = _parsed(page)
        items = said.get("items", ()) if said.get("kind") == "feed" else [said] if said else ()
        found = [one for item in items if (one := _found(item, page.url)) is not None]
        if said.get("kind") == "feed":
            # Feeds have their newest item first; where they say when, that counts.
            found.sort(key=lambda one: one.at or datetime.min.replace(tzinfo=UTC), reverse=True)
        if not found:
            raise DraftError("no_item" if said.get("kind") == "feed" else "empty", urlsplit(url).hostname or "")
        return said.get("kind") == "feed", tuple(found)

    def completed(self, item: Found, feed: str) -> Found:
        """Add to a feed's item what only its page says: a picture, more words, the language. A page that cannot be read adds nothing."""
        if not item.link or (item.picture and item.text and item.language):
            return item
        with suppress(DraftError):
            page = self._read(item.link, _MOST_PAGE, self._beside(feed), named=False)
            said = _found(_parsed(page), page.url)
            if said is not None:
                # What page and feed say of a picture belongs together.
                shown = (item.picture, item.alt) if item.picture else (said.picture, said.alt)
                return replace(
                    item,
                    text=item.text or said.text,
                    language=item.language or said.language,
                    picture=shown[0],
                    alt=shown[1],
                )
        return item

    def picture(self, item: Found, page: str) -> bytes | None:
        """Download the picture of something that was found on `page`; None: it has none that can be used."""
        from channels.pictures import PictureError, inspect

        if not item.picture:
            return None
        with suppress(DraftError, PictureError):
            data = self._read(item.picture, _MOST_PICTURE, self._beside(page), named=False).body
            inspect(data)
            return data
        return None

    def _beside(self, url: str) -> Reach:
        """Let what a page leads to be on the page's own host, also where that is inside."""
        return replace(self._reach, private_hosts=self._reach.private_hosts | {urlsplit(url).netloc})

    def _read(self, url: str, most: int, reach: Reach, *, named: bool = True) -> Page:
        from channels.pages import PageError, read

        if not url.casefold().startswith(("http://", "https://")):
            raise DraftError("no_address")
        if self._inside_only and (urlsplit(url).hostname or "") not in _LOOPBACK:
            raise DraftError("offline", urlsplit(url).hostname or "")
        try:
            return read(url, reach, most, named=named)
        except PageError as error:
            raise DraftError(str(error.trouble), error.detail) from error


def _parsed(page: Page) -> Mapping[str, Any]:
    """Have a child read it; one that takes too long or too much is ended."""
    command = [sys.executable, "-m", "publisher.webpage", page.url, page.charset]
    try:
        # Where this package lies, for a child that would not find it by itself.
        done = subprocess.run(  # noqa: S603 - our own module; the address is an argument, never a command
            command,
            input=page.body,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if name in _HANDED_ON},
        )
        said = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError, OSError) as error:
        raise DraftError("unreadable", urlsplit(page.url).hostname or "") from error
    return said if isinstance(said, dict) else {}


def _found(said: Mapping[str, Any], url: str) -> Found | None:
    if not said or not (said["title"] or said["text"]):
        return None
    at = None
    with suppress(TypeError, ValueError):
        at = datetime.fromisoformat(said["at"]).replace(tzinfo=UTC) if said.get("at") else None
    return Found(
        identity=said.get("identity") or said["link"] or url,
        title=said["title"],
        text=said["text"],
        link=said["link"],
        language=said["language"],
        picture=said["picture"],
        alt=said["alt"],
        at=at,
    )
