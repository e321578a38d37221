"""Mails that lie in a folder, where nobody has taken them so far: which of them hold some words."""

from __future__ import annotations

import email
import email.policy
import html
import re
from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from pathlib import Path

from publisher.mail.formats import EXCERPT, plain, unaddressed

_AS_QUOTED = 60
"""Characters. A mail quotes the beginning of what somebody wrote, on X without the names before it; elsewhere those stand before this."""

_UNCUT = EXCERPT - 1
"""As many of a single long word."""


def mails_in(folder: Path) -> list[Path]:
    """Name every mail of a folder, also what a death left half-written."""
    return sorted([*folder.glob("*.eml"), *folder.glob(".*.eml.unfinished")])


def written_with(mails: Iterable[Path], words: Sequence[str]) -> dict[Path, str]:
    """Return which of these files hold any of some words, however they are folded, escaped or made harmless, with each one's Message-ID."""
    sought = [quoted for one in words if (quoted := _quoted(plain(unaddressed(one, "x"))))]
    if not sought:
        return {}
    found = {}
    for path in mails:
        try:
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        except FileNotFoundError:
            continue  # Whoever sends them on has taken it.
        said = _said(message)
        if any(one in said for one in sought):
            found[path] = str(message["Message-ID"])
    return found


def _quoted(words: str) -> str:
    """Give as much of some words as a mail surely quotes; an address or a number is never cut."""
    return words[:_AS_QUOTED].strip() if " " in words else words[:_UNCUT]


def _said(message: EmailMessage) -> str:
    parts = [str(message["Subject"])]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            words = part.get_content()
            # Only of HTML: in the text part a '<' is one that somebody wrote.
            parts.append(_shown(words) if part.get_content_subtype() == "html" else words)
    return " ".join(" ".join(parts).split())


def _shown(page: str) -> str:
    """Give the words of a piece of HTML as a reader sees them, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
