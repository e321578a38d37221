"""Who may log in, which apps ask, and what was granted: codes, tokens and refresh tokens of the four networks.

A granted token is kept as its hash alone, so that no file of the sandbox holds one in clear; it is known again when it is shown.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from channels.sandbox.settings import SandboxAccount, SandboxApp, SandboxPerson

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox

MARK: Final = "sAnDbOxSeCrEt"
"""Stands in every token that the sandbox gives out: a place where a token must not be can be searched for it."""

FACEBOOK_CODE: Final = 600.0
"""Seconds that a code is good for; Meta publishes no figure for Facebook."""
INSTAGRAM_CODE: Final = 3600.0
X_CODE: Final = 30.0
X_REQUEST: Final = 600.0
"""Seconds of a request token; X publishes no figure."""
LINKEDIN_CODE: Final = 1800.0

DATA_ACCESS: Final = 90 * 86_400
"""Seconds from a person's consent for which Meta answers about people's data; the token itself goes on to be good for the rest."""
PEOPLES_DATA: Final = "data_access"
"""Stands among an account's missing permissions when that time is over; no permission of Meta's has the name."""

PERSON: Final = "10000000000000001"
"""The id of a person on Facebook; the others follow it."""

TASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "full": ("ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"),
    "analyst": ("ANALYZE",),
}
"""What a role on a Page may do."""


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a token may do. `kind`: short, person, page, instagram_short, instagram, x1, x2, linkedin, or refresh_x, refresh_linkedin.

    `accounts`: ids on the network. Times in seconds since 1970; `expires` 0: never. `consented`: when the person behind it said yes,
    whatever tokens came of that since.
    """

    kind: str
    client_id: str
    person: str = ""
    accounts: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    issued: float = 0
    expires: float = 0
    consented: float = 0

    @property
    def data_until(self) -> float:
        """When Meta stops answering about people's data."""
        return (self.consented or self.issued) + DATA_ACCESS


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code, good once. `expires`: of the code; `challenge`: PKCE."""

    grant: Grant
    redirect_uri: str
    expires: float
    challenge: str = ""
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Request:
    """A request token of OAuth 1.0a. `verifier` is set once somebody has consented."""

    client_id: str
    callback: str
    secret: str
    expires: float
    verifier: str = ""
    account: str = ""


class Grants:
    """All of them. Not locked: the sandbox lets one request in at a time."""

    def __init__(self, sandbox: Sandbox, apps: Iterable[SandboxApp], people: Iterable[SandboxPerson]) -> None:
        """Let these apps ask, and these people consent; without people, one who manages everything and one who manages nothing."""
        self._sandbox = sandbox
        self.apps = list(apps)
        self.people = list(people) or [
            SandboxPerson(name="Viestintä", manages_all=True),
            SandboxPerson(name="Kesätyöntekijä"),
        ]
        self.codes: dict[str, Code] = {}
        self.requests: dict[str, Request] = {}

    def app(self, network: str, client_id: str) -> SandboxApp | None:
        """Find an app by its client id, or its API key."""
        return next(
            (
                one
                for one in self.apps
                if one.network == network and client_id and client_id in {one.client_id, one.api_key}
            ),
            None,
        )

    def person(self, name: str) -> SandboxPerson | None:
        """Find a person by name."""
        return next((one for one in self.people if one.name == name), None)

    def person_id(self, name: str) -> str:
        """A person's id on Facebook."""
        names = [one.name for one in self.people]
        return str(int(PERSON) + (names.index(name) if name in names else 0))

    def role(self, person: SandboxPerson | None, account_id: str) -> str | None:
        """Tell which role a person has on a Page; None: none."""
        if person is None:
            return None
        return person.roles.get(account_id, "full" if person.manages_all else None)

    # Tokens

    def issue(self, grant: Grant, prefix: str = "") -> str:
        """Give out a token for a grant, from now on."""
        token = f"{prefix}{MARK}{secrets.token_urlsafe(24).replace('-', 'x').replace('_', 'y')}"
        now = self._sandbox.clock.stamp()
        self._write(token, replace(grant, issued=now, consented=grant.consented or now))
        return token

    def find(self, token: str | None, *kinds: str) -> Grant | None:
        """Find what a token may do, whether its time has come or not; only of these kinds, if any are named."""
        if not token or MARK not in token:
            return None
        kept = self._sandbox.world.notes.get(_key(token))
        grant = Grant(**json.loads(kept)) if kept else None
        return grant if grant is not None and (not kinds or grant.kind in kinds) else None

    def end(self, token: str) -> None:
        """Let a token be good for nothing from now on."""
        self._sandbox.world.note(_key(token), "")

    def is_over(self, grant: Grant) -> bool:
        """Tell whether its time has come."""
        return bool(grant.expires) and self._sandbox.clock.stamp() >= grant.expires

    def secret_of(self, token: str) -> str:
        """Give the secret beside a token of OAuth 1.0a: it follows from the token, so that it need not be kept."""
        seed = self._sandbox.world.notes.get("seed")
        if not seed:
            seed = secrets.token_hex(16)
            self._sandbox.world.note("seed", seed)
        return MARK + hmac.new(seed.encode(), token.encode(), hashlib.sha256).hexdigest()[:32]

    def holders(self, token: str | None, *channels: str) -> list[SandboxAccount]:
        """Give the accounts that a granted token speaks for, each as it looks through this token."""
        grant = self.find(token, "page", "instagram", "x1", "x2", "linkedin")
        if grant is None or token is None:
            return []
        expires = datetime.fromtimestamp(grant.expires, UTC) if grant.expires else None
        known = {(one.channel, one.account_id): one for one in (*self._sandbox.pages.values(), *self._sandbox.accounts)}
        mine = [one for one in known.values() if one.channel in channels and (one.account_id in grant.accounts)]
        if grant.kind == "page":
            mine += [
                one
                for one in self._sandbox.accounts
                if one.channel == "instagram" and "instagram" in channels and one.page_id in grant.accounts
            ]
        seen = {"expires_at": expires, "token": token, "user_token": ""}
        return [replace(one, **seen, **self._through(one, grant, token)) for one in mine]  # type: ignore[arg-type]

    def nobody(self, grant: Grant, token: str) -> SandboxAccount:
        """A member of LinkedIn who has no page: whoever asks with such a token is told so, page by page."""
        expires = datetime.fromtimestamp(grant.expires, UTC) if grant.expires else None
        return SandboxAccount(
            organisation="",
            channel="linkedin",
            account_id="0",
            token=token,
            name=grant.person,
            expires_at=expires,
            role="",
        )

    def _through(self, account: SandboxAccount, grant: Grant, token: str) -> dict[str, object]:
        app = next((one for one in self.apps if grant.client_id in {one.client_id, one.api_key}), None)
        match grant.kind:
            case "x1":
                return {
                    "token_secret": self.secret_of(token),
                    "api_key": app.api_key if app else "",
                    "api_secret": app.api_secret if app else "",
                }
            case "x2":
                unwritable = ("write",) if "tweet.write" not in grant.scopes else ()
                return {"token_secret": "", "missing": (*account.missing, *unwritable)}
            case "linkedin":
                from channels.sandbox.linkedin import SCOPES

                held = self.role(self.person(grant.person), account.account_id)
                role = {"full": account.role, "analyst": "ANALYST"}.get(held or "", "")
                return {"missing": (*account.missing, *(set(SCOPES) - set(grant.scopes))), "role": role}
            case _:
                from channels.sandbox.graph import PERMISSIONS

                scopes = {scope.replace("instagram_business_", "instagram_") for scope in grant.scopes}
                asked = {one for one in PERMISSIONS if grant.kind == "page" or one.startswith("instagram")}
                # Statistics are asked for by nobody here yet.
                lacks = sorted(asked - scopes - {"read_insights", "instagram_manage_insights"})
                over = grant.kind == "page" and self._sandbox.clock.stamp() >= grant.data_until
                return {"missing": (*account.missing, *lacks, *((PEOPLES_DATA,) if over else ()))}

    def _write(self, token: str, grant: Grant) -> None:
        self._sandbox.world.note(_key(token), json.dumps(asdict(grant)))

    # Codes

    def code(self, code: Code) -> str:
        """Give out a code."""
        text = "AQ" + secrets.token_urlsafe(24)
        self.codes[text] = code
        return text

    def secret_fits(self, app: SandboxApp | None, secret: str | None) -> bool:
        """Tell whether an app showed its secret."""
        return app is not None and hmac.compare_digest(app.client_secret, secret or "")


def _key(token: str) -> str:
    return f"grant:{hashlib.sha256(token.encode()).hexdigest()}"
