"""What stands at somebody else's address: a web page, a feed, a picture. Read over the one door to HTTP, with bounds on everything.

Whoever named the address may mean a machine inside the organisation's own network; what it leads on to may not: a redirect is a new
address, judged like any stranger's, five at most. An answer is read up to a size, and each address gets `SECONDS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urljoin, urlsplit

from channels.errors import ChannelError
from channels.links import LEADS_ON, Reach, anybody, is_public, leads_inside, parts_of
from channels.session import Network, Session, UnwelcomeError

SECONDS: Final = 12.0
_MOST_REDIRECTS: Final = 5
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 10.0


class Trouble(StrEnum):
    """Why an address could not be read."""

    NO_ADDRESS = "no_address"
    PRIVATE = "private"
    UNREACHABLE = "unreachable"
    REFUSES = "refuses"
    LOOPS = "loops"
    TOO_LARGE = "too_large"


class PageError(Exception):
    """An address could not be read. `detail`: the host and what happened, without the address's path."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was read. `url`: where it was found in the end. `charset` as the server says it, or ''."""

    url: str
    content_type: str
    charset: str
    body: bytes


def read(url: str, reach: Reach, most: int, *, named: bool = True) -> Page:
    """Read an address, `most` bytes of it. `named`: a person named its host, so it may be inside. Raises PageError."""
    if named:
        reach = replace(reach, private_hosts=reach.private_hosts | {urlsplit(url).netloc})
    for _redirect in range(_MOST_REDIRECTS + 1):
        found = _read_once(url, reach, most)
        if isinstance(found, Page):
            return found
        url = urljoin(url, found)
    raise PageError(Trouble.LOOPS, urlsplit(url).hostname or "")


def _read_once(url: str, reach: Reach, most: int) -> Page | str:
    """Read one address; return what stands there, or where it leads on."""
    parts = parts_of(url)
    if parts is None:
        raise PageError(Trouble.NO_ADDRESS)
    host = parts.hostname or ""
    known = host in reach.private_hosts or parts.netloc in reach.private_hosts
    if not known and leads_inside(host, looked_up=reach.proxy is None):
        raise PageError(Trouble.PRIVATE, host)
    network = Network(
        base_url=f"{parts.scheme}://{parts.netloc}", proxy=None if known else reach.proxy, ca_bundle=reach.ca_bundle
    )
    with Session(
        network,
        frozenset({parts.netloc}),
        judge=lambda _answer: None,
        timeout=(_CONNECT_SECONDS, _READ_SECONDS),
        deadline=SECONDS,
        max_body=most + 1,
        welcome=anybody if known else is_public,
    ) as session:
        try:
            answer = session.request("GET", url, headers={"Accept": "*/*"})
        except ChannelError as error:
            inside = isinstance(error.__cause__, UnwelcomeError)
            raise PageError(
                Trouble.PRIVATE if inside else Trouble.UNREACHABLE, host if inside else error.detail
            ) from error
    location = answer.headers.get("Location")
    if answer.status_code in LEADS_ON and location:
        return location
    if answer.status_code != 200:
        raise PageError(Trouble.REFUSES, f"{host}: HTTP {answer.status_code}")
    if len(answer.content) > most:
        raise PageError(Trouble.TOO_LARGE, host)
    content_type, _semicolon, more = answer.headers.get("Content-Type", "").partition(";")
    charset = more.strip().lower().removeprefix("charset=").strip(" \"'") if "charset=" in more.lower() else ""
    return Page(url=url, content_type=content_type.strip().lower(), charset=charset, body=answer.content)
