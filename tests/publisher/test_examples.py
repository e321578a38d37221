"""The examples that the product promises, and the queue that ships: as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageChops

from channels import registry
from publisher.announcements import read_queue
from publisher.cli import tiedote
from publisher.compose import compose
from publisher.config import load_config
from publisher.model import Plan, Skipped

HERE = Path(__file__).parents[2]
COPY = HERE / "tests" / "examples"
PRODUCT = Path(os.environ.get("TIEDOTE_TEST_PRODUCT") or HERE.parent / "shared" / "product") / "examples"
"""Where the promise itself lies, if it is at hand; the copy is what everybody has."""

FOLDERS = [COPY, *([PRODUCT] if PRODUCT.is_dir() else [])]
examples = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)


def planned(folder):
    config = load_config(folder / "config.yaml", secrets=False)
    queue = read_queue(config)
    assert queue.readable
    return {one.key: compose(one, config) for one in queue.announcements}


@examples
def test_the_examples_pass_check(folder):
    """Nothing to mend, and no secret needed. The copy is the promise, byte for byte: nobody mends an example for a test."""
    for path in (path for path in COPY.rglob("*") if path.is_file()):
        assert (folder / path.relative_to(COPY)).read_bytes() == path.read_bytes()
    result = CliRunner().invoke(tiedote, ["--lang", "en", "--config", str(folder / "config.yaml"), "check"])
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "3 announcements in order, 0 to mend")
    assert "error" not in result.stdout


@examples
def test_the_examples_become_the_posts_they_describe(folder):
    """Who publishes what where, in whose words, with which link."""
    plans = {
        (key, one.organisation, one.channel): one
        for key, all_ in planned(folder).items()
        for one in all_
        if isinstance(one, Plan)
    }
    assert {key[0] for key in plans} == {"etakokous", "hausjarvi/rakennuslupa", "loppi/lomakkeet"}
    assert len([key for key in plans if key[0] == "etakokous"]) == 8
    loppi = plans["etakokous", "loppi", "x"]
    assert loppi.text == (
        "Lopen valtuuston kokoukseen voi nyt osallistua myös etänä. Kerro, mikä palvelu pitäisi saada verkkoon!\n\n"
        "https://kokoukset.example.fi/loppi?utm_source=x&utm_medium=social&utm_campaign=etakokous-2026"
    )
    assert (loppi.left_out, loppi.first_comment) == (("first_comment",), None)
    assert plans["etakokous", "hausjarvi", "x"].text != loppi.text
    facebook = plans["etakokous", "hausjarvi", "facebook"]
    assert facebook.alts == (
        "Valtuustosali, jonka seinällä näkyy etäosallistujia.",
        "Kolmivaiheinen ohje etäkokoukseen liittymisestä.",
    )
    assert facebook.hashtags == ("SähköinenAsiointi", "Kuntalaiset")
    assert sorted(key[2] for key in plans if key[0] == "loppi/lomakkeet") == ["facebook", "x"]
    assert plans["loppi/lomakkeet", "loppi", "facebook"].due_wall == "2026-12-07 09:00"


@examples
def test_the_examples_say_why_the_rest_is_left_out(folder):
    """Skipped by the file, or not among its channels."""
    reasons = {
        one.channel: one.reason
        for one in planned(folder)["loppi/lomakkeet"]
        if isinstance(one, Skipped) and one.organisation == "loppi"
    }
    assert reasons == {"instagram": "not_in_channels", "linkedin": "skip"}


def test_what_ships_reaches_every_account_at_once():
    """Two municipalities, four networks: every announcement of the demo goes everywhere its publishers are, now."""
    everything = planned(HERE)
    plans = [one for all_ in everything.values() for one in all_ if isinstance(one, Plan)]
    reached = {(one.organisation, one.channel) for one in plans}
    assert reached == {(organisation, channel) for organisation in ("hausjarvi", "loppi") for channel in registry.NAMES}
    assert {one.due_wall for one in plans} == {"asap"}
    assert {one.reason for all_ in everything.values() for one in all_ if isinstance(one, Skipped)} == {
        "not_in_organisations"
    }
    assert max(len(one.pictures) for one in plans) == 2
    assert all(alt.endswith(".") for one in plans for alt in one.alts)


def test_no_two_accounts_say_the_same_on_x():
    """X does not allow the same post from two accounts; the queue that ships shows how it is done."""
    words = [
        one.text.partition("\n\nhttps")[0]
        for all_ in planned(HERE).values()
        for one in all_
        if isinstance(one, Plan) and one.channel == "x"
    ]
    assert len(words) == len(set(words)) == 6


def test_the_pictures_are_the_ones_that_the_script_draws(tmp_path):
    """They can be drawn again, to the last pixel."""
    subprocess.run([sys.executable, str(HERE / "tools" / "draw_pictures.py"), str(tmp_path)], check=True)
    drawn = sorted(tmp_path.iterdir())
    assert [path.name for path in drawn] == sorted(path.name for path in (HERE / "schedules" / "kuvat").iterdir())
    for path in drawn:
        with Image.open(path) as new, Image.open(HERE / "schedules" / "kuvat" / path.name) as old:
            assert ImageChops.difference(new.convert("RGB"), old.convert("RGB")).getbbox() is None
