"""Rest.li 2.0 as LinkedIn speaks it: raw paths, `List(…)`, and refusals for what is encoded wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from channels.sandbox.wire import Answer, Call, Refusal

_ENCODED_ONCE = re.compile(r"[A-Za-z0-9._~%!*'-]*")
URN = re.compile(r"urn:li:(share|ugcPost|activity|comment|organization|person|image):(.+)")


def trouble(status: int, message: str, code: str | None = None, service: int | None = None, **more: Any) -> Refusal:  # noqa: ANN401
    """Word a LinkedIn error; any of the members may be absent there."""
    body: dict[str, Any] = {"status": status}
    if service is not None:
        body["serviceErrorCode"] = service
    if code is not None:
        body["code"] = code
    return Refusal(Answer(status=status, body={**body, "message": message, **more}))


def unresolved() -> Refusal:
    """Say what LinkedIn says to an address it cannot read."""
    return trouble(400, "Resource method could not be resolved from request parameters.", "ILLEGAL_ARGUMENT")


def segments(raw_path: str) -> list[str]:
    """Split a path below /rest/ into decoded keys; a URN that came unencoded is refused."""
    parts = [part for part in raw_path.removeprefix("/rest/").split("/") if part]
    return [_key(part) for part in parts]


def _key(part: str) -> str:
    if part.startswith("(") and part.endswith(")"):
        return part
    if ":" in part or "(" in part or "," in part:
        raise unresolved()
    return _decoded(part)


def _decoded(part: str) -> str:
    key = unquote(part)
    if "%3A" in key or "%3a" in key:
        # Encoded twice.
        raise unresolved()
    return key


def compound(part: str) -> dict[str, str]:
    """Read a compound key `(actor:…,entity:…)`."""
    if not (part.startswith("(") and part.endswith(")")):
        raise unresolved()
    pairs = (item.partition(":") for item in part[1:-1].split(","))
    return {name: _decoded(value) for name, _, value in pairs}


def parameters(raw_query: str) -> Mapping[str, str]:
    """Take a query apart without decoding its values."""
    pairs = (pair.partition("=") for pair in raw_query.split("&") if pair)
    found = {unquote(name): value for name, _, value in pairs}
    for name in found:
        if "[" in name or ("." in name and name.split(".")[0] in {"timeIntervals", "shares", "ugcPosts"}):
            raise trouble(400, "Invalid query parameters passed to request", service=0)
    return found


def value(query: Mapping[str, str], name: str) -> str | None:
    """Read a plain value."""
    raw = query.get(name)
    if raw is None:
        return None
    if not _ENCODED_ONCE.fullmatch(raw):
        raise trouble(400, "Invalid query parameters passed to request", service=0)
    return _decoded(raw)


def many(query: Mapping[str, str], name: str) -> list[str]:
    """Read a `List(a,b)`: brackets and commas raw, items encoded."""
    raw = query.get(name)
    if raw is None:
        return []
    if not (raw.startswith("List(") and raw.endswith(")")):
        raise trouble(400, f"Parameter '{name}' is invalid")
    items = [item for item in raw[5:-1].split(",") if item]
    if not all(_ENCODED_ONCE.fullmatch(item) for item in items):
        raise trouble(400, f"Parameter '{name}' is invalid")
    return [_decoded(item) for item in items]


def number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Read a count."""
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) > most:
        raise trouble(400, f"Parameter '{name}' is invalid")
    return int(text)


def body_of(call: Call) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        body = call.json() if call.content_type == "application/json" else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise trouble(400, "Request body could not be converted to data map", "ILLEGAL_ARGUMENT")
    return body


def schema(body: Mapping[str, Any], required: Mapping[str, type], optional: Mapping[str, type], at: str = "") -> None:
    """Hold a body against its fields, as the server's schema does: all faults in one answer."""
    faults = [
        f"ERROR :: {at}/{name} :: field is required but not found and has no default value"
        for name in required
        if name not in body
    ]
    faults += [
        f"ERROR :: {at}/{name} :: unrecognized field found but not allowed"
        for name in body
        if name not in {**required, **optional}
    ]
    for name, kind in {**required, **optional}.items():
        if name in body and not isinstance(body[name], kind):
            faults.append(f"ERROR :: {at}/{name} :: {body[name]!r} cannot be coerced to {kind.__name__}")
    if faults:
        raise trouble(422, "\n".join(faults) + "\n")


def paging(
    path: str, query: Mapping[str, str], start: int, count: int, total: int, elements: list[Any]
) -> dict[str, Any]:
    """Frame one page; `next` is there as long as more follows."""
    links = []
    if start + count < total:
        kept = "&".join(f"{name}={raw}" for name, raw in query.items() if name != "start")
        href = f"{path}?{kept}{'&' if kept else ''}start={start + count}"
        links.append({"type": "application/json", "rel": "next", "href": href})
    return {"paging": {"start": start, "count": count, "links": links, "total": total}, "elements": elements}
