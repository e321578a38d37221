"""Counting requests against quotas; kept in memory only."""

from __future__ import annotations

from collections import deque


class Windows:
    """How often something happened lately."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._rolling: dict[str, deque[float]] = {}
        self._fixed: dict[str, tuple[int, int]] = {}

    def rolling(self, key: str, seconds: float, now: float, *, add: bool = True) -> int:
        """Count one more (if `add`) and tell how many there were in the last `seconds`."""
        times = self._rolling.setdefault(key, deque())
        while times and times[0] <= now - seconds:
            times.popleft()
        if add:
            times.append(now)
        return len(times)

    def room_in(self, key: str, seconds: float, now: float, most: int) -> float:
        """Tell in how many seconds fewer than `most` will be left of those that happened in the last `seconds`."""
        times = self._rolling.get(key, deque())
        return max(times[-most] + seconds - now, 0) if 0 < most <= len(times) else 0

    def fixed(self, key: str, seconds: int, now: float, *, add: bool = True) -> tuple[int, int]:
        """Count one more (if `add`) in windows of `seconds` aligned to the clock; tell the count and when the window ends."""
        window = int(now // seconds)
        begun, count = self._fixed.get(key, (window, 0))
        if begun != window:
            count = 0
        count += add
        self._fixed[key] = (window, count)
        return count, (window + 1) * seconds

    def clear(self) -> None:
        """Forget every count."""
        self._rolling.clear()
        self._fixed.clear()
