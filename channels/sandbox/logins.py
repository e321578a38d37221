"""Where codes become tokens, and tokens newer ones: the four networks' endpoints, each with its own words for what it refuses."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlencode

from channels.sandbox.grants import TASKS, X_REQUEST, Code, Grant, Request
from channels.sandbox.oauth1 import Nonces, is_signed, read_header
from channels.sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxApp

_HOUR: Final = 3600
_DAY: Final = 86_400
SHORT: Final = 2 * _HOUR
LONG: Final = 5_183_944
"""Seconds: what Meta's documentation shows for a long token (some 60 days)."""
INSTAGRAM_LONG: Final = 60 * _DAY
X_ACCESS: Final = 2 * _HOUR
LINKEDIN_ACCESS: Final = 5_184_000
LINKEDIN_REFRESH: Final = 365 * _DAY
_MUST_BE_OLD: Final = _DAY
"""Instagram renews no token that is younger."""


def _taken(sandbox: Sandbox, text: str) -> Code | None:
    """Take a code: good once, and not for ever."""
    code = sandbox.grants.codes.get(text)
    if code is None or code.used or sandbox.clock.stamp() >= code.expires:
        return None
    code.used = True
    return code


def _ends(sandbox: Sandbox, seconds: float) -> float:
    return sandbox.clock.stamp() + seconds


# Facebook


def graph_error(code: int, message: str, subcode: int | None = None, status: int = 400) -> Answer:
    """Word a Graph error."""
    from channels.sandbox import graph

    return graph.graph_error(code, message, subcode=subcode, status=status)


def facebook_token(sandbox: Sandbox, call: Call) -> Answer:  # noqa: PLR0911 - a line for each refusal
    """/vN.N/oauth/access_token: a code for a short token, or that for a long one."""
    call.entry.network = "facebook"
    asked = {**call.query, **call.form}
    app = sandbox.grants.app("facebook", asked.get("client_id", ""))
    if app is None:
        return graph_error(101, "Error validating application. Cannot get application info due to a system error.")
    if not sandbox.grants.secret_fits(app, asked.get("client_secret")):
        return graph_error(1, "Error validating client secret.")
    if asked.get("grant_type") == "fb_exchange_token":
        return _long_facebook(sandbox, app, asked.get("fb_exchange_token", ""))
    text = asked.get("code", "")
    known = sandbox.grants.codes.get(text)
    if known is None or known.grant.client_id != app.client_id or known.grant.kind != "short":
        return graph_error(100, "Invalid verification code format.")
    if known.used:
        return graph_error(100, "This authorization code has been used.", 36009)
    if known.redirect_uri != asked.get("redirect_uri"):
        message = (
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog "
            "request"
        )
        return graph_error(100, message, 36008)
    code = _taken(sandbox, text)
    if code is None:
        return graph_error(100, "This authorization code has expired.", 36007)
    token = sandbox.grants.issue(replace(code.grant, expires=_ends(sandbox, SHORT)), "EAA")
    return Answer(body={"access_token": token, "token_type": "bearer", "expires_in": SHORT})


def _long_facebook(sandbox: Sandbox, app: SandboxApp, token: str) -> Answer:
    from channels.sandbox.graph import token_trouble

    grant = sandbox.grants.find(token, "short", "person")
    if grant is None or grant.client_id != app.client_id:
        return graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    if sandbox.grants.is_over(grant):
        return token_trouble("expired")
    long = sandbox.grants.issue(replace(grant, kind="person", expires=_ends(sandbox, LONG)), "EAA")
    return Answer(body={"access_token": long, "token_type": "bearer", "expires_in": LONG})


def graph(sandbox: Sandbox, call: Call, parts: list[str]) -> Answer | None:  # noqa: PLR0911 - a line for each question
    """Answer what is asked of Graph with a person's or an app's token; None for everything else."""
    asked = {**call.query, **call.form}
    token = call.bearer or asked.get("access_token", "")
    if parts == ["oauth", "access_token"]:
        return facebook_token(sandbox, call)
    if parts == ["debug_token"]:
        return _debug(sandbox, asked.get("input_token", ""), token)
    grants = sandbox.grants
    grant = grants.find(token, "short", "person", "instagram", "instagram_short")
    if grant is None or not parts or parts[0] != "me":
        return None
    call.entry.network = "instagram" if grant.kind.startswith("instagram") else "facebook"
    if grants.is_over(grant):
        from channels.sandbox.graph import token_trouble

        return token_trouble("expired")
    if parts == ["me", "accounts"] and call.entry.network == "facebook":
        return Answer(body={"data": _pages(sandbox, grant, asked)})
    if parts == ["me"] and call.entry.network == "instagram":
        return Answer(body=_instagram_me(sandbox, grant, asked))
    if parts == ["me"]:
        return Answer(body={"id": grants.person_id(grant.person), "name": grant.person})
    return None


def _pages(sandbox: Sandbox, grant: Grant, asked: dict[str, str]) -> list[dict[str, Any]]:
    """List the Pages of a person. Without pages_show_list there is none; the tasks say what the person may do there."""
    wanted = asked.get("fields", "id,name,access_token,category,tasks")
    person = sandbox.grants.person(grant.person)
    rows = []
    for page in sandbox.pages.values():
        role = sandbox.grants.role(person, page.account_id)
        if role is None or "pages_show_list" not in grant.scopes:
            continue
        # A Page's token from a long token has no date; one from a short token ends with it.
        life = 0.0 if grant.kind == "person" else grant.expires
        own = replace(grant, kind="page", accounts=[page.account_id], expires=life)
        row: dict[str, Any] = {"id": page.account_id}
        if "name" in wanted.split(","):
            row["name"] = page.name
        if "access_token" in wanted:
            row["access_token"] = sandbox.grants.issue(own, "EAA")
        if "tasks" in wanted:
            row["tasks"] = list(TASKS[role])
        linked = sandbox.instagram_of(page.account_id)
        if "instagram_business_account" in wanted and linked is not None and "instagram_basic" in grant.scopes:
            row["instagram_business_account"] = {"id": linked.account_id, "username": linked.username}
        rows.append(row)
    return rows


def _debug(sandbox: Sandbox, about: str, token: str) -> Answer | None:
    """Tell of a granted token, to its app or to whoever holds it; None for a token that was never granted here."""
    grants = sandbox.grants
    grant = grants.find(about, "short", "person", "page")
    client_id, _, secret = token.partition("|")
    app = grants.app("facebook", client_id)
    by_app = grants.secret_fits(app, secret)
    if grant is None and by_app:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        account = next((one for one in sandbox.meta_accounts if about and about in {one.token, one.user_token}), None)
        return None if account else Answer(body={"data": {"is_valid": False, "scopes": [], "error": error}})
    if grant is None:
        return None
    if not by_app and grants.find(token) is None:
        return graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    if by_app and grant.client_id != client_id:
        message = "(#100) The App_id in the input_token did not match the Viewing App"
        return graph_error(100, message)
    row: dict[str, Any] = {
        "app_id": grant.client_id,
        "type": "PAGE" if grant.kind == "page" else "USER",
        "application": "Tiedote",
        "data_access_expires_at": int(grant.data_until),
        "expires_at": int(grant.expires),
        "is_valid": not grants.is_over(grant),
        "scopes": grant.scopes,
        "granular_scopes": [{"scope": scope} for scope in grant.scopes],
        "user_id": grants.person_id(grant.person),
    }
    if grant.kind == "page":
        row["profile_id"] = grant.accounts[0]
    return Answer(body={"data": row})


# Instagram


def _instagram_error(message: str, status: int = 400) -> Answer:
    return Answer(status=status, body={"error_type": "OAuthException", "code": status, "error_message": message})


def instagram_token(sandbox: Sandbox, call: Call) -> Answer:
    """POST api.instagram.com/oauth/access_token: a code for a token of an hour."""
    call.entry.network = "instagram"
    asked = call.form
    app = sandbox.grants.app("instagram", asked.get("client_id", ""))
    if app is None or not sandbox.grants.secret_fits(app, asked.get("client_secret")):
        return _instagram_error("Error validating client secret")
    if asked.get("grant_type") != "authorization_code":
        return _instagram_error("Invalid grant_type")
    known = sandbox.grants.codes.get(asked.get("code", ""))
    if known is None or known.grant.client_id != app.client_id or known.redirect_uri != asked.get("redirect_uri"):
        return _instagram_error("Invalid authorization code")
    if known.used:
        return _instagram_error("This authorization code has been used")
    code = _taken(sandbox, asked["code"])
    if code is None:
        return _instagram_error("This authorization code has expired")
    token = sandbox.grants.issue(replace(code.grant, expires=_ends(sandbox, _HOUR)), "IGAA")
    row = {"access_token": token, "user_id": int(code.grant.accounts[0]), "permissions": code.grant.scopes}
    return Answer(body=row)


def instagram_long(sandbox: Sandbox, call: Call) -> Answer:
    """GET graph.instagram.com/access_token: the token of an hour for one of 60 days."""
    call.entry.network = "instagram"
    grant = sandbox.grants.find(call.query.get("access_token"), "instagram_short")
    if call.query.get("grant_type") != "ig_exchange_token":
        return graph_error(100, "(#100) Param grant_type must be one of {IG_EXCHANGE_TOKEN}")
    if grant is None:
        return graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    app = sandbox.grants.app("instagram", grant.client_id)
    if not sandbox.grants.secret_fits(app, call.query.get("client_secret")):
        return graph_error(1, "Error validating client secret.")
    if sandbox.grants.is_over(grant):
        return _session_over()
    return _instagram_answer(sandbox, grant)


def instagram_refresh(sandbox: Sandbox, call: Call) -> Answer:
    """GET graph.instagram.com/refresh_access_token: 60 days more, for a living token that is a day old at least."""
    call.entry.network = "instagram"
    grant = sandbox.grants.find(call.query.get("access_token"), "instagram")
    if call.query.get("grant_type") != "ig_refresh_token":
        return graph_error(100, "(#100) Param grant_type must be one of {IG_REFRESH_TOKEN}")
    if grant is None:
        return graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    if sandbox.grants.is_over(grant):
        return _session_over()
    if "instagram_business_basic" not in grant.scopes:
        return graph_error(10, "(#10) Application does not have permission for this action", status=403)
    if sandbox.clock.stamp() - grant.issued < _MUST_BE_OLD:
        return graph_error(100, "(#100) The access token is not old enough to be refreshed")
    return _instagram_answer(sandbox, grant, permissions=",".join(grant.scopes))


def _instagram_answer(sandbox: Sandbox, grant: Grant, **more: str) -> Answer:
    token = sandbox.grants.issue(replace(grant, kind="instagram", expires=_ends(sandbox, INSTAGRAM_LONG)), "IGAA")
    return Answer(body={"access_token": token, "token_type": "bearer", "expires_in": INSTAGRAM_LONG, **more})


def _session_over() -> Answer:
    from channels.sandbox.graph import token_trouble

    return token_trouble("expired")


def _instagram_me(sandbox: Sandbox, grant: Grant, asked: dict[str, str]) -> dict[str, Any]:
    account = sandbox.account("instagram", grant.accounts[0])
    wanted = asked.get("fields", "id").split(",")
    row = {
        "user_id": grant.accounts[0],
        "username": account.username if account else "",
        "name": account.name if account else "",
        "account_type": "BUSINESS",
    }
    # `id` is another one in each app.
    return {**{key: value for key, value in row.items() if key in wanted}, "id": f"9{grant.accounts[0][1:]}"}


# X


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return Answer(status=status, body={"error": error, "error_description": description})


def _x_app(sandbox: Sandbox, call: Call) -> SandboxApp | Answer:
    """Tell which app asks: confidential ones by Basic, public ones by their client_id alone."""
    scheme, _, pair = call.headers.get("authorization", "").partition(" ")
    client_id, secret = call.form.get("client_id", ""), None
    if scheme.lower() == "basic":
        try:
            name, _, word = base64.b64decode(pair, validate=True).decode().partition(":")
        except ValueError:
            return _oauth_error(401, "unauthorized_client", "Missing valid authorization header")
        client_id, secret = unquote(name), unquote(word)
    app = sandbox.grants.app("x", client_id)
    if app is None:
        return _oauth_error(400, "invalid_request", "Value passed for the client_id was invalid.")
    if app.client_secret and not sandbox.grants.secret_fits(app, secret):
        return _oauth_error(401, "unauthorized_client", "Missing valid authorization header")
    return app


def x_token(sandbox: Sandbox, call: Call) -> Answer:  # noqa: PLR0911 - a line for each refusal
    """POST /2/oauth2/token: a code or a refresh token for an access token of two hours."""
    call.entry.network = "x"
    app = _x_app(sandbox, call)
    if isinstance(app, Answer):
        return app
    if call.form.get("grant_type") == "refresh_token":
        old = call.form.get("refresh_token", "")
        grant = sandbox.grants.find(old, "refresh_x")
        if grant is None or grant.client_id != app.client_id:
            return _oauth_error(400, "invalid_request", "Value passed for the token was invalid.")
        sandbox.grants.end(old)
        return _x_answer(sandbox, replace(grant, kind="x2"))
    if call.form.get("grant_type") != "authorization_code":
        return _oauth_error(400, "invalid_request", "Missing required parameter [grant_type].")
    text = call.form.get("code", "")
    known = sandbox.grants.codes.get(text)
    if known is None or known.grant.kind != "x2" or known.grant.client_id != app.client_id:
        return _oauth_error(400, "invalid_request", "Value passed for the authorization code was invalid.")
    if known.redirect_uri != call.form.get("redirect_uri"):
        return _oauth_error(
            400, "invalid_request", "Value passed for the redirect uri did not match the uri of the authorization code."
        )
    verifier = call.form.get("code_verifier", "")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if known.challenge not in {digest, verifier}:
        return _oauth_error(
            400, "invalid_request", "Value passed for the code verifier did not match the code challenge."
        )
    code = _taken(sandbox, text)
    if code is None:
        return _oauth_error(400, "invalid_request", "Value passed for the authorization code was invalid.")
    return _x_answer(sandbox, code.grant)


def _x_answer(sandbox: Sandbox, grant: Grant) -> Answer:
    token = sandbox.grants.issue(replace(grant, expires=_ends(sandbox, X_ACCESS)))
    row = {"token_type": "bearer", "expires_in": X_ACCESS, "access_token": token, "scope": " ".join(grant.scopes)}
    if "offline.access" in grant.scopes:
        row["refresh_token"] = sandbox.grants.issue(replace(grant, kind="refresh_x", expires=0))
    return Answer(body=row)


def x_revoke(sandbox: Sandbox, call: Call) -> Answer:
    """POST /2/oauth2/revoke; a token that is not there is as good as revoked."""
    call.entry.network = "x"
    app = _x_app(sandbox, call)
    if isinstance(app, Answer):
        return app
    token = call.form.get("token", "")
    grant = sandbox.grants.find(token, "x2", "refresh_x")
    if grant is not None and grant.client_id == app.client_id:
        sandbox.grants.end(token)
    return Answer(body={"revoked": True})


_NONCES = Nonces()


def _x_refusal(status: int, code: int, message: str) -> Answer:
    return Answer(status=status, body={"errors": [{"code": code, "message": message}]})


def _x_form(**pairs: str) -> Answer:
    return Answer(body=urlencode(pairs), media_type="text/html;charset=utf-8")


def x_request_token(sandbox: Sandbox, call: Call) -> Answer:
    """POST /oauth/request_token, signed by the app alone."""
    call.entry.network = "x"
    oauth = read_header(call.headers.get("authorization", ""))
    app = sandbox.grants.app("x", oauth.get("oauth_consumer_key", ""))
    if app is None or not is_signed(call, oauth, app.api_secret, "", _NONCES):
        return _x_refusal(401, 32, "Could not authenticate you.")
    callback = oauth.get("oauth_callback", "")
    if callback != "oob" and callback not in app.redirect_uris:
        return _x_refusal(
            403,
            415,
            "Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings",
        )
    token = secrets.token_urlsafe(20)
    secret = secrets.token_urlsafe(24)
    sandbox.grants.requests[token] = Request(
        client_id=app.api_key, callback=callback, secret=secret, expires=_ends(sandbox, X_REQUEST)
    )
    return _x_form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")


def x_access_token(sandbox: Sandbox, call: Call) -> Answer:
    """POST /oauth/access_token, signed by the app and the request token, with the verifier."""
    call.entry.network = "x"
    oauth = read_header(call.headers.get("authorization", ""))
    app = sandbox.grants.app("x", oauth.get("oauth_consumer_key", ""))
    request = sandbox.grants.requests.get(oauth.get("oauth_token", ""))
    if app is None or request is None or sandbox.clock.stamp() >= request.expires:
        return Answer(status=401, body="Request token missing", media_type="text/html;charset=utf-8")
    if not is_signed(call, oauth, app.api_secret, request.secret, _NONCES):
        return _x_refusal(401, 32, "Could not authenticate you.")
    verifier = oauth.get("oauth_verifier") or call.form.get("oauth_verifier", "")
    if not request.verifier or verifier != request.verifier:
        words = "Error processing your OAuth request: Invalid oauth_verifier parameter"
        return Answer(status=401, body=words, media_type="text/html;charset=utf-8")
    del sandbox.grants.requests[oauth["oauth_token"]]
    account = sandbox.account("x", request.account)
    grant = Grant(kind="x1", client_id=app.api_key, accounts=[request.account])
    token = sandbox.grants.issue(grant, f"{request.account}-")
    return _x_form(
        oauth_token=token,
        oauth_token_secret=sandbox.grants.secret_of(token),
        user_id=request.account,
        screen_name=account.username if account else "",
    )


# LinkedIn

_BAD_CODE = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. "
    "Or external member binding exists"
)


def linkedin_token(sandbox: Sandbox, call: Call) -> Answer:
    """POST /oauth/v2/accessToken: a code or a refresh token for an access token of 60 days."""
    call.entry.network = "linkedin"
    asked = call.form
    app = sandbox.grants.app("linkedin", asked.get("client_id", ""))
    if app is None or not sandbox.grants.secret_fits(app, asked.get("client_secret")):
        return _oauth_error(401, "invalid_client", "Client authentication failed")
    if asked.get("grant_type") == "refresh_token":
        grant = sandbox.grants.find(asked.get("refresh_token"), "refresh_linkedin")
        if grant is None or grant.client_id != app.client_id or sandbox.grants.is_over(grant):
            words = "The provided authorization grant or refresh token is invalid, expired or revoked"
            return _oauth_error(400, "invalid_request", words)
        # The same refresh token, with what is left of its year.
        left = int(grant.expires - sandbox.clock.stamp())
        return _linkedin_answer(sandbox, grant, asked["refresh_token"], left)
    if asked.get("grant_type") != "authorization_code":
        return _oauth_error(400, "invalid_request", 'A required parameter "grant_type" is missing')
    known = sandbox.grants.codes.get(asked.get("code", ""))
    fits = (
        known is not None
        and known.grant.kind == "linkedin"
        and known.grant.client_id == app.client_id
        and known.redirect_uri == asked.get("redirect_uri")
    )
    code = _taken(sandbox, asked.get("code", "")) if fits else None
    if code is None:
        return _oauth_error(400, "invalid_request", _BAD_CODE)
    refresh = ""
    if app.refresh_tokens:
        refresh = sandbox.grants.issue(
            replace(code.grant, kind="refresh_linkedin", expires=_ends(sandbox, LINKEDIN_REFRESH)), "AQ"
        )
    return _linkedin_answer(sandbox, code.grant, refresh, LINKEDIN_REFRESH)


def _linkedin_answer(sandbox: Sandbox, grant: Grant, refresh: str, left: int) -> Answer:
    person = sandbox.grants.person(grant.person)
    pages = [
        one.account_id
        for one in sandbox.accounts
        if one.channel == "linkedin" and sandbox.grants.role(person, one.account_id) is not None
    ]
    own = replace(grant, kind="linkedin", accounts=pages, expires=_ends(sandbox, LINKEDIN_ACCESS))
    row: dict[str, Any] = {
        "access_token": sandbox.grants.issue(own, "AQ"),
        "expires_in": LINKEDIN_ACCESS,
        "scope": ",".join(grant.scopes),
    }
    if refresh:
        row |= {"refresh_token": refresh, "refresh_token_expires_in": left}
    return Answer(body=row)


def linkedin_roles(sandbox: Sandbox, token: str) -> dict[str, str] | None:
    """Tell what the member behind a granted token is on which pages; None: the token was not granted here."""
    grant = sandbox.grants.find(token, "linkedin")
    if grant is None:
        return None
    person = sandbox.grants.person(grant.person)
    word = {"full": "ADMINISTRATOR", "analyst": "ANALYST"}
    roles = {one: sandbox.grants.role(person, one) for one in grant.accounts}
    return {one: word[role] for one, role in roles.items() if role is not None}


def linkedin_about(sandbox: Sandbox, call: Call) -> Answer | None:
    """Tell of a granted token to its app; None for a token that was never granted here."""
    grant = sandbox.grants.find(call.form.get("token"), "linkedin")
    if grant is None:
        return None
    app = sandbox.grants.app("linkedin", call.form.get("client_id", ""))
    if (
        app is None
        or app.client_id != grant.client_id
        or not sandbox.grants.secret_fits(app, call.form.get("client_secret"))
    ):
        return Answer(body={"active": False})
    over = sandbox.grants.is_over(grant)
    return Answer(
        body={
            "active": not over,
            "client_id": grant.client_id,
            "authorized_at": int(grant.issued),
            "created_at": int(grant.issued),
            "status": "expired" if over else "active",
            "expires_at": int(grant.expires),
            "scope": ",".join(grant.scopes),
            "auth_type": "3L",
        }
    )
