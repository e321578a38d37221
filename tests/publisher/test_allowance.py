"""LinkedIn's development tier: 100 calls a day for a page have to do for reading and for publishing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.base import Channel, Post
from channels.linkedin import CAPABILITIES, LinkedIn, Settings, connect
from channels.sandbox import Clock, Sandbox, SandboxAccount, serve
from channels.session import Network
from publisher.collection import Collector
from publisher.config import Account
from publisher.reading import pace
from publisher.store import Store, engagement
from publisher.store.accounts import AccountState
from publisher.store.engagement import Kept, TrackedPost
from tests.channels.chains import Chain
from tests.publisher.configs import a_config, an_organisation
from tests.publisher.rows import a_post, an_account

BEGIN = datetime(2026, 9, 22, 6, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
EVERY = timedelta(minutes=10)
DAY = timedelta(days=1)


@dataclass
class Page:
    """A page on LinkedIn at the development tier, what publishes to it and what reads it."""

    sandbox: Sandbox
    connect: Callable[[], LinkedIn]
    store: Store
    account: AccountState
    collector: Collector
    urns: list[str]

    def publish(self) -> None:
        post = Post(text=f"Tiedote numero {len(self.urns)}", first_comment="Lisää kunnan sivuilla.")
        self.urns.append(Chain(self.sandbox, self.connect, post).finish().remote_id)
        now = self.sandbox.clock.now()
        a_post(self.store, self.account, now, self.urns[-1], announcement=f"a-{len(self.urns)}")


@pytest.fixture
def page(store: Store, tmp_path: Path) -> Iterator[Page]:
    clock = Clock(BEGIN, frozen=True)
    account = SandboxAccount(
        organisation="hausjarvi", channel="linkedin", account_id="5000101", token="AQX", name="Hausjärvi"
    )
    settings = Settings.model_validate({"organization_id": "5000101", "access_token": "AQX"})
    with serve(Sandbox([account], clock=clock)) as served:
        network = Network(base_url=served.base_url)
        channel = connect(settings, network)

        @contextmanager
        def lend(_account: Account) -> Iterator[Channel]:
            yield channel

        state = an_account(store, BEGIN, "linkedin")
        config = a_config(tmp_path, an_organisation(channels=("linkedin",)))
        yield Page(served.sandbox, lambda: connect(settings, network), store, state, Collector(store, lend, config), [])
        channel.close()


def test_a_post_a_day_and_its_comments_leave_calls_for_publishing(page: Page) -> None:
    """After forty days with a post every day, none of them read yet: three days of passes with eight new comments each."""
    for _ in range(40):
        page.publish()
        page.sandbox.clock.set(page.sandbox.clock.now().replace(hour=6, minute=0, second=0) + DAY)
    page.sandbox.log.clear()
    calls: Counter[str] = Counter()
    for tick in range(3 * 48):
        now = page.sandbox.clock.now()
        if tick % 48 == 4:
            page.publish()
        if tick % 6 == 0:
            page.sandbox.comment(page.urns[-1 - tick % 4], f"Kommentti {tick}")
        collected = page.collector.collect_account(page.account, now)
        assert collected is None or collected.error is None
        calls[now.date().isoformat()] += sum(entry.method == "GET" for entry in page.sandbox.requests())
        page.sandbox.log.clear()
        page.sandbox.clock.set(now + HALF_AN_HOUR)
    assert max(calls.values()) <= 90  # no post waits to go out before the day is over
    with page.store.read() as conn:
        tracked = engagement.tracked_posts(conn, page.account.id, BEGIN)
    assert all(post.read_at is not None for post in tracked)
    assert sum(post.kept.residents for post in tracked) >= 18


def a_tracked_post(age: timedelta, read: timedelta | None = None) -> TrackedPost:
    return TrackedPost(
        delivery_id=1,
        remote_id="urn:li:share:1",
        published_at=BEGIN - age,
        gone=False,
        read_at=None if read is None else BEGIN - read,
        last=None,
        previous=None,
        reactions=None,
        kept=Kept(),
    )


def test_the_pause_grows_with_what_there_is_to_read() -> None:
    """A day's readings of all posts together stay within the allowance; without one nothing changes."""
    fresh = [a_tracked_post(timedelta(hours=1)) for _ in range(3)]
    assert pace(fresh, BEGIN, EVERY, None) == EVERY
    assert pace(fresh, BEGIN, EVERY, 24) == timedelta(hours=3)
    assert pace([a_tracked_post(timedelta(days=60))], BEGIN, EVERY, 24) == EVERY
    assert pace([], BEGIN, EVERY, 24) == EVERY


def test_the_development_tier_alone_is_counted() -> None:
    """LinkedIn publishes no figure for the standard tier."""
    network = Network(base_url="http://127.0.0.1:9")
    for tier, readings in (("development", CAPABILITIES.readings_a_day), ("standard", None)):
        settings = Settings.model_validate({"organization_id": "1", "access_token": "t", "tier": tier})
        assert connect(settings, network).capabilities.readings_a_day == readings
    assert CAPABILITIES.readings_a_day
