"""Connecting an account: from what a person consented to, to the credentials worth keeping. Talks to networks, and to no person."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels import registry
from channels.errors import AccountBlocked, Kind
from publisher.config.apps import app_of

if TYPE_CHECKING:
    from datetime import datetime

    from channels.oauth.values import App, Candidate, Credentials, Flow
    from publisher.config import Account, Config

_NEW_TOKEN_TRIES = 3
_NEW_TOKEN_PAUSE = 2.0
"""Seconds. LinkedIn calls a brand-new token revoked for some seconds (reported by others, 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An account that can be connected. `ours`: it is the one that the configuration names."""

    candidate: Candidate
    ours: bool


def flow_for(config: Config, channel: str, account: Account | None, way: str | None) -> tuple[str, App | None]:
    """Choose a network's flow and its app: what the person says, else what the account says, else the first whose app there is."""
    ways = registry.flows(channel)
    named = way or (getattr(account.settings, "login", None) if account else None)
    if named in ways:
        return named, app_of(config, channel, named)
    found = [(one, app_of(config, channel, one)) for one in ways]
    return next(((one, app) for one, app in found if app is not None), (ways[0], None))


def remote_id(account: Account | None) -> str | None:
    """Return the id by which the configuration knows an account at its network."""
    return registry.remote_id(account.channel, account.settings) if account else None


def fresh_secret() -> str:
    """Make a state or a verifier: 43 characters that nobody can guess."""
    return secrets.token_urlsafe(32)


def missing_scopes(flow: Flow, person: Credentials) -> tuple[str, ...]:
    """Name what was not granted; nothing where the network does not tell."""
    told = person.scopes or flow.name in {"facebook_login", "linkedin_login"}
    return tuple(sorted(flow.needs - set(person.scopes))) if told else ()


def offers(
    flow: Flow, person: Credentials, wanted: str | None, now: datetime, pause: Callable[[float], object]
) -> tuple[Offer, ...]:
    """List what can be connected, the configured account first."""
    found = _accounts(flow, person, now, pause)
    listed = [Offer(candidate=one, ours=one.account_id == wanted) for one in found]
    return tuple(sorted(listed, key=lambda one: not one.ours))


def _accounts(flow: Flow, person: Credentials, now: datetime, pause: Callable[[float], object]) -> Sequence[Candidate]:
    for _again in range(_NEW_TOKEN_TRIES):
        try:
            return flow.accounts(person, now)
        except AccountBlocked as error:
            if error.kind is not Kind.TOKEN_INVALID or flow.channel != "linkedin":
                raise
            pause(_NEW_TOKEN_PAUSE)
    return flow.accounts(person, now)
