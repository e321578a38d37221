"""The whole queue: every YAML file below its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from publisher.announcements.memory import Memory
from publisher.announcements.reader import SUFFIXES, QueueView, Reading, file_name, read_file
from publisher.locale import _
from publisher.model import Announcement, Position, Problem

_MISNAMED = (".yaml.txt", ".yml.txt")
"""What Windows makes of a name when somebody adds the ending by hand. The file is refused aloud, not passed over."""


_CONFLICT = re.compile(r"conflict(?:ed|ing)?[ _-](?:copy|\d{8})|[(]conflict|sync-conflict-|_conflict-", re.IGNORECASE)
"""The second copy that a file share keeps when two people write at once: Syncthing, Dropbox, Nextcloud, ownCloud, OneDrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What the folder holds.

    `problems`: by file, warnings included; a file that has a fault gives no announcement. `files`: every file that is there.
    `unsettled`: files that somebody may still be writing; they were not read. `readable` False: the folder could not be listed to
    its end, so a file that is missing here says nothing.
    """

    readings: tuple[Reading, ...]
    """File by file, in order."""
    readable: bool
    files: frozenset[str]
    unsettled: frozenset[str] = frozenset()

    @property
    def announcements(self) -> tuple[Announcement, ...]:
        """Everything that is in order."""
        return tuple(one.announcement for one in self.readings if one.announcement is not None)

    @property
    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """What is to be said about each file that anything is to be said about."""
        return {one.file: one.problems for one in self.readings if one.problems}


def read_queue(
    config: QueueView,
    now: datetime | None = None,
    *,
    is_still: Callable[[Path], bool] = lambda _path: True,
    memory: Memory | None = None,
) -> Queue:
    """Read every file; one that `is_still` does not hold for is left for the next time. `now`: warn of times that have passed.

    `memory`: files that are the same as last time are taken from there; so are their warnings.
    """
    trouble: list[OSError] = []
    paths = sorted(_paths(config.queue, trouble))
    unsettled = {path for path in paths if not is_still(path)}

    def read(path: Path) -> Reading:
        return read_file(path, config, now=now)

    settled = [path for path in paths if path not in unsettled]
    if memory is not None:
        memory.keep_only(set(paths))
    readings = _without_namesakes([memory.recall(path, read) if memory is not None else read(path) for path in settled])
    return Queue(
        readings=tuple(readings),
        readable=not trouble,
        files=frozenset(_name(path, config.queue) for path in paths),
        unsettled=frozenset(_name(path, config.queue) for path in unsettled),
    )


def paths_below(folder: Path) -> list[Path]:
    """List the announcement files below a folder, in order."""
    return sorted(_paths(folder, []))


def _paths(folder: Path, trouble: list[OSError]) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, onerror=trouble.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in files if _counts(name))


def _counts(name: str) -> bool:
    """Leave out what editors and file shares put beside a file."""
    return (
        (Path(name).suffix.lower() in SUFFIXES or name.lower().endswith(_MISNAMED))
        and not name.startswith((".", "~$", "#"))
        and not _CONFLICT.search(name)
    )


def _name(path: Path, queue: Path) -> str:
    return file_name(path.relative_to(queue))


def _without_namesakes(readings: list[Reading]) -> list[Reading]:
    """Two files with one identity: nobody can say which counts, so neither does."""
    holders: dict[str, list[Reading]] = {}
    for one in readings:
        if one.announcement is not None:
            holders.setdefault(one.announcement.key, []).append(one)
    return [
        _refused(one, holders) if one.announcement and len(holders[one.announcement.key]) > 1 else one
        for one in readings
    ]


def _refused(one: Reading, holders: Mapping[str, list[Reading]]) -> Reading:
    announcement = one.announcement
    if announcement is None:
        return one
    others = ", ".join(other.file for other in holders[announcement.key] if other is not one)
    known = {"key": announcement.key, "others": others}
    problem = Problem(
        position=Position(file=str(announcement.path), line=1, column=1),
        code="same_id",
        message=_("another file has the same identity '%(key)s': %(others)s") % known,
        remedy=_("Give one of them another name, or an 'id' of its own."),
        excerpt=announcement.source.partition("\n")[0],
    )
    return replace(one, announcement=None, problems=(problem, *one.problems))
