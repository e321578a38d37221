"""The Starlette application: which address belongs to which network."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.sandbox import control, dialogs, linkedin, logins, page
from channels.sandbox.faults import FaultLayer
from channels.sandbox.fetch import fetch, own_picture
from channels.sandbox.wire import Answer, Call, Refusal, read_call

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from channels.sandbox.core import Sandbox

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_PAGE = ["GET", "POST"]
View = Callable[[Request], Awaitable[Response]]


def build_app(sandbox: Sandbox) -> ASGIApp:
    """Put the networks, the pictures, the controls and the pages under one roof."""
    routes = [
        Route("/rest/{rest:path}", _network(sandbox, sandbox.linkedin), methods=_METHODS),
        Route("/dms-uploads/{rest:path}", _network(sandbox, sandbox.linkedin.put), methods=["PUT"]),
        Route("/oauth/v2/introspectToken", _network(sandbox, _introspection(sandbox)), methods=["POST"]),
        Route("/oauth/v2/accessToken", _with(sandbox, logins.linkedin_token), methods=["POST"]),
        Route("/oauth/v2/authorization", _with(sandbox, dialogs.linkedin), methods=_PAGE),
        Route("/i/oauth2/authorize", _with(sandbox, dialogs.x_oauth2), methods=_PAGE),
        Route("/2/oauth2/token", _with(sandbox, logins.x_token), methods=["POST"]),
        Route("/2/oauth2/revoke", _with(sandbox, logins.x_revoke), methods=["POST"]),
        Route("/oauth/request_token", _with(sandbox, logins.x_request_token), methods=["POST"]),
        Route("/oauth/authorize", _with(sandbox, _x_or_instagram), methods=_PAGE),
        Route("/oauth/access_token", _with(sandbox, _x_or_instagram_token), methods=["POST"]),
        Route("/access_token", _with(sandbox, logins.instagram_long), methods=["GET"]),
        Route("/refresh_access_token", _with(sandbox, logins.instagram_refresh), methods=["GET"]),
        Route("/{version}/dialog/oauth", _with(sandbox, dialogs.facebook), methods=_PAGE),
        Route("/2/{rest:path}", _network(sandbox, sandbox.x), methods=_METHODS),
        Route("/1.1/{rest:path}", _network(sandbox, _old_x), methods=_METHODS),
        Route("/cdn/{name}", _cdn(sandbox)),
        *control.routes(sandbox),
        *page.routes(sandbox),
        Route("/{rest:path}", _network(sandbox, sandbox.graph), methods=_METHODS),
    ]
    return FaultLayer(sandbox, Starlette(routes=routes))


def _network(sandbox: Sandbox, serve: Callable[[Call], Answer]) -> View:
    async def view(request: Request) -> Response:
        try:
            call = await read_call(request, request.scope["entry"])
        except Refusal as refusal:
            return refusal.answer.response()
        call.fetched = await _fetched(sandbox, call)
        with sandbox.lock:
            answer = serve(call)
            sandbox.world.flush()
        return answer.response()

    return view


async def _fetched(sandbox: Sandbox, call: Call) -> bytes | None:
    """Get what a Graph request names by address; in a thread, since another server of this machine may be slow."""
    if call.method != "POST" or not call.path.startswith("/v"):
        return None
    address = call.form.get("image_url") or call.form.get("url") or call.query.get("image_url") or call.query.get("url")
    if not address:
        return None
    return own_picture(sandbox, address, call.base_url) or await run_in_threadpool(fetch, sandbox, address)


def _with(sandbox: Sandbox, serve: Callable[[Sandbox, Call], Answer]) -> View:
    return _network(sandbox, lambda call: serve(sandbox, call))


def _x_or_instagram(sandbox: Sandbox, call: Call) -> Answer:
    """Two networks have a page of this name, at hosts of their own; X's is asked with a request token."""
    return dialogs.x_oauth1(sandbox, call) if "oauth_token" in call.query else dialogs.instagram(sandbox, call)


def _x_or_instagram_token(sandbox: Sandbox, call: Call) -> Answer:
    signed = call.headers.get("authorization", "").startswith("OAuth ")
    return logins.x_access_token(sandbox, call) if signed else logins.instagram_token(sandbox, call)


def _introspection(sandbox: Sandbox) -> Callable[[Call], Answer]:
    def serve(call: Call) -> Answer:
        return logins.linkedin_about(sandbox, call) or linkedin.introspect(sandbox, call)

    return serve


def _old_x(_call: Call) -> Answer:
    message = (
        "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only. If you need access to this endpoint, "
        "you may need a different access level."
    )
    return Answer(status=403, body={"errors": [{"message": message, "code": 453}]})


def _cdn(sandbox: Sandbox) -> View:
    async def view(request: Request) -> Response:
        data = sandbox.cdn(request.url.path)
        if data is None:
            return Response("URL signature expired", 403, media_type="text/plain")
        return Response(
            data, media_type=mimetypes.guess_type(request.url.path)[0], headers={"cache-control": "max-age=3600"}
        )

    return view
