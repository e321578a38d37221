"""A network that says what it is told to: a real HTTP server with a list of answers, and a log of what it was asked."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from channels.session import Network


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; `path` with its query, not decoded."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Playback:
    """Plays its answers in order; once there are none left it refuses to go on."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: deque[tuple[int, bytes, dict[str, str]]] = deque()

    def answer(self, status: int = 200, body: Any = None, **headers: str) -> Self:
        """Add an answer. `body`: JSON, or text as it stands; header names with '_' for '-'."""
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self._answers.append((status, data, {name.replace("_", "-"): value for name, value in headers.items()}))
        return self

    @property
    def network(self) -> Network:
        return Network(base_url=self.url)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        assert not self._answers, f"{len(self._answers)} answers were never asked for"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        playback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                playback.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                status, data, headers = (
                    playback._answers.popleft() if playback._answers else (410, b'{"title": "no answer left"}', {})
                )
                self.send_response_only(status)
                for name, value in ({"Content-Length": str(len(data))} | headers).items():
                    self.send_header(name, value)
                if "Date" not in headers:
                    self.send_header("Date", self.date_time_string())
                if self.close_connection:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = reply  # noqa: N815 (the library's names)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        return Handler
