"""Serving a sandbox over HTTP, in a thread of this process or as the process itself."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox

_PATIENCE = 10
_TICK = 0.1
_TICKS_A_DAY = 864_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A sandbox that is being served. `urls`: one for each port, without a slash at the end."""

    sandbox: Sandbox
    urls: tuple[str, ...]

    @property
    def base_url(self) -> str:
        """The first address."""
        return self.urls[0]


class Server(uvicorn.Server):
    """uvicorn on several ports at once."""

    def __init__(self, sandbox: Sandbox, ports: Sequence[int], host: str = "127.0.0.1") -> None:
        """Bind the ports (0: any free one). Raises OSError for one that is taken."""
        config = uvicorn.Config(
            sandbox.app,
            date_header=False,  # the sandbox's own clock tells it: resets are read against it
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            http="h11",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self.sandbox = sandbox
        self.sockets: list[socket.socket] = []
        self._ending: asyncio.Event | None = None
        try:
            self.sockets += [_bound(host, port) for port in ports]
        except OSError:
            self.release()
            raise
        self.urls = tuple(f"http://{host}:{item.getsockname()[1]}" for item in self.sockets)
        sandbox.addresses[:] = self.urls

    async def serve_all(self) -> None:
        """Serve until told to stop."""
        self._ending = asyncio.Event()
        self.sandbox.loop = asyncio.get_running_loop()
        try:
            await self.serve(sockets=self.sockets)
        finally:
            self.sandbox.loop = None

    async def main_loop(self) -> None:
        """Tick as uvicorn does, but end at once when told to."""
        ending = self._ending or asyncio.Event()
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % _TICKS_A_DAY
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), _TICK)

    def stop(self) -> None:
        """End serving; may be called from any thread."""
        self.should_exit = True
        if self.sandbox.loop is not None and self._ending is not None:
            self.sandbox.loop.call_soon_threadsafe(self._ending.set)

    def release(self) -> None:
        """Give the ports back if they were never served."""
        for item in self.sockets:
            item.close()


def _bound(host: str, port: int) -> socket.socket:
    # Without the protocol named, asyncio does not switch Nagle's delay off, and every answer takes 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    # Bound and listening before anybody is told the address: nobody is refused while the loop starts.
    sock.listen(128)
    return sock


@contextmanager
def serve(sandbox: Sandbox, ports: Sequence[int] = (0,)) -> Iterator[Served]:
    """Serve a sandbox from a thread of this process, while the context lasts."""
    server = Server(sandbox, ports)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve_all()), name="sandbox", daemon=True)
    thread.start()
    try:
        yield Served(sandbox=sandbox, urls=server.urls)
    finally:
        server.stop()
        thread.join(timeout=_PATIENCE)
        sandbox.close()
