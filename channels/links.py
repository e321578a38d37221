"""Whether an announced address answers: the one request that goes to somebody else's server.

The address stands in a file, so it may lead anywhere. Only http and https are followed, over the one door to HTTP; a machine inside the
organisation's own network is never talked to unless the configuration names its host; a redirect is a new address that is judged like
the first, five at most; of an answer some kilobytes are read. HEAD comes first, and GET only where that was not to a server's liking.

What counts is whether a resident finds something there: 401, 403 and 429 are answers, for they are meant for programs like ours.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from channels.errors import ChannelError, Retryable
from channels.session import Network, Session, UnwelcomeError

if TYPE_CHECKING:
    from channels.session import Response

_MOST_REDIRECTS: Final = 5
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 10.0
_DEADLINE_SECONDS: Final = 15.0
_MOST_BYTES: Final = 64 * 1024
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
LEADS_ON: Final = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_FOR_PROGRAMS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class Finding(StrEnum):
    """What asking an address came to."""

    ANSWERS = "answers"
    REFUSES = "refuses"
    """The server answers that there is nothing, or that it is out of order; `status` says which."""
    UNREACHABLE = "unreachable"
    """No server, or one that does not answer in time."""
    PRIVATE = "private"
    """It leads into a private network: residents cannot open it, or we must not ask."""
    LOOPS = "loops"
    """It leads on and on."""
    NO_ADDRESS = "no_address"
    """Nothing that a browser opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is known of an address. `status`: the last answer's; `detail`: the last host and what happened, without the address's path."""

    finding: Finding
    status: int | None = None
    detail: str = ""
    content_type: str = ""

    @property
    def answers(self) -> bool:
        """Whether a resident finds something there."""
        return self.finding is Finding.ANSWERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far an address may lead. `private_hosts`: hosts ("host" or "host:port") that may be asked although they are inside."""

    proxy: str | None = None
    ca_bundle: str | None = None
    private_hosts: frozenset[str] = frozenset()


def ask(url: str, reach: Reach) -> Link:
    """Tell whether `url` answers. Takes some ten seconds at most for each of its redirects."""
    for _redirect in range(_MOST_REDIRECTS + 1):
        parts = parts_of(url)
        if parts is None:
            return Link(finding=Finding.NO_ADDRESS)
        answer = _ask_once(url, parts, reach)
        if isinstance(answer, Link):
            return answer
        url = urljoin(url, answer)
    return Link(finding=Finding.LOOPS, detail=urlsplit(url).hostname or "")


def parts_of(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if usable and parts.username is None else None


def _ask_once(url: str, parts: SplitResult, reach: Reach) -> Link | str:
    """Ask one address; return what it came to, or where it leads on."""
    host = parts.hostname or ""
    known = host in reach.private_hosts or parts.netloc in reach.private_hosts
    if not known and leads_inside(host, looked_up=reach.proxy is None):
        return Link(finding=Finding.PRIVATE, detail=host)
    network = Network(
        base_url=f"{parts.scheme}://{parts.netloc}", proxy=None if known else reach.proxy, ca_bundle=reach.ca_bundle
    )
    with Session(
        network,
        frozenset({parts.netloc}),
        judge=lambda _answer: None,
        timeout=(_CONNECT_SECONDS, _READ_SECONDS),
        deadline=_DEADLINE_SECONDS,
        max_body=_MOST_BYTES,
        welcome=anybody if known else is_public,
    ) as session:
        answer = _fetch(session, "HEAD", url)
        if _is_bad(answer) and not isinstance(answer, Retryable):
            # Some servers know no HEAD, and say so in every way there is.
            answer = _fetch(session, "GET", url)
    return _judged(host, answer)


def _fetch(session: Session, method: str, url: str) -> Response | ChannelError:
    try:
        return session.request(method, url)
    except ChannelError as error:
        return error


def _is_bad(answer: Response | ChannelError) -> bool:
    return isinstance(answer, ChannelError) or answer.status_code >= HTTPStatus.BAD_REQUEST


def _judged(host: str, answer: Response | ChannelError) -> Link | str:
    if isinstance(answer, ChannelError):
        inside = isinstance(answer.__cause__, UnwelcomeError)
        return Link(
            finding=Finding.PRIVATE if inside else Finding.UNREACHABLE, detail=host if inside else answer.detail
        )
    status = answer.status_code
    location = answer.headers.get("Location")
    if status in LEADS_ON and location:
        return location
    return Link(
        finding=Finding.ANSWERS if not _is_bad(answer) or status in _FOR_PROGRAMS else Finding.REFUSES,
        status=status,
        detail=host,
        content_type=answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
    )


def leads_inside(host: str, *, looked_up: bool) -> bool:
    """Tell whether a host is inside a private network. Where a proxy looks names up, only those that say so themselves are known."""
    if _is_number(host):
        return not is_public(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if not looked_up:
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # The request itself will say that there is no such host.
    return any(not is_public(str(entry[4][0])) for entry in found)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def anybody(_address: str) -> bool:
    return True


def is_public(address: str) -> bool:
    """Tell whether a machine's address is one that anybody on the internet can reach; what stands inside an IPv6 address counts."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found.sixtofour is not None:
            found = found.sixtofour
        elif found in _NAT64:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.is_global and not found.is_multicast
