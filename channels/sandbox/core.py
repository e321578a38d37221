"""The sandbox itself: accounts, world, clock, faults and log, and what residents do. Every part of it is reached from here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from channels.sandbox import facebook, instagram, linkedin, x
from channels.sandbox.clock import Clock
from channels.sandbox.faults import Rule
from channels.sandbox.grants import Grants
from channels.sandbox.graph import Graph
from channels.sandbox.ledger import LedgerPost, ledger_posts
from channels.sandbox.residents import Lively, handle, resident_id
from channels.sandbox.settings import (
    Delays,
    Habits,
    Quotas,
    SandboxAccount,
    SandboxApp,
    SandboxPerson,
    Settings,
    Versions,
)
from channels.sandbox.state import Picture, Post, Remark, World
from channels.sandbox.windows import Windows
from channels.sandbox.wire import Entry
from channels.sandbox.xbill import Bill, BillLine

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

_LONGEST_LOG = 100_000
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "TIFF": "tif", "BMP": "bmp"}


class Sandbox:
    """The four networks in a box. May be used from any thread: one request or one call at a time is let in."""

    accounts: list[SandboxAccount]
    clock: Clock
    pages: dict[str, SandboxAccount]
    settings: Settings
    windows: Windows
    world: World

    def __init__(  # noqa: PLR0913 - each is a part that a test may bring
        self,
        accounts: Iterable[SandboxAccount],
        *,
        state: Path | None = None,
        quotas: Quotas | None = None,
        delays: Delays | None = None,
        habits: Habits | None = None,
        versions: Versions | None = None,
        clock: Clock | None = None,
        apps: Iterable[SandboxApp] = (),
        people: Iterable[SandboxPerson] = (),
    ) -> None:
        """Set up the networks with these accounts; `apps` may ask `people` for consent.

        `state`: a folder that keeps what was posted over a restart.
        """
        self.lock = threading.RLock()
        self.accounts = list(accounts)
        self.settings = Settings(
            quotas=quotas or Quotas(),
            delays=delays or Delays(),
            habits=habits or Habits(),
            versions=versions or Versions(),
        )
        self.world = World(state)
        self.clock = clock or Clock(ahead=float(self.world.notes.get("ahead", "0")))
        self.grants = Grants(self, apps, people)
        self.windows = Windows()
        self.bills = Bill()
        self.rules: list[Rule] = []
        self.log: list[Entry] = []
        self.addresses: list[str] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.lively = Lively(self)
        self.graph = Graph(self, (partial(facebook.find_node, self), partial(instagram.find_node, self)))
        self.x = x.X(self)
        self.linkedin = linkedin.LinkedIn(self)
        self._names: dict[str, str] = {}
        self._late: list[tuple[float, Callable[[], Awaitable[None]]]] = []
        self._numbers = 0
        self.arrange()
        self._know_residents()
        self.clock.when_moved(self._clock_moved)

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""
        from channels.sandbox.app import build_app

        return build_app(self)

    @property
    def base_url(self) -> str:
        """The first address it is served at; empty while it is not."""
        return self.addresses[0] if self.addresses else ""

    def close(self) -> None:
        """Give the state file back."""
        self.lively.stop()
        with self.lock:
            self.world.close()

    def reset(self) -> None:
        """Forget posts, rules, counts and the log; accounts and settings stay."""
        with self.lock:
            self.world.clear()
            self.windows.clear()
            self.bills.clear()
            self.rules.clear()
            self.log.clear()
            self._late.clear()

    # Accounts

    def arrange(self) -> None:
        """Link Instagram accounts to Pages; to be called after accounts were added."""
        self.pages = {account.account_id: account for account in self.accounts if account.channel == "facebook"}
        for account in self.accounts:
            if account.channel == "instagram" and not account.page_id:
                account.page_id = self._likely_page(account)
            if account.channel == "instagram" and account.page_id and account.page_id not in self.pages:
                page = replace(account, channel="facebook", account_id=account.page_id, page_id="")
                self.pages[account.page_id] = page
        self.meta_accounts = [account for account in self.accounts if account.channel in {"facebook", "instagram"}]

    def _likely_page(self, account: SandboxAccount) -> str:
        pages = list(self.pages.values())
        for page in [page for page in pages if page.token == account.token] + pages:
            if page.organisation == account.organisation:
                return page.account_id
        return ""

    def account(self, channel: str, account_id: str) -> SandboxAccount | None:
        """Find an account by its id on the network."""
        return next((item for item in self.accounts if item.channel == channel and item.account_id == account_id), None)

    def page_of(self, account: SandboxAccount) -> str:
        """The Page of a Meta account."""
        return account.account_id if account.channel == "facebook" else account.page_id

    def instagram_of(self, page_id: str) -> SandboxAccount | None:
        """The Instagram account that is linked to a Page."""
        return next((item for item in self.accounts if item.channel == "instagram" and item.page_id == page_id), None)

    # Faults and log

    def add_rule(self, rule: Rule) -> Rule:
        """Let a fault happen."""
        with self.lock:
            self.rules.append(rule)
        return rule

    def enter(self, scope: Scope) -> tuple[Entry, Rule | None]:
        """Log a request and tell which fault happens to it."""
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        with self.lock:
            self._numbers += 1
            entry = Entry(number=self._numbers, at=self.clock.stamp(), method=scope["method"], path=path)
            entry.network = self._network_of(scope["path"])
            self.log.append(entry)
            if len(self.log) > _LONGEST_LOG:
                del self.log[: _LONGEST_LOG // 2]
            rule = self._strike(scope, f"{path}?{query}" if query else path, entry.network)
        return entry, rule

    def _strike(self, scope: Scope, target: str, network: str | None) -> Rule | None:
        if not self.rules:
            return None
        account = self._account_of(scope)
        hit = [rule for rule in self.rules if rule.hits(scope["method"], target, network, account)]
        return hit[0] if hit else None

    def _network_of(self, path: str) -> str | None:
        if path.startswith(("/2/", "/i/oauth2/", "/oauth/request_token")):
            return "x"
        if path.startswith(("/rest/", "/dms-uploads/", "/oauth/v2/")):
            return "linkedin"
        first = path.split("/")[1] if "/" in path else ""
        return self.graph.network_of(path) if first[:1] == "v" and first[1:2].isdecimal() else None

    def _account_of(self, scope: Scope) -> str | None:
        header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")
        found = [item for item in self.accounts if item.token and item.token in header]
        found = found or self.grants.holders(header.rpartition(" ")[2], "facebook", "instagram", "x", "linkedin")
        return found[0].account_id if found else None

    def requests(self, network: str | None = None) -> list[Entry]:
        """List the requests so far, oldest first; those to the sandbox's own controls are not among them."""
        with self.lock:
            return [entry for entry in self.log if network in {None, entry.network}]

    def later(self, delay: float, effect: Callable[[], Awaitable[None]]) -> None:
        """Let an effect come `delay` seconds later on the sandbox's clock."""
        with self.lock:
            self._late.append((self.clock.stamp() + delay, effect))
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.loop.call_later, delay, self.run_late)

    def _clock_moved(self) -> None:
        with self.lock:
            self.world.note("ahead", str(self.clock.offset))
        self.run_late()

    def run_late(self) -> None:
        """Apply the late effects whose time has come. Waits for them unless called from the server's own thread."""
        with self.lock:
            now = self.clock.stamp()
            due = [effect for at, effect in self._late if at <= now]
            self._late = [(at, effect) for at, effect in self._late if at > now]
        if not due or self.loop is None:
            return
        running = [_started(self.loop, effect) for effect in due]
        if not _inside(self.loop):
            for future in running:
                future.result(timeout=10)

    # What is there

    def ledger(self) -> tuple[LedgerPost, ...]:
        """Every post that was ever visible, deleted ones included, oldest first."""
        with self.lock:
            return tuple(post for post in ledger_posts(self) if post.published_at is not None)

    def bill(self) -> tuple[BillLine, ...]:
        """What X bills so far."""
        with self.lock:
            return self.bills.lines()

    def drafts(self) -> tuple[LedgerPost, ...]:
        """What was taken and never became visible."""
        with self.lock:
            return tuple(post for post in ledger_posts(self) if post.published_at is None)

    def cdn_path(self, picture: Picture) -> str:
        """Path under which a picture is served."""
        return f"/cdn/{picture.blob}.{_EXTENSIONS.get(picture.format, 'bin')}"

    def cdn(self, path: str) -> bytes | None:
        """The picture behind such a path."""
        return self.world.blob(path.removeprefix("/cdn/").partition(".")[0])

    def kept_alt(self, network: str, alt: str) -> str:
        """Give what a network keeps of an alternative text: all of it, or nothing where it has the habit of losing them."""
        return "" if network in self.settings.habits.loses_alts else alt

    def path_of(self, post: Post) -> str:
        """Path of a post's own page."""
        match post.network:
            case "facebook":
                return facebook.permalink(post)
            case "instagram":
                return instagram.permalink(post)
            case "x":
                return f"/i/web/status/{post.id}"
        return f"/feed/update/{post.id}/"

    # Residents

    def name_of(self, person: str) -> str:
        """The name of an account or a resident."""
        own = next((item.name for item in self.accounts if item.account_id == person), None)
        return own or self._names.get(person, "Joku")

    def handle_of(self, person: str) -> str:
        """A resident's handle on X."""
        return handle(self.name_of(person), person)

    def x_users(self) -> list[str]:
        """Everybody who is on X."""
        return [item.account_id for item in self.accounts if item.channel == "x"] + list(self._names)

    def comment(
        self,
        post_id: str,
        text: str,
        *,
        author: str = "Aino Mäkelä",
        parent: str | None = None,
        kind: str = "comment",
        anonymous: bool = False,
    ) -> str:
        """Let a resident write. Returns the comment's id.

        `kind`: comment, or on X also `quote` and `mention` (then `post_id` may be an account's id). `parent`: the comment it answers.
        `anonymous`: the network does not tell clients who wrote it. Raises KeyError for a post that is not visible.
        """
        with self.lock:
            person = self._meet(author)
            remark = self._write(
                post_id, text, person=person, author=author, parent=parent, kind=kind, anonymous=anonymous
            )
            self.world.flush()
        return remark

    def _write(
        self, post_id: str, text: str, *, person: str, author: str, parent: str | None, kind: str, anonymous: bool
    ) -> str:
        if kind == "mention":
            return x.new_post(self, text, author=person, name=author, own=False).id
        post = self._visible(post_id)
        post.views += 1
        self.world.touch(post)
        if post.network == "x":
            above = self.world.posts[parent] if parent else post
            if kind == "quote":
                return x.new_post(self, text, author=person, name=author, own=False, quotes=post.id).id
            answered = x.username_of(self, above.author)
            words = text if f"@{answered}".lower() in text.lower() else f"@{answered} {text}"
            return x.new_post(self, words, author=person, name=author, own=False, parent=above).id
        top = (self.world.remarks[parent].parent or parent) if parent else None
        make = {"facebook": facebook.new_comment, "instagram": instagram.new_comment, "linkedin": linkedin.new_comment}[
            post.network
        ]
        name = handle(author, person) if post.network == "instagram" else author
        return make(self, post, text, author=person, name=name, own=False, parent=top, anonymous=anonymous).id

    def react(self, post_id: str, kind: str = "like", *, author: str = "Aino Mäkelä") -> None:
        """Let a resident react; each has one reaction a post. Raises KeyError, and ValueError for a kind the network does not have."""
        with self.lock:
            post = self._visible(post_id)
            known = {"facebook": facebook.REACTIONS, "linkedin": linkedin.REACTIONS}.get(post.network, ("LIKE",))
            if kind.upper() not in known:
                message = f"{post.network} has no reaction {kind}"
                raise ValueError(message)
            post.reactions[self._meet(author)] = kind.upper()
            self._touched(post)

    def share(self, post_id: str, *, author: str = "Aino Mäkelä") -> None:
        """Let a resident share a post (on X: repost it)."""
        with self.lock:
            post = self._visible(post_id)
            person = self._meet(author)
            if person not in post.sharers:
                post.sharers.append(person)
            self._touched(post)

    def view(self, post_id: str, times: int = 1) -> None:
        """Let residents see a post."""
        with self.lock:
            post = self._visible(post_id)
            post.views += times
            self._touched(post)

    def click(self, post_id: str, times: int = 1) -> None:
        """Let residents open a post's link."""
        with self.lock:
            post = self._visible(post_id)
            post.clicks += times
            self._touched(post)

    def edit(self, thing_id: str, text: str) -> str:
        """Let somebody change a comment's words. Returns its id: on X, where each edit makes a new post, the new one."""
        with self.lock:
            remark = self.world.remarks.get(thing_id)
            if remark is None:
                thing_id = x.new_version(self, x.newest(self, self.world.posts[thing_id]), text).id
            else:
                if remark.network == "instagram":
                    message = "nobody edits a comment on Instagram"
                    raise ValueError(message)
                remark.text, remark.edited = text, self.clock.stamp()
                self.world.touch(remark)
            self.world.flush()
        return thing_id

    def hide(self, thing_id: str, *, hidden: bool = True) -> None:
        """Let a comment be hidden at its network, or shown again.

        Facebook and Instagram tell so. LinkedIn and X have no such state in their APIs: what is not to be seen there (a closed or
        protected account) is left out of every answer, as if it had been deleted, until it is back.
        """
        with self.lock:
            remark = self.world.remarks.get(thing_id)
            if remark is None:
                post = x.newest(self, self.world.posts[thing_id])
                post.deleted = self.clock.stamp() if hidden else None
                self.world.touch(post)
            elif remark.network != "linkedin":
                remark.hidden = hidden
                self.world.touch(remark)
            elif hidden:
                self.remove_remark(remark)
            else:
                self._bring_back(remark)
            self.world.flush()

    def _bring_back(self, remark: Remark) -> None:
        at = remark.deleted
        for item in self.world.remarks.values():
            if item is remark or (item.parent == remark.id and item.deleted == at):
                item.deleted = None
                self.world.touch(item)

    def remove(self, thing_id: str) -> None:
        """Let a post or a comment be deleted at its network, by a person there."""
        with self.lock:
            if thing_id in self.world.remarks:
                self.remove_remark(self.world.remarks[thing_id])
            else:
                # Deleting any version of a post on X deletes them all.
                for post in x.versions(self, self.world.posts[thing_id]):
                    post.deleted = self.clock.stamp()
                    self.world.touch(post)
            self.world.flush()

    def remove_remark(self, remark: Remark) -> None:
        """Delete a comment and its replies."""
        now = self.clock.stamp()
        for item in [remark, *(item for item in self.world.remarks_of(remark.post) if item.parent == remark.id)]:
            item.deleted = now
            self.world.touch(item)

    def _visible(self, post_id: str) -> Post:
        post = self.world.posts[post_id]
        if not post.visible:
            raise KeyError(post_id)
        return post

    def _touched(self, post: Post) -> None:
        self.world.touch(post)
        self.world.flush()

    def _meet(self, name: str) -> str:
        person = resident_id(name)
        self._names[person] = name
        return person

    def _know_residents(self) -> None:
        """Learn the names of residents that a state file brought along."""
        written: Sequence[tuple[str, str, bool]] = [
            *((post.author, post.author_name, post.own) for post in self.world.posts.values()),
            *(
                (item.author, item.author_name, item.own)
                for item in self.world.remarks.values()
                if item.network != "instagram"
            ),
        ]
        self._names.update({author: name for author, name, own in written if not own})


def _started(loop: asyncio.AbstractEventLoop, effect: Callable[[], Awaitable[None]]) -> Future[None]:
    async def run() -> None:
        await effect()

    return asyncio.run_coroutine_threadsafe(run(), loop)


def _inside(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
