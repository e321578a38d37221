"""Connecting accounts, flow by flow, against the sandbox's own pages of consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from channels import registry
from channels.errors import AccountBlocked, Kind, Rejected
from channels.oauth.values import App, Authorization, Credentials, Flow
from channels.sandbox import Clock, Sandbox, SandboxAccount, SandboxApp, SandboxPerson, Served, serve
from channels.sandbox.grants import MARK, Grant
from channels.session import Network
from publisher.connecting import offers
from tests.browser import Refused, answer_of, consent

START = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HERE = "http://127.0.0.1:8765/"
WEB = "https://hausjarvi.example/tiedote"
VERIFIER = "v" * 50

ACCOUNTS = [
    SandboxAccount(organisation="hausjarvi", channel="facebook", account_id="101", token="", name="Hausjärven kunta"),
    SandboxAccount(organisation="loppi", channel="facebook", account_id="102", token="", name="Lopen kunta"),
    SandboxAccount(
        organisation="hausjarvi",
        channel="instagram",
        account_id="201",
        token="",
        name="Hausjärvi",
        username="hausjarvi",
    ),
    SandboxAccount(
        organisation="hausjarvi", channel="x", account_id="301", token="", name="Hausjärvi", username="hausjarvi"
    ),
    SandboxAccount(organisation="loppi", channel="x", account_id="302", token="", name="Loppi", username="loppi"),
    SandboxAccount(organisation="hausjarvi", channel="linkedin", account_id="401", token="", name="Hausjärven kunta"),
    SandboxAccount(organisation="loppi", channel="linkedin", account_id="402", token="", name="Lopen kunta"),
]
APPS = [
    SandboxApp(network="facebook", client_id="fb-app", client_secret="fb-secret", redirect_uris=(WEB,)),
    SandboxApp(network="instagram", client_id="ig-app", client_secret="ig-secret", redirect_uris=(WEB,)),
    SandboxApp(
        network="x",
        client_id="x-app",
        client_secret="x-secret",
        api_key="x-key",
        api_secret="x-key-secret",
        redirect_uris=(HERE,),
    ),
    SandboxApp(network="linkedin", client_id="li-app", client_secret="li-secret", redirect_uris=(WEB,)),
    SandboxApp(
        network="linkedin", client_id="li-rich", client_secret="li-secret", redirect_uris=(WEB,), refresh_tokens=True
    ),
]
PEOPLE = [
    SandboxPerson(name="Viestintä", manages_all=True),
    SandboxPerson(name="Analyytikko", roles={"101": "analyst", "401": "analyst"}),
    SandboxPerson(name="Kesätyöntekijä"),
]


@pytest.fixture(scope="module")
def town() -> Iterator[Served]:
    sandbox = Sandbox(ACCOUNTS, apps=APPS, people=PEOPLE, clock=Clock(START, frozen=True))
    with serve(sandbox) as served:
        yield served


def flow_of(town: Served, channel: str, name: str, app: App) -> Flow:
    return registry.flow(channel, name, app, Network(base_url=town.base_url))


def app(client_id: str, secret: str, redirect: str) -> App:
    return App(client_id=client_id, client_secret=SecretStr(secret), redirect_uri=redirect)


FACEBOOK = app("fb-app", "fb-secret", WEB)
INSTAGRAM = app("ig-app", "ig-secret", WEB)
X2 = app("x-app", "x-secret", HERE)
X1 = app("x-key", "x-key-secret", HERE)
LINKEDIN = app("li-app", "li-secret", WEB)
RICH = app("li-rich", "li-secret", WEB)

WAYS = [
    ("facebook", "facebook_login", FACEBOOK),
    ("instagram", "facebook_login", FACEBOOK),
    ("instagram", "instagram_login", INSTAGRAM),
    ("x", "x_oauth2", X2),
    ("x", "x_oauth1", X1),
    ("linkedin", "linkedin_login", LINKEDIN),
    ("linkedin", "linkedin_login", RICH),
]


def begun(flow: Flow) -> Authorization:
    return flow.begin("tila-1", VERIFIER)


def person(town: Served, flow: Flow, who: str | None = None, leave_out: tuple[str, ...] = ()) -> Credentials:
    """Walk a flow up to the person's own token."""
    asked = begun(flow)
    answer = answer_of(consent(asked.url, who, leave_out=leave_out))
    if asked.echo is not None:
        assert answer[asked.echo[0]] == asked.echo[1]
    return flow.exchange(answer, asked, town.sandbox.clock.now())


@pytest.mark.parametrize("channel, name, which", WAYS)
def test_each_flow_ends_in_an_account_that_can_be_used(town: Served, channel: str, name: str, which: App) -> None:
    """The token that is kept opens the channel itself, and the network says that it is this account's."""
    flow = flow_of(town, channel, name, which)
    found = flow.accounts(person(town, flow), town.sandbox.clock.now())
    chosen = found[0]
    assert chosen.may_publish
    kept = chosen.credentials
    assert flow.needs <= set(kept.scopes)
    told = flow.inspect(kept)
    assert (told.valid, told.account_id) == (True, chosen.account_id)
    names = {"facebook": "page_id", "instagram": "user_id", "x": "user_id", "linkedin": "organization_id"}
    more = {"media": "public_url", "public_folder": "/tmp", "public_base_url": WEB} if name == "instagram_login" else {}
    bare = registry.settings_model(channel).model_validate({names[channel]: chosen.account_id, **more})
    settings = registry.with_credentials(bare, kept, which)
    network = Network(base_url=town.base_url, meter=lambda _: None)
    connected = registry.connect(channel, settings, network)
    assert connected.check().account_id == chosen.account_id
    connected.close()
    flow.close()


def test_a_page_token_has_no_date_and_the_person_is_not_kept(town: Served) -> None:
    """What is worth keeping is the Page's token; the person's, which has a date, is let go."""
    flow = flow_of(town, "facebook", "facebook_login", FACEBOOK)
    whole = person(town, flow)
    assert whole.expires_at == START + timedelta(seconds=5_183_944)
    kept = flow.accounts(whole, START)[0].credentials
    assert kept.expires_at is None
    assert kept.access_token != whole.access_token
    assert kept.data_until == START + timedelta(days=90)
    assert not flow.can_refresh(kept)


def test_a_pasted_short_token_becomes_a_long_one(town: Served) -> None:
    """A person's short token is exchanged, a Page's own is taken as it is, anything else refused."""
    flow = flow_of(town, "facebook", "facebook_login", FACEBOOK)
    ends = town.sandbox.clock.stamp() + 3600
    scopes = sorted(flow.needs)
    short = town.sandbox.grants.issue(
        Grant(kind="short", client_id="fb-app", person="Viestintä", scopes=scopes, expires=ends), "EAA"
    )
    taken = flow.adopt(SecretStr(short), START)
    assert taken.expires_at == START + timedelta(seconds=5_183_944)
    page = flow.accounts(taken, START)[0].credentials
    again = flow.adopt(page.access_token, START)
    assert [one.account_id for one in flow.accounts(again, START)] == ["101"]
    with pytest.raises(AccountBlocked) as blocked:
        flow.adopt(SecretStr("EAAnobodys"), START)
    assert blocked.value.kind is Kind.TOKEN_INVALID


def test_what_was_not_granted_is_told(town: Served) -> None:
    """A box that the person left empty is missing from the scopes."""
    flow = flow_of(town, "facebook", "facebook_login", FACEBOOK)
    kept = flow.accounts(person(town, flow, leave_out=("pages_manage_posts",)), START)[0].credentials
    assert flow.needs - set(kept.scopes) == {"pages_manage_posts"}


@pytest.mark.parametrize(
    "channel, which, roles",
    [("facebook", FACEBOOK, [("101", False)]), ("linkedin", LINKEDIN, [])],
)
def test_a_role_that_is_not_enough_is_seen(
    town: Served, channel: str, which: App, roles: list[tuple[str, bool]]
) -> None:
    """Facebook lists a Page with the tasks on it; LinkedIn lists what the member administers, and nothing else."""
    flow = flow_of(town, channel, f"{channel}_login", which)
    found = flow.accounts(person(town, flow, "Analyytikko"), START)
    assert [(one.account_id, one.may_publish) for one in found] == roles
    assert flow.accounts(person(town, flow, "Kesätyöntekijä"), START) == ()


@pytest.mark.parametrize("channel, name, which", WAYS)
def test_a_code_is_good_once_and_not_for_ever(town: Served, channel: str, name: str, which: App) -> None:
    """A code that was used, or that waited too long, is refused as such."""
    flow = flow_of(town, channel, name, which)
    first, second = begun(flow), begun(flow)
    answer, late = answer_of(consent(first.url)), answer_of(consent(second.url))
    flow.exchange(answer, first, START)
    for told, asked, wait in ((answer, first, 0), (late, second, 3601)):
        town.sandbox.clock.advance(wait)
        with pytest.raises(Rejected) as refused:
            flow.exchange(told, asked, START)
        assert refused.value.kind is Kind.CODE_REFUSED
    town.sandbox.clock.set(START)


@pytest.mark.parametrize("channel, name, which", WAYS)
def test_a_wrong_secret_of_the_app_is_told_apart(town: Served, channel: str, name: str, which: App) -> None:
    """It is the app that is refused, not the person's answer."""
    right = flow_of(town, channel, name, which)
    wrong = flow_of(town, channel, name, replace(which, client_secret=SecretStr("wrong")))
    asked = begun(right)
    answer = answer_of(consent(asked.url))
    with pytest.raises(AccountBlocked) as refused:
        wrong.begin("s", VERIFIER) if name == "x_oauth1" else wrong.exchange(answer, asked, START)
    assert refused.value.kind is Kind.APP_REFUSED


def test_pkce_and_the_address_to_return_to_are_held(town: Served) -> None:
    """Another verifier is refused, and no browser is sent where the app did not register."""
    flow = flow_of(town, "x", "x_oauth2", X2)
    asked = begun(flow)
    answer = answer_of(consent(asked.url))
    with pytest.raises(Rejected):
        flow.exchange(answer, replace(asked, memo={"verifier": SecretStr("w" * 50)}), START)
    for channel, name, which in WAYS:
        elsewhere = flow_of(town, channel, name, replace(which, redirect_uri="https://evil.example/"))
        with pytest.raises((Refused, AccountBlocked)):
            consent(begun(elsewhere).url)


def test_instagram_renews_after_a_day_and_for_sixty(town: Served) -> None:
    """Too young, renewed, and too late."""
    flow = flow_of(town, "instagram", "instagram_login", INSTAGRAM)
    kept = person(town, flow)
    assert kept.expires_at == START + timedelta(days=60)
    with pytest.raises(Exception, match="not old enough"):
        flow.refresh(kept, START)
    town.sandbox.clock.advance(2 * 86400)
    fresh = flow.refresh(kept, town.sandbox.clock.now())
    assert fresh.expires_at == START + timedelta(days=62)
    town.sandbox.clock.advance(61 * 86400)
    with pytest.raises(AccountBlocked) as ended:
        flow.refresh(kept, town.sandbox.clock.now())
    assert ended.value.kind is Kind.TOKEN_EXPIRED
    town.sandbox.clock.set(START)


def test_x_gives_a_new_refresh_token_each_time_and_revokes(town: Served) -> None:
    """A refresh token is good once; what was revoked opens nothing."""
    flow = flow_of(town, "x", "x_oauth2", X2)
    kept = person(town, flow, "@loppi")
    fresh = flow.refresh(kept, START)
    assert kept.refresh_token != fresh.refresh_token
    with pytest.raises(AccountBlocked) as used:
        flow.refresh(kept, START)
    assert used.value.kind is Kind.TOKEN_EXPIRED
    assert flow.revoke(fresh)
    with pytest.raises(AccountBlocked):
        flow.inspect(fresh)


def test_linkedin_renews_within_its_year_and_never_beyond(town: Served) -> None:
    """Without a refresh token never; with one for a year from the consent."""
    poor = flow_of(town, "linkedin", "linkedin_login", LINKEDIN)
    assert not poor.can_refresh(person(town, poor))
    flow = flow_of(town, "linkedin", "linkedin_login", RICH)
    kept = person(town, flow)
    assert kept.refresh_expires_at == START + timedelta(days=365)
    town.sandbox.clock.advance(50 * 86400)
    fresh = flow.refresh(kept, town.sandbox.clock.now())
    assert fresh.expires_at == START + timedelta(days=110)
    assert fresh.refresh_expires_at == START + timedelta(days=365)
    town.sandbox.clock.advance(316 * 86400)
    with pytest.raises(AccountBlocked):
        flow.refresh(fresh, town.sandbox.clock.now())
    town.sandbox.clock.set(START)


def test_a_number_to_type_stands_in_for_an_address(town: Served) -> None:
    """X shows a number where the app names no address."""
    flow = flow_of(town, "x", "x_oauth1", replace(X1, redirect_uri="oob"))
    asked = begun(flow)
    assert asked.echo is None
    pin = consent(asked.url, "@loppi")
    assert flow.exchange({"pin": pin}, asked, START).account_id == "302"


@pytest.mark.parametrize("channel, name, which", WAYS)
def test_no_token_shows_in_a_repr(town: Served, channel: str, name: str, which: App) -> None:
    """Neither of what is kept nor of what is asked."""
    flow = flow_of(town, channel, name, which)
    kept = person(town, flow)
    assert MARK in kept.access_token.get_secret_value()
    assert MARK not in f"{kept!r}{flow.accounts(kept, START)!r}{begun(flow)!r}"


def test_a_brand_new_token_of_linkedin_may_need_some_seconds(town: Served) -> None:
    """LinkedIn calls it revoked at first; asked again some seconds later it answers, and one that stays so is told."""
    flow = flow_of(town, "linkedin", "linkedin_login", LINKEDIN)
    fresh = person(town, flow)
    town.sandbox.settings.habits.linkedin_new_token_rests = 3
    found = offers(flow, fresh, "402", START, town.sandbox.clock.advance)
    assert [(one.candidate.account_id, one.ours) for one in found] == [("402", True), ("401", False)]
    town.sandbox.settings.habits.linkedin_new_token_rests = 3600
    with pytest.raises(AccountBlocked) as revoked:
        offers(flow, fresh, None, START, town.sandbox.clock.advance)
    assert revoked.value.kind is Kind.TOKEN_INVALID
    town.sandbox.settings.habits.linkedin_new_token_rests = 0
    town.sandbox.clock.set(START)
