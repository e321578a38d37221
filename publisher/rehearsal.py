"""The sandbox that stands in for the networks when the configuration says `sandbox: yes`.

The first process of a configuration runs it in a thread of its own and notes its address; others join it there. The system frees the lock
of a process that dies, so nothing has to be tidied up by hand. What was posted is kept in the configuration's `var` folder, and the port
is taken again at the next start, so that links of yesterday open today.
"""

from __future__ import annotations

import fcntl
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from publisher.config.apps import REHEARSED, USUAL

if TYPE_CHECKING:
    from channels.sandbox import Sandbox, SandboxAccount, SandboxApp
    from publisher.config import Account, Config

_PATIENCE = 5.0
"""Seconds to wait for the address of a sandbox that another process is just starting."""

_ELSEWHERE = frozenset({"x.com", "www.linkedin.com"})
"""Networks whose API names no address: the channels write it themselves."""

_FIELDS = {
    "facebook": {"page_id": "account_id", "access_token": "token"},
    "instagram": {"user_id": "account_id", "access_token": "token", "page_id": "page_id"},
    "x": {
        "user_id": "account_id",
        "access_token": "token",
        "access_token_secret": "token_secret",
        "api_key": "api_key",
        "api_secret": "api_secret",
        "owns_app": "owns_app",
    },
    "linkedin": {"organization_id": "account_id", "access_token": "token"},
}
"""A channel's setting to the sandbox's name for it. A third party's channel has no part in the sandbox."""


class NoSandboxError(Exception):
    """Another process has the sandbox and does not tell its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A running sandbox. `sandbox` is None where another process runs it."""

    base_url: str
    sandbox: Sandbox | None = None


@contextmanager
def open_rehearsal(config: Config) -> Iterator[Rehearsal]:
    """Run the sandbox of this configuration, or join the process that runs it. Raises NoSandboxError if that one does not tell where."""
    folder = config.var / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        if _taken(lock):
            with _host(config, folder) as rehearsal:
                yield rehearsal
        else:
            yield Rehearsal(base_url=_address(folder))


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _host(config: Config, folder: Path) -> Iterator[Rehearsal]:
    # Starlette and uvicorn take 0.2 s to import: only the process that runs the sandbox pays.
    from channels.sandbox import Sandbox, serve

    address = folder / "address"
    port = _last_port(address)
    address.unlink(missing_ok=True)
    sandbox = Sandbox(accounts=sandbox_accounts(config), apps=sandbox_apps(config), state=folder / "state")
    with serve(sandbox, ports=(port,)) as server:
        _write(address, server.base_url)
        yield Rehearsal(base_url=server.base_url, sandbox=sandbox)


def _last_port(address: Path) -> int:
    try:
        port = urlsplit(address.read_text(encoding="ascii")).port or 0
    except (FileNotFoundError, ValueError):
        return 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _write(path: Path, words: str) -> None:
    # Renamed into place, so that nobody reads half an address.
    partial = path.with_suffix(".partial")
    partial.write_text(words, encoding="ascii")
    partial.replace(path)


def _address(folder: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            return (folder / "address").read_text(encoding="ascii")
        except FileNotFoundError:
            time.sleep(0.05)
    raise NoSandboxError(folder)


def shown(config: Config) -> Callable[[str], str]:
    """Give what turns a post's address into the one that people are to open: in a rehearsal, the sandbox's page."""
    address = config.var / "sandbox" / "address"

    def turned(url: str) -> str:
        try:
            return on_sandbox(url, address.read_text(encoding="ascii"))
        except FileNotFoundError:
            return url

    return turned if config.sandbox else lambda url: url


def on_sandbox(url: str, base_url: str) -> str:
    """Turn a post's address on X or LinkedIn into the sandbox's page of it; the others are there already."""
    parts = urlsplit(url)
    if parts.hostname in _ELSEWHERE:
        return base_url + urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return url


def sandbox_accounts(config: Config) -> list[SandboxAccount]:
    """Give the sandbox an account for each of the configuration, with the tokens that it will be shown."""
    from channels.sandbox import SandboxAccount

    return [
        SandboxAccount(
            organisation=organisation.key,
            channel=account.channel,
            name=organisation.name if account.name == account.channel else f"{organisation.name}, {account.name}",
            **_credentials(account),
        )
        for organisation in config.organisations.values()
        for account in organisation.accounts
        if account.channel in _FIELDS
    ]


def _credentials(account: Account) -> dict[str, Any]:
    given = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in account.settings
    }
    known = {ours: given[theirs] for theirs, ours in _FIELDS[account.channel].items() if given.get(theirs)}
    return {"token": "", **known}


def sandbox_apps(config: Config) -> list[SandboxApp]:
    """Give the sandbox the apps that the configuration connects accounts with, else its own."""
    from channels.sandbox import SandboxApp

    apps = []
    for network, usual in REHEARSED.items():
        app = config.apps.get(network, usual)
        where = app.redirect_uri or USUAL.get(network, "")
        apps.append(
            SandboxApp(
                network=network,
                client_id=app.client_id or "",
                client_secret=app.client_secret.get_secret_value() if app.client_secret else "",
                api_key=app.api_key or "",
                api_secret=app.api_secret.get_secret_value() if app.api_secret else "",
                redirect_uris=(where,),
                live=not where.startswith("http://localhost"),
                refresh_tokens=True,
            )
        )
    return apps
