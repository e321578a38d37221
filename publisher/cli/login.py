"""`login`: connects an account, step by step. No token is ever shown, asked for on the command line, or kept when something is wrong."""

from __future__ import annotations

import getpass
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Exit, Stop, load, make_ready, must_be_writable, now, say, says_yes, tell
from publisher.errors import explain
from publisher.locale import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from channels.errors import ChannelError
    from channels.oauth.values import App, Authorization, Credentials, Flow
    from publisher.config import Account, Config
    from publisher.connecting import Offer
    from publisher.lockbox import KeyFault
    from publisher.store import Store

_PATIENCE = 600.0
"""Seconds that a browser is waited for; X gives up its request tokens after as long."""

_WAYS = ("facebook_login", "instagram_login", "x_oauth2", "x_oauth1", "linkedin_login")


@click.command(
    help=N_(
        "Connect an account: open the network's page, let a person consent, and keep the token encrypted. NETWORK is "
        "facebook, instagram, x or linkedin."
    )
)
@click.argument("network", metavar=N_("NETWORK"))
@click.option("--org", "organisation", required=True, metavar=N_("ORGANISATION"), help=N_("Whose account it is."))
@click.option(
    "--account", "name", metavar=N_("NAME"), help=N_("Which account, where there are several on the network.")
)
@click.option("--way", type=click.Choice(_WAYS), help=N_("How to log in, where a network has several ways."))
@click.option("--paste", is_flag=True, help=N_("Wait for no browser: paste the address at which it ends. For servers."))
@click.option(
    "--token", "by_token", is_flag=True, help=N_("Paste a token from the network's portal instead; it is not shown.")
)
@click.option("--yes", is_flag=True, help=N_("Do not ask first."))
@click.pass_context
def login(
    ctx: click.Context,
    network: str,
    organisation: str,
    name: str | None,
    way: str | None,
    paste: bool,  # noqa: FBT001 -- click passes by name
    by_token: bool,  # noqa: FBT001 -- click passes by name
    yes: bool,  # noqa: FBT001 -- click passes by name
) -> None:
    """Walk through a network's flow and keep what it gives."""
    config = load(ctx)
    channel = known_network(network)
    account = chosen_account(config, channel, organisation, name)
    key = (organisation, channel, name or channel)
    with opened(config) as (store, base_url), _flow(config, channel, account, way, base_url) as (flow, app):
        try:
            person = _pasted(flow) if by_token else _consented(flow, app, paste=paste)
            kept = _choose(ctx, flow, person, account, channel, yes=yes)
        except KeyboardInterrupt:
            raise Stop(_("Stopped. Nothing was stored."), code=Exit.FINDINGS) from None
        _keep(config, store, key, kept)
    _tell(config, flow, kept, key, account)


# ---------------------------------------------------------------- before anything is asked


def known_network(name: str) -> str:
    """Take a network's name; ends with 2 for none of ours."""
    from channels import registry

    channel = registry.canonical(name.casefold())
    if not registry.flows(channel):
        raise Stop(
            _("'%(value)s' is not a network that can be connected.") % {"value": name},
            remedy=_("Possible here: %(choices)s.") % {"choices": ", ".join(registry.NAMES)},
            code=Exit.USAGE,
        )
    return channel


def chosen_account(config: Config, channel: str, organisation: str, name: str | None) -> Account | None:
    """Find the configured account; None for one that is not in the configuration yet. Ends with 2 for an unknown organisation."""
    from channels import registry

    known = config.organisations.get(organisation)
    if known is None:
        raise Stop(
            _("There is no organisation '%(name)s' in the configuration.") % {"name": organisation},
            remedy=_("Possible here: %(choices)s.") % {"choices": ", ".join(config.organisations)},
            code=Exit.USAGE,
        )
    mine = {one.name: one for one in known.accounts if one.channel == channel}
    account = mine.get(name or channel)
    if account is None and mine:
        raise which_one(organisation, channel, mine)
    if account is not None and registry.has_token(account.settings):
        raise Stop(
            _("The configuration gives this account a token, and that one wins."),
            remedy=_(
                "Take the secrets of this account out of config.yaml first ('access_token' and what goes with it)."
            ),
            code=Exit.CONFIGURATION,
        )
    return account


def which_one(organisation: str, channel: str, names: Iterable[str]) -> Stop:
    """Ask which account is meant: `names` are what --account may say."""
    return Stop(
        _("Which account of %(org)s on %(network)s is meant?")
        % {"org": organisation, "network": words.account_word(channel, channel)},
        remedy=_("Say it with --account: %(choices)s.") % {"choices": ", ".join(names)},
        code=Exit.USAGE,
    )


@contextmanager
def opened(config: Config) -> Iterator[tuple[Store, str | None]]:
    """Open the database and, in a rehearsal, the sandbox. The key is looked for first: nobody should consent for nothing.

    One that does not open what is stored is refused, lest tokens lie under two keys of which nobody has both.
    """
    from publisher.lockbox import KeyFault
    from publisher.rehearsal import open_rehearsal
    from publisher.store import Store
    from publisher.vault import Vault

    for fault in (one for one in config.warnings if one.code == "open_secret"):
        nothing = _("Nothing was stored.")
        where = f"{config.path.name}:{fault.position.line}"
        raise Stop(f"{where}: {fault.message}. {nothing}", remedy=fault.remedy, code=Exit.CONFIGURATION)
    try:
        Vault(config).lockbox.close("")
    except KeyFault as fault:
        raise no_key(fault) from None
    must_be_writable(config)
    with ExitStack() as stack:
        store = Store(config.database)
        stack.callback(store.close)
        make_ready(store)
        with store.read() as conn:
            misfit = Vault(config).misfit(conn)
        if misfit is not None:
            raise no_key(misfit)
        yield store, stack.enter_context(open_rehearsal(config)).base_url if config.sandbox else None


def no_key(fault: KeyFault) -> Stop:
    """Word why tokens can be neither kept nor read."""
    make = _(
        "Make one: openssl rand -base64 32 > token_key && chmod 600 token_key. Then write into config.yaml: "
        'token_key: "${file:token_key}"'
    )
    message, remedy = {
        "missing": (
            _("Tokens are kept encrypted, and there is no key: neither 'token_key' nor TIEDOTE_KEY is set."),
            make,
        ),
        "malformed": (_("The key for tokens is no key: it must be 32 bytes in base64."), make),
        "open": (
            _("The file of the key can be read by others: %(path)s"),
            _("Let its owner alone read it: chmod 600 %(path)s"),
        ),
        "unreadable": (
            _("The file of the key cannot be read: %(path)s"),
            _("Let the user that runs Tiedote read it."),
        ),
    }.get(
        fault.code,
        (
            _("The key does not fit the stored tokens: they were encrypted with another one."),
            _(
                "Put back the key of that time, also beside a new one. If it is lost, end each connection with tiedote logout and "
                "log in again."
            ),
        ),
    )
    known = {"path": fault.where}
    return Stop(message % known, remedy=remedy % known, code=Exit.CONFIGURATION)


@contextmanager
def _flow(
    config: Config, channel: str, account: Account | None, way: str | None, base_url: str | None
) -> Iterator[tuple[Flow, App]]:
    from channels import registry
    from channels.errors import ChannelError
    from publisher.connecting import flow_for
    from publisher.pool import network_of

    if way is not None and way not in registry.flows(channel):
        choices = ", ".join(registry.flows(channel))
        raise Stop(
            _("%(network)s has no way '%(way)s'.") % {"network": words.account_word(channel, channel), "way": way},
            remedy=_("Possible here: %(choices)s.") % {"choices": choices},
            code=Exit.USAGE,
        )
    name, app = flow_for(config, channel, account, way)
    of = "facebook" if name == "facebook_login" else channel
    if app is None or not app.redirect_uri:
        what = "apps" if app is None else "redirect_uri"
        raise Stop(
            _("The configuration has no developer app for this login: '%(what)s' of %(network)s is missing.")
            % {"what": what, "network": words.account_word(of, of)},
            remedy=_("Write it under apps.%(network)s in config.yaml; docs/going-live.md tells how to get one.")
            % {"network": of},
            code=Exit.CONFIGURATION,
        )
    flow = registry.flow(channel, name, app, network_of(config, channel, base_url))
    try:
        yield flow, app
    except ChannelError as error:
        raise _trouble(error) from None
    finally:
        flow.close()


def _trouble(error: ChannelError) -> Stop:
    from channels.errors import Retryable

    told = explain(error.kind, error.detail)
    code = Exit.TRY_LATER if isinstance(error, Retryable) else Exit.FINDINGS
    # The network's own words come last in it, with a full stop or without.
    said = told.message if told.message.endswith((".", "!", "?")) else f"{told.message}."
    nothing = _("Nothing was stored.")
    return Stop(f"{said} {nothing}", remedy=told.remedy, code=code)


# ---------------------------------------------------------------- asking


def _consented(flow: Flow, app: App, *, paste: bool) -> Credentials:
    from publisher.connecting import fresh_secret
    from publisher.returning import WrongAnswerError, is_ours, was_denied

    begun = flow.begin(fresh_secret(), fresh_secret())
    listens = begun.echo is not None and is_ours(app.redirect_uri) and not paste
    try:
        answer = _listen(app, begun) if listens else _ask(begun)
    except WrongAnswerError:
        raise Stop(
            _("This answer does not belong to this login. Nothing was stored."),
            remedy=_("Run the command again and use only the address that it shows, in one browser window."),
            code=Exit.FINDINGS,
        ) from None
    if was_denied(answer):
        raise Stop(
            _("Consent was not given. Nothing was stored."),
            remedy=_("Run the command again, and allow everything that the network's page asks for."),
            code=Exit.FINDINGS,
        )
    if "error" in answer:
        raise Stop(
            _("The network refused: %(detail)s. Nothing was stored.")
            % {"detail": _one_line(answer.get("error_description") or answer["error"])},
            remedy=_("Look in the network's developer portal whether the app has these permissions."),
            code=Exit.FINDINGS,
        )
    return flow.exchange(answer, begun, now())


def _one_line(text: str) -> str:
    """Take another's words as one short line: they came by way of a browser."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200].rstrip(".")


def _show_address(begun: Authorization) -> None:
    tell(_("Open this address in a browser, as the person who manages the account:"))
    say("", begun.url, "")


def _listen(app: App, begun: Authorization) -> dict[str, str]:
    from publisher.returning import Landing

    try:
        landing = Landing(app.redirect_uri, begun.echo)
    except PermissionError:
        raise Stop(
            _("This user may not listen at %(address)s.") % {"address": app.redirect_uri},
            remedy=_(
                "Register an address with a port above 1023 in the network's portal, and write it as 'redirect_uri' into config.yaml; "
                "or log in with --paste."
            ),
            code=Exit.CONFIGURATION,
        ) from None
    except OSError:
        raise Stop(
            _("Another program listens at %(address)s.") % {"address": app.redirect_uri},
            remedy=_("End that program, or log in with --paste."),
            code=Exit.TRY_LATER,
        ) from None
    with landing:
        _show_address(begun)
        tell(_("Waiting for the browser to come back. It is on another machine? Ctrl-C, then add --paste."))
        answer = landing.wait(_PATIENCE)
    if answer is None:
        raise Stop(
            _("The browser did not come back within ten minutes. Nothing was stored."),
            remedy=_("Run the command again; if the browser is on another machine, with --paste."),
            code=Exit.TRY_LATER,
        )
    return answer


def _ask(begun: Authorization) -> dict[str, str]:
    from publisher.returning import read_answer

    _show_address(begun)
    if begun.echo is None:
        return {"pin": _typed(_("The number that the page shows")).replace(" ", "")}
    tell(_("After consenting the browser ends at an address that may show an error: that does not matter."))
    return read_answer(_typed(_("Copy that whole address here")), begun.echo)


def _typed(question: str) -> str:
    try:
        return str(click.prompt(question, err=True))
    except click.Abort:
        say("")
        raise Stop(_("Stopped. Nothing was stored."), code=Exit.FINDINGS) from None


def _pasted(flow: Flow) -> Credentials:
    from pydantic import SecretStr

    say(_("Paste the token and press Enter; it is not shown."))
    try:
        # From a pipe too, where there is no terminal that could show it.
        given = getpass.getpass(_("Token: ")) if sys.stdin.isatty() else sys.stdin.readline()
    except (EOFError, KeyboardInterrupt):
        given = ""
    token = given.strip()
    if not token:
        raise Stop(_("Stopped. Nothing was stored."), code=Exit.FINDINGS)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Stop(
            _("That is no token: one has no spaces or letters beyond a to z. Nothing was stored."),
            remedy=_("Copy it again, the whole of it and nothing else."),
            code=Exit.FINDINGS,
        )
    return flow.adopt(SecretStr(token), now())


# ---------------------------------------------------------------- choosing


def _choose(
    ctx: click.Context, flow: Flow, person: Credentials, account: Account | None, channel: str, *, yes: bool
) -> Credentials:
    """Let the person choose among the accounts that were found; ends with 1 when none of them will do."""
    from publisher.connecting import missing_scopes, offers, remote_id

    lacking = missing_scopes(flow, person)
    if lacking:
        raise Stop(
            _("These permissions were not given: %(scopes)s. Nothing was stored.") % {"scopes": ", ".join(lacking)},
            remedy=_("Run the command again, and allow everything that the network's page asks for."),
            code=Exit.FINDINGS,
        )
    wanted = remote_id(account)
    found = offers(flow, person, wanted, now(), time.sleep)
    if not found:
        raise _nothing_found(channel, flow)
    _show(found)
    ours = next((one for one in found if one.ours), None)
    if wanted is not None and ours is None:
        raise Stop(
            _("None of these is the account of the configuration, %(id)s. Nothing was stored.") % {"id": wanted},
            remedy=_("Log in as a person who manages that one, or correct its number in config.yaml."),
            code=Exit.FINDINGS,
        )
    chosen = ours or _pick(found)
    if not chosen.candidate.may_publish:
        raise Stop(
            _("This person may not publish as %(name)s. Nothing was stored.") % {"name": chosen.candidate.name},
            remedy=_role_remedy(channel),
            code=Exit.FINDINGS,
        )
    question = _("Connect %(name)s? [y/N]") % {"name": chosen.candidate.name}
    if not yes and not says_yes(ctx, question):
        raise Stop(_("Stopped. Nothing was stored."), code=Exit.FINDINGS)
    return chosen.candidate.credentials


def _show(found: tuple[Offer, ...]) -> None:
    say(_("Found:"))
    for number, one in enumerate(found, 1):
        mark = _("<- in the configuration") if one.ours else ""
        say(f"  {number}  {one.candidate.name} ({one.candidate.account_id}) {mark}".rstrip())
        if one.candidate.role:
            say("     " + _("role: %(role)s") % {"role": one.candidate.role})


def _pick(found: tuple[Offer, ...]) -> Offer:
    if len(found) == 1:
        return found[0]
    number = _typed(_("Which one? Its number"))
    with suppress(ValueError, IndexError):
        if int(number) > 0:
            return found[int(number) - 1]
    raise Stop(_("There is no such number. Nothing was stored."), code=Exit.FINDINGS)


def _nothing_found(channel: str, flow: Flow) -> Stop:
    if channel == "instagram" and flow.name == "facebook_login":
        return Stop(
            _("This person manages no Page that an Instagram account is linked to. Nothing was stored."),
            remedy=_("Link the Instagram account to the Page in Meta Business Suite, then run the command again."),
            code=Exit.FINDINGS,
        )
    return Stop(
        _("This person manages no page there. Nothing was stored."), remedy=_role_remedy(channel), code=Exit.FINDINGS
    )


def _role_remedy(channel: str) -> str:
    remedies = {
        "facebook": _("Ask for full access to the Page: Page settings, Page access. Then run the command again."),
        "instagram": _(
            "Turn it into a professional account in Instagram's settings, and ask for full access to its Page."
        ),
        "linkedin": _(
            "Ask to be made super admin of the page: Admin tools, Manage admins. Then run the command again."
        ),
    }
    return remedies.get(channel, _("Look in X's developer portal whether the app may read and write."))


# ---------------------------------------------------------------- keeping


def _keep(config: Config, store: Store, key: tuple[str, str, str], kept: Credentials) -> None:
    from publisher.store import StoreAway, accounts
    from publisher.vault import Vault

    try:
        with store.write() as conn:
            Vault(config).save(conn, key, kept, now())
            # What waits for this account is not to wait for the next look at it.
            accounts.probe_now(conn, now())
    except StoreAway as away:
        from publisher.cli.shared import later

        raise later(away) from away


def _tell(config: Config, flow: Flow, kept: Credentials, key: tuple[str, str, str], account: Account | None) -> None:
    from channels import registry
    from publisher.cli.accounts import hangs_on_a_person, lasts, tells_until

    name = f"{key[0]} {words.account_word(key[1], key[2])}"
    tell(_("%(account)s is connected to %(name)s.") % {"account": name, "name": kept.name})
    tell(lasts(kept.expires_at, kept.refresh_expires_at, renews=flow.can_refresh(kept), zone=config.timezone))
    if kept.flow == "facebook_login":
        tell(hangs_on_a_person())
    if kept.data_until is not None:
        tell(tells_until(kept.data_until, config.timezone, now()))
    if account is None:
        tell(_("To publish there, write this into config.yaml, under the accounts of %(org)s:") % {"org": key[0]})
        say(f'  {key[1]}: {{{registry.IDS[key[1]]}: "{kept.account_id}"}}')
