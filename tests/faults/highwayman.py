"""A proxy that stands between a channel and its network and spoils answers on their way back; what was asked always takes effect."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from tests.channels.test_session import read_request

Spoil = Callable[[socket.socket, bytes], None]
"""What is sent to the client instead of the answer, which is the second argument."""


@dataclass
class Highwayman:
    """Passes everything on to `upstream`, but for answers to requests that match `method` and `path`."""

    upstream: str
    spoil: Spoil | None = None
    method: str = "POST"
    path: str = ""
    times: int | None = 1
    spoilt: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """How long the client stood each spoilt answer."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = read_request(connection)
            if not request:
                return
            answer = self._ask(request)
            if self.spoil is None or not self._matches(request):
                connection.sendall(answer)
                return
            began = time.monotonic()
            with suppress(OSError):
                self.spoil(connection, answer)
            self.seconds.append(time.monotonic() - began)

    def _matches(self, request: bytes) -> bool:
        method, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ")
        hit = method == self.method and re.search(self.path, target) is not None
        if not hit or (self.times is not None and len(self.spoilt) >= self.times):
            return False
        self.spoilt.append(f"{method} {target}")
        return True

    def _ask(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        port = urlsplit(self.upstream).port
        with socket.create_connection(("127.0.0.1", port or 80)) as upstream:
            upstream.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            answer = b""
            while piece := upstream.recv(65536):
                answer += piece
        return answer
