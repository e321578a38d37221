"""Instagram Login: an account without a Page.

    www.instagram.com -> code (1 h) -> short token (1 h) -> long one (60 days) -> renewed for 60 more once it is a day old

developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login and …/reference/access_token, 9 Mar 2026;
…/reference/refresh_access_token, 17 Jul 2025; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr

from channels.errors import AccountBlocked, ChannelError, Kind, Rejected
from channels.graph import judge as judge_graph
from channels.oauth.calls import address, code_of, until
from channels.oauth.values import Authorization, Candidate, Credentials, Inspection
from channels.wire import Wire, read, understand

if TYPE_CHECKING:
    from channels.oauth.values import App
    from channels.session import Network, Response

HOSTS: Final = frozenset({"graph.instagram.com", "api.instagram.com"})
_GRAPH: Final = "https://graph.instagram.com"
SCOPES: Final = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
)
_PROFESSIONAL: Final = frozenset({"BUSINESS", "MEDIA_CREATOR", "CREATOR"})


def _listed(told: object) -> object:
    """Take a list that comes as one text with commas apart."""
    return [one.strip() for one in told.split(",") if one.strip()] if isinstance(told, str) else told


class _Short(Wire):
    access_token: SecretStr
    permissions: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()


class _Long(Wire):
    access_token: SecretStr
    expires_in: int
    permissions: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()


class _Me(Wire):
    user_id: str
    username: str
    account_type: str = ""


class _Problem(Wire):
    error_type: str
    error_message: str = Field(default="", repr=False)


def judge(response: Response) -> ChannelError | None:
    """Judge an answer: api.instagram.com words its errors in its own way, graph.instagram.com as Graph does."""
    problem = understand(response, _Problem) if response.status_code >= 400 else None
    if problem is None:
        return judge_graph(SecretStr("-"))(response)
    if "code" in problem.error_message.casefold():
        return Rejected(Kind.CODE_REFUSED, problem.error_message)
    return AccountBlocked(Kind.APP_REFUSED, problem.error_message)


class InstagramLogin:
    """Connects one professional account, the one that the person is signed in with."""

    name = "instagram_login"
    channel = "instagram"
    needs = frozenset(SCOPES)
    pin = False

    def __init__(self, app: App, network: Network) -> None:
        """Open nothing yet."""
        from channels.session import Session

        self._app = app
        self._network = network
        self._session = Session(network, HOSTS, judge=judge)

    def begin(self, state: str, verifier: str) -> Authorization:  # noqa: ARG002 - Instagram's flow has no PKCE; the app's secret proves it
        parameters = {
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "state": state,
        }
        return Authorization(
            url=address(self._network, "https://www.instagram.com/oauth/authorize", parameters), echo=("state", state)
        )

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:  # noqa: ARG002 - begun: nothing of it
        form = {
            "client_id": self._app.client_id,
            "client_secret": self._secret,
            "grant_type": "authorization_code",
            "redirect_uri": self._app.redirect_uri,
            "code": code_of(answer),
        }
        short = read(self._session.request("POST", "https://api.instagram.com/oauth/access_token", data=form), _Short)
        query = {
            "grant_type": "ig_exchange_token",
            "client_secret": self._secret,
            "access_token": short.access_token.get_secret_value(),
        }
        long = read(self._session.request("GET", f"{_GRAPH}/access_token", params=query), _Long)
        return self._known(long.access_token, now, short.permissions, until(now, long.expires_in))

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:
        """Take a long token, as Meta's dashboard hands it out. How long it lasts is told first when it is renewed."""
        return self._known(token, now, (), None)

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:  # noqa: ARG002 - nothing here takes the time
        me = self._me(person.access_token)
        return (
            Candidate(
                account_id=me.user_id,
                name=me.username,
                role=me.account_type,
                may_publish=me.account_type.upper() in _PROFESSIONAL,
                credentials=person,
            ),
        )

    def inspect(self, kept: Credentials) -> Inspection:
        me = self._me(kept.access_token)
        return Inspection(valid=True, account_id=me.user_id, name=me.username, expires_at=kept.expires_at)

    def can_refresh(self, kept: Credentials) -> bool:
        return kept.flow == self.name

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:
        query = {"grant_type": "ig_refresh_token", "access_token": kept.access_token.get_secret_value()}
        long = read(self._session.request("GET", f"{_GRAPH}/refresh_access_token", params=query), _Long)
        return replace(
            kept,
            access_token=long.access_token,
            scopes=long.permissions or kept.scopes,
            expires_at=until(now, long.expires_in),
            obtained_at=now,
        )

    def revoke(self, kept: Credentials) -> bool:  # noqa: ARG002 - the person removes the app in Instagram's own settings
        return False

    def close(self) -> None:
        self._session.close()

    @property
    def _secret(self) -> str:
        return self._app.client_secret.get_secret_value() if self._app.client_secret else ""

    def _known(
        self, token: SecretStr, now: datetime, scopes: tuple[str, ...], expires_at: datetime | None
    ) -> Credentials:
        me = self._me(token)
        return Credentials(
            flow=self.name,
            access_token=token,
            account_id=me.user_id,
            name=me.username,
            scopes=scopes,
            expires_at=expires_at,
            obtained_at=now,
        )

    def _me(self, token: SecretStr) -> _Me:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        query = {"fields": "user_id,username,account_type"}
        return read(self._session.request("GET", f"{_GRAPH}/me", params=query, headers=headers), _Me)
