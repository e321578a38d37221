"""`networks`: what is known of each network, by whom it is used, and what the configuration changed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from channels import registry, xprices
from channels.limits import LIMITS
from publisher.cli import tiedote
from publisher.datasheet import NAMES, PRICES
from publisher.locale import LANGUAGES
from tests.cli.conftest import CONFIG


def sheet(told, name):
    found = next(one for one in json.loads(told.stdout)["networks"] if one["name"] == name)
    return {limit["name"]: limit for limit in found["limits"]} | {"organisations": found["organisations"]}


def test_every_figure_is_told_with_its_source(call):
    """Each number that `check` measures by, with a page or whose it is, and the day on which it was read."""
    told = call("networks", "--json")
    assert [one["name"] for one in json.loads(told.stdout)["networks"]] == list(registry.names())
    for name in registry.NAMES:
        limits, dated = sheet(told, name), registry.capabilities(name)
        assert limits["max_text"]["value"] == dated.max_text
        assert limits["max_pictures"]["value"] == dated.pictures.most
        assert limits["tells"]["value"] == sorted(str(one) for one in dated.tells)
        assert limits["proof"]["value"] == dated.proof
        assert limits["listing_delay"]["value"] == dated.listing_delay.total_seconds()
        for limit in (limit for key, limit in limits.items() if key != "organisations"):
            source = limit["source"]
            assert source["page"] or source["basis"] != "network"
            assert source["read"].startswith("2026-")
            assert limit["overridden"] is False


def test_every_limit_has_a_name_for_people():
    """A limit that a data sheet gains is shown like the others."""
    assert [limit.name for limit in LIMITS if limit.name not in NAMES] == []


def test_prices_are_told_with_their_source(config_file, call):
    """What X bills, and what the configuration says of it; other networks bill nothing."""
    config_file.write_text(CONFIG + "networks: {x: {prices: {post_with_link: 0.25}}}\n", encoding="utf-8")
    told = {one["name"]: one["prices"] for one in json.loads(call("networks", "--json").stdout)["networks"]}
    prices = {price["name"]: price for price in told.pop("x")}
    assert set(prices) == set(PRICES) == set(xprices.PRICES)
    assert (prices["post"]["value"], prices["post"]["overridden"], prices["post"]["currency"]) == (0.015, False, "USD")
    assert (prices["post_with_link"]["value"], prices["post_with_link"]["overridden"]) == (0.25, True)
    assert prices["post"]["source"]["read"] == "2026-08-13"
    assert set(map(len, told.values())) == {0}
    assert "$0.250 by the configuration; dated: $0.200" in " ".join(call("networks").stdout.split())


def test_a_network_that_nobody_uses_is_normal(call):
    """An organisation without X is none that lacks something; the sheet says who uses which."""
    told = call("networks", "--json")
    assert {name: sheet(told, name)["organisations"] for name in registry.NAMES} == {
        "facebook": ["loppi"],
        "instagram": [],
        "x": [],
        "linkedin": ["loppi"],
    }
    assert "X (not in use here)\n" in call("networks").stdout


def test_what_the_configuration_changes_is_marked(config_file, call):
    """Both numbers are told: the one that counts and the dated one."""
    config_file.write_text(CONFIG + "networks: {x: {limits: {max_text: 25000}}}\n", encoding="utf-8")
    limit = sheet(call("networks", "--json"), "x")["max_text"]
    assert (limit["value"], limit["overridden"]) == (25_000, True)
    shown = " ".join(call("networks").stdout.replace("[1]", "").split())
    assert "25,000 (a link counts 23, an emoji 2) by the configuration; dated: 280" in shown


def test_it_needs_no_configuration(tmp_path):
    """Whoever thinks of using Tiedote can look."""
    told = CliRunner().invoke(tiedote, ["networks", "--config", str(tmp_path / "none.yaml"), "--lang", "en"])
    assert (told.exit_code, told.stdout.splitlines()[0]) == (0, "Facebook")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_readable_at_80_columns(call, language):
    """Nothing but an address is wider, in any language."""
    lines = call("networks", "--lang", language).stdout.splitlines()
    assert [line for line in lines if len(line) > 80 and "https://" not in line] == []
    assert len(lines) > 60
