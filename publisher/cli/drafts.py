"""What `status` tells of drafts from the website: how many wait, and which feed cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.cli import words
from publisher.cli.shared import echo_folded, now
from publisher.locale import _, ngettext

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from sqlalchemy import Connection

    from publisher.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """How many wait in each folder that feeds write into, and since when a feed, by its address, could not be read."""

    waiting: Mapping[Path, int] = field(default_factory=dict)
    unread: Mapping[str, datetime] = field(default_factory=dict)


def find(config: Config, conn: Connection) -> Drafts:
    """Count the drafts, and look which feeds are in trouble."""
    if not config.feeds:
        return Drafts()
    from publisher.drafting.feeds import key_of
    from publisher.store import meta

    counts = {folder: sum(1 for _one in folder.glob("*.yaml")) for folder in {feed.into: None for feed in config.feeds}}
    troubles = {feed.url: meta.written_at(conn, f"feed_trouble:{key_of(feed)}") for feed in config.feeds}
    return Drafts(
        waiting={folder: n for folder, n in counts.items() if n},
        unread={url: since for url, since in troubles.items() if since is not None},
    )


def print_drafts(found: Drafts) -> None:
    """Print a line for each folder with drafts, and for each feed that cannot be read."""
    for folder, n in found.waiting.items():
        told = ngettext(
            "%(n)d draft from the website waits in %(folder)s", "%(n)d drafts from the website wait in %(folder)s", n
        )
        echo_folded("", told % {"n": n, "folder": folder})
    for url, since in found.unread.items():
        told = _("%(feed)s could not be read %(ago)s, and not since.") % {"feed": url, "ago": words.ago(now() - since)}
        echo_folded("", told)


def drafts_data(found: Drafts, zone: tzinfo) -> dict[str, object]:
    """Give the same for scripts."""
    return {
        "drafts": [{"folder": str(folder), "count": n} for folder, n in found.waiting.items()],
        "unread_feeds": [{"url": url, "since": words.iso(since, zone)} for url, since in found.unread.items()],
    }
