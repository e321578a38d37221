"""Everything wired together: configuration, database, networks, mail, and the workers between them.

The command line, the demo and the daemon all stand on a `Service`. It starts nothing by itself: each method does one kind of
work and returns.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Self

from channels import registry
from channels.base import Channel, Charge, Health, Meter
from channels.errors import ChannelError
from publisher import announcements as queue
from publisher import lifetimes, planning, spending, telling
from publisher.afterwards import AccountRemovedError, Afterwards
from publisher.alarm import Alarm
from publisher.answering import Answers
from publisher.apart import apart
from publisher.checkout import Checkout, CheckoutError, Merge
from publisher.collection import Collected, Collector
from publisher.compose import compose
from publisher.config import Account, Config, configured, everybody, only
from publisher.delivery import Clock, Deliverer, Point, Rules, nothing
from publisher.drafting.feeds import Feeds
from publisher.keeping import Keeper
from publisher.lanes import Lanes
from publisher.lifetimes import TokenLife
from publisher.linking import Dead, Links
from publisher.mail import open_outbox
from publisher.model import FINAL, Announcement, Plan, State
from publisher.planning import PLANNED_AHEAD, PlanReport, Prospect, Reading, Times
from publisher.policy import RetryRules
from publisher.pool import ChannelPool
from publisher.preflight import Preflight
from publisher.purging import PROGRAM
from publisher.readback import ReadBack
from publisher.rehearsal import open_rehearsal, shown
from publisher.remarks import Level, Remark
from publisher.renewal import Outcome, Renewer
from publisher.reporting import Reporter
from publisher.store import (
    DaemonLock,
    Store,
    StoreAway,
    accounts,
    approvals,
    budgets,
    care,
    check_integrity,
    meta,
    migrate,
)
from publisher.store import deliveries as rows
from publisher.store.accounts import AccountState
from publisher.store.announcements import contacts, known_files
from publisher.store.approvals import Approval, How
from publisher.store.deliveries import FrozenPost, Job, Key, Outside
from publisher.store.seal import Lost, Seal, doubt_what_was_due
from publisher.thrift import Purse
from publisher.vault import Tokens, Vault, stamp_of

_DONE, _FAILED, _LATER = 0, 4, 75
_POLL_SECONDS = 0.05
_GLANCE = 0.5
"""Seconds between two looks at what the daemon is doing."""
_STOP_WITHIN = timedelta(seconds=90)
_COLLECTORS = 4
_QUIET = timedelta(minutes=1)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)


class AnotherDaemonError(Exception):
    """Another process publishes from this database at this moment."""


class _Desk:
    """What the delivery worker asks of the configuration."""

    def __init__(self, config: Config, store: Store, links: Links, renewer: Renewer) -> None:
        settings = config.delivery
        retry = RetryRules(first=settings.first, longest=settings.longest, give_up_after=settings.give_up_after)
        self.rules = Rules(retry=retry, confirm_for=settings.confirm_for)
        self._config = config
        self._store = store
        self._links = links
        self._renewer = renewer
        self._by_id: dict[int, Account] = {}

    def account(self, account_id: int) -> Account:
        """Return the configured account of a row. Raises AccountRemovedError if it is not configured any more."""
        if account_id not in self._by_id:
            with self._store.read() as conn:
                key = accounts.get_account(conn, account_id).key
            here = configured(self._config)
            if key not in here:
                raise AccountRemovedError(":".join(key))
            self._by_id[account_id] = here[key]
        return self._by_id[account_id]

    def resends(self, account_id: int) -> bool:
        """Tell whether the account's `on_doubt` is `resend`."""
        return self.account(account_id).on_doubt == "resend"

    def owners(self, account_id: int) -> list[tuple[str, str]]:
        """Return who hears of an account's troubles."""
        return everybody(self._config, self.account(account_id).owner)

    def purse(self, account_id: int) -> Purse | None:
        """Return what the account may spend in a month."""
        return spending.purse_of(self._config, self.account(account_id))

    def stamp(self, account_id: int) -> str | None:
        """Name the token of an account without telling it; None where a login has seen whose it is."""
        return stamp_of(self.account(account_id))

    def can_repair(self, account_id: int, now: datetime) -> bool:
        """Tell whether an account whose token was refused may be well again without a person."""
        return self._renewer.can_repair(key_of(self.account(account_id)), now)

    def repair(self, account_id: int, now: datetime) -> Outcome:
        """Renew the token of an account."""
        return self._renewer.repair(key_of(self.account(account_id)), now)

    def waits_for_link(self, post: FrozenPost) -> bool:
        """Tell whether a post waits while where it leads does not answer."""
        return self._config.hold_if_link_fails and bool(post.addresses)

    def dead_link(self, post: FrozenPost, now: datetime) -> Dead | None:
        """Ask where a post leads; return what does not answer."""
        return self._links.dead(post.addresses, now)

    def audience(self, job: Job | Outside) -> list[tuple[str, str]]:
        """Return who hears of the troubles of a delivery, or of a post that is out."""
        with self._store.read() as conn:
            contact = contacts(conn).get(job.key.announcement)
        return everybody(self._config, contact, self.account(job.account_id).owner)


def key_of(account: Account) -> tuple[str, str, str]:
    """Return what the database knows an account by."""
    return (account.organisation, account.channel, account.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSays:
    """What the file of an announcement would send now. `faulty`: it cannot be read; `unapproved`: it needs `approved_by`."""

    posts: Mapping[Key, FrozenPost]
    faulty: bool
    unapproved: bool


class Service:
    """A configuration at work. Use `open`."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        base_url: str | None,
        *,
        reached: Callable[[Point], None] = nothing,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Wire the workers; nothing starts."""
        self.config = config
        self.store = store
        self.clock = clock
        self.sandbox_url = base_url
        self.alarm = Alarm()
        self._book = spending.Book(store, self._note_away)
        self.links = Links(config)
        self.vault = Vault(config)
        self.pool = ChannelPool(config, base_url, self._meter, Tokens(config, store, self.vault))
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.renewer = Renewer(store, config, self.vault, self.pool.network, owner=owner)
        self.desk = _Desk(config, store, self.links, self.renewer)
        self.preflight = Preflight(store, config, self.links, self.examine, self.lacking)
        self.checkout = Checkout(config.queue, config.branch) if config.branch else None
        self._checkout_lock = threading.Lock()
        self.feeds = Feeds(store, config, owner)
        self.seal = Seal(store, config.var)
        self.deliverer = Deliverer(store, self.desk, clock, seal=self.seal, owner=owner, random=chance, reached=reached)
        self.lanes = Lanes(self.deliverer, self._lend, clock, on_away=self._note_away)
        self.collector = Collector(store, self.pool.lend, config)
        self.keeper = Keeper(store, self.pool.lend, config)
        self.readback = ReadBack(store, self._lend, self.desk.audience, self.desk.purse)
        self.afterwards = Afterwards(store, self._lend, clock)
        self.answers = Answers(store, self._lend, clock, confirm_for=config.delivery.confirm_for)
        self.reporter = Reporter(store, config, open_outbox(config), shown=shown(config))
        self._lock = DaemonLock(store)
        self._memory = queue.Memory()
        self._planned: dict[str, tuple[Announcement, tuple[Plan, ...]]] = {}
        self._lost: Lost | None = None
        self._has_collected = False

    def _note_away(self, away: StoreAway) -> None:
        self.alarm.note(away, self.clock.now())

    def _lend(self, account_id: int) -> AbstractContextManager[Channel]:
        return self.pool.lend(self.desk.account(account_id))

    @classmethod
    @contextmanager
    def open(
        cls, config: Config, clock: Clock | None = None, *, reached: Callable[[Point], None] = nothing
    ) -> Iterator[Self]:
        """Open database, networks and mail; with `sandbox: yes` the sandbox too. Raises DatabaseProblem."""
        clock = clock or SystemClock()
        with ExitStack() as stack:
            store = Store(config.database)
            stack.callback(store.close)
            migrate(store, clock.now())
            base_url = stack.enter_context(open_rehearsal(config)).base_url if config.sandbox else None
            service = cls(config, store, clock, base_url, reached=reached)
            stack.callback(service.pool.close)
            yield service

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the one process that publishes from this database; what a dead one had claimed is taken back.

        Raises AnotherDaemonError, StoreAway, and DatabaseProblem for a damaged database.
        """
        with self._lock_held():
            check_integrity(self.store)
            now = self.clock.now()
            self._lost = self.seal.lost()
            paused_since = self.seal.paused_since(now)
            with self.store.write() as conn:
                rows.sweep(conn, now, only_expired=False)
                accounts.probe_now(conn, now)
                if self._lost is not None:
                    doubt_what_was_due(conn, self._lost, now)
                elif paused_since is not None:
                    accounts.look_again(conn, paused_since, now)
            if self._lost is None:
                self.seal.set(now, str(os.getpid()))
            yield

    @contextmanager
    def _lock_held(self) -> Iterator[None]:
        if not self._lock.acquire():
            raise AnotherDaemonError
        self.store.checkpoint(on=True)
        try:
            yield
        finally:
            self.store.checkpoint(on=False)
            self._lock.release()

    def still_alone(self) -> bool:
        """Tell whether no other process has taken this database over; a server that was restarted forgets who had it."""
        return self._lock.held()

    def _meter(self, account: Account) -> Meter:
        prices = self.config.capabilities(account.channel).prices

        def note(charge: Charge) -> None:
            self._book.note(key_of(account), charge, prices[charge.item].dollars, self.clock.now())

        return note

    # ------------------------------------------------------------ work

    def read_queue(self, is_still: Callable[[Path, datetime], bool] = lambda _path, _now: True) -> PlanReport:
        """Read the files and bring the deliveries in line with them; those that `is_still` does not hold for are left for later."""
        now = self.clock.now()
        with self._checkout_lock:
            read = queue.read_queue(
                self.config, now=now, is_still=lambda path: is_still(path, now), memory=self._memory
            )
            self._note_merges(read.announcements, now)
        self._planned = {one.key: (one, self._plans_of(one, now)) for one in read.announcements}
        plans = {key: found for key, (_announcement, found) in self._planned.items()}
        with self.store.read() as conn:
            known = contacts(conn)
        reading = Reading(
            announcements=read.announcements,
            plans=plans,
            problems=read.problems,
            readable=read.readable,
            unsettled=read.unsettled,
            accounts=tuple(configured(self.config)),
            alerts_to=everybody(self.config),
            contacts=self._audiences(),
            file_contacts={one.file: self._hears_of(one, known) for one in read.readings if one.problems},
            approval=self.config.approval,
        )
        report = planning.take_in(self.store, reading, self.times, now)
        if self._lost is not None:
            # Files that the restored database did not know yet may have gone out before the loss as well.
            with self.store.write() as conn:
                doubt_what_was_due(conn, self._lost, now)
            self._lost = None
            self.seal.set(now, str(os.getpid()))
        return report

    def pull_queue(self) -> None:
        """Bring a queue that follows a branch of git up to date; tell people once a day while that cannot be done. Raises StoreAway."""
        if self.checkout is None or self.config.sandbox:
            return  # In a rehearsal nothing outside this machine is asked: what lies there counts.
        now = self.clock.now()
        try:
            with self._checkout_lock:
                self.checkout.pull()
        except CheckoutError as error:
            with self.store.write() as conn:
                telling.tell_not_pulled(conn, self.config, error.code, str(error), now)
            return
        with self.store.write() as conn:
            meta.drop(conn, telling.NOT_PULLED)

    def _note_merges(self, announced: tuple[Announcement, ...], now: datetime) -> None:
        """Note who brought which words onto the branch, where an approval is wanted and there is none yet."""
        if self.checkout is None or self.config.approval == "optional":
            return
        with self.store.read() as conn:
            known = approvals.known(conn).of_words
        for one in announced:
            if (one.key, one.content_hash) in known:
                continue
            merge = self.merge_of(one)
            if merge is not None and (self.config.approval == "required" or merge.has_four_eyes):
                approval = Approval(
                    announcement=one.key,
                    content_hash=one.content_hash,
                    by=merge.approver.name,
                    how=How.MERGE,
                    author=", ".join(author.name for author in merge.authors),
                    detail=merge.commit,
                    at=now,
                )
                with self.store.write() as conn:
                    approvals.add(conn, approval)

    def merge_of(self, announcement: Announcement) -> Merge | None:
        """Say what brought an announcement onto the branch that the queue follows; None: it follows none, or git cannot tell."""
        if self.checkout is None:
            return None
        pictures = (picture.path for block in announcement.blocks for picture in block.pictures or ())
        try:
            return self.checkout.merge_of([announcement.path, *pictures])
        except CheckoutError:
            return None

    def _hears_of(self, reading: queue.Reading, known: Mapping[str, str]) -> list[tuple[str, str]]:
        """Tell who mends a file: its contact, or the one that it named before; else the owners of its accounts; else `alerts_to`."""
        file = PurePosixPath(reading.file)
        contact = reading.contact or known.get(str(file.with_suffix("")))
        if contact:
            return only(self.config, contact)
        folder = next((part for part in reversed(file.parent.parts) if part in self.config.organisations), None)
        owned = self.config.organisations[folder].accounts if folder else ()
        return only(self.config, *(one.owner for one in owned)) or everybody(self.config)

    def _plans_of(self, announcement: Announcement, now: datetime) -> tuple[Plan, ...]:
        """Plan an announcement, unless it is the very one of last time; what comes round again depends on the day."""
        known, plans = self._planned.get(announcement.key, (None, ()))
        return plans if known is announcement and announcement.repeat is None else self._composed(announcement, now)

    @property
    def times(self) -> Times:
        """The limits that planning needs."""
        return Times(cancel_after=self.config.delivery.cancel_after, late_limit=self.config.delivery.late_limit)

    def plans(self, announcement: Announcement, now: datetime) -> tuple[Plan, ...]:
        """Return what an announcement asks for, as far ahead as it is planned, and as far as it is approved."""
        with self.store.read() as conn:
            known = approvals.known(conn)
        return planning.settle(
            self._composed(announcement, now), announcement.content_hash, self.config.approval, known
        )

    def _composed(self, announcement: Announcement, now: datetime) -> tuple[Plan, ...]:
        composed = compose(announcement, self.config, horizon=now + PLANNED_AHEAD)
        return tuple(one for one in composed if isinstance(one, Plan))

    def publish_now(self, announcement: Announcement, wait: timedelta) -> tuple[Prospect, ...]:
        """Send an announcement that the queue has, now and nothing else, or let the daemon do it; return how each account stood with it.

        Waits until nothing more happens to it by itself, for `wait` at most.
        """
        now = self.clock.now()
        found = planning.put_first(self.store, self.plans(announcement, now), self.times, now)
        only = planning.to_follow(found)
        pause = threading.Event()
        end = now + wait
        while only and self._is_open(only) and (now := self.clock.now()) < end:
            try:
                with self.alone():
                    self.publish_due(end - now, only)
                    self.lanes.stop(_STOP_WITHIN)
                break
            except AnotherDaemonError:
                # The daemon sends it; should it end meanwhile, this process does.
                pause.wait(_GLANCE)
        return found

    def _is_open(self, ids: frozenset[int]) -> bool:
        """Tell whether something may still become of these by itself; nothing does on a blocked account."""
        with self.store.read() as conn:
            blocked = {one.id for one in accounts.list_accounts(conn) if one.blocked_kind is not None}
            return any(
                view.state not in FINAL | {State.UNCONFIRMED, State.HELD} and view.account_id not in blocked
                for view in rows.list_deliveries(conn, sorted(ids))
            )

    def file_says(self, announcement: str) -> FileSays:
        """Read an announcement's file as it is now: what it would send to each account, without taking any of it in."""
        now = self.clock.now()
        with self.store.read() as conn:
            known = known_files(conn).get(announcement)
        read = queue.read_queue(self.config, now=now)
        faulty = known is not None and any(not problem.warning for problem in read.problems.get(known.file, ()))
        plans = [plan for one in read.announcements if one.key == announcement for plan in self.plans(one, now)]
        unapproved = any(plan.state is State.AWAITING_APPROVAL for plan in plans)
        posts = {planning.key_of(plan): planning.frozen(plan) for plan in plans}
        return FileSays(posts=posts, faulty=faulty, unapproved=unapproved)

    def _audiences(self) -> Mapping[str, list[tuple[str, str]]]:
        with self.store.read() as conn:
            return {key: everybody(self.config, contact) for key, contact in contacts(conn).items()}

    def tick(self) -> datetime | None:
        """Hand what is due to the lanes, mark what came too late; return when something is due next. Never waits for a network."""
        only = self.deliverer.only
        now = self.clock.now()
        with self.store.write() as conn:
            rows.sweep(conn, now, only_expired=True)
        self.mark_overdue(now)
        with self.store.read() as conn:
            due = rows.accounts_with_work(conn, now, only) | accounts.to_probe(conn, now)
            following = rows.next_moment(conn, now, only)
        self.lanes.wake(self._still_configured(due))
        return following

    def mark_overdue(self, now: datetime) -> None:
        """Give up what has come too late, and tell people."""
        with self.store.write() as conn:
            telling.tell_late(conn, self.config, rows.overdue(conn, now, accounts.LONGEST_STOP), now)

    def _still_configured(self, account_ids: frozenset[int]) -> list[int]:
        with self.store.read() as conn:
            known = {account.id: account.key for account in accounts.list_accounts(conn)}
        here = configured(self.config)
        return sorted(account_id for account_id in account_ids if known[account_id] in here)

    def publish_due(self, wait: timedelta, only: frozenset[int] | None = None) -> None:
        """Work off everything that is due, with the steps that wait for a network and the looks for lost answers, for `wait` at most.

        `only`: nothing but these deliveries.
        """
        self.deliverer.only = only
        asked_again: frozenset[int] = frozenset()
        pause = threading.Event()
        end = self.clock.now() + wait
        while True:
            self.tick()
            while not self.lanes.idle():
                pause.wait(_POLL_SECONDS)
                if self.clock.now() >= end:
                    return
            now = self.clock.now()
            # A first look at an account has told apart what is out and what has come too late.
            self.mark_overdue(now)
            with self.store.read() as conn:
                # An account whose token was refused a moment ago may have a new one by the next look.
                refused = accounts.to_probe(conn, now) - asked_again
                asked_again |= refused
                if refused or rows.accounts_with_work(conn, now, only):
                    continue
                going = rows.on_their_way(conn, now, only)
                # Asked after the work: a refusal or a lost answer has set a time that the tick did not know yet.
                following = rows.next_moment(conn, now, only)
            if not going or following is None or now >= end:
                return
            pause.wait(min(1.0, max(_POLL_SECONDS, (min(following, end) - now).total_seconds())))

    def collect(self, *, all_posts: bool = False) -> tuple[Collected, ...]:
        """Read back comments and counts of what is due, or of every tracked post; accounts side by side."""
        self.renewer.renew_due(self.clock.now())
        now = self.clock.now()
        self.keeper.purge_due(now, PROGRAM)
        with self.store.read() as conn:
            known = accounts.list_accounts(conn)
        with ThreadPoolExecutor(_COLLECTORS, thread_name_prefix="collect") as workers:
            passes = workers.map(lambda one: self._collect(one, now, all_posts=all_posts), known)
            try:
                return tuple(collected for collected in passes if collected is not None)
            finally:
                # An account that is behind after this is so for a reason, and not because this process has only begun.
                self._has_collected = True

    def _collect(self, account: AccountState, now: datetime, *, all_posts: bool) -> Collected | None:
        collected = self.collector.collect_account(account, now, all_posts=all_posts)
        is_read = collected is not None and collected.error is None and not collected.broken
        if is_read and self.config.collection.read_back:
            with apart(f"reading back the posts of {'/'.join(account.key)}"):
                self.readback.compare(account.id, now)
        return collected

    def keep(self, *, at_once: bool = False) -> None:
        """Erase what may be kept no longer, and write the file anew if anything was erased. Only inside `alone`. Raises StoreAway.

        Nobody else writes meanwhile, so a minute without posts is waited for, and no longer than a minute; with `at_once` none.
        """
        now = self.clock.now()
        self.keeper.purge_due(now, PROGRAM)
        with self.store.read() as conn:
            wanted_at = care.rewriting_wanted(conn)
            at_once = at_once or care.rewriting_hurries(conn)
            following = rows.next_moment(conn, now)
        if wanted_at is None:
            return
        quiet = self.lanes.idle() and (following is None or following - now > _QUIET)
        if (at_once or quiet or now - wanted_at >= _QUIET) and self.store.rewrite():
            with self.store.write() as conn:
                care.rewritten(conn, wanted_at)

    def rewrite_soon(self, wait: timedelta) -> bool:
        """Have the database's file written anew after an erasure: by this process, or by the daemon; False: not within `wait`."""
        pause = threading.Event()
        end = self.clock.now() + wait
        with self.store.write() as conn:
            care.hurry_rewriting(conn)
        while self._rewriting_wanted():
            try:
                with self._lock_held():
                    self.keep(at_once=True)
            except AnotherDaemonError:
                pause.wait(_GLANCE)  # it sees to that every few seconds
            if self.clock.now() >= end:
                return not self._rewriting_wanted()
        return True

    def _rewriting_wanted(self) -> bool:
        with self.store.read() as conn:
            return care.rewriting_wanted(conn) is not None

    def finish_withdrawals(self) -> None:
        """Take down what a person wanted taken down and no network has done so far, look for lost replies, take leftovers away."""
        self.afterwards.finish_withdrawals()
        self.answers.settle()
        self.afterwards.clear_up()

    def read_feeds(self) -> int:
        """Make drafts of what is new on the website, where a feed is due; return how many. Raises StoreAway."""
        return self.feeds.read_due(self.clock.now())

    def send_mails(self) -> None:
        """Send the summaries and notices that are due. Raises StoreAway, but not before people were told of that."""
        self.tell_of_trouble()
        now = self.clock.now()
        with self.store.write() as conn:
            telling.tell_token_ends(conn, self.config, now)
            telling.tell_held(conn, self.config, rows.held_and_due(conn, now), now)
            if self._has_collected:
                telling.tell_behind(conn, self.config, now)
        self.reporter.prepare(now)
        self.reporter.send_due(now)

    def tell_of_trouble(self) -> None:
        """Mail that the database is away, if it is and somebody has not heard."""
        now = self.clock.now()

        def send(away: StoreAway, recipient: tuple[str, str]) -> bool:
            return self.reporter.tell_past_the_database(away, recipient, now)

        self.alarm.tell(everybody(self.config), send, now)

    def run_once(self, wait: timedelta) -> int:
        """Do everything that is due now; return the exit code. Raises AnotherDaemonError."""
        with self.alone():
            self.pull_queue()
            self.read_queue()
            self.renew_tokens()
            self.publish_due(wait)
            self.lanes.stop(_STOP_WITHIN)
            self.finish_withdrawals()
            self.collect()
            self.look_ahead()
            self.read_feeds()
            self.send_mails()
            self.keep(at_once=True)
            self.seal.set(self.clock.now(), str(os.getpid()))
            with self.store.read() as conn:
                going, bad = rows.unfinished(conn, self.clock.now())
        if bad:
            return _FAILED
        return _LATER if going else _DONE

    # ------------------------------------------------------------ tokens

    def renew_tokens(self) -> int:
        """Renew what is due to be renewed, and learn when the others end; return how many were renewed. Raises StoreAway."""
        now = self.clock.now()
        renewed = self.renewer.renew_due(now)
        self.renewer.ask_about_configured(now)
        return renewed

    def life_of(self, account: Account) -> TokenLife | None:
        """Return how long an account is connected; None: nothing is known."""
        with self.store.read() as conn:
            lives = lifetimes.known(conn, self.config, self.clock.now())
            return next((one for one in lives if (one.organisation, one.channel, one.account) == key_of(account)), None)

    def keep_life(self, account: Account) -> None:
        """Note that a token of the configuration works, where nothing is known of its end."""
        now = self.clock.now()
        with self.store.write() as conn:
            if registry.has_token(account.settings) and meta.get(conn, lifetimes.noted_under(account)) is None:
                lifetimes.note(conn, account, None, now)

    def lacking(self, account: Account) -> Remark | None:
        """Say which permissions a login was not given."""
        scopes = self.renewer.lacks(account)
        if not scopes:
            return None
        return Remark(code="scopes_missing", level=Level.FAIL, params={"scopes": ", ".join(sorted(scopes))})

    # ------------------------------------------------------------ looking around

    def examine(self, account: Account) -> Health | ChannelError:
        """Ask an account's network how it stands; one that answers well is not blocked any more."""
        try:
            with self.pool.lend(account) as channel:
                health = channel.examine()
                usage = channel.usage()
        except ChannelError as error:
            return error
        with self.store.write() as conn:
            known = {one.key: one.id for one in accounts.list_accounts(conn)}
            if (account_id := known.get(key_of(account))) is not None:
                accounts.unblock(conn, account_id, self.clock.now())
                budgets.note(conn, account_id, usage, self.clock.now())
        return health

    def look_ahead(self) -> int:
        """Look at what goes out within a day, and tell people what to mend; return how many deliveries were looked at."""
        return self.preflight.look(self.clock.now())
