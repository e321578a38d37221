"""Looks at an account before anything is sent: what its network tells of it, judged purely, and whether its pictures can be fetched."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import LESSER, Health
from channels.errors import ChannelError
from publisher.remarks import Level, Remark

if TYPE_CHECKING:
    from publisher.config import Account
    from publisher.linking import Links

SOON = timedelta(days=14)
"""A token that ends within this time is worth a warning."""

VERSION_SOON = timedelta(days=60)
"""LinkedIn stops everybody on one day; two months are time enough to install a newer Tiedote."""

CLOCKS_DIFFER = timedelta(minutes=2)
"""Answers take seconds. X refuses signatures that are five minutes off."""

_ADMINISTRATOR = "ADMINISTRATOR"
PASSING = frozenset({"unreachable", "rate_limited", "busy", "answer_lost"})
"""What usually ends by itself before anything is due."""

# The smallest JPEG there is: one grey pixel.
_PIXEL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "ff" * 64
    + "ffc0000b080001000101011100ffc400140001"
    + "00" * 14
    + "0000ffc400141001"
    + "00" * 14
    + "0000ffda0008010100003f003fffd9"
)


def judge(answer: Health | ChannelError, now: datetime, due: int = 0) -> Iterator[Remark]:
    """Say what is to be mended of an account; nothing if all is well. `due`: how many posts it is to take within a day."""
    if isinstance(answer, ChannelError):
        yield Remark(code=str(answer.kind), level=Level.FAIL, params={"detail": answer.detail})
        return
    identity = answer.identity
    if answer.told_at is not None and abs(answer.told_at - now) > CLOCKS_DIFFER:
        minutes = round(abs(answer.told_at - now) / timedelta(minutes=1))
        yield Remark(code="clock", level=Level.FAIL, params={"minutes": str(minutes)})
    yield from _judge_role(answer.role)
    if identity.expires_at is not None and identity.expires_at - now <= SOON:
        yield Remark(code="token_ends", level=Level.WARN, params={"date": identity.expires_at.isoformat()})
    if answer.asked and identity.version and identity.version != answer.asked:
        versions = {"asked": answer.asked, "answered": identity.version}
        yield Remark(code="version_other", level=Level.WARN, params=versions)
    elif answer.asked and answer.ends is not None and answer.ends - now.date() <= VERSION_SOON:
        ends = {"asked": answer.asked, "date": answer.ends.isoformat()}
        yield Remark(code="version_ends", level=Level.WARN, params=ends)
    quota = answer.quota
    if quota is not None and quota.used >= quota.total:
        yield Remark(code="quota_full", level=Level.WARN, params={"used": str(quota.used), "total": str(quota.total)})
    elif quota is not None and quota.used + due > quota.total:
        counted = {"used": str(quota.used), "total": str(quota.total), "due": str(due)}
        yield Remark(code="quota", level=Level.WARN, params=counted)


def _judge_role(role: str | None) -> Iterator[Remark]:
    if role == "":
        yield Remark(code="no_role", level=Level.FAIL)
    elif role == LESSER:
        yield Remark(code="no_administrator", level=Level.WARN)
    elif role not in {None, _ADMINISTRATOR}:
        yield Remark(code="weak_role", level=Level.WARN, params={"role": str(role)})


def look_at_pictures(account: Account, links: Links, now: datetime) -> Remark | None:
    """Put a picture where the network fetches them, and fetch it as the network would; None if that works or is not its way."""
    folder: Path | None = getattr(account.settings, "public_folder", None)
    base: str | None = getattr(account.settings, "public_base_url", None)
    if getattr(account.settings, "media", "") != "public_url" or folder is None or base is None:
        return None
    # The name that the channel gives its own: what a crash leaves here, it takes away.
    name = f"tiedote-{secrets.token_hex(16)}.jpg"
    try:
        (folder / name).write_bytes(_PIXEL)
    except OSError as error:
        params = {"folder": str(folder), "detail": error.strerror or type(error).__name__}
        return Remark(code="folder", level=Level.FAIL, params=params)
    try:
        link = links.ask(f"{base.rstrip('/')}/{name}", now)
    finally:
        with suppress(OSError):
            (folder / name).unlink()
    if link is None or (link.status == 200 and link.content_type.startswith("image/")):
        return None
    detail = f"HTTP {link.status}" if link.status not in {None, 200} else link.content_type or link.finding
    return Remark(code="picture_hidden", level=Level.FAIL, params={"address": base, "detail": detail})
