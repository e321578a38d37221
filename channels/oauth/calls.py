"""What the flows share: requests to a network's pages of consent and tokens, and how their answers are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pydantic import Field

from channels.errors import AccountBlocked, ChannelError, Kind, Rejected
from channels.wire import Wire, judge_by_status, understand

if TYPE_CHECKING:
    from channels.session import Network, Response


class OAuthProblem(Wire):
    """An error as RFC 6749, section 5.2 words it."""

    error: str = ""
    error_description: str = Field(default="", repr=False)


def address(network: Network, url: str, parameters: Mapping[str, str]) -> str:
    """Write an address that a person opens; where the network has moved, it is there."""
    parts = urlsplit(url)
    if network.base_url:
        base = urlsplit(network.base_url)
        parts = parts._replace(scheme=base.scheme, netloc=base.netloc)
    return parts._replace(query=urlencode(parameters)).geturl()


def until(now: datetime, seconds: int | None) -> datetime | None:
    """Turn `expires_in` into a date; None and 0 mean that there is none."""
    return now + timedelta(seconds=seconds) if seconds else None


APP_ERRORS = frozenset({"invalid_client", "unauthorized_client"})


def judge_oauth(response: Response) -> ChannelError | None:
    """Judge an answer of a token endpoint by RFC 6749's words, else by its status."""
    if response.status_code < 300:
        return None
    problem = understand(response, OAuthProblem)
    detail = (problem.error_description or problem.error) if problem else ""
    detail = detail or f"HTTP {response.status_code}"
    if problem and problem.error in APP_ERRORS:
        return AccountBlocked(Kind.APP_REFUSED, detail)
    if problem and problem.error and response.status_code in {400, 401}:
        return Rejected(Kind.CODE_REFUSED, detail)
    return judge_by_status(response, detail)


def renewing(renew: Callable[[], Response]) -> Response:
    """Renew a token: what is refused as a code is here a refresh token that has ended, and a person must log in again."""
    try:
        return renew()
    except Rejected as refused:
        raise AccountBlocked(Kind.TOKEN_EXPIRED, refused.detail) from refused


def code_of(answer: Mapping[str, str]) -> str:
    """Take the code out of the browser's answer. Raises Rejected without one."""
    code = answer.get("code", "").removesuffix("#_")
    if not code:
        raise Rejected(Kind.CODE_REFUSED, "no code came back")
    return code


def moment(seconds: int | None) -> datetime | None:
    """Read seconds since 1970; None and 0 mean that there is no date."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
