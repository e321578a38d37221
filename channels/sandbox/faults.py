"""Faults on demand: rules that match requests, and the outermost layer that makes them happen.

The layer stands outside Starlette, which would turn every exception into a 500: a lost answer is the connection shut without a word.

    lost_before     the connection dies before the request took effect
    lost_after      … after it took effect
    error_before    500 without effect
    error_after     500 after the effect
    rate_limited    429 (at Meta: code 4), without effect; `retry_after` says how long
    slow            the effect, then `delay` seconds of real time, then the answer
    malformed       the effect, then an answer with the right status whose body breaks off and whose ids are missing
    cut_headers     the effect, then the connection dies in the middle of the headers
    expired_token   the token has expired, without effect
    dead_version    the API version is not served any more, without effect
    late_effect     the connection dies; the effect comes `delay` seconds of the sandbox's clock later
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.sandbox import graph, linkedin, x
from channels.sandbox.wire import Answer, Entry

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox


class Kind(StrEnum):
    """What goes wrong."""

    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    RATE_LIMITED = "rate_limited"
    SLOW = "slow"
    MALFORMED = "malformed"
    CUT_HEADERS = "cut_headers"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 (names a fault)
    DEAD_VERSION = "dead_version"
    LATE_EFFECT = "late_effect"


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault, and the requests it happens to.

    `path`: regular expression searched in the path (and query, behind a `?`). `network`, `account`: None for any. `nth`: the first matching
    request that it happens to, counted from 1; `times`: how many in a row; None: for ever. `account`: by the Authorization header.
    `retry_after`: seconds, or any text a confused server might send.
    """

    kind: Kind
    method: str | None = None
    path: str = ""
    network: str | None = None
    account: str | None = None
    nth: int = 1
    times: int | None = 1
    delay: float = 0
    retry_after: int | str | None = None
    seen: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a rule that can never match."""
        self.kind = Kind(self.kind)
        re.compile(self.path)
        if self.nth < 1:
            message = "nth counts from 1"
            raise ValueError(message)

    @property
    def spent(self) -> bool:
        """Whether it has happened as often as it should."""
        return self.times is not None and self.seen >= self.nth + self.times - 1

    @property
    def fired(self) -> int:
        """How often it has happened."""
        return max(0, self.seen - self.nth + 1)

    def hits(self, method: str, target: str, network: str | None, account: str | None) -> bool:
        """Count a request and tell whether the fault happens to it."""
        fits = (
            not self.spent
            and self.method in {None, method}
            and self.network in {None, network}
            and self.account in {None, account}
            and re.search(self.path, target) is not None
        )
        if fits:
            self.seen += 1
        return fits and self.seen >= self.nth


_EFFECT_FIRST = {Kind.LOST_AFTER, Kind.ERROR_AFTER, Kind.SLOW, Kind.MALFORMED, Kind.CUT_HEADERS}
_NO_ANSWER = {Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.LATE_EFFECT, Kind.CUT_HEADERS}


class FaultLayer:
    """The outermost ASGI layer: logs every request and lets the rules strike."""

    def __init__(self, sandbox: Sandbox, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._sandbox = sandbox
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or spoil it."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        send = _dated(self._sandbox, send)
        entry, rule = self._sandbox.enter(scope)
        scope["entry"] = entry
        if rule is None:
            await self._app(scope, receive, self._unhurried(_noting(entry, send)))
            return
        entry.fault = rule.kind.value
        await self._spoil(rule, scope, receive, send)

    async def _spoil(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        entry: Entry = scope["entry"]
        if rule.kind is Kind.LATE_EFFECT:
            body = await _read(receive)
            self._sandbox.later(rule.delay, self._replay(dict(scope), body))
        held = await self._held(scope, receive) if rule.kind in _EFFECT_FIRST else []
        if rule.kind is Kind.SLOW:
            await asyncio.sleep(rule.delay)
        if rule.kind in _NO_ANSWER:
            await _hang_up(receive, _broken_start(held) if rule.kind is Kind.CUT_HEADERS else b"")
            return
        for message in self._spoilt(rule, entry, held):
            await _noting(entry, send)(message)

    def _unhurried(self, send: Send) -> Send:
        pause = self._sandbox.settings.delays.answer
        if not pause:
            return send

        async def wait(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(pause)
            await send(message)

        return wait

    async def _held(self, scope: Scope, receive: Receive) -> list[Message]:
        held: list[Message] = []

        async def keep(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, keep)
        return held

    def _replay(self, scope: Scope, body: bytes) -> Callable[[], Awaitable[None]]:
        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def run() -> None:
            await self._held(scope, receive)

        return run

    def _spoilt(self, rule: Rule, entry: Entry, held: list[Message]) -> list[Message]:
        match rule.kind:
            case Kind.SLOW:
                return held
            case Kind.MALFORMED:
                return _malformed(held)
        answer = spoken(rule, entry.network, self._sandbox)
        return _messages(answer)


def spoken(rule: Rule, network: str | None, sandbox: Sandbox) -> Answer:
    """Word a fault as its network would."""
    if network in {"facebook", "instagram"}:
        return _by_graph(rule)
    return _by_x(rule, sandbox) if network == "x" else _by_linkedin(rule)


def _by_graph(rule: Rule) -> Answer:
    match rule.kind:
        case Kind.RATE_LIMITED:
            answer = graph.graph_error(4, "(#4) Application request limit reached", status=403, transient=True)
            return Answer(status=403, body=answer.body, headers=_retry_after(rule), media_type=answer.media_type)
        case Kind.EXPIRED_TOKEN:
            return graph.token_trouble("expired")
        case Kind.DEAD_VERSION:
            return graph.graph_error(
                2635, "(#2635) You are calling a deprecated version of the API. Please update to the latest version."
            )
    return graph.graph_error(2, "Service temporarily unavailable", status=500, transient=True)


def _by_x(rule: Rule, sandbox: Sandbox) -> Answer:
    match rule.kind:
        case Kind.RATE_LIMITED:
            reset = int(sandbox.clock.stamp()) + (rule.retry_after if isinstance(rule.retry_after, int) else 900)
            headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
            return x.too_many({**headers, **_retry_after(rule)})
        case Kind.EXPIRED_TOKEN:
            return x.UNAUTHORIZED
        case Kind.DEAD_VERSION:
            return x.problem(410, "Gone", "This version of the API is no longer served.")
    return x.problem(500, "Internal Server Error", "Internal Server Error")


def _by_linkedin(rule: Rule) -> Answer:
    match rule.kind:
        case Kind.RATE_LIMITED:
            return Answer(status=429, body=linkedin.THROTTLED.body, headers=_retry_after(rule))
        case Kind.EXPIRED_TOKEN:
            return linkedin.EXPIRED
        case Kind.DEAD_VERSION:
            return linkedin.dead_version("202504")
    return Answer(status=500, body={"status": 500, "code": "INTERNAL_SERVER_ERROR", "message": "Internal Server Error"})


def _retry_after(rule: Rule) -> dict[str, str]:
    return {} if rule.retry_after is None else {"retry-after": str(rule.retry_after)}


def _messages(answer: Answer) -> list[Message]:
    response = answer.response()
    return [
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers},
        {"type": "http.response.body", "body": bytes(response.body)},
    ]


def _malformed(held: list[Message]) -> list[Message]:
    start, body = held[0], b"".join(message.get("body", b"") for message in held[1:])
    kept = [(name, value) for name, value in start["headers"] if name not in {b"x-restli-id", b"content-length"}]
    broken = body[: len(body) // 2] or b'{"data":{"i'
    return [
        {**start, "headers": [*kept, (b"content-length", str(len(broken)).encode())]},
        {"type": "http.response.body", "body": broken},
    ]


def _broken_start(held: list[Message]) -> bytes:
    status = held[0]["status"] if held else 200
    return f"HTTP/1.1 {status} OK\r\ncontent-type: appli".encode()


def _dated(sandbox: Sandbox, send: Send) -> Send:
    """Date every answer by the sandbox's clock, against which a client reads the resets that it is told."""

    async def date(message: Message) -> None:
        if message["type"] == "http.response.start":
            now = format_datetime(sandbox.clock.now(), usegmt=True).encode()
            message = {**message, "headers": [*message.get("headers", ()), (b"date", now)]}
        await send(message)

    return date


def _noting(entry: Entry, send: Send) -> Send:
    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)

    return note


async def _read(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


async def _hang_up(receive: Receive, last_words: bytes) -> None:
    # uvicorn's `receive` is a method of the request's cycle, which holds the transport; ASGI itself has no way to hang up.
    transport: Any = receive.__self__.transport  # type: ignore[attr-defined]
    if last_words:
        transport.write(last_words)
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
