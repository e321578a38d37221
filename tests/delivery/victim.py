"""`tiedote run --once` in a process that kills itself at a point of the worker."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from publisher.config import load_config
from publisher.delivery import Point, nothing
from publisher.service import Service
from publisher.store import StoreAway


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
        return service.run_once(timedelta(seconds=20))


def starve(path: str, told: str, at: str) -> None:
    """Do what is due, open nothing more from the point `at` on; what is told goes to the file `told`. Ends the process."""
    with Path(told).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    sys.stderr = os.fdopen(sys.stderr.fileno(), "w", closefd=False)

    first = threading.Lock()

    def reached(here: Point) -> None:
        if here == at and first.acquire(blocking=False):
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
            with suppress(OSError):
                while True:
                    os.open(os.devnull, os.O_RDONLY)

    with Service.open(load_config(Path(path)), reached=reached) as service:
        try:
            code = service.run_once(timedelta(seconds=2))
        except StoreAway as error:
            sys.stderr.write(f"{error}\n")  # as the command line tells it
            code = 75
    sys.exit(code)


def end(path: str, *more: str) -> None:
    """Do so, and end the process with the exit code."""
    sys.exit(main(path, *more))
