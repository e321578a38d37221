"""`python -m tests.delivery.fillvictim CONFIG [POINT]`: `tiedote run`; the first time that it reaches POINT, its disk is full.

It mails every second instead of every minute. Everything else is as it is.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from publisher import daemon, service
from publisher.config import load_config
from publisher.delivery import Point, nothing
from tests.fulldisk import DISK_FULL, FillingStore
from tests.torture.victim import replace_in


def filler(folder: Path, point: Point) -> Callable[[Point], None]:
    """Return what leaves no room on the disk once `point` is reached, once in all."""
    once = folder / "was-full"

    def reached(here: Point) -> None:
        if here is point and not once.exists():
            (folder / DISK_FULL).touch()
            once.touch()

    return reached


def main(path: str, point: str = "") -> int:
    """Run until SIGTERM; return the exit code of the command."""
    config = Path(path)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    replace_in(service, {"Store": FillingStore})
    replace_in(daemon, {"_MINUTE": 1, "_BEGIN_AGAIN_SECONDS": 0.5})
    reached = filler(config.parent, Point(point)) if point else nothing
    return daemon.run_daemon(load_config(config), reached=reached)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
