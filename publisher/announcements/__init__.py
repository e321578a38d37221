"""The queue: YAML that staff write → Announcement, or Problems with file, line and column.

    read_queue(config)       every file of the queue
    read_file(path, config)  one file
    Memory()                 what was read of files that stay the same
    Stillness(span)          which files nobody is writing to

Everything that `tiedote check` finds is found here, so nothing that it would complain of goes out.
"""

from publisher.announcements.memory import Memory
from publisher.announcements.queue import Queue, paths_below, read_queue
from publisher.announcements.reader import QueueView, Reading, file_name, read_file
from publisher.announcements.stillness import Stillness

__all__ = [
    "Memory",
    "Queue",
    "QueueView",
    "Reading",
    "Stillness",
    "file_name",
    "paths_below",
    "read_file",
    "read_queue",
]
