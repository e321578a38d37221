"""Secrets at rest: closed with Fernet of the library `cryptography` (AES-128-CBC and HMAC-SHA256), by a key that is not in the database.

The key comes from the configuration's `token_key`, else from TIEDOTE_KEY, else from the file `tiedote_key` of systemd's credentials.
Several keys may be given, with spaces or lines between: the first closes, each opens, so that a key can be replaced and no token is lost.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

ENVIRONMENT = "TIEDOTE_KEY"
FILE = "tiedote_key"
_BYTES = 32
_LARGEST = 64 * 1024
_BY_OTHERS = stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
"""Not S_IRGRP: where systemd lets a service read its credential by an ACL, the mask of that stands in the group's place."""


class KeyFault(Exception):
    """No secret can be closed or opened. `code`: missing, malformed, wrong, or open (the key's file may be read by others)."""

    def __init__(self, code: str, where: str = "") -> None:
        self.code = code
        self.where = where
        super().__init__(f"{code} {where}".strip())


class Lockbox:
    """Closes and opens. Importing what it stands on takes 20 ms, so it waits until the first secret."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: newest first, each 32 bytes in base64. Raises KeyFault for none, or one that is no key."""
        self._keys = tuple(_read(key) for key in keys)
        if not self._keys:
            raise KeyFault("missing")

    @property
    def name(self) -> str:
        """Name the newest key without telling it, so that what is closed with an older one can be found."""
        return hashlib.sha256(b"tiedote" + self._keys[0]).hexdigest()[:16]

    def close(self, secret: str) -> str:
        """Close a secret with the newest key."""
        return self._fernet().encrypt(secret.encode()).decode()

    def open(self, closed: str) -> str:
        """Open it with whichever key fits. Raises KeyFault('wrong')."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(closed.encode()).decode()
        except InvalidToken:
            raise KeyFault("wrong") from None

    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self._keys])


def find_keys(configured: Sequence[str], environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Find the keys, newest first; () where nobody has given any. Raises KeyFault for a file that others may read."""
    told = " ".join(configured) or environment.get(ENVIRONMENT, "")
    if told.split():
        return tuple(told.split())
    folder = environment.get("CREDENTIALS_DIRECTORY")
    return read_keys(Path(folder) / FILE) if folder and (Path(folder) / FILE).exists() else ()


def read_keys(path: Path) -> tuple[str, ...]:
    """Read keys from a file of our own. Raises KeyFault if others may read or change it, or it is no text."""
    try:
        with path.open("rb") as file:
            if is_open(os.fstat(file.fileno()).st_mode):
                raise KeyFault("open", str(path))
            return tuple(file.read(_LARGEST).decode("ascii").split())
    except (OSError, UnicodeDecodeError):
        raise KeyFault("unreadable", str(path)) from None


def is_open(mode: int) -> bool:
    """Tell whether everybody may read a file of this mode, or others than its owner change it."""
    return bool(mode & _BY_OTHERS)


def _read(key: str) -> bytes:
    try:
        raw = base64.b64decode(key.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise KeyFault("malformed") from None
    if len(raw) != _BYTES:
        raise KeyFault("malformed")
    return raw
