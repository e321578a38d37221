"""The sandbox's clock: real time that a test can move, so that nobody has to wait for a container or a reset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Runs as real time does, from wherever it was set; a frozen one stands still between moves."""

    def __init__(self, start: datetime | None = None, *, ahead: float = 0, frozen: bool = False) -> None:
        """Start at `start` (aware), or `ahead` seconds from now. `frozen`: time passes by `advance` and `set` alone."""
        self._moved: list[Callable[[], None]] = []
        self._offset = timedelta(seconds=ahead)
        self._frozen_at = (start or datetime.now(UTC)) if frozen else None
        if start is not None and not frozen:
            self._offset = start - datetime.now(UTC)

    def now(self) -> datetime:
        """Tell the sandbox's time, aware, in UTC."""
        return self._frozen_at if self._frozen_at is not None else datetime.now(UTC) + self._offset

    def stamp(self) -> float:
        """Tell the sandbox's time in seconds since 1970."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Move forward (or back) by so many seconds."""
        step = timedelta(seconds=seconds)
        if self._frozen_at is not None:
            self._frozen_at += step
        else:
            self._offset += step
        self._tell()

    def set(self, moment: datetime) -> None:
        """Move to `moment` (aware)."""
        if self._frozen_at is not None:
            self._frozen_at = moment.astimezone(UTC)
        else:
            self._offset = moment - datetime.now(UTC)
        self._tell()

    @property
    def offset(self) -> float:
        """How many seconds the clock runs ahead of real time."""
        return (self.now() - datetime.now(UTC)).total_seconds()

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move."""
        self._moved.append(listener)

    def _tell(self) -> None:
        for listener in self._moved:
            listener()
