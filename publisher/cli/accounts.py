"""`accounts`, `logout`: which accounts are connected, how long that lasts, what each may do, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Exit, Stop, echo_folded, json_option, now, open_store, print_json, say, says_yes, tell
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from channels.oauth.values import Credentials
    from publisher.config import Config
    from publisher.store import Store
    from publisher.store.credentials import Kept

_MAY: Mapping[str, tuple[tuple[str, frozenset[str]], ...]] = {
    "facebook": (
        (N_("publish"), frozenset({"pages_manage_posts"})),
        (N_("read counts"), frozenset({"pages_read_engagement"})),
        (N_("read comments"), frozenset({"pages_read_user_content"})),
        (N_("comment"), frozenset({"pages_manage_engagement"})),
    ),
    "instagram": (
        (N_("publish"), frozenset({"instagram_content_publish", "instagram_business_content_publish"})),
        (N_("read counts"), frozenset({"instagram_basic", "instagram_business_basic"})),
        (N_("read comments"), frozenset({"instagram_manage_comments", "instagram_business_manage_comments"})),
        (N_("comment"), frozenset({"instagram_manage_comments", "instagram_business_manage_comments"})),
    ),
    "x": (
        (N_("publish"), frozenset({"tweet.write"})),
        (N_("send pictures"), frozenset({"media.write"})),
        (N_("read counts"), frozenset({"tweet.read"})),
        (N_("read comments"), frozenset({"tweet.read"})),
    ),
    "linkedin": (
        (N_("publish"), frozenset({"w_organization_social"})),
        (N_("read counts"), frozenset({"r_organization_social"})),
        (N_("read comments"), frozenset({"r_organization_social_feed"})),
        (N_("comment"), frozenset({"w_organization_social_feed"})),
    ),
}
"""What a scope lets Tiedote do; one of each set is enough. Sources: the pages named in `channels.oauth`."""

_BY_HAND = {
    "facebook": "https://www.facebook.com/settings?tab=business_tools",
    "instagram": "https://www.instagram.com/accounts/manage_access/",
    "x": "https://x.com/settings/connected_apps",
    "linkedin": "https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services",
}
"""Where a person takes an app's consent back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How one account is connected. `how`: configuration, login or none; `may` None: it is not known."""

    organisation: str
    channel: str
    account: str
    how: str
    kept: Kept | None = None
    expires_at: datetime | None = None
    may: tuple[str, ...] | None = None


@click.command(help=N_("List the accounts: how each is connected, until when, and what it may do."))
@json_option
@click.option(
    "--new-key",
    is_flag=True,
    help=N_("Encrypt every stored token anew with the first of the keys; then drop the others."),
)
@click.pass_context
def accounts(ctx: click.Context, as_json: bool, new_key: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Show what is known here; no network is asked."""
    with open_store(ctx) as (config, store):
        if new_key:
            _reseal(config, store)
            return
        found = list(connections(config, store))
    if as_json:
        rows = [_as_data(one, config.timezone) for one in found]
        print_json({"version": 1, "accounts": rows})
        return
    for number, one in enumerate(found):
        if number:
            click.echo()
        _print(one, config)


def connections(config: Config, store: Store) -> Iterator[Connection]:
    """Tell of every account of the configuration, then of what `login` got for others."""
    from channels import registry
    from publisher import lifetimes
    from publisher.store import credentials

    with store.read() as conn:
        stored = {kept.account: kept for kept in credentials.every(conn)}
        ends = {
            (one.organisation, one.channel, one.account): one.expires_at for one in lifetimes.known(conn, config, now())
        }
    for organisation in config.organisations.values():
        for account in organisation.accounts:
            key = (account.organisation, account.channel, account.name)
            if registry.has_token(account.settings):
                yield _connection(key, "configuration", expires_at=ends.get(key))
                continue
            yield _stored(key, stored.pop(key, None))
    for key, kept in stored.items():
        yield _stored(key, kept)


def _connection(key: tuple[str, str, str], how: str, *, expires_at: datetime | None) -> Connection:
    return Connection(organisation=key[0], channel=key[1], account=key[2], how=how, expires_at=expires_at)


def _stored(key: tuple[str, str, str], kept: Kept | None) -> Connection:
    if kept is None:
        return _connection(key, "none", expires_at=None)
    return Connection(
        organisation=key[0],
        channel=key[1],
        account=key[2],
        how="login",
        kept=kept,
        expires_at=kept.expires_at,
        may=_may(key[1], kept),
    )


def _may(channel: str, kept: Kept) -> tuple[str, ...] | None:
    if not kept.scopes:
        return None
    return tuple(word for word, one_of in _MAY.get(channel, ()) if one_of & set(kept.scopes))


def _as_data(one: Connection, zone: tzinfo) -> dict[str, object]:
    kept = one.kept
    return {
        "organisation": one.organisation,
        "channel": one.channel,
        "account": one.account,
        "connected_by": one.how,
        "way": kept.flow if kept else None,
        "remote_id": kept.account_id if kept else None,
        "name": kept.name if kept else None,
        "scopes": list(kept.scopes) if kept and kept.scopes else None,
        "may": [word.replace(" ", "_") for word in one.may] if one.may is not None else None,
        "expires_at": words.iso(one.expires_at, zone),
        "refresh_expires_at": words.iso(kept.refresh_expires_at, zone) if kept else None,
        "data_until": words.iso(kept.data_until, zone) if kept else None,
        "obtained_at": words.iso(kept.obtained_at, zone) if kept else None,
        "login_at": words.iso(kept.login_at, zone) if kept else None,
    }


def _print(one: Connection, config: Config) -> None:
    zone = config.timezone
    from publisher.lifetimes import login_command

    kept = one.kept
    head = f"{one.organisation} {words.account_word(one.channel, one.account)}"
    click.echo(f"{head}: {kept.name} ({kept.account_id})" if kept and kept.name else head)
    if one.how == "none":
        command = login_command(one.organisation, one.channel, one.account)
        echo_folded("  ", _("Not connected. Connect it: %(command)s") % {"command": command})
        return
    if kept is None:
        echo_folded("  ", _("Its token stands in the configuration; tiedote doctor asks the network about it."))
        if one.expires_at is not None:
            echo_folded("  ", lasts(one.expires_at, None, renews=False, zone=zone))
        return
    echo_folded("  ", _("Connected by login on %(day)s.") % {"day": words.moment(kept.login_at, zone)})
    echo_folded("  ", lasts(kept.expires_at, kept.refresh_expires_at, renews=kept.refreshable, zone=zone))
    if kept.flow == "facebook_login":
        echo_folded("  ", hangs_on_a_person())
    if kept.data_until is not None:
        echo_folded("  ", tells_until(kept.data_until, zone, now()))
    if one.may is not None:
        lacks = [word for word, _scopes in _MAY.get(one.channel, ()) if word not in one.may]
        echo_folded("  ", _("May: %(what)s.") % {"what": ", ".join(_(word) for word in one.may) or "-"})
        if lacks:
            echo_folded("  ", _("May not: %(what)s.") % {"what": ", ".join(_(word) for word in lacks)})
        echo_folded("  ", _("Permissions: %(scopes)s") % {"scopes": ", ".join(kept.scopes)})


def tells_until(data_until: datetime, zone: tzinfo, at: datetime) -> str:
    """Say how long Meta tells what people wrote, or since when it does not."""
    until = {"day": words.moment(data_until, zone)}
    if data_until <= at:
        return _("Meta has told nothing of residents' comments since %(day)s: log in again.") % until
    return _("Meta tells of residents' comments until %(day)s: log in again before that.") % until


def hangs_on_a_person() -> str:
    """Say what ends a Page's token all the same."""
    return _("It ends when the person who logged in changes their password or loses their role on the Page.")


def lasts(expires_at: datetime | None, refresh_until: datetime | None, *, renews: bool, zone: tzinfo) -> str:
    """Say how long a token lasts, and what comes then."""
    if renews and refresh_until is not None:
        return _("Tiedote renews its token until %(day)s. Log in again before that.") % {
            "day": words.moment(refresh_until, zone)
        }
    if renews:
        return _("Tiedote renews its token by itself.")
    if expires_at is None:
        return _("Its token has no end date.")
    return _("Its token ends on %(day)s and cannot be renewed. Log in again before that.") % {
        "day": words.moment(expires_at, zone)
    }


def _reseal(config: Config, store: Store) -> None:
    from publisher.cli.login import no_key
    from publisher.lockbox import KeyFault
    from publisher.vault import Vault

    try:
        with store.write() as conn:
            count = Vault(config).reseal(conn)
    except KeyFault as fault:
        raise no_key(fault) from None
    tell(
        ngettext(
            "%(n)d token was encrypted anew. The older keys are not needed any more.",
            "%(n)d tokens were encrypted anew. The older keys are not needed any more.",
            count,
        )
        % {"n": count}
    )


# ---------------------------------------------------------------- logout


@click.command(help=N_("Forget an account's token, and ask the network to forget it too where it can be asked."))
@click.argument("network", metavar=N_("NETWORK"))
@click.option("--org", "organisation", required=True, metavar=N_("ORGANISATION"), help=N_("Whose account it is."))
@click.option(
    "--account", "name", metavar=N_("NAME"), help=N_("Which account, where there are several on the network.")
)
@click.option("--yes", is_flag=True, help=N_("Do not ask first."))
@click.pass_context
def logout(ctx: click.Context, network: str, organisation: str, name: str | None, yes: bool) -> None:  # noqa: FBT001 -- click passes by name
    """End an account's connection: at the network first, then here, whatever the network said."""
    from publisher.cli.login import known_network
    from publisher.store import credentials

    channel = known_network(network)
    with open_store(ctx) as (config, store):
        with store.read() as conn:
            kept = _meant(credentials.every(conn), organisation, channel, name)
        key = kept.account
        account = f"{organisation} {words.account_word(channel, key[2])}"
        if not yes and not says_yes(ctx, _("Forget the token of %(account)s? [y/N]") % {"account": account}):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        revoked = _revoke(config, kept)
        with store.write() as conn:
            credentials.forget(conn, key)
    tell(_("%(account)s is not connected any more. What is due there waits.") % {"account": account})
    if revoked:
        say(_("The network has forgotten the token too."))
    else:
        tell(_("The network still knows the token. To end it there as well, remove the app here:"))
        say(f"  {_BY_HAND[channel]}")


def _meant(stored: Sequence[Kept], organisation: str, channel: str, name: str | None) -> Kept:
    """Find what is to be forgotten: unnamed, the only one there is. Ends with 1 for none, with 2 where several may be meant."""
    from publisher.cli.login import which_one

    theirs = {kept.account[2]: kept for kept in stored if kept.account[:2] == (organisation, channel)}
    if name in theirs:
        return theirs[name]
    if name is None and len(theirs) == 1:
        return next(iter(theirs.values()))
    if name is None and theirs:
        raise which_one(organisation, channel, theirs)
    account = f"{organisation} {words.account_word(channel, name or channel)}"
    raise Stop(
        _("There is no token from login for %(account)s.") % {"account": account},
        remedy=_("tiedote accounts lists what there is. A token in config.yaml is taken out there."),
        code=Exit.FINDINGS,
    )


def _revoke(config: Config, kept: Kept) -> bool:
    """Ask the network to forget a token; one that cannot be opened or reached is forgotten here all the same."""
    from contextlib import ExitStack

    from channels import registry
    from channels.errors import ChannelError
    from publisher.config.apps import app_of
    from publisher.lockbox import KeyFault
    from publisher.pool import network_of
    from publisher.rehearsal import open_rehearsal
    from publisher.vault import Vault

    channel = kept.account[1]
    app = app_of(config, channel, kept.flow)
    if app is None:
        return False
    with ExitStack() as stack:
        base_url = stack.enter_context(open_rehearsal(config)).base_url if config.sandbox else None
        flow = registry.flow(channel, kept.flow, app, network_of(config, channel, base_url))
        stack.callback(flow.close)
        try:
            credentials: Credentials = Vault(config).open(kept)
            return flow.revoke(credentials)
        except (ChannelError, KeyFault):
            return False
