"""`feeds`: reads each feed when its time has come, and writes a draft of every item that is new, once for ever.

A draft is written first, under a name that follows from the item, and noted then: a process that dies in between finds its file there.
Together with it is noted that people have to hear of it, so that a reading that breaks off is told of by the next one. What a person has
taken away does not come back. At the first reading only the newest items become drafts; the older ones are noted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.apart import apart
from publisher.config import FeedSettings, everybody
from publisher.drafting.website import DraftError, Found, Website
from publisher.drafting.writing import Place, write
from publisher.store import Connection, Store, feeds, meta
from publisher.store.feeds import FeedItem
from publisher.store.notices import NoticeKind, raise_notice

if TYPE_CHECKING:
    from publisher.config import Config

FIRST, MOST = 5, 20
"""Drafts of a feed that was never read before, and of any reading; the rest comes with the next one."""
_LEASE = timedelta(minutes=30)
_TELL_AFTER = timedelta(days=1)
_OFFLINE = "offline"


class Feeds:
    """The feeds of a configuration."""

    def __init__(self, store: Store, config: Config, owner: str) -> None:
        """`owner` names this process: of several, one reads a feed."""
        self._store = store
        self._config = config
        self._owner = owner

    def read_due(self, now: datetime) -> int:
        """Read what is due; return how many drafts were written. Raises StoreAway."""
        written = 0
        for feed in self._config.feeds:
            with apart(f"reading the feed of {urlsplit(feed.url).hostname}"):
                written += self._read(feed, now) if self._is_due(feed, now) else 0
        return written

    def _is_due(self, feed: FeedSettings, now: datetime) -> bool:
        key = key_of(feed)
        with self._store.write() as conn:
            last = meta.written_at(conn, f"feed:{key}")
            if last is not None and last <= now < last + feed.every:
                return False
            return meta.claim(conn, f"feed_lease:{key}", self._owner, now, now + _LEASE)

    def _read(self, feed: FeedSettings, now: datetime) -> int:
        written = 0
        well, trouble = False, None
        try:
            website = Website(self._config)
            is_feed, found = website.look(feed.url)
            if not is_feed:
                raise DraftError("no_feed")  # noqa: TRY301 - noted below, like what the website does not give
            for one in self._fresh(feed, found, now):
                self._draft(feed, website, one, now)
                written += 1
            well = True
        except (DraftError, OSError) as error:
            # An OSError has a path and a reason; neither is anybody's secret.
            trouble = error if isinstance(error, DraftError) else DraftError("unwritable", str(error))
        finally:
            self._finish(feed, trouble, now, well=well)
        return written

    def _finish(self, feed: FeedSettings, trouble: DraftError | None, now: datetime, *, well: bool) -> None:
        """Note a reading, however it ended, and have people told of all drafts that they have not heard of."""
        key = key_of(feed)
        with self._store.write() as conn:
            if well:
                meta.drop(conn, f"feed_trouble:{key}")
            elif trouble is not None:
                self._note_trouble(conn, feed, trouble, now)
            self._tell(conn, feed, now)
            meta.put(conn, f"feed:{key}", feed.url, now)
            meta.let_go(conn, f"feed_lease:{key}", self._owner)

    def _fresh(self, feed: FeedSettings, found: tuple[Found, ...], now: datetime) -> list[Found]:
        """Return what is to become a draft now."""
        with self._store.read() as conn:
            is_first = not feeds.has_any(conn, feed.url)
            had = feeds.known(conn, feed.organisation, [_hash(feed, one) for one in found])
        fresh = [one for one in found if _hash(feed, one) not in had]
        if is_first:
            # The old ones first: a process that ends in the middle goes on as if this had been its first reading.
            for one in fresh[FIRST:]:
                self._note(feed, one, None, now)
            fresh = fresh[:FIRST]
        return fresh[:MOST]

    def _draft(self, feed: FeedSettings, website: Website, one: Found, now: datetime) -> None:
        whole = website.completed(one, feed.url)
        place = Place(folder=feed.into, organisation=feed.organisation, sure=True, later=self._config.queue)
        written = write(whole, website.picture(whole, feed.url), place, self._config, now)
        self._note(feed, one, str(written.path), now)

    def _note(self, feed: FeedSettings, one: Found, file: str | None, now: datetime) -> None:
        item = FeedItem(
            organisation=feed.organisation, item=_hash(feed, one), title=(one.title or one.text)[:200], file=file
        )
        with self._store.write() as conn:
            feeds.note(conn, feed.url, item, now)
            if file is not None:
                told = meta.get(conn, _untold(feed))
                line = f"{item.item}\t{' '.join(item.title.split())}\t{file}"
                meta.put(conn, _untold(feed), line if told is None else f"{told}\n{line}", now)

    def _tell(self, conn: Connection, feed: FeedSettings, now: datetime) -> None:
        untold = meta.get(conn, _untold(feed))
        if untold is None:
            return
        drafts = [line.partition("\t") for line in untold.split("\n")]
        raise_notice(
            conn,
            cause=f"drafts:{drafts[0][0]}",
            kind=NoticeKind.DRAFTS,
            params={
                "organisation": feed.organisation,
                "count": str(len(drafts)),
                "drafts": "\n".join(draft for _item, _tab, draft in drafts),
                "folder": str(feed.into),
                "queue": str(self._config.queue),
            },
            recipients=everybody(self._config, feed.contact),
            now=now,
            once=True,
        )
        meta.drop(conn, _untold(feed))

    def _note_trouble(self, conn: Connection, feed: FeedSettings, error: DraftError, now: datetime) -> None:
        """Keep since when a feed cannot be read; tell people once a day when that lasts."""
        name = f"feed_trouble:{key_of(feed)}"
        since = meta.written_at(conn, name)
        if since is None:
            meta.put(conn, name, error.code, now)
        elif now - since >= _TELL_AFTER and error.code != _OFFLINE:
            raise_notice(
                conn,
                cause=f"feed:{key_of(feed)}",
                kind=NoticeKind.FEED_TROUBLE,
                params={
                    "organisation": feed.organisation,
                    "feed": feed.url,
                    "since": since.isoformat(),
                    "detail": error.detail or error.code,
                },
                recipients=everybody(self._config, feed.contact),
                now=now,
            )


def key_of(feed: FeedSettings) -> str:
    """Name a feed in the database."""
    return hashlib.sha256(f"{feed.organisation} {feed.url}".encode()).hexdigest()[:16]


def _hash(feed: FeedSettings, one: Found) -> str:
    """Name an item. Plain numbers are an item's name in one feed only; addresses and tags are unique everywhere."""
    own = one.identity if ":" in one.identity else f"{feed.url}#{one.identity}"
    return hashlib.sha256(own.encode()).hexdigest()


def _untold(feed: FeedSettings) -> str:
    """Where the drafts stand of which nobody has heard: a line each, of item, title and file."""
    return f"drafts_untold:{key_of(feed)}"
