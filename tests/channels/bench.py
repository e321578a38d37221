"""One network set up for the suite of promises: its sandbox, its clock, new channels to it, and posts to send.

`spoil` stands between the suite and the adapter: with it the same checks run against an adapter that breaks a promise, and must notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from channels import registry
from channels.base import Channel, Picture, Post
from channels.sandbox import Clock, Delays, LedgerPost, Sandbox, SandboxAccount, serve
from channels.session import Network
from tests.channels.courier import Courier, Policy

START = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)

WAIVERS: dict[tuple[str, str], str] = {}
"""(network, test) to the reason why the network cannot keep this promise."""


@dataclass(frozen=True)
class Member:
    """How an account of a network is set up in the sandbox and in the configuration."""

    settings: dict[str, str]
    accounts: tuple[dict[str, Any], ...]
    secrets: tuple[str, ...]


META = "EAAG-conformance-token-1"
MEMBERS = {
    "facebook": Member(
        settings={"page_id": "100000000000101", "access_token": META},
        accounts=({"channel": "facebook", "account_id": "100000000000101", "token": META},),
        secrets=(META,),
    ),
    "instagram": Member(
        settings={"user_id": "17841400000000101", "access_token": META, "media": "facebook_page"},
        accounts=(
            {"channel": "facebook", "account_id": "100000000000101", "token": META},
            {"channel": "instagram", "account_id": "17841400000000101", "token": META},
        ),
        secrets=(META,),
    ),
    "x": Member(
        settings={
            "user_id": "2000000101",
            "api_key": "conformance-key-2",
            "api_secret": "conformance-key-secret-3",
            "access_token": "2000000101-conformance-token-4",
            "access_token_secret": "conformance-token-secret-5",
        },
        accounts=(
            {
                "channel": "x",
                "account_id": "2000000101",
                "token": "2000000101-conformance-token-4",
                "token_secret": "conformance-token-secret-5",
                "api_key": "conformance-key-2",
                "api_secret": "conformance-key-secret-3",
            },
        ),
        secrets=("conformance-key-2", "conformance-key-secret-3", "conformance-token-4", "conformance-token-secret-5"),
    ),
    "linkedin": Member(
        settings={"organization_id": "5000101", "access_token": "AQX-conformance-token-6"},
        accounts=({"channel": "linkedin", "account_id": "5000101", "token": "AQX-conformance-token-6"},),
        secrets=("AQX-conformance-token-6",),
    ),
}


@dataclass
class Bench:
    """One network: its sandbox, its clock, and new channels to it."""

    name: str
    sandbox: Sandbox
    clock: Clock
    url: str
    spoil: Callable[[Channel], Channel] = lambda channel: channel
    member: Member = field(init=False)

    def __post_init__(self) -> None:
        self.member = MEMBERS[self.name]
        self.capabilities = registry.capabilities(self.name)
        self.settings = registry.settings_model(self.name).model_validate(self.member.settings)

    def connect(self) -> Channel:
        return self.spoil(registry.connect(self.name, self.settings, Network(base_url=self.url)))

    def fresh(self) -> None:
        """Begin anew: nothing posted, nothing counted."""
        self.sandbox.reset()
        self.clock.set(START)

    def deliver(self, post: Post, policy: Policy = "hold", **more: Any) -> Courier:
        return Courier(self.connect, self.clock, policy, **more).deliver(post)

    def posts(self) -> list[LedgerPost]:
        """What residents see of the account, oldest first."""
        return [
            post for post in self.sandbox.ledger() if post.network == self.name and post.visible and not post.reply_to
        ]

    def text_needs_picture(self) -> tuple[Picture, ...]:
        return (a_picture(),) if self.capabilities.needs_picture else ()


@contextmanager
def open_bench(name: str) -> Iterator[Bench]:
    """Serve one network."""
    clock = Clock(START, frozen=True)
    accounts = [
        SandboxAccount(organisation="hausjarvi", name="Hausjärven kunta", **account)
        for account in MEMBERS[name].accounts
    ]
    sandbox = Sandbox(accounts, clock=clock, delays=Delays(listing=20))
    with serve(sandbox) as served:
        yield Bench(name, sandbox, clock, served.base_url)


@cache
def a_picture(alt: str = "Kunnantalo talvella", colour: str = "teal", size: tuple[int, int] = (640, 480)) -> Picture:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return Picture(name=f"{colour}.png", data=file.getvalue(), alt=alt)


def a_full_post(bench: Bench) -> Post:
    """A post with everything the network takes: two pictures, a hashtag, a first comment, a thread."""
    comment = "Ohjeet (pdf) löytyvät kunnan sivuilta." if bench.capabilities.max_first_comment else None
    pictures = (a_picture(), a_picture("Ohje, jossa on kolme vaihetta", "navy"))
    text = (
        "Rakennusluvan voi nyt hakea verkossa (myös mobiilissa).\nLue lisää: https://asiointi.example.fi/rakennus_lupa"
    )
    thread = (
        ("Hakemukseen tarvitset tontin tiedot.", "Käsittely kestää kuukauden.") if bench.capabilities.max_thread else ()
    )
    return Post(text=text, thread=thread, hashtags=("Asiointi",), pictures=pictures, first_comment=comment)


def the_rest(bench: Bench) -> list[LedgerPost]:
    """What residents see of our posts below others, oldest first."""
    return [post for post in bench.sandbox.ledger() if post.network == bench.name and post.visible and post.reply_to]


def comments_of_ours(bench: Bench, landed: LedgerPost) -> list[str]:
    """What we said under a post, a thread's further posts aside."""
    rest = {post.id for post in the_rest(bench)}
    return [comment.text for comment in landed.comments if comment.own and comment.id not in rest]


def the_only(posts: list[LedgerPost]) -> LedgerPost:
    assert len(posts) == 1, f"{len(posts)} posts instead of one"
    return posts[0]
