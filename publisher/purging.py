"""Keeps residents' words no longer than allowed: by every network's own rule and the organisation's `retention`, whichever is stricter.

Whoever shows words asks for `purge_due` first, so that nothing is shown whose time was up while no service ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from publisher.config import Config, configured
from publisher.retention import ERASED_AHEAD, PAGES_KEPT, PURGED_EVERY, RULES
from publisher.store import Store, accounts, care
from publisher.store.accounts import AccountState
from publisher.store.care import Expired, Limit
from publisher.store.copies import unfinished_of

PROGRAM = "tiedote"
"""Who did it, in the trail, when no person did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many comments lost their words, their author's name, or everything but their place in the counts."""

    words: int
    names: int
    rows: int

    @property
    def numbers(self) -> dict[str, int]:
        """Give them for the trail."""
        return {"words": self.words, "names": self.names, "comments": self.rows}


class Purger:
    """Erases what is too old. Thread-safe: all state is in the database."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def purge_due(self, now: datetime, by: str) -> bool:
        """Purge if it is time again; tells whether it was."""
        with self._store.read() as conn:
            last = care.purged_at(conn)
        if last is not None and now - last < PURGED_EVERY:
            return False
        self.purge(now, by)
        return True

    def purge(self, now: datetime, by: str, *, dry_run: bool = False) -> Purged:
        """Erase what may not be kept any longer, of every account that ever was; with `dry_run` only count it."""
        with self._store.read() as conn:
            limits = [limit for account in accounts.list_accounts(conn) for limit in self._limits(account, now)]
            oldest = now - self._config.retention.comments
            expired = care.find_expired(conn, limits, oldest, names=not self._config.retention.author_names)
        purged = Purged(words=len(expired.words), names=len(expired.names), rows=len(expired.rows))
        if not dry_run:
            self._erase(expired, purged, now, by)
            self._clear(now)
        return purged

    def _erase(self, expired: Expired, purged: Purged, now: datetime, by: str) -> None:
        with self._store.write() as conn:
            care.erase_expired(conn, expired, now)
            care.note_purge(conn, now)
            if any(purged.numbers.values()):
                care.note(conn, by=by, action="purge", numbers=purged.numbers, now=now)

    def _clear(self, now: datetime) -> None:
        """Take away the files that have words and that nobody waits for: pages that were opened, copies that a death left half-made."""
        # A copy that is being made was written to a moment ago.
        for find, kept in ((self._unfinished, PURGED_EVERY), (self._pages, PAGES_KEPT)):
            with suppress(OSError):  # a folder that cannot be looked into now is looked into by the next purge
                for path in find():
                    _remove(path, older_than=now - kept)

    @property
    def backups(self) -> Path:
        """Where backups lie unless somebody says otherwise."""
        return self._config.var / "backups"

    def _unfinished(self) -> Iterable[Path]:
        return unfinished_of(self._store.path, self.backups) if self._store.path is not None else ()

    def _pages(self) -> Iterable[Path]:
        return sorted(pages_of(self._config).glob("*.html"))

    def _limits(self, account: AccountState, now: datetime) -> Iterable[Limit]:
        rule = RULES.get(account.channel)
        if rule is None:
            return
        if rule.words is not None:
            yield Limit(account_id=account.id, seen_before=now - rule.words + ERASED_AHEAD)
        if rule.followed:
            yield Limit(account_id=account.id, published_before=now - self._config.collection.track_for)
        left = account.key not in configured(self._config)
        if left and (account.collected_at is None or now - account.collected_at >= rule.after_account):
            yield Limit(account_id=account.id, seen_before=now)


def pages_of(config: Config) -> Path:
    """Name the folder of the summaries that were written for a browser."""
    return config.var / "reports"


def _remove(path: Path, *, older_than: datetime) -> None:
    with suppress(OSError):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < older_than:
            path.unlink()
