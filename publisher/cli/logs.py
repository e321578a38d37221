"""The log of `run`: to stderr, one line an event; no token, no resident's word ever reaches it."""

from __future__ import annotations

import logging
import os
import sys

_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class _Journal(logging.Formatter):
    """Puts the priority before the line, as journald reads it (sd-daemon(3)); the journal has its own times."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{super().format(record)}"


def start_logging(*, level: int) -> None:
    """Log what this program does from `level` on, and only the warnings of its libraries."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(_Journal("%(name)s: %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for ours in ("tiedote", "publisher", "channels"):
        logging.getLogger(ours).setLevel(level)
