"""Networks that outlive the process that is killed, and the processes to kill."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from channels.sandbox import Sandbox, serve
from tests.delivery import victim
from tests.delivery.town import remote_accounts


@pytest.fixture
def networks() -> Iterator[str]:
    """The address of a sandbox in this process, which is not the one that is killed."""
    with serve(Sandbox(accounts=remote_accounts()), ports=(0,)) as server:
        yield server.base_url


class Victims:
    """Forks victims from a process that has imported everything: importing takes longer than publishing."""

    def __init__(self) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([victim.__name__])

    def run(self, config: Path, *more: str, to: Callable[..., None] = victim.end) -> int | None:
        """Run one; return its exit code, negative for a signal."""
        process = self._context.Process(target=to, args=(str(config), *more))
        process.start()
        process.join(90)
        process.kill()
        process.join()
        return process.exitcode


@pytest.fixture(scope="session")
def victims() -> Victims:
    return Victims()
