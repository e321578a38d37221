"""The one door to HTTP: a `requests.Session` that keeps its promises on bad days.

    request
      -> a host that the network does not name       Unexpected, and nothing was sent
      -> failed before its first byte was written    Retryable(UNREACHABLE)
      -> failed afterwards, in whatever way          OutcomeUnknown(ANSWER_LOST)
      -> answered                                    what the channel's judge makes of it: an error is raised
      -> answered well                               Response, read to its end

So facebook-sdk and tweepy, which run over it, only ever see good answers. Nothing is retried and no redirect is followed here: the
caller's state machine is the retry. An instance belongs to one account and one worker; it is not thread-safe.
"""

# ruff: noqa: ANN401 - arguments of requests and urllib3 are handed on as they came

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPMethod, HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from channels.base import Usage
from channels.errors import (
    AccountBlocked,
    ChannelError,
    Gone,
    Kind,
    OutcomeUnknown,
    Rejected,
    Retryable,
    Unexpected,
)

if TYPE_CHECKING:
    from requests.models import PreparedRequest
    from urllib3.poolmanager import PoolManager, ProxyManager

    from channels.base import Meter

__all__ = [
    "Network",
    "Response",
    "Session",
    "UnwelcomeError",
    "epoch",
    "error_by_status",
    "time_until",
    "waiting_time",
]

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
_DEADLINE_SECONDS = 60.0
_UPLOAD_BYTES_PER_SECOND = 128 * 1024
"""The slowest line on which a picture still gets through: the deadline grows with the body."""
_MAX_BODY = 8 * 1024 * 1024
_PIECE = 64 * 1024
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How to reach one network.

    `base_url` moves its API: scheme, host and port are replaced, the path is kept. `version` None: the channel's own dated default.
    `limits` and `prices`: numbers that count instead of the channel's dated ones, by their names there. `insights`: metrics that are asked
    for instead of the channel's own; None: those. `meter` is told what the network bills. `allowed_hosts`: if given, only these are ever
    reached ("host", or "host:port"). `proxy` is never used for loopback.
    `barred`: why nothing may be sent for this account at all: it has no token that can be used.
    """

    base_url: str | None = None
    version: str | None = None
    allowed_hosts: frozenset[str] | None = None
    proxy: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None
    limits: Mapping[str, int | float] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    insights: Mapping[str, str] | None = None
    meter: Meter | None = field(default=None, repr=False)
    barred: Kind | None = None


class Session(requests.Session):
    """HTTP to one network's own `hosts`; `judge` reads every answer and returns the error to raise, or None.

    `gauge` reads off every answer, also off a refusal, how far the network's allowances are used up; `take_usage` hands it over.

    Seconds: `timeout` per address and per silence, `deadline` for everything after the host name was resolved (the resolver has its
    own limits). `max_body` bytes of an unpacked answer are read at most. `welcome`: the server is a stranger's. It tells of a machine's
    address whether it may be talked to (a proxy's is not asked about), and an answer that is too long ends where it is cut.
    """

    def __init__(
        self,
        network: Network,
        hosts: frozenset[str],
        *,
        judge: Callable[[Response], ChannelError | None],
        gauge: Callable[[Response], Iterable[Usage]] = lambda _: (),
        timeout: tuple[float, float] = (_CONNECT_SECONDS, _READ_SECONDS),
        deadline: float = _DEADLINE_SECONDS,
        max_body: int = _MAX_BODY,
        welcome: Callable[[str], bool] | None = None,
    ) -> None:
        """Open nothing yet; connections are made by requests."""
        super().__init__()
        self.latest_headers: Mapping[str, str] = {}
        self._judge = judge
        self._barred = network.barred
        self._gauge = gauge
        self._usage: dict[str, Usage] = {}
        self._ration: int | None = None
        self.sent = 0
        """Requests so far, whatever became of them."""
        self._timeout = timeout
        self._deadline = deadline
        self._max_body = max_body
        self._cut = welcome is not None
        self._welcome = None if network.proxy else welcome
        self._route = _Route(network, hosts)
        self._door = _Door(self._route)
        self._proxy = network.proxy
        # The environment must not speak here: a .netrc replaced our Bearer token, HTTP_PROXY took traffic meant for 127.0.0.1.
        self.trust_env = False
        self.verify = network.ca_bundle or True
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": "tiedote", "Accept-Encoding": "gzip, deflate"})
        self.mount("https://", self._door)
        self.mount("http://", self._door)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        """Send one request and judge its answer; raises ChannelError.

        The host is rewritten before the request is prepared, so OAuth 1.0a signs the URL that is really sent.
        """
        if self._barred is not None:
            raise AccountBlocked(self._barred)
        target = self._route.rewrite(url if isinstance(url, str) else url.decode())
        kwargs |= {"timeout": self._timeout, "proxies": self._proxies(target), "allow_redirects": False, "stream": True}
        try:
            return super().request(method, target, *args, **kwargs)
        except requests.RequestException as fault:
            # `send` lets none of these out, so the request could not even be written. The message may quote the token: leave it.
            problem = type(fault).__name__
        raise Unexpected(Kind.NOT_UNDERSTOOD, f"the request could not be written ({problem}); nothing was sent")

    @property
    def answered_at(self) -> datetime | None:
        """The other side's own time at its latest answer."""
        return _http_date(self.latest_headers.get("Date", ""))

    def get_redirect_target(self, resp: Response) -> None:
        """Follow nothing: a 307 would send a post twice, and a 302 would turn it into a GET that looks like success."""

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send what is prepared, read the answer to its end and judge it; raises ChannelError."""
        kwargs |= {"timeout": self._timeout, "allow_redirects": False, "stream": True}
        self._take_one()
        if request.method not in {HTTPMethod.GET, HTTPMethod.HEAD}:
            # A kept connection may be closed by the other side at any time, and that would leave a doubt where none need be.
            self._door.close()
            request.headers["Connection"] = "close"
        response = self._exchange(request, kwargs)
        self.latest_headers = response.headers
        self._usage |= {usage.name: usage for usage in self._gauge(response)}
        error = self._judge(response)
        if error is not None:
            raise error
        return response

    def ration(self, calls: int | None) -> None:
        """Send so many requests at most from now on; None: any number."""
        self._ration = calls

    def _take_one(self) -> None:
        if self._ration is not None:
            if self._ration < 1:
                raise Retryable(Kind.QUOTA_USED, "what is left of the calls is kept for publishing; nothing was sent")
            self._ration -= 1
        self.sent += 1

    def take_usage(self) -> tuple[Usage, ...]:
        """Hand over what the answers told of the network's allowances since this was asked last."""
        usage, self._usage = self._usage, {}
        return tuple(usage.values())

    def _exchange(self, request: PreparedRequest, kwargs: dict[str, Any]) -> Response:
        host = urlsplit(request.url or "").hostname or ""
        with _Watch(self._deadline + _size(request) / _UPLOAD_BYTES_PER_SECOND, self._welcome) as watch:
            try:
                response = self._read(super().send(request, **kwargs))
            # ValueError: what http.client and urllib3 raise for headers and framing that are not HTTP.
            except (requests.RequestException, HTTPError, OSError, ValueError) as fault:
                cause: Exception = _innermost(fault)
            else:
                if not watch.over:
                    return response
                cause = TimeoutError()
        # Raised outside the handler: requests' exceptions hold the request, and with it the token.
        raise _transport_error(host, cause, watch) from cause

    def _read(self, response: Response) -> Response:
        body = bytearray()
        with closing(response):
            for piece in response.raw.stream(_PIECE, decode_content=True):
                body += piece
                if len(body) > self._max_body:
                    if self._cut:
                        break
                    raise _TooLargeError
        if not body and _is_cut(response):
            raise _CutShortError
        response.raw = BytesIO(body)
        return response

    def _proxies(self, url: str) -> dict[str, str]:
        if self._proxy is None or _is_loopback(urlsplit(url).hostname or ""):
            return {}
        return {"http": self._proxy, "https": self._proxy}


def error_by_status(response: Response, detail: str = "") -> ChannelError | None:
    """Judge an answer by its status alone: what holds for every network whose own table says nothing else."""
    status = response.status_code
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    detail = detail or f"HTTP {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(Kind.ANSWER_LOST, detail, after=waiting_time(response))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = waiting_time(response)
        return Retryable(Kind.RATE_LIMITED, detail, after=after, announced=after is not None)
    error, kind = _BY_STATUS.get(status, (Unexpected, Kind.NOT_UNDERSTOOD))
    return error(kind, detail)


# 408, 409 and 425 do not say whether the request took effect.
_BY_STATUS: Mapping[int, tuple[type[ChannelError], Kind]] = {
    HTTPStatus.BAD_REQUEST: (Rejected, Kind.POST_REFUSED),
    HTTPStatus.UNAUTHORIZED: (AccountBlocked, Kind.TOKEN_INVALID),
    HTTPStatus.FORBIDDEN: (AccountBlocked, Kind.PERMISSION_MISSING),
    HTTPStatus.NOT_FOUND: (Gone, Kind.POST_GONE),
    HTTPStatus.REQUEST_TIMEOUT: (OutcomeUnknown, Kind.ANSWER_LOST),
    HTTPStatus.CONFLICT: (OutcomeUnknown, Kind.ANSWER_LOST),
    HTTPStatus.GONE: (Gone, Kind.POST_GONE),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (Rejected, Kind.POST_REFUSED),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (Rejected, Kind.POST_REFUSED),
    HTTPStatus.UNPROCESSABLE_ENTITY: (Rejected, Kind.POST_REFUSED),
    HTTPStatus.TOO_EARLY: (OutcomeUnknown, Kind.ANSWER_LOST),
}


def waiting_time(response: Response) -> timedelta | None:
    """How long the answer's headers ask to wait: Retry-After, else x-rate-limit-reset; None where they say nothing usable.

    Moments are measured from the answer's own Date: what counts is the network's clock. A week at most, whatever is asked.
    """
    asked = response.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit():
        return timedelta(seconds=min(int(asked[:_MOST_DIGITS]), _LONGEST_WAIT.total_seconds()))
    return time_until(_http_date(asked) or epoch(response.headers.get("x-rate-limit-reset")), response)


def time_until(moment: datetime | None, response: Response) -> timedelta | None:
    """Measure from an answer's own Date to a moment that it names: nothing if that is past, a week at most; None without both."""
    now = _http_date(response.headers.get("Date", ""))
    if moment is None or now is None:
        return None
    return min(max(moment - now, timedelta(0)), _LONGEST_WAIT)


_LONGEST_WAIT = timedelta(days=7)
_MOST_DIGITS = 12


def _http_date(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    return None


def epoch(text: str | None) -> datetime | None:
    """Read a moment that is told in seconds since 1970; None for nonsense."""
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(text), UTC) if text else None
    return None


class _TooLargeError(HTTPError):
    """The answer is larger than any answer of a network."""


class UnwelcomeError(HTTPError):
    """The host's name leads to a machine that may not be talked to; nothing was sent to it."""


class _CutShortError(HTTPError):
    """The connection ended among the answer's headers; http.client takes that for an answer without a body."""


def _is_cut(response: Response) -> bool:
    """Tell whether a bodiless good answer is really the beginning of one: a whole one says how long it is."""
    bodiless = {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT}
    framed = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    good = HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES
    return good and not framed and response.status_code not in bodiless and response.request.method != HTTPMethod.HEAD


def _innermost(fault: BaseException) -> Exception:
    """Return what really happened: the end of the chain of causes, which names no URL."""
    inner = getattr(fault, "reason", None) or fault.__cause__ or next(iter(reversed(fault.args)), None)
    if isinstance(inner, Exception):
        return _innermost(inner)
    return fault if isinstance(fault, Exception) else ConnectionError()


def _transport_error(host: str, cause: Exception, watch: _Watch) -> ChannelError:
    detail = f"{host}: {type(cause).__name__.strip('_')}"
    if watch.sending:
        return OutcomeUnknown(Kind.ANSWER_LOST, detail)
    return Retryable(Kind.UNREACHABLE, detail)


def _size(request: PreparedRequest) -> int:
    length = request.headers.get("Content-Length", "0")
    return int(length) if length.isdigit() else 0


class _Route:
    """Where requests may go, and where they go instead."""

    def __init__(self, network: Network, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._base = urlsplit(network.base_url) if network.base_url else None
        self._allowed = network.allowed_hosts
        own = {_origin(urlsplit(f"https://{host}")) for host in hosts}
        self._origins = {_origin(self._base)} if self._base else own

    def rewrite(self, url: str) -> str:
        """Return the URL to call instead of `url`: where one of the network's own hosts has moved to."""
        parts = urlsplit(url)
        if self._base and (parts.hostname in self._hosts or parts.netloc in self._hosts):
            parts = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        return parts.geturl()

    def guard(self, url: str) -> None:
        """Raise Unexpected unless `url` is one that may be called."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if _origin(parts) not in self._origins:
            raise Unexpected(Kind.NOT_UNDERSTOOD, f"{host} is not a host of this network; nothing was sent")
        if self._allowed is not None and self._allowed.isdisjoint({host, f"{host}:{_origin(parts)[2]}"}):
            raise Unexpected(
                Kind.NOT_UNDERSTOOD, f"{host} is not a host that the configuration allows; nothing was sent"
            )


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return parts.scheme, parts.hostname or "", port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Watch:
    """One request's deadline and how far it got; at the deadline the connection is shut under whoever waits for it.

    `connected`: through to the network, proxy and TLS included. `sending`: the request's own bytes may have left. `over`: too late.
    """

    def __init__(self, seconds: float, welcome: Callable[[str], bool] | None = None) -> None:
        self.welcome = welcome
        self.connected = False
        self.sending = False
        self.over = False
        self._twin: socket.socket | None = None
        self._lock = Lock()
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _WATCH.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _WATCH.reset(self._token)
        with self._lock:
            self._let_go()

    def hold(self, sock: socket.socket) -> None:
        """Watch over `sock`; raises TimeoutError when it is too late for it.

        A duplicate of the descriptor is kept: TLS takes the first one away, and http.client lets go of it before the body is read.
        """
        with self._lock:
            if self.over:
                raise TimeoutError
            self._let_go()
            self._twin = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def _let_go(self) -> None:
        if self._twin is not None:
            self._twin.close()
            self._twin = None

    def _cut(self) -> None:
        with self._lock:
            self.over = True
            if self._twin is not None:
                with suppress(OSError):
                    self._twin.shutdown(socket.SHUT_RDWR)


_WATCH: ContextVar[_Watch] = ContextVar("watch")
"""The watch of the request that this thread is making: urllib3 offers no way to hand it to a connection."""


class _Watched(HTTPConnection):
    """A connection that tells the watch of its request what it is doing."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        watch = _WATCH.get()
        # Asked of the machine that was really reached: a name may lead elsewhere from one look-up to the next.
        if watch.welcome is not None and not watch.welcome(sock.getpeername()[0]):
            sock.close()
            raise UnwelcomeError
        watch.hold(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        watch = _WATCH.get()
        watch.hold(self.sock)
        watch.connected = True
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        watch = _WATCH.get()
        watch.sending = watch.connected  # What goes out before is the talk with a proxy.
        super().send(data)


class _WatchedSecurely(_Watched, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecurely


class _Door(HTTPAdapter):
    """The last check before the wire, on the address as urllib3 reads it, and the watched connections."""

    def __init__(self, route: _Route) -> None:
        super().__init__(max_retries=0)
        self._route = route

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watched(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        return _watched(manager)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self._route.guard(request.url or "")
        return super().send(request, *args, **kwargs)


_Manager = TypeVar("_Manager", bound="PoolManager")


def _watched(manager: _Manager) -> _Manager:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager
