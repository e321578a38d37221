"""`tiedote reply` in a process that kills itself at a point."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from publisher.answering import Answers, Point
from publisher.config import load_config
from publisher.service import Service
from publisher.store import replies


def main(path: str, comment: str, text: str, point: str) -> None:
    """Answer a comment, as the command does."""

    def reached(here: Point) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with Service.open(load_config(Path(path))) as service:
        desk = Answers(
            service.store,
            service._lend,
            service.clock,
            confirm_for=service.config.delivery.confirm_for,
            reached=reached,
        )
        with service.store.read() as conn:
            to = replies.comment(conn, int(comment))
        assert to is not None
        asked = desk.ask(to, text, "maija", approved=True)
        assert asked.reply is not None
        desk.send(asked.reply.id)


if __name__ == "__main__":
    main(*sys.argv[1:])
