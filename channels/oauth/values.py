"""What a flow takes and gives, and the protocol that every flow keeps. No value here shows a token in its repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The developer app that asks for consent. `redirect_uri`: where the network sends the browser afterwards, as registered there.

    For OAuth 1.0a, `client_id` and `client_secret` are the API key and its secret. Without a secret X takes an app for a public client.
    """

    client_id: str
    client_secret: SecretStr | None = None
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is needed to speak for an account, and what the network told of it. The publisher keeps it encrypted.

    `flow`: how it was got, and so how it is renewed. `token_secret`: of OAuth 1.0a. Dates None: none is known. `data_until`: after this
    Meta stops answering what it is asked about people's data, whatever the token's own date. `scopes`: what was granted, empty where
    the network does not tell. `page_id`: the Page of an Instagram account.
    """

    flow: str
    access_token: SecretStr
    token_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    account_id: str = ""
    name: str = ""
    page_id: str | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    data_until: datetime | None = None
    obtained_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the network says of a token now. `scopes` None: it does not tell. `valid` False: nothing more is known of it."""

    valid: bool
    account_id: str | None = None
    name: str | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    data_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A consent that is asked for. `memo`: what `exchange` needs of it again.

    `echo`: a parameter of the answer, and what it must be, or somebody else's answer was slipped in; None where a person types a number.
    """

    url: str
    echo: tuple[str, str] | None
    memo: Mapping[str, SecretStr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account that the person who consented may connect. `role`: in the network's own word; `may_publish`: it is enough."""

    account_id: str
    name: str
    role: str
    may_publish: bool
    credentials: Credentials


class Flow(Protocol):
    """One way of connecting an account of one network. Every method but `can_refresh` talks to the network and raises ChannelError."""

    name: str
    channel: str
    needs: frozenset[str]
    """Scopes without which nothing is published or collected."""
    pin: bool
    """The network can show a number to type instead of sending the browser anywhere."""

    def begin(self, state: str, verifier: str) -> Authorization:
        """Say which address the person is to open.

        `state` comes back with the answer; `verifier` (43 to 128 characters) proves to the network that it was we who asked.
        """

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:
        """Turn the browser's answer into the person's own token. Raises Rejected(CODE_REFUSED) for a code that is old, used or not ours."""

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:
        """Take a token that a person has got elsewhere; a short one is exchanged for a long one where the network has that."""

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:
        """List the accounts that this token can connect, each with the credentials that are worth keeping."""

    def inspect(self, kept: Credentials) -> Inspection:
        """Ask the network whose token this is, what it may do and until when."""

    def can_refresh(self, kept: Credentials) -> bool:
        """Tell whether `refresh` can renew it without a person; pure."""

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:
        """Renew it. AccountBlocked: a person must log in again; Retryable: later; OutcomeUnknown: the answer was lost.

        What the answer leaves out (a refresh token, the scopes) stays as it was.
        """

    def revoke(self, kept: Credentials) -> bool:
        """Make the network forget the token; False where it has no way of being asked."""

    def close(self) -> None:
        """Give the connections back."""
