"""`collect`, `comments`: what residents did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import (
    Exit,
    Stop,
    echo_folded,
    echo_unbroken,
    json_option,
    must_exist,
    now,
    open_service,
    open_store,
    org_option,
    print_json,
    say,
)
from publisher.errors import explain
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from publisher.collection import Collected
    from publisher.config import Config
    from publisher.store.engagement import CommentView

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
    unread = [one for one in passes if one.error is not None]
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
    if one.error is None:
        return
    told = explain(one.error.kind, one.error.detail)
    say(
        _("%(organisation)s, %(account)s could not be read. %(message)s")
        % {
            "organisation": one.organisation,
            "account": words.account_word(one.channel, one.account),
            "message": told.message,
        },
        f"  = {told.remedy}",
    )


# comments


@click.group(help=N_("Show what residents wrote, oldest first."), invoke_without_command=True)
@click.option("--unanswered", is_flag=True, help=N_("Only what nobody has answered; questions first."))
@org_option
@json_option
@click.pass_context
def comments(ctx: click.Context, unanswered: bool, organisation: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List residents' comments."""
    if ctx.invoked_subcommand is not None:
        return
    from publisher.store import engagement

    with open_store(ctx) as (config, store), store.read() as conn:
        must_exist(organisation, config)
        found = engagement.list_comments(conn, organisation=organisation, unanswered=unanswered)
    if unanswered:
        found = tuple(sorted(found, key=lambda comment: not comment.question))
    if as_json:
        print_json({"version": 1, "comments": [_comment_data(comment, config.timezone) for comment in found]})
    else:
        _print_comments(found, config)


@comments.command(help=N_("Say that a comment needs no answer any more. ID as 'tiedote comments' shows it."))
@click.argument("comment_id", metavar="ID")
@click.pass_context
def done(ctx: click.Context, comment_id: str) -> None:
    """Take a comment off the list of unanswered ones."""
    from publisher.store import engagement

    number = comment_id.removeprefix("c-")
    with open_store(ctx) as (_config, store), store.write() as conn:
        found = number.isdecimal() and len(number) < 19 and engagement.mark_done(conn, int(number), now())
    if not found:
        raise Stop(
            _("There is no comment %(id)s.") % {"id": comment_id},
            remedy=_("Its id is the first column of: tiedote comments"),
            code=Exit.USAGE,
        )
    say(_("%(id)s needs no answer any more.") % {"id": f"c-{number}"})


def _comment_data(comment: CommentView, zone: tzinfo) -> dict[str, object]:
    return {
        "id": f"c-{comment.id}",
        "organisation": comment.organisation,
        "channel": comment.channel,
        "announcement": comment.announcement,
        "remote_id": comment.remote_id,
        "parent_remote_id": comment.parent_remote_id,
        "kind": comment.kind,
        "author": comment.author,
        "text": comment.text,
        "created_at": words.iso(comment.created_at, zone),
        "url": comment.url,
        "answered": comment.answered,
        "question": comment.question,
    }


def _print_comments(found: Sequence[CommentView], config: Config) -> None:
    # Babel comes with it; the list needs the database anyway, which takes longer.
    from publisher.mail.formats import excerpt, weblink
    from publisher.rehearsal import shown

    to_open = shown(config)
    if not found:
        say(_("No comments."))
    for number, comment in enumerate(found):
        if number:
            click.echo()
        _print_heading(comment, config.timezone)
        echo_folded(
            "  ", _("(its words are not kept; open the link)") if comment.text is None else excerpt(comment.text)
        )
        if link := weblink(to_open(comment.url or "")):
            # An address that is folded cannot be opened.
            echo_unbroken("", link)


def _print_heading(comment: CommentView, zone: tzinfo) -> None:
    first = click.style(f"c-{comment.id}", bold=True)
    place = f"{comment.organisation} {words.account_word(comment.channel, comment.account)}: "
    place += comment.announcement or _("a mention of the account")
    click.echo("  ".join([first, words.moment(comment.created_at, zone), place]))
    click.echo("  " + click.style(_waits(comment), fg="yellow" if comment.question and not comment.answered else None))


def _waits(comment: CommentView) -> str:
    if comment.answered:
        return _("answered")
    return _("a question that waits for an answer") if comment.question else _("not answered")
