"""The day before: looks at the accounts, links and approvals of what goes out next, and tells in one mail what to mend, and how.

Each announcement is looked at once, when it is a day away or as soon as it is known. Nobody is asked when nothing is due: a look at X
costs money.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.apart import apart
from publisher.config import Account, Config, configured, everybody
from publisher.examining import PASSING, judge, look_at_pictures
from publisher.model import State
from publisher.remarks import Level, Remark
from publisher.store import Connection, Store, meta
from publisher.store import deliveries as rows
from publisher.store.announcements import contacts
from publisher.store.notices import NoticeKind, raise_notice

if TYPE_CHECKING:
    from channels.base import Health
    from channels.errors import ChannelError
    from publisher.linking import Links
    from publisher.store.deliveries import Ahead

AHEAD = timedelta(days=1)
_LOOKED = "preflight"
_SLOW = frozenset({"version_ends", "version_other"})
"""What lasts for weeks, and is mended by installing something: told once a week, not with each announcement."""
_WEEK = timedelta(days=7)
Person = tuple[str, str]


@dataclass(slots=True)
class _Findings:
    """What was found, for each person whom it concerns."""

    items: dict[Person, dict[str, None]] = field(default_factory=dict)
    slow: list[str] = field(default_factory=list)
    """Under which names it is noted what is not to be told again this week."""

    def add(self, people: Iterable[Person], remark: Remark, about: Mapping[str, str]) -> None:
        item = json.dumps({"code": remark.code, "params": dict(remark.params), **about}, ensure_ascii=False)
        for person in people:
            self.items.setdefault(person, {}).setdefault(item)


class Preflight:
    """Looks ahead for one configuration. `examine` asks an account's network."""

    def __init__(
        self,
        store: Store,
        config: Config,
        links: Links,
        examine: Callable[[Account], Health | ChannelError],
        lacking: Callable[[Account], Remark | None],
    ) -> None:
        """Nothing is asked yet."""
        self._store = store
        self._config = config
        self._links = links
        self._examine = examine
        self._lacking = lacking

    def look(self, now: datetime) -> int:
        """Look at what has come within a day since the last look; return how many deliveries that were. Raises StoreAway."""
        with self._store.read() as conn:
            ahead = rows.ahead(conn, now, now + AHEAD, *self._last(conn))
            known = contacts(conn)
        if not ahead:
            return 0
        found = _Findings()
        accounts = configured(self._config)
        for key in dict.fromkeys(one.account for one in ahead):
            if (account := accounts.get(key)) is not None:
                due = sum(one.account == key for one in ahead)
                with apart(f"looking ahead at {':'.join(key)}"):
                    self._account(account, due, now, found)
        for one in ahead:
            owner = accounts[one.account].owner if one.account in accounts else None
            with apart(f"looking ahead at {one.announcement}"):
                self._announcement(one, everybody(self._config, known.get(one.announcement), owner), now, found)
        with self._store.write() as conn:
            self._tell(conn, found, ahead, now)
            for name in found.slow:
                meta.put(conn, name, "told", now)
            meta.put(conn, _LOOKED, (now + AHEAD).isoformat(), now)
        return len(ahead)

    def _last(self, conn: Connection) -> tuple[datetime | None, datetime | None]:
        """Return how far the last look saw, and when it was."""
        until = meta.get(conn, _LOOKED)
        return (datetime.fromisoformat(until) if until else None), meta.written_at(conn, _LOOKED)

    def _account(self, account: Account, due: int, now: datetime, found: _Findings) -> None:
        people = everybody(self._config, account.owner)
        about = {"organisation": account.organisation, "channel": account.channel, "account": account.name}
        judged = judge(self._examine(account), now, due)
        remarks = [*judged, self._lacking(account), look_at_pictures(account, self._links, now)]
        for remark in remarks:
            if remark is None or remark.code in PASSING:
                continue
            if remark.code in _SLOW:
                name = ":".join((_LOOKED, remark.code, *about.values(), remark.params["asked"]))
                if self._was_told(name, now):
                    continue
                found.slow.append(name)
            found.add(people, remark, about)

    def _was_told(self, name: str, now: datetime) -> bool:
        with self._store.read() as conn:
            told = meta.written_at(conn, name)
        return told is not None and now - told < _WEEK

    def _announcement(self, one: Ahead, people: Iterable[Person], now: datetime, found: _Findings) -> None:
        about = {"announcement": one.announcement}
        if one.state is State.AWAITING_APPROVAL:
            found.add(people, Remark(code="awaits_approval", level=Level.WARN), about)
        dead = self._links.dead(one.addresses, now)
        if dead is not None:
            found.add(people, Remark(code=dead.kind, level=Level.WARN, params={"detail": dead.detail}), about)

    def _tell(self, conn: Connection, found: _Findings, ahead: Iterable[Ahead], now: datetime) -> None:
        first = min((one.due_at for one in ahead), default=now)
        for person, items in found.items.items():
            raise_notice(
                conn,
                cause=f"preflight:{first.isoformat()}",
                kind=NoticeKind.PREFLIGHT,
                params={"remarks": "\n".join(items), "count": str(len(items)), "due": first.isoformat()},
                recipients=[person],
                now=now,
            )
