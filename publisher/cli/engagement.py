"""`collect`: what residents did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import (
    Exit,
    open_service,
    say,
)
from publisher.errors import explain
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from publisher.collection import Collected

# collect


@click.command(help=N_("Read counts and comments from the networks: those of posts whose turn it is."))
@click.option("--all", "all_posts", is_flag=True, help=N_("Read every tracked post now."))
@click.pass_context
def collect(ctx: click.Context, all_posts: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Read back what residents did."""
    with open_service(ctx) as service:
        passes = service.collect(all_posts=all_posts)
    click.echo(_gathered(passes))
    for one in passes:
        if one.unpaid:
            _print_unpaid(one)
    unread = [one for one in passes if one.error is not None or one.broken]
    for one in unread:
        _print_unread(one)
    if unread:
        ctx.exit(Exit.TRY_LATER)


def _gathered(passes: Sequence[Collected]) -> str:
    reactions, comments, removed = (
        sum(getattr(one, what) for one in passes) for what in ("reactions", "comments", "removed")
    )
    parts = [
        ngettext("%(n)d post read", "%(n)d posts read", posts := sum(one.posts for one in passes)) % {"n": posts},
        ngettext("%(n)d new reaction", "%(n)d new reactions", reactions) % {"n": reactions},
        ngettext("%(n)d new comment", "%(n)d new comments", comments) % {"n": comments},
    ]
    if removed:
        parts.append(ngettext("%(n)d comment gone", "%(n)d comments gone", removed) % {"n": removed})
    return ", ".join(parts)


def _print_unpaid(one: Collected) -> None:
    account = words.account_word(one.channel, one.account)
    say(
        _(
            "%(organisation)s, %(account)s is not read any more this month: its 'monthly_budget' is kept for announcements."
        )
        % {"organisation": one.organisation, "account": account},
        "  = " + _("tiedote results tells as of when its numbers are. To read on, raise 'monthly_budget'."),
    )


def _print_unread(one: Collected) -> None:
    told = explain(one.error.kind, one.error.detail) if one.error is not None else explain("unread")
    say(
        _("%(organisation)s, %(account)s could not be read. %(message)s")
        % {
            "organisation": one.organisation,
            "account": words.account_word(one.channel, one.account),
            "message": told.message,
        },
        f"  = {told.remedy}",
    )
