"""What we send to X, held against X's own description of its API.

Two versions are at hand, because X speaks two dialects (see channels/x.py): writes are held against the current one, reads against the one
whose field names tweepy sends. They are not ours to copy into this repository: they are looked for in the folder that
TIEDOTE_TEST_REFERENCE names, or in `shared/reference` beside the checkout.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from channels import x as x_module
from channels.base import Known, Picture, Poll, Post, Step
from channels.x import Settings, connect
from tests.channels.callsites import CallSites
from tests.channels.chains import following
from tests.channels.playback import Asked, Playback

REFERENCE = Path(os.environ.get("TIEDOTE_TEST_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference")
SINCE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
IDS = [str(1990000000000000000 + n) for n in range(20)]


@dataclass(frozen=True, slots=True)
class Description:
    """An OpenAPI file: which calls there are, and whether one fits."""

    document: Mapping[str, Any]

    def faults(self, asked: Asked) -> list[str]:
        address = urlsplit(asked.path)
        path = next((path for path in self.document["paths"] if _template(path).fullmatch(address.path)), None)
        operation = self.document["paths"].get(path, {}).get(asked.method.lower())
        if operation is None:
            return [f"there is no {asked.method} {address.path}"]
        return [*self._query_faults(operation, address.query), *self._body_faults(operation, asked)]

    def _query_faults(self, operation: Mapping[str, Any], query: str) -> Iterator[str]:
        known = {parameter["name"]: parameter for parameter in map(self._resolved, operation.get("parameters", []))}
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        yield from (f"{name} is not a parameter" for name in given.keys() - known.keys())
        wanted = {name for name, one in known.items() if one["in"] == "query" and one.get("required")}
        yield from (f"{name} is missing" for name in wanted - given.keys())
        for name in given.keys() & known.keys():
            schema = self._resolved(known[name]["schema"])
            yield from self._schema_faults(schema, _typed(schema, given[name]), name)

    def _body_faults(self, operation: Mapping[str, Any], asked: Asked) -> Iterator[str]:
        if "requestBody" in operation:
            assert asked.headers["Content-Type"] == "application/json"
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            yield from self._schema_faults(schema, asked.json, "body")
        elif asked.body:
            yield "no body is taken"

    def _schema_faults(self, schema: Mapping[str, Any], value: object, where: str) -> Iterator[str]:
        whole = Draft202012Validator({**schema, "components": self.document["components"]})
        yield from (f"{where}: {fault.message[:200]}" for fault in whole.iter_errors(value))

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            found: Any = self.document
            for key in part["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            part = found
        return part


def _template(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def _typed(schema: Mapping[str, Any], text: str) -> object:
    match schema.get("type"):
        case "integer":
            return int(text)
        case "array":
            return text.split(",")
    return text


@cache
def description(name: str) -> Description:
    path = REFERENCE / name
    if not path.is_file():
        pytest.xfail(f"{path} is not here: what we send to X stays unchecked")
    return Description(json.loads(path.read_text(encoding="utf-8")))


def a_picture() -> Picture:
    file = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return Picture(name="talo.png", data=file.getvalue(), alt="Kunnantalo talvella")


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    """Every kind of request that the channel makes, as it came over the wire; no line that asks X is left out."""
    sites = CallSites(x_module, "_client")
    post = Post(
        text="Moi! https://example.fi/lupa",
        thread=("Toinen.", "Kolmas."),
        hashtags=("Asiointi",),
        pictures=(a_picture(), a_picture()),
    )
    listed = {"data": [{"id": IDS[0], "text": "Moi", "created_at": "2026-12-01T07:00:01.000Z"}]}
    settings = {
        "user_id": "2000000101",
        "access_token": "t",
        "access_token_secret": "s",
        "api_key": "k",
        "api_secret": "s",
        "owns_app": "yes",
    }
    with Playback() as network:
        network.answer(200, {"data": {"id": "7001"}}).answer(200, {"data": {"id": "7002"}})
        network.answer(200, {"data": {"id": "7001"}}).answer(200, {"data": {"id": "7002"}})
        for n in (0, 1, 2, 0):
            network.answer(201, {"data": {"id": IDS[n], "text": "Moi"}})
        network.answer(200, {"data": {"id": "2000000101", "name": "Kunta", "username": "kunta"}})
        network.answer(200, listed | {"meta": {"next_token": "7140dibdnow9c7btw423i3sy3u5zupmkcpofxcsmxj48j"}})
        network.answer(200, {"meta": {}})
        network.answer(200, {"meta": {}}).answer(200, listed)
        network.answer(200, listed | {"meta": {}}).answer(200, {})
        network.answer(200, {"meta": {"next_token": "b26v89c19zqg8o3fpzbn1e0ffhxjiofzw6po136rvbnul"}}).answer(200, {})
        network.answer(200, {"meta": {}}).answer(200, {"meta": {}})
        network.answer(200, listed).answer(200, {"data": {"deleted": True}})
        x = connect(Settings.model_validate(settings), network.network)
        x._client = sites.watched(x._client)
        step: Step | None = x.begin(post)
        while step:
            step = following(x.advance(post, step))
        poll = Post(text="Mikä päivä?", poll=Poll(question="", options=("Tiistai", "Torstai"), days=7))
        x.advance(poll, x.begin(poll))
        x.check()
        x.recent(SINCE)
        x.counts(IDS)
        x.comments(IDS)
        x.comments(IDS[:1], {IDS[0]: Known(since=SINCE)})
        x.mentions(IDS, SINCE)
        x.read_back(IDS)
        x.remove(IDS[0])
        x.close()
    assert sites.unseen == []
    return network.asked


def test_writes_fit_the_current_description(asked: list[Asked]) -> None:
    """Uploads, alt texts and posts have the bodies that X takes today."""
    current = description("x-openapi.json")
    writes = [one for one in asked if one.method != "GET"]
    assert Counter(one.method for one in writes) == {"POST": 8, "DELETE": 1}
    assert {one.path: current.faults(one) for one in writes if current.faults(one)} == {}


def test_reads_fit_the_description_of_their_dialect(asked: list[Asked]) -> None:
    """Every parameter of a read exists and has a value that X takes."""
    legacy = description("x-openapi-legacy.json")
    reads = [one for one in asked if one.method == "GET"]
    assert len({urlsplit(one.path).path for one in reads}) == 5
    assert {one.path: legacy.faults(one) for one in reads if legacy.faults(one)} == {}


@pytest.mark.parametrize(
    "wrong",
    [
        Asked("POST", "/2/tweets", {"Content-Type": "application/json"}, b'{"text": 5}'),
        Asked("POST", "/2/tweets", {"Content-Type": "application/json"}, b'{"text": "a", "title": "b"}'),
        Asked("POST", "/2/media/metadata", {"Content-Type": "application/json"}, b'{"metadata": {}}'),
        Asked("DELETE", "/2/media/metadata", {}, b""),
        Asked("GET", "/2/tweets?ids=1&colour=red", {}, b""),
        Asked("GET", "/2/tweets", {}, b""),
        Asked("GET", "/2/tweets/search/recent?query=a&max_results=5", {}, b""),
    ],
)
def test_what_does_not_fit_is_seen(wrong: Asked) -> None:
    """The comparison itself notices wrong types, unknown and missing names, and numbers out of range."""
    assert description("x-openapi-legacy.json" if wrong.method == "GET" else "x-openapi.json").faults(wrong)
