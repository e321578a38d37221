"""Where a browser comes back to after a person's consent: an address of this machine, served once."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from publisher.locale import _, current

if TYPE_CHECKING:
    from typing import Self

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_LONGEST = 8192
_SLOWEST = 10.0
"""Seconds after which a connection that says nothing is given up."""


class WrongAnswerError(Exception):
    """An answer that does not belong to what was asked here: a second browser window, or somebody else's doing."""


def is_ours(redirect_uri: str) -> bool:
    """Tell whether a browser that is sent there comes to this machine."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def read_answer(address: str, echo: tuple[str, str] | None) -> dict[str, str]:
    """Take the answer out of the address that the browser ended at; raises WrongAnswerError if it lacks what was to come back."""
    answer = dict(parse_qsl(urlsplit(address.strip()).query))
    if "denied" in answer and echo is not None and echo[0] == "oauth_token":
        # X sends the request token under this name when somebody declines.
        answer["oauth_token"] = answer["denied"]
    if echo is not None and not hmac.compare_digest(answer.get(echo[0], "").encode(), echo[1].encode()):
        raise WrongAnswerError
    return answer


def was_denied(answer: Mapping[str, str]) -> bool:
    """Tell whether the person declined."""
    refusals = {"access_denied", "user_cancelled_login", "user_cancelled_authorize"}
    return "denied" in answer or answer.get("error") in refusals


class _Server(ThreadingHTTPServer):
    """A thread for each connection: browsers open some beforehand and send nothing on them."""

    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """Whoever hangs up is no news: it would be a traceback in the middle of a login."""


class Landing:
    """Waits at the address of this machine that the network sends the browser to."""

    def __init__(self, redirect_uri: str, echo: tuple[str, str] | None) -> None:
        """Take the port. Raises OSError if somebody else has it."""
        parts = urlsplit(redirect_uri)
        self._address = "127.0.0.1"
        self._echo = echo
        self._path = parts.path or "/"
        self._answer: dict[str, str] | None = None
        self._wrong = False
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._server = _Server((self._address, parts.port or 80), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> dict[str, str] | None:
        """Wait for the browser; None if it does not come in time. Raises WrongAnswerError."""
        end = time.monotonic() + seconds
        # In short pieces, so that Ctrl-C ends it at once.
        while not self._came.wait(0.2) and time.monotonic() < end:
            pass
        if self._wrong:
            raise WrongAnswerError
        return self._answer

    def _take(self, answer: dict[str, str] | None) -> None:
        """Keep the first answer; None: one that was not asked for. A page that is opened again changes nothing."""
        with self._lock:
            if self._answer is None and not self._wrong:
                self._answer, self._wrong = answer, answer is None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        landing = self

        class Handler(BaseHTTPRequestHandler):
            server_version = "tiedote"
            sys_version = ""
            timeout = _SLOWEST

            def do_GET(self) -> None:
                parts = urlsplit(self.path[:_LONGEST])
                if parts.path != landing._path or not parts.query:
                    self._say(404, _("There is nothing here."))
                    return
                try:
                    answer = read_answer(self.path, landing._echo)
                except WrongAnswerError:
                    landing._take(None)
                    self._say(400, _("This answer does not belong to the login that is waiting. Nothing was stored."))
                else:
                    landing._take(answer)
                    self._say(200, _("Done here. Close this window and go back to the terminal."))
                landing._came.set()

            def _say(self, status: int, words: str) -> None:
                page = f'<!doctype html><html lang="{current()}"><meta charset="utf-8"><title>Tiedote</title><p>{escape(words)}</p></html>'
                body = page.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: Any) -> None:  # noqa: ANN401 - the library's signature
                """The address has a code in it, and goes into no log."""

        return Handler
