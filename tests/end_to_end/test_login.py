"""Connecting accounts as a person does: the real command in a terminal of 80 columns, and a browser at the sandbox's pages of consent."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest
import requests
from click.testing import CliRunner
from pydantic import SecretStr

from channels import registry
from channels.oauth.values import App, Credentials
from channels.sandbox import Clock, Sandbox, SandboxAccount, SandboxApp, SandboxPerson, Served, serve
from channels.sandbox.grants import MARK, Grant
from channels.session import Network
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.store import Store, credentials, migrate
from publisher.vault import Vault
from tests.browser import consent
from tests.spill import note

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
WEB = "https://hausjarvi.example/tiedote"
TIEDOTE = Path(sys.executable).with_name("tiedote")

ACCOUNTS = """\
      facebook: {page_id: "101"}
      instagram: [{name: sivu, user_id: "201"},
        {name: oma, user_id: "202", login: instagram_login, media: public_url, public_folder: /tmp, public_base_url: "https://a.example"}]
      x: [{name: uusi, user_id: "301"}, {name: vanha, user_id: "302"}]
      linkedin: [{name: rikas, organization_id: "401"}, {name: koyha, organization_id: "403"}]
"""


@dataclass
class Town:
    """A configuration that is live, with its networks moved to a sandbox."""

    served: Served
    config: Path
    environment: dict[str, str]

    def kept(self) -> dict[tuple[str, str, str], str]:
        """What the database has, opened: the access token by account."""
        store = Store(load_config(self.config).database)
        with closing(store), store.read() as conn:
            vault = Vault(load_config(self.config))
            return {one.account: vault.open(one).access_token.get_secret_value() for one in credentials.every(conn)}

    def database(self) -> bytes:
        """Every byte of the database, what is not yet moved out of its log included."""
        return b"".join(path.read_bytes() for path in sorted((self.config.parent / "var").glob("tiedote.db*")))

    def run(self, *arguments: str, talk: Callable[[pexpect.spawn], None] = lambda _: None) -> tuple[int, str]:
        """Run the command in a terminal; return its exit code and all that stood on the screen."""
        screen = pexpect.spawn(
            str(TIEDOTE),
            [*arguments, "--config", str(self.config)],
            env=self.environment,
            dimensions=(50, 80),
            encoding="utf-8",
            timeout=20,
            preexec_fn=ctrl_c_ends,
        )
        log = Screen()
        screen.logfile_read = log
        with closing(screen):
            talk(screen)
            screen.expect(pexpect.EOF)
        note(f"the screen of {arguments!r}", log.text)
        return int(screen.exitstatus or 0), log.text


class Screen:
    """What a terminal showed."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is held back."""


def ctrl_c_ends() -> None:
    """As in every terminal; a shell that runs the tests in the background has its children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accounts() -> list[SandboxAccount]:
    def one(channel: str, account_id: str, name: str, **more: str) -> SandboxAccount:
        return SandboxAccount(
            organisation="hausjarvi",
            channel=channel,
            account_id=account_id,
            token="",
            name=name,
            **more,  # type: ignore[arg-type]
        )

    return [
        one("facebook", "101", "Hausjärven kunta"),
        one("facebook", "102", "Lopen kunta"),
        one("instagram", "201", "Hausjärvi", username="hausjarvi", page_id="101"),
        one("instagram", "202", "Hausjärven nuoret", username="nuoret", page_id="102"),
        one("x", "301", "Hausjärvi", username="hausjarvi"),
        one("x", "302", "Loppi", username="loppi"),
        one("linkedin", "401", "Hausjärven kunta"),
        one("linkedin", "402", "Lopen kunta"),
        one("linkedin", "403", "Hausjärven nuoret"),
    ]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("login")
    (folder / "schedules").mkdir()
    port = free_port()
    here = f"http://127.0.0.1:{port}/back"
    apps = [
        SandboxApp(network="facebook", client_id="fb-app", client_secret="fb-secret"),
        SandboxApp(network="instagram", client_id="ig-app", client_secret="ig-secret", redirect_uris=(WEB,)),
        SandboxApp(
            network="x",
            client_id="x-app",
            client_secret="x-secret",
            api_key="x-key",
            api_secret="x-key-secret",
            redirect_uris=(here,),
        ),
        SandboxApp(
            network="linkedin", client_id="li-app", client_secret="li-secret", redirect_uris=(WEB,), refresh_tokens=True
        ),
    ]
    people = [
        SandboxPerson(name="Viestintä", manages_all=True),
        SandboxPerson(name="Naapuri", roles={"102": "full", "402": "full"}),
        SandboxPerson(name="Analyytikko", roles={"101": "analyst"}),
        SandboxPerson(name="Kesätyöntekijä"),
    ]
    sandbox = Sandbox(accounts(), apps=apps, people=people, clock=Clock(datetime.now(UTC)))
    with serve(sandbox) as served:
        config = folder / "config.yaml"
        moved = "\n".join(
            f'  {name}: {{base_url: "{served.base_url}"}}' for name in ("facebook", "instagram", "x", "linkedin")
        )
        theirs = '      linkedin: {organization_id: "402", access_token: planted-loppi}\n'
        config.write_text(
            "sandbox: no\nlanguage: en\n"
            f"networks:\n{moved}\n"
            "apps:\n"
            "  facebook: {client_id: fb-app, client_secret: fb-secret}\n"
            f'  instagram: {{client_id: ig-app, client_secret: ig-secret, redirect_uri: "{WEB}"}}\n'
            "  x: {client_id: x-app, client_secret: x-secret, api_key: x-key, api_secret: x-key-secret, "
            f'redirect_uri: "{here}"}}\n'
            f'  linkedin: {{client_id: li-app, client_secret: li-secret, redirect_uri: "{WEB}"}}\n'
            f"organisations:\n  hausjarvi:\n    name: Hausjärven kunta\n    accounts:\n{ACCOUNTS}"
            f"  loppi:\n    name: Lopen kunta\n    accounts:\n{theirs}",
            encoding="utf-8",
        )
        (folder / "var").mkdir()
        store = Store(load_config(config).database)
        migrate(store, datetime.now(UTC))
        store.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TIEDOTE_KEY", KEY)
            environment = {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}
            yield Town(served=served, config=config, environment=environment)


def address(screen: pexpect.spawn) -> str:
    """The address that the person is to open, in one piece although the terminal is narrow."""
    screen.expect(r"(http://127\.0\.0\.1:\d+/[^\s]+)\s*\n")
    return str(screen.match[1])


def pasting(
    who: str | None = None, *, allow: bool = True, leave_out: tuple[str, ...] = ()
) -> Callable[[pexpect.spawn], None]:
    """Consent in the browser, copy the address that it ends at, and say yes."""

    def talk(screen: pexpect.spawn) -> None:
        end = consent(address(screen), who, allow=allow, leave_out=leave_out)
        screen.expect("address here: ")
        screen.sendline(end)
        if screen.expect([r"\[y/N\]", pexpect.EOF]) == 0:
            screen.sendline("y")

    return talk


def coming_back(who: str) -> Callable[[pexpect.spawn], None]:
    """Consent in a browser on this machine, which comes back by itself."""

    def talk(screen: pexpect.spawn) -> None:
        end = consent(address(screen), who)
        screen.expect("Waiting for the browser")
        assert (
            requests.get(f"http://127.0.0.1:{end.split(':')[2].split('/')[0]}/favicon.ico", timeout=5).status_code
            == 404
        )
        assert "Close this window" in requests.get(end, timeout=5).text
        screen.expect(r"\[y/N\]")
        screen.sendline("y")

    return talk


FLOWS = [
    (("facebook",), ("facebook", "facebook"), pasting("Viestintä"), "no end date"),
    (("instagram", "--account", "sivu"), ("instagram", "sivu"), pasting("Viestintä"), "no end date"),
    (("instagram", "--account", "oma"), ("instagram", "oma"), pasting("nuoret"), "renews its token by itself"),
    (("x", "--account", "uusi"), ("x", "uusi"), coming_back("@hausjarvi"), "renews its token by itself"),
    (("x", "--account", "vanha", "--way", "x_oauth1"), ("x", "vanha"), coming_back("@loppi"), "no end date"),
    (("linkedin", "--account", "rikas"), ("linkedin", "rikas"), pasting("Viestintä"), "renews its token until"),
    (("linkedin", "--account", "koyha"), ("linkedin", "koyha"), pasting("Viestintä"), "cannot be renewed"),
]


def test_each_flow_is_walked_at_the_terminal_used_and_ended(town: Town) -> None:
    """Each ends with a token in the database, encrypted, that publishes until `logout`; no token was ever on the screen."""
    for arguments, key, talk, lasts in FLOWS:
        must_connect(town, arguments, key, talk, lasts)
    must_list(town)
    must_publish(town)
    must_end(town)


def must_connect(
    town: Town, arguments: tuple[str, ...], key: tuple[str, str], talk: Callable[[pexpect.spawn], None], lasts: str
) -> None:
    app = town.served.sandbox.grants.app("linkedin", "li-app")
    assert app is not None
    app.refresh_tokens = "koyha" not in arguments
    code, shown = town.run("login", *arguments, "--org", "hausjarvi", talk=talk)
    assert (code, "is connected to" in shown) == (0, True), shown
    assert lasts in " ".join(shown.split())
    token = town.kept()[("hausjarvi", *key)]
    assert MARK in token
    assert MARK not in shown
    assert MARK.encode() not in town.database()


def must_list(town: Town) -> None:
    """How each is connected, until when, and what it may do, within 80 columns."""
    code, shown = town.run("accounts")
    assert code == 0
    assert shown.count("Connected by login on") == len(FLOWS)
    assert "May: publish, read counts, read comments, comment." in shown
    assert MARK not in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def must_publish(town: Town) -> None:
    """An announcement goes out with the tokens of the database alone."""
    schedule = town.config.parent / "schedules" / "hausjarvi"
    schedule.mkdir(exist_ok=True)
    (schedule / "lupa.yaml").write_text(
        "text: Rakennusluvan voi hakea verkossa.\npublish: asap\nchannels: [facebook, x, linkedin]\n", encoding="utf-8"
    )
    code, shown = town.run("run", "--once", "--wait", "10s")
    posts = {(post.network, post.account_id) for post in town.served.sandbox.ledger()}
    assert code == 0, shown
    assert posts == {("facebook", "101"), ("x", "301"), ("x", "302"), ("linkedin", "401"), ("linkedin", "403")}
    assert MARK not in shown


def must_end(town: Town) -> None:
    """X forgets the token; LinkedIn cannot be asked, and the person is told where to do it."""
    token = town.kept()[("hausjarvi", "x", "uusi")]
    code, shown = town.run("logout", "x", "--account", "uusi", "--org", "hausjarvi", "--yes")
    assert (code, "has forgotten the token too" in shown) == (0, True), shown
    assert town.served.sandbox.grants.find(token) is None
    code, shown = town.run("logout", "linkedin", "--account", "rikas", "--org", "hausjarvi", "--yes")
    assert (code, "https://www.linkedin.com/" in shown) == (0, True), shown
    assert {key[1:] for key in town.kept()} == {
        ("facebook", "facebook"),
        ("instagram", "sivu"),
        ("instagram", "oma"),
        ("x", "vanha"),
        ("linkedin", "koyha"),
    }
    assert town.run("logout", "x", "--account", "uusi", "--org", "hausjarvi", "--yes")[0] == 1


UNHAPPY = [
    ("facebook", pasting("Viestintä", allow=False), "Consent was not given"),
    (
        "facebook",
        pasting("Viestintä", leave_out=("pages_manage_posts",)),
        "permissions were not given: pages_manage_posts",
    ),
    ("facebook", pasting("Kesätyöntekijä"), "manages no page there"),
    ("facebook", pasting("Analyytikko"), "may not publish as Hausjärven kunta"),
    ("linkedin", pasting("Kesätyöntekijä"), "manages no page there"),
    ("linkedin", pasting("Naapuri"), "None of these is the account of the configuration, 401"),
]


@pytest.fixture
def nothing_new(town: Town) -> Iterator[Town]:
    """Whatever happens, the database has the same tokens afterwards."""
    before = town.kept()
    yield town
    assert town.kept() == before


@pytest.mark.parametrize("network, talk, told", UNHAPPY)
def test_what_goes_wrong_is_told_and_nothing_is_stored(
    nothing_new: Town, network: str, talk: Callable[[pexpect.spawn], None], told: str
) -> None:
    """A clear word, a way out, and an exit code for scripts."""
    more = ("--account", "rikas") if network == "linkedin" else ()
    code, shown = nothing_new.run("login", network, "--org", "hausjarvi", *more, talk=talk)
    said = " ".join(shown.split())
    assert (code, told in said, "Nothing was stored." in said) == (1, True, True), shown
    assert "  = " in shown
    assert "Traceback" not in shown
    assert [line for line in shown.splitlines() if len(line) > 80 and "://" not in line] == []


def test_an_answer_with_another_state_is_refused(nothing_new: Town) -> None:
    """Pasted, and in the browser: somebody else's answer connects nothing."""

    def paste(screen: pexpect.spawn) -> None:
        end = consent(address(screen), "Viestintä")
        screen.expect("address here: ")
        screen.sendline(re.sub(r"state=[^&#]+", "state=somebody-elses", end))

    def come(screen: pexpect.spawn) -> None:
        end = consent(address(screen), "@hausjarvi")
        assert requests.get(re.sub(r"state=[^&#]+", "state=x", end), timeout=5).status_code == 400

    for arguments, talk in ((("facebook",), paste), (("x", "--account", "uusi"), come)):
        code, shown = nothing_new.run("login", *arguments, "--org", "hausjarvi", talk=talk)
        assert (code, "does not belong to this login" in shown) == (1, True), shown


def test_a_code_that_waited_too_long_is_told(nothing_new: Town) -> None:
    """X's codes are good for 30 seconds."""

    def slowly(screen: pexpect.spawn) -> None:
        end = consent(address(screen), "@hausjarvi")
        nothing_new.served.sandbox.clock.advance(31)
        screen.expect("address here: ")
        screen.sendline(end)

    code, shown = nothing_new.run("login", "x", "--account", "uusi", "--org", "hausjarvi", "--paste", talk=slowly)
    assert (code, "was used, or took too long" in " ".join(shown.split())) == (1, True), shown


def test_a_pasted_token_is_never_shown(town: Town) -> None:
    """A person's short token becomes a long one, and of that the Page's own is kept."""
    flow_scopes = [
        "pages_show_list",
        "pages_manage_posts",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
    ]
    box = town.served.sandbox
    ends = box.clock.stamp() + 3600
    short = SecretStr(
        box.grants.issue(Grant(kind="short", client_id="fb-app", person="Viestintä", scopes=flow_scopes, expires=ends))
    )

    def talk(screen: pexpect.spawn) -> None:
        screen.expect("Token: ")
        screen.sendline(short.get_secret_value())
        screen.expect(r"\[y/N\]")
        screen.sendline("y")

    code, shown = town.run("login", "facebook", "--org", "hausjarvi", "--token", talk=talk)
    assert (code, MARK in shown) == (0, False), shown
    assert town.kept()[("hausjarvi", "facebook", "facebook")] not in {short.get_secret_value(), ""}


def test_without_its_key_nobody_is_asked_to_consent(nothing_new: Town) -> None:
    """No key, no flow: the person hears it before the browser opens."""
    kept = nothing_new.environment.pop("TIEDOTE_KEY")
    try:
        code, shown = nothing_new.run("login", "facebook", "--org", "hausjarvi")
    finally:
        nothing_new.environment["TIEDOTE_KEY"] = kept
    assert (code, "openssl rand -base64 32" in shown, "http://127" in shown) == (3, True, False), shown


def in_process(town: Town, *arguments: str, typed: str = "") -> tuple[int, str]:
    """The same command without a terminal, as a script runs it."""
    told = CliRunner().invoke(tiedote, [*arguments, "--config", str(town.config)], input=typed)
    return told.exit_code, " ".join(told.output.split())


def test_an_account_that_is_not_in_the_configuration_yet_is_chosen(town: Town) -> None:
    """From a script, by a pasted token: a number picks the Page, and the line for the configuration is told."""
    box = town.served.sandbox
    scopes = sorted(registry.flow("facebook", "facebook_login", App(client_id="fb-app"), Network()).needs)
    grant = Grant(kind="short", client_id="fb-app", person="Viestintä", scopes=scopes, expires=box.clock.stamp() + 3600)
    token = box.grants.issue(grant)
    code, told = in_process(town, "login", "facebook", "--org", "loppi", "--token", typed=f"{token}\n2\ny\n")
    assert (code, 'facebook: {page_id: "102"}' in told) == (0, True), told
    code, told = in_process(town, "login", "facebook", "--org", "loppi", "--token", typed=f"{token}\n7\n")
    assert (code, "There is no such number" in told) == (1, True)
    code, told = in_process(town, "accounts", "--json")
    rows = {(row["organisation"], row["channel"]): row for row in json.loads(told)["accounts"]}
    assert (code, rows["loppi", "facebook"]["remote_id"], rows["loppi", "facebook"]["connected_by"]) == (
        0,
        "102",
        "login",
    )
    assert rows["loppi", "facebook"]["may"] == ["publish", "read_counts", "read_comments", "comment"]
    assert rows["loppi", "linkedin"]["connected_by"] == "configuration"
    assert in_process(town, "logout", "facebook", "--org", "loppi", "--yes")[0] == 0


WRONG_USE = [
    (("threads", "--org", "loppi"), 2, "is not a network that can be connected"),
    (("x", "--org", "riihimäki"), 2, "no organisation 'riihimäki'"),
    (("x", "--org", "hausjarvi"), 2, "Say it with --account: uusi, vanha."),
    (("x", "--org", "loppi", "--way", "facebook_login"), 2, "has no way 'facebook_login'"),
    (("linkedin", "--org", "loppi"), 3, "gives this account a token, and that one wins"),
    (("facebook", "--org", "hausjarvi", "--token"), 1, "Stopped. Nothing was stored."),
]


@pytest.mark.parametrize("arguments, code, told", WRONG_USE)
def test_wrong_use_is_told_before_anything_is_asked(
    nothing_new: Town, arguments: tuple[str, ...], code: int, told: str
) -> None:
    """Each with what is possible instead."""
    got, said = in_process(nothing_new, "login", *arguments)
    assert (got, told in said) == (code, True), said


def test_the_key_is_changed_by_one_command(town: Town) -> None:
    """The new one before the old one, then `accounts --new-key`: the new one alone opens everything."""
    got = Credentials(flow="facebook_login", access_token=SecretStr("planted-page"), obtained_at=datetime.now(UTC))
    store = Store(load_config(town.config).database)
    with closing(store), store.write() as conn:
        Vault(load_config(town.config)).save(conn, ("loppi", "facebook", "vanha"), got, datetime.now(UTC))
    newer = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    before = town.kept()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIEDOTE_KEY", f"{newer} {KEY}")
        assert in_process(town, "accounts", "--new-key")[0] == 0
        patch.setenv("TIEDOTE_KEY", newer)
        assert town.kept() == before
        patch.setenv("TIEDOTE_KEY", f"{KEY} {newer}")
        assert in_process(town, "accounts", "--new-key")[0] == 0
    assert in_process(town, "logout", "facebook", "--account", "vanha", "--org", "loppi", "--yes")[0] == 0


def test_ctrl_c_ends_a_login_wherever_it_is(nothing_new: Town) -> None:
    """While the browser is waited for, a second login is told that the port is taken; then at each question: one line, nothing stored."""

    def waiting(screen: pexpect.spawn) -> None:
        screen.expect("Waiting for the browser")
        code, told = in_process(
            nothing_new, "login", "x", "--account", "vanha", "--way", "x_oauth2", "--org", "hausjarvi"
        )
        assert (code, "Another program listens at" in told, "--paste" in told) == (75, True, True), told
        screen.sendintr()

    def pasting_then(screen: pexpect.spawn) -> None:
        screen.expect("address here: ")
        screen.sendintr()

    def choosing(screen: pexpect.spawn) -> None:
        end = consent(address(screen), "Viestintä")
        screen.expect("address here: ")
        screen.sendline(end)
        screen.expect(r"\[y/N\]")
        screen.sendintr()

    def hidden(screen: pexpect.spawn) -> None:
        screen.expect("Token: ")
        screen.sendintr()

    for arguments, talk in (
        (("x", "--account", "uusi"), waiting),
        (("facebook",), pasting_then),
        (("facebook",), choosing),
        (("facebook", "--token"), hidden),
    ):
        code, shown = nothing_new.run("login", *arguments, "--org", "hausjarvi", talk=talk)
        assert (code, "Stopped. Nothing was stored." in shown, "Traceback" in shown) == (1, True, False), shown


def test_without_a_terminal_nothing_hangs_and_nothing_is_stored(nothing_new: Town) -> None:
    """From cron or a unit: there is nobody to paste an address, or to say yes."""
    command = [str(TIEDOTE), "login", "facebook", "--org", "hausjarvi", "--config", str(nothing_new.config)]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert (told.returncode, "Traceback" in told.stderr) == (1, False)
    assert "Nothing was stored." in told.stdout + told.stderr


def test_a_port_that_this_user_may_not_have_is_told(nothing_new: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024 only root may listen: that is no other program."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("publisher.returning._Server", refused)
    code, told = in_process(nothing_new, "login", "x", "--account", "uusi", "--org", "hausjarvi")
    assert (code, "may not listen at" in told, "above 1023" in told) == (3, True, True), told


def test_a_key_that_does_not_fit_what_is_stored_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotated or mistyped key: the login is told about before anybody consents, `accounts --new-key` changes nothing."""
    got = Credentials(flow="facebook_login", access_token=SecretStr("planted-page"), obtained_at=datetime.now(UTC))
    store = Store(load_config(town.config).database)
    with closing(store), store.write() as conn:
        Vault(load_config(town.config)).save(conn, ("loppi", "facebook", "vanha"), got, datetime.now(UTC))
    before = town.kept()
    with monkeypatch.context() as patch:
        patch.setenv("TIEDOTE_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
        code, told = in_process(town, "login", "facebook", "--org", "hausjarvi")
        assert (code, "encrypted with another one" in told, "http://127" in told) == (3, True, False), told
        assert in_process(town, "accounts", "--new-key")[0] == 3
        patch.setenv("TIEDOTE_KEY", "too-short")
        assert "is no key" in in_process(town, "login", "facebook", "--org", "hausjarvi")[1]
    assert town.kept() == before
    assert in_process(town, "logout", "facebook", "--account", "vanha", "--org", "loppi", "--yes")[0] == 0


def test_a_key_in_a_file_that_others_may_read_is_refused_before_anybody_consents(nothing_new: Town) -> None:
    """And `doctor` says the same; once the file is closed the login goes on."""
    key = nothing_new.config.parent / "token_key"
    key.write_text(KEY, encoding="ascii")
    words = nothing_new.config.read_text(encoding="utf-8")
    config = nothing_new.config.with_name("open.yaml")
    config.write_text(f'token_key: "${{file:{key}}}"\n{words}', encoding="utf-8")
    command = ["login", "facebook", "--org", "hausjarvi", "--config", str(config)]
    key.chmod(0o644)
    told = CliRunner().invoke(tiedote, command, input="")
    assert (told.exit_code, "may read or change the secret file" in told.output, "chmod 600" in told.output) == (
        3,
        True,
        True,
    )
    assert "http://127" not in told.output
    assert (
        "may read or change the secret file" in CliRunner().invoke(tiedote, ["doctor", "--config", str(config)]).output
    )
    key.chmod(0o600)
    assert "http://127" in CliRunner().invoke(tiedote, command, input="").output


WAYS = [
    (("facebook",), 600),
    (("instagram", "--account", "sivu"), 600),
    (("instagram", "--account", "oma"), 3600),
    (("x", "--account", "uusi", "--paste"), 30),
    (("x", "--account", "vanha", "--way", "x_oauth1", "--paste"), 600),
    (("linkedin", "--account", "rikas"), 1800),
]
"""Every way, and how many seconds its code is good for."""


@pytest.mark.parametrize("arguments, life", WAYS)
def test_consent_that_is_denied_or_comes_too_late_is_told_on_every_way(
    nothing_new: Town, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], life: int
) -> None:
    """The command itself without a terminal: the browser is at work between its two lines."""
    addresses: list[str] = []
    monkeypatch.setattr("publisher.cli.login._show_address", lambda begun: addresses.append(begun.url))

    def denied(_question: str) -> str:
        return consent(addresses[-1], allow=False)

    def late(_question: str) -> str:
        end = consent(addresses[-1])
        nothing_new.served.sandbox.clock.advance(life + 1)
        return end

    for person, told in ((denied, "Consent was not given. Nothing was stored."), (late, "was used, or took too long")):
        monkeypatch.setattr("publisher.cli.login._typed", person)
        code, said = in_process(nothing_new, "login", *arguments, "--org", "hausjarvi")
        assert (code, told in said, ". Nothing was stored." in said) == (1, True, True), said
