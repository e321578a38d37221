"""Faults on demand, over real HTTP: what a client sees, and whether the effect came."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from channels.sandbox import Kind, Rule, Sandbox, Served
from tests.sandbox.clients import PAGE, X_USER, Graph, LinkedIn, X, error


def create(network: str, served: Served, text: str = "Hei") -> requests.Response:
    """Publish on a network in one call."""
    if network == "facebook":
        return Graph(served.base_url).post(f"{PAGE}/feed", message=text)
    if network == "x":
        return X(served.base_url).tweet(text)
    return LinkedIn(served.base_url).create(text)


NETWORKS = ("facebook", "x", "linkedin")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind, effects", [(Kind.LOST_BEFORE, 0), (Kind.LOST_AFTER, 1), (Kind.LATE_EFFECT, 0)])
def test_a_lost_answer_is_a_dead_connection(served: Served, network: str, kind: Kind, effects: int) -> None:
    """No status, no byte; only the ledger knows whether it took effect."""
    served.sandbox.add_rule(Rule(kind=kind, method="POST", delay=60))
    with pytest.raises(requests.ConnectionError):
        create(network, served)
    assert len(served.sandbox.ledger()) == effects
    assert create(network, served, "Toinen").ok


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind, effects", [(Kind.ERROR_BEFORE, 0), (Kind.ERROR_AFTER, 1)])
def test_a_500_says_nothing_about_the_effect(served: Served, network: str, kind: Kind, effects: int) -> None:
    """In the network's own body."""
    served.sandbox.add_rule(Rule(kind=kind, method="POST"))
    answer = create(network, served)
    assert answer.status_code == 500
    if network == "facebook":
        assert answer.json()["error"]["code"] == 2
        assert answer.json()["error"]["is_transient"] is True
    else:
        assert answer.json()["status"] == 500
    assert len(served.sandbox.ledger()) == effects


@pytest.mark.parametrize("network", NETWORKS)
def test_a_late_effect_comes_by_the_sandbox_s_clock(served: Served, network: str) -> None:
    """The answer was lost long before; then the post is there, once."""
    served.sandbox.add_rule(Rule(kind=Kind.LATE_EFFECT, method="POST", delay=30))
    with pytest.raises(requests.ConnectionError):
        create(network, served)
    served.sandbox.clock.advance(29)
    assert served.sandbox.ledger() == ()
    served.sandbox.clock.advance(1)
    assert [post.text for post in served.sandbox.ledger()] == ["Hei"]


def test_a_late_effect_comes_by_the_controls_too(served: Served) -> None:
    """A process outside moves the clock and finds the effect."""
    url = served.base_url
    requests.post(f"{url}/_sandbox/faults", json={"kind": "late_effect", "delay": 30, "method": "POST"}, timeout=5)
    with pytest.raises(requests.ConnectionError):
        create("x", served)
    requests.post(f"{url}/_sandbox/clock", json={"advance": 30}, timeout=5)
    deadline = time.monotonic() + 5
    while not served.sandbox.ledger() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(served.sandbox.ledger()) == 1


@pytest.mark.parametrize("network, status", [("facebook", 403), ("x", 429), ("linkedin", 429)])
def test_rate_limits_refuse_and_change_nothing(served: Served, network: str, status: int) -> None:
    """Each in its own words; with a reset where the network names one."""
    served.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="POST", retry_after=120))
    answer = create(network, served)
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "120"
    if network == "facebook":
        assert error(answer) == (4, None)
    if network == "x":
        assert int(answer.headers["x-rate-limit-reset"]) == int(served.sandbox.clock.stamp()) + 120
        assert answer.headers["x-rate-limit-remaining"] == "0"
    assert served.sandbox.ledger() == ()


@pytest.mark.parametrize("value", [86_400, -5, 0, "bald", ""])
def test_a_reset_may_be_far_past_or_nonsense(served: Served, value: int | str) -> None:
    """Clients meet all of these."""
    served.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, retry_after=value))
    answer = create("x", served)
    assert answer.headers["retry-after"] == str(value)
    expected = value if isinstance(value, int) else 900
    assert int(answer.headers["x-rate-limit-reset"]) == int(served.sandbox.clock.stamp()) + expected


@pytest.mark.parametrize("network", NETWORKS)
def test_a_slow_answer_comes_after_the_effect(served: Served, network: str) -> None:
    """In real time; who does not wait has published all the same."""
    served.sandbox.add_rule(Rule(kind=Kind.SLOW, method="POST", delay=0.15))
    began = time.monotonic()
    assert create(network, served).ok
    assert time.monotonic() - began >= 0.15
    assert len(served.sandbox.ledger()) == 1


@pytest.mark.parametrize("network, status", [("facebook", 200), ("x", 201), ("linkedin", 201)])
def test_a_malformed_answer_has_no_id(served: Served, network: str, status: int) -> None:
    """The status is good, the effect came, and nothing can be read."""
    served.sandbox.add_rule(Rule(kind=Kind.MALFORMED, method="POST"))
    answer = create(network, served)
    assert answer.status_code == status
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert "x-restli-id" not in answer.headers
    assert len(served.sandbox.ledger()) == 1


@pytest.mark.parametrize("network", NETWORKS)
def test_headers_may_break_off(served: Served, network: str) -> None:
    """Requests reports a good status with nothing in it: only an id counts as success."""
    served.sandbox.add_rule(Rule(kind=Kind.CUT_HEADERS, method="POST"))
    answer = create(network, served)
    assert answer.ok
    assert answer.content == b""
    assert "content-length" not in answer.headers
    assert len(served.sandbox.ledger()) == 1


@pytest.mark.parametrize(
    "kind, network, status",
    [
        (Kind.EXPIRED_TOKEN, "facebook", 400),
        (Kind.EXPIRED_TOKEN, "x", 401),
        (Kind.EXPIRED_TOKEN, "linkedin", 401),
        (Kind.DEAD_VERSION, "facebook", 400),
        (Kind.DEAD_VERSION, "x", 410),
        (Kind.DEAD_VERSION, "linkedin", 426),
    ],
)
def test_tokens_and_versions_die_on_demand(served: Served, kind: Kind, network: str, status: int) -> None:
    """Without effect, in the network's own body."""
    served.sandbox.add_rule(Rule(kind=kind, method="POST"))
    answer = create(network, served)
    assert answer.status_code == status
    if network == "facebook":
        assert answer.json()["error"]["code"] == (190 if kind is Kind.EXPIRED_TOKEN else 2635)
    assert served.sandbox.ledger() == ()


def statuses(x: X, times: int) -> list[int]:
    return [x.get("users/me").status_code for _ in range(times)]


def test_a_rule_names_its_requests(box: Sandbox, x: X, linkedin: LinkedIn) -> None:
    """Method, path with query, network, account; what does not fit goes through."""
    box.add_rule(
        Rule(kind=Kind.ERROR_BEFORE, method="GET", path=r"/2/users/me$", network="x", account=X_USER, times=None)
    )
    assert x.get("users/me").status_code == 500
    assert x.get(f"users/{X_USER}").status_code == 200
    assert x.get("users/me", user__fields="verified").status_code == 200
    assert linkedin.get("me").status_code == 200
    box.rules.clear()
    box.add_rule(Rule(kind=Kind.ERROR_BEFORE, account="somebody else"))
    box.add_rule(Rule(kind=Kind.ERROR_BEFORE, network="facebook"))
    assert statuses(x, 2) == [200, 200]


def test_a_rule_counts_its_requests(box: Sandbox, x: X) -> None:
    """The n-th one on, so many in a row, or for ever."""
    rule = box.add_rule(Rule(kind=Kind.ERROR_BEFORE, nth=2, times=2))
    assert statuses(x, 5) == [200, 500, 500, 200, 200]
    assert (rule.fired, rule.spent) == (2, True)
    box.add_rule(Rule(kind=Kind.ERROR_BEFORE, nth=2, times=None))
    assert statuses(x, 4) == [200, 500, 500, 500]


def test_rules_follow_each_other(box: Sandbox, x: X) -> None:
    """Each counts on its own; the first one added strikes first."""
    box.add_rule(Rule(kind=Kind.ERROR_BEFORE, nth=1))
    box.add_rule(Rule(kind=Kind.RATE_LIMITED, nth=2))
    assert statuses(x, 3) == [500, 429, 200]


@pytest.mark.parametrize("bad", [{"kind": "fire"}, {"kind": "slow", "path": "("}, {"kind": "slow", "nth": 0}])
def test_a_rule_that_makes_no_sense_is_refused(bad: dict[str, Any]) -> None:
    """When it is made, not when it should strike."""
    with pytest.raises((ValueError, re.error)):
        Rule(**bad)


def test_the_log_tells_what_happened_to_each_request(box: Sandbox, graph: Graph, x: X) -> None:
    """Method, path, network, account, status and fault; no token and no body."""
    box.add_rule(Rule(kind=Kind.LOST_AFTER, path="/2/tweets"))
    graph.get("me", fields="id")
    with pytest.raises(requests.ConnectionError):
        x.tweet("Hei")
    first, second = box.requests()
    assert (first.method, first.path, first.network, first.account, first.status, first.fault) == (
        "GET",
        "/v25.0/me",
        "facebook",
        PAGE,
        200,
        None,
    )
    assert (second.network, second.account, second.status, second.fault) == ("x", X_USER, None, "lost_after")
    assert [entry.path for entry in box.requests("x")] == ["/2/tweets"]


def test_answers_can_take_their_time(box: Sandbox, x: X) -> None:
    """All of them, side by side."""
    box.settings.delays.answer = 0.1
    began = time.monotonic()
    x.get("users/me")
    assert time.monotonic() - began >= 0.1


def test_a_lost_connection_is_really_closed(served: Served) -> None:
    """Not a byte comes back, and the socket ends."""
    served.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, times=None))
    host, port = urlsplit(served.base_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"GET /2/users/me HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionResetError):
            assert line.recv(100) == b""


def test_broken_headers_are_broken_on_the_wire(served: Served) -> None:
    """The status line is whole, the header is not."""
    served.sandbox.add_rule(Rule(kind=Kind.CUT_HEADERS))
    host, port = urlsplit(served.base_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"GET /v25.0/me HTTP/1.1\r\nHost: x\r\n\r\n")
        seen = b""
        while chunk := line.recv(100):
            seen += chunk
    assert seen == b"HTTP/1.1 400 OK\r\ncontent-type: appli"


def test_the_pages_are_spared_unless_a_rule_means_them(served: Served) -> None:
    """The controls are never touched: a test must be able to take its faults back."""
    served.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, times=None))
    rules = requests.get(f"{served.base_url}/_sandbox/faults", timeout=5).json()
    assert [rule["kind"] for rule in rules] == ["lost_before"]
    assert json.loads(requests.delete(f"{served.base_url}/_sandbox/faults", timeout=5).text) == []
    connection = http.client.HTTPConnection(urlsplit(served.base_url).netloc, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


def _soon(what: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


def test_a_client_that_hangs_up_while_sending_costs_the_networks_nothing(
    served: Served, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """It was killed, or its deadline was over: no effect, and no traceback in the terminal of whoever rehearses."""
    address = served.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as half:
        half.sendall(b"POST /v26.0/100000000000101/feed HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nmessage=ha")
        assert _soon(lambda: len(box.requests()) == 1)
    assert not _soon(lambda: "Traceback" in caplog.text, 0.3)
    assert not box.ledger()
