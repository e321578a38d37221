"""The sandbox that `sandbox: yes` starts: one for all processes of a configuration; and what talks to a network through it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from channels.sandbox.faults import Kind, Rule
from publisher import lifetimes
from publisher.cli import tiedote
from publisher.cli.examined import Finding, judge_identity
from publisher.cli.resolving import id_in_address
from publisher.config import Account, load_config
from publisher.rehearsal import on_sandbox, open_rehearsal
from publisher.remarks import Level
from publisher.service import Service
from publisher.store import Store

CONFIG = """\
sandbox: yes
language: en
timezone: Europe/Helsinki
delivery: {confirm_for: 1s}
organisations:
  loppi:
    name: Lopen kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "100000000000102", access_token: planted-facebook-token, draft_first: no}
      x:
        user_id: "2000000102"
        api_key: planted-key
        api_secret: planted-key-secret
        access_token: planted-x-token
        access_token_secret: planted-x-secret
      linkedin: {organization_id: "5000102", access_token: planted-linkedin-token}
"""


@pytest.fixture
def config_file(tmp_path):
    """Lopen kunta in rehearsal, with one announcement in the queue."""
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "lomakkeet.yaml").write_text(
        "text: Lomakkeita verkossa.\nlink: https://loppi.example/lomakkeet\npublish: asap\n", encoding="utf-8"
    )
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def config(config_file):
    """The same, read."""
    return load_config(config_file)


@pytest.fixture
def sandbox(config):
    """The networks of this rehearsal, run by the test; commands join them."""
    with open_rehearsal(config) as rehearsal:
        assert rehearsal.sandbox is not None
        yield rehearsal.sandbox


@pytest.fixture
def call(config_file):
    """Run a command of that configuration."""

    def run(*arguments):
        return CliRunner().invoke(tiedote, [*arguments, "--config", str(config_file)])

    return run


def deliveries(call):
    """Read `status --json`, by channel."""
    return {one["channel"]: one for one in json.loads(call("status", "--json").stdout)["deliveries"]}


def test_a_second_process_joins_the_sandbox_of_the_first(config, config_file):
    """It finds the same address; when the first one has ended, the next one takes the same port, and what was posted is there."""
    code = (
        "import sys; from pathlib import Path; from publisher.config import load_config\n"
        "from publisher.rehearsal import open_rehearsal\n"
        "with open_rehearsal(load_config(Path(sys.argv[1]))) as joined: print(joined.base_url, joined.sandbox)"
    )
    with open_rehearsal(config) as first:
        joined = subprocess.run(
            [sys.executable, "-c", code, str(config_file)], capture_output=True, text=True, check=True
        )
        assert joined.stdout.split() == [first.base_url, "None"]
        assert first.sandbox is not None
    with open_rehearsal(config) as again:
        assert again.base_url == first.base_url
        assert again.sandbox is not None


def test_what_is_posted_in_a_rehearsal_outlives_it(call, config):
    """The next process still has the posts, and a second run --once sends nothing more."""
    told = call("run", "--once")
    assert told.exit_code == 0, told.output
    assert told.stderr == "3 published\n"
    again = call("run", "--once")
    assert again.exit_code == 0
    assert again.stderr == "Nothing was due.\n"
    with open_rehearsal(config) as rehearsal:
        assert rehearsal.sandbox is not None
        ledger = rehearsal.sandbox.ledger()
        assert sorted(post.network for post in ledger) == ["facebook", "linkedin", "x"]
        for one in deliveries(call).values():
            with urllib.request.urlopen(on_sandbox(one["url"], rehearsal.base_url), timeout=10) as page:
                assert "Lomakkeita verkossa." in page.read().decode()


def test_people_are_shown_addresses_that_open(call, config):
    """In a rehearsal the list of comments and the weekly summary lead to the sandbox's pages; scripts get the network's own."""
    with open_rehearsal(config) as rehearsal:
        assert rehearsal.sandbox is not None
        assert call("run", "--once").exit_code == 0
        post = the_post(rehearsal.sandbox, "x")
        rehearsal.sandbox.comment(post.id, "Milloin lomake aukeaa?")
        assert call("collect", "--all").exit_code == 0
        for told in (call("comments"), call("report")):
            assert f"{rehearsal.base_url}/" in told.stdout
            assert "https://x.com" not in told.stdout
        (comment,) = json.loads(call("comments", "--json").stdout)["comments"]
        assert comment["url"].startswith("https://x.com/")


def test_only_addresses_that_no_network_names_are_turned_to_the_sandbox():
    """X and LinkedIn addresses are written by the channels; the rest is left alone."""
    base = "http://127.0.0.1:8101"
    assert on_sandbox("https://x.com/i/web/status/12", base) == f"{base}/i/web/status/12"
    assert (
        on_sandbox("https://www.linkedin.com/feed/update/urn:li:share:1/", base)
        == f"{base}/feed/update/urn:li:share:1/"
    )
    assert on_sandbox(f"{base}/p/abc/", base) == f"{base}/p/abc/"
    assert on_sandbox("https://loppi.example/", base) == "https://loppi.example/"


def lose_and_hide(sandbox, network, create, listing):
    """Let the answer to the creating request be lost, and every later look at the account fail."""
    sandbox.add_rule(Rule(network=network, method="POST", path=create, kind=Kind.LOST_AFTER))
    sandbox.add_rule(Rule(network=network, method="GET", path=listing, kind=Kind.ERROR_BEFORE, nth=2, times=None))


def the_post(sandbox, network):
    """The one post on a network."""
    (post,) = [post for post in sandbox.ledger() if post.network == network]
    return post


def test_an_unconfirmed_post_is_settled_by_its_address(call, sandbox):
    """The answer is lost and looking fails: unconfirmed, exit 4. What a person copied settles it; the id is the network's."""
    lose_and_hide(sandbox, "x", r"/2/tweets$", r"/2/users/\d+/tweets")
    assert call("run", "--once", "--wait", "30s").exit_code == 4
    one = deliveries(call)["x"]
    assert (one["state"], one["error"]["kind"]) == ("unconfirmed", "unconfirmed")
    assert f"tiedote resolve {one['id']} --published URL" in one["error"]["remedy"]
    post = the_post(sandbox, "x")
    settled = call("resolve", one["id"], "--published", f"https://x.com/lopenkunta/status/{post.id}?s=20")
    assert settled.exit_code == 0, settled.output
    one = deliveries(call)["x"]
    assert (one["state"], one["remote_id"], one["error"]) == ("published", post.id, None)


def test_a_facebook_address_without_an_id_is_matched_by_the_words(call, sandbox):
    """Facebook shows people an address that no interface knows: the account's one post with these words is meant."""
    lose_and_hide(sandbox, "facebook", r"/feed$", r"/published_posts")
    assert call("run", "--once", "--wait", "30s").exit_code == 4
    one = deliveries(call)["facebook"]
    assert one["state"] == "unconfirmed"
    address = "https://www.facebook.com/lopenkunta/posts/pfbid02abc"
    unread = call("resolve", one["id"], "--published", address)
    assert unread.exit_code == 75
    sandbox.rules.clear()
    settled = call("resolve", one["id"], "--published", address)
    assert settled.exit_code == 0, settled.output
    assert deliveries(call)["facebook"]["remote_id"] == the_post(sandbox, "facebook").id


def test_an_address_that_leads_nowhere_settles_nothing(call, sandbox):
    """With no post of these words on the account, the delivery stays unconfirmed and the exit code is 1."""
    lose_and_hide(sandbox, "facebook", r"/feed$", r"/published_posts")
    assert call("run", "--once", "--wait", "30s").exit_code == 4
    sandbox.rules.clear()
    sandbox.remove(the_post(sandbox, "facebook").id)
    one = deliveries(call)["facebook"]
    refused = call("resolve", one["id"], "--published", "https://www.facebook.com/lopenkunta/posts/pfbid02abc")
    assert refused.exit_code == 1
    assert "No post of this account" in refused.stderr
    assert deliveries(call)["facebook"]["state"] == "unconfirmed"


def test_the_address_of_another_delivery_settles_nothing(call, sandbox, config_file):
    """One remote post belongs to one delivery."""
    assert call("run", "--once").exit_code == 0
    first = the_post(sandbox, "x")
    (config_file.parent / "schedules" / "muu.yaml").write_text("text: Muuta.\npublish: asap\nchannels: [x]\n")
    lose_and_hide(sandbox, "x", r"/2/tweets$", r"/2/users/\d+/tweets")
    sandbox.rules[-1].nth = 1
    assert call("run", "--once", "--wait", "30s").exit_code == 4
    told = call("resolve", "muu:loppi:x", "--published", f"https://x.com/i/status/{first.id}")
    assert told.exit_code == 1
    assert "belongs to another delivery" in told.stderr


def test_only_one_run_works_on_a_database(call, config):
    """While another process publishes, run --once does nothing and ends with 75."""
    with Service.open(config) as service, service.alone():
        told = call("run", "--once")
        assert told.exit_code == 75
        assert "Another tiedote run" in told.stderr
        assert json.loads(call("status", "--json").stdout)["deliveries"] == []


def test_doctor_finds_everything_in_order(call):
    """Each account is named by its network; nothing failed; the tokens' lives are kept for status."""
    told = call("doctor", "--json")
    assert told.exit_code == 0, told.output
    checks = {check["name"]: check for check in json.loads(told.stdout)["checks"]}
    assert {check["status"] for check in checks.values()} <= {"ok", "warn"}
    assert checks["account:loppi:x"]["message"] == "loppi X: Lopen kunta."
    assert checks["database"]["status"] == checks["queue"]["status"] == checks["mail"]["status"] == "ok"
    tokens = json.loads(call("status", "--json").stdout)["tokens"]
    assert [token["account"] for token in tokens] == ["facebook", "x", "linkedin"]


def test_doctor_fails_for_a_token_that_a_network_refuses(call, sandbox):
    """The account is named with what to do, the others are looked at all the same, exit 1. No token is shown."""
    _facebook, x, _linkedin = sandbox.accounts
    x.status = "invalid"
    told = call("doctor", "--json")
    shown = call("doctor")
    assert told.exit_code == 1
    checks = {check["name"]: check for check in json.loads(told.stdout)["checks"]}
    assert checks["account:loppi:x"]["status"] == "fail"
    assert "tiedote login" in checks["account:loppi:x"]["remedy"]
    assert checks["account:loppi:linkedin"]["status"] == "ok"
    assert "planted" not in told.output + shown.output


def test_a_token_is_warned_about_a_fortnight_before_it_ends(call, config):
    """A network that tells the date: days left in doctor and in status; one that tells none: nothing is made up."""
    (organisation,) = config.organisations.values()
    facebook, x, _linkedin = organisation.accounts
    now = datetime.now(UTC)
    zone = config.timezone

    def judged(account: Account, ends: datetime | None, *, reading: bool = False) -> Finding:
        life = lifetimes.TokenLife(
            organisation="loppi", channel=account.channel, account=account.name, expires_at=ends, reading=reading
        )
        return judge_identity(account, "Lopen kunta", life, now, zone)

    soon = now + timedelta(days=13, hours=1)
    assert judged(facebook, soon).level is Level.WARN
    assert "13 days" in judged(facebook, soon).message
    assert judged(facebook, now + timedelta(days=15)).level is Level.OK
    assert judged(x, None).message == "loppi X: Lopen kunta."
    assert "of residents' comments until" in judged(facebook, soon, reading=True).message
    over = judged(facebook, now - timedelta(days=1), reading=True)
    assert (over.level, "nothing of residents' comments since" in over.message) == (Level.WARN, True)
    call("status")
    store = Store(config.database)
    with store.write() as conn:
        lifetimes.note(conn, facebook, soon, now)
        lifetimes.note(conn, x, None, now)
    store.close()
    assert "loppi Facebook: token ends in 13 days." in call("status").stdout
    told = json.loads(call("status", "--json").stdout)["tokens"]
    assert [(token["account"], token["days_left"]) for token in told] == [("facebook", 13), ("x", None)]


@pytest.mark.parametrize(
    "channel,url,remote_id",
    [
        ("x", "https://x.com/loppi/status/1990000000000000001?s=20", "1990000000000000001"),
        ("linkedin", "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7/", "urn:li:share:7"),
        ("facebook", "https://www.facebook.com/102_77", "102_77"),
        ("facebook", "https://www.facebook.com/loppi/posts/pfbid0abc", None),
        ("instagram", "https://www.instagram.com/p/D-qJSJgAEQ/", None),
    ],
)
def test_an_id_is_read_where_the_network_writes_it(channel, url, remote_id):
    """What has no id in its address is looked for on the account instead."""
    assert id_in_address(channel, url) == remote_id
