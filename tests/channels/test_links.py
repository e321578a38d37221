"""Whether an announced address answers, asked of real servers of this machine; and that nobody inside is ever asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from channels import links
from channels.links import Finding, Reach, ask, is_public


class _Service(BaseHTTPRequestHandler):
    """An e-service whose path says what it does."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def _answer(self, method: str) -> None:
        self.asked.append(f"{method} {self.path}")
        what, _slash, more = self.path.strip("/").partition("/")
        status = int(what) if what.isdigit() else 200
        if what == "nohead":
            status = 501 if method == "HEAD" else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", more if more.startswith("http") else f"/{more or '302'}")
        if what == "huge":
            self.send_header("Content-Length", str(10**9))
        else:
            self.send_header("Content-Length", "0")
        self.end_headers()
        if what == "huge" and method == "GET":
            self.wfile.write(b"x" * 200_000)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    _Service.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def here(server: ThreadingHTTPServer) -> str:
    _Service.asked.clear()
    return f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    "path, finding, status",
    [
        ("200", Finding.ANSWERS, 200),
        ("403", Finding.ANSWERS, 403),
        ("401", Finding.ANSWERS, 401),
        ("429", Finding.ANSWERS, 429),
        ("404", Finding.REFUSES, 404),
        ("410", Finding.REFUSES, 410),
        ("503", Finding.REFUSES, 503),
        ("302/200", Finding.ANSWERS, 200),
        ("301/404", Finding.REFUSES, 404),
        ("302", Finding.LOOPS, None),
        ("302/ftp", Finding.ANSWERS, 200),
    ],
)
def test_what_a_server_says_is_judged_as_a_resident_would(
    here: str, path: str, finding: Finding, status: int | None
) -> None:
    """Refusals that are meant for programs are answers; redirects are followed, and not for ever."""
    found = ask(f"http://{here}/{path}", Reach(private_hosts=frozenset({here})))
    assert (found.finding, found.status) == (finding, status)
    assert len(_Service.asked) <= 7


def test_get_comes_only_where_head_was_not_liked_and_reads_little(here: str) -> None:
    """A page of a gigabyte costs some kilobytes."""
    reach = Reach(private_hosts=frozenset({"127.0.0.1"}))
    assert ask(f"http://{here}/200", reach).answers
    assert _Service.asked == ["HEAD /200"]
    assert ask(f"http://{here}/nohead", reach).answers
    assert _Service.asked[1:] == ["HEAD /nohead", "GET /nohead"]
    assert ask(f"http://{here}/huge", reach).answers


def test_nobody_inside_is_asked(here: str) -> None:
    """Neither by number, by name, nor by a redirect from a host that may be asked."""
    port = here.rpartition(":")[2]
    for url in (f"http://{here}/", f"http://localhost:{port}/", "http://169.254.169.254/latest", "http://[::1]/"):
        assert ask(url, Reach()).finding is Finding.PRIVATE
    assert _Service.asked == []
    led = ask(f"http://{here}/302/http://localhost:{port}/200", Reach(private_hosts=frozenset({"127.0.0.1"})))
    assert led.finding is Finding.PRIVATE
    assert len(_Service.asked) == 1


def test_a_name_that_leads_elsewhere_at_the_second_look_up_is_found_out(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up before says public; the machine that is reached is not, and hears nothing."""
    monkeypatch.setattr(links, "leads_inside", lambda _host, looked_up: False)
    assert ask(f"http://{here}/200", Reach()).finding is Finding.PRIVATE
    assert _Service.asked == []


def test_a_proxy_is_asked_for_names_and_never_for_numbers_inside(here: str) -> None:
    """It looks names up by itself; what says by itself that it is inside goes to nobody."""
    reach = Reach(proxy=f"http://{here}")
    assert ask("http://asiointi.hausjarvi.example/200", reach).answers
    assert _Service.asked == ["HEAD http://asiointi.hausjarvi.example/200"]
    for host in ("localhost", "10.0.0.1", "[::ffff:127.0.0.1]"):
        assert ask(f"http://{host}/", reach).finding is Finding.PRIVATE
    assert len(_Service.asked) == 1


def test_where_nobody_answers_it_says_so() -> None:
    """A closed port; and the address's path, which may be anybody's secret, is not in the words."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = ask(f"http://127.0.0.1:{port}/salainen", Reach(private_hosts=frozenset({"127.0.0.1"})))
    assert found.finding is Finding.UNREACHABLE
    assert "127.0.0.1" in found.detail
    assert "salainen" not in found.detail


@pytest.mark.parametrize("url", ["ftp://example.fi/", "http://", "http://user:word@example.fi/", "file:///etc/passwd"])
def test_what_no_browser_opens_is_no_address(url: str) -> None:
    """Nothing is looked up for it."""
    assert ask(url, Reach()).finding is Finding.NO_ADDRESS


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.168.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_which_machines_are_public(address: str, public: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """What stands inside an IPv6 address counts as itself."""
    assert is_public(address) is public
