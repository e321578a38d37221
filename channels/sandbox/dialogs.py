"""The pages on which a person consents, one for each way of logging in; what stands in their addresses is what the networks ask for.

A wrong app or a wrong address to return to is told on the page itself: no network sends a browser to an address that it does not know.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from channels.sandbox.grants import FACEBOOK_CODE, INSTAGRAM_CODE, LINKEDIN_CODE, X_CODE, Code, Grant
from channels.sandbox.page import render
from channels.sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxApp

_HTML = "text/html; charset=utf-8"
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
DESKTOP = "https://www.facebook.com/connect/login_success.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialog:
    """One page of consent. `redirect_uri`: where it leads; `denied`: what stands there after a refusal, besides the state."""

    network: str
    heading: str
    app: SandboxApp
    redirect_uri: str
    scopes: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    denied: Mapping[str, str]


def facebook(sandbox: Sandbox, call: Call) -> Answer:
    """GET and POST /vN.N/dialog/oauth."""
    app = sandbox.grants.app("facebook", call.query.get("client_id", ""))
    if app is None:
        return _trouble("Facebook", "App not found: this app ID does not exist, or the app was deleted.")
    where = call.query.get("redirect_uri", "")
    if not _facebook_leads_there(app, where):
        return _trouble(
            "Facebook",
            "URL blocked: This redirect failed because the redirect URI is not white-listed in the app's client OAuth settings, or "
            "because it is not https.",
        )
    scopes = tuple(part for part in call.query.get("scope", "").replace(" ", ",").split(",") if part)
    known = {*_permissions(), "public_profile", "email"}
    if unknown := [scope for scope in scopes if scope not in known]:
        return _trouble("Facebook", f"Invalid Scopes: {', '.join(unknown)}.")
    denied = {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_code": "200",
        "error_description": "Permissions error",
    }
    dialog = _Dialog(
        network="facebook",
        heading="Facebook",
        app=app,
        redirect_uri=where,
        scopes=scopes,
        choices=_people(sandbox),
        denied=denied,
    )
    return _serve(call, dialog, _give_code(sandbox, call, dialog, "short", FACEBOOK_CODE))


def _permissions() -> tuple[str, ...]:
    from channels.sandbox.graph import PERMISSIONS

    return PERMISSIONS


def _facebook_leads_there(app: SandboxApp, where: str) -> bool:
    if where == DESKTOP:
        return True
    parts = urlsplit(where)
    if parts.scheme == "http" and parts.hostname == "localhost":
        return not app.live
    return parts.scheme == "https" and where in app.redirect_uris


def instagram(sandbox: Sandbox, call: Call) -> Answer:
    """GET and POST www.instagram.com/oauth/authorize."""
    app = sandbox.grants.app("instagram", call.query.get("client_id", ""))
    where = call.query.get("redirect_uri", "")
    if app is None:
        return _trouble("Instagram", "Invalid Request: Invalid platform app")
    if where not in app.redirect_uris or not where.startswith("https://"):
        return _trouble("Instagram", "Invalid Request: Request parameters are invalid: Invalid redirect_uri")
    choices = tuple((one.account_id, one.username) for one in sandbox.accounts if one.channel == "instagram")
    denied = {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request",
    }
    scopes = tuple(part for part in call.query.get("scope", "").split(",") if part)
    dialog = _Dialog(
        network="instagram",
        heading="Instagram",
        app=app,
        redirect_uri=where,
        scopes=scopes,
        choices=choices,
        denied=denied,
    )
    return _serve(call, dialog, _give_code(sandbox, call, dialog, "instagram_short", INSTAGRAM_CODE))


def x_oauth2(sandbox: Sandbox, call: Call) -> Answer:
    """GET and POST /i/oauth2/authorize: PKCE is compulsory, and the state at most 500 characters long."""
    app = sandbox.grants.app("x", call.query.get("client_id", ""))
    where = call.query.get("redirect_uri", "")
    well = (
        app is not None
        and where in app.redirect_uris
        and call.query.get("response_type") == "code"
        and 0 < len(call.query.get("state", "")) <= 500
        and call.query.get("code_challenge_method", "plain") in {"S256", "plain"}
        and bool(call.query.get("code_challenge"))
    )
    if app is None or not well:
        return _trouble("X", "Something went wrong. You weren't able to give access to the App.")
    choices = tuple((one.account_id, f"@{one.username}") for one in sandbox.accounts if one.channel == "x")
    dialog = _Dialog(
        network="x",
        heading="X",
        app=app,
        redirect_uri=where,
        # X's page takes or leaves them all.
        scopes=(),
        choices=choices,
        denied={"error": "access_denied"},
    )
    asked = replace(dialog, scopes=tuple(call.query.get("scope", "").split()))
    return _serve(call, dialog, _give_code(sandbox, call, asked, "x2", X_CODE))


def x_oauth1(sandbox: Sandbox, call: Call) -> Answer:
    """GET and POST api.x.com/oauth/authorize, with a request token."""
    token = call.query.get("oauth_token", "")
    request = sandbox.grants.requests.get(token)
    app = sandbox.grants.app("x", request.client_id) if request else None
    if request is None or app is None or sandbox.clock.stamp() >= request.expires or request.verifier:
        return _trouble(
            "X",
            "Whoa there! There is no request token for this page. It was already used, is expired, or does not exist.",
        )
    choices = tuple((one.account_id, f"@{one.username}") for one in sandbox.accounts if one.channel == "x")
    dialog = _Dialog(
        network="x",
        heading="X",
        app=app,
        redirect_uri=request.callback,
        scopes=(),
        choices=choices,
        denied={"denied": token},
    )

    def allow(who: str, _scopes: list[str]) -> dict[str, str]:
        request.account = who
        # The number is short where a person types it.
        request.verifier = (
            f"{secrets.randbelow(9_000_000) + 1_000_000}" if request.callback == "oob" else secrets.token_urlsafe(24)
        )
        return {"oauth_token": token, "oauth_verifier": request.verifier}

    if request.callback == "oob" and call.method == "POST" and call.form.get("decision") == "allow":
        return _page("X", pin=allow(call.form.get("who", ""), [])["oauth_verifier"])
    if request.callback == "oob" and call.method == "POST":
        return _trouble("X", "OK, you've denied the app access to interact with your account.")
    return _serve(call, dialog, allow)


def linkedin(sandbox: Sandbox, call: Call) -> Answer:
    """GET and POST /oauth/v2/authorization."""
    app = sandbox.grants.app("linkedin", call.query.get("client_id", ""))
    where = call.query.get("redirect_uri", "")
    if app is None:
        return _trouble("LinkedIn", "Bummer, something went wrong. The client_id was not found.")
    if where not in app.redirect_uris or not where.startswith("https://"):
        return _trouble(
            "LinkedIn", "Bummer, something went wrong. The redirect_uri does not match the registered value"
        )
    if call.query.get("response_type") != "code":
        return _trouble("LinkedIn", "Bummer, something went wrong. The response_type is not valid.")
    scopes = tuple(call.query.get("scope", "").split())
    known = _linkedin_scopes()
    dialog = _Dialog(
        network="linkedin",
        heading="LinkedIn",
        app=app,
        redirect_uri=where,
        scopes=(),
        choices=_people(sandbox),
        denied={
            "error": "user_cancelled_authorize",
            "error_description": "The user cancelled the authorization",
        },
    )
    if unknown := [scope for scope in scopes if scope not in known]:
        refused = {
            "error": "unauthorized_scope_error",
            "error_description": f'Scope "{unknown[0]}" is not authorized for your application',
        }
        return _redirect(where, {**refused, "state": call.query.get("state", "")})
    asked = replace(dialog, scopes=scopes)
    return _serve(call, dialog, _give_code(sandbox, call, asked, "linkedin", LINKEDIN_CODE))


def _linkedin_scopes() -> tuple[str, ...]:
    from channels.sandbox.linkedin import SCOPES

    return SCOPES


_Allow = Callable[[str, list[str]], Mapping[str, str]]


def _give_code(sandbox: Sandbox, call: Call, dialog: _Dialog, kind: str, life: float) -> _Allow:
    """Give the browser a code for what was ticked. Networks whose page has no boxes grant all that was asked for."""

    def allow(who: str, ticked: list[str]) -> Mapping[str, str]:
        by_account = kind in {"x2", "instagram_short"}
        by_box = kind in {"short", "instagram_short"}
        grant = Grant(
            kind=kind,
            client_id=dialog.app.client_id,
            person="" if by_account else who,
            accounts=[who] if by_account else [],
            scopes=[scope for scope in dialog.scopes if not by_box or scope in ticked],
        )
        code = Code(
            grant=grant,
            redirect_uri=dialog.redirect_uri,
            expires=sandbox.clock.stamp() + life,
            challenge=call.query.get("code_challenge", ""),
        )
        return {"code": sandbox.grants.code(code)}

    return allow


def _people(sandbox: Sandbox) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.name) for one in sandbox.grants.people)


def _serve(call: Call, dialog: _Dialog, allow: _Allow) -> Answer:
    call.entry.network = dialog.network
    if call.method != "POST":
        action = f"{call.path}?{call.raw_query}"
        return _page(
            dialog.heading, app=dialog.app.client_id, action=action, choices=dialog.choices, scopes=dialog.scopes
        )
    state = {"state": call.query["state"]} if "state" in call.query else {}
    who = call.form.get("who", "")
    if call.form.get("decision") != "allow":
        return _redirect(dialog.redirect_uri, {**dialog.denied, **state})
    if who not in {value for value, _label in dialog.choices}:
        return _trouble(dialog.heading, "Nobody of this name.")
    ticked = [value for name, value in parse_qsl(call.body.decode()) if name == "scope"]
    answer = {**allow(who, ticked), **state}
    # Instagram and Facebook put a fragment behind the answer, which is none of the code.
    tail = {"instagram": "#_", "facebook": "#_=_"}.get(dialog.network, "")
    return _redirect(dialog.redirect_uri, answer, tail)


def _redirect(where: str, answer: Mapping[str, str], tail: str = "") -> Answer:
    location = f"{where}{'&' if '?' in where else '?'}{urlencode(answer)}{tail}"
    return Answer(status=302, body="", headers={**_HEADERS, "location": location}, media_type=_HTML)


def _page(heading: str, **values: object) -> Answer:
    return Answer(body=render("login.html", heading=heading, **values), headers=_HEADERS, media_type=_HTML)


def _trouble(heading: str, words: str) -> Answer:
    answer = _page(heading, trouble=words)
    return replace(answer, status=400)
