from __future__ import annotations

import os
from datetime import time, timedelta
from decimal import Decimal

import pytest

from publisher.config import Config, ConfigFaults, load_config
from publisher.pool import ChannelPool
from publisher.yamlfile import render

ACCOUNT = 'facebook: {page_id: "1", access_token: a}'
SMALL = """\
language: en
organisations:
  loppi:
    name: Lopen kunta
    accounts:
      facebook: {page_id: "1", access_token: "${PAGE_TOKEN}"}
"""


@pytest.fixture
def write(tmp_path):
    """Write a configuration; gives its path."""

    def write(text):
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


def faults_of(path, **options):
    with pytest.raises(ConfigFaults) as caught:
        load_config(path, **options)
    return [(problem.code, problem.position.line, problem.position.column) for problem in caught.value.problems]


def with_account(text):
    return f"organisations:\n  loppi:\n    accounts:\n      {text}\n"


def test_what_is_left_out_has_a_default(write, tmp_path):
    """A name and an account are enough; and who forgets `sandbox` publishes nothing."""
    config = load_config(write(with_account(ACCOUNT)))
    assert isinstance(config, Config)
    assert config.sandbox is True
    assert config.default_time == time(9)
    assert str(config.timezone) == "Europe/Helsinki"
    assert config.queue == tmp_path / "schedules"
    assert config.delivery.late_limit == timedelta(hours=6)
    assert config.retention.comments == timedelta(days=365)
    assert config.mail is None
    account = config.organisations["loppi"].accounts[0]
    assert (account.channel, account.name, account.on_doubt, account.languages) == (
        "facebook",
        "facebook",
        "hold",
        "together",
    )


@pytest.mark.parametrize(
    "sandbox,database,expected,var",
    [
        ("no", "sqlite:///var/tiedote.db", "sqlite:///{0}/var/tiedote.db", "{0}/var"),
        ("yes", "sqlite:///var/tiedote.db", "sqlite:///{0}/var/sandbox/tiedote.db", "{0}/var"),
        ("no", "sqlite:////srv/t/x.db", "sqlite:////srv/t/x.db", "/srv/t"),
        ("yes", "sqlite:////srv/t/x.db", "sqlite:////srv/t/sandbox/x.db", "/srv/t"),
        ("no", "postgresql+psycopg://u@db/t", "postgresql+psycopg://u@db/t", "{0}/var"),
        ("yes", "postgresql+psycopg://u@db/t", "sqlite:///{0}/var/sandbox/tiedote.db", "{0}/var"),
    ],
)
def test_the_sandbox_has_a_database_of_its_own(write, tmp_path, sandbox, database, expected, var):
    """Paths start at the file's folder, and a rehearsal never meets the live database."""
    config = load_config(write(f"sandbox: {sandbox}\ndatabase: {database}\n" + with_account(ACCOUNT)))
    assert config.database == expected.format(tmp_path)
    assert str(config.var) == var.format(tmp_path)


def test_a_secret_comes_from_the_environment_or_a_file(write, tmp_path, monkeypatch):
    """References work anywhere in a value; a file's last line break is not part of the secret."""
    monkeypatch.setenv("PAGE_TOKEN", "from-environment")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "secrets")
    monkeypatch.setenv("HOST_PART", "mail")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mail").write_text("from ${PAGE_TOKEN} file\n", encoding="utf-8")
    config = load_config(
        write(
            SMALL + "mail: {host: '${HOST_PART}.example.fi', from: a@example.fi, username: 'a$${b}',"
            " password: '${file:${CREDENTIALS_DIRECTORY}/mail}'}\n"
        )
    )
    token = config.organisations["loppi"].accounts[0].settings.model_dump()["access_token"]
    assert token.get_secret_value() == "from-environment"
    assert config.mail is not None
    assert config.mail.host == "mail.example.fi"
    assert config.mail.username == "a${b}"
    assert config.mail.password is not None
    assert config.mail.password.get_secret_value() == "from ${PAGE_TOKEN} file"


def test_a_missing_secret_is_named(write, tmp_path):
    """Every one that is missing, at its place; an empty one is missing too."""
    (tmp_path / "empty").touch()
    path = write(
        "organisations:\n  loppi:\n    accounts:\n"
        "      facebook: {page_id: '1', access_token: '${NO_SUCH_TOKEN}'}\n"
        "      linkedin: {organization_id: '1', access_token: '${file:no-such-file}'}\n"
        "      x: {user_id: '1', access_token: '${file:empty}'}\n"
    )
    with pytest.raises(ConfigFaults) as caught:
        load_config(path)
    messages = [problem.message for problem in caught.value.problems]
    assert [problem.code for problem in caught.value.problems] == ["missing_secret"] * 3
    assert "NO_SUCH_TOKEN" in messages[0]
    assert "no-such-file" in messages[1]
    assert "empty" in messages[2]
    remedies = [problem.remedy for problem in caught.value.problems]
    assert remedies[0].startswith("Set it for the user")
    assert remedies[1] == remedies[2] != remedies[0]


def test_check_needs_no_secrets(write):
    """Without them the file is read all the same, and its other faults are found."""
    account = load_config(write(SMALL), secrets=False).organisations["loppi"].accounts[0]
    assert account.channel == "facebook"
    assert faults_of(write(SMALL.replace('page_id: "1"', "page: 1")), secrets=False) == [("unknown_field", 6, 18)]


def test_no_secret_is_ever_shown(write, monkeypatch):
    """Not in a printed fault, not in an error, not in a repr: neither one written down nor one referred to."""
    monkeypatch.setenv("PAGE_TOKEN", "planted-in-environment")
    faulty = SMALL + "    wrong: 1\n" + "    accounts2: {facebook: {acces_token: planted-in-file, page_id: '1'}}\n"
    faulty = faulty.replace('page_id: "1"', "page_id: [a]") + "database: mysql://tiedote:planted-password@db/x\n"
    with pytest.raises(ConfigFaults) as caught:
        load_config(write(faulty))
    shown = "\n".join([*map(render, caught.value.problems), str(caught.value), repr(caught.value)])
    assert len(caught.value.problems) >= 4
    good = load_config(write(SMALL + "proxy: http://user:planted-proxy@proxy.example.fi:8080\n"))
    assert "planted" not in shown + repr(good) + str(good)


@pytest.mark.parametrize(
    "line,expected",
    [
        ("sandbox: maybe", ("value", 1, 10)),
        ("language: no", ("choice", 1, 11)),
        ("timezone: Helsinki", ("value", 1, 11)),
        ("default_time: 25:00", ("value", 1, 15)),
        ("approval: ehkä", ("choice", 1, 11)),
        ("databse: sqlite:///x.db", ("unknown_field", 1, 1)),
        ("database: mysql://db/x", ("value", 1, 11)),
        ("web: {port: 80}", ("not_yet", 1, 1)),
        ("delivery: {late_limit: 6}", ("value", 1, 24)),
        ("delivery: {retry: {frist: 30s}}", ("unknown_field", 1, 20)),
        ("delivery: 6h", ("not_fields", 1, 11)),
        ("retention: {comments: for ever}", ("value", 1, 23)),
        ("mail: {host: a, from: Tiedote}", ("address", 1, 23)),
        ("mail: {host: a}", ("missing", 1, 1)),
        ("mail: {host: a, from: a@b.fi, port: 0}", ("value", 1, 37)),
        ("mail: {host: a, from: a@b.fi, security: ssl}", ("choice", 1, 41)),
        ("mail: {host: a, from: a@b.fi, password: p}", ("missing", 1, 31)),
        ("mail: {host: a, from: a@b.fi, sendmail: s}", ("misplaced", 1, 31)),
        ("mail: {folder: f, from: a@b.fi, port: 25}", ("misplaced", 1, 33)),
        ("mail: {host: a, from: a@b.fi, oauth: {client_id: i, client_secret: s}}", ("missing", 1, 31)),
        ("mail: {host: a, from: a@b.fi, oauth: {tenant: a/b, client_id: i, client_secret: s}}", ("value", 1, 47)),
        (
            "mail: {host: a, from: a@b.fi, password: p, username: u, oauth: {tenant: t, client_id: i, client_secret: s}}",
            ("misplaced", 1, 31),
        ),
        (
            "mail: {host: a, from: a@b.fi, oauth: {token_url: http://a.fi/t, client_id: i, client_secret: s}}",
            ("value", 1, 50),
        ),
        ('mail: {host: a, from: "A <a@b.fi>\\nBcc: c@d.fi"}', ("address", 1, 23)),
        ("networks: {facebok: {base_url: 'http://127.0.0.1:1'}}", ("choice", 1, 12)),
        ("networks: {x: {base_url: 127.0.0.1}}", ("value", 1, 26)),
        ("networks: {x: {base_url: 'http://127.0.0.1/path'}}", ("value", 1, 26)),
        ("networks: {x: {version: newest}}", ("value", 1, 25)),
        ("networks: {x: {}, twitter: {}}", ("duplicate", 1, 19)),
        ("proxy: proxy.example.fi", ("value", 1, 8)),
    ],
)
def test_each_fault_is_told_at_its_place(write, line, expected):
    """Code, line and column; nothing else is complained of."""
    assert faults_of(write(f"{line}\n" + with_account(ACCOUNT))) == [expected]


@pytest.mark.parametrize(
    "account,expected",
    [
        ("facebok: {page_id: '1', access_token: a}", ("choice", 4, 7)),
        ("facebook: {access_token: a}", ("missing", 4, 7)),
        ("facebook: {page_id: '1', access_token: a, on_dobt: hold}", ("unknown_field", 4, 49)),
        ("facebook: {page_id: '1', access_token: a, on_doubt: ask}", ("choice", 4, 59)),
        ("facebook: {page_id: '1', access_token: a, languages: suomi}", ("language", 4, 60)),
        ("facebook: {page_id: '1', access_token: a, owner: Maija}", ("address", 4, 56)),
        ("facebook: [{page_id: '1', access_token: a}, {page_id: '2', access_token: b}]", ("duplicate", 4, 52)),
        ("x: {user_id: '1', access_token: a, api_key: b}", ("value", 4, 7)),
        ("x: {user_id: abc, access_token: a}", ("value", 4, 20)),
        ("x: {user_id: '1', api_key: k, api_secret: s, access_token_secret: t}", ("value", 4, 7)),
        ("facebook: token", ("not_fields", 4, 17)),
    ],
)
def test_each_fault_of_an_account_is_told_at_its_place(write, account, expected):
    """Ours and those that the channel's own model finds, alike."""
    assert faults_of(write(with_account(account))) == [expected]


def test_all_faults_come_at_once_and_in_order(write):
    """One reading tells everything that has to be mended."""
    text = (
        "sanbox: yes\nlanguage: no\nmail: {host: a}\norganisations:\n  Loppi:\n    accounts:\n      x: {user_id: q}\n"
    )
    found = faults_of(write(text))
    assert found == [
        ("unknown_field", 1, 1),
        ("choice", 2, 11),
        ("missing", 3, 1),
        ("key", 5, 3),
        ("value", 7, 20),
    ]


def test_an_account_says_how_languages_go_out(write):
    """Together, separately, or only some; `twitter` is taken for `x`; one network can have several accounts."""
    text = with_account(
        "twitter: [{user_id: '1', access_token: a, languages: separate},"
        " {name: sv, user_id: '2', access_token: b, languages: [sv], on_doubt: resend, owner: a@b.fi}]"
    )
    first, second = load_config(write(text)).organisations["loppi"].accounts
    assert (first.channel, first.name, first.languages) == ("x", "x", "separate")
    assert (second.name, second.languages, second.on_doubt, second.owner) == ("sv", ("sv",), "resend", "a@b.fi")


def test_a_recipient_may_have_a_language(write):
    """The weekly summary goes out in the recipient's own language, else in the configuration's."""
    text = (
        "language: fi\norganisations:\n  loppi:\n    report: {to: [a@b.fi, {address: c@d.fi, language: sv}], day: friday,"
        ' time: "07:30"}\n    accounts:\n      ' + ACCOUNT + "\n"
    )
    report = load_config(write(text)).organisations["loppi"].report
    assert report is not None
    assert [(one.address, one.language) for one in report.to] == [("a@b.fi", "fi"), ("c@d.fi", "sv")]
    assert (report.weekday, report.time) == (4, time(7, 30))


def test_parts_may_be_repeated_by_reference(write):
    """Two accounts can share what they have in common; a reference is no fault in the configuration."""
    text = with_account("x: [{user_id: &u '1', access_token: a}, {name: b, user_id: *u, access_token: b}]")
    assert len(load_config(write(text)).organisations["loppi"].accounts) == 2


@pytest.mark.parametrize("written, dollars", [("20 USD", "20"), ("$7,50", "7.50"), ("0", "0"), ("12.3 usd", "12.3")])
def test_a_budget_is_an_amount_of_dollars(write, written, dollars):
    """X bills in them; zero is a budget too."""
    config = load_config(write(with_account(f"x: {{user_id: '1', access_token: a, monthly_budget: \"{written}\"}}")))
    assert config.organisations["loppi"].accounts[0].monthly_budget == Decimal(dollars)
    assert config.warnings == ()


@pytest.mark.parametrize("written", ["20 EUR", "-5", "much", "1000.123"])
def test_what_cannot_be_compared_with_a_bill_is_a_fault(write, written):
    """Another currency would need a rate of exchange."""
    account = f"x: {{user_id: '1', access_token: a, monthly_budget: {written}}}"
    assert [code for code, *_at in faults_of(write(with_account(account)))] == ["value"]


def test_a_budget_where_nothing_is_billed_is_warned_of(write):
    """It looks as if it did something."""
    config = load_config(write(with_account('facebook: {page_id: "1", access_token: a, monthly_budget: 20 USD}')))
    assert [(problem.code, problem.warning) for problem in config.warnings] == [("not_billed", True)]


def test_a_price_that_has_changed_is_said_in_the_configuration(write):
    """Prices change more often than programs."""
    config = load_config(write(with_account(ACCOUNT) + "networks: {x: {prices: {post_with_link: 0.25}}}\n"))
    prices = config.capabilities("x").prices
    assert (prices["post_with_link"].dollars, prices["post"].dollars) == (Decimal("0.25"), Decimal("0.015"))
    faulty = with_account(ACCOUNT) + "networks: {x: {prices: {post: free, word: 1}}}\n"
    assert [code for code, *_at in faults_of(write(faulty))] == ["value", "unknown_field"]


def warnings_of(path):
    return [(problem.code, problem.position.line) for problem in load_config(path).warnings]


def test_the_same_account_twice_is_probably_a_slip(write):
    """Copied ids would put one municipality's words on another's page; a warning, since it can be meant."""
    account = "    accounts: {facebook: {page_id: '%s', access_token: a}}\n"
    text = f"organisations:\n  loppi:\n{account % 1}  hausjarvi:\n{account}"
    assert warnings_of(write(text % 1)) == [("same_account", 5)]
    assert warnings_of(write(text % 2)) == []


def test_mail_by_token_needs_little(write):
    """A tenant is enough for Microsoft 365; the secret shows nowhere, and a password over an open line is worth a warning."""
    given = "oauth: {tenant: kunta.example, client_id: i, client_secret: planted}"
    text = (
        with_account(ACCOUNT)
        + "mail: {host: smtp.office365.com, from: a@b.fi, alerts_to: {address: c@d.fi, language: sv}, %s}\n"
    )
    mail = load_config(write(text % given)).mail
    assert mail is not None
    assert mail.oauth is not None
    assert mail.oauth.token_url == "https://login.microsoftonline.com/kunta.example/oauth2/v2.0/token"
    assert (mail.oauth.scope, mail.port) == ("https://outlook.office365.com/.default", 587)
    assert [(one.address, one.language) for one in mail.alerts_to] == [("c@d.fi", "sv")]
    assert "planted" not in repr(mail)
    open_line = "security: none, username: u, password: p"
    assert warnings_of(write(text % open_line)) == [("unencrypted", 5)]
    assert warnings_of(write((text % open_line).replace("smtp.office365.com", "127.0.0.1"))) == []


def test_what_would_go_wrong_silently_is_said(write):
    """Tokens over an open line, and a summary that nobody gets by mail."""
    line = "sandbox: no\nnetworks: {x: {base_url: 'http://%s'}}\n"
    assert warnings_of(write(line % "127.0.0.1:8101" + with_account(ACCOUNT))) == []
    assert warnings_of(write(line % "proxy.example.fi" + with_account(ACCOUNT))) == [("unencrypted", 2)]
    text = with_account(ACCOUNT).replace("    accounts:", "    report: {to: [a@b.fi]}\n    accounts:")
    assert warnings_of(write("sandbox: no\n" + text)) == [("no_mail", 4)]
    assert warnings_of(write("sandbox: yes\n" + text)) == []


def test_a_configuration_without_organisations_is_none(write):
    """There must be somebody who publishes."""
    assert faults_of(write("sandbox: yes\n")) == [("missing", 1, 1)]
    assert faults_of(write("organisations: {}\n")) == [("missing", 1, 1)]


def test_a_limit_that_a_network_has_changed_is_said_in_the_configuration(write):
    """The numbers given count instead of the dated ones; the others stay."""
    text = "networks:\n  x: {limits: {max_text: 25000}}\n  instagram:\n    limits:\n      narrowest_picture: 3:4\n      max_alt: 1 500\n"
    config = load_config(write(with_account(ACCOUNT) + text))
    x, instagram = config.capabilities("x"), config.capabilities("instagram")
    assert (x.max_text, x.pictures.most) == (25_000, 4)
    assert (instagram.pictures.narrowest, instagram.pictures.widest, instagram.pictures.max_alt) == (0.75, 1.91, 1500)
    assert config.capabilities("facebook").max_text == 63_206


@pytest.mark.parametrize(
    "limits, fault",
    [
        ("x: {limits: {max_text: 0}}", ("value", 6, 26)),
        ("x: {limits: {max_text: many}}", ("value", 6, 26)),
        ("x: {limits: {max_first_comment: 100}}", ("misplaced", 6, 16)),
        ("x: {limits: {max_words: 100}}", ("unknown_field", 6, 16)),
        ("instagram: {limits: {narrowest_picture: 3:0}}", ("value", 6, 43)),
        ("instagram: {limits: {narrowest_picture: 4:3}}", ("value", 6, 43)),
        ("linkedin: {limits: {link: card}}", ("misplaced", 6, 23)),
    ],
)
def test_a_limit_that_cannot_be_is_a_fault(write, limits, fault):
    """Out of range, no number, or none that this network has."""
    assert faults_of(write(with_account(ACCOUNT) + f"networks:\n  {limits}\n")) == [fault]


def test_a_channel_is_connected_with_the_numbers_of_the_configuration(write):
    """What `check` measures by is what the channel keeps to."""
    text = "networks: {facebook: {limits: {max_picture_side: 1000}}}\n"
    config = load_config(write(with_account(ACCOUNT) + text))
    for base_url in (None, "http://127.0.0.1:1"):
        pool = ChannelPool(config, base_url)
        with pool.lend(config.organisations["loppi"].accounts[0]) as channel:
            assert channel.capabilities == config.capabilities("facebook")
            assert channel.capabilities.pictures.max_side == 1000
        pool.close()


def test_mentions_say_what_each_network_calls_somebody(write):
    """A name for all, a handle with or without its @, a URN; what has no effect is said."""
    text = """\
mentions:
  kela:
    name: Kela
    instagram: "@kelafpa"
    twitter: Kela_fi
    linkedin: urn:li:organization:12345
  vero: {name: Verohallinto, facebook: "123"}
"""
    config = load_config(write(with_account(ACCOUNT) + text))
    assert config.mentions["kela"].name == "Kela"
    assert config.mentions["kela"].addresses == {
        "instagram": "kelafpa",
        "x": "Kela_fi",
        "linkedin": "urn:li:organization:12345",
    }
    assert config.mentions["vero"].addresses == {}
    assert [(one.code, one.position.line, one.position.column) for one in config.warnings] == [("no_effect", 11, 40)]


@pytest.mark.parametrize(
    "mention, fault",
    [
        ("{instagram: kelafpa}", ("missing", 6, 3)),
        ("{name: Kela, instagram: https://instagram.com/kelafpa}", ("value", 6, 33)),
        ("{name: Kela, linkedin: Kela}", ("value", 6, 32)),
        ("{name: Kela, instgram: kelafpa}", ("unknown_field", 6, 22)),
        ("Kela", ("not_fields", 6, 9)),
    ],
)
def test_a_mention_that_cannot_be_is_a_fault(write, mention, fault):
    """Without a name, or with something that is no handle and no URN."""
    assert faults_of(write(with_account(ACCOUNT) + f"mentions:\n  kela: {mention}\n")) == [fault]


@pytest.mark.parametrize(
    "mode, warned", [(0o600, False), (0o400, False), (0o640, os.getuid() != 0), (0o644, True), (0o602, True)]
)
def test_a_secret_that_others_may_read_is_warned_of(write, tmp_path, mode, warned):
    """At the place of the reference, with the command that mends it. A group may read what is root's: so services get theirs."""
    (tmp_path / "salaisuus").write_text("planted", encoding="utf-8")
    (tmp_path / "salaisuus").chmod(mode)
    config = load_config(write(with_account("facebook: {page_id: '1', access_token: '${file:salaisuus}'}")))
    found = [(problem.code, "chmod 600" in problem.remedy) for problem in config.warnings]
    assert found == ([("open_secret", True)] if warned else [])


@pytest.mark.parametrize(
    "token, mode, sandbox, warned",
    [
        ("a", 0o644, "no", True),
        ("a", 0o600, "no", False),
        ("a", 0o644, "yes", False),
        ("${PAGE_TOKEN}", 0o644, "no", False),
    ],
)
def test_a_configuration_that_others_may_read_is_warned_of_if_it_holds_a_secret(
    write, monkeypatch, token, mode, sandbox, warned
):
    """At the name of the secret, with both ways out; in a rehearsal nothing is secret, and `check` may run anywhere."""
    monkeypatch.setenv("PAGE_TOKEN", "planted")
    path = write(f"sandbox: {sandbox}\n" + with_account(f'facebook: {{page_id: "1", access_token: "{token}"}}'))
    path.chmod(mode)
    found = [(problem.code, "chmod 600" in problem.remedy) for problem in load_config(path).warnings]
    assert found == ([("open_config", True)] if warned else [])
    assert not load_config(path, secrets=False).warnings


def test_postgresql_without_its_driver_is_told_where_it_is_named(write, monkeypatch):
    """With what to install; on the desk of whoever only checks announcements, and in a rehearsal, nothing is amiss."""
    monkeypatch.setattr("publisher.config.loading.find_spec", lambda _name: None)
    text = "database: postgresql://db.example.fi/tiedote\n" + with_account(ACCOUNT)
    path = write("sandbox: no\n" + text)
    assert faults_of(path) == [("no_driver", 2, 11)]
    assert load_config(path, secrets=False).database.startswith("postgresql")
    assert load_config(write("sandbox: yes\n" + text)).sandbox


def test_certificates_that_are_not_there_are_told_where_they_are_named(write, tmp_path):
    """Every network would be out of reach, and none would say why."""
    path = write("sandbox: no\nca_bundle: kunta.pem\n" + with_account(ACCOUNT))
    assert faults_of(path) == [("no_file", 2, 12)]
    (tmp_path / "kunta.pem").touch()
    assert load_config(path).ca_bundle == tmp_path / "kunta.pem"


@pytest.mark.parametrize("address", ["http://127.0.0.1:99999/", "http://localhost:x/", "ftp://localhost/", "oob2"])
def test_an_address_that_no_browser_comes_back_to_is_refused_where_it_stands(write, address):
    """A port that there is not would end `login` in the middle."""
    apps = f'apps:\n  x:\n    client_id: a\n    redirect_uri: "{address}"\n'
    assert faults_of(write(with_account(ACCOUNT) + apps)) == [("value", 8, 19)]
