"""`python -m tests.torture.networks SEED FOLDER`: the four networks as a process of their own, in the middle of a storm.

FOLDER/address tells where they are; FOLDER/overdue, how many seconds the slowest late effect came after its time. SIGTERM ends it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.sandbox import Sandbox
from channels.sandbox.server import Server
from channels.sandbox.settings import Delays, Quotas
from channels.sandbox.wire import Entry
from tests.torture.place import remote_accounts
from tests.torture.storm import Storm

if TYPE_CHECKING:
    from starlette.types import Scope

    from channels.sandbox.faults import Rule

_MANY = 10**9
UNLIMITED = Quotas(
    graph_engaged_users=_MANY,
    instagram_posts=_MANY,
    instagram_containers=_MANY,
    x_limits={},
    x_other_limit=_MANY,
    x_posts_a_day=_MANY,
    linkedin_app=_MANY,
    linkedin_member=_MANY,
    linkedin_standard=_MANY,
    facebook_duplicates=0,
    x_duplicates=0,
    linkedin_duplicates=0,
)
"""The networks do not protect us: no quota runs out, and none refuses the same words twice."""

LAG = Delays(container=0.3, image=0.2, activity=0.2, listing=0.5)
"""Seconds; a new post is in no listing for half a second."""


class StormyNetworks(Sandbox):
    """A sandbox in which every request may be struck."""

    def __init__(self, storm: Storm, folder: Path, **more: Any) -> None:
        super().__init__(state=folder / "networks", **more)
        self._storm = storm
        self._overdue = folder / "overdue"
        self._latest = 0.0

    def enter(self, scope: Scope) -> tuple[Entry, Rule | None]:
        entry, rule = super().enter(scope)
        if entry.network is None:
            return entry, rule
        with self.lock:
            return entry, self._storm.strike(entry.network, entry.method)

    def later(self, delay: float, effect: Callable[[], Awaitable[None]]) -> None:
        """Note how punctual late effects are: on a machine that is too busy the networks would break their own rules."""
        due = self.clock.stamp() + delay

        async def noted() -> None:
            await effect()
            self._latest = max(self._latest, self.clock.stamp() - due)
            self._overdue.write_text(f"{self._latest:.2f}", encoding="ascii")

        super().later(delay, noted)


def main(seed: str, folder: Path) -> None:
    sandbox = StormyNetworks(Storm(seed), folder, accounts=remote_accounts(), quotas=UNLIMITED, delays=LAG)
    server = Server(sandbox, [0])
    fresh = folder / "address.new"
    fresh.write_text(server.urls[0], encoding="utf-8")
    fresh.replace(folder / "address")
    asyncio.run(server.serve_all())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
