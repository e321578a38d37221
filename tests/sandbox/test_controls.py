"""The controls under /_sandbox/ and the settings behind them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import requests

from channels.sandbox import Quotas, Sandbox, SandboxAccount, Served, Versions
from channels.sandbox.residents import NAMES
from channels.sandbox.settings import build
from tests.sandbox.clients import META, PAGE, X_USER, Graph, X


def ask(served: Served, method: str, name: str, body: Any = None, **query: str) -> Any:
    answer = requests.request(method, f"{served.base_url}/_sandbox/{name}", json=body, params=query, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_ledger_tells_posts_and_drafts_apart(served: Served, graph: Graph, x: X) -> None:
    """The same rows as in the process itself, as JSON; one network if asked."""
    post = graph.post_text("Julki")
    graph.post_text("Salaa", published="false")
    x.tweet("Piip")
    graph.delete(post)
    told = ask(served, "GET", "ledger")
    assert [(row["text"], row["visible"]) for row in told["posts"]] == [("Julki", False), ("Piip", True)]
    assert [row["text"] for row in told["drafts"]] == ["Salaa"]
    assert told["posts"] == [entry.row() for entry in served.sandbox.ledger()]
    assert [row["network"] for row in ask(served, "GET", "ledger", network="x")["posts"]] == ["x"]


def test_residents_act_through_the_controls(served: Served, graph: Graph) -> None:
    """Comment, reply, react, share, look, and take it back."""
    post = graph.post_text()
    asked = ask(served, "POST", "comment", {"post": post, "text": "Mihin asti?", "author": "Helmi Niemi"})["id"]
    ask(served, "POST", "comment", {"post": post, "text": "Sama", "parent": asked, "anonymous": True})
    ask(served, "POST", "react", {"post": post, "kind": "love", "author": "Eero Lehtonen"})
    ask(served, "POST", "share", {"post": post})
    ask(served, "POST", "view", {"post": post, "times": 5})
    (row,) = ask(served, "GET", "ledger")["posts"]
    assert [comment["text"] for comment in row["comments"]] == ["Mihin asti?", "Sama"]
    assert (row["reactions"], row["shares"], row["views"]) == ({"love": 1}, 1, 7)
    ask(served, "POST", "remove", {"id": asked})
    assert ask(served, "GET", "ledger")["posts"][0]["comments"] == []
    ask(served, "POST", "remove", {"id": post})
    assert ask(served, "GET", "ledger")["posts"][0]["visible"] is False


@pytest.mark.parametrize(
    "name, body",
    [
        ("comment", {"post": "nothing", "text": "Hei"}),
        ("react", {"post": "nothing"}),
        ("faults", {"kind": "fire"}),
        ("faults", {"kind": "slow", "colour": "red"}),
        ("clock", {"set": "eilen"}),
        ("accounts", {"channel": "facebook", "account_id": PAGE, "colour": "red"}),
        ("settings", {"weather": {}}),
        ("settings", {"quotas": {"colour": 1}}),
    ],
)
def test_controls_refuse_what_they_do_not_understand(served: Served, name: str, body: dict[str, Any]) -> None:
    """400 with the reason."""
    answer = requests.post(f"{served.base_url}/_sandbox/{name}", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_clock_is_read_and_moved(served: Served) -> None:
    """Forward by seconds, or to a moment."""
    assert ask(served, "GET", "clock")["now"] == "2026-12-01T07:00:00+00:00"
    assert ask(served, "POST", "clock", {"advance": 90})["now"] == "2026-12-01T07:01:30+00:00"
    assert ask(served, "POST", "clock", {"set": "2026-12-24T12:00:00+02:00"})["now"] == "2026-12-24T10:00:00+00:00"


def test_the_request_log_counts_by_network(served: Served, graph: Graph, x: X) -> None:
    """Without the controls themselves; it can be emptied."""
    graph.get("me")
    x.get("users/me")
    told = ask(served, "GET", "requests")
    assert told["counts"] == {"facebook": 1, "x": 1}
    assert [row["path"] for row in told["requests"]] == ["/v25.0/me", "/2/users/me"]
    assert META not in str(told)
    assert ask(served, "DELETE", "requests")["requests"] == []
    assert ask(served, "GET", "requests")["counts"] == {}


def test_accounts_are_changed_and_added(served: Served, graph: Graph) -> None:
    """No secret is ever told."""
    told = ask(served, "POST", "accounts", {"channel": "facebook", "account_id": PAGE, "status": "expired"})
    assert told["status"] == "expired"
    assert graph.get("me").status_code == 400
    ask(served, "POST", "accounts", {"channel": "facebook", "account_id": PAGE, "status": "ok"})
    fresh = {
        "organisation": "tammela",
        "channel": "facebook",
        "account_id": "7",
        "token": "EAAG-tammela",
        "name": "Tammela",
    }
    ask(served, "POST", "accounts", fresh)
    assert Graph(served.base_url, "EAAG-tammela").get("me", fields="name").json()["name"] == "Tammela"
    listed = ask(served, "GET", "accounts")
    assert len(listed) == 8
    assert not {"token", "token_secret", "api_secret", "user_token"} & set(listed[0])


def test_settings_are_changed_while_it_runs(served: Served, x: X) -> None:
    """Quotas, delays, habits, versions."""
    ask(served, "POST", "settings", {"quotas": {"x_limits": {"GET /2/users/me": 1}}, "delays": {"listing": 5}})
    assert [x.get("users/me").status_code for _ in range(2)] == [200, 429]
    told = ask(served, "POST", "settings", {"versions": {"judged_on": None}})
    assert told["versions"]["judged_on"] is None
    assert told["delays"]["listing"] == 5
    assert ask(served, "GET", "settings") == told


def test_a_reset_leaves_accounts_and_settings(served: Served, graph: Graph) -> None:
    """Posts, rules, counts and the log go."""
    graph.post_text()
    ask(served, "POST", "faults", {"kind": "error_before", "path": "nowhere"})
    ask(served, "POST", "settings", {"delays": {"listing": 5}})
    ask(served, "POST", "reset", {})
    assert ask(served, "GET", "ledger") == {"posts": [], "drafts": []}
    assert ask(served, "GET", "faults") == []
    assert ask(served, "GET", "requests")["requests"] == []
    assert ask(served, "GET", "settings")["delays"]["listing"] == 5


def test_the_controls_list_themselves(served: Served) -> None:
    """Nobody has to read the source to find them."""
    assert "/_sandbox/ledger" in ask(served, "GET", "")["controls"]


def test_residents_can_be_lively(served: Served, graph: Graph, x: X) -> None:
    """One round visits every post: they look, react and talk, under the names of residents."""
    graph.post_text("Facebookiin")
    x.tweet("Ja X:ään")
    written = ask(served, "POST", "lively", {"rounds": 2})["comments"]
    posts = served.sandbox.ledger()
    assert written == sum(len(post.comments) for post in posts) >= 4
    for post in posts:
        assert post.views > 0
        assert sum(post.reactions.values()) >= 1
        assert {comment.author for comment in post.comments} <= set(NAMES)


def test_residents_are_the_same_each_time() -> None:
    """A demo can be told from another run only by its times."""

    def words() -> list[str]:
        box = Sandbox([SandboxAccount(organisation="h", channel="x", account_id=X_USER, token="t", name="H")])
        from channels.sandbox import x as network

        network.new_post(box, "Hei", author=X_USER, name="H", own=True)
        box.lively.play(3)
        return [comment.text for comment in box.ledger()[0].comments]

    assert words() == words() != []


def test_lively_residents_go_on_until_they_are_stopped(served: Served, graph: Graph) -> None:
    """By themselves, each round after a while."""
    graph.post_text()
    assert ask(served, "POST", "lively", {"every": 0.01})["running"] is True
    for _ in range(500):
        if served.sandbox.ledger()[0].comments:
            break
        ask(served, "GET", "clock")
    assert ask(served, "POST", "lively", {"every": 0})["running"] is False
    assert served.sandbox.ledger()[0].comments


def test_settings_come_from_plain_json() -> None:
    """Times and days as text, lists as lists; a key that is not there is an error."""
    account = build(
        SandboxAccount,
        {
            "organisation": "h",
            "channel": "x",
            "account_id": "1",
            "token": "t",
            "name": "Häme",
            "expires_at": "2027-01-01T00:00:00+02:00",
            "missing": ["write"],
        },
    )
    assert (account.expires_at is not None and account.expires_at.isoformat()) == "2027-01-01T00:00:00+02:00"
    assert (account.missing, account.username) == (("write",), "Hme")
    assert build(Versions, {"judged_on": "2027-01-01"}).judged_on == date(2027, 1, 1)
    with pytest.raises(ValueError, match="Quotas has no colour"):
        build(Quotas, {"colour": 1})
    with pytest.raises(ValueError, match="no such network"):
        SandboxAccount(organisation="h", channel="twitter", account_id="1", token="t", name="H")


def test_no_secret_is_in_a_repr() -> None:
    """A failing test prints accounts."""
    shown = repr(
        SandboxAccount(organisation="h", channel="x", account_id="1", token="geheim", token_secret="geheim", name="H")
    )
    assert "geheim" not in shown
