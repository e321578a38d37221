"""`comments`: what residents wrote, what waits for an answer first; ideas; and why something is taken for what."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
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
    tell,
)
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from publisher.cells import Cell
    from publisher.config import Config
    from publisher.service import Service
    from publisher.store.engagement import CommentView
    from publisher.store.replies import Addressed

KINDS = ("question", "idea", "thanks", "inappropriate")
_WORDS = {"idea": N_("an idea"), "thanks": N_("thanks"), "inappropriate": N_("perhaps inappropriate")}


@click.group(
    help=N_(
        "Show what residents wrote: what waits for an answer first, and of that the oldest. What it looks like is told by rules that "
        "anybody can read; --why shows which."
    ),
    invoke_without_command=True,
)
@click.option("--unanswered", is_flag=True, help=N_("Only what nobody has answered; questions first."))
@click.option("--ideas", is_flag=True, help=N_("Only ideas for development, by e-service."))
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help=N_("Only what looks like this."))
@org_option
@click.option("--service", metavar=N_("SERVICE"), help=N_("Only what was written under posts of this e-service."))
@click.option("--why", is_flag=True, help=N_("Show which rules fired, and on which words."))
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar=N_("NUMBER"),
    help=N_("Show this many at most; ideas, tables and JSON are whole."),
)
@click.option("--csv", "as_csv", is_flag=True, help=N_("Print a table for a spreadsheet."))
@json_option
@click.pass_context
def comments(  # noqa: PLR0913 -- one argument for each option
    ctx: click.Context,
    *,
    unanswered: bool,
    ideas: bool,
    kinds: tuple[str, ...],
    organisation: str | None,
    service: str | None,
    why: bool,
    limit: int,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List residents' comments."""
    if ctx.invoked_subcommand is not None:
        return
    from publisher.purging import PROGRAM, Purger
    from publisher.store import engagement, replies

    if as_csv and as_json:
        raise click.UsageError(_("--csv and --json do not go together."))
    wanted = {*kinds, "idea"} if ideas else set(kinds)
    with open_store(ctx) as (config, store):
        must_exist(organisation, config)
        Purger(store, config).purge_due(now(), PROGRAM)
        with store.read() as conn:
            found = engagement.list_comments(
                conn, organisation=organisation, unanswered=unanswered, service=service, looks=wanted
            )
            waiting = frozenset(one.target.remote_id for one in replies.awaiting(conn))
    ordered = _in_order(found, unanswered=unanswered)
    if as_csv:
        _print_csv(ordered, config)
    elif as_json:
        print_json({"version": 1, "comments": [_comment_data(comment, config, why=why) for comment in ordered]})
    elif ideas:
        _print_ideas(ordered, config, waiting, why=why)
    else:
        _print_comments(ordered[:limit], config, waiting, why=why)
        _print_left(len(ordered), limit)


@comments.command(help=N_("Say that a comment needs no answer any more. ID as 'tiedote comments' shows it."))
@click.argument("comment_id", metavar="ID")
@click.pass_context
def done(ctx: click.Context, comment_id: str) -> None:
    """Take a comment off the list of unanswered ones."""
    from publisher.store import engagement

    number = comment_number(comment_id)
    with open_store(ctx) as (_config, store), store.write() as conn:
        found = number is not None and engagement.mark_done(conn, number, now())
    if not found:
        raise no_comment(comment_id)
    say(_("%(id)s needs no answer any more.") % {"id": f"c-{number}"})


@comments.command(
    help=N_(
        "Show all of a comment. Where its words may not be kept for long (LinkedIn), they are read from the network for you, and not "
        "stored. ID as 'tiedote comments' shows it."
    )
)
@click.argument("comment_id", metavar="ID")
@click.pass_context
def show(ctx: click.Context, comment_id: str) -> None:
    """Open one comment."""
    from publisher.purging import PROGRAM
    from publisher.rehearsal import shown
    from publisher.store import replies

    number = comment_number(comment_id)
    with open_service(ctx) as service:
        service.keeper.purge_due(now(), PROGRAM)
        with service.store.read() as conn:
            found = None if number is None else replies.comment(conn, number)
        if found is None:
            raise no_comment(comment_id)
        text = found.text
        if text is None:
            text = _read_now(service, found)
        link = shown(service.config)(found.url or "")
    click.echo(f"{found.organisation} {words.account_word(found.channel, found.account)}")
    print_said(text, link, whole=True)


def _read_now(service: Service, comment: Addressed) -> str | None:
    from publisher.errors import explain

    opened = service.keeper.open(comment, now())
    if opened.gone:
        say(_("It is not on the network any more, or was forgotten here."))
    elif opened.error is not None:
        say(explain(opened.error.kind, opened.error.detail).message)
    return opened.text


def comment_number(comment_id: str) -> int | None:
    """Read a comment's id, with or without the c-."""
    number = comment_id.removeprefix("c-")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None


def no_comment(comment_id: str) -> Stop:
    """Say that there is no such comment."""
    return Stop(
        _("There is no comment %(id)s.") % {"id": comment_id},
        remedy=_("Its id is the first column of: tiedote comments"),
        code=Exit.USAGE,
    )


def _in_order(found: Sequence[CommentView], *, unanswered: bool) -> Sequence[CommentView]:
    """Put what waits first; the database gives each part oldest first."""
    return sorted(found, key=lambda one: (one.answered, unanswered and not one.question))


def looks_of(comment: CommentView) -> tuple[str, ...]:
    """Tell what a comment looked like when it was read, whether its words are still kept or not."""
    topics = (comment.topics or "").split()
    return tuple(kind for kind in KINDS if kind in topics or (kind == "question" and comment.question))


def _waited(comment: CommentView, config: Config) -> timedelta | None:
    """Tell how long a question has waited in office hours."""
    from publisher.officehours import waited

    if comment.answered or not comment.question:
        return None
    return waited(config.office_hours, comment.created_at, now(), config.timezone)


def _comment_data(comment: CommentView, config: Config, *, why: bool) -> dict[str, object]:
    waited = _waited(comment, config)
    data: dict[str, object] = {
        "id": f"c-{comment.id}",
        "organisation": comment.organisation,
        "channel": comment.channel,
        "announcement": comment.announcement,
        "remote_id": comment.remote_id,
        "parent_remote_id": comment.parent_remote_id,
        "kind": comment.kind,
        "author": comment.author,
        "text": comment.text,
        "created_at": words.iso(comment.created_at, config.timezone),
        "url": comment.url,
        "answered": comment.answered,
        "question": comment.question,
        "service": comment.service,
        "looks": list(looks_of(comment)),
        "hidden": comment.hidden,
        "office_hours": None if waited is None else round(waited.total_seconds() / 3600, 1),
    }
    if why:
        data["why"] = [{"looks": kind, "rule": rule, "found": found} for kind, rule, _says, found in _reasons(comment)]
    return data


def _reasons(comment: CommentView) -> list[tuple[str, str, str, str]]:
    """Return why a comment is taken for what it is: what, the rule, what that says, and the words that it found."""
    from publisher.listening import listen

    return [(one.cue.kind, one.cue.name, _(one.cue.says), one.found) for one in listen(comment.text or "")]


# ---------------------------------------------------------------- for people


def _print_comments(found: Sequence[CommentView], config: Config, waiting: Collection[str], *, why: bool) -> None:
    from publisher.rehearsal import shown

    to_open = shown(config)
    if not found:
        say(_("No comments."))
    for number, comment in enumerate(found):
        if number:
            click.echo()
        _print_heading(comment, config, waiting)
        _print_short(comment, to_open(comment.url or ""), why=why)


def _print_left(count: int, limit: int) -> None:
    """Tell how many comments the list leaves out."""
    more = count - limit
    if more > 0:
        told = ngettext(
            "%(n)d more; to see them too: --limit %(most)d", "%(n)d more; to see them too: --limit %(most)d", more
        )
        tell("\n" + told % {"n": more, "most": count})


def _print_short(comment: CommentView, link: str, *, why: bool) -> None:
    from publisher.mail.formats import unaddressed

    text = None if comment.text is None else unaddressed(comment.text, comment.channel)
    print_said(text, link, why=_reasons(comment) if why else ())


def print_said(
    text: str | None, link: str, *, why: Sequence[tuple[str, str, str, str]] = (), whole: bool = False
) -> None:
    """Print a resident's words so that they can do nothing to a terminal, and where they stand; cut, unless `whole`."""
    # Babel comes with it; the list needs the database anyway, which takes longer.
    from publisher.mail.formats import excerpt, plain, weblink

    if text is not None and whole:
        for line in text.splitlines():
            echo_folded("  ", plain(line))
    else:
        echo_folded("  ", _("(its words are not kept; open the link)") if text is None else excerpt(text))
    for _kind, rule, says, found in why:
        echo_folded("  * ", _("%(says)s: “%(words)s” (%(rule)s)") % {"says": says, "words": plain(found), "rule": rule})
    if address := weblink(link):
        # An address that is folded cannot be opened.
        echo_unbroken("", address)


def _print_heading(comment: CommentView, config: Config, waiting: Collection[str], *, told: str = "") -> None:
    """Print which comment it is and how it stands. `told`: what it looks like, where the list is of nothing else."""
    first = click.style(f"c-{comment.id}", bold=True)
    place = f"{comment.organisation} {words.account_word(comment.channel, comment.account)}: "
    place += comment.announcement or _("a mention of the account")
    click.echo("  ".join([first, words.moment(comment.created_at, config.timezone), place]))
    waits = comment.question and not comment.answered
    click.echo("  " + click.style(_how_it_stands(comment, config, waiting, told), fg="yellow" if waits else None))


def _how_it_stands(comment: CommentView, config: Config, waiting: Collection[str], told: str) -> str:
    looks = ", ".join(_(_WORDS[kind]) for kind in looks_of(comment) if kind in _WORDS and kind != told)
    stands = _stands(comment, _waited(comment, config))
    parts = [f"{stands} ({looks})" if looks else stands]
    if comment.hidden:
        parts.append(_("hidden"))
    if comment.remote_id in waiting:
        parts.append(_("a reply awaits approval"))
    return ", ".join(parts)


def _stands(comment: CommentView, waited: timedelta | None) -> str:
    if comment.answered:
        return _("answered")
    if waited is None:
        return _("not answered")
    hours = int(waited.total_seconds() // 3600)
    if hours < 1:
        return _("a question that waits for an answer")
    return ngettext(
        "a question that has waited for %(n)d office hour",
        "a question that has waited for %(n)d office hours",
        hours,
    ) % {"n": hours}


def _print_ideas(found: Sequence[CommentView], config: Config, waiting: Collection[str], *, why: bool) -> None:
    """Print ideas by e-service; where the words are not kept any more, they are counted."""
    from publisher.rehearsal import shown

    to_open = shown(config)
    if not found:
        say(_("No ideas so far."))
    for number, (service, some) in enumerate(_by_service(found)):
        if number:
            click.echo()
        heading = ngettext("%(service)s: %(n)d idea", "%(service)s: %(n)d ideas", len(some))
        click.echo(click.style(heading % {"service": service, "n": len(some)}, bold=True))
        for place, comment in enumerate(one for one in some if one.text is not None):
            if place:
                click.echo()
            _print_heading(comment, config, waiting, told="idea")
            _print_short(comment, to_open(comment.url or ""), why=why)
        for channel, n in Counter(comment.channel for comment in some if comment.text is None).items():
            counted = ngettext(
                "%(n)d more on %(network)s, whose words may not be kept",
                "%(n)d more on %(network)s, whose words may not be kept",
                n,
            )
            click.echo("  " + counted % {"n": n, "network": words.NETWORKS.get(channel, channel)})


def _by_service(found: Sequence[CommentView]) -> list[tuple[str, list[CommentView]]]:
    def service(comment: CommentView) -> str:
        return comment.service or comment.announcement or _("no e-service")

    return [(name, list(some)) for name, some in groupby(sorted(found, key=service), key=service)]


# ---------------------------------------------------------------- for spreadsheets

_COLUMNS = (
    "service",
    "organisation",
    "network",
    "announcement",
    "written",
    "looks_like",
    "answered",
    "number",
    "text",
    "link",
)


def _print_csv(found: Sequence[CommentView], config: Config) -> None:
    """Print one row for each comment; members of LinkedIn are counted, for their words may not leave the application."""
    import sys

    from publisher.cells import write_rows
    from publisher.mail.formats import plain

    # One line a comment: line ends would only make the table hard to read.
    rows = ([plain(one) if isinstance(one, str) else one for one in row] for row in _rows(found, config))
    write_rows(sys.stdout, _COLUMNS, rows)


def _rows(found: Sequence[CommentView], config: Config) -> list[tuple[Cell, ...]]:
    from publisher.rehearsal import shown
    from publisher.retention import WORDS_KEPT

    to_open = shown(config)
    rows: list[tuple[Cell, ...]] = []
    counted: Counter[tuple[str, ...]] = Counter()
    for one in found:
        where = (one.service or "", one.organisation, one.channel, one.announcement or "")
        what = (" ".join(looks_of(one)), "yes" if one.answered else "no")
        if one.text is None or one.channel in WORDS_KEPT:
            counted[(*where, "", *what)] += 1
        else:
            written = words.iso(one.created_at, config.timezone)
            rows.append((*where, written, *what, 1, one.text, to_open(one.url or "")))
    rows += [(*key, n, "", "") for key, n in counted.items()]
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1]), str(row[4])))
