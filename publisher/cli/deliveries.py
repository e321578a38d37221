"""`status`, `retry`, `cancel`, `resolve`: how each announcement stands on each account, and acting on one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import click

from publisher import lifetimes
from publisher.cli import drafts, mailed, words
from publisher.cli.shared import (
    HEARTBEAT,
    Exit,
    Stop,
    echo_folded,
    json_option,
    now,
    one_of,
    open_service,
    open_store,
    print_json,
    say,
)
from publisher.errors import Explained, explain
from publisher.locale import N_, _, ngettext
from publisher.model import WAITING, State

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from publisher.cli.drafts import Drafts
    from publisher.lifetimes import TokenLife
    from publisher.spending import Month
    from publisher.store.accounts import AccountState
    from publisher.store.approvals import Approval
    from publisher.store.deliveries import DeliveryView
    from publisher.store.mails import Unsent


@click.command(help=N_("Show every announcement's state on every account. Tells also whether Tiedote is running."))
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Show every delivery, the daemon's heartbeat and the pauses."""
    from publisher import spending
    from publisher.store import accounts, announcements, approvals, deliveries, meta

    with open_store(ctx) as (config, store), store.read() as conn:
        found = deliveries.list_deliveries(conn)
        house = House(
            heartbeat=meta.written_at(conn, HEARTBEAT),
            paused=meta.paused(conn),
            tokens=tuple(lifetimes.known(conn, config, now())),
            months=spending.months(conn, config, now()),
            edited_after=announcements.edited_after(conn),
            faulty=announcements.faulty(conn),
            approvals=approvals.known(conn).latest,
            unsent=mailed.tried_in_vain(conn),
            drafts=drafts.find(config, conn),
            blocked=accounts.blocked(
                conn,
                [
                    (one.organisation, one.channel, one.name)
                    for org in config.organisations.values()
                    for one in org.accounts
                ],
            ),
        )
    if as_json:
        data = [as_data(delivery, config.timezone) for delivery in found]
        print_json({"version": 1, "deliveries": data, **_house_data(house, config.timezone)})
        return
    _print_deliveries(found, config.timezone)
    _print_troubles(found)
    if house.blocked:
        click.echo()
        print_blocked(house.blocked)
    _print_faulty(house.faulty)
    _print_approvals(found, house.approvals)
    _print_edited(house.edited_after)
    mailed.print_unsent(house.unsent, config.timezone)
    _print_house(house)
    drafts.print_drafts(house.drafts)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How Tiedote itself stands: when the daemon was last at work, what is paused, how long the tokens last."""

    heartbeat: datetime | None
    paused: frozenset[str]
    tokens: tuple[TokenLife, ...]
    unsent: Unsent
    """The mails that were tried in vain."""
    drafts: Drafts
    """What came from the website and waits for a person."""
    months: tuple[Month, ...] = ()
    """What accounts at networks that bill have cost this month."""
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """The latest approval of each announcement that has one, whatever its words."""
    faulty: Mapping[str, int] = field(default_factory=dict)
    """The files of which nothing goes out before they are mended, and how many faults each has."""
    blocked: tuple[AccountState, ...] = ()
    """The accounts on which nothing goes out before something is mended."""
    edited_after: tuple[str, ...] = ()
    """The files that say something else than what is out."""


def _house_data(house: House, zone: tzinfo) -> dict[str, object]:
    at = now()
    return {
        "daemon": {"last_seen": words.iso(house.heartbeat, zone), "paused": sorted(house.paused)},
        "tokens": [
            {
                "organisation": token.organisation,
                "channel": token.channel,
                "account": token.account,
                "expires_at": words.iso(token.expires_at, zone),
                "days_left": token.days_left(at),
            }
            for token in house.tokens
        ],
        "costs": [words.month_data(month) for month in house.months],
        "blocked_accounts": blocked_data(house.blocked, zone),
        "changed_after_publishing": list(house.edited_after),
        "unsent_mails": mailed.unsent_data(house.unsent, zone),
        **drafts.drafts_data(house.drafts, zone),
        "faulty_files": [{"file": file, "faults": count} for file, count in house.faulty.items()],
    }


def as_data(delivery: DeliveryView, zone: tzinfo) -> dict[str, object]:
    """Give a delivery as `status --json` promises it."""
    return {
        "id": delivery.name,
        "announcement": delivery.key.announcement,
        "occurrence": delivery.key.occurrence,
        "organisation": delivery.key.organisation,
        "channel": delivery.key.channel,
        "account": delivery.key.account,
        "language": delivery.key.language,
        "state": str(delivery.state),
        "due": words.iso(delivery.due_at, zone),
        "published_at": words.iso(delivery.published_at, zone),
        "remote_id": delivery.remote_id,
        "url": delivery.url,
        "attempts": delivery.attempts,
        "approved_by": delivery.approved_by,
        "error": _error(delivery),
    }


def _error(delivery: DeliveryView) -> dict[str, str] | None:
    if delivery.error_kind is None:
        return None
    told = explained(delivery, delivery.error_kind)
    return {"kind": delivery.error_kind, "message": told.message, "remedy": told.remedy}


def explained(delivery: DeliveryView, kind: str) -> Explained:
    """Word what is the matter with a delivery."""
    return explain(
        kind, delivery.error_detail, {"delivery": delivery.name}, state=delivery.state, thread=delivery.thread
    )


def _print_deliveries(found: Sequence[DeliveryView], zone: tzinfo) -> None:
    from publisher.cli.tables import Column, print_table

    if not found:
        say(_("No announcements yet. tiedote run reads the queue; tiedote check tells what is in it."))
        return
    columns = [
        Column(heading=_("Id")),
        Column(heading=_("Due")),
        Column(heading=_("Announcement"), folds=True),
        Column(heading=_("Account"), folds=True),
        Column(heading=_("State")),
    ]
    rows = [
        (
            delivery.name,
            words.moment(delivery.due_at, zone),
            _title(delivery),
            f"{delivery.key.organisation} {words.account_word(delivery.key.channel, delivery.key.account)}",
            words.state_word(delivery.state),
        )
        for delivery in found
    ]
    print_table(columns, rows, colours=[words.COLOURS.get(delivery.state) for delivery in found])


def _title(delivery: DeliveryView) -> str:
    key = delivery.key
    return key.announcement if key.occurrence == 1 else f"{key.announcement}@{key.occurrence}"


def _print_troubles(found: Sequence[DeliveryView]) -> None:
    troubled = [delivery for delivery in found if delivery.error_kind is not None]
    if not troubled:
        return
    click.echo()
    click.echo(ngettext("%(n)d needs attention:", "%(n)d need attention:", len(troubled)) % {"n": len(troubled)})
    for delivery in troubled:
        told = explained(delivery, delivery.error_kind or "")
        echo_folded(f"  {delivery.name:<6} ", told.message)
        echo_folded(f"  {'':<6} = ", told.remedy)


def print_blocked(accounts: Sequence[AccountState]) -> None:
    """List the accounts that wait for a person, and what to do."""
    click.echo(_("Nothing goes out on these accounts before that is mended:"))
    for one in accounts:
        told = _why_blocked(one)
        echo_folded("  ", f"{one.organisation} {words.account_word(one.channel, one.name)}: {told.message}")
        echo_folded("  = ", told.remedy)


def blocked_data(accounts: Sequence[AccountState], zone: tzinfo) -> list[dict[str, object]]:
    """Give the accounts that wait for a person, for scripts."""
    return [
        {
            "organisation": one.organisation,
            "channel": one.channel,
            "account": one.name,
            "since": words.iso(one.blocked_since, zone),
            "error": {"kind": one.blocked_kind, "message": told.message, "remedy": told.remedy},
        }
        for one in accounts
        for told in [_why_blocked(one)]
    ]


def _why_blocked(one: AccountState) -> Explained:
    named = {"network": one.channel, "organisation": one.organisation}
    return explain(one.blocked_kind or "", one.blocked_detail, named)


def _print_faulty(files: Mapping[str, int]) -> None:
    """List the files that must be mended."""
    if files:
        click.echo()
        click.echo(_("Nothing goes out of these files before they are mended:"))
    for file, count in files.items():
        told = ngettext("%(file)s: %(n)d fault", "%(file)s: %(n)d faults", count)
        echo_folded("  ", told % {"file": file, "n": count})
        echo_folded("  = ", f"tiedote check {shlex.quote(file)}")


def _print_approvals(found: Sequence[DeliveryView], latest: Mapping[str, Approval]) -> None:
    """List what waits for approval, and who approved what is still to go out."""
    waiting = [one.key.announcement for one in found if one.state is State.AWAITING_APPROVAL]
    if waiting:
        click.echo()
        click.echo(_("Waits for approval:"))
        for name in dict.fromkeys(waiting):
            before = latest.get(name)
            why = _("%(name)s, changed since %(by)s approved it") % {"name": name, "by": before.by} if before else name
            echo_folded("  ", why)
            echo_folded("  = ", f"tiedote approve {shlex.quote(name)}")
    given = [(one.key.announcement, one.approved_by) for one in found if one.state is State.SCHEDULED]
    for name, by in dict.fromkeys(pair for pair in given if pair[1]):
        click.echo()
        echo_folded("", _("%(name)s is approved by %(by)s.") % {"name": name, "by": by})


def _print_edited(files: Sequence[str]) -> None:
    if not files:
        return
    click.echo()
    click.echo(_("Changed after publishing; what is out stays as it was:"))
    for file in files:
        click.echo(f"  {file}")
    click.echo(f"  = {explain('edited_after_publishing').remedy}")


def _print_house(house: House) -> None:
    click.echo()
    if house.heartbeat is None:
        click.echo(_("Tiedote has not been running here yet: tiedote run"))
    else:
        click.echo(_("Tiedote was last at work %(ago)s.") % {"ago": words.ago(now() - house.heartbeat)})
    if house.paused:
        click.echo(_("Publishing is paused. To go on: tiedote resume"))
    for month in house.months:
        click.echo(words.spent(month))
    for token in house.tokens:
        days = token.days_left(now())
        if days is not None:
            told = ngettext("%(account)s: token ends in %(n)d day.", "%(account)s: token ends in %(n)d days.", days)
            if token.reading:
                told = ngettext(
                    "%(account)s: comments are read for %(n)d more day; then log in again.",
                    "%(account)s: comments are read for %(n)d more days; then log in again.",
                    days,
                )
            account = f"{token.organisation} {words.account_word(token.channel, token.account)}"
            click.echo(told % {"account": account, "n": days})


delivery_argument = click.argument("spec", metavar=N_("DELIVERY"))


@click.command(
    help=N_(
        "Send one delivery again. DELIVERY is its id, or announcement[@occurrence][:org[:account[:language]]]; "
        "the announcement alone will do where only one of its deliveries can be meant."
    )
)
@delivery_argument
@click.pass_context
def retry(ctx: click.Context, spec: str) -> None:
    """Send one delivery again."""
    from publisher.store import deliveries

    with open_store(ctx) as (config, store), store.write() as conn:
        one = the_one(conn, spec, "retry")
        if config.approval != "optional" and one.approved_by is None and not one.attempts:
            raise Stop(
                _("%(delivery)s stays as it is: nobody has approved it.") % {"delivery": one.name},
                remedy=_(_REMEDIES[State.AWAITING_APPROVAL]) % {"announcement": one.key.announcement},
                code=Exit.FINDINGS,
            )
        if not deliveries.retry_delivery(conn, one.id, now(), config.delivery.late_limit):
            raise _refused(one)
        (wanted,) = deliveries.list_deliveries(conn, ids=[one.id])
    told = _REMEDIES[State.CONFIRMING] if wanted.state is State.CONFIRMING else _SENT_AGAIN
    say(_(told) % {"delivery": one.name})


@click.command(help=N_("Call one delivery off before it goes out. DELIVERY is as for retry."))
@delivery_argument
@click.pass_context
def cancel(ctx: click.Context, spec: str) -> None:
    """Call one delivery off."""
    from publisher.store import deliveries

    with open_store(ctx) as (_config, store), store.write() as conn:
        one = the_one(conn, spec, "cancel")
        if not deliveries.cancel_delivery(conn, one.id, now()):
            raise _refused(one)
    say(_("%(delivery)s is cancelled.") % {"delivery": one.name})


@click.command(help=N_("Say whether an unconfirmed post went out. DELIVERY is as for retry."))
@delivery_argument
@click.option("--published", "url", metavar=N_("URL"), help=N_("It is out, at this address."))
@click.option("--not-published", is_flag=True, help=N_("It is not out; send it."))
@click.pass_context
def resolve(ctx: click.Context, spec: str, url: str | None, not_published: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Settle an unconfirmed delivery."""
    if (url is None) is not not_published:
        raise click.UsageError(_("Say either --published URL or --not-published."), ctx)
    if url is None:
        _resolve_not_published(ctx, spec)
    else:
        _resolve_published(ctx, spec, url)


def _resolve_not_published(ctx: click.Context, spec: str) -> None:
    from publisher.store import deliveries

    with open_store(ctx) as (config, store), store.write() as conn:
        one = the_one(conn, spec, "resolve")
        if not deliveries.resolve_not_published(conn, one.id, now(), config.delivery.late_limit):
            raise _refused(one)
    say(_(_SENT_AGAIN) % {"delivery": one.name})


def _resolve_published(ctx: click.Context, spec: str, url: str) -> None:
    from publisher.cli.resolving import find_remote_id, left_under
    from publisher.store import deliveries

    with open_service(ctx) as service:
        with service.store.read() as conn:
            one = the_one(conn, spec, "resolve")
        if one.state not in _IN_DOUBT and not (one.state is State.PUBLISHED and one.error_kind == State.UNCONFIRMED):
            raise _refused(one)
        remote_id = find_remote_id(service, one, url)
        left = left_under(service, one, remote_id, url)
        with service.store.write() as conn:
            _must_be_free(conn, one, remote_id)
            if not deliveries.resolve_published(conn, one.id, remote_id, url, now(), left):
                raise _refused(one)
    say(_("%(delivery)s is noted as published.") % {"delivery": one.name})
    if left is not None:
        say(_("What follows it, the next post of its thread or its first comment, is sent at the next run."))


def _must_be_free(conn: Connection, delivery: DeliveryView, remote_id: str) -> None:
    from publisher.store.deliveries import owner_of

    if owner_of(conn, delivery.account_id, [remote_id], but=delivery.id):
        raise Stop(
            _("The post at this address belongs to another delivery already."),
            remedy=_("tiedote status --json tells which; give the address of the post that you mean."),
            code=Exit.FINDINGS,
        )


_IN_DOUBT = (State.UNCONFIRMED, State.CONFIRMING)


def _refused(delivery: DeliveryView) -> Stop:
    what = {
        "delivery": delivery.name,
        "announcement": delivery.key.announcement,
        "state": words.state_word(delivery.state),
    }
    return Stop(
        _("%(delivery)s stays as it is: %(state)s.") % what,
        remedy=_(_REMEDIES.get(delivery.state, _LOOK)) % what,
        code=Exit.FINDINGS,
    )


_SENT_AGAIN = N_("%(delivery)s will be sent again at the next run.")
_LOOK = N_("tiedote status tells how it stands.")
_REMEDIES = {
    State.PUBLISHED: N_("It is out. To take it down: tiedote unpublish %(delivery)s"),
    State.WITHDRAWN: N_("It was taken down. To publish it again, save the file under a new name."),
    State.PUBLISHING: N_("It is being sent at this moment. Wait a minute and look again: tiedote status"),
    State.CONFIRMING: N_("Tiedote is looking whether it went out. Wait, or say it: tiedote resolve %(delivery)s"),
    State.UNCONFIRMED: N_("Say first whether it went out: tiedote resolve %(delivery)s"),
    State.SCHEDULED: N_("It goes out by itself at its time."),
    State.AWAITING_APPROVAL: N_("Somebody approves it first: tiedote approve %(announcement)s"),
}
"""What a person can do with a delivery that a command does not fit."""


def the_one(conn: Connection, spec: str, command: str) -> DeliveryView:
    """Find the delivery that `spec` names and `command` fits; ends with 2 when it names none, or several that the command fits."""
    from publisher.store import deliveries

    found = deliveries.find_deliveries(conn, spec)
    if not found:
        raise Stop(
            _("There is no delivery %(name)s.") % {"name": spec},
            remedy=_("tiedote status lists them all."),
            code=Exit.USAGE,
        )
    fitting = [delivery for delivery in found if _fits(command, delivery)]
    if len(found) == 1 or len(fitting) == 1:
        return (fitting or list(found))[0]
    message = (
        _("%(name)s means several deliveries:")
        if fitting
        else _("Nothing of %(name)s is as this command needs it. It stands like this:")
    )
    remedy = _("Type one of these lines.") if fitting else _(_LOOK)
    if fitting and command == "cancel":
        remedy = _("Type one of these lines. To call all of it off at once, remove its file.")
    lines = [_line(command if fitting else "", delivery) for delivery in fitting or found]
    raise Stop(message % {"name": spec} + "\n" + one_of(lines), remedy=remedy, code=Exit.USAGE)


def _line(command: str, delivery: DeliveryView) -> str:
    key = delivery.key
    account = f"{key.organisation} {words.account_word(key.channel, key.account)} {key.language}"
    typed = f"tiedote {command} {delivery.name}" if command else delivery.name
    return f"{typed}   {_title(delivery)}, {account}: {words.state_word(delivery.state)}"


_FITS: Mapping[str, frozenset[State]] = {
    "retry": frozenset({State.FAILED, State.MISSED, State.EXPIRED, State.HELD, State.CANCELLED}),
    "cancel": WAITING
    | {State.PUBLISHING, State.RETRYING, State.UNCONFIRMED, State.FAILED, State.MISSED, State.EXPIRED},
    "resolve": frozenset({State.UNCONFIRMED, State.CONFIRMING}),
}


def _fits(command: str, delivery: DeliveryView) -> bool:
    if delivery.state is State.PUBLISHED and delivery.error_kind is not None:
        # It is out, but something under it is not, or nobody knows.
        return command == ("resolve" if delivery.error_kind == State.UNCONFIRMED else "retry")
    return delivery.state in _FITS[command]
