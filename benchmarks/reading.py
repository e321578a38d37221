"""What a day of reading costs, as the sandbox counts it, and how much a million comments slow the database down."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measuring import Figure
from publisher.cadence import week_of
from publisher.mail.outbox import FolderOutbox
from publisher.reporting import Reporter
from publisher.store import Store, engagement, migrate
from publisher.store.engagement import NewComment
from tests.publisher.aday import MIDNIGHT, VARIANTS, Measured, living
from tests.publisher.configs import ZONE, a_config, an_organisation
from tests.publisher.rows import a_post, an_account

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
_POSTS = 1_000
_MANY = 1_000_000
_FEW = 1_000
_BULK = 50_000
_WAITING = 300
"""Comments that nobody has answered, of all."""
_FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"organisation": "hausjarvi"},
    {"service": "rakennuslupa"},
    {"looks": {"question"}},
    {"looks": {"idea"}},
    {"organisation": "hausjarvi", "questions": True},
)
_LIMITS = {
    "facebook": 12.0,
    "instagram": 12.0,
    "linkedin standard": 12.0,
    "linkedin development": 3.0,
}
_ANEW, _OWN = 0.005, 0.001
"""US dollars for a post that X is asked for, and for one of the account's timelines where it owns the app (2026-08-13)."""


def a_day(_repeats: int) -> list[Figure]:
    """Thirty tracked posts and lively residents on each network, beside fetching every post's comments every five minutes."""
    return [_cost(variant, _lived(variant)) for variant in VARIANTS]


def _lived(variant: str) -> Measured:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        store = Store(f"sqlite:///{name}/tiedote.db")
        migrate(store, MIDNIGHT)
        with closing(store), living(variant, store, Path(name)) as life:
            measured = life.a_day()
    if measured.missed:
        raise RuntimeError(f"{variant}: {len(measured.missed)} missed, such as {measured.missed[0]}")
    return measured


def _cost(variant: str, day: Measured) -> Figure:
    title = f"reading {variant}, {day.new} new, none missed"
    if variant in _LIMITS:
        return Figure(
            name=title,
            value=day.calls,
            unit="calls/post",
            floor=day.naive_calls,
            floor_name="all, every 5 min",
            limit=_LIMITS[variant],
        )
    owner = variant == "x owner"
    news = day.direct * _OWN + (day.new - day.direct) * _ANEW if owner else day.new * _ANEW
    return Figure(
        name=title,
        value=day.dollars - news,
        unit="$/day",
        floor=day.naive_dollars,
        floor_name="all, every 5 min",
        limit=0.05 if owner else 0.20,
    )


def many_comments(repeats: int) -> list[Figure]:
    """Upserting, listing and summing up with a million comments in the database."""
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        folder = Path(name)
        few, many = (_Comments(folder / str(count)) for count in (_FEW, _MANY))
        bulk, bare = few.bulk(repeats)
        for comments, count in ((few, _FEW), (many, _MANY)):
            comments.fill(count)
        short, long = (comments.page(20 * repeats) for comments in (few, many))
        waiting, week = many.waiting(repeats), many.week(repeats)
        for comments in (few, many):
            comments.close()
    return [
        Figure(
            name=f"a page of 100 comments, beside {_MANY:,}",
            value=long,
            unit="s",
            floor=short,
            floor_name=f"beside {_FEW:,}",
            limit=2 * short,
        ),
        Figure(
            name=f"upserting {_BULK:,} comments",
            value=bulk,
            unit="s",
            floor=bare,
            floor_name="bare executemany",
            limit=bare / 0.4,
        ),
        Figure(name=f"unanswered of {_MANY:,}", value=waiting, unit="s", floor=short, floor_name="a page", limit=0.3),
        Figure(name=f"a week's summary of {_MANY:,}", value=week, unit="s", floor=short, floor_name="a page", limit=2),
    ]


class _Comments:
    """A database with comments under a thousand posts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._store = Store(f"sqlite:///{folder}/tiedote.db")
        migrate(self._store, NOW)
        self._account = an_account(self._store, NOW)
        self._posts = [
            a_post(self._store, self._account, NOW - n * timedelta(hours=2), f"post-{n}", announcement=f"a-{n}")
            for n in range(_POSTS)
        ]
        self._next = 0

    def close(self) -> None:
        self._store.close()

    def bulk(self, repeats: int) -> tuple[float, float]:
        """Give the seconds of processor that many new comments take through the store, and by the database's own means."""
        ours, bare = [], []
        for _ in range(repeats):
            comments = list(self._comments(_BULK))
            start = time.process_time()
            self._upsert(comments)
            ours.append(time.process_time() - start)
            self._empty()
            bare.append(self._bare(_BULK, waiting=_BULK))
            self._empty()
        return median(ours), median(bare)

    def fill(self, count: int) -> None:
        """Put so many comments in."""
        self._bare(count)
        with sqlite3.connect(self._folder / "tiedote.db") as conn:
            conn.execute("ANALYZE")
        conn.close()

    def page(self, times: int) -> float:
        """Give the seconds that a page of a hundred takes: half of it new, half known and unchanged."""

        def once() -> float:
            new = list(self._comments(50))
            self._upsert(new)
            page = [*new, *self._comments(50)]
            return _seconds(lambda: self._upsert(page))

        return median(once() for _ in range(times))

    def waiting(self, repeats: int) -> float:
        """Give the seconds that the list of unanswered comments takes, by whichever filter it takes longest."""

        def once(filters: dict[str, Any]) -> None:
            with self._store.read() as conn:
                found = engagement.list_comments(conn, unanswered=True, **filters)
            if len(found) < _WAITING and "service" not in filters and "idea" not in filters.get("looks", ()):
                raise RuntimeError(f"{len(found)} comments wait")

        return max(median(_seconds(partial(once, one)) for _ in range(repeats)) for one in _FILTERS)

    def week(self, repeats: int) -> float:
        """Give the seconds that a weekly summary takes."""
        organisation = an_organisation()
        reporter = Reporter(self._store, a_config(self._folder, organisation), FolderOutbox(self._folder / "mails"))
        week = week_of(NOW, ZONE)
        return median(_seconds(lambda: reporter.build(organisation, week, NOW)) for _ in range(repeats))

    def _upsert(self, comments: Sequence[NewComment]) -> None:
        with self._store.write() as conn:
            engagement.upsert_comments(conn, self._account.id, comments, NOW)

    def _comments(self, count: int) -> Iterator[NewComment]:
        for n in range(self._next, self._next + count):
            yield NewComment(
                delivery_id=self._posts[n % _POSTS],
                remote_id=f"{n * 7919 % 1_000_003}_{n}",
                parent_remote_id=None,
                kind="comment",
                author_key=f"{n % 5_000:032x}",
                author_name=None,
                text=f"Onko palvelu numero {n} auki myös lauantaisin?",
                url=None,
                created_at=NOW - timedelta(minutes=n % 100_000),
                own=False,
                question=True,
            )
        self._next += count

    def _bare(self, count: int, waiting: int = _WAITING) -> float:
        """Insert the same rows by Python's own module, into the same table with the same indexes; all but so many are done with."""
        moment = NOW.isoformat(" ", "microseconds")[:26]
        rows = [
            (
                self._account.id,
                one.delivery_id,
                one.remote_id,
                one.parent_remote_id,
                one.kind,
                one.author_key,
                one.author_name,
                one.text,
                one.url,
                one.created_at.isoformat(" ", "microseconds")[:26],
                0,
                1,
                None,
                0,
                None,
                None if n < waiting else moment,
                moment,
                moment,
            )
            for n, one in enumerate(self._comments(count))
        ]
        with closing(sqlite3.connect(self._folder / "tiedote.db")) as conn:
            start = time.process_time()
            _inserted(conn, rows)
            return time.process_time() - start

    def _empty(self) -> None:
        with closing(sqlite3.connect(self._folder / "tiedote.db")) as conn, conn:
            conn.execute("DELETE FROM comments")


def _inserted(conn: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    with conn:
        conn.executemany(
            "INSERT INTO comments (account_id, delivery_id, remote_id, parent_remote_id, kind, author_key, author_name, text, url, "
            "created_at, own, question, topics, hidden, answered_at, done_at, seen_at, fetched_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
