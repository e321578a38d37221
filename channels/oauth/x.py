"""X: OAuth 2.0 with PKCE, and OAuth 1.0a.

    OAuth 2.0    x.com/i/oauth2/authorize -> code (30 s) -> token (2 h), with `offline.access` a refresh token; each answer's newest counts
    OAuth 1.0a   request_token -> authorize -> a verifier, or a number to type -> token without a date

docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code and …/oauth-1-0a/obtaining-user-access-tokens, read 2026-08-22.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from pydantic import SecretStr

from channels.errors import AccountBlocked, ChannelError, Kind, OutcomeUnknown, Rejected
from channels.oauth.calls import address, code_of, judge_oauth, renewing, until
from channels.oauth.values import Authorization, Candidate, Credentials, Inspection
from channels.wire import Wire, judge_by_status, read

if TYPE_CHECKING:
    from channels.oauth.values import App
    from channels.session import Network, Response

HOSTS: Final = frozenset({"api.x.com"})
_API: Final = "https://api.x.com"
SCOPES: Final = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
OOB: Final = "oob"
"""A redirect_uri of OAuth 1.0a: X shows a number instead of sending the browser anywhere."""


class _Token(Wire):
    access_token: SecretStr
    expires_in: int | None = None
    refresh_token: SecretStr | None = None
    scope: str = ""


class _User(Wire):
    id: str
    username: str


class _Me(Wire):
    data: _User


class XOAuth2:
    """Connects the account that the person is signed in with."""

    name = "x_oauth2"
    channel = "x"
    needs = frozenset(SCOPES)
    pin = False

    def __init__(self, app: App, network: Network) -> None:
        """Open nothing yet."""
        from channels.session import Session

        self._app = app
        self._network = network
        self._session = Session(network, HOSTS, judge=judge_oauth)

    def begin(self, state: str, verifier: str) -> Authorization:
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        parameters = {
            "response_type": "code",
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        url = address(self._network, "https://x.com/i/oauth2/authorize", parameters)
        return Authorization(url=url, echo=("state", state), memo={"verifier": SecretStr(verifier)})

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:
        token = self._token(
            "token",
            grant_type="authorization_code",
            code=code_of(answer),
            redirect_uri=self._app.redirect_uri,
            code_verifier=begun.memo["verifier"].get_secret_value(),
        )
        return self._known(read(token, _Token), now)

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:
        """Take a token that lasts two hours; nothing renews it."""
        return self._known(_Token(access_token=token), now)

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:  # noqa: ARG002 - nothing here takes the time
        return (_own(person, may_publish=self.needs <= set(person.scopes)),)

    def inspect(self, kept: Credentials) -> Inspection:
        """Ask whose token it is. Costs a user read; the scopes are those that X told when it gave the token."""
        me = self._me(kept.access_token)
        return Inspection(
            valid=True,
            account_id=me.id,
            name=me.username,
            scopes=frozenset(kept.scopes) if kept.scopes else None,
            expires_at=kept.expires_at,
        )

    def can_refresh(self, kept: Credentials) -> bool:
        return kept.refresh_token is not None

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:
        old = kept.refresh_token
        if old is None:
            raise AccountBlocked(Kind.TOKEN_EXPIRED, "there is no refresh token")
        ask = {"grant_type": "refresh_token", "refresh_token": old.get_secret_value()}
        token = read(renewing(lambda: self._token("token", **ask)), _Token)
        return replace(
            kept,
            access_token=token.access_token,
            refresh_token=token.refresh_token or old,
            scopes=tuple(token.scope.split()) or kept.scopes,
            expires_at=until(now, token.expires_in),
            obtained_at=now,
        )

    def revoke(self, kept: Credentials) -> bool:
        """Revoke the refresh token too: each of them would give access again."""
        for token, kind in ((kept.refresh_token, "refresh_token"), (kept.access_token, "access_token")):
            if token is not None:
                self._token("revoke", token=token.get_secret_value(), token_type_hint=kind)
        return True

    def close(self) -> None:
        self._session.close()

    def _token(self, endpoint: str, **form: str) -> Response:
        headers = {}
        if self._app.client_secret is None:
            form["client_id"] = self._app.client_id
        else:
            pair = f"{quote(self._app.client_id, safe='')}:{quote(self._app.client_secret.get_secret_value(), safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return self._session.request("POST", f"{_API}/2/oauth2/{endpoint}", data=form, headers=headers)

    def _known(self, token: _Token, now: datetime) -> Credentials:
        me = self._me(token.access_token)
        return Credentials(
            flow=self.name,
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            account_id=me.id,
            name=me.username,
            scopes=tuple(token.scope.split()),
            expires_at=until(now, token.expires_in),
            obtained_at=now,
        )

    def _me(self, token: SecretStr) -> _User:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        return read(self._session.request("GET", f"{_API}/2/users/me", headers=headers), _Me).data


class XOAuth1:
    """Connects the account that the person is signed in with; its token has no date."""

    name = "x_oauth1"
    channel = "x"
    needs: frozenset[str] = frozenset()
    pin = True

    def __init__(self, app: App, network: Network) -> None:
        """Open nothing yet."""
        from channels.session import Session

        self._app = app
        self._network = network
        self._session = Session(network, HOSTS, judge=_judge_oauth1)

    def begin(self, state: str, verifier: str) -> Authorization:  # noqa: ARG002 - OAuth 1.0a has no place for either
        """Ask for a request token: it comes back with the answer, as a state does, and signatures prove who asks."""
        told = self._signed("request_token", callback_uri=self._app.redirect_uri)
        if told.get("oauth_callback_confirmed") != "true":
            raise Rejected(Kind.CODE_REFUSED, "X did not confirm the address to return to")
        url = address(self._network, f"{_API}/oauth/authorize", {"oauth_token": told["oauth_token"]})
        memo = {"token": told["oauth_token"], "secret": told["oauth_token_secret"]}
        echo = None if self._app.redirect_uri == OOB else ("oauth_token", told["oauth_token"])
        return Authorization(url=url, echo=echo, memo={name: SecretStr(value) for name, value in memo.items()})

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:
        asked = begun.memo["token"].get_secret_value()
        told = self._signed(
            "access_token",
            resource_owner_key=asked,
            resource_owner_secret=begun.memo["secret"].get_secret_value(),
            verifier=answer.get("oauth_verifier") or answer.get("pin", ""),
        )
        return Credentials(
            flow=self.name,
            access_token=SecretStr(told["oauth_token"]),
            token_secret=SecretStr(told["oauth_token_secret"]),
            account_id=told.get("user_id") or told["oauth_token"].partition("-")[0],
            name=told.get("screen_name", ""),
            obtained_at=now,
        )

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:  # noqa: ARG002 - without its secret the token is worth nothing
        raise Rejected(
            Kind.CODE_REFUSED, "a token of OAuth 1.0a has a secret beside it; put both into the configuration"
        )

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:  # noqa: ARG002 - nothing here takes the time
        return (_own(person, may_publish=True),)

    def inspect(self, kept: Credentials) -> Inspection:
        """Ask whose token it is. Costs a user read; what it may do is seen first at writing."""
        headers = self._headers(kept)
        me = read(self._session.request("GET", f"{_API}/2/users/me", auth=headers), _Me).data
        return Inspection(valid=True, account_id=me.id, name=me.username)

    def can_refresh(self, kept: Credentials) -> bool:  # noqa: ARG002 - it has no date
        return False

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:  # noqa: ARG002 - nothing to renew
        raise AccountBlocked(Kind.TOKEN_INVALID, "a token of OAuth 1.0a is not renewed; log in again")

    def revoke(self, kept: Credentials) -> bool:  # noqa: ARG002 - the person disconnects the app in X's own settings
        return False

    def close(self) -> None:
        self._session.close()

    def _headers(self, kept: Credentials) -> object:
        from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # slow to import

        return OAuth1(
            self._app.client_id,
            client_secret=_secret(self._app.client_secret),
            resource_owner_key=kept.access_token.get_secret_value(),
            resource_owner_secret=_secret(kept.token_secret),
        )

    def _signed(self, endpoint: str, **more: str) -> dict[str, str]:
        from requests_oauthlib import OAuth1  # slow to import

        auth = OAuth1(self._app.client_id, client_secret=_secret(self._app.client_secret), **more)
        response = self._session.request("POST", f"{_API}/oauth/{endpoint}", auth=auth)
        told = dict(parse_qsl(response.text))
        if not {"oauth_token", "oauth_token_secret"} <= told.keys():
            raise OutcomeUnknown(Kind.ANSWER_LOST, "an answer without a token")
        return told


def _judge_oauth1(response: Response) -> ChannelError | None:
    """Judge by status: 401 at request_token is the app's key, at access_token the verifier (RFC 5849 words neither)."""
    status, url = response.status_code, response.request.url or ""
    if status in {400, 401, 403} and "/oauth/request_token" in url:
        return AccountBlocked(
            Kind.APP_REFUSED, f"HTTP {status}: X takes neither this API key nor this address to return to"
        )
    if status in {400, 401, 403} and "/oauth/access_token" in url:
        return Rejected(Kind.CODE_REFUSED, f"HTTP {status}: X does not take this number or answer any more")
    return judge_by_status(response, f"HTTP {status}")


def _own(person: Credentials, *, may_publish: bool) -> Candidate:
    return Candidate(
        account_id=person.account_id, name=person.name, role="", may_publish=may_publish, credentials=person
    )


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
