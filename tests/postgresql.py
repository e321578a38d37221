"""A PostgreSQL server for the tests: one that is named, or a throw-away cluster of our own.

Our own listens on a Unix socket only, syncs nothing and lives in a temporary folder. PostgreSQL refuses to run as root, so root starts it
as another user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests import spill

_START_WITHIN = 30.0
_EVERY_ROW = """
    SELECT relname, query_to_xml(format('SELECT whole::text FROM %I whole', relname), true, false, '')::text
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "timezone": "UTC",
}


class NoPostgresqlError(Exception):
    """There is no server to be had; the message says why."""


def _programs() -> Path:
    """Where initdb and postgres lie. Debian keeps them out of PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NoPostgresqlError("neither TIEDOTE_TEST_POSTGRESQL nor initdb")
    return versions[-1].parent


def _user() -> str | None:
    """As whom to run it: None for ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgresqlError("running as root, and there is no user to hand it to")


@dataclass(kw_only=True)
class Cluster:
    """A running server. `url` is SQLAlchemy's, of its maintenance database."""

    url: str
    _folder: Path | None = None
    _server: subprocess.Popen[bytes] | None = None
    _command: list[str | Path] = field(default_factory=list)
    _user: str | None = None
    _numbers: count[int] = field(default_factory=count)
    _made: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, url: str | None) -> Self:
        """Use the server at `url`, or start one. Raises NoPostgresqlError."""
        return cls(url=url) if url else cls._start(_programs(), _user())

    @classmethod
    def _start(cls, programs: Path, user: str | None) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="tiedote-pg-"))
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "tiedote",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, capture_output=True, user=user, extra_groups=_groups(user), cwd=folder)
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        cluster = cls(
            url=f"postgresql+psycopg://tiedote@/postgres?host={quote(str(folder))}",
            _folder=folder,
            _command=[programs / "postgres", "-D", data, "-k", folder, *options],
            _user=user,
        )
        cluster.start_again()
        return cluster

    def start_again(self) -> None:
        """Start the server on what it has in its folder. Only for one of our own."""
        assert self._folder is not None
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                user=self._user,
                extra_groups=_groups(self._user),
                cwd=self._folder,
            )
        self._wait()

    def crash(self) -> None:
        """End the server at once, without writing anything more: what was not in a file by now is lost."""
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=30)

    def _wait(self) -> None:
        end = time.monotonic() + _START_WITHIN
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url.replace("postgresql+psycopg", "postgresql", 1), autocommit=True)

    def create(self, template: str = "template1") -> str:
        """Make a database after `template`; return its name. Nobody may be connected to the template."""
        name = f"tiedote_test_{os.getpid()}_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        self._made.append(name)
        return name

    def drop(self, name: str) -> None:
        self._look_through(name)
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.remove(name)

    def _look_through(self, name: str) -> None:
        """Let the guard see every row before it is gone."""
        url = self.url_of(name).replace("postgresql+psycopg", "postgresql", 1)
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url) as connection:
            for table, rows in connection.execute(_EVERY_ROW):
                spill.note(f"PostgreSQL, {table}", rows)

    def url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name in [*self._made]:
            self.drop(name)
        if self._server:
            self._server.terminate()
            self._server.wait(timeout=30)
        if self._folder:
            spill.note("PostgreSQL's log", (self._folder / "log").read_bytes())
            shutil.rmtree(self._folder)


def _groups(user: str | None) -> list[int] | None:
    return [] if user else None
