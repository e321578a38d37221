"""A request and an answer, as the networks' parts of the sandbox see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

JSON = "application/json; charset=utf-8"
_LARGEST = 64 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Entry:
    """One line of the request log. No token, no body; `status` None: no answer was given."""

    number: int
    at: float
    method: str
    path: str
    network: str | None = None
    account: str | None = None
    status: int | None = None
    fault: str | None = None
    calls: int = 1
    """As how many the network counts it: Meta counts each of the `ids` that are asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the network says. `body`: anything JSON can hold, bytes or text as they are, None for an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    def response(self) -> Response:
        """Render it."""
        if self.body is None:
            return Response(status_code=self.status, headers=self.headers)
        content = self.body if isinstance(self.body, bytes | str) else json.dumps(self.body, separators=(",", ":"))
        return Response(content, self.status, self.headers, self.media_type)


class Refusal(Exception):
    """The network says no; nothing changed."""

    def __init__(self, answer: Answer) -> None:
        """Carry the answer."""
        self.answer = answer
        super().__init__(f"{answer.status}")


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read to its end."""

    method: str
    path: str
    raw_path: str
    raw_query: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    form: dict[str, str]
    files: dict[str, bytes]
    base_url: str
    entry: Entry
    fetched: bytes | None = None
    """What was found behind an address that the request names."""

    @property
    def url(self) -> str:
        """The address as the client sent it, without the query."""
        return self.base_url + self.raw_path

    @property
    def content_type(self) -> str:
        """Media type of the body, without parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer` header."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def json(self) -> Any:  # noqa: ANN401 (foreign JSON)
        """Parse the body. Raises ValueError."""
        try:
            return json.loads(self.body)
        except RecursionError as fault:
            raise ValueError("nested too deeply") from fault


async def read_call(request: Request, entry: Entry) -> Call:
    """Read a request to its end."""
    body = await _body(request)
    content_type = request.headers.get("content-type", "")
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    if content_type.startswith("multipart/form-data"):
        form, files = await _multipart(request)
    elif content_type.startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    raw_query = request.scope["query_string"].decode("latin-1")
    return Call(
        method=request.method,
        path=request.scope["path"],
        raw_path=request.scope["raw_path"].decode("latin-1"),
        raw_query=raw_query,
        query=dict(parse_qsl(raw_query, keep_blank_values=True)),
        headers=request.headers,
        body=body,
        form=form,
        files=files,
        base_url=f"{request.scope['scheme']}://{request.headers.get('host', '127.0.0.1')}",
        entry=entry,
    )


async def _body(request: Request) -> bytes:
    try:
        body = await request.body()
    except ClientDisconnect:  # nobody is left to read the answer
        raise Refusal(Answer(status=400, body="Bad Request", media_type="text/html")) from None
    if len(body) > _LARGEST:
        raise Refusal(Answer(status=413, body="Payload Too Large", media_type="text/html"))
    return body


async def _multipart(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    async with request.form(max_part_size=_LARGEST) as parts:
        for name, part in parts.multi_items():
            if isinstance(part, UploadFile):
                files[name] = await part.read()
            else:
                form[name] = part
    return form, files
