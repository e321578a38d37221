"""`tiedote run --once` in a process that kills itself at a point of the worker."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from publisher.config import load_config
from publisher.delivery import Point, nothing
from publisher.service import Service


def killer(point: Point, nth: int) -> Callable[[Point], None]:
    """Return what ends this process, at once and without a word, the `nth` time that `point` is reached."""
    lock = threading.Lock()
    seen = 0

    def reached(here: Point) -> None:
        nonlocal seen
        with lock:
            seen += here is point
            if here is point and seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached


def main(path: str, point: str = "", nth: str = "1") -> int:
    """Do what is due now; return the exit code of the command."""
    reached = killer(Point(point), int(nth)) if point else nothing
    with Service.open(load_config(Path(path)), reached=reached) as service:
        return service.run_once(timedelta(seconds=40))


def end(path: str, *more: str) -> None:
    """Do so, and end the process with the exit code."""
    sys.exit(main(path, *more))
