"""Tells that the database is away: by the log at once, by mail past the database, since nothing can be noted down in it.

A full disk is told as soon as it is met. Any other trouble, such as a server that is being restarted, is told when it has lasted for a
while. Everybody hears of each once a day; a mail that comes again after a restart bears the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from publisher.store import DiskFull, StoreAway

_LOG = logging.getLogger("tiedote.store")

LASTS = timedelta(minutes=1)
"""Trouble other than a full disk that lasts for so long needs a person."""

OVER_AFTER = timedelta(seconds=30)
"""Not met for so long, it is over; the daemon writes more often than that."""

Recipient = tuple[str, str]
"""Address and language."""


@dataclass(slots=True)
class _Trouble:
    away: StoreAway
    since: datetime
    last: datetime

    def is_over(self, now: datetime) -> bool:
        return now - self.last > OVER_AFTER

    def needs_a_person(self, now: datetime) -> bool:
        """A full disk does even if there is some space again: it will be full soon."""
        return isinstance(self.away, DiskFull) or (self.last - self.since >= LASTS and not self.is_over(now))


class Alarm:
    """Remembers the trouble and who was told of it; thread-safe."""

    def __init__(self) -> None:
        """All is well."""
        self._lock = threading.Lock()
        self._trouble: _Trouble | None = None
        self._told: set[tuple[date, type[StoreAway], Recipient]] = set()

    def note(self, away: StoreAway, now: datetime) -> None:
        """Take note that the database is away; called wherever it is met."""
        with self._lock:
            known = self._trouble
            if known is not None and not known.is_over(now):
                known.last = now
                if isinstance(away, DiskFull):
                    known.away = away
                return
            self._trouble = _Trouble(away, now, now)
        _LOG.error("the database cannot be used, so nothing is sent: %s", away)

    def tell(self, people: Iterable[Recipient], send: Callable[[StoreAway, Recipient], bool], now: datetime) -> None:
        """Tell everybody who is to hear of it and has not; `send` says whether the mail was taken."""
        with self._lock:
            trouble = self._trouble
        if trouble is None or not trouble.needs_a_person(now):
            return
        for person in people:
            about = (now.date(), type(trouble.away), person)
            if about not in self._told and send(trouble.away, person):
                self._told.add(about)
