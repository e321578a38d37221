"""`feeds`: the website's news, of which each item becomes a draft."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from publisher.locale import _
from publisher.yamlfile import Items, Section

_EVERY = timedelta(hours=1)
_OFTEN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """A feed to read. `into`: the folder for its drafts, never in the queue. `contact`: who hears of them beside `alerts_to`."""

    url: str
    organisation: str
    every: timedelta
    into: Path
    contact: str | None = None


def read_feeds(root: Section, folder: Path, queue: Path, organisations: Collection[str]) -> tuple[FeedSettings, ...]:
    """Read the list."""
    found = root.entry("feeds")
    if found is None:
        return ()
    nodes = found.value.items if isinstance(found.value, Items) else (found.value,)
    feeds = [_feed(root.of(node, node.at, "feeds"), folder, queue, organisations) for node in nodes]
    return tuple(feed for feed in feeds if feed is not None)


def _feed(one: Section, folder: Path, queue: Path, organisations: Collection[str]) -> FeedSettings | None:
    one.scalar("url", required=True)
    url = one.parsed("url", "", _address, _("Write the feed's whole address, such as https://www.kunta.fi/rss."))
    named = one.scalar("organisation", required=True)
    if named is not None and named.value not in organisations:
        one.not_one_of(named, organisations)
    organisation = (named.value if named else None) or ""
    every = one.length("every", _EVERY, _OFTEN)
    into = folder / (one.text("into") or Path("drafts") / organisation)
    if into.absolute().is_relative_to(queue.absolute()):
        message = _("'%(field)s' is in the folder of announcements, where Tiedote writes nothing") % {"field": "into"}
        one.faults.error(one.where("into"), "in_queue", message, _("Name another folder, for example drafts."))
    contact = one.address("contact")
    one.finish()
    return FeedSettings(url=url, organisation=organisation, every=every, into=into, contact=contact) if url else None


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(text)
    return text
