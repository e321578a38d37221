"""Meta's Graph API through facebook-sdk: what is sent, and how answers are understood."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError
from requests import Response

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
from channels.graph import (
    BY_CODE,
    BY_SUBCODE,
    ContainerGoneError,
    ContainerUnsettledError,
    Created,
    Done,
    Graph,
    MediaMissingError,
    Token,
    connect_graph,
    gauge,
)
from channels.pictures import Fitted
from tests.channels.playback import Playback

TOKEN = "EAAB-page-token-4711"
RECORDED = (
    Path(os.environ.get("TIEDOTE_TEST_REFERENCE", Path(__file__).parents[3] / "shared" / "reference"))
    / "recorded"
    / "meta"
)


@pytest.fixture
def network() -> Iterator[Playback]:
    with Playback() as playback:
        yield playback


@pytest.fixture
def graph(network: Playback) -> Iterator[Graph]:
    graph = connect_graph(SecretStr(TOKEN), network.network)
    yield graph
    graph.close()


def an_error(code: int, subcode: int | None = None, message: str = "No.", **more: object) -> dict[str, object]:
    error: dict[str, object] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "T"} | more
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}


def refusal(graph: Graph, method: str = "POST") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        graph.post("1/feed", Created, message="Hei") if method == "POST" else graph.get("1", Created)
    return caught.value


# What is sent


def test_the_token_stands_in_a_header_and_nowhere_else(network, graph, caplog):
    """No address, no body, no repr and no log has it, whichever call is made."""
    caplog.set_level(logging.DEBUG)
    network.answer(200, {"id": "1"}).answer(200, {"id": "2"}).answer(200, {"id": "3"})
    network.answer(200, {"data": []}).answer(200, {"success": True})
    graph.get("1", Created, fields="id")
    graph.post("1/feed", Created, message="Hei")
    graph.upload("1/photos", Fitted(data=b"bytes", mime="image/jpeg", width=1, height=1), Created, published=False)
    graph.listing("1/media", Created, most=2, limit=50)
    graph.delete("1")
    for asked in network.asked:
        assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in asked.path
        assert TOKEN.encode() not in asked.body
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(graph) + repr(vars(graph))


def test_calls_go_to_the_configured_version(network, graph):
    """Versions of today, which facebook-sdk has never heard of; every verb is what it should be."""
    network.answer(200, {"id": "1"}).answer(200, {"id": "2"}).answer(200, {"success": True})
    network.answer(200, {"1": {"id": "1"}})
    graph.get("1", Created)
    graph.post("1/feed", Created)
    graph.delete("2")
    graph.many(["1"], Created, fields="id")
    assert [(asked.method, asked.path) for asked in network.asked] == [
        ("GET", "/v25.0/1"),
        ("POST", "/v25.0/1/feed"),
        ("DELETE", "/v25.0/2"),
        ("GET", "/v25.0/?fields=id&ids=1"),
    ]


def test_parameters_are_written_as_graph_reads_them(network, graph):
    """Booleans in lower case, lists as JSON, words in UTF-8, and what is not given is not sent."""
    network.answer(200, {"id": "1"})
    media = [{"media_fbid": "7"}, {"media_fbid": "8"}]
    graph.post("1/feed", Created, message="Hyvää & <päivää>", published=False, attached_media=media, link=None)
    assert dict(parse_qsl(network.asked[0].body.decode())) == {
        "message": "Hyvää & <päivää>",
        "published": "false",
        "attached_media": json.dumps(media),
    }


def test_a_picture_goes_out_as_it_is(network, graph):
    """Bytes, type and fields of an upload arrive unchanged."""
    network.answer(200, {"id": "1"})
    graph.upload(
        "1/photos",
        Fitted(data=b"\xff\xd8bytes", mime="image/jpeg", width=1, height=1),
        Created,
        alt_text_custom="Kunnantalo",
    )
    body = network.asked[0].body
    assert b'name="source"; filename="picture.jpeg"' in body
    assert b"Content-Type: image/jpeg" in body
    assert b"\xff\xd8bytes" in body
    assert b'name="alt_text_custom"\r\n\r\nKunnantalo' in body


# How answers are understood


def test_an_answer_is_read_whatever_it_is_called(network, graph):
    """Graph says text/javascript now and then."""
    network.answer(200, {"id": 17}, Content_Type="text/javascript; charset=UTF-8")
    assert graph.get("17", Created).id == "17"


def test_success_is_understood_as_text_too(network, graph):
    """One page of the documentation shows it as a string."""
    network.answer(200, {"success": "true"})
    assert graph.post("1", Done, is_published=True).success


@pytest.mark.parametrize(
    "code, subcode, error, kind",
    [
        (1, None, OutcomeUnknown, Kind.ANSWER_LOST),
        (2, None, OutcomeUnknown, Kind.ANSWER_LOST),
        (-1, 2207001, OutcomeUnknown, Kind.ANSWER_LOST),
        (1, 2853006, AccountBlocked, Kind.PERMISSION_MISSING),
        (3, None, AccountBlocked, Kind.PERMISSION_MISSING),
        (10, None, AccountBlocked, Kind.PERMISSION_MISSING),
        (200, None, AccountBlocked, Kind.PERMISSION_MISSING),
        (283, None, AccountBlocked, Kind.PERMISSION_MISSING),
        (200, 2069030, AccountBlocked, Kind.VERSION_DEAD),
        (190, 2069032, AccountBlocked, Kind.TOKEN_INVALID),
        (12, None, AccountBlocked, Kind.VERSION_DEAD),
        (2635, None, AccountBlocked, Kind.VERSION_DEAD),
        (4, None, Retryable, Kind.RATE_LIMITED),
        (17, None, Retryable, Kind.RATE_LIMITED),
        (32, None, Retryable, Kind.RATE_LIMITED),
        (613, None, Retryable, Kind.RATE_LIMITED),
        (80001, None, Retryable, Kind.RATE_LIMITED),
        (80002, None, Retryable, Kind.RATE_LIMITED),
        (4, 2207051, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (100, None, Rejected, Kind.POST_REFUSED),
        (100, 33, Gone, Kind.POST_GONE),
        (102, None, AccountBlocked, Kind.TOKEN_INVALID),
        (190, None, AccountBlocked, Kind.TOKEN_INVALID),
        (190, 458, AccountBlocked, Kind.TOKEN_INVALID),
        (190, 459, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (190, 463, AccountBlocked, Kind.TOKEN_EXPIRED),
        (368, 1390008, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (506, 1455006, Rejected, Kind.DUPLICATE),
        (100, 1366046, Rejected, Kind.PICTURE_REFUSED),
        (1366046, None, Rejected, Kind.PICTURE_REFUSED),
        (100, 1366051, Rejected, Kind.DUPLICATE),
        (100, 1609005, Rejected, Kind.LINK_REFUSED),
        (100, 2061006, Rejected, Kind.LINK_REFUSED),
        (100, 1404078, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (-2, 2207003, Retryable, Kind.PICTURE_UNREACHABLE),
        (-2, 2207020, ContainerGoneError, Kind.NOT_READY),
        (9, 2207042, Retryable, Kind.QUOTA_USED),
        (24, 2207006, MediaMissingError, Kind.POST_GONE),
        (24, 2207008, ContainerUnsettledError, Kind.NOT_READY),
        (25, 2207050, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (100, 2207028, Rejected, Kind.POST_REFUSED),
        (100, 2207040, Rejected, Kind.TEXT_REFUSED),
        (9004, 2207052, Retryable, Kind.PICTURE_UNREACHABLE),
        (9007, 2207027, Retryable, Kind.NOT_READY),
        (36000, 2207004, Rejected, Kind.PICTURE_REFUSED),
        (36001, 2207005, Rejected, Kind.PICTURE_REFUSED),
        (36003, 2207009, Rejected, Kind.PICTURE_REFUSED),
        (36004, 2207010, Rejected, Kind.TEXT_TOO_LONG),
        (341, None, Retryable, Kind.RATE_LIMITED),
        (299, None, AccountBlocked, Kind.PERMISSION_MISSING),
        (200, 2069031, AccountBlocked, Kind.VERSION_DEAD),
        (200, 2069033, AccountBlocked, Kind.VERSION_DEAD),
        (190, 460, AccountBlocked, Kind.TOKEN_INVALID),
        (190, 464, AccountBlocked, Kind.TOKEN_INVALID),
        (190, 467, AccountBlocked, Kind.TOKEN_INVALID),
        (190, 492, AccountBlocked, Kind.NO_ROLE),
        (102, 463, AccountBlocked, Kind.TOKEN_EXPIRED),
        (104, None, AccountBlocked, Kind.TOKEN_INVALID),
        (368, None, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (368, 1346003, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (368, 1404006, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (1609005, None, Rejected, Kind.LINK_REFUSED),
        (100, 1609008, Rejected, Kind.LINK_REFUSED),
        (100, 1363047, OutcomeUnknown, Kind.ANSWER_LOST),
        (100, 1609010, OutcomeUnknown, Kind.ANSWER_LOST),
        (100, 1404102, Rejected, Kind.POST_REFUSED),
        (100, 1404112, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (100, 4854002, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (2874008, None, Rejected, Kind.POST_REFUSED),
        (-1, 2207032, OutcomeUnknown, Kind.ANSWER_LOST),
        (-1, 2207053, OutcomeUnknown, Kind.ANSWER_LOST),
        (1, 2207057, Rejected, Kind.POST_REFUSED),
        (9, None, Retryable, Kind.QUOTA_USED),
        (24, None, MediaMissingError, Kind.POST_GONE),
        (25, None, AccountBlocked, Kind.ACCOUNT_RESTRICTED),
        (100, 2207023, Rejected, Kind.POST_REFUSED),
        (100, 2207035, Rejected, Kind.POST_REFUSED),
        (100, 2207036, Rejected, Kind.POST_REFUSED),
        (100, 2207037, Rejected, Kind.POST_REFUSED),
        (352, 2207026, Rejected, Kind.PICTURE_REFUSED),
        (-2, 2207077, Retryable, Kind.PICTURE_UNREACHABLE),
        (-1, 2207082, OutcomeUnknown, Kind.ANSWER_LOST),
        (100, 2207081, Rejected, Kind.POST_REFUSED),
        (100, 2207073, Rejected, Kind.POST_REFUSED),
        (987654, None, Unexpected, Kind.NOT_UNDERSTOOD),
        (2500, None, Unexpected, Kind.NOT_UNDERSTOOD),
    ],
)
def test_graphs_codes_become_what_to_do(network, graph, code, subcode, error, kind):
    """Graph's HTTP status says little; code and subcode decide."""
    network.answer(400, an_error(code, subcode))
    told = refusal(graph)
    assert type(told) is error
    assert told.kind is kind
    assert f"#{code}" in told.detail


def test_the_tables_name_only_errors_that_mean_something():
    """No rule leads to a bare base class, and no doubt has another kind."""
    for rule in (*BY_CODE.values(), *BY_SUBCODE.values()):
        assert issubclass(rule.error, ChannelError)
        assert rule.error is not ChannelError
        assert (rule.error is OutcomeUnknown) == (rule.kind is Kind.ANSWER_LOST)


@pytest.mark.parametrize(
    "code, more", [(1, {}), (2, {}), (987654, {"is_transient": True}), (100, {"is_transient": True})]
)
def test_what_passes_is_doubt_when_writing_and_waiting_when_reading(network, graph, code, more):
    """A temporary error may hide that the post was made; a read just comes again."""
    network.answer(500, an_error(code, **more)).answer(500, an_error(code, **more))
    assert type(refusal(graph, "POST")) is OutcomeUnknown
    read = refusal(graph, "GET")
    assert type(read) is Retryable
    assert read.kind is Kind.BUSY


def test_a_limit_that_is_transient_is_still_a_limit(network, graph):
    """Graph marks limits transient, too; nothing was done, so there is no doubt."""
    network.answer(403, an_error(4, is_transient=True))
    assert type(refusal(graph)) is Retryable


def test_a_limit_waits_as_long_as_it_is_told(network, graph):
    """The header names the minutes; without it, a quarter of an hour."""
    usage = {"100": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 42}]}
    network.answer(400, an_error(80001), X_Business_Use_Case_Usage=json.dumps(usage)).answer(400, an_error(80001))
    named, unnamed = refusal(graph), refusal(graph)
    assert (named.after, named.announced) == (timedelta(minutes=42), True)
    assert (unnamed.after, unnamed.announced) == (timedelta(minutes=15), False)


_COUNTERS = ("call_count", "total_time", "total_cputime", "estimated_time_to_regain_access", "type")
_VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)
_BLOCK = st.dictionaries(st.sampled_from(_COUNTERS) | st.text(max_size=5), _VALUE)
_JSON = _BLOCK | st.dictionaries(st.text(), st.lists(_BLOCK, max_size=3) | _VALUE, max_size=3)


def a_page(**counters: float | str) -> str:
    """X-Business-Use-Case-Usage for one Page (developers.facebook.com/docs/graph-api/overview/rate-limiting, read 2026-11)."""
    return json.dumps({"100": [{"type": "pages", "estimated_time_to_regain_access": 0, **counters}]})


@pytest.mark.parametrize(
    "header, told, usage",
    [
        ("X_App_Usage", '{"call_count": 16, "total_time": 12, "total_cputime": 15}', [("x-app-usage", 16, None)]),
        ("X_Page_Usage", '{"call_count": 3, "total_time": 81.2, "total_cputime": 1}', [("x-page-usage", 82, None)]),
        (
            "X_Business_Use_Case_Usage",
            a_page(call_count=1, total_cputime=2, total_time=91),
            [("pages 100", 91, None)],
        ),
        (
            "X_Business_Use_Case_Usage",
            a_page(call_count=20, estimated_time_to_regain_access=42),
            [("pages 100", 100, timedelta(minutes=42))],
        ),
        (
            "X_Business_Use_Case_Usage",
            a_page(call_count=250, estimated_time_to_regain_access=1e12),
            [("pages 100", 100, timedelta(days=3))],
        ),
        (
            "X_Business_Use_Case_Usage",
            '{"1": [{"type": "pages", "call_count": 5}, {"type": "instagram", "call_count": 6}]}',
            [("pages 1", 5, None), ("instagram 1", 6, None)],
        ),
        ("X_App_Usage", "[not json", []),
        ("X_App_Usage", '{"call_count": "many", "total_time": true, "total_cputime": null}', []),
        ("X_App_Usage", '{"call_count": NaN, "total_time": Infinity}', []),
        ("X_App_Usage", '{"call_count": -7}', [("x-app-usage", 0, None)]),
        ("X_App_Usage", "[1]", []),
        ("X_App_Usage", f'{{"call_count": 1{"0" * 400}}}', [("x-app-usage", 100, None)]),
        ("X_App_Usage", "[" * 60_000, []),
        ("X_App_Usage", '{"a":' * 12_000, []),
        ("X_Ad_Account_Usage", '{"acc_id_util_pct": "full"}', []),
        (
            "X_Business_Use_Case_Usage",
            '{"1": [{"type": "pages", "call_count": 90}, {"type": "pages", "call_count": 3}]}',
            [("pages 1", 90, None)],
        ),
        (
            "X_Business_Use_Case_Usage",
            '{"\\ud8001": [{"type": "pa\\u0000ges", "call_count": 3}]}',
            [("pages 1", 3, None)],
        ),
        ("X_Business_Use_Case_Usage", '{"1": {"2": 3}, "4": [2, null]}', []),
    ],
)
def test_every_answer_tells_how_much_of_each_limit_is_used(network, graph, header, told, usage):
    """The fullest of a limit's counters, in percent and rounded up; nonsense tells nothing and breaks nothing."""
    network.answer(200, {"id": "1"}, **{header: told})
    graph.get("1", Created)
    assert [(one.name, one.used, one.fresh_in) for one in graph.usage()] == usage


def test_a_flood_of_limits_is_read_no_further_than_a_municipality_can_have(network, graph):
    """Each becomes a row of the database."""
    network.answer(
        200, {"id": "1"}, X_Business_Use_Case_Usage=json.dumps({n: [{"call_count": 1}] for n in range(2_000)})
    )
    graph.get("1", Created)
    assert len(graph.usage()) == 20


@given(told=_JSON | st.text(max_size=40))
def test_no_usage_header_whatsoever_raises(told):
    """An answer that tells of a post must never be lost to what stands beside it; what is told fits the database."""
    answer = Response()
    text = told if isinstance(told, str) else json.dumps(told)
    answer.headers.update(dict.fromkeys(("X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage"), text))
    for one in gauge(answer):
        assert 0 <= one.used <= 100
        assert re.fullmatch(r"[\w -]{0,100}", one.name, re.ASCII)
        assert one.fresh_in is None or timedelta(0) < one.fresh_in <= timedelta(days=3)


def test_the_daily_quota_waits_without_wearing_out(network, graph):
    """It is announced: the clocks of giving up stand still."""
    network.answer(400, an_error(9, 2207042))
    told = refusal(graph)
    assert told.announced
    assert told.after == timedelta(hours=1)


def test_a_missing_permission_can_hide_behind_a_bad_parameter(network, graph):
    """Code 100 without a subcode, whose words speak of a permission."""
    recorded = RECORDED / "error_100_missing_permission.json"
    message = (
        json.loads(recorded.read_text(encoding="utf-8"))["error"]["message"]
        if recorded.exists()
        else "(#100) … due to missing permission … This endpoint requires the 'pages_read_engagement' permission"
    )
    network.answer(400, an_error(100, message=message))
    assert refusal(graph, "GET").kind is Kind.PERMISSION_MISSING


def test_words_for_people_are_preferred_and_cut(network, graph):
    """`error_user_msg` says it best."""
    network.answer(400, an_error(36000, 2207004, error_user_msg="It should be less than 8 MiB." + "x" * 999))
    detail = refusal(graph).detail
    assert detail.startswith("#36000/2207004 It should be less than 8 MiB.")
    assert len(detail) == 300


def test_a_token_that_graph_quotes_is_struck_out(network, graph):
    """One of its messages is "Malformed access token", and the token behind it."""
    network.answer(400, an_error(190, message=f"Malformed access token {TOKEN}"))
    told = refusal(graph)
    assert TOKEN not in str(told) + repr(told) + told.detail
    assert "Malformed access token ***" in told.detail


@pytest.mark.parametrize(
    "status, body, error",
    [
        (200, "<html>Sorry, something went wrong.</html>", OutcomeUnknown),
        (200, '{"id": "12', OutcomeUnknown),
        (200, "", OutcomeUnknown),
        (200, "[]", OutcomeUnknown),
        (200, {}, OutcomeUnknown),
        (200, {"id": ""}, OutcomeUnknown),
        (200, {"id": None}, OutcomeUnknown),
        (200, {"error": None}, OutcomeUnknown),
        (500, {}, OutcomeUnknown),
        (502, "<html>Bad gateway</html>", OutcomeUnknown),
        (503, "", OutcomeUnknown),
        (500, an_error(987654), OutcomeUnknown),
        (408, "", OutcomeUnknown),
        (400, {"error": None}, Unexpected),
        (400, {"error": "text"}, Unexpected),
        (403, "<html>Blocked by a proxy</html>", Unexpected),
        (404, "<html>Not here</html>", Unexpected),
        (302, "", Unexpected),
        (429, "<html>Slow down</html>", Retryable),
    ],
)
def test_what_is_not_graphs_answer_is_never_success(network, graph, status, body, error):
    """A page of a proxy, half a body, an empty object: doubt when it may hide a success, never taken for one."""
    network.answer(status, body)
    told = refusal(graph)
    assert type(told) is error
    assert "html" not in told.detail


def test_an_answer_that_does_not_fit_is_not_quoted(network, graph):
    """It may hold a resident's words."""
    network.answer(200, {"id": {"message": "Olen Aino ja asun täällä"}})
    told = refusal(graph)
    assert "Aino" not in repr(told)
    assert told.__cause__ is None
    assert told.__context__ is None


# Listings


def test_a_listing_is_read_by_its_cursors(network, graph):
    """`next` has the token in it and leads elsewhere: it only says that there is more."""
    elsewhere = f"https://graph.facebook.com/v11.0/1/media?access_token={TOKEN}&after=other"
    network.answer(200, {"data": [{"id": "1"}], "paging": {"cursors": {"after": "AFTER"}, "next": elsewhere}})
    # A page can be empty and not be the last one.
    network.answer(200, {"data": [], "paging": {"cursors": {"after": "LATER"}, "next": elsewhere}})
    network.answer(200, {"data": [{"id": "2"}], "paging": {"cursors": {"after": "END"}}})
    listing = graph.listing("1/media", Created, most=9, fields="id", limit=1)
    assert [row.id for row in listing.rows] == ["1", "2"]
    assert listing.complete
    cursors = [parse_qs(urlsplit(asked.path).query).get("after") for asked in network.asked]
    assert cursors == [None, ["AFTER"], ["LATER"]]
    assert {parse_qs(urlsplit(asked.path).query)["limit"][0] for asked in network.asked} == {"1"}


def test_a_listing_ends_where_it_should(network, graph):
    """At a row that is old enough it is complete; at the last page allowed, or at a cursor that repeats, it is not."""
    more = {"data": [{"id": "1"}], "paging": {"cursors": {"after": "A"}, "next": "https://graph.facebook.com/"}}
    network.answer(200, more)
    assert graph.listing("1/media", Created, most=9, limit=50, until=lambda row: row.id == "1").complete
    network.answer(200, more).answer(200, more)
    assert not graph.listing("1/media", Created, most=9, limit=50).complete
    network.answer(200, more)
    assert not graph.listing("1/media", Created, most=1, limit=50).complete


def test_cursors_that_go_in_circles_are_left(network, graph):
    """However long the way round is: no page is asked for twice."""
    for number, after in enumerate(("A", "B", "A")):
        network.answer(200, {"data": [{"id": str(number)}], "paging": {"cursors": {"after": after}, "next": "x"}})
    listing = graph.listing("1/comments", Created, most=9, limit=50)
    assert [row.id for row in listing.rows] == ["0", "1", "2"]
    assert not listing.complete


def test_what_graph_neither_does_nor_refuses_stays_in_doubt(network, graph):
    """It has been seen to say `success: false` and no more."""
    network.answer(200, {"success": False}).answer(200, {"success": "false"})
    with pytest.raises(OutcomeUnknown):
        graph.delete("1")
    with pytest.raises(OutcomeUnknown):
        graph.change("1", is_hidden=True)


def test_a_listing_that_goes_on_without_a_cursor_is_not_whole(network, graph):
    """Some edges page by other means; what cannot be followed must not look like the end."""
    network.answer(200, {"data": [{"id": "1"}], "paging": {"next": "https://graph.facebook.com/v25.0/1/feed?until=5"}})
    assert not graph.listing("1/feed", Created, most=9, limit=5).complete


TOO_MUCH = "Please reduce the amount of data you're asking for, then retry your request"


def test_a_page_that_is_too_much_for_graph_is_asked_for_in_halves(network, graph):
    """With counters of busy posts even 25 rows can be too much, and would be again next time; the way goes on with the smaller page."""
    too_much = an_error(1, message=TOO_MUCH)
    network.answer(500, too_much).answer(500, too_much)
    network.answer(200, {"data": [{"id": "1"}], "paging": {"cursors": {"after": "a"}, "next": "x"}})
    network.answer(200, {"data": [{"id": "2"}]})
    listing = graph.listing("1/published_posts", Created, most=9, limit=25)
    assert [row.id for row in listing.rows] == ["1", "2"]
    assert listing.complete
    assert [parse_qs(urlsplit(asked.path).query)["limit"] for asked in network.asked] == [["25"], ["12"], ["6"], ["6"]]


def test_a_single_row_that_is_too_much_is_left_for_later(network, graph):
    """It is halved down to one, and then it is a busy network like any other."""
    network.answer(500, an_error(1, message=TOO_MUCH)).answer(500, an_error(1, message=TOO_MUCH))
    with pytest.raises(Retryable) as caught:
        graph.listing("1/published_posts", Created, most=9, limit=2)
    assert caught.value.kind is Kind.BUSY


def test_many_nodes_that_are_too_much_are_asked_for_in_halves(network, graph):
    """The same, by ids."""
    network.answer(500, an_error(1, message=TOO_MUCH)).answer(200, {"1": {"id": "1"}}).answer(200, {"2": {"id": "2"}})
    found, gone = graph.many(["1", "2"], Created, fields="id")
    assert set(found) == {"1", "2"}
    assert not gone


def test_a_page_of_a_listing_does_not_show_its_next_address(network, graph):
    """The token is in there."""
    network.answer(200, {"data": [], "paging": {"next": f"https://graph.facebook.com/?access_token={TOKEN}"}})
    assert TOKEN not in repr(next(graph.pages("1/media", Created, most=1, limit=50)))


def test_one_that_is_gone_does_not_hide_the_others(network, graph):
    """Graph fails a whole call for one missing id; it is found by halving."""
    network.answer(400, an_error(100, 33))  # 1 2 3
    network.answer(200, {"1": {"id": "1"}})
    network.answer(400, an_error(100, 33))  # 2 3
    network.answer(400, an_error(100, 33))  # 2
    network.answer(200, {"3": {"id": "3"}})
    found, gone = graph.many(["1", "2", "3"], Created, fields="id")
    assert set(found) == {"1", "3"}
    assert gone == {"2"}


def test_many_are_read_fifty_at_a_time(network, graph):
    """More is refused: "Too many IDs. Maximum: 50."."""
    ids = [str(n) for n in range(120)]
    for start in (0, 50, 100):
        network.answer(200, {key: {"id": key} for key in ids[start : start + 50]})
    found, gone = graph.many(ids, Created, fields="id")
    assert sorted(found, key=int) == ids
    assert not gone
    assert len(network.asked) == 3


def test_the_version_that_answered_is_known(network, graph):
    """Graph answers for a dead version with the oldest living one, silently."""
    network.answer(200, {"id": "1"}, facebook_api_version="v22.0")
    graph.get("1", Created)
    assert graph.version == "v22.0"


# Tokens


class _Holder(BaseModel):
    token: Token


@pytest.mark.parametrize("token", ["", "EAAB\n", "EAAB x", "EAÄB", "EAAB\x00"])
def test_what_cannot_be_a_token_is_refused_when_it_is_read(token):
    """A line break would end the header, and the error of the HTTP library would quote it."""
    with pytest.raises(ValidationError):
        _Holder.model_validate({"token": token})
    assert _Holder.model_validate({"token": TOKEN}).token.get_secret_value() == TOKEN
