"""What was read of files that have stayed the same since: a queue of thousands is not read again because of one."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.announcements.reader import Reading
from publisher.model import UNSET, Announcement

_Looks = tuple[int, int, int, int]
"""A file's inode, size, and when its content and the file itself were changed (ns)."""

_SETTLED = 2_000_000_000
"""Nanoseconds after which a change has surely another time than the one before it; clocks of file systems are coarse."""


@dataclass(frozen=True, slots=True)
class _Known:
    reading: Reading
    looks: tuple[_Looks | None, ...]


class Memory:
    """Readings of files in order, for as long as neither they nor their pictures change. One with a fault is always read again.

    For one configuration and one reader, since what is read depends on the first and is worded for the second.
    """

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def recall(self, path: Path, read: Callable[[Path], Reading]) -> Reading:
        """Give what is known of a file, or read it."""
        known = self._known.get(path)
        if known is not None and known.looks == _looks(path, known.reading.announcement):
            return known.reading
        own = _look(path)
        reading = read(path)
        looks = _looks(path, reading.announcement)
        if reading.announcement is not None and looks[0] == own and _all_settled(looks):
            self._known[path] = _Known(reading, looks)
        else:
            self._known.pop(path, None)
        return reading

    def keep_only(self, paths: set[Path]) -> None:
        """Forget what is no longer there."""
        for path in self._known.keys() - paths:
            del self._known[path]


def _looks(path: Path, announcement: Announcement | None) -> tuple[_Looks | None, ...]:
    return (_look(path), *(_look(picture) for picture in _pictures(announcement)))


def _pictures(announcement: Announcement | None) -> list[Path]:
    if announcement is None:
        return []
    several = [one.path for block in announcement.blocks if block.pictures is not UNSET for one in block.pictures]
    return [*several, *(block.thumbnail.path for block in announcement.blocks if block.thumbnail)]


def _look(path: Path) -> _Looks | None:
    """Give nothing of a link: it may lead elsewhere next time."""
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(facts.st_mode):
        return None
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def _all_settled(looks: tuple[_Looks | None, ...]) -> bool:
    latest = time.time_ns() - _SETTLED
    return all(look is not None and max(look[2:]) < latest for look in looks)
