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
    from channels.oauth.values import App, Credentials, Flow
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


_FLOWS: Final = {
    "facebook": ("facebook_login",),
    "instagram": ("facebook_login", "instagram_login"),
    "x": ("x_oauth2", "x_oauth1"),
    "linkedin": ("linkedin_login",),
}


def flows(name: str) -> tuple[str, ...]:
    """Name the ways in which an account of a network can be connected, the usual one first; none for other people's networks."""
    return _FLOWS.get(canonical(name), ())


def flow(channel: str, name: str, app: App, network: Network) -> Flow:
    """Make one of a network's `flows`; opens no connection yet. Raises UnknownChannelError for a flow that it does not have."""
    if name not in flows(channel):
        raise UnknownChannelError(f"{channel}:{name}")
    match name:
        case "facebook_login":
            from channels.oauth.meta import FacebookLogin

            return FacebookLogin(canonical(channel), app, network)
        case "instagram_login":
            from channels.oauth.instagram import InstagramLogin

            return InstagramLogin(app, network)
        case "x_oauth2":
            from channels.oauth.x import XOAuth2

            return XOAuth2(app, network)
        case "x_oauth1":
            from channels.oauth.x import XOAuth1

            return XOAuth1(app, network)
        case _:
            from channels.oauth.linkedin import LinkedInLogin

            return LinkedInLogin(app, network)


IDS = {"facebook": "page_id", "instagram": "user_id", "x": "user_id", "linkedin": "organization_id"}
"""The setting by which each network knows an account."""


def remote_id(channel: str, settings: BaseModel) -> str | None:
    """Return the id by which an account's settings know it at its network; None where we do not know which setting that is."""
    return getattr(settings, IDS.get(channel, ""), None)


def has_token(settings: BaseModel) -> bool:
    """Tell whether the configuration itself gives an account its token; such a one is never renewed by us."""
    return getattr(settings, "access_token", ...) is not None


def with_credentials(settings: BaseModel, credentials: Credentials, app: App | None) -> BaseModel:
    """Give an account's settings the token that `login` got; OAuth 1.0a needs the key of its `app` as well."""
    fields = type(settings).model_fields
    from pydantic import SecretStr

    given: dict[str, object] = {"access_token": credentials.access_token}
    if credentials.token_secret is not None and app is not None:
        given["access_token_secret"] = credentials.token_secret
        given |= {"api_key": SecretStr(app.client_id), "api_secret": app.client_secret}
    if "page_id" in fields and getattr(settings, "page_id", None) is None:
        given["page_id"] = credentials.page_id
    if "login" in fields:
        given["login"] = credentials.flow
    return settings.model_copy(update=given)


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
