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

from channels.sandbox import control, linkedin, page
from channels.sandbox.faults import FaultLayer
from channels.sandbox.fetch import fetch, own_picture
from channels.sandbox.wire import Answer, Call, Refusal, read_call

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from channels.sandbox.core import Sandbox

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
View = Callable[[Request], Awaitable[Response]]


def build_app(sandbox: Sandbox) -> ASGIApp:
    """Put the networks, the pictures, the controls and the pages under one roof."""
    routes = [
        Route("/rest/{rest:path}", _network(sandbox, sandbox.linkedin), methods=_METHODS),
        Route("/dms-uploads/{rest:path}", _network(sandbox, sandbox.linkedin.put), methods=["PUT"]),
        Route("/oauth/v2/introspectToken", _network(sandbox, _introspection(sandbox)), methods=["POST"]),
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


def _introspection(sandbox: Sandbox) -> Callable[[Call], Answer]:
    def serve(call: Call) -> Answer:
        return linkedin.introspect(sandbox, call)

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
