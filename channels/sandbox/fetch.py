"""Fetching a picture from an address that a request names; from this machine only, unless the settings name more hosts."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox

_LARGEST = 16 * 1024 * 1024
_PATIENCE = 5
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def own_picture(sandbox: Sandbox, address: str, base_url: str) -> bytes | None:
    """Give the bytes behind an address of the sandbox itself."""
    parts = urlsplit(address)
    if not parts.path.startswith("/cdn/") or f"{parts.scheme}://{parts.netloc}" not in {base_url, *sandbox.addresses}:
        return None
    return sandbox.cdn(parts.path)


def fetch(sandbox: Sandbox, address: str) -> bytes | None:
    """Fetch a picture; None for whatever Meta's fetcher would not take: other hosts, redirects, errors, other content types."""
    parts = urlsplit(address)
    allowed = _LOOPBACK | set(sandbox.settings.habits.fetch_hosts)
    if parts.scheme not in {"http", "https"} or not {parts.hostname, parts.netloc} & allowed:
        return None
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_PATIENCE)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("GET", target, headers={"User-Agent": "facebookexternalhit/1.1"})
        answer = connection.getresponse()
        data = answer.read(_LARGEST)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    good = answer.status == http.HTTPStatus.OK and answer.headers.get_content_type().startswith("image/")
    return data if good else None
