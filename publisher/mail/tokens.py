"""The access token with which a mail server lets us in: OAuth 2.0's client credentials (RFC 6749, section 4.4).

Microsoft 365 takes no passwords at SMTP from the end of December 2026 on (MC786329); a registered app signs in for itself.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field

from channels.errors import ChannelError, Kind
from channels.oauth.calls import judge_oauth
from channels.session import Network, Session
from channels.wire import Secret, Wire, read
from publisher.mail.outbox import Fault, NotTaken

if TYPE_CHECKING:
    from publisher.config import MailOAuth  # mail stands beside the configuration, not on it

_EARLY = 300.0
"""Seconds before its end at which a token is no longer used: a mail takes a while, and clocks differ."""

_LONGEST_ANSWER = 200


class _Token(Wire):
    access_token: Secret = Field(repr=False)
    expires_in: int = 0


class Tokens:
    """Gets a token, keeps it in memory for as long as it holds, and tells nobody. Thread-safe."""

    def __init__(self, settings: MailOAuth, proxy: str | None, ca_bundle: Path | None) -> None:
        """`proxy` and `ca_bundle` as for the networks; nothing is asked yet."""
        self._settings = settings
        self._network = Network(
            base_url="{0.scheme}://{0.netloc}".format(urlsplit(settings.token_url)),
            proxy=proxy,
            ca_bundle=str(ca_bundle) if ca_bundle else None,
        )
        self._lock = Lock()
        self._token: _Token | None = None
        self._until = 0.0

    def token(self) -> str:
        """Give a token that holds for some minutes at least. Raises NotTaken."""
        with self._lock:
            if self._token is None or monotonic() >= self._until:
                asked = monotonic()
                self._token = self._fetch()
                self._until = asked + self._token.expires_in - _EARLY
            return self._token.access_token.get_secret_value()

    def forget(self) -> None:
        """Get a new one next time."""
        with self._lock:
            self._token = None

    def _fetch(self) -> _Token:
        host = urlsplit(self._settings.token_url).hostname or ""
        secret = self._settings.client_secret.get_secret_value()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": secret,
            "scope": self._settings.scope,
        }
        try:
            with Session(self._network, frozenset({host}), judge=judge_oauth) as session:
                return read(session.post(self._settings.token_url, data=form), _Token)
        except ChannelError as error:
            words = " ".join(error.detail.replace(secret, "…").split())
            answered = error.kind in {Kind.APP_REFUSED, Kind.CODE_REFUSED}
            told = words if answered else f"{host}: {words}"
        # Outside the handler: what is behind it holds the request, and with it the secret.
        raise NotTaken(f"no token for the mail server: {told}"[:_LONGEST_ANSWER], Fault.TOKEN)
