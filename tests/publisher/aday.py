"""A day of thirty tracked posts and lively residents, by a clock that waits for nobody: what reading them costs, and what was missed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from channels import registry
from channels.base import Channel
from channels.sandbox import Clock, Sandbox, SandboxAccount, serve, x
from channels.sandbox.residents import NAMES, QUESTIONS, REMARKS, THANKS
from channels.sandbox.state import Post
from channels.session import Network
from publisher.collection import Collector
from publisher.config import Account
from publisher.store import Store, engagement
from publisher.store.accounts import AccountState
from tests.publisher.configs import a_config, an_organisation
from tests.publisher.rows import COMMENTS, a_post, an_account

MIDNIGHT = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
"""In Helsinki."""
TICK = timedelta(minutes=10)
DAY = timedelta(days=1)
POSTS = 30

_BUSY = ((1, 0.30), (2, 0.12), (7, 0.04), (POSTS + 1, 0.012))
"""How likely residents visit a post in ten minutes of the day, by its age in days."""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "facebook": {"account_id": "100", "token": "f-token"},
    "instagram": {"account_id": "178", "token": "f-token", "page_id": "100"},
    "x": {"account_id": "2000000101", "token": "x-token"},
    "linkedin": {"account_id": "5000101", "token": "l-token"},
}
SETTINGS: dict[str, dict[str, str]] = {
    "facebook": {"page_id": "100", "access_token": "f-token"},
    "instagram": {"user_id": "178", "access_token": "f-token", "media": "facebook_page", "page_id": "100"},
    "x": {"user_id": "2000000101", "access_token": "x-token"},
    "linkedin": {"organization_id": "5000101", "access_token": "l-token"},
}
VARIANTS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "facebook": ("facebook", {}, {}),
    "instagram": ("instagram", {}, {}),
    "linkedin standard": ("linkedin", {"tier": "standard"}, {"tier": "standard"}),
    "linkedin development": ("linkedin", {}, {}),
    "x owner": ("x", {"owns_app": "yes"}, {"owns_app": True}),
    "x": ("x", {}, {}),
}


@dataclass(kw_only=True)
class Measured:
    """What a day cost: calls a tracked post, and US dollars (X). `new`: what residents wrote. `missed`: what is not as it stands there."""

    calls: float
    dollars: float
    direct: int
    new: int
    missed: list[str]
    naive_calls: float
    naive_dollars: float


@dataclass(kw_only=True)
class Life:
    """One account's posts, the people who look at them, and who reads it all."""

    sandbox: Sandbox
    channel: Channel
    store: Store
    account: AccountState
    collector: Collector
    posts: list[tuple[datetime, str]]
    chance: random.Random

    def publish(self) -> None:
        """Put a post up now, as if it had been published."""
        now, number = self.sandbox.clock.now(), len(self.posts)
        post_id = _posted(self.sandbox, self.account.channel, f"Tiedote numero {number}")
        a_post(self.store, self.account, now, post_id, announcement=f"a-{post_id}")
        self.posts.append((now, post_id))

    def visits(self) -> None:
        """Let residents do what they do in ten minutes."""
        now = self.sandbox.clock.now()
        for at, post_id in self.posts:
            age = (now - at) / DAY
            if self.chance.random() < next(likely for days, likely in _BUSY if age < days):
                self._visit(post_id)

    def _visit(self, post_id: str) -> None:
        chance, box = self.chance, self.sandbox
        person, other = chance.sample(NAMES, 2)
        box.view(post_id, chance.randint(5, 40))
        box.click(post_id, chance.randint(0, 4))
        box.react(post_id, "like", author=person)
        if chance.random() < 0.2:
            box.share(post_id, author=other)
        said = self.theirs(post_id)
        deed = chance.random()
        if deed < 0.65 or not said:
            box.comment(post_id, chance.choice((*QUESTIONS, *REMARKS)), author=person)
        elif deed < 0.88:
            box.comment(post_id, chance.choice(THANKS), author=other, parent=chance.choice(said))
        elif self.account.channel == "x":
            kind = chance.choice(("quote", "mention"))
            box.comment(post_id, f"@{_handle(box)} {chance.choice(REMARKS)}", author=person, kind=kind)
        elif deed < 0.91:
            box.remove(chance.choice(said))

    def theirs(self, post_id: str) -> list[str]:
        """What residents have written under a post."""
        ledger = {post.id: post for post in self.sandbox.ledger()}
        return [one.id for one in ledger[post_id].comments if not one.own]

    def read(self) -> None:
        """Let the collector do what is due."""
        passed = self.collector.collect_account(self.account, self.sandbox.clock.now())
        assert passed is None or passed.error is None, passed

    def a_day(self) -> Measured:
        """Live through a day, from its first look at everything to its last."""
        self.read()
        self.sandbox.log.clear()
        self.sandbox.bills.clear()
        before = self._written()
        start = self.sandbox.clock.now()
        for tick in range(1, int(DAY / TICK) + 1):
            self.sandbox.clock.set(start + tick * TICK)
            if tick == 9 * 6:
                self.posts.pop(0)
                self.publish()
            if 6 * 6 <= tick < 24 * 6:
                self.visits()
            self.read()
        calls = sum(entry.calls for entry in self.sandbox.requests())
        dollars = sum(line.dollars for line in self.sandbox.bill())
        new = self._written() - before
        direct = sum(self.sandbox.world.posts[one].reply_to in dict(self._ids()) for one in new) if self._is_x else 0
        missed = self.missed()
        return Measured(
            calls=calls / POSTS,
            dollars=dollars,
            direct=direct,
            new=len(new),
            missed=missed,
            naive_calls=self._naive_calls() * (DAY / timedelta(minutes=5)) / POSTS,
            naive_dollars=sum(line.dollars for line in self.sandbox.bill()),
        )

    @property
    def _is_x(self) -> bool:
        return self.account.channel == "x"

    def _ids(self) -> Iterator[tuple[str, datetime]]:
        return ((post_id, at) for at, post_id in self.posts)

    def _written(self) -> set[str]:
        if self._is_x:
            return {post.id for post in self.sandbox.world.posts.values() if not post.own}
        return set(self.sandbox.world.remarks)

    def _naive_calls(self) -> int:
        """Fetch every post's comments once, each by itself."""
        self.sandbox.log.clear()
        self.sandbox.bills.clear()
        self.sandbox.settings.quotas.linkedin_member = self.sandbox.settings.quotas.linkedin_app = 1_000_000
        for _, post_id in self.posts:
            self.channel.comments([post_id])
        return sum(entry.calls for entry in self.sandbox.requests())

    def missed(self) -> list[str]:
        """Tell what is stored otherwise than it stands on the network."""
        with self.store.read() as conn:
            results = {one.remote_id: one for one in engagement.list_results(conn)}
            stored = {row.remote_id: row for row in conn.execute(select(COMMENTS))}
        faults = []
        there: set[str] = set()
        for post in self.sandbox.ledger():
            if post.id not in dict(self._ids()):
                continue
            held = results[post.id]
            told = (held.reactions, held.shares if held.shares is not None else post.shares, held.views or post.views)
            shares = post.shares + sum(one.quotes == post.id for one in self.sandbox.world.answers_to(post.id))
            if told != (post.reactions, shares, post.views):
                faults.append(f"{post.id}: {told}")
            for one in post.comments:
                there.add(one.id)
                row = stored.get(one.id)
                if row is None or (row.text, row.hidden) != (one.text, one.hidden):
                    faults.append(f"{post.id}: {one.id} {'is not stored' if row is None else 'differs'}")
        mentions = {
            one.id for one in self.sandbox.world.posts.values() if not one.own and not one.reply_to and not one.quotes
        }
        tracked = {
            row.remote_id for row in stored.values() if row.delivery_id in {r.delivery_id for r in results.values()}
        }
        faults += [
            f"{one} is still stored" for one in tracked - there - mentions if self._is_ours(stored[one], results)
        ]
        return [*faults, *(f"mention {one} is not stored" for one in mentions - stored.keys())]

    def _is_ours(self, row: Any, results: dict[str, engagement.PostResult]) -> bool:
        return any(results[post_id].delivery_id == row.delivery_id for _, post_id in self.posts)


@contextmanager
def living(variant: str, store: Store, folder: Path, posts: int = POSTS) -> Iterator[Life]:
    """A post a day for so many days, up to now."""
    name, settings, remote = VARIANTS[variant]
    clock = Clock(MIDNIGHT - POSTS * DAY, frozen=True)
    member = SandboxAccount(organisation="hausjarvi", channel=name, name="Hausjärven kunta", **ACCOUNTS[name] | remote)
    model = registry.settings_model(name)
    with serve(Sandbox([member], clock=clock)) as served:
        network = Network(base_url=served.base_url)
        channel = registry.connect(name, model.model_validate(SETTINGS[name] | settings), network)

        @contextmanager
        def lend(_account: Account) -> Iterator[Channel]:
            yield channel

        account = an_account(store, clock.now(), name)
        config = a_config(folder, an_organisation(channels=(name,)))
        life = Life(
            sandbox=served.sandbox,
            channel=channel,
            store=store,
            account=account,
            collector=Collector(store, lend, config),
            posts=[],
            chance=random.Random(7),
        )
        for day in range(posts):
            clock.set(MIDNIGHT - (posts - day) * DAY + timedelta(hours=9))
            life.publish()
        clock.set(MIDNIGHT)
        yield life
        channel.close()


def _posted(sandbox: Sandbox, name: str, text: str) -> str:
    now = sandbox.clock.stamp()
    member = next(one for one in sandbox.accounts if one.channel == name)
    if name == "x":
        return x.new_post(sandbox, text, author=member.account_id, name=member.name, own=True).id
    number = sandbox.world.number()
    post = Post(
        id={"facebook": f"100_{number:015d}", "instagram": f"1790{number:012d}"}.get(name, f"urn:li:share:{number}"),
        network=name,
        author=member.account_id,
        author_name=member.name,
        own=True,
        text=text,
        source=text,
        created=now,
        published=now,
        memo={"photos": "", "activity": str(900 + number), "kept": text, "comments": "OPEN", "failed": ""},
    )
    sandbox.world.add(post)
    return post.id


def _handle(sandbox: Sandbox) -> str:
    return x.username_of(sandbox, sandbox.accounts[0].account_id)


__all__ = ["VARIANTS", "Measured", "living"]
