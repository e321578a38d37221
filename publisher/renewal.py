"""Renews tokens that can be renewed without a person, long before they end.

    lease      one process at a time renews an account's token, also where several share a database
    ask        the network gives a new token
    commit     it is in the database before anybody is lent it; whoever is lent a channel afterwards gets the new one

A process that dies between the answer and the commit leaves the old tokens in the database. What they are still good for: Instagram's and
LinkedIn's go on to be good to their own dates, and renew again. X does not document whether a refresh token is good twice; its access
token lives on for an hour at least, since it is renewed at half of its two, and if the refresh token was good once only, the next renewal
is refused and a person is told. Nothing that is due is lost by it: it waits.

That a network is away is no verdict on a token: it is asked again. Nobody is told before it has refused, or before an account whose token
was refused has waited for it for an hour (`delivery.REPAIR_TOLD_AFTER`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from channels import registry
from channels.errors import AccountBlocked, ChannelError
from channels.oauth.values import Credentials
from publisher import lifetimes
from publisher.apart import apart
from publisher.config import Config, configured, everybody
from publisher.config.apps import app_of
from publisher.lockbox import KeyFault
from publisher.store import Store, StoreAway, credentials, meta
from publisher.store.notices import NoticeKind, raise_notice
from publisher.vault import Vault

if TYPE_CHECKING:
    from channels.oauth.values import Flow
    from channels.session import Network
    from publisher.config import Account
    from publisher.store.credentials import AccountKey

_LOG = logging.getLogger("tiedote.tokens")

WEEK = timedelta(days=7)
UNKNOWN = timedelta(hours=25)
"""An Instagram token without a known end: it must be a day old to be renewed, and then its end is told."""
YOUNG = timedelta(minutes=10)
"""A token that was renewed so lately and is refused is not mended by renewing it again."""
LEASE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
ASK_AGAIN = timedelta(hours=6)
"""A refusal may be the app's secret, which a person mends without a new login."""


class Outcome(StrEnum):
    """What became of a renewal."""

    RENEWED = "renewed"
    """There is a new token, by us or by somebody else."""
    LATER = "later"
    """The network was away, or another process is at it."""
    REFUSED = "refused"
    """A person has to log in."""
    NOT_OURS = "not_ours"
    """It cannot be renewed without a person, or was so just now."""


def renew_at(obtained: datetime, expires: datetime | None) -> datetime:
    """Return when to renew a token: once a week, or at half of its life if that is sooner."""
    return obtained + (UNKNOWN if expires is None else min(WEEK, (expires - obtained) / 2))


@dataclass(slots=True)
class _Pause:
    """Why an account is not asked before `until`. `serial`: of the tokens that it is about."""

    serial: int
    until: datetime
    failures: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Mine:
    """Tokens in hand, and the way to renew them."""

    serial: int
    credentials: Credentials
    flow: Flow


class Renewer:
    """Renews the tokens of one configuration; thread-safe."""

    def __init__(
        self,
        store: Store,
        config: Config,
        vault: Vault,
        network: Callable[[str], Network],
        *,
        owner: str,
        reached: Callable[[str], None] = lambda _point: None,
    ) -> None:
        """`owner` names this process in leases; `reached` is called between the network's answer and the commit."""
        self._store = store
        self._config = config
        self._vault = vault
        self._network = network
        self._owner = owner
        self._reached = reached
        self._pauses: dict[AccountKey, _Pause] = {}
        self._unsaved: dict[AccountKey, tuple[int, Credentials]] = {}
        self._lock = threading.Lock()

    def renew_due(self, now: datetime) -> int:
        """Renew what is due; return how many were. Raises StoreAway."""
        self._save_what_is_left(now)
        with self._store.read() as conn:
            kept = credentials.every(conn)
        here = configured(self._config)
        renewed = 0
        for one in kept:
            account = here.get(one.account)
            if account is None or registry.has_token(account.settings):
                continue
            if renew_at(one.obtained_at, one.expires_at) <= now and not self._rests(one.account, one.serial, now):
                with apart(f"renewing the token of {':'.join(one.account)}"):
                    renewed += self._renew(one.account, now) is Outcome.RENEWED
        return renewed

    def ask_about_configured(self, now: datetime) -> None:
        """Ask once a day how long tokens of the configuration last, where it has the app that made them. Raises StoreAway."""
        for account in configured(self._config).values():
            way = self._way_to_ask(account)
            if way is None or not self._is_time_to_ask(account, now):
                continue
            asked = Credentials(flow=way.name, access_token=account.settings.access_token, obtained_at=now)  # type: ignore[attr-defined]
            try:
                told = way.inspect(asked)
            except ChannelError:
                continue  # The account's own errors are told where it is used.
            finally:
                way.close()
            with self._store.write() as conn:
                lifetimes.note(conn, account, told.expires_at, now, told.data_until)

    def _is_time_to_ask(self, account: Account, now: datetime) -> bool:
        with self._store.read() as conn:
            asked = meta.written_at(conn, lifetimes.noted_under(account))
        return asked is None or now - asked >= timedelta(days=1)

    def _way_to_ask(self, account: Account) -> Flow | None:
        name = next(iter(registry.flows(account.channel)), None)
        # X tells no date, and bills the question.
        if name is None or account.channel == "x" or not registry.has_token(account.settings):
            return None
        app = app_of(self._config, account.channel, name)
        return registry.flow(account.channel, name, app, self._network(account.channel)) if app else None

    def lacks(self, account: Account) -> frozenset[str]:
        """Return which permissions a login was not given, where its network tells. Asks no network."""
        key = (account.organisation, account.channel, account.name)
        with self._store.read() as conn:
            kept = credentials.find(conn, key)
        if kept is None or not kept.scopes or registry.has_token(account.settings):
            return frozenset()
        app = app_of(self._config, account.channel, kept.flow)
        if app is None or kept.flow not in registry.flows(account.channel):
            return frozenset()
        flow = registry.flow(account.channel, kept.flow, app, self._network(account.channel))
        with closing(flow):
            return flow.needs - frozenset(kept.scopes)

    def repair(self, account: AccountKey, now: datetime) -> Outcome:
        """The network has refused an account's token: renew it whatever its date. Raises StoreAway."""
        with self._store.read() as conn:
            serial = credentials.serial_of(conn, account)
        if serial is None or not self.can_repair(account, now):
            return Outcome.NOT_OURS
        pause = self._pauses.get(account)
        if pause is not None and pause.serial == serial and now < pause.until:
            return Outcome.REFUSED if pause.refused else Outcome.LATER
        return self._renew(account, now)

    def can_repair(self, account: AccountKey, now: datetime) -> bool:
        """Tell whether renewing may help an account whose token was refused. Asks no network."""
        configured_account = configured(self._config).get(account)
        if configured_account is None or registry.has_token(configured_account.settings):
            return False
        with self._load(account) as mine:
            if mine is None or now - mine.credentials.obtained_at < YOUNG:
                return False
            pause = self._pauses.get(account)
            return pause is None or pause.serial != mine.serial or not pause.refused

    def _renew(self, account: AccountKey, now: datetime) -> Outcome:
        key = f"renewing:{':'.join(account)}"
        with self._store.write() as conn:
            if not meta.claim(conn, key, self._owner, now, now + LEASE):
                return Outcome.LATER
        try:
            # What the database did not take last time comes first: the token that it still has may be spent.
            self._save_what_is_left(now)
            # Only now: whoever had the lease before may have renewed it.
            with self._load(account) as mine:
                if mine is None:
                    return Outcome.NOT_OURS
                if now - mine.credentials.obtained_at < YOUNG:
                    return Outcome.RENEWED
                return self._ask(account, mine, now)
        finally:
            self._let_go(key)

    def _ask(self, account: AccountKey, mine: _Mine, now: datetime) -> Outcome:
        try:
            new = mine.flow.refresh(mine.credentials, now)
        except AccountBlocked as refused:
            self._pauses[account] = _Pause(mine.serial, now + ASK_AGAIN, refused=True)
            _LOG.warning("the token of %s cannot be renewed (%s)", ":".join(account), refused.kind)
            self._tell(account, mine, refused, now)
            return Outcome.REFUSED
        except ChannelError as error:
            before = self._pauses.get(account)
            failures = before.failures + 1 if before and before.serial == mine.serial else 1
            pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
            self._pauses[account] = _Pause(mine.serial, now + pause, failures)
            _LOG.info("the token of %s is renewed later (%s)", ":".join(account), error.kind)
            return Outcome.LATER
        with self._lock:
            # Kept until it is written down: the old one may be good for nothing by now.
            self._unsaved[account] = (mine.serial, new)
        self._reached("answered")
        self._save_what_is_left(now)
        self._pauses.pop(account, None)
        return Outcome.RENEWED

    def _save_what_is_left(self, now: datetime) -> None:
        """Write down what networks have given. A login that came between wins. Raises StoreAway, and keeps it."""
        with self._lock:
            for account, (serial, new) in list(self._unsaved.items()):
                with self._store.write() as conn:
                    self._vault.replace(conn, account, serial, new, now)
                del self._unsaved[account]

    def _rests(self, account: AccountKey, serial: int, now: datetime) -> bool:
        pause = self._pauses.get(account)
        return pause is not None and pause.serial == serial and now < pause.until

    @contextmanager
    def _load(self, account: AccountKey) -> Iterator[_Mine | None]:
        mine = self._found(account)
        try:
            yield mine
        finally:
            if mine is not None:
                mine.flow.close()

    def _found(self, account: AccountKey) -> _Mine | None:
        try:
            with self._store.read() as conn:
                found = self._vault.load(conn, account)
        except KeyFault:
            return None  # Told where the account is used.
        if found is None:
            return None
        serial, kept = found
        app = app_of(self._config, account[1], kept.flow)
        if app is None or kept.flow not in registry.flows(account[1]):
            return None
        flow = registry.flow(account[1], kept.flow, app, self._network(account[1]))
        if not flow.can_refresh(kept):
            flow.close()
            return None
        return _Mine(serial, kept, flow)

    def _let_go(self, key: str) -> None:
        try:
            with self._store.write() as conn:
                meta.let_go(conn, key, self._owner)
        except StoreAway:
            return  # The lease ends by itself.

    def _tell(self, account: AccountKey, mine: _Mine, refused: AccountBlocked, now: datetime) -> None:
        organisation, channel, name = account
        ends = mine.credentials.expires_at
        with self._store.write() as conn:
            raise_notice(
                conn,
                cause=f"renewal:{':'.join(account)}:{mine.serial}",
                kind=NoticeKind.RECONNECT,
                params={
                    "organisation": organisation,
                    "channel": channel,
                    "account": name,
                    "error_kind": str(refused.kind),
                    "detail": refused.detail,
                    "due": ends.isoformat() if ends else "",
                    "login": lifetimes.login_command(organisation, channel, name),
                },
                recipients=everybody(self._config, configured(self._config)[account].owner),
                now=now,
                once=True,
            )
