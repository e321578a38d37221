"""Names for people and comments that only this database's key can make, and nobody can turn back.

A pseudonym stands for an author on one account: it tells that two comments have one author, and not which. A digest stands for an author
or a comment that was forgotten, so that it can be known again without being kept. A veiled name is what a forgotten comment is called.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

KEY = "pseudonym"
"""The name of the key in the database."""

_VEIL = "forgotten:"
_ADDRESSED = re.compile(r"\s*(?:@[\w.]+[\s,:]+)+")


def pseudonym(key: bytes, account_id: int, author_id: str | None) -> str | None:
    """Name an author, who is `author_id` to the network."""
    return None if author_id is None else _keyed(key, f"{account_id}:{author_id}")


def digest(key: bytes, account_id: int, pseudonym_or_comment: str) -> str:
    """Name a forgotten author by the pseudonym, or a forgotten comment by the network's id."""
    return _keyed(key, f"forgotten:{account_id}:{pseudonym_or_comment}")


def veiled(key: bytes, account_id: int, remote_id: str) -> str:
    """Give what a comment is called once it is forgotten; one that has this name already keeps it."""
    return remote_id if is_veiled(remote_id) else _VEIL + digest(key, account_id, remote_id)


def is_veiled(remote_id: str) -> bool:
    """Tell whether this is what a forgotten comment is called, by which no network knows it."""
    return remote_id.startswith(_VEIL)


def unaddressed(text: str) -> str:
    """Take off the names that an answer begins with: X puts the author's there, and on Instagram people do."""
    return _ADDRESSED.sub("", text, count=1) if _ADDRESSED.match(text) else text


@dataclass(frozen=True, slots=True)
class Veil:
    """Who and what is forgotten on one account; `forgotten` are digests."""

    key: bytes = field(repr=False)
    account_id: int
    forgotten: frozenset[str] = field(repr=False)

    def covers(self, remote_id: str, author: str | None) -> bool:
        """Tell whether a comment, or its author by pseudonym, was forgotten."""
        if not self.forgotten:
            return False
        return any(
            what is not None and digest(self.key, self.account_id, what) in self.forgotten
            for what in (author, remote_id)
        )

    def over(self, remote_id: str) -> str:
        """Give what a forgotten comment is called."""
        return veiled(self.key, self.account_id, remote_id)


def _keyed(key: bytes, content: str) -> str:
    return hmac.new(key, content.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
