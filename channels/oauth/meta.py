"""Facebook Login: a Page's token, for the Page itself or for the Instagram account that is linked to it.

    dialog -> code -> a person's short token (1-2 h) -> a long one (60 days) -> the Page's own, which has no date

Only the Page's token is kept. It ends with a changed password, a lost role, a removed app or a security check; nothing renews it but a
new login. developers.facebook.com/docs/facebook-login/guides/access-tokens and …/guides/advanced/manual-flow, read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import Field, SecretStr

from channels.errors import AccountBlocked, ChannelError, Kind, Rejected
from channels.graph import HOSTS, VERSION
from channels.graph import judge as judge_graph
from channels.oauth.calls import address, code_of, moment, until
from channels.oauth.values import Authorization, Candidate, Credentials, Inspection
from channels.wire import Wire, read, understand

if TYPE_CHECKING:
    from channels.oauth.values import App
    from channels.session import Network, Response

_API: Final = "https://graph.facebook.com"
_DIALOG: Final = "https://www.facebook.com"
DESKTOP: Final = "https://www.facebook.com/connect/login_success.html"
"""Meta's own page for programs without a web server: the answer is read off the browser's address bar."""

PUBLISHING: Final = frozenset({"CREATE_CONTENT", "MODERATE"})
"""Tasks on a Page: to post, and to comment under a post as the Page."""

_FACEBOOK: Final = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
)
_INSTAGRAM: Final = ("instagram_basic", "instagram_content_publish", "instagram_manage_comments")
_USED_OR_OLD: Final = frozenset({36007, 36008, 36009})
"""Subcodes of a code that has expired, was asked for with another redirect_uri, or was used already."""
_MOST: Final = 100


class _Token(Wire):
    access_token: SecretStr
    expires_in: int | None = None


class _Linked(Wire):
    id: str
    username: str = ""


class _Page(Wire):
    id: str
    name: str
    access_token: SecretStr | None = None
    tasks: tuple[str, ...] = ()
    instagram_business_account: _Linked | None = None


class _Pages(Wire):
    data: tuple[_Page, ...]


class _About(Wire):
    is_valid: bool = False
    type: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    data_access_expires_at: int | None = None
    profile_id: str | None = None
    user_id: str | None = None


class _Debug(Wire):
    data: _About


class _Problem(Wire):
    code: int = 0
    error_subcode: int | None = None
    message: str = Field(default="", repr=False)


class _Body(Wire):
    error: _Problem | None = None


def judge(response: Response) -> ChannelError | None:
    """Judge an answer about tokens and codes."""
    body = understand(response, _Body) if response.status_code >= 400 else None
    problem = body.error if body else None
    if problem is not None and problem.error_subcode in _USED_OR_OLD:
        return Rejected(Kind.CODE_REFUSED, problem.message)
    if problem is not None and problem.code in {1, 101} and "client" in problem.message:
        return AccountBlocked(Kind.APP_REFUSED, problem.message)
    return judge_graph(SecretStr("-"))(response)


class FacebookLogin:
    """Connects Pages, or the Instagram accounts that are linked to them."""

    pin = False

    def __init__(self, channel: str, app: App, network: Network) -> None:
        """`channel`: facebook or instagram. Opens nothing yet."""
        from channels.session import Session

        self.name = "facebook_login"
        self.channel = channel
        scopes = _FACEBOOK if channel == "facebook" else (*_FACEBOOK, *_INSTAGRAM)
        self.needs = frozenset(scopes)
        self._asks = scopes
        self._app = app
        self._network = network
        self._version = network.version or VERSION
        self._session = Session(network, HOSTS, judge=judge)

    def begin(self, state: str, verifier: str) -> Authorization:  # noqa: ARG002 - Meta's code flow has no PKCE; the app's secret proves it
        parameters = {
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "state": state,
            "scope": ",".join(self._asks),
            "response_type": "code",
        }
        return Authorization(
            url=address(self._network, f"{_DIALOG}/{self._version}/dialog/oauth", parameters), echo=("state", state)
        )

    def exchange(self, answer: Mapping[str, str], begun: Authorization, now: datetime) -> Credentials:  # noqa: ARG002 - begun: nothing of it
        short = self._token(code=code_of(answer), redirect_uri=self._app.redirect_uri)
        return self.adopt(short.access_token, now)

    def adopt(self, token: SecretStr, now: datetime) -> Credentials:
        """Take a person's token, short or long, a system user's or a Page's own."""
        about = self._about(token)
        if not about.is_valid:
            raise AccountBlocked(Kind.TOKEN_INVALID, "Meta does not know this token, or it has ended")
        expires = moment(about.expires_at)
        if about.type == "USER":
            long = self._token(
                grant_type="fb_exchange_token",
                fb_exchange_token=token.get_secret_value(),
            )
            token, expires = long.access_token, until(now, long.expires_in)
        return Credentials(
            flow=self.name,
            access_token=token,
            account_id=(about.profile_id if about.type == "PAGE" else about.user_id) or "",
            page_id=about.profile_id if about.type == "PAGE" else None,
            scopes=about.scopes,
            expires_at=expires,
            data_until=moment(about.data_access_expires_at),
            obtained_at=now,
        )

    def accounts(self, person: Credentials, now: datetime) -> tuple[Candidate, ...]:
        """List the Pages of a person with the tasks on each; for a Page's own token, that Page."""
        fields = "id,name,access_token,tasks"
        if self.channel == "instagram":
            fields += ",instagram_business_account{id,username}"
        if person.page_id is not None:
            page = read(self._get("me", person.access_token, fields=fields.replace(",access_token,tasks", "")), _Page)
            # It is the Page itself that speaks: what the person behind it may do is seen from the permissions alone.
            whole = page.model_copy(update={"access_token": person.access_token, "tasks": tuple(sorted(PUBLISHING))})
            return self._candidates([whole], person, now, expires_at=person.expires_at)
        pages = read(self._get("me/accounts", person.access_token, fields=fields, limit=str(_MOST)), _Pages)
        return self._candidates(pages.data, person, now)

    def _candidates(
        self, pages: Sequence[_Page], person: Credentials, now: datetime, expires_at: datetime | None = None
    ) -> tuple[Candidate, ...]:
        found = []
        for page in pages:
            linked = page.instagram_business_account
            if page.access_token is None or (self.channel == "instagram" and linked is None):
                continue
            account_id, name = (page.id, page.name) if linked is None else (linked.id, linked.username)
            found.append(
                Candidate(
                    account_id=account_id,
                    name=name,
                    role=", ".join(page.tasks),
                    may_publish=set(page.tasks) >= PUBLISHING,
                    credentials=Credentials(
                        flow=self.name,
                        access_token=page.access_token,
                        account_id=account_id,
                        name=name,
                        page_id=page.id,
                        scopes=person.scopes,
                        expires_at=expires_at,
                        data_until=person.data_until,
                        obtained_at=now,
                    ),
                )
            )
        return tuple(found)

    def inspect(self, kept: Credentials) -> Inspection:
        about = self._about(kept.access_token)
        return Inspection(
            valid=about.is_valid,
            account_id=kept.account_id if about.profile_id in {None, kept.page_id} else about.profile_id,
            scopes=frozenset(about.scopes),
            expires_at=moment(about.expires_at),
            data_until=moment(about.data_access_expires_at),
        )

    def can_refresh(self, kept: Credentials) -> bool:  # noqa: ARG002 - a Page's token has no date, and one with a date needs a person
        return False

    def refresh(self, kept: Credentials, now: datetime) -> Credentials:  # noqa: ARG002 - nothing to renew
        raise AccountBlocked(Kind.TOKEN_EXPIRED, "a Page's token is not renewed; log in again")

    def revoke(self, kept: Credentials) -> bool:  # noqa: ARG002 - asking takes the person's own token, which is not kept
        return False

    def close(self) -> None:
        self._session.close()

    def _token(self, **parameters: str) -> _Token:
        # As Meta documents it, in the address, which is why no log may hold addresses.
        query = {"client_id": self._app.client_id, "client_secret": _secret(self._app), **parameters}
        return read(self._session.request("GET", f"{_API}/{self._version}/oauth/access_token", params=query), _Token)

    def _about(self, token: SecretStr) -> _About:
        app = SecretStr(f"{self._app.client_id}|{_secret(self._app)}")
        query = {"input_token": token.get_secret_value()}
        url = f"{_API}/{self._version}/debug_token"
        return read(self._session.request("GET", url, params=query, headers=_bearer(app)), _Debug).data

    def _get(self, path: str, token: SecretStr, **parameters: str) -> Response:
        url = f"{_API}/{self._version}/{path}"
        return self._session.request("GET", url, params=parameters, headers=_bearer(token))


def _bearer(token: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def _secret(app: App) -> str:
    return app.client_secret.get_secret_value() if app.client_secret else ""
