"""One served sandbox for the whole run; each test gets it empty, with its settings and accounts as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from channels.sandbox import Clock, Delays, Habits, Quotas, Sandbox, Served, Versions, serve
from channels.sandbox.settings import Settings
from tests.sandbox.clients import Graph, LinkedIn, X, accounts

START = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def _served() -> Iterator[Served]:
    with serve(Sandbox(accounts(), clock=Clock(START, frozen=True)), ports=(0, 0)) as served:
        yield served


@pytest.fixture
def served(_served: Served) -> Served:
    """The sandbox behind its two ports; nothing is delayed unless a test says so."""
    box = _served.sandbox
    box.reset()
    box.accounts[:] = accounts()
    box.arrange()
    box.settings = Settings(
        quotas=Quotas(),
        delays=Delays(container=0, image=0, activity=0),
        habits=Habits(),
        versions=Versions(),
    )
    box.clock.set(START)
    return _served


@pytest.fixture
def box(served: Served) -> Sandbox:
    """The sandbox as an object; its clock stands at 1 December 2026, 9 o'clock in Finland."""
    return served.sandbox


@pytest.fixture
def graph(served: Served) -> Graph:
    """A client with the token of Hausjärvi's Page and Instagram account."""
    return Graph(served.base_url)


@pytest.fixture
def x(served: Served) -> X:
    """A client that signs as Hausjärvi on X."""
    return X(served.base_url)


@pytest.fixture
def linkedin(served: Served) -> LinkedIn:
    """A client with the token of Hausjärvi's page on LinkedIn."""
    return LinkedIn(served.base_url)
