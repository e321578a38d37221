"""The one place that knows which networks there are: name to channel, loaded only when asked for.

Asking for limits or settings imports neither requests nor a network's library: those wait until `connect`. Somebody else's package adds a
network through the entry point group `tiedote.channels`, its name pointing at a module with the same three things that ours have.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pydantic import BaseModel  # types only: whoever asks for names alone should not wait for pydantic

    from channels.base import Capabilities, Channel
    from channels.session import Network  # likewise for requests

NAMES: Final = ("facebook", "instagram", "x", "linkedin")
"""Our own four, in the order in which people read them."""

GROUP: Final = "tiedote.channels"

_ALIASES: Final = {"twitter": "x"}


class ChannelModule(Protocol):
    """What a module of a network has at its top."""

    CAPABILITIES: Capabilities
    Settings: type[BaseModel]
    """The keys of the account that are this network's own."""

    def connect(self, settings: BaseModel, network: Network) -> Channel:
        """Make a channel for one account; opens no connection yet."""


class UnknownChannelError(LookupError):
    """No network has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no channel is named {name!r}; there are {', '.join(names())}")


def names() -> tuple[str, ...]:
    """Every network that can be used here: our own, then installed ones by name."""
    return NAMES + tuple(sorted(_installed()))


def is_known(name: str) -> bool:
    """Tell whether a network can be used here. Cheap for our own four: nothing installed is looked up for them."""
    return name in NAMES or name in _installed()


def canonical(name: str) -> str:
    """Return the name that a channel goes by: 'twitter' is taken for 'x'. Other words come back as they are."""
    return _ALIASES.get(name, name)


def capabilities(name: str) -> Capabilities:
    """Return a network's limits. Raises UnknownChannelError."""
    return _module(name).CAPABILITIES


def settings_model(name: str) -> type[BaseModel]:
    """Return the model of a network's own account settings. Raises UnknownChannelError."""
    return _module(name).Settings


def connect(name: str, settings: BaseModel, network: Network) -> Channel:
    """Make a channel for one account; `settings` is an instance of `settings_model(name)`. Raises UnknownChannelError."""
    module = _module(name)
    if not isinstance(settings, module.Settings):
        raise TypeError(f"{name} takes {module.Settings.__qualname__}, not {type(settings).__qualname__}")
    return module.connect(settings, network)


def _module(name: str) -> ChannelModule:
    name = canonical(name)
    if name in NAMES:
        return cast("ChannelModule", import_module(f"channels.{name}"))
    found = _installed().get(name)
    if found is None:
        raise UnknownChannelError(name)
    return cast("ChannelModule", found.load())


@cache
def _installed() -> dict[str, EntryPoint]:
    """Other people's networks. None of them may take the place of one of ours."""
    from importlib.metadata import entry_points  # 40 ms, and only a name that is not ours asks for it

    taken = {*NAMES, *_ALIASES}
    return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in taken}
