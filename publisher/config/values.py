"""The configuration's values. Frozen; secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from channels import registry
from channels.limits import changed
from publisher.config.feeds import FeedSettings
from publisher.model import Approvals, Mentioned, Problem
from publisher.officehours import OfficeHours

if TYPE_CHECKING:
    from channels.base import Capabilities

Security = Literal["none", "starttls", "tls"]
OnDoubt = Literal["hold", "resend"]
AccountLanguages = Literal["together", "separate"] | tuple[str, ...]
CommentText = Literal["full", "excerpt", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets a mail, and in which language."""

    address: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """The publishing worker's clocks. `first` and `longest`: pauses between tries after a refusal."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=30)
    give_up_after: timedelta = timedelta(hours=6)
    confirm_for: timedelta = timedelta(minutes=10)
    cancel_after: timedelta = timedelta(minutes=10)
    late_limit: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSettings:
    """`every`: for a fresh post. `track_for`: how long a post is read at all. `read_back`: whether each post is once compared.

    `quiet`: from when to when (local times) nothing is read; the day's round over everything is at the first of the two. None: never.
    """

    every: timedelta = timedelta(minutes=10)
    track_for: timedelta = timedelta(days=90)
    read_back: bool = True
    quiet: tuple[time, time] | None = (time(0), time(6))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long residents' words are kept, and whether their names are kept at all. A month is a twelfth of 365 days."""

    comments: timedelta = timedelta(days=365)
    author_names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOAuth:
    """The registered app that gets access tokens for the mail server: client credentials, as Microsoft 365 wants them."""

    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mail leaves: by a server, or by the program `sendmail`, or into `folder`. `sender` is the From header as it stands in the file.

    Where neither `password` nor `oauth` is given, nobody signs in. `username` None: the sender's address. `reply_to` None: see
    `publisher.reporting`.
    """

    sender: str
    host: str = ""
    port: int = 25
    security: Security = "none"
    sendmail: Path | None = None
    folder: Path | None = None
    alerts_to: tuple[Recipient, ...] = ()
    reply_to: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    oauth: MailOAuth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """A network's API moved elsewhere, or pinned to a version; numbers and prices that count instead of its dated ones, by name."""

    base_url: str | None = None
    version: str | None = None
    limits: Mapping[str, int | float] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    insights: Mapping[str, str] | None = None
    """Metrics by what they are here (`views`, `clicks`, `shares`); None: the channel's own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """A developer app. X has two pairs: `client_id` for OAuth 2.0, `api_key` for OAuth 1.0a. `redirect_uri` None: the usual one."""

    client_id: str | None = None
    client_secret: SecretStr | None = None
    api_key: str | None = None
    api_secret: SecretStr | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """The weekly summary: to whom, on which weekday (Monday is 0) and at what local time it leaves."""

    to: tuple[Recipient, ...]
    weekday: int = 0
    time: time = time(8)
    comment_text: CommentText = "excerpt"
    """How much of residents' words the mail holds: all, the beginning, or none but a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One organisation's account on one network. `settings` is an instance of the channel's own model.

    With `secrets=False`, an account whose settings have a reference that was not looked up has only the checked part in it.
    """

    organisation: str
    channel: str
    name: str
    on_doubt: OnDoubt = "hold"
    languages: AccountLanguages = "together"
    owner: str | None = None
    monthly_budget: Decimal | None = None
    """What may be spent in a month, in US dollars; None: as much as it takes."""
    settings: BaseModel = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who publishes. `languages` in the order in which they are joined."""

    key: str
    name: str
    languages: tuple[str, ...]
    report: ReportSettings | None = None
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it. `var` is the folder for database, mails and the sandbox's state; it may not exist yet."""

    path: Path
    folder: Path
    sandbox: bool
    language: str
    timezone: ZoneInfo
    default_time: time
    queue: Path
    database: str = field(repr=False)
    var: Path
    approval: Approvals
    delivery: DeliverySettings
    collection: CollectionSettings
    retention: RetentionSettings
    mail: MailSettings | None
    networks: Mapping[str, NetworkSettings]
    proxy: str | None = field(repr=False)
    ca_bundle: Path | None
    organisations: Mapping[str, Organisation]
    hold_if_link_fails: bool = False
    """Whether an announcement waits while the address that it leads to does not answer."""
    private_hosts: frozenset[str] = frozenset()
    """Hosts that may be asked whether they answer although they are inside the organisation's own network."""
    apps: Mapping[str, AppSettings] = field(default_factory=dict, repr=False)
    """The developer apps of `login`, by network; an Instagram account is connected by Facebook's app or by its own."""
    token_keys: tuple[SecretStr, ...] = ()
    """What stored tokens are closed with, newest first; () when the environment has it."""
    office_hours: OfficeHours = field(default_factory=OfficeHours)
    """In which an unanswered question grows old."""
    branch: str | None = None
    """The branch of git that the queue follows; None: it is a folder like any other."""
    feeds: tuple[FeedSettings, ...] = ()
    """The website's news, of which drafts are made."""
    mentions: Mapping[str, Mentioned] = field(default_factory=dict)
    """Whom the words may mention, by the key in `@[key]`."""
    warnings: tuple[Problem, ...] = field(default=(), repr=False)
    """What is worth saying about the file; `check` does."""

    def capabilities(self, channel: str) -> Capabilities:
        """Give a network's limits, with the numbers that this configuration says otherwise."""
        network = self.networks.get(channel) or NetworkSettings()
        return changed(registry.capabilities(channel), network.limits, network.prices)
