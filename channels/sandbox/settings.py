"""What a sandbox can be told: accounts, quotas, delays and versions. The defaults are the networks' own figures of Nov 2026."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

NETWORKS = ("facebook", "instagram", "x", "linkedin")

Status = Literal[
    "ok", "expired", "invalid", "password_changed", "checkpoint", "app_removed", "no_role", "restricted", "revoked"
]


@dataclass(slots=True, kw_only=True)
class SandboxAccount:
    """One organisation's page or profile on one network, with its token.

    `account_id`: Facebook page id, Instagram user id, X user id, LinkedIn organisation number. `page_id`: the Page an
    Instagram account is linked to; by default the Facebook account with the same token or organisation. An X account with
    a `token_secret` signs with OAuth 1.0a, one without uses its token as an OAuth 2.0 bearer. `api_key`: the app
    (LinkedIn: client id). `missing`: permissions or scopes that were not granted. `credit`: US dollars left on X; None: no
    limit. `owns_app`: on X the developer app is this account's own, so that it reads its own posts at the lower price.
    `role`: what the member behind a token of LinkedIn is on the page; "" for no role. `status` breaks the token or the account on purpose.
    """

    organisation: str
    channel: str
    account_id: str
    token: str = field(repr=False)
    name: str
    token_secret: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    page_id: str = ""
    username: str = ""
    user_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    status: Status = "ok"
    missing: tuple[str, ...] = ()
    credit: float | None = None
    owns_app: bool = False
    tier: Literal["development", "standard"] = "development"
    followers: int = 1200
    role: str = "ADMINISTRATOR"

    def __post_init__(self) -> None:
        """Give the account a handle if it has none."""
        if self.channel not in NETWORKS:
            message = f"no such network: {self.channel}"
            raise ValueError(message)
        if not self.username:
            self.username = "".join(ch for ch in self.name if ch.isascii() and ch.isalnum()) or self.organisation

    def expired(self, now: datetime) -> bool:
        """Tell whether the token's day has passed."""
        return self.status == "expired" or (self.expires_at is not None and now >= self.expires_at)


@dataclass(slots=True, kw_only=True)
class SandboxApp:
    """A developer app that may ask people for consent.

    `network`: facebook (also for Instagram by Facebook's login), instagram, x or linkedin. `api_key`, `api_secret`: X's pair for
    OAuth 1.0a.
    `redirect_uris`: where a browser may be sent, to the letter. `live` False: Meta's development mode, in which http://localhost is taken.
    `refresh_tokens`: LinkedIn gives them to this app.
    """

    network: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    redirect_uris: tuple[str, ...] = ()
    live: bool = True
    refresh_tokens: bool = False


@dataclass(slots=True, kw_only=True)
class SandboxPerson:
    """Somebody who can sign in to Facebook and LinkedIn. `roles`: by the id of a Page, "full" or "analyst"."""

    name: str
    roles: Mapping[str, str] = field(default_factory=dict)
    manages_all: bool = False


def _x_limits() -> dict[str, int]:
    """Requests per user in 15 minutes (docs.x.com, 2026-07-24)."""
    return {
        "POST /2/tweets": 100,
        "DELETE /2/tweets/:id": 50,
        "GET /2/tweets": 5000,
        "GET /2/tweets/:id": 900,
        "GET /2/tweets/search/recent": 300,
        "GET /2/users/:id/tweets": 900,
        "GET /2/users/:id/mentions": 300,
        "GET /2/tweets/:id/quote_tweets": 75,
        "GET /2/users/me": 75,
        "GET /2/users/:id": 900,
        "GET /2/users/by/username/:username": 900,
        "POST /2/media/upload": 500,
        "POST /2/media/metadata": 500,
    }


@dataclass(slots=True, kw_only=True)
class Quotas:
    """How much each network lets through. Windows of duplicates in seconds; 0 switches that guard off."""

    graph_engaged_users: int = 25
    """Meta allows 4800 calls in 24 h for each engaged user of a Page, and for each impression on Instagram."""
    instagram_posts: int = 100
    instagram_containers: int = 400
    instagram_comment_length: int = 2200
    x_limits: dict[str, int] = field(default_factory=_x_limits)
    x_other_limit: int = 300
    """Where `x_limits` says nothing."""
    x_posts_a_day: int = 10_000
    linkedin_app: int = 500
    linkedin_member: int = 100
    linkedin_standard: int = 100_000
    """Calls a day at the Standard tier; LinkedIn publishes no figure."""
    linkedin_comments_a_minute: int = 0
    """0: no limit; LinkedIn publishes no figure."""
    facebook_duplicates: float = 600
    x_duplicates: float = 86_400
    linkedin_duplicates: float = 600


@dataclass(slots=True, kw_only=True)
class Delays:
    """How long the networks take, in seconds of the sandbox's clock; `answer` alone is real time."""

    answer: float = 0
    container: float = 0.4
    """Until an Instagram container is FINISHED."""
    image: float = 0.4
    """Until a LinkedIn image is AVAILABLE."""
    activity: float = 0.5
    """Until a LinkedIn post can be commented on."""
    listing: float = 0
    """Until a new post appears in its account's listings."""


@dataclass(slots=True, kw_only=True)
class Habits:
    """Ways of a network that clients meet now and then."""

    linkedin_empty_comments_404: bool = False
    """A post without comments answers 404 instead of an empty list."""
    linkedin_new_token_rests: float = 0
    """Seconds during which a brand-new token is called revoked."""
    real_upload_hosts: bool = False
    """Upload URLs name the network's own host, as in reality, instead of the sandbox's address."""
    loses_alts: tuple[str, ...] = ()
    """Networks that answer as if they took an alternative text and keep none."""
    instagram_keeps_media: bool = False
    """Instagram deletes no medium, as where the way in is its own login, or for some kinds."""
    fetch_hosts: tuple[str, ...] = ()
    """Hosts (or host:port) beside loopback that the sandbox may fetch an `image_url` from."""


@dataclass(slots=True, kw_only=True)
class Versions:
    """Which API versions live.

    `judged_on`: the day on which their life is judged, so that a rehearsal still runs when real versions have died; None:
    the sandbox's clock.
    """

    judged_on: date | None = date(2026, 11, 24)
    graph_default: str = "v25.0"
    linkedin_newest: str = "202609"

    GRAPH: ClassVar[Mapping[str, tuple[date, date | None]]] = {
        "v21.0": (date(2024, 10, 2), date(2027, 1, 21)),
        "v22.0": (date(2025, 1, 21), date(2027, 5, 20)),
        "v23.0": (date(2025, 5, 29), date(2027, 10, 8)),
        "v24.0": (date(2025, 10, 8), date(2028, 2, 18)),
        "v25.0": (date(2026, 2, 18), date(2028, 7, 29)),
        "v26.0": (date(2026, 7, 29), None),
        "v27.0": (date(2026, 11, 4), None),
    }
    """Released, dies (Meta's changelog, 29 Oct 2026)."""

    def graph_living(self, today: date) -> tuple[str, ...]:
        """Name the living Graph versions, oldest first."""
        day = self.judged_on or today
        return tuple(name for name, (born, dies) in self.GRAPH.items() if born <= day and (dies is None or day < dies))

    def linkedin_lives(self, version: str, today: date) -> bool:
        """Tell whether a YYYYMM is served: released, and not yet past the 15th of the same month a year later."""
        day = self.judged_on or today
        year, month = int(version[:4]), int(version[4:])
        if not 1 <= month <= 12 or version > self.linkedin_newest:
            return False
        return day < date(year + 1, month, 15)


@dataclass(slots=True, kw_only=True)
class Settings:
    """Everything but the accounts."""

    quotas: Quotas = field(default_factory=Quotas)
    delays: Delays = field(default_factory=Delays)
    habits: Habits = field(default_factory=Habits)
    versions: Versions = field(default_factory=Versions)


T = TypeVar("T", SandboxAccount, Quotas, Delays, Habits, Versions)


def build(kind: type[T], values: Mapping[str, Any]) -> T:
    """Make one of the settings from plain JSON values. Raises ValueError for a key it does not have."""
    return kind(**_checked(kind, values))


def update(target: SandboxAccount | Quotas | Delays | Habits | Versions, values: Mapping[str, Any]) -> None:
    """Change some fields in place. Raises ValueError for a key that is not there."""
    for key, value in _checked(type(target), values).items():
        setattr(target, key, value)


def _checked(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        message = f"{kind.__name__} has no {', '.join(unknown)}"
        raise ValueError(message)
    return {key: _coerced(str(hints[key]), value) for key, value in values.items()}


def _coerced(hint: str, value: Any) -> Any:  # noqa: ANN401 (JSON in, field value out)
    if isinstance(value, str) and "datetime.datetime" in hint:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, str) and "datetime.date" in hint:
        return date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
