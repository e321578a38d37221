"""`plan`: what goes out when and where, what it costs, and why the rest does not; beside the database like a diff."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from PIL import Image

from publisher.announcements import read_queue
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.locale import LANGUAGES
from publisher.service import Service
from publisher.store import Store, accounts, deliveries, meta
from tests.cli.conftest import CONFIG

X = '      x: {user_id: "2000000102", access_token: planted-x-token}\n'
TOMORROW = datetime.now(ZoneInfo("Europe/Helsinki")) + timedelta(days=1)
AT = f"{TOMORROW:%Y-%m-%d} 09:00"
LUPA = f"text: Hae lupa verkossa.\nlink: https://loppi.fi/lupa\npublish: {AT}\nfirst_comment: Kysy lisää.\n"


@pytest.fixture
def queue(config_file):
    """Write announcements into Loppi's queue."""
    config_file.write_text(CONFIG + X, encoding="utf-8")

    def write(name, text):
        (config_file.parent / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def take_in(config_file):
    """Read the queue as the daemon does."""

    def run():
        with Service.open(load_config(config_file)) as service:
            service.read_queue()

    return run


def planned(call, *options):
    told = call("plan", "--json", *options)
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def changes(data):
    return {(one["announcement"], one["channel"]): one["change"] for one in data["deliveries"]}


def test_without_a_database_all_is_new_and_none_is_made(queue, call, config_file):
    """It works offline and leaves nothing behind."""
    queue("lupa", LUPA)
    data = planned(call)
    assert changes(data) == {("lupa", channel): "new" for channel in ("facebook", "linkedin", "x")}
    assert data["compared"] is False
    assert {one["id"] for one in data["deliveries"]} == {None}
    assert not (config_file.parent / "var").exists()


def test_it_needs_no_secrets(queue, call, config_file):
    """As `check`: whoever writes announcements need not have the tokens."""
    queue("lupa", LUPA)
    config_file.write_text(CONFIG.replace("planted-facebook-token", '"${NOT_THERE}"'), encoding="utf-8")
    assert ("lupa", "facebook") in changes(planned(call))


def test_it_is_a_diff_against_the_database(queue, call, take_in, config_file):
    """New, changed, as before and called off; and looking changes nothing."""
    for name in ("sama", "muuttuu", "poistuu"):
        queue(name, LUPA.replace("verkossa", f"verkossa, {name}"))
    take_in()
    queue("uusi", LUPA)
    queue("muuttuu", LUPA.replace("Hae lupa", "Nyt voit hakea luvan"))
    (config_file.parent / "schedules" / "poistuu.yaml").unlink()
    for _ in range(2):
        data = planned(call)
        assert changes(data) == {
            (name, channel): change
            for name, change in {"uusi": "new", "muuttuu": "changed", "sama": "same", "poistuu": "cancelled"}.items()
            for channel in ("facebook", "linkedin", "x")
        }
        assert data["compared"] is True
    text = call("plan").stdout
    for line in ("+  9:00", "~  9:00", "   9:00", "-  9:00"):
        assert line.replace(" 9:00", "09:00") in text
    assert "9 posts in 14 days: 3 new, 3 changed, 3 as before, 3 called off." in text


def test_it_tells_why_the_rest_does_not_go_out(queue, call, config_file):
    """Drafts, what awaits approval, accounts left out, faults, what is held and what is too late: each with its reason."""
    queue("luonnos", "text: Ei vielä.\n")
    queue("vain-facebook", LUPA.replace("first_comment", "channels: [facebook]\nfirst_comment").replace("Hae", "Hanki"))
    queue("ohi", "text: Vanha.\npublish: 1.10.2026\n")
    queue("vialla", "teksti: x\n")
    data = planned(call)
    reasons = {(one["announcement"], one["channel"]): one["reason"] for one in data["not_going"]}
    assert reasons == {
        **{("luonnos", channel): "draft" for channel in ("facebook", "linkedin", "x")},
        **{("vain-facebook", channel): "not_in_channels" for channel in ("linkedin", "x")},
        **{("ohi", channel): "missed" for channel in ("facebook", "linkedin", "x")},
    }
    assert data["faulty_files"] == [{"file": "vialla.yaml", "faults": 1}]
    text = " ".join(call("plan").stdout.split())
    assert "luonnos, loppi: Facebook, LinkedIn, X: a draft; it has no time under 'publish'" in text
    assert "vain-facebook, loppi: LinkedIn, X: the file names other channels" in text
    assert "vialla.yaml: 1 fault; tiedote check shows it" in text
    config_file.write_text("approval: required\n" + config_file.read_text(encoding="utf-8"), encoding="utf-8")
    assert {one["reason"] for one in planned(call)["not_going"]} >= {"awaiting_approval"}


def test_what_the_network_leaves_out_is_told(queue, call):
    """X takes no first comment; the others do."""
    queue("lupa", LUPA)
    data = planned(call)
    assert {one["channel"]: one["left_out"] for one in data["deliveries"]} == {
        "facebook": [],
        "linkedin": [],
        "x": ["first_comment"],
    }
    assert "X: without the first comment, which it does not take" in call("plan").stdout


def test_what_belongs_to_a_post_beside_its_words_is_told(queue, call, config_file):
    """A poll, a thread, a card's own description and picture, a first comment: of each network what it gets."""
    Image.new("RGB", (600, 400), "teal").save(config_file.parent / "schedules" / "k.png")
    card = "{description: Vartissa, thumbnail: {file: k.png, alt: Lomake.}}"
    queue("lupa", f"{LUPA}linkedin: {card}\nx: {{thread: [Hae lupa verkossa., Se on helppoa.]}}\n")
    told = " ".join(call("plan").stdout.split())
    assert (
        "Facebook: first comment LinkedIn: the card's description, the card's picture, first comment X: a thread of 2 posts; without"
        in told
    )
    one = {one["channel"]: one for one in planned(call)["deliveries"]}
    assert (one["linkedin"]["card_description"], one["linkedin"]["card_thumbnail"], one["x"]["posts"]) == (
        True,
        True,
        2,
    )
    assert (one["facebook"]["first_comment"], one["x"]["first_comment"], one["facebook"]["poll"]) == (
        True,
        False,
        False,
    )


def test_it_costs_what_x_bills(queue, call):
    """Each post with its price, and all together; other networks cost nothing."""
    queue("lupa", LUPA)
    queue("pelkka", f"text: Kirjasto on auki.\npublish: {AT}\n")
    data = planned(call)
    assert {(one["announcement"], one["channel"]): one["cost"] for one in data["deliveries"] if one["cost"]} == {
        ("lupa", "x"): 0.2,
        ("pelkka", "x"): 0.015,
    }
    assert data["cost"]["total"] == 0.215
    text = call("plan").stdout
    assert "X $0.200" in text
    assert "X: 2 posts for $0.215 (prices of 2026-08-13)." in text
    assert "loppi X: $0.00 spent this month." in text


def test_what_will_not_fit_into_the_budget_is_foreseen(queue, call, config_file):
    """The first fits, the second does not."""
    config_file.write_text(CONFIG + X.replace("}", ", monthly_budget: 0.30 USD}"), encoding="utf-8")
    queue("a", LUPA)
    queue("b", LUPA.replace("verkossa", "netissä"))
    data = planned(call)
    held = [(one["announcement"], one["reason"]) for one in data["not_going"]]
    assert held == [("b", "over_budget")]
    assert "monthly_budget" in call("plan").stdout


def test_an_organisation_without_x_has_a_plan_without_costs(config_file, call):
    """Nothing is said of a network that nobody uses."""
    (config_file.parent / "schedules" / "lupa.yaml").write_text(LUPA, encoding="utf-8")
    told = call("plan")
    assert "facebook" in told.stdout.casefold()
    assert "$" not in told.stdout
    assert planned(call)["cost"] == {"currency": "USD", "total": 0.0, "months": []}


def test_only_so_many_days_are_shown(queue, call):
    """What comes later is counted."""
    queue("lupa", LUPA + "repeat: {every: 4 weeks, variants: [Toinen., Kolmas., Neljäs.]}\n")
    assert len(planned(call, "--days", "2")["deliveries"]) == 3
    data = planned(call, "--days", "30")
    assert {(one["announcement"], one["occurrence"]) for one in data["deliveries"]} == {("lupa", 1), ("lupa", 2)}
    assert data["later"] == 3
    assert planned(call, "--days", "120")["deliveries"][-1]["occurrence"] == 5


def test_a_pause_and_a_person_are_told(queue, call, take_in, config_file):
    """What a person has stopped stands in the plan."""
    queue("lupa", LUPA)
    take_in()
    store = Store(load_config(config_file).database)
    with store.write() as conn:
        meta.pause(conn, None, TOMORROW)
        deliveries.cancel_delivery(conn, 1, TOMORROW)
    store.close()
    data = planned(call)
    assert data["paused"] == ["*"]
    assert len(data["deliveries"]) == 2
    assert "Publishing is paused. To go on: tiedote resume" in call("plan").stdout


def test_an_account_that_waits_for_a_person_is_told_with_the_remedy(queue, call, take_in, config_file):
    """Also in status: what would otherwise stand there as scheduled for ever."""
    queue("lupa", LUPA)
    take_in()
    store = Store(load_config(config_file).database)
    with store.write() as conn:
        accounts.block(conn, 1, "wrong_account", "Hausjärven kunta", TOMORROW, TOMORROW)
    store.close()
    for command in ("plan", "status"):
        (one,) = json.loads(call(command, "--json").stdout)["blocked_accounts"]
        assert (one["channel"], one["error"]["kind"]) == ("facebook", "wrong_account")
        told = " ".join(call(command).stdout.split())
        assert "Facebook: The access token belongs to another account" in told
        assert f"= {one['error']['remedy']}" in told


def test_an_older_database_is_not_compared_with(queue, call, config_file):
    """It says so, and shows the queue alone."""
    queue("lupa", LUPA)
    path = Path(load_config(config_file).database.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, but long enough to be one" * 30)
    told = call("plan")
    assert "The database cannot be compared with" in told.stderr
    assert "3 new" in told.stdout
    assert planned(call)["compared"] is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_readable_at_80_columns(language):
    """The shipped queue, in every language."""
    root = Path(__file__).parents[2]
    config = load_config(root / "config.yaml")
    assert read_queue(config).announcements
    told = CliRunner().invoke(
        tiedote, ["plan", "--config", str(root / "config.yaml"), "--lang", language, "--days", "366"]
    )
    assert told.exit_code == 0, told.output
    assert [line for line in told.stdout.splitlines() if len(line) > 80] == []
    assert len(told.stdout.splitlines()) > 10
