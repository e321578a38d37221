"""`demo`: runs the whole thing on the sandbox and shows what happened."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Exit, echo_folded, echo_unbroken, say
from publisher.locale import N_, _, ngettext
from publisher.model import State

if TYPE_CHECKING:
    from publisher.demo import Shown
    from publisher.store.deliveries import DeliveryView

_QUESTIONS_SHOWN = 6
_STUCK = {
    State.PUBLISHING,
    State.RETRYING,
    State.CONFIRMING,
    State.UNCONFIRMED,
    State.HELD,
    State.FAILED,
}
"""Nothing of the demo may end so."""


@click.command(
    help=N_(
        "Show the whole thing on the built-in sandbox. Two municipalities publish to four networks, residents answer, "
        "and the weekly mails are written. Nothing leaves this machine."
    )
)
@click.option("--serve", is_flag=True, help=N_("Go on until Ctrl-C; the networks' pages stay open."))
@click.pass_context
def demo(ctx: click.Context, serve: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Rehearse everything in a fresh folder; 4 if something did not go out."""
    # Everything is needed here: half a second of imports.
    from publisher.demo import fresh_folder, keep_going, rehearse

    with rehearse(fresh_folder(), say) as (shown, rehearsal):
        click.echo()
        _print_deliveries(shown)
        _print_comments(shown)
        _print_mails(shown)
        _print_places(shown)
        if serve:
            say("", _("Tiedote goes on working, and residents answering. Stop with Ctrl-C."))
            keep_going(shown.config, rehearsal)
        else:
            say("", _("The links open while this runs: tiedote demo --serve"))
    if any(delivery.state in _STUCK for delivery in shown.deliveries):
        ctx.exit(Exit.FAILED)


def _print_deliveries(shown: Shown) -> None:
    in_order = sorted(shown.deliveries, key=lambda one: (one.key.announcement, one.id))
    rows = {one.id: _cells(one) for one in in_order}
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]
    for announcement, group in groupby(in_order, key=lambda one: one.key.announcement):
        deliveries = list(group)
        title = deliveries[0].title
        click.secho(f"{title} ({announcement})" if title else announcement, bold=True)
        for delivery in deliveries:
            cells = [cell.ljust(width) for cell, width in zip(rows[delivery.id], widths, strict=True)]
            echo_unbroken("  ".join(["", *cells]), _where(delivery, shown))
        click.echo()


def _cells(delivery: DeliveryView) -> tuple[str, str, str]:
    key = delivery.key
    return key.organisation, words.account_word(key.channel, key.account), words.state_word(delivery.state)


def _where(delivery: DeliveryView, shown: Shown) -> str:
    return shown.links.get(delivery.id) or words.moment(delivery.due_at, shown.config.timezone)


def _print_comments(shown: Shown) -> None:
    comments = shown.comments
    questions = [comment for comment in comments if comment.question and not comment.answered]
    collected = ngettext("%(n)d comment was collected", "%(n)d comments were collected", len(comments))
    waiting = ngettext("%(n)d question awaits an answer:", "%(n)d questions await an answer:", len(questions))
    click.secho(f"{collected % {'n': len(comments)}}; {waiting % {'n': len(questions)}}", bold=True)
    for comment in questions[:_QUESTIONS_SHOWN]:
        echo_folded(f"  {words.account_word(comment.channel, comment.account):<9}  ", comment.text or "")
    if len(questions) > _QUESTIONS_SHOWN:
        more = len(questions) - _QUESTIONS_SHOWN
        rest = _("and %(n)d more: tiedote comments --config %(path)s")
        click.echo("  " + rest % {"n": more, "path": shown.config.path})
    click.echo()


def _print_mails(shown: Shown) -> None:
    click.secho(_("The weekly mails, with the running week so far:"), bold=True)
    for mail in shown.mails:
        echo_folded("  ", mail.headline)
        click.echo(f"    {mail.path.name}")
    click.echo()


def _print_places(shown: Shown) -> None:
    places = {
        _("Folder"): shown.config.folder,
        _("Database"): shown.database,
        _("Mails"): shown.config.var / "mails",
        _("Networks"): shown.pages,
    }
    width = max(map(len, places))
    for name, place in places.items():
        click.echo(f"{name:<{width}}  {place}")
