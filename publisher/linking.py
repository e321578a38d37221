"""Whether the e-services that announcements lead to answer, each asked once a minute at most, however many accounts announce it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from channels.links import Link
    from publisher.config import Config

FRESH_FOR = timedelta(minutes=1)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NOWHERE = re.compile(r"(?:.+\.)?(?:example|test|invalid|example\.[a-z]{2,})")
"""Names that stand for others in documents and trials (RFC 2606 and 6761; Finnish ones write example.fi): nobody is asked about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """An address that residents would not reach. `kind` as `errors` words it; `detail`: the host and what happened."""

    address: str
    kind: str
    detail: str


class Links:
    """Asks addresses; thread-safe. In a rehearsal nothing outside the machine is asked, and counts as well."""

    def __init__(self, config: Config) -> None:
        """Nothing is asked yet."""
        from channels.links import Reach

        private = config.private_hosts | (_LOOPBACK if config.sandbox else frozenset())
        bundle = str(config.ca_bundle) if config.ca_bundle else None
        self._reach = Reach(proxy=config.proxy, ca_bundle=bundle, private_hosts=private)
        self._inside_only = config.sandbox
        self._known: dict[str, tuple[datetime, Link]] = {}
        self._lock = threading.Lock()

    def dead(self, addresses: Iterable[str], now: datetime) -> Dead | None:
        """Return the first of the addresses that does not answer, or None."""
        for address in addresses:
            link = self.ask(address, now)
            if link is not None and not link.answers:
                detail = link.detail if link.status is None else f"{link.detail}: HTTP {link.status}"
                return Dead(address=address, kind=f"link_{link.finding}", detail=detail)
        return None

    def ask(self, address: str, now: datetime) -> Link | None:
        """Tell what became of asking an address; None where nobody is to be asked: outside in a rehearsal, or a name of documents."""
        from channels.links import ask

        host = urlsplit(address).hostname or ""
        if _NOWHERE.fullmatch(host) or (self._inside_only and host not in _LOOPBACK):
            return None
        with self._lock:
            known = self._known.get(address)
        if known is not None and abs(now - known[0]) < FRESH_FOR:
            return known[1]
        link = ask(address, self._reach)
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if abs(now - one[0]) < FRESH_FOR}
            self._known[address] = (now, link)
        return link
