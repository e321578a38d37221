"""What accounts at networks that bill have cost, as commands tell it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from channels.base import Charge
from publisher.store import charges
from tests.cli.conftest import CONFIG

X = '      x: {user_id: "2000000102", access_token: planted-x-token, monthly_budget: 20 USD}\n'
LOPPI = ("loppi", "x", "x")


@pytest.fixture
def spend(config_file, store):
    """Give Loppi an account on X, and let it be billed this month."""
    config_file.write_text(CONFIG + X, encoding="utf-8")

    def spend(dollars):
        with store.write() as conn:
            charges.note(conn, LOPPI, Charge(item="post"), Decimal(dollars), datetime.now(UTC))

    return spend


@pytest.mark.parametrize(
    "language, sentence",
    [
        ("en", "loppi X: $3.22 of $20.00 spent this month."),
        ("fi", "loppi X: kulunut tässä kuussa 3,22 $, budjetti 20,00 $."),
        ("sv", "loppi X: 3,22 $ av 20,00 $ använt den här månaden."),
    ],
)
def test_status_tells_the_month_so_far(spend, call, language, sentence):
    """For every account at a network that bills."""
    spend("3.215")
    assert sentence in call("status", "--lang", language).output.splitlines()


def test_status_tells_it_to_scripts(spend, call):
    """To the tenth of a cent, and the budget beside it."""
    spend("3.215")
    (cost,) = json.loads(call("status", "--json").stdout)["costs"]
    month = f"{datetime.now(UTC):%Y-%m}"
    assert cost == {
        "organisation": "loppi",
        "channel": "x",
        "account": "x",
        "month": month,
        "currency": "USD",
        "spent": 3.215,
        "budget": 20.0,
    }


def test_without_x_nothing_is_said_of_costs(call, store):
    """An organisation without X lacks nothing."""
    assert store
    told = call("status", "--json")
    assert json.loads(told.stdout)["costs"] == []
    assert "$" not in call("status").output
