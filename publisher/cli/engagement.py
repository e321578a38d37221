"""`collect`, `comments`, `results`, `report`: what residents did, and the week that is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import (
    Exit,
    Stop,
    echo_folded,
    echo_unbroken,
    json_option,
    now,
    one_of,
    open_service,
    open_store,
    print_json,
    say,
)
from publisher.errors import explain
from publisher.locale import N_, _, current, ngettext

if TYPE_CHECKING:
    from publisher.cadence import Week
    from publisher.collection import Collected
    from publisher.config import Config, Organisation
    from publisher.reporting import Reporter
    from publisher.store import Store
    from publisher.store.engagement import CommentView, PostResult
    from publisher.store.reports import Report

org_option = click.option("--org", "organisation", metavar=N_("ORGANISATION"), help=N_("Only this organisation."))

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
        _must_exist(organisation, config)
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


# results


@click.command(help=N_("Show the counts of every published post, as they were last read."))
@org_option
@json_option
@click.pass_context
def results(ctx: click.Context, organisation: str | None, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """List published posts with their counts."""
    from publisher.store import engagement

    with open_store(ctx) as (config, store), store.read() as conn:
        _must_exist(organisation, config)
        found = engagement.list_results(conn, organisation=organisation)
    if as_json:
        print_json({"version": 1, "posts": [_post_data(post, config.timezone) for post in found]})
    else:
        _print_results(found, config.timezone)


def _post_data(post: PostResult, zone: tzinfo) -> dict[str, object]:
    return {
        "announcement": post.announcement,
        "organisation": post.organisation,
        "channel": post.channel,
        "remote_id": post.remote_id,
        "url": post.url,
        "as_of": words.iso(post.as_of, zone),
        "reactions": post.reactions,
        "comments": post.comments,
        "shares": post.shares,
        "views": post.views,
    }


def _print_results(found: Sequence[PostResult], zone: tzinfo) -> None:
    from publisher.cli.tables import Column, print_table

    if not found:
        say(_("Nothing has been published yet."))
        return
    columns = [
        Column(heading=_("Announcement"), folds=True),
        Column(heading=_("Account"), folds=True),
        Column(heading=_("Reactions"), folds=True),
        Column(heading=_("Comments")),
        Column(heading=_("Shares")),
        Column(heading=_("Views")),
        Column(heading=_("As of")),
    ]
    rows = [
        (
            post.announcement,
            f"{post.organisation} {words.account_word(post.channel, post.account)}",
            _kinds(post.reactions),
            _count(post.comments),
            _count(post.shares),
            _count(post.views),
            words.moment(post.as_of, zone),
        )
        for post in found
    ]
    print_table(columns, rows)
    say(_("A dash: the network does not tell, or it has not been read yet."))


def _kinds(reactions: Mapping[str, int] | None) -> str:
    if reactions is None:
        return "–"
    most_first = sorted(reactions.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {kind}" for kind, n in most_first) or "0"


def _count(n: int | None) -> str:
    return "–" if n is None else str(n)


# report


@click.command(help=N_("Show, write or send the weekly summary; without --week, of the last whole week."))
@click.option("--week", "label", metavar="2026-W48", help=N_("The ISO week; the running one is summed up so far."))
@org_option
@click.option("--send", is_flag=True, help=N_("Mail it to everybody who has not had it."))
@click.option(
    "--to-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.eml",
    help=N_("Write the mail to a file instead."),
)
@click.pass_context
def report(ctx: click.Context, label: str | None, organisation: str | None, send: bool, to_file: Path | None) -> None:  # noqa: FBT001
    """Sum a week up."""
    if send and to_file:
        raise click.UsageError(_("--send and --to-file do not go together."))
    with open_store(ctx) as (config, store):
        _must_exist(organisation, config)
        chosen = [one for key, one in config.organisations.items() if organisation in {None, key}]
        week = _week(label, config, store, chosen)
        reporter = _reporter(config, store)
        if send:
            _send(ctx, reporter, store, chosen, week, config)
        elif to_file is not None:
            _write(reporter, chosen, week, to_file, config)
        else:
            _show(reporter, chosen, week)


def _reporter(config: Config, store: Store) -> Reporter:
    from publisher.mail import open_outbox
    from publisher.rehearsal import shown
    from publisher.reporting import Reporter

    return Reporter(store, config, open_outbox(config), shown=shown(config))


def _week(label: str | None, config: Config, store: Store, chosen: Sequence[Organisation]) -> Week:
    from publisher.cadence import Week, week_of

    running = week_of(now(), config.timezone)
    if label is None:
        last = running.shifted(-1, config.timezone)
        return last if _knew(store, chosen, last.end) else running
    try:
        week = Week.parse(label.upper(), config.timezone)
    except ValueError as error:
        raise click.UsageError(_("'%(week)s' is not a week; write for example 2026-W48.") % {"week": label}) from error
    if week.start > now():
        raise click.UsageError(_("Week %(week)s has not begun.") % {"week": week.label})
    return week


def _knew(store: Store, chosen: Sequence[Organisation], moment: datetime) -> bool:
    from publisher.store import reports

    with store.read() as conn:
        known = [reports.known_since(conn, organisation.key) for organisation in chosen]
    return any(since is not None and since < moment for since in known)


def _show(reporter: Reporter, chosen: Sequence[Organisation], week: Week) -> None:
    from publisher.mail import weekly_text

    texts = [weekly_text(reporter.build(organisation, week, now()), current()) for organisation in chosen]
    click.echo("\n\n".join(texts))


def _write(reporter: Reporter, chosen: Sequence[Organisation], week: Week, path: Path, config: Config) -> None:
    from publisher.mail import write_eml

    if len(chosen) != 1:
        raise click.UsageError(
            _("A file takes one organisation's summary; choose with --org:\n%(names)s")
            % {"names": one_of([organisation.key for organisation in chosen])}
        )
    (organisation,) = chosen
    recipient, language = reporter.sender, config.language
    if organisation.report is not None:
        recipient, language = organisation.report.to[0].address, organisation.report.to[0].language
    try:
        write_eml(reporter.message(organisation, week, recipient, language, now()), path)
    except OSError as error:
        raise Stop(
            _("%(path)s cannot be written: %(why)s") % {"path": path, "why": error.strerror},
            remedy=_("Name another place."),
            code=Exit.USAGE,
        ) from error
    say(_("Written: %(path)s") % {"path": path})


def _send(
    ctx: click.Context, reporter: Reporter, store: Store, chosen: Sequence[Organisation], week: Week, config: Config
) -> None:
    from publisher.store import reports

    if week.end > now():
        raise Stop(
            _("Week %(week)s is not over; its summary can be sent once, when it is.") % {"week": week.label},
            remedy=_("To see it so far, leave --send out, or use --to-file."),
            code=Exit.USAGE,
        )
    begun = now()
    for organisation in chosen:
        reporter.prepare_week(organisation, week, begun)
    reporter.send_due(begun)
    waiting = False
    for organisation in chosen:
        with store.read() as conn:
            rows = reports.list_reports(conn, organisation.key, week.label)
        for row in rows:
            say(f"{row.recipient}: {_how_it_stands(row, begun, config.timezone)}")
            waiting |= row.state != "sent"
        if not rows:
            say(_("%(name)s: nobody is named under 'report' in the configuration.") % {"name": organisation.name})
    if waiting:
        ctx.exit(Exit.TRY_LATER)


def _how_it_stands(row: Report, begun: datetime, zone: tzinfo) -> str:
    if row.sent_at is None:
        return _("not taken: %(why)s") % {"why": row.error or _("another process is sending it")}
    if row.sent_at < begun:
        return _("already sent %(moment)s") % {"moment": words.moment(row.sent_at, zone)}
    return _("sent")


def _must_exist(organisation: str | None, config: Config) -> None:
    if organisation is None or organisation in config.organisations:
        return
    raise Stop(
        _("There is no organisation %(name)s in the configuration.") % {"name": organisation},
        remedy=_("There are: %(names)s") % {"names": ", ".join(sorted(config.organisations))},
        code=Exit.USAGE,
    )
