"""The address of this machine that a browser comes back to: whatever else knocks there, the right answer gets through."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from publisher.returning import Landing, WrongAnswerError

STATE = ("state", "oikea-tila")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_answer_gets_through_beside_idle_connections_icons_and_a_second_window(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Browsers open connections beforehand and say nothing on them; one hangs up in the middle of its request."""
    port = free_port()
    with ExitStack() as stack, Landing(f"http://127.0.0.1:{port}/", STATE) as landing:
        for words in (b"", b"GET /?state="):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            idle.sendall(words)
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall(b"GET / HT")
        assert ask(port, "/favicon.ico") == 404
        assert ask(port, "/") == 404
        assert ask(port, "/?code=1&state=oikea-tila") == 200
        assert ask(port, "/?code=2&state=oikea-tila") == 200
        assert ask(port, "/?code=3&state=muu") == 400
        assert landing.wait(3) == {"code": "1", "state": "oikea-tila"}
    assert capfd.readouterr().err == ""


def test_an_answer_to_another_question_ends_it(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing that comes after it is taken."""
    port = free_port()
    with Landing(f"http://127.0.0.1:{port}/", STATE) as landing:
        assert ask(port, "/?code=3&state=muu") == 400
        assert ask(port, "/?code=1&state=oikea-tila") == 200
        with pytest.raises(WrongAnswerError):
            landing.wait(3)
    assert "code" not in capfd.readouterr().err
