"""Which files nobody is writing to at the moment: those that have not changed for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Look:
    """How a file looked, and since when it has."""

    changed_at: datetime
    size: int
    since: datetime


class Stillness:
    """Remembers how files look whose own time says nothing.

    A file dated in the future (the clock was put back, or a network share has a clock of its own) would seem to be written until then.
    It is still once it has looked the same to us for as long as any other must have been left alone.
    """

    def __init__(self, span: timedelta) -> None:
        """`span`: for how long a file must have been left alone."""
        self._span = span
        self._ahead: dict[Path, _Look] = {}

    def is_still(self, path: Path, now: datetime) -> bool:
        """Tell whether nobody has touched a file for long enough. One that is gone counts as still: reading it says so."""
        try:
            facts = path.stat()
        except OSError:
            return True
        changed_at = datetime.fromtimestamp(facts.st_mtime, UTC)
        if changed_at <= now:
            self._ahead.pop(path, None)
            return now - changed_at >= self._span
        known = self._ahead.get(path)
        if known is None or (known.changed_at, known.size) != (changed_at, facts.st_size) or known.since > now:
            known = self._ahead[path] = _Look(changed_at, facts.st_size, now)
        return now - known.since >= self._span
