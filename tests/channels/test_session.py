"""The door to HTTP, held against a server that does everything a server should not."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
import tweepy  # type: ignore[import-untyped]
from facebook import GraphAPI
from hypothesis import example, given
from hypothesis import strategies as st
from requests.models import Request, Response
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from channels.base import Usage
from channels.errors import (
    AccountBlocked,
    ChannelError,
    Gone,
    Kind,
    OutcomeUnknown,
    Rejected,
    Retryable,
    Unexpected,
)
from channels.session import Network, Session, error_by_status, waiting_time
from channels.wire import answered_at

TOKEN = "EAAB-secret-token-7f3a"
WORDS = "Rakennuslupaa haetaan verkossa"
HOSTS = frozenset({"graph.facebook.com", "rupload.facebook.com"})
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Server:
    """A TCP server that hands each connection to `behave`, with what `read_request` read from it."""

    behave: Callable[[socket.socket, bytes], None]
    reads: bool = True
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    sent: int = 0

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if not self.reads:
                self.behave(connection, b"")
            while self.reads and (request := read_request(connection)):
                self.requests.append(request)
                self.behave(connection, request)

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.sent += len(data)


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answers(data: bytes, *, then_close: bool = False) -> Server:
    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        if then_close:
            connection.shutdown(socket.SHUT_RDWR)

    return Server(behave)


def reset(connection: socket.socket, request: bytes) -> None:
    """Close so that the other side gets RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def a_session(base_url: str | None, **settings: Any) -> Session:
    network = settings.pop("network", None) or Network(base_url=base_url)
    quick: dict[str, Any] = {"judge": error_by_status, "timeout": (0.5, 0.5), "deadline": 5.0}
    session = Session(network, HOSTS, **(quick | settings))
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    return session


def post(session: Session) -> Response:
    return session.post("https://graph.facebook.com/v25.0/1/feed", data={"message": WORDS})


def everything_said(error: BaseException) -> str:
    """The error as a log would show it, and every exception that hangs on it."""
    seen = [error]
    for one in seen:
        seen += [other for other in (one.__cause__, one.__context__) if other is not None and other not in seen]
    return "".join(traceback.format_exception(error)) + "".join(f"{one!r} {vars(one)!r}" for one in seen)


# What was never sent


@contextmanager
def nobody_there() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def nobody_accepts() -> Iterator[str]:
    """A listener whose queue is full, so that a connection is neither taken nor refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for one in waiting:
            one.close()


@contextmanager
def unknown_name() -> Iterator[str]:
    yield "http://tiedote.invalid"


@contextmanager
def no_tls() -> Iterator[str]:
    with answers(b"HTTP/1.1 400 This is not TLS\r\n\r\n", then_close=True) as server:
        server.reads = False
        yield f"https://127.0.0.1:{server.port}"


@pytest.mark.parametrize("somewhere", [nobody_there, nobody_accepts, unknown_name, no_tls])
def test_what_never_left_may_be_sent_again(somewhere):
    """A connection that was not made is a clean failure: the same step may run again."""
    with somewhere() as url, pytest.raises(Retryable) as caught:
        post(a_session(url))
    assert caught.value.kind is Kind.UNREACHABLE
    assert isinstance(caught.value.__cause__, OSError | HTTPError)
    assert TOKEN not in everything_said(caught.value)


def test_a_trickling_handshake_ends_at_the_deadline_and_left_nothing():
    """TLS that never finishes is cut at the deadline, and it is known that no request was sent."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    with Server(behave, reads=False) as server:
        started = time.monotonic()
        with pytest.raises(Retryable):
            post(a_session(f"https://127.0.0.1:{server.port}", deadline=0.6))
        assert time.monotonic() - started < 2


# What may have taken effect


def hang(connection: socket.socket, request: bytes) -> None:
    connection.recv(1)


def reset_early(connection: socket.socket, request: bytes) -> None:
    connection.recv(1)
    reset(connection, request)


def trickle_headers(connection: socket.socket, request: bytes) -> None:
    for byte in b"HTTP/1.1 201 Created\r\nX-Slow: " + b"a" * 10_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def trickle_a_refusal(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 404 Not Found\r\n")
    trickle_headers(connection, request)


def trickle_body(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"a")
        time.sleep(0.05)


DOUBTS = {
    "reset before it was read": Server(reset_early, reads=False),
    "reset after it was read": Server(reset),
    "closed after it was read": Server(lambda connection, request: connection.shutdown(socket.SHUT_RDWR)),
    "no answer": Server(hang),
    "died among the headers": answers(b"HTTP/1.1 201 Created\r\nContent-Type: application/js", then_close=True),
    "died after the length": answers(b"HTTP/1.1 201 Created\r\nContent-Length: 40\r\n", then_close=True),
    "died in the body": answers(b'HTTP/1.1 201 Created\r\nContent-Length: 40\r\n\r\n{"id": "1', then_close=True),
    "died in a chunk": answers(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nabc", then_close=True),
    "bad chunk": answers(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then_close=True),
    "not HTTP": answers(b"SSH-2.0-OpenSSH_9.2\r\n", then_close=True),
    "bad gzip": answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
    "headers trickle": Server(trickle_headers),
    "body trickles": Server(trickle_body),
    "a refusal trickles": Server(trickle_a_refusal),
}


@pytest.mark.parametrize("fault", DOUBTS)
def test_whatever_breaks_after_sending_is_doubt(fault):
    """Once a byte may have left, no failure is taken for "nothing happened", and the deadline holds for every one."""
    with DOUBTS[fault] as server:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown) as caught:
            post(a_session(server.url, deadline=1.0))
        assert time.monotonic() - started < 3
        assert server.connections == 1, "it was tried again"
    assert caught.value.kind is Kind.ANSWER_LOST
    assert TOKEN not in everything_said(caught.value)
    assert WORDS not in everything_said(caught.value)


def test_an_endless_answer_is_left_at_the_cap():
    """A server that sends ten gigabytes gets rid of a few megabytes."""

    def behave(connection: socket.socket, request: bytes) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        for _ in range(10_000):
            server.send(connection, b"a" * 1_000_000)

    with Server(behave) as server, pytest.raises(OutcomeUnknown):
        post(a_session(server.url, max_body=1_000_000))
    assert server.sent < 60_000_000


def test_a_gzip_bomb_is_not_unpacked_whole():
    """50 kB that unpack to 50 MB cost a few megabytes at most."""
    bomb = gzip.compress(b"a" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with answers(head + bomb) as server:
        tracemalloc.start()
        with pytest.raises(OutcomeUnknown):
            post(a_session(server.url, max_body=1_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(bomb) < 60_000
    assert peak < 6_000_000


def test_a_bomb_in_a_bomb_is_not_unpacked_whole():
    """Five hundred bytes that unpack to 200 MB in two goes; the first one's output is bounded, too."""
    bomb = gzip.compress(gzip.compress(b"0" * 200_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with answers(head + bomb) as server:
        tracemalloc.start()
        with pytest.raises(OutcomeUnknown):
            post(a_session(server.url, max_body=1_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(bomb) < 1_000
    assert peak < 6_000_000


def test_an_answer_that_fits_is_read_to_its_end():
    """Packed answers below the cap arrive unpacked."""
    body = gzip.compress(json.dumps({"data": ["ä"] * 1000}).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with answers(head + body) as server:
        assert post(a_session(server.url)).json() == {"data": ["ä"] * 1000}


def test_an_empty_answer_that_says_so_is_whole():
    """201 and 204 without a body are answers, not accidents."""
    with answers(b"HTTP/1.1 201 Created\r\nx-restli-id: urn:li:share:1\r\nContent-Length: 0\r\n\r\n") as server:
        assert post(a_session(server.url)).headers["X-RestLi-Id"] == "urn:li:share:1"
    with answers(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        assert post(a_session(server.url)).content == b""


# Redirects, cookies, environment


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status):
    """A redirect is an answer nobody asked for; following it could post twice or take a page for success."""
    answer = f"HTTP/1.1 {status} Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
    with answers(answer) as server:
        for method in ("POST", "GET"):
            with pytest.raises(Unexpected):
                a_session(server.url).request(method, "https://graph.facebook.com/v25.0/1/feed")
        assert [request.split()[1] for request in server.requests] == [b"/v25.0/1/feed"] * 2


def test_a_cookie_is_never_given_back():
    """What a network wants us to remember is forgotten."""
    answer = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: id=7; Path=/\r\n\r\n")
    with answers(answer) as server:
        session = a_session(server.url)
        post(session)
        post(session)
        assert not any(b"cookie" in request.lower() for request in server.requests)


def test_the_environment_does_not_speak(tmp_path, monkeypatch):
    """Neither a .netrc nor proxy variables change where a request goes or whose it is."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password person\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with nobody_there() as proxy, answers(OK) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)
        post(a_session(server.url))
        assert f"Authorization: Bearer {TOKEN}".encode() in server.requests[0]


# Hosts


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/v25.0/me",
        "http://graph.facebook.com/v25.0/me",
        "https://graph.facebook.com:8443/v25.0/me",
        "https://graph.facebook.com@example.org/v25.0/me",
        "https://example.org\\@graph.facebook.com/v25.0/me",
        "https://graph.facebook.com.example.org/v25.0/me",
        "//graph.facebook.com/v25.0/me",
        "/v25.0/me",
    ],
)
def test_a_host_that_is_not_the_networks_is_never_called(url):
    """A wrong host is refused before anything leaves, in plain words."""
    with pytest.raises(Unexpected, match="nothing was sent") as caught:
        a_session(None).get(url)
    assert TOKEN not in everything_said(caught.value)


def test_a_prepared_request_is_held_to_the_same_hosts():
    """There is no way round the check by preparing a request oneself."""
    with answers(OK) as own, answers(OK) as other:
        session = a_session(own.url)
        foreign = a_session(other.url).prepare_request(Request("GET", other.url))
        with pytest.raises(Unexpected, match="nothing was sent"):
            session.send(foreign)
        assert other.connections == 0


def test_all_hosts_of_a_network_move_together():
    """With a base URL the API and the upload host are both there, path and query kept, and its own URLs are taken as they are."""
    with answers(OK) as server:
        session = a_session(server.url)
        session.get("https://graph.facebook.com/v25.0/me?fields=id")
        session.post("https://rupload.facebook.com/ig-api-upload/v25.0/1", data=b"bytes")
        session.get(f"{server.url}/cdn/7.jpg")
        paths = [request.split()[1] for request in server.requests]
        assert paths == [b"/v25.0/me?fields=id", b"/ig-api-upload/v25.0/1", b"/cdn/7.jpg"]
        assert all(f"Host: 127.0.0.1:{server.port}".encode() in request for request in server.requests)


def test_a_moved_network_is_not_called_where_it_was():
    """With a base URL elsewhere, nothing reaches for the real host, nor for a third one."""
    with answers(OK) as server, answers(OK) as third:
        with pytest.raises(Unexpected):
            a_session(server.url).get(f"{third.url}/v25.0/me")
        assert third.connections == 0


def test_only_allowed_hosts_are_called():
    """`allowed_hosts` is a lock on top: by name, or by name and port."""
    with answers(OK) as server:
        for allowed in ("127.0.0.1", f"127.0.0.1:{server.port}"):
            network = Network(base_url=server.url, allowed_hosts=frozenset({allowed}))
            assert post(a_session(None, network=network)).status_code == 200
        network = Network(base_url=server.url, allowed_hosts=frozenset({"127.0.0.1:1"}))
        with pytest.raises(Unexpected, match="allows"):
            post(a_session(None, network=network))
        assert len(server.requests) == 2


def test_with_only_loopback_allowed_no_library_leaves_the_machine():
    """Requests, facebook-sdk and tweepy all stop at the same door."""
    loopback = Network(allowed_hosts=frozenset({"127.0.0.1", "localhost", "::1"}))
    session = Session(loopback, HOSTS | {"api.twitter.com"}, judge=error_by_status)
    client = tweepy.Client(bearer_token=TOKEN)
    client.session = session
    for call in (
        lambda: session.get("https://graph.facebook.com/v25.0/me"),
        lambda: GraphAPI(None, session=session).request("v25.0/me"),
        lambda: client.get_tweets(["1"]),
    ):
        with pytest.raises(Unexpected, match="nothing was sent"):
            call()


def test_a_proxy_is_used_for_the_world_and_never_for_loopback():
    """The configured proxy is asked for the real host, its refusal is a clean failure; loopback goes straight."""
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with answers(refusal) as proxy, answers(OK) as server:
        with pytest.raises(Retryable) as caught:
            post(a_session(None, network=Network(proxy=proxy.url)))
        assert caught.value.kind is Kind.UNREACHABLE
        assert proxy.requests[0].startswith(b"CONNECT graph.facebook.com:443 ")
        assert TOKEN.encode() not in proxy.requests[0]
        post(a_session(None, network=Network(base_url=server.url, proxy=proxy.url)))
        assert len(server.requests) == 1
        assert proxy.connections == 1


def test_a_proxys_password_is_not_in_a_repr():
    """A proxy's address can hold a password."""
    assert "password" not in repr(Network(proxy="http://user:password@proxy.example:3128"))


# Connections


def test_reads_share_a_connection_and_a_write_gets_a_fresh_one():
    """A kept connection may be dying; no write depends on one."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(OK)
        if b"connection: close" in request.lower():
            connection.shutdown(socket.SHUT_RDWR)

    with Server(behave) as server:
        session = a_session(server.url)
        for _ in range(3):
            session.get("https://graph.facebook.com/v25.0/me")
        assert server.connections == 1
        post(session)
        assert server.connections == 2
        assert b"Connection: close" in server.requests[-1]


def test_a_finished_request_leaves_no_thread_behind():
    """The watch over a request ends with it."""
    with answers(OK) as server:
        before = {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}
        post(a_session(server.url, deadline=60))
        time.sleep(0.05)
        after = {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}
    assert after <= before


CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFS3uvkk6c0889vUJ
+9hJ9J+NBo5/Ku0yJD9N5r6ziNuhRANCAARkFim7BaSvqOtvZwhglY2iglbvdn8D
rlKs441uebCkU4CbhpAsH8XKnbI/Z4AtnepAwcO/hc62VJYqmqFyFYWQ
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBbDCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxUaWVkb3Rl
IHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV
BAMMDFRpZWRvdGUgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGQWKbsF
pK+o629nCGCVjaKCVu92fwOuUqzjjW55sKRTgJuGkCwfxcqdsj9ngC2d6kDBw7+F
zrZUliqaoXIVhZCjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYcEfwAA
AYIJbG9jYWxob3N0MB0GA1UdDgQWBBS6lR7ayJxwZQa4DoI+c5CZSZaMSDAKBggq
hkjOPQQDAgNHADBEAiA+rHAzcTdYrLn5STpqs4oXS+GwPahFn2hEnewDYrRLrgIg
B0otV+emtJ0oeSnERsfmmwBIAorzEtM57FVrR8kRhWQ=
-----END CERTIFICATE-----
"""
"""Made for this test: 127.0.0.1, its own issuer, from 2020 to 2120. It protects nothing."""


def test_tls_is_verified_and_a_bundle_of_ones_own_is_enough(tmp_path):
    """An unknown issuer makes no connection; named as `ca_bundle` it does, and the request is not sent in clear."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(CERTIFICATE, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)

    def behave(connection: socket.socket, request: bytes) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            server.requests.append(read_request(secure))
            secure.sendall(OK)

    with Server(behave, reads=False) as server:
        url = f"https://127.0.0.1:{server.port}"
        with pytest.raises(Retryable) as caught:
            post(a_session(url))
        assert caught.value.kind is Kind.UNREACHABLE
        assert server.requests == []
        assert post(a_session(None, network=Network(base_url=url, ca_bundle=str(bundle)))).json() == {}


def test_an_answer_that_trickles_through_tls_ends_at_the_deadline_too(tmp_path):
    """The watch shuts the line below TLS."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(CERTIFICATE, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)

    def behave(connection: socket.socket, request: bytes) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            trickle_body(secure, request)

    with Server(behave, reads=False) as server:
        network = Network(base_url=f"https://127.0.0.1:{server.port}", ca_bundle=str(bundle))
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            post(a_session(None, network=network, deadline=0.6))
        assert time.monotonic() - started < 2


# Judging


def an_answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"{}") -> Server:
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return answers(f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body)


@pytest.mark.parametrize(
    "status, error, kind",
    [
        (400, Rejected, Kind.POST_REFUSED),
        (401, AccountBlocked, Kind.TOKEN_INVALID),
        (403, AccountBlocked, Kind.PERMISSION_MISSING),
        (404, Gone, Kind.POST_GONE),
        (408, OutcomeUnknown, Kind.ANSWER_LOST),
        (409, OutcomeUnknown, Kind.ANSWER_LOST),
        (413, Rejected, Kind.POST_REFUSED),
        (418, Unexpected, Kind.NOT_UNDERSTOOD),
        (422, Rejected, Kind.POST_REFUSED),
        (425, OutcomeUnknown, Kind.ANSWER_LOST),
        (429, Retryable, Kind.RATE_LIMITED),
        (500, OutcomeUnknown, Kind.ANSWER_LOST),
        (503, OutcomeUnknown, Kind.ANSWER_LOST),
        (522, OutcomeUnknown, Kind.ANSWER_LOST),
    ],
)
def test_a_status_alone_tells_what_to_do(status, error, kind):
    """The default judge: refusals are definite, what hides the outcome is doubt."""
    with an_answer(status, body=b"<html>an error page</html>") as server, pytest.raises(ChannelError) as caught:
        post(a_session(server.url))
    assert type(caught.value) is error
    assert caught.value.kind is kind
    assert "html" not in str(caught.value)


def test_the_channels_judge_decides():
    """An answer with a good status can be an error by the network's own rules."""
    with answers(OK) as server, pytest.raises(Rejected) as caught:
        post(a_session(server.url, judge=lambda response: Rejected(Kind.DUPLICATE, response.text)))
    assert caught.value.detail == "{}"


def a_response(**headers: str) -> Response:
    response = Response()
    response.headers = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return response


NOW = "Tue, 01 Dec 2026 07:00:00 GMT"
EPOCH = int(datetime(2026, 12, 1, 7, 0, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "headers, wait",
    [
        ({"Retry_After": "30"}, timedelta(seconds=30)),
        ({"Retry_After": "Tue, 01 Dec 2026 07:05:00 GMT", "Date": NOW}, timedelta(minutes=5)),
        ({"Retry_After": "Tue, 01 Dec 2026 06:00:00 GMT", "Date": NOW}, timedelta(0)),
        ({"x_rate_limit_reset": str(EPOCH + 900), "Date": NOW}, timedelta(minutes=15)),
        ({"x_rate_limit_reset": str(EPOCH - 900), "Date": NOW}, timedelta(0)),
        ({"Retry_After": "99999999999999999999"}, timedelta(days=7)),
        ({"Retry_After": "9" * 5000}, timedelta(days=7)),
        ({"Retry_After": "0"}, timedelta(0)),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": NOW}, timedelta(days=7)),
        ({"x_rate_limit_reset": str(10**11), "Date": NOW}, timedelta(days=7)),
        ({"Retry_After": "soon", "Date": NOW}, None),
        ({"Retry_After": "-5"}, None),
        ({"x_rate_limit_reset": "9" * 30, "Date": NOW}, None),
        ({"x_rate_limit_reset": str(EPOCH)}, None),
        ({}, None),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers, wait):
    """Seconds, moments and nonsense, all by the network's own clock."""
    assert waiting_time(a_response(**headers)) == wait


_HEADER = (
    st.text(st.characters(max_codepoint=255))
    | st.integers().map(str)
    | st.from_regex(r"Mon, [0-9]{1,4} Jan [0-9]{1,12} [0-9]{1,3}:[0-9]{2}:[0-9]{2} [+-]?[A-Z0-9]{1,12}", fullmatch=True)
)


@given(asked=_HEADER, reset=_HEADER, date=_HEADER)
@example(asked="", reset=str(EPOCH), date="0, 0 Jan 2150000000 0:00:00 0")
def test_no_header_about_waiting_raises_or_asks_for_more_than_a_week(asked, reset, date):
    """Whatever a proxy or a broken server puts there: an answer is never lost to its headers."""
    answer = a_response(Retry_After=asked, x_rate_limit_reset=reset, Date=date)
    assert timedelta(0) <= (waiting_time(answer) or timedelta(0)) <= timedelta(days=7)
    moment = answered_at(answer)
    assert moment is None or moment.tzinfo is UTC


def test_what_answers_tell_of_an_allowance_is_handed_over_once():
    """The gauge reads good answers and refusals; the latest figure of each allowance counts, and asking again finds nothing."""

    def gauge(response):
        yield Usage(name="calls", used=response.status_code)

    with an_answer(429, {"Retry-After": "60"}) as refusing, an_answer(200) as good:
        session = a_session(good.url, gauge=gauge)
        post(session)
        assert session.take_usage() == (Usage(name="calls", used=200),)
        assert session.take_usage() == ()
        session = a_session(refusing.url, gauge=gauge)
        with pytest.raises(Retryable) as caught:
            post(session)
    assert session.take_usage() == (Usage(name="calls", used=429),)
    assert caught.value.after == timedelta(seconds=60)
    assert caught.value.announced


def test_a_ration_ends_before_anything_is_sent():
    """Two calls are allowed and made; the third is refused here and never arrives. Without a ration it goes on."""
    with an_answer(200) as server:
        session = a_session(server.url)
        session.ration(2)
        post(session)
        post(session)
        with pytest.raises(Retryable) as caught:
            post(session)
        assert caught.value.kind is Kind.QUOTA_USED
        assert len(server.requests) == 2
        session.ration(None)
        post(session)
        assert len(server.requests) == 3


def test_a_token_that_cannot_be_a_header_is_not_quoted():
    """A line break inside a token stops the request, and the complaint does not show the token."""
    session = a_session(None)
    session.headers["Authorization"] = f"Bearer {TOKEN}\nX: y"
    with pytest.raises(Unexpected, match="could not be written") as caught:
        post(session)
    assert TOKEN not in everything_said(caught.value)
