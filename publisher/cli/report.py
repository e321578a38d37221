"""`report`: the summary of a week, a month or a year; shown, written, opened or mailed."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Exit, Stop, must_exist, not_written, now, one_of, open_store, org_option, say
from publisher.locale import N_, _, current
from publisher.yamlfile.reading import is_address

if TYPE_CHECKING:
    from publisher.cadence import Span
    from publisher.config import Config, Organisation
    from publisher.reporting import Reporter
    from publisher.store import Store
    from publisher.store.reports import Report


@click.command(
    help=N_(
        "Show, write or send the summary of a week, a month or a year; of the last whole week where none is named. "
        "One that is still running is summed up so far."
    )
)
@click.option("--week", metavar="2026-W48", help=N_("The ISO week."))
@click.option("--month", metavar="2026-11", help=N_("The month of the calendar."))
@click.option("--year", metavar="2026", help=N_("The year of the calendar."))
@org_option
@click.option("--send", is_flag=True, help=N_("Mail it to everybody who has not had it."))
@click.option("--again", is_flag=True, help=N_("With --send: also to those who have had it."))
@click.option("--to", metavar=N_("ADDRESS"), help=N_("Mail a copy to this address alone; it does not count as sent."))
@click.option(
    "--to-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=N_("FILE.eml"),
    help=N_("Write the mail to a file instead."),
)
@click.option("--open", "opened", is_flag=True, help=N_("Open it in a browser, as the mail shows it."))
@click.pass_context
def report(  # noqa: PLR0913 -- an option each
    ctx: click.Context,
    week: str | None,
    month: str | None,
    year: str | None,
    organisation: str | None,
    to: str | None,
    to_file: Path | None,
    *,
    send: bool,
    again: bool,
    opened: bool,
) -> None:
    """Sum a span up, and do with it what was asked for."""
    _one_at_most({"--week": week, "--month": month, "--year": year})
    _one_at_most({"--send": send, "--to": to, "--to-file": to_file, "--open": opened})
    if again and not send:
        raise click.UsageError(_("--again belongs to --send."))
    with open_store(ctx) as (config, store):
        must_exist(organisation, config)
        chosen = [one for key, one in config.organisations.items() if organisation in {None, key}]
        span = _span(week, month, year, config, store, chosen)
        reporter = _reporter(config, store)
        if send:
            _send(ctx, reporter, store, chosen, span, config, again=again)
        elif to is not None:
            _send_copy(reporter, chosen, span, to)
        elif to_file is not None:
            _write(reporter, chosen, span, to_file, config)
        elif opened:
            _open(reporter, chosen, span, config)
        else:
            _show(reporter, chosen, span)


def _one_at_most(options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        raise click.UsageError(_("%(one)s and %(other)s do not go together.") % {"one": given[0], "other": given[1]})


def _reporter(config: Config, store: Store) -> Reporter:
    from publisher.mail import open_outbox
    from publisher.rehearsal import shown
    from publisher.reporting import Reporter

    return Reporter(store, config, open_outbox(config), shown=shown(config))


def _span(
    week: str | None, month: str | None, year: str | None, config: Config, store: Store, chosen: Sequence[Organisation]
) -> Span:
    from publisher.cadence import Month, Week, Year, week_of

    zone = config.timezone
    running = week_of(now(), zone)
    label = week or month or year
    if label is None:
        last = running.shifted(-1, zone)
        return last if _knew(store, chosen, last.end) else running
    span: Span
    try:
        if week:
            span = Week.parse(label.upper(), zone)
        elif month:
            span = Month.parse(label, zone)
        else:
            span = Year.parse(label, zone)
    except ValueError as error:
        raise click.UsageError(_no_such(label, week=bool(week), month=bool(month))) from error
    if span.start > now():
        raise click.UsageError(_("%(span)s has not begun.") % {"span": span.label})
    return span


def _no_such(label: str, *, week: bool, month: bool) -> str:
    if week:
        return _("'%(week)s' is not a week; write for example 2026-W48.") % {"week": label}
    if month:
        return _("'%(month)s' is not a month; write for example 2026-11.") % {"month": label}
    return _("'%(year)s' is not a year; write for example 2026.") % {"year": label}


def _knew(store: Store, chosen: Sequence[Organisation], moment: datetime) -> bool:
    from publisher.store import reports

    with store.read() as conn:
        known = [reports.known_since(conn, organisation.key) for organisation in chosen]
    return any(since is not None and since < moment for since in known)


def _show(reporter: Reporter, chosen: Sequence[Organisation], span: Span) -> None:
    from publisher.mail import weekly_text

    texts = [weekly_text(reporter.build(organisation, span, now()), current()) for organisation in chosen]
    click.echo("\n\n".join(texts))


def _write(reporter: Reporter, chosen: Sequence[Organisation], span: Span, path: Path, config: Config) -> None:
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
        write_eml(reporter.message(organisation, span, recipient, language, now()), path)
    except OSError as error:
        raise not_written(error, path, code=Exit.USAGE) from error
    say(_("Written: %(path)s") % {"path": path})


def _open(reporter: Reporter, chosen: Sequence[Organisation], span: Span, config: Config) -> None:
    from publisher.mail import as_page
    from publisher.purging import pages_of

    folder = pages_of(config)
    for organisation in chosen:
        path = folder / f"{organisation.key}-{span.label}.html"
        message = reporter.message(organisation, span, reporter.sender, current(), now())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(as_page(message), encoding="utf-8")
        except OSError as error:
            raise not_written(error, path, code=Exit.USAGE) from error
        click.echo(str(path))
        if not webbrowser.open(path.resolve().as_uri()):
            say(_("No browser opened; open the file by hand."))


def _send_copy(reporter: Reporter, chosen: Sequence[Organisation], span: Span, to: str) -> None:
    from publisher.mail import MailError, Unclear

    if not is_address(to):
        raise click.UsageError(_("'%(value)s' is not a mail address") % {"value": to})
    for organisation in chosen:
        known = organisation.report.to if organisation.report else ()
        language = next((one.language for one in known if one.address == to), current())
        try:
            reporter.send_copy(organisation, span, to, language, now())
        except Unclear as error:
            raise Stop(
                _("The mail to %(address)s was perhaps taken: %(why)s") % {"address": to, "why": error},
                remedy=_("Look into the mailbox before you send it again."),
                code=Exit.TRY_LATER,
            ) from error
        except MailError as error:
            raise Stop(
                _("The mail to %(address)s was not taken: %(why)s") % {"address": to, "why": error},
                remedy=_("To see what is wrong with sending: tiedote doctor"),
                code=Exit.TRY_LATER,
            ) from error
        say(_("%(name)s: sent to %(address)s.") % {"name": organisation.name, "address": to})
    _say_where(reporter)


def _say_where(reporter: Reporter) -> None:
    """Say so where mails do not leave this machine."""
    if reporter.folder is not None:
        say(_("Mails become files in %(folder)s.") % {"folder": reporter.folder})


def _send(
    ctx: click.Context,
    reporter: Reporter,
    store: Store,
    chosen: Sequence[Organisation],
    span: Span,
    config: Config,
    *,
    again: bool,
) -> None:
    from publisher.store import reports

    if span.end > now():
        raise Stop(
            _("%(span)s is not over; its summary can be sent once, when it is.") % {"span": span.label},
            remedy=_("To see it so far, leave --send out, or use --to, --to-file or --open."),
            code=Exit.USAGE,
        )
    begun = now()
    for organisation in chosen:
        reporter.prepare_span(organisation, span, begun, again=again)
    reporter.send_due(begun)
    waiting = before = False
    for organisation in chosen:
        with store.read() as conn:
            rows = reports.list_reports(conn, organisation.key, span.label)
        for row in rows:
            say(f"{row.recipient}: {_how_it_stands(row, begun, config.timezone)}")
            waiting |= row.state != "sent"
            before |= row.sent_at is not None and row.sent_at < begun
        if not rows:
            say(_("%(name)s: nobody is named under 'report' in the configuration.") % {"name": organisation.name})
    _say_where(reporter)
    if before:
        say(_("Nobody gets it twice by mistake; to send it once more on purpose, add --again."))
    if waiting:
        ctx.exit(Exit.TRY_LATER)


def _how_it_stands(row: Report, begun: datetime, zone: tzinfo) -> str:
    if row.state in {"unclear", "resending", "perhaps"}:
        return _("perhaps taken: %(why)s") % {"why": row.error or ""}
    if row.sent_at is None:
        return _("not taken: %(why)s") % {"why": row.error or _("another process is sending it")}
    if row.sent_at < begun:
        return _("already sent %(moment)s") % {"moment": words.moment(row.sent_at, zone)}
    return _("sent")
