"""What `status` tells of drafts from the website: how many wait, and which feed cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import echo_folded, now
from publisher.locale import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from publisher.config import Config


def waiting(config: Config) -> Mapping[Path, int]:
    """Count the drafts in each folder that feeds write into."""
    folders = dict.fromkeys(feed.into for feed in config.feeds)
    return {folder: count for folder in folders if (count := sum(1 for _one in folder.glob("*.yaml")))}


def print_drafts(config: Config, conn: Connection) -> None:
    """Print a line for each folder with drafts, and for each feed that cannot be read."""
    from publisher.drafting.feeds import key_of
    from publisher.store import meta

    for folder, n in waiting(config).items():
        told = ngettext(
            "%(n)d draft from the website waits in %(folder)s", "%(n)d drafts from the website wait in %(folder)s", n
        )
        echo_folded("", told % {"n": n, "folder": folder})
    for feed in config.feeds:
        since = meta.written_at(conn, f"feed_trouble:{key_of(feed)}")
        if since is not None:
            told = _("%(feed)s could not be read %(ago)s, and not since.") % {
                "feed": feed.url,
                "ago": words.ago(now() - since),
            }
            click.echo(told)
