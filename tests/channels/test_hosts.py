"""Nothing leaves for a host that the configuration does not name, whichever library asks and whoever handed out the address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels import registry
from channels.base import Channel, Post, Step
from channels.errors import ChannelError, Unexpected
from channels.sandbox import Clock, Sandbox, SandboxAccount, serve
from channels.session import Network
from tests.channels.bench import MEMBERS, a_picture
from tests.channels.playback import Playback
from tests.conftest import Refused

SINCE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
POST = Post(text="Moi", pictures=(a_picture(),))
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
CALLS: dict[str, Callable[[Channel], object]] = {
    "check": lambda channel: channel.check(),
    "advance": lambda channel: channel.advance(POST, channel.begin(POST)),
    "recent": lambda channel: channel.recent(SINCE),
    "counts": lambda channel: channel.counts(["1790000000000000001"]),
    "comments": lambda channel: channel.comments(["1790000000000000001"]),
}


def connected(name: str, network: Network) -> Channel:
    return registry.connect(name, registry.settings_model(name).model_validate(MEMBERS[name].settings), network)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", registry.NAMES)
def test_in_a_rehearsal_nothing_leaves_the_machine(name: str, call: str, refused: Refused) -> None:
    """Even if a rehearsal forgot to move a network, its calls end at the door: no socket is opened, no name looked up."""
    with (
        closing(connected(name, Network(allowed_hosts=LOOPBACK))) as channel,
        pytest.raises(Unexpected, match="nothing was sent"),
    ):
        CALLS[call](channel)
    assert refused.take() == []


REDIRECTS = (301, 302, 303, 307, 308)


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("name", registry.NAMES)
def test_no_network_leads_anywhere_else(name: str, status: int) -> None:
    """A redirect to another host is an answer nobody understands; that host hears nothing."""
    with Playback() as elsewhere, Playback() as network:
        network.answer(status, None, Location=f"{elsewhere.url}/v25.0/me")
        with closing(connected(name, network.network)) as channel, pytest.raises(ChannelError):
            channel.check()
        assert len(network.asked) == 1
        assert elsewhere.asked == []


def handing_out(name: str, address: str) -> tuple[list[Any], Callable[[Channel], object]]:
    """Answers of a network that name `address` wherever an answer can, and what makes our channel read them."""
    if name == "linkedin":
        upload = {"value": {"uploadUrl": f"{address}/dms-uploads/1", "image": "urn:li:image:1"}}
        put = Step(name="put", memo={"url": f"{address}/dms-uploads/1", "image": "urn:li:image:1", "n": "0"})
        more = {"elements": [], "paging": {"links": [{"rel": "next", "href": f"{address}/rest/posts?start=1"}]}}
        slashes = {"elements": [], "paging": {"links": [{"rel": "next", "href": f"//{address.partition('//')[2]}/"}]}}

        def ask(channel: Channel) -> None:
            channel.advance(POST, channel.begin(POST))
            for call in (
                lambda: channel.advance(POST, put),
                lambda: channel.recent(SINCE),
                lambda: channel.recent(SINCE),
                lambda: channel.comments(["urn:li:share:1"]),
            ):
                with pytest.raises(Unexpected, match="nothing was sent"):
                    call()

        return [upload, more, slashes, more], ask
    last: dict[str, Any] = {"data": []}
    more = {"data": [], "paging": {"cursors": {"after": "a"}, "next": f"{address}/v25.0/1?access_token=t"}}
    if name == "facebook":
        return [more, last], lambda channel: channel.recent(SINCE)
    if name == "instagram":
        images = [{"source": f"{address}/cdn/1.jpg", "width": 640, "height": 480}]
        photo = [{"id": "100000000000101"}, {"id": "5", "images": images}, {"id": "6"}]

        def publish(channel: Channel) -> None:
            step = channel.advance(POST, channel.begin(POST))
            assert isinstance(step, Step)
            channel.advance(POST, step)
            channel.recent(SINCE)

        return [*photo, more, last], publish
    entities = {"urls": [{"url": "https://t.co/a", "expanded_url": f"{address}/a"}]}
    remote = {"id": "1", "text": "https://t.co/a", "created_at": "2026-12-01T07:00:00Z", "entities": entities}
    pages = [{"data": [remote], "meta": {"next_token": f"{address}/x"}}, {"meta": {}}]
    return pages, lambda channel: channel.recent(SINCE)


@pytest.mark.parametrize("name", registry.NAMES)
def test_an_address_that_a_network_hands_out_is_not_followed_elsewhere(name: str) -> None:
    """Upload addresses, next pages, pictures and links: wherever they lead, only the network that is configured is asked."""
    with Playback() as elsewhere, Playback() as network:
        answers, ask = handing_out(name, elsewhere.url)
        for answer in answers:
            network.answer(200, answer)
        with closing(connected(name, network.network)) as channel:
            ask(channel)
        assert elsewhere.asked == []


@pytest.mark.parametrize("name", registry.NAMES)
def test_the_sandbox_keeps_no_secret(name: str, tmp_path: Path) -> None:
    """Not in its state, not in its log, not in the repr of an account."""
    accounts = [
        SandboxAccount(organisation="hausjarvi", name="Hausjärven kunta", **account)
        for account in MEMBERS[name].accounts
    ]
    box = Sandbox(accounts, state=tmp_path, clock=Clock(SINCE, frozen=True))
    with serve(box) as served, closing(connected(name, Network(base_url=served.base_url))) as channel:
        channel.check()
        channel.advance(POST, channel.begin(POST))
        channel.recent(SINCE)
        told = repr(box.requests()) + repr(accounts) + repr(vars(box)["settings"])
    box.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert kept
    assert [one for one in MEMBERS[name].secrets if one.encode() in kept or one in told] == []
