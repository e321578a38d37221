"""Checking OAuth 1.0a signatures (RFC 5849, HMAC-SHA1) for the address that was received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from channels.sandbox.wire import Call

_SLACK = 300
_NONCES = 50_000


class Nonces:
    """Nonces seen lately: one that comes again is a replay."""

    def __init__(self) -> None:
        """Start with none seen."""
        self._seen: dict[tuple[str, str], None] = {}

    def fresh(self, stamp: str, nonce: str) -> bool:
        """Tell whether this pair is new, and remember it."""
        if (stamp, nonce) in self._seen:
            return False
        self._seen[stamp, nonce] = None
        if len(self._seen) > _NONCES:
            del self._seen[next(iter(self._seen))]
        return True


def read_header(header: str) -> dict[str, str]:
    """Take an `Authorization: OAuth …` header apart; empty if it is none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}


def is_signed(call: Call, oauth: dict[str, str], api_secret: str, token_secret: str, nonces: Nonces) -> bool:
    """Tell whether the signature fits this request, its time is near now, and its nonce is new.

    The time is compared with real time: clients do not sign with the sandbox's clock.
    """
    stamp = oauth.get("oauth_timestamp", "")
    if (
        oauth.get("oauth_signature_method") != "HMAC-SHA1"
        or not stamp.isdecimal()
        or abs(time.time() - int(stamp)) > _SLACK
    ):
        return False
    base = signature_base(call, oauth)
    key = f"{_encoded(api_secret)}&{_encoded(token_secret)}".encode()
    expected = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha1).digest()).decode()
    return hmac.compare_digest(expected, oauth.get("oauth_signature", "")) and nonces.fresh(
        stamp, oauth.get("oauth_nonce", "")
    )


def signature_base(call: Call, oauth: dict[str, str]) -> str:
    """Build what is signed: method, address, and every parameter in order. JSON and multipart bodies are not part of it."""
    parts = urlsplit(call.url)
    address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    pairs = [(name, value) for name, value in oauth.items() if name not in {"oauth_signature", "realm"}]
    pairs += parse_qsl(call.raw_query, keep_blank_values=True)
    if call.content_type == "application/x-www-form-urlencoded":
        pairs += parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return "&".join(_encoded(part) for part in (call.method.upper(), address, _normalised(pairs)))


def _normalised(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={value}" for name, value in sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    )


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
