"""`publish FILE`: shows, asks, sends that one file now, and never twice."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from PIL import Image

from channels.base import Post
from channels.sandbox import Sandbox, serve
from channels.sandbox.faults import Kind, Rule
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from publisher.store import Store, deliveries, migrate
from tests.delivery.town import remote_accounts, write_config

SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def networks():
    """The networks, being served."""
    with serve(Sandbox(accounts=remote_accounts()), ports=(0,)) as server:
        yield server


@pytest.fixture
def sandbox(networks):
    """What they hold."""
    return networks.sandbox


@pytest.fixture
def config_file(tmp_path, networks):
    """Hausjärven kunta with Facebook and X, live, on the sandbox's networks."""
    path = write_config(tmp_path, networks.base_url, channels=("facebook", "x"), confirm_for="1s")
    path.write_text("language: en\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture
def queue(config_file):
    """Write files into the queue, saved a while ago."""

    def write(name, words):
        path = config_file.parent / "schedules" / f"{name}.yaml"
        path.write_text(words, encoding="utf-8")
        os.utime(path, (path.stat().st_mtime - 300,) * 2)
        return path

    return write


@pytest.fixture
def call(config_file):
    """Run a command of that configuration."""

    def run(*arguments, answer=None):
        return CliRunner().invoke(tiedote, [*map(str, arguments), "--config", str(config_file)], input=answer)

    return run


@pytest.fixture
def store(config_file):
    """The database of that configuration."""
    store = Store(load_config(config_file).database)
    migrate(store, datetime.now(UTC))
    yield store
    store.close()


def states(store):
    with store.read() as conn:
        return {(one.key.announcement, one.key.channel): one.state for one in deliveries.list_deliveries(conn)}


def out(sandbox):
    return sorted((post.network, post.text) for post in sandbox.ledger())


DATED = f"text: Uimahalli on auki.\npublish: {SOON:%Y-%m-%d} 09:00\n"


def test_a_file_with_a_later_time_goes_out_now_and_alone_and_not_again_at_its_time(call, queue, sandbox, store):
    """Its words and accounts are shown first; what else is due stays where it is; a second time nothing is sent."""
    queue("halli", DATED)
    queue("muu", "text: Muu tiedote.\npublish: asap\n")
    told = call("publish", "halli.yaml", answer="y\n")
    assert told.exit_code == 0, told.output
    shown, _prompt, _rest = told.stderr.partition("Publish it now?")
    assert "Hausjärven kunta Facebook, Hausjärven kunta X\n    Uimahalli on auki.\n" in shown
    assert "Muu tiedote" not in told.output
    assert [line.partition("  ")[0] for line in told.stdout.splitlines()] == [
        "Hausjärven kunta Facebook: published",
        "Hausjärven kunta X: published",
    ]
    assert "https://x.com/" in told.stdout
    assert out(sandbox) == [("facebook", "Uimahalli on auki."), ("x", "Uimahalli on auki.")]
    again = call("publish", "halli.yaml", "--yes")
    assert again.exit_code == 0
    assert "all of it is out already" in again.stderr
    assert call("run", "--once").exit_code == 0
    assert len(out(sandbox)) == 4
    assert states(store)["muu", "x"] is State.PUBLISHED


@pytest.mark.parametrize("answer, code", [("n\n", 1), ("\n", 1), ("", 2)])
def test_without_a_yes_nothing_goes_out(call, queue, sandbox, store, answer, code):
    """No, a bare return, or nobody there to answer; the file keeps its time."""
    queue("halli", DATED)
    told = call("publish", "halli.yaml", answer=answer)
    assert told.exit_code == code
    assert not out(sandbox)
    assert states(store) == {("halli", "facebook"): State.SCHEDULED, ("halli", "x"): State.SCHEDULED}


@pytest.mark.parametrize("answer", ["k\n", "Kyllä\n", "ja\n"])
def test_a_yes_may_be_finnish_or_swedish(call, queue, sandbox, answer):
    """The question is asked in the reader's language, and so it is answered."""
    queue("halli", DATED)
    assert call("publish", "halli.yaml", "--lang", "fi", answer=answer).exit_code == 0
    assert len(out(sandbox)) == 2


def test_a_draft_goes_out_and_stays_what_it_was_asked_for(call, queue, sandbox, store):
    """No `publish` in the file: it goes out all the same, and one whose account asks to wait does not become a draft again."""
    queue("luonnos", "text: Luonnos joka julkaistaan.\nchannels: [x]\n")
    sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, path="/2/tweets$", method="POST", retry_after=3600))
    told = call("publish", "luonnos.yaml", "--yes", "--wait", "1s")
    assert told.exit_code == 75, told.output
    assert "Hausjärven kunta X: tried again later" in told.stdout
    assert call("run", "--once", "--wait", "0s").exit_code == 75
    assert states(store) == {("luonnos", "x"): State.RETRYING}


def test_a_missed_file_goes_out(call, queue, sandbox, store):
    """The day after its time; this is what one does instead of `retry` for each account."""
    queue("eilen", f"text: Eilinen.\npublish: {datetime.now(UTC) - timedelta(days=2):%Y-%m-%d} 09:00\n")
    call("run", "--once")
    assert set(states(store).values()) == {State.MISSED}
    assert call("publish", "eilen.yaml", "--yes").exit_code == 0
    assert len(out(sandbox)) == 2
    assert set(states(store).values()) == {State.PUBLISHED}


def test_a_file_with_a_fault_is_told_as_check_tells_it(call, queue, sandbox):
    """File, line, column and caret; exit code 1."""
    queue("vika", "text: A\nchannels: [twiter]\n")
    told = call("publish", "vika.yaml", "--yes")
    assert told.exit_code == 1
    assert "vika.yaml:2:12: error: 'twiter'" in told.stderr
    assert "^^^^^^" in told.stderr
    assert "Nothing was published: vika.yaml has a fault." in told.stderr
    assert not sandbox.requests()


def test_a_file_outside_the_queue_is_not_published(call, queue, sandbox, tmp_path):
    """Nobody would know later that it went out."""
    queue("halli", DATED)
    (tmp_path / "muualla.yaml").write_text(DATED, encoding="utf-8")
    (tmp_path / "schedules" / "kuva.txt").write_text("x", encoding="utf-8")
    for name in (tmp_path / "muualla.yaml", "kuva.txt", "schedules"):
        told = call("publish", name, "--yes")
        assert told.exit_code == 2, told.output
    assert call("publish", "puuttuu.yaml", "--yes").exit_code == 2
    assert not sandbox.requests()


@pytest.mark.parametrize(
    "words, config, told, code",
    [
        ("text: A\n", "approval: required\n", "awaits approval: tiedote approve", 1),
        ("text: A\npublish: 2026-01-01 09:00\nexpires: 2026-02-01\n", "", "last moment for publishing has passed", 1),
    ],
)
def test_what_may_not_go_out_says_why(call, queue, sandbox, config_file, words, config, told, code):
    """Nobody has approved it, or it has expired: nothing is asked and nothing is sent."""
    config_file.write_text(config + config_file.read_text(encoding="utf-8"), encoding="utf-8")
    queue("a", words)
    answer = call("publish", "a.yaml")
    assert (answer.exit_code, told in answer.stderr) == (code, True), answer.output
    assert "Publish it now?" not in answer.stderr
    assert not out(sandbox)


def test_a_pause_holds(call, queue, sandbox):
    """In a crisis nothing goes out by mistake; 75, and how to go on."""
    queue("halli", DATED)
    call("pause")
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 75
    assert "publishing is paused; to go on: tiedote resume" in told.stderr
    assert not out(sandbox)


def test_words_that_are_out_already_are_held(call, queue, sandbox, store):
    """Another file had them a moment ago; this one says so before anything is asked."""
    queue("eka", "text: Samat sanat.\npublish: asap\n")
    call("run", "--once")
    queue("toka", "text: Samat sanat.\n")
    told = call("publish", "toka.yaml")
    assert told.exit_code == 1
    assert "Hausjärven kunta X: is on hold" in told.stderr
    assert len(out(sandbox)) == 2


def test_a_changed_file_that_is_out_is_not_sent_again(call, queue, sandbox):
    """It says that the new words are not out, and what to do."""
    queue("halli", "text: Ennen.\npublish: asap\n")
    call("run", "--once")
    queue("halli", "text: Jälkeen.\npublish: asap\n")
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 1
    assert "save new words under a new name" in told.stderr
    assert {text for _network, text in out(sandbox)} == {"Ennen."}
    shown = call("status").stdout
    assert "Changed after publishing; what is out stays as it was:\n  halli.yaml\n" in shown
    assert json.loads(call("status", "--json").stdout)["changed_after_publishing"] == ["halli.yaml"]
    queue("halli", "text: Ennen.\npublish: asap\n")
    call("run", "--once")
    assert "Changed after publishing" not in call("status").stdout


def test_what_is_cancelled_or_in_doubt_is_for_a_person(call, queue, sandbox, store):
    """The one command for each is named; the others go out."""
    queue("halli", DATED)
    call("publish", "halli.yaml", answer="n\n")
    with store.write() as conn:
        (facebook,) = deliveries.find_deliveries(conn, "halli:hausjarvi:facebook")
        deliveries.cancel_delivery(conn, facebook.id, datetime.now(UTC))
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 0
    assert f"was called off by a person; if it is to go out after all: tiedote retry {facebook.name}" in told.stderr
    assert [network for network, _text in out(sandbox)] == ["x"]


def post_by_hand(config_file, channel, text):
    """Post on an account past Tiedote, as somebody in the network's own app would."""
    with Service.open(load_config(config_file)) as service:
        account = next(one for one in service.config.organisations["hausjarvi"].accounts if one.channel == channel)
        with service.pool.lend(account) as network:
            post = Post(text=text)
            network.advance(post, network.begin(post))


def test_a_refusal_ends_with_four_and_the_others_are_out(call, queue, config_file, sandbox):
    """X has the same words from somebody else and does not take them: its reason and remedy are printed."""
    queue("eka", "text: Ensimmäinen.\npublish: asap\n")
    call("run", "--once")
    post_by_hand(config_file, "x", "Uimahalli on auki.")
    queue("halli", DATED)
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 4, told.output
    assert "Hausjärven kunta X: failed\n    The network says that the account already has the same post." in told.stdout
    assert "    = Look at the account." in told.stdout
    assert "Hausjärven kunta Facebook: published" in told.stdout


def test_a_blocked_account_does_not_keep_one_waiting(call, queue, sandbox):
    """Facebook's token is dead: X is out, Facebook's reason is told, and it goes out when it is mended."""
    queue("halli", DATED)
    next(account for account in sandbox.accounts if account.channel == "facebook").status = "expired"
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 75, told.output
    assert "Hausjärven kunta Facebook: scheduled\n    The account's access token has expired" in told.stdout
    assert [network for network, _text in out(sandbox)] == ["x"]


def test_an_account_that_is_younger_than_the_file_gets_it_too(call, queue, sandbox, config_file, store):
    """By itself it would not; a person who publishes the file sees it in the list and means it."""
    everything = config_file.read_text(encoding="utf-8")
    only_x = "\n".join(line for line in everything.splitlines() if not line.startswith("      facebook:"))
    config_file.write_text(only_x, encoding="utf-8")
    queue("halli", "text: Uimahalli on auki.\npublish: asap\n")
    call("run", "--once")
    config_file.write_text(everything, encoding="utf-8")
    call("run", "--once")
    assert [network for network, _text in out(sandbox)] == ["x"]
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 0, told.output
    assert "Hausjärven kunta X: is out already" in told.stderr
    assert [network for network, _text in out(sandbox)] == ["facebook", "x"]


def test_a_new_database_recognises_what_is_out(call, queue, sandbox, config_file):
    """The database was lost days after it went out; a person publishes the file, and no second post appears."""
    queue("halli", DATED)
    call("publish", "halli.yaml", "--yes")
    for file in config_file.parent.glob("tiedote.db*"):
        file.unlink()
    sandbox.clock.advance(4 * 86_400)
    told = call("publish", "halli.yaml", "--yes")
    assert told.exit_code == 0, told.output
    assert len(out(sandbox)) == 2


def test_json_is_what_status_gives(call, queue, sandbox):
    """The deliveries of this file, as `status --json` has them."""
    queue("halli", DATED)
    told = call("publish", "halli.yaml", "--yes", "--json")
    answer = json.loads(told.stdout)
    assert answer["version"] == 1
    assert {one["announcement"] for one in answer["deliveries"]} == {"halli"}
    assert [one["state"] for one in answer["deliveries"]] == ["published", "published"]


def test_the_next_time_of_a_repeat_goes_out_now(call, queue, sandbox, store):
    """Once; the one after it comes at its own time."""
    queue("toisto", DATED + "repeat: {every: 4 weeks}\nchannels: [facebook]\n")
    assert call("publish", "toisto.yaml", "--yes").exit_code == 0
    with store.read() as conn:
        found = [(one.key.occurrence, one.state) for one in deliveries.list_deliveries(conn)]
    assert sorted(found) == [(1, State.PUBLISHED), (2, State.SCHEDULED), (3, State.SCHEDULED)]
    assert len(out(sandbox)) == 1


def test_what_is_shown_first_has_the_cards_own_words_and_the_poll(config_file, networks, queue, call):
    """All that readers will see, before anybody says yes."""
    path = write_config(config_file.parent, networks.base_url, channels=("x", "linkedin"))
    path.write_text("language: en\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    Image.new("RGB", (90, 60)).save(path.parent / "schedules" / "kuva.png")
    card = "linkedin: {description: Kaikki samassa., thumbnail: {file: kuva.png, alt: Talo.}}\n"
    lupa = queue("lupa", f"text: Hae lupa.\ntitle: Lupa verkossa\nlink: https://a.example/lupa\n{card}")
    shown = call("publish", lupa, answer="n\n").stderr
    for line in ("Title: Lupa verkossa", "Description: Kaikki samassa.", "Picture: kuva.png (Talo.)"):
        assert shown.count(f"    {line}\n") == 1, "on LinkedIn alone"
    poll = queue("kysely", "text: Kerro.\npoll: {question: Milloin?, options: [Aamulla, Illalla], days: 1}\n")
    shown = call("publish", poll, answer="n\n").stderr
    assert shown.count("    Poll: Milloin?\n        Aamulla\n        Illalla\n") == 2


def test_words_of_files_and_people_do_nothing_to_a_terminal(config_file, networks, queue, call):
    """Marks that turn the direction, in a title, a text and a name, wherever they are shown; and no line runs over the edge."""
    turned = "\u202enurin\u202c \u2066x\u2069"
    path = write_config(config_file.parent, networks.base_url, channels=("x",))
    path.write_text("language: en\napproval: required\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    hostile = f"{'Hae lupaa verkossa. ' * 10}{turned}"
    lupa = queue("lupa", f"title: Lupa {turned}\npublish: 2099-01-01 09:00\ntext: {hostile}\n")
    late = queue("myöhä", f"title: Lupa {turned}\ntext: Hei {turned}\npublish: asap\napproved_by: Maija {turned}\n")
    shown = {
        one: call(*one.split(), *more, answer="n\n").output
        for one, *more in (
            ("publish", late),
            ("approve", lupa, "--by", f"Matti {turned}\x1b[2J", "--yes"),
            ("approve --yes", lupa),
            ("plan",),
            ("plan --days 366",),
            ("status",),
        )
    }
    told = {
        one: re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)
        for one, text in shown.items()
    }
    assert {one: found for one, found in told.items() if found} == {}
    assert "is approved by Matti" in shown["approve"]
    assert "is approved already, by Matti" in shown["approve --yes"]
    assert "nurin" in shown["publish"]
    assert "nurin" in shown["plan"]
    assert max(map(len, shown["approve"].splitlines())) <= 80
