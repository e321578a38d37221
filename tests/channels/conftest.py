"""Every network of the registry in turn, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from channels import registry
from tests.channels.bench import WAIVERS, Bench, open_bench


@pytest.fixture(scope="module", params=registry.NAMES)
def _served(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with open_bench(request.param) as bench:
        yield bench


@pytest.fixture
def bench(_served: Bench, request: pytest.FixtureRequest) -> Bench:
    waiver = WAIVERS.get((_served.name, request.node.originalname))
    if waiver:
        request.applymarker(pytest.mark.xfail(reason=f"waived: {waiver}", strict=True))
    _served.fresh()
    return _served
