"""LinkedIn: a member's token, with which the pages are reached that the member administers.

    authorization -> code (30 min) -> token (60 days), for some apps with a refresh token (365 days from the first consent, never longer)

learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow, …/programmatic-refresh-tokens and …/token-introspection,
read 2026-11-24. The member is not identified by OpenID: the app may have no other product than Community Management.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import AliasChoices, ConfigDict, Field, SecretStr

from channels.errors import AccountBlocked, ChannelError, Kind
from channels.linkedin import VERSION
from channels.linkedin import judge as judge_rest
from channels.oauth.calls import address, code_of, judge_oauth, moment, renewing, until
from channels.oauth.values import Authorization, Candidate, Credentials, Inspection
from channels.wire import Wire, read

if TYPE_CHECKING:
    from channels.oauth.values import App
    from channels.session import Network, Response

HOSTS: Final = frozenset({"www.linkedin.com", "api.linkedin.com"})
_OAUTH: Final = "https://www.linkedin.com/oauth/v2"
_API: Final = "https://api.linkedin.com/rest"
SCOPES: Final = (
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "rw_organization_admin",
)
"""Both families from the first day: asking for another set later ends every earlier token of that member and app."""
_URN: Final = "urn:li:organization:"
_ROLE: Final = "ADMINISTRATOR"
_MOST: Final = 100


class _Token(Wire):
    access_token: SecretStr
    expires_in: int
    refresh_token: SecretStr | None = None
    refresh_token_expires_in: int | None = None
    scope: str = ""


class _Acl(Wire):
    model_config = ConfigDict(populate_by_name=True)

    organization: str = Field(validation_alias=AliasChoices("organization", "organizationTarget"))
    role: str
    state: str = ""


class _Acls(Wire):
    elements: tuple[_Acl, ...]


class _Organization(Wire):
    name: str = Field(validation_alias="localizedName")


class _About(Wire):
    active: bool = False
    scope: str = ""
    expires_at: int | None = None


def judge(response: Response) -> ChannelError | None:
    """Judge by where the answer comes from: tokens speak OAuth, the rest LinkedIn's own dialect."""
    return judge_oauth(response) if "/oauth/v2/" in (response.request.url or "") else judge_rest(response)


class LinkedInLogin:
    """Connects pages that the member administers."""

    name = "linkedin_login"
    channel = "linkedin"
    needs = frozenset(SCOPES)
    pin = False

    def __init__(self, app: App, network: Network) -> None:
        """Open nothing yet."""
        from channels.session import Session

        self._app = app
        self._network = network
        self._version = network.version or VERSION
        self._session = Session(network, HOSTS, judge=judge)

    def begin(self, state: str, verifier: str) -> Authorization:  # noqa: ARG002 - LinkedIn's flow has no PKCE; the app's secret proves it
        parameters = {
            "response_type": "code",
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "state": state,
            "scope": " ".join(SCOPES),
        }
        return Authorization(url=address(self._network, f"{_OAUTH}/authorization", parameters), echo=("state", state))

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:  # noqa: ARG002 - begun: nothing of it
        told = self._oauth(
            "accessToken", grant_type="authorization_code", code=code_of(answer), redirect_uri=self._app.redirect_uri
        )
        token = read(told, _Token)
        return Credentials(
            flow=self.name,
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            scopes=_scopes(token.scope),
            expires_at=until(now, token.expires_in),
            refresh_expires_at=until(now, token.refresh_token_expires_in) if token.refresh_token else None,
            obtained_at=now,
        )

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:
        """Take a token of the portal's token generator."""
        about = self._about(token)
        if not about.active:
            raise AccountBlocked(Kind.TOKEN_INVALID, "this token is not of this app, or it has ended")
        return Credentials(
            flow=self.name,
            access_token=token,
            scopes=_scopes(about.scope),
            expires_at=moment(about.expires_at),
            obtained_at=now,
        )

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:  # noqa: ARG002 - nothing here takes the time
        query = f"q=roleAssignee&role={_ROLE}&state=APPROVED&count={_MOST}&start=0"
        try:
            acls = read(self._rest(f"organizationAcls?{query}", person, verb="FINDER"), _Acls).elements
        except AccountBlocked as refused:
            if refused.kind is Kind.PERMISSION_MISSING and set(person.scopes) >= self.needs:
                return ()  # The permissions are there: whoever administers no page is not told of any.
            raise
        found = []
        for acl in acls:
            number = acl.organization.removeprefix(_URN)
            name = read(self._rest(f"organizations/{number}", person, verb="GET"), _Organization).name
            found.append(
                Candidate(
                    account_id=number,
                    name=name,
                    role=acl.role,
                    may_publish=acl.role == _ROLE,
                    credentials=replace(person, account_id=number, name=name),
                )
            )
        return tuple(found)

    def inspect(self, kept: Credentials) -> Inspection:
        about = self._about(kept.access_token)
        return Inspection(
            valid=about.active,
            account_id=kept.account_id or None,
            scopes=frozenset(_scopes(about.scope)),
            expires_at=moment(about.expires_at),
        )

    def can_refresh(self, kept: Credentials) -> bool:
        return kept.refresh_token is not None

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:
        old = kept.refresh_token
        if old is None:
            raise AccountBlocked(Kind.TOKEN_EXPIRED, "this app was given no refresh token")
        ask = {"grant_type": "refresh_token", "refresh_token": old.get_secret_value()}
        token = read(renewing(lambda: self._oauth("accessToken", **ask)), _Token)
        return replace(
            kept,
            access_token=token.access_token,
            refresh_token=token.refresh_token or old,
            scopes=_scopes(token.scope) or kept.scopes,
            expires_at=until(now, token.expires_in),
            refresh_expires_at=until(now, token.refresh_token_expires_in) or kept.refresh_expires_at,
            obtained_at=now,
        )

    def revoke(self, kept: Credentials) -> bool:  # noqa: ARG002 - the member removes the app in LinkedIn's own settings
        return False

    def close(self) -> None:
        self._session.close()

    def _oauth(self, endpoint: str, **form: str) -> Response:
        secret = self._app.client_secret.get_secret_value() if self._app.client_secret else ""
        form |= {"client_id": self._app.client_id, "client_secret": secret}
        return self._session.request("POST", f"{_OAUTH}/{endpoint}", data=form)

    def _about(self, token: SecretStr) -> _About:
        return read(self._oauth("introspectToken", token=token.get_secret_value()), _About)

    def _rest(self, path: str, person: Credentials, *, verb: str) -> Response:
        headers = {
            "Authorization": f"Bearer {person.access_token.get_secret_value()}",
            "LinkedIn-Version": self._version,
            "X-Restli-Protocol-Version": "2.0.0",
            "X-RestLi-Method": verb,
        }
        return self._session.request("GET", f"{_API}/{path}", headers=headers)


def _scopes(text: str) -> tuple[str, ...]:
    """Read scopes: LinkedIn parts them by commas in one answer and by spaces in another."""
    return tuple(text.replace(",", " ").split())
