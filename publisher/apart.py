"""One thing's trouble stays its own: what nobody has foreseen ends the work on that one, is logged, and the others have their turn."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from publisher.store import StoreAway

_LOG = logging.getLogger(__name__)


@contextmanager
def apart(what: str) -> Iterator[None]:
    """Log what goes wrong inside, and go on behind it. `what`: the work, without anybody's words.

    Raises StoreAway, which is everybody's trouble.
    """
    try:
        yield
    except StoreAway:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the next one has its turn; it is tried again
        _LOG.exception("%s failed; it is tried again", what)
