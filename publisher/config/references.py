"""`${NAME}` and `${file:PATH}` in values: secrets stand in the environment or in files, not in the configuration.

A reference may stand anywhere in a value, and the path of a file may itself hold names: `${file:${CREDENTIALS_DIRECTORY}/x_token}`. What a
reference brings is never read for further references. `$${` is a plain `${`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from publisher.locale import _
from publisher.lockbox import is_open
from publisher.yamlfile import Block, Entry, Faults, Items, Node, Scalar, Unreadable, read_bytes

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REFERENCE = re.compile(
    r"\$(?P<plain>\$\{)|\$\{(?P<file>file:)?(?P<what>(?:[^${}]|\$\{[A-Za-z_][A-Za-z0-9_]*\})*)\}|(?P<open>\$\{)"
)
_SECRET_FILE_BYTES = 64 * 1024
_SECRET_NAME = re.compile(r"\w*(?:token|secret|password)|token_key|api_key")


class _MissingError(LookupError):
    """A reference leads nowhere; message and remedy are for people."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.remedy = remedy
        super().__init__(message)


class References:
    """Looks references up and notes the missing ones, unless it is told that they may be missing."""

    def __init__(self, environment: Mapping[str, str], folder: Path, faults: Faults, *, required: bool) -> None:
        self._environment = environment
        self._folder = folder
        self._faults = faults
        self._required = required

    def resolve(self, block: Block) -> Block:
        """Give the tree with every reference replaced."""
        return replace(
            block, entries=tuple(Entry(key=entry.key, value=self._node(entry.value)) for entry in block.entries)
        )

    def _node(self, node: Node) -> Node:
        if isinstance(node, Block):
            return self.resolve(node)
        if isinstance(node, Items):
            return replace(node, items=tuple(self._node(item) for item in node.items))
        return self._value(node)

    def _value(self, node: Scalar) -> Scalar:
        if not node.value or "${" not in node.value:
            return node
        try:
            return replace(node, value=_REFERENCE.sub(lambda found: self._replacement(found, node), node.value))
        except _MissingError as missing:
            if self._required:
                self._faults.error(node, "missing_secret", str(missing), missing.remedy)
            return replace(node, value=None, unknown=True)

    def _replacement(self, found: re.Match[str], node: Scalar) -> str:
        if found["plain"]:
            return "${"
        if found["open"]:
            raise _MissingError(_("a reference is not closed: write ${NAME} or ${file:PATH}"))
        if found["file"]:
            return self._content(_NAME.sub(lambda name: self._variable(name[1]), found["what"]), node)
        return self._variable(found["what"])

    def _variable(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise _MissingError(
                _("the environment variable %(name)s is not set") % {"name": name or "?"},
                _("Set it for the user that runs Tiedote, then start again."),
            )
        return value

    def _content(self, name: str, node: Scalar) -> str:
        try:
            # Container secrets are links; whoever writes the configuration may name any file.
            path = Path(os.path.realpath(self._folder / name))
            content = read_bytes(path, _SECRET_FILE_BYTES).decode().strip("\r\n")
        except (Unreadable, ValueError) as why:
            reason = str(why) if isinstance(why, Unreadable) else _("it is not text")
            raise _MissingError(
                _("the secret file %(name)s cannot be read: %(why)s") % {"name": name, "why": reason},
                _("Put the secret into this file, readable for the user that runs Tiedote."),
            ) from why
        if not content:
            raise _MissingError(
                _("the secret file %(name)s is empty") % {"name": name},
                _("Put the secret into this file, readable for the user that runs Tiedote."),
            )
        self._check_rights(path, name, node)
        return content

    def _check_rights(self, path: Path, name: str, node: Scalar) -> None:
        """Warn of a secret that others may read. In /run nobody else gets so far: containers and systemd put theirs there."""
        about = path.stat()
        if path.is_relative_to("/run"):
            return
        # Who owns the file needs no group to read it; a service whose files are root's does.
        by_group = about.st_mode & stat.S_IRGRP and 0 != about.st_uid == os.getuid()
        if is_open(about.st_mode) or by_group:
            self._faults.warn(
                node,
                "open_secret",
                _("others may read or change the secret file %(name)s") % {"name": name},
                _("Let its owner alone read it: chmod 600 %(path)s") % {"path": path},
            )


def warn_of_open_secrets(root: Block, path: Path, faults: Faults) -> None:
    """Warn, once, of a configuration that others may read and that holds a secret in clear. `root`: as it is written, before `resolve`."""
    if is_open(path.stat().st_mode) and (found := _in_clear(root)):
        faults.warn(
            found,
            "open_config",
            _("others may read or change this file, and a secret stands in it in clear"),
            _(
                "Let the user that runs Tiedote alone read it (chmod 600 %(path)s), "
                "or write ${NAME} or ${file:PATH} instead of the secret."
            )
            % {"path": path},
        )


def _in_clear(node: Node) -> Scalar | None:
    """Find the first key of a secret whose value is no reference."""
    if isinstance(node, Items):
        return next((found for item in node.items if (found := _in_clear(item))), None)
    if not isinstance(node, Block):
        return None
    for entry in node.entries:
        value = entry.value
        if not isinstance(value, Scalar):
            found = _in_clear(value)
        else:
            named = value.value and _SECRET_NAME.fullmatch(entry.name)
            found = entry.key if named and "${" not in (value.value or "") else None
        if found:
            return found
    return None
