"""Channels of accounts: connected once, lent to one worker at a time, and made anew when the account's token has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from channels import registry
from channels.session import Network

if TYPE_CHECKING:
    from channels.base import Channel, Charge, Meter
    from publisher.config import Account, Config
    from publisher.vault import Held, Tokens


@dataclass(slots=True)
class _Shelf:
    """Connected channels of one account that nobody uses at the moment, all with the tokens of `serial`."""

    serial: int | None = None
    idle: list[Channel] = field(default_factory=list)


class ChannelPool:
    """Lends channels: an instance for one worker at a time, connected once and used again."""

    def __init__(
        self,
        config: Config,
        base_url: str | None,
        meter: Callable[[Account], Meter] = lambda _: _unmetered,
        tokens: Tokens | None = None,
    ) -> None:
        """`base_url`: where the sandbox stands in for every network; None for the real ones. `meter`: what an account's bill is told to.

        `tokens`: what `login` got for accounts whose token does not stand in the configuration.
        """
        self._config = config
        self._base_url = base_url
        self._meter = meter
        self._tokens = tokens
        self._shelves: dict[tuple[str, str, str], _Shelf] = {}
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, account: Account) -> Iterator[Channel]:
        """Give a channel for this account, with the token that it has now."""
        key = (account.organisation, account.channel, account.name)
        held = self._tokens.of(account) if self._tokens and not registry.has_token(account.settings) else None
        serial = held.serial if held else None
        with self._lock:
            shelf = self._shelves.setdefault(key, _Shelf())
            outdated = shelf.idle if shelf.serial != serial else []
            if shelf.serial != serial:
                shelf.serial, shelf.idle = serial, []
            channel = shelf.idle.pop() if shelf.idle else None
        for one in outdated:
            one.close()
        channel = channel or self._connect(account, held)
        try:
            yield channel
        finally:
            with self._lock:
                keeps = shelf.serial == serial
                if keeps:
                    shelf.idle.append(channel)
            if not keeps:
                channel.close()

    def _connect(self, account: Account, held: Held | None) -> Channel:
        network = replace(self.network(account.channel), meter=self._meter(account))
        if held is None:
            return registry.connect(account.channel, account.settings, network)
        return registry.connect(account.channel, held.settings, replace(network, barred=held.barred))

    def network(self, channel: str) -> Network:
        """Return how a network is reached."""
        return network_of(self._config, channel, self._base_url)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for shelf in self._shelves.values():
                while shelf.idle:
                    shelf.idle.pop().close()


def network_of(config: Config, channel: str, base_url: str | None) -> Network:
    """Return how a network is reached; `base_url`: where the sandbox stands in for it."""
    moved = config.networks.get(channel)
    version = moved.version if moved else None
    own = Network(version=version)
    if moved:
        own = replace(own, limits=moved.limits, prices=moved.prices, insights=moved.insights)
    if base_url is not None:
        return replace(own, base_url=base_url, allowed_hosts=frozenset({"127.0.0.1", "localhost"}))
    bundle = str(config.ca_bundle) if config.ca_bundle else None
    return replace(own, base_url=moved.base_url if moved else None, proxy=config.proxy, ca_bundle=bundle)


def _unmetered(_charge: Charge) -> None:
    """Keep no account of what is billed."""
