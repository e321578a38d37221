"""What we send to Meta, held against Meta's own descriptions of its nodes: paths, names of parameters, names of fields.

They are not ours to copy into this repository: they are looked for in the folder that TIEDOTE_TEST_REFERENCE names, or in
`shared/reference` beside the checkout. What they do not tell (see their README) stands in GENERAL and UNTOLD.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from channels import facebook, instagram
from channels.base import Channel, Picture, Post, Step, Target
from channels.sandbox.fieldspec import Field, parse_fields
from tests.channels.callsites import CallSites
from tests.channels.chains import following
from tests.channels.playback import Asked, Playback

SPECS = (
    Path(os.environ.get("TIEDOTE_TEST_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference") / "meta-specs"
)
SINCE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
PAGE, USER = "100000000000101", "17841400000000101"
POST, PHOTO, REMARK = f"{PAGE}_7", "1220001", "7_9"
MEDIUM, CONTAINER, ANSWER = "1792001", "1788001", "1785001"
NODES = {
    PAGE: "Page",
    "me": "Page",
    POST: "PagePost",
    PHOTO: "Photo",
    USER: "IGUser",
    MEDIUM: "IGMedia",
    CONTAINER: "ShadowIGMediaBuilder",
    ANSWER: "IGComment",
    REMARK: "Comment",
}
"""What each id is that the network of these tests hands out."""

GENERAL = {"fields", "limit", "after", "ids"}
"""Any node or edge takes these."""
UNTOLD = {("POST", "Page", "photos"): {"source"}, ("GET", "Page", "published_posts"): {"since"}}
"""Bytes of a photo are a part of a form; time-based paging belongs to every listing of posts (Graph API overview)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of node: what can be done to it, and what it tells."""

    calls: Mapping[tuple[str, str], frozenset[str]]
    returns: Mapping[str, str]
    fields: Mapping[str, str]


@cache
def node(name: str) -> Node | None:
    path = SPECS / f"{name}.json"
    if not SPECS.is_dir():
        pytest.xfail(f"{SPECS} is not here: what we send to Meta stays unchecked")
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    return Node(
        calls={
            (one["method"], one.get("endpoint", "")): frozenset(part["name"] for part in one["params"])
            for one in told["apis"]
        },
        returns={
            one["endpoint"]: one["return"] for one in told["apis"] if one["method"] == "GET" and "endpoint" in one
        },
        fields={one["name"]: one["type"] for one in told["fields"]},
    )


def faults(asked: Asked) -> list[str]:
    address = urlsplit(asked.path)
    _, version, *parts = address.path.split("/")
    given = dict(parse_qsl(address.query)) | parameters(asked)
    assert re.fullmatch(r"v\d+\.0", version)
    parts = [part for part in parts if part] or [given["ids"].split(",")[0]]
    name, edge = NODES[parts[0]], "".join(parts[1:])
    kind = node(name)
    assert kind is not None
    if (asked.method, edge) not in kind.calls:
        return [f"{asked.method} {name}/{edge} does not exist"]
    known = kind.calls[asked.method, edge] | GENERAL | UNTOLD.get((asked.method, name, edge), set())
    told = kind.returns.get(edge, name) if edge else name
    return [
        *(f"{asked.method} {name}/{edge} takes no {one}" for one in given.keys() - known),
        *field_faults(told, parse_fields(given.get("fields", ""))),
    ]


def parameters(asked: Asked) -> dict[str, str]:
    kind = asked.headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        return dict.fromkeys(re.findall(r' name="(\w+)"', asked.body.decode("latin-1")), "")
    return dict(parse_qsl(asked.body.decode())) if asked.body else {}


def field_faults(name: str, wanted: tuple[Field, ...]) -> Iterator[str]:
    kind = node(name.removeprefix("list<").removesuffix(">"))
    if kind is None:
        return
    for one in wanted:
        if one.name not in kind.fields and one.name not in kind.returns:
            yield f"{name} has no {one.name}"
        yield from field_faults(kind.fields.get(one.name) or kind.returns.get(one.name, ""), one.sub)


def a_picture() -> Picture:
    file = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(file, "JPEG")
    return Picture(name="talo.jpg", data=file.getvalue(), alt="Kunnantalo talvella")


A_POST = Post(
    text="Moi! https://example.fi/lupa",
    hashtags=("Asiointi",),
    link="https://example.fi/lupa",
    pictures=(a_picture(), a_picture()),
    first_comment="Lisää sivuilla.",
)


def published(channel: Channel, post: Post) -> None:
    step: Step | None = channel.begin(post)
    while step:
        step = following(channel.advance(post, step))


def row(node_id: str, **more: Any) -> dict[str, Any]:
    return {"id": node_id, "created_time": "2026-12-01T07:00:00+0000", "timestamp": "2026-12-01T07:00:00+0000"} | more


def on_facebook(network: Playback) -> None:
    """Make every kind of request that the Facebook channel makes."""
    channel = facebook.connect(
        facebook.Settings.model_validate({"page_id": PAGE, "access_token": "t"}), network.network
    )
    network.answer(200, {"id": PHOTO}).answer(200, {"id": PHOTO}).answer(
        200, {"id": POST, "permalink_url": "https://x/"}
    )
    network.answer(200, {"success": True}).answer(200, {"id": REMARK})
    published(channel, A_POST)
    network.answer(200, {"id": POST, "permalink_url": "https://x/"})
    channel.advance(Post(text="Moi"), Step(name="address", memo={"remote_id": POST}))
    network.answer(200, row(POST, is_published=True)).answer(200, {"data": []}).answer(200, {"data": []})
    channel.locate(A_POST, Step(name="publish", memo={"post_id": POST}, commits=True), SINCE)
    channel.locate(A_POST, Step(name="create", commits=True), SINCE)
    channel.locate(A_POST, Step(name="comment", memo={"remote_id": POST, "url": "u"}, commits=True), SINCE)
    network.answer(200, {"id": PAGE, "name": "Kunta"}).answer(200, {"data": []}).answer(200, {POST: row(POST)})
    channel.check()
    channel.counts([POST])
    network.answer(*NO_METRIC).answer(*NO_METRIC).answer(200, {"data": []})
    network.answer(200, {"data": []}).answer(200, {POST: row(POST)})
    channel.counts([POST])
    network.answer(200, {"data": [row(POST), row("1_2"), row("1_3")]})
    channel.comments([POST, "1_2", "1_3"])
    network.answer(200, {"data": [], "paging": {"cursors": {"after": "a"}, "next": "n"}}).answer(200, {"data": []})
    channel.comments([POST])
    network.answer(200, {POST: row(POST, attachments={"data": [{"target": {"id": PHOTO}, "type": "photo"}]})})
    network.answer(200, {PHOTO: {"id": PHOTO, "alt_text_custom": "Kunnantalo talvella"}})
    channel.read_back([POST])
    network.answer(200, {"success": True}).answer(200, {"success": True})
    channel.amend(Post(text="Uudet sanat"), POST)
    channel.remove(POST)
    network.answer(200, {"id": "7_10"}).answer(200, {"success": True}).answer(200, {"success": True})
    channel.reply(Target(post_id=POST, remote_id=REMARK), "Kiitos")
    channel.hide(REMARK, hidden=True)
    channel.erase_comment(REMARK)
    network.answer(200, {"id": POST, "permalink_url": "https://x/"})
    channel.advance(Post(text="Moi https://example.fi/lupa", link="https://example.fi/lupa"), Step(name="draft"))
    channel.close()


NO_METRIC = (400, {"error": {"code": 100, "message": "(#100) The value must be a valid insights metric"}})


def on_instagram(network: Playback) -> None:
    """Make every kind of request that the Instagram channel makes."""
    channel = instagram.connect(
        instagram.Settings.model_validate({"user_id": USER, "access_token": "t"}), network.network
    )
    photo = {"id": PHOTO, "images": [{"source": "https://cdn/1.jpg", "width": 640}]}
    network.answer(200, {"id": PAGE}).answer(200, photo).answer(200, {"id": PHOTO}).answer(200, photo)
    network.answer(200, {"id": CONTAINER}).answer(200, {"id": CONTAINER}).answer(200, {"id": CONTAINER})
    network.answer(200, {CONTAINER: {"id": CONTAINER, "status_code": "FINISHED"}}).answer(200, {"id": MEDIUM})
    network.answer(200, {"id": MEDIUM, "permalink": "https://x/"}).answer(200, {"id": ANSWER})
    network.answer(200, {"success": True}).answer(200, {"success": True})
    published(channel, A_POST)
    network.answer(200, {"id": CONTAINER, "status_code": "PUBLISHED"}).answer(200, {"data": []})
    channel.locate(A_POST, Step(name="publish", memo={"container": CONTAINER}, commits=True), SINCE)
    network.answer(200, {"id": USER, "username": "kunta"}).answer(200, {"data": []}).answer(200, {MEDIUM: row(MEDIUM)})
    channel.check()
    channel.counts([MEDIUM])
    network.answer(*NO_METRIC).answer(*NO_METRIC).answer(200, {"data": []})
    network.answer(200, {"data": []}).answer(200, {MEDIUM: row(MEDIUM)})
    channel.counts([MEDIUM])
    network.answer(200, {"data": [row(MEDIUM), row("12"), row("13")]})
    channel.comments([MEDIUM, "12", "13"])
    more = {"data": [], "paging": {"cursors": {"after": "a"}, "next": "n"}}
    network.answer(200, {"data": [row(ANSWER, replies=more)]}).answer(200, {"data": []})
    channel.comments([MEDIUM])
    network.answer(200, {MEDIUM: row(MEDIUM, caption="Moi", children={"data": [{"id": MEDIUM, "alt_text": "Talo"}]})})
    channel.read_back([MEDIUM])
    network.answer(200, {"success": True}).answer(200, {"id": USER, "username": "kunta"}).answer(200, {"data": []})
    channel.remove(MEDIUM)
    channel.examine()
    network.answer(200, {"id": "1785002"}).answer(200, {"data": []})
    network.answer(200, {"success": True}).answer(200, {"success": True})
    channel.reply(Target(post_id=MEDIUM, remote_id=ANSWER), "Kiitos")
    channel.locate_reply(Target(post_id=MEDIUM, remote_id=ANSWER), "Kiitos", SINCE)
    channel.hide(ANSWER, hidden=True)
    channel.erase_comment(ANSWER)
    network.answer(200, {"id": CONTAINER})
    alone = Post(text="Moi", pictures=(a_picture(),))
    channel.advance(alone, Step(name="container", memo={"address0": "https://cdn/1.jpg", "stored0": PHOTO}))
    channel.close()


@pytest.mark.parametrize(
    "module, use", [(facebook, on_facebook), (instagram, on_instagram)], ids=["facebook", "instagram"]
)
def test_requests_fit_metas_own_descriptions(
    module: ModuleType, use: Callable[[Playback], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every path and every name exists, of parameters and of fields; and no line that asks Meta is left out here."""
    sites = CallSites(module, "_graph")
    connect = module.connect_graph
    monkeypatch.setattr(module, "connect_graph", lambda *given: sites.watched(connect(*given)))
    with Playback() as network:
        use(network)
    assert {one.path: faults(one) for one in network.asked if faults(one)} == {}
    assert sites.unseen == []


@pytest.mark.parametrize(
    "wrong",
    [
        Asked("GET", f"/v25.0/{PAGE}/published_posts?order=created", {}, b""),
        Asked("POST", f"/v25.0/{POST}/feed", {}, b"message=a"),
        Asked("POST", f"/v25.0/{USER}/media", {}, b"image=a"),
        Asked("GET", f"/v25.0/{POST}?fields=id,likes_total", {}, b""),
        Asked("GET", f"/v25.0/{MEDIUM}/comments?fields=replies{{id,words}}", {}, b""),
        Asked("DELETE", f"/v25.0/{CONTAINER}", {}, b""),
    ],
    ids=lambda wrong: f"{wrong.method} {wrong.path}",
)
def test_what_does_not_fit_is_seen(wrong: Asked) -> None:
    """The comparison itself notices wrong paths, parameters and fields."""
    assert faults(wrong)
