"""What Facebook and Instagram share: versions, tokens, fields, paging, usage and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from channels.sandbox import Sandbox, Served
from channels.sandbox.fieldspec import FieldSyntaxError, parse_fields
from tests.sandbox.clients import GRAM, META, OTHER_META, OTHER_PAGE, PAGE, USER_TOKEN, Graph, error


@pytest.mark.parametrize("asked, by", [("v25.0", "v25.0"), ("v27.0", "v27.0"), ("v20.0", "v21.0"), ("v3.1", "v21.0")])
def test_a_dead_version_is_served_by_the_oldest_living_one(graph: Graph, asked: str, by: str) -> None:
    """The answer's header names the version that answered, which need not be the one that was asked."""
    graph.version = asked
    answer = graph.get("me")
    assert answer.status_code == 200
    assert answer.headers["facebook-api-version"] == by


def test_a_version_that_never_was_is_refused(graph: Graph) -> None:
    """Graph does not know paths of a version to come."""
    graph.version = "v99.0"
    assert error(graph.get("me")) == (2500, None)


def test_versions_die_by_the_clock_if_told_so(box: Sandbox, graph: Graph) -> None:
    """By default a rehearsal does not age; judged by the sandbox's clock, v21.0 dies in January 2027."""
    box.settings.versions.judged_on = None
    box.clock.set(datetime(2027, 2, 1, tzinfo=UTC))
    graph.version = "v21.0"
    assert graph.get("me").headers["facebook-api-version"] == "v22.0"


@pytest.mark.parametrize("where", ["header", "query", "form", "oauth"])
def test_the_token_may_come_in_each_of_meta_s_ways(served: Served, where: str) -> None:
    """Header, query, form field, and the OAuth scheme."""
    url = f"{served.base_url}/v25.0/{PAGE}"
    answers = {
        "header": lambda: requests.get(url, headers={"Authorization": f"Bearer {META}"}, timeout=5),
        "query": lambda: requests.get(url, params={"access_token": META}, timeout=5),
        "form": lambda: requests.post(f"{url}/feed", data={"access_token": META, "message": "Hei"}, timeout=5),
        "oauth": lambda: requests.get(url, headers={"Authorization": f"OAuth {META}"}, timeout=5),
    }
    assert answers[where]().status_code == 200


@pytest.mark.parametrize(
    "status, subcode",
    [
        ("expired", 463),
        ("invalid", 467),
        ("revoked", 458),
        ("app_removed", 458),
        ("checkpoint", 459),
        ("password_changed", 460),
        ("no_role", 492),
    ],
)
def test_each_way_a_token_dies_has_its_subcode(box: Sandbox, graph: Graph, status, subcode: int) -> None:
    """Code 190 always, and the subcode says why."""
    box.accounts[0].status = status
    answer = graph.get("me")
    assert answer.status_code == 400
    assert error(answer) == (190, subcode)


def test_a_token_expires_on_its_day(box: Sandbox, graph: Graph) -> None:
    """A token with a date works until then and not after."""
    box.accounts[0].expires_at = box.clock.now() + timedelta(days=1)
    assert graph.get("me").status_code == 200
    box.clock.advance(86_400)
    assert error(graph.get("me")) == (190, 463)


@pytest.mark.parametrize("token, wanted", [("", (104, None)), ("EAAG-nobody", (190, None))])
def test_a_missing_or_unknown_token_is_refused(graph: Graph, token: str, wanted: tuple[int, None]) -> None:
    """No token and a wrong one are told apart."""
    graph.token = token
    assert error(graph.get("me")) == wanted


def test_me_is_the_page_behind_a_page_token(graph: Graph) -> None:
    """A Page token says which Page it is, and which Instagram account hangs on it."""
    row = graph.get("me", fields="id,name,instagram_business_account").json()
    assert row == {"id": PAGE, "name": "Hausjärven kunta", "instagram_business_account": {"id": GRAM}}


def test_a_user_token_lists_the_pages_it_runs(graph: Graph) -> None:
    """Each with the Page token of its own."""
    graph.token = USER_TOKEN
    rows = graph.get("me/accounts", fields="id,name,access_token").json()["data"]
    assert rows == [{"access_token": META, "name": "Hausjärven kunta", "id": PAGE}]


def test_debug_token_tells_scopes_and_expiry(box: Sandbox, graph: Graph) -> None:
    """expires_at 0 means never; a missing permission is not among the scopes."""
    box.accounts[0].missing = ("read_insights",)
    row = graph.get("debug_token", input_token=META).json()["data"]
    assert (row["type"], row["is_valid"], row["expires_at"], row["profile_id"]) == ("PAGE", True, 0, PAGE)
    assert "pages_manage_posts" in row["scopes"]
    assert "read_insights" not in row["scopes"]
    assert graph.get("debug_token", input_token="nobody").json()["data"]["is_valid"] is False


def test_what_belongs_to_another_page_is_not_there(graph: Graph, served: Served) -> None:
    """Another Page's post can neither be read nor changed nor deleted; the answer does not say that it exists."""
    theirs = Graph(served.base_url, OTHER_META).post(f"{OTHER_PAGE}/feed", message="Loppi").json()["id"]
    for answer in (graph.get(theirs), graph.post(theirs, message="x"), graph.delete(theirs), graph.get(OTHER_PAGE)):
        assert error(answer) == (100, 33)


def test_one_unknown_field_fails_the_whole_request(graph: Graph) -> None:
    """Graph answers nothing at all then."""
    assert error(graph.get(PAGE, fields="name,colour")) == (100, None)


def test_fields_that_cannot_be_read_are_refused(graph: Graph) -> None:
    """An open bracket, or the same key twice."""
    assert error(graph.get(PAGE, fields="name{")) == (2500, None)
    assert error(graph.get(PAGE, fields="published_posts.limit(1),published_posts.limit(2)")) == (2500, None)


def test_field_expansion_reads_modifiers_and_sub_fields() -> None:
    """Modifiers in any order, sub-fields at any depth, aliases as keys."""
    (posts,) = parse_fields("published_posts.limit(5).since(1){id,comments.summary(true).as(talk){message,from{name}}}")
    assert posts.args == {"limit": "5", "since": "1"}
    assert [item.key for item in posts.sub] == ["id", "talk"]
    assert [item.name for item in posts.sub[1].sub[1].sub] == ["name"]
    with pytest.raises(FieldSyntaxError):
        parse_fields("a.limit(")


def test_ids_answers_many_at_once_up_to_fifty(graph: Graph) -> None:
    """An object keyed by id; more than fifty are refused, and one that is gone fails them all."""
    first, second = graph.post_text("Yksi"), graph.post_text("Kaksi")
    rows = graph.get("", ids=f"{first},{second}", fields="message").json()
    assert rows == {first: {"message": "Yksi", "id": first}, second: {"message": "Kaksi", "id": second}}
    too_many = graph.get("", ids=",".join(str(n) for n in range(54)))
    assert too_many.json()["error"]["message"] == "(#100) Too many IDs. Maximum: 50. Provided: 54."
    graph.delete(first)
    assert error(graph.get("", ids=f"{first},{second}")) == (100, 33)


def test_a_listing_is_paged_by_cursors(graph: Graph) -> None:
    """`after` goes on where the page ended; the last page has no `next`; `next` itself can be followed."""
    posts = [graph.post_text(f"Teksti {n}") for n in range(5)]
    first = graph.get(f"{PAGE}/published_posts", limit="2", fields="id").json()
    second = graph.get(
        f"{PAGE}/published_posts", limit="2", fields="id", after=first["paging"]["cursors"]["after"]
    ).json()
    third = requests.get(second["paging"]["next"], timeout=5).json()
    seen = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert seen == posts[::-1]
    assert f"access_token={META}" in first["paging"]["next"]
    assert "next" not in third["paging"]


@pytest.mark.parametrize("limit", ["101", "-1", "many"])
def test_a_page_has_at_most_a_hundred_rows(graph: Graph, limit: str) -> None:
    """More is refused, not cut."""
    assert error(graph.get(f"{PAGE}/published_posts", limit=limit)) == (100, None)


def test_an_empty_listing_has_no_paging(graph: Graph) -> None:
    """Only `data`, and that is empty."""
    assert graph.get(f"{PAGE}/published_posts").json() == {"data": []}


def test_every_answer_tells_how_much_is_used(box: Sandbox, graph: Graph) -> None:
    """In percent, by Page or Instagram account; over the top the account is refused by its own code."""
    box.settings.quotas.graph_engaged_users = 1
    for _ in range(4800 // 2):
        box.windows.rolling(f"graph:{PAGE}", 86_400, box.clock.stamp())
        box.windows.rolling(f"graph:{GRAM}", 86_400, box.clock.stamp())
    usage = json.loads(graph.get(PAGE).headers["x-business-use-case-usage"])[PAGE][0]
    assert (usage["type"], usage["call_count"], usage["estimated_time_to_regain_access"]) == ("pages", 50, 0)
    for _ in range(4800):
        box.windows.rolling(f"graph:{PAGE}", 86_400, box.clock.stamp())
        box.windows.rolling(f"graph:{GRAM}", 86_400, box.clock.stamp())
    refused = graph.get(PAGE)
    assert error(refused) == (80001, 2446079)
    assert minutes_to_wait(refused) == 24 * 60
    assert error(graph.get(GRAM)) == (80002, 2446079)
    box.clock.advance(3 * 3600)
    assert minutes_to_wait(graph.get(PAGE)) == 21 * 60
    box.clock.advance(21 * 3600)
    assert graph.get(PAGE).status_code == 200


def test_calling_on_while_blocked_lengthens_the_block(box: Sandbox, graph: Graph) -> None:
    """Refused calls count as well: who goes on calling waits for those too."""
    box.settings.quotas.graph_engaged_users = 1
    for _ in range(4800):
        box.windows.rolling(f"graph:{PAGE}", 86_400, box.clock.stamp())
    box.clock.advance(12 * 3600)
    assert minutes_to_wait(graph.get(PAGE)) == 12 * 60
    for _ in range(4800):
        box.windows.rolling(f"graph:{PAGE}", 86_400, box.clock.stamp())
    assert minutes_to_wait(graph.get(PAGE)) == 24 * 60


def minutes_to_wait(answer: requests.Response) -> int:
    """What a refusal tells."""
    minutes: int = json.loads(answer.headers["x-business-use-case-usage"])[PAGE][0]["estimated_time_to_regain_access"]
    return minutes


def test_a_boolean_of_python_is_none_of_graph_s(graph: Graph) -> None:
    """`True` with a capital letter is refused, so that nobody publishes by mistake what was to be a draft."""
    assert error(graph.post(f"{PAGE}/feed", message="Hei", published="False")) == (100, None)


def test_a_post_may_ask_for_fields_of_what_it_made(graph: Graph) -> None:
    """Read after write saves a call."""
    row = graph.post(f"{PAGE}/feed", message="Hei", fields="id,message,permalink_url,is_published").json()
    assert row["message"] == "Hei"
    assert row["is_published"] is True
    assert requests.get(row["permalink_url"], timeout=5).status_code == 200


def test_parameters_may_come_as_json(served: Served) -> None:
    """A JSON body counts as a form does."""
    answer = requests.post(
        f"{served.base_url}/v25.0/{PAGE}/feed",
        json={"message": "Hei", "published": False},
        headers={"Authorization": f"Bearer {META}"},
        timeout=5,
    )
    assert answer.status_code == 200
    assert [post.text for post in served.sandbox.drafts()] == ["Hei"]
