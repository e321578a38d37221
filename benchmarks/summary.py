"""The weekly mail of a town after a year of posts: from the database to the finished message, by how much residents did."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from benchmarks.measuring import Figure, side_by_side
from publisher.cadence import Week
from publisher.config import Config, load_config
from publisher.mail import open_outbox
from publisher.reporting import Reporter
from publisher.store import Store, accounts, migrate
from publisher.store.models import AnnouncementRow, CommentRow, DeliveryRow, SnapshotRow

_ZONE = ZoneInfo("Europe/Helsinki")
_WEEK = Week.of(2026, 48, _ZONE)
_CHANNELS = ("facebook", "instagram", "x", "linkedin")
_ANNOUNCEMENTS = 104
"""Two a week; each on all four networks."""
_READINGS = 60
_BATCH = 5000
_COMMENTED = 3
"""Every third interaction is a comment, with its words; of ten comments one asks and one has an idea."""
_CONFIG = """\
sandbox: no
language: fi
database: sqlite:///tiedote.db
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    report: {to: [viestinta@hausjarvi.example]}
    accounts:
      facebook: {page_id: "1", access_token: a}
      instagram: {user_id: "2", access_token: a}
      x: {user_id: "3", access_token: a}
      linkedin: {organization_id: "4", access_token: a}
"""


def weekly_mail(repeats: int) -> list[Figure]:
    """Seconds to the finished mail, chart and all, beside a bare count of the same comments."""
    return [_measured(interactions, limit, repeats) for interactions, limit in ((10_000, 0.3), (1_000_000, 2.0))]


def _measured(interactions: int, limit: float, repeats: int) -> Figure:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name:
        folder = Path(name)
        (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
        (folder / "schedules").mkdir()
        config = load_config(folder / "config.yaml")
        with closing(Store(config.database)) as store:
            migrate(store, _WEEK.start)
            _fill(store, interactions)
            mail, floor = side_by_side(lambda: _mail(store, config), lambda: _count(store), repeats=repeats)
    return Figure(
        name=f"Weekly mail, {interactions:,} interactions",
        value=mail,
        unit="s",
        floor=floor,
        floor_name="counting comments",
        limit=limit,
    )


def _mail(store: Store, config: Config) -> float:
    reporter = Reporter(store, config, open_outbox(config))
    organisation = config.organisations["hausjarvi"]
    start = time.perf_counter()
    message = reporter.message(organisation, _WEEK, "a@example.org", "fi", _WEEK.end + timedelta(hours=8)).as_bytes()
    seconds = time.perf_counter() - start
    if b"image/png" not in message or len(message) > 150_000:
        raise RuntimeError("that is not the mail that was to be measured")
    return seconds


def _count(store: Store) -> float:
    start = time.perf_counter()
    with store.read() as conn:
        conn.exec_driver_sql("SELECT count(*) FROM comments").scalar_one()
    return time.perf_counter() - start


def _fill(store: Store, interactions: int) -> None:
    begin = _WEEK.end - timedelta(weeks=52)
    posts = _ANNOUNCEMENTS * len(_CHANNELS)
    with store.write() as conn:
        keys = [("hausjarvi", channel, channel) for channel in _CHANNELS]
        known = accounts.remember_accounts(conn, keys, begin)
        conn.execute(insert(AnnouncementRow), [_announcement(n, begin) for n in range(_ANNOUNCEMENTS)])
        conn.execute(
            insert(DeliveryRow),
            [
                _delivery(n * len(_CHANNELS) + place, n, channel, known[key].id, begin)
                for n in range(_ANNOUNCEMENTS)
                for place, (channel, key) in enumerate(zip(_CHANNELS, keys, strict=True))
            ],
        )
        for post in range(posts):
            conn.execute(
                insert(SnapshotRow), [_snapshot(post, n, begin, interactions // posts) for n in range(_READINGS)]
            )
    for first in range(0, interactions // _COMMENTED, _BATCH):
        numbers = range(first, min(first + _BATCH, interactions // _COMMENTED))
        with store.write() as conn:
            conn.execute(
                insert(CommentRow), [_comment(n, n % posts, known[keys[n % posts % 4]].id, begin) for n in numbers]
            )


def _published(post: int, begin: datetime) -> datetime:
    return begin + timedelta(days=3.5) * (post // len(_CHANNELS))


def _announcement(n: int, begin: datetime) -> dict[str, object]:
    known = {"key": f"tiedote-{n}", "file": f"tiedote-{n}.yaml", "title": f"Palvelu {n % 12}", "content_hash": str(n)}
    return known | {"service": f"palvelu-{n % 12}", "source": "", "first_seen": begin, "edited_at": begin}


def _delivery(post: int, n: int, channel: str, account_id: int, begin: datetime) -> dict[str, object]:
    at = _published(post, begin)
    return {
        "id": post + 1,
        "announcement": f"tiedote-{n}",
        "organisation": "hausjarvi",
        "channel": channel,
        "account": channel,
        "account_id": account_id,
        "language": "fi",
        "state": "published",
        "due_at": at,
        "post": {},
        "fingerprint": "",
        "remote_id": str(post),
        "url": f"https://example.org/{post}",
        "published_at": at,
        "created_at": at,
        "updated_at": at,
    }


def _snapshot(post: int, n: int, begin: datetime, most: int) -> dict[str, object]:
    got = most * (n + 1) // _READINGS
    at = _published(post, begin) + timedelta(days=1.5) * n
    return {
        "delivery_id": post + 1,
        "at": at,
        "reactions": {"like": got // 2},
        "comments": got // 3,
        "shares": got // 6,
    }


def _comment(n: int, post: int, account_id: int, begin: datetime) -> dict[str, object]:
    at = _published(post, begin) + timedelta(seconds=n % 600_000)
    return {
        "account_id": account_id,
        "delivery_id": post + 1,
        "remote_id": f"c{n}",
        "kind": "comment",
        "text": f"Toimiiko tämä myös puhelimella, kun asia on kesken? {n}",
        "created_at": at,
        "own": False,
        "question": n % 10 == 0,
        "topics": "idea" if n % 10 == 5 else None,
        "answered_at": None if n % 3 else at.astimezone(UTC),
        "seen_at": at,
        "fetched_at": at,
    }
