"""`results`: what posts brought, beside what is usual, and how it grew."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import (
    echo_folded,
    json_option,
    must_exist,
    now,
    open_store,
    org_option,
    print_json,
    say,
    tell,
)
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.cells import Cell
    from publisher.config import Config
    from publisher.series import Day
    from publisher.store import Connection
    from publisher.store.engagement import PostResult

_SERIES_OF = ("post", "service")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What residents did to a post in all, and the middle of what they had done to the other ones at its age; None: not known."""

    interactions: int | None
    usual: float | None

    @property
    def difference(self) -> int | None:
        if self.interactions is None or self.usual is None:
            return None
        return round(self.interactions - self.usual)


@click.command(
    help=N_(
        "Show the counts of every published post as they were last read, beside what the organisation's own posts of the "
        "last eight weeks on the same account had at the same age."
    )
)
@org_option
@click.option("--service", metavar=N_("SERVICE"), help=N_("Only announcements about this e-service."))
@click.option(
    "--series",
    type=click.Choice(_SERIES_OF),
    help=N_("Show day by day how it grew, of each post or of each e-service."),
)
@click.option("--csv", "as_csv", is_flag=True, help=N_("Print CSV for a spreadsheet."))
@json_option
@click.pass_context
def results(
    ctx: click.Context,
    organisation: str | None,
    service: str | None,
    series: str | None,
    as_csv: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """List published posts with their counts, or how these grew."""
    if as_csv and as_json:
        raise click.UsageError(_("--csv and --json do not go together."))
    with open_store(ctx) as (config, store), store.read() as conn:
        must_exist(organisation, config)
        if series is None:
            _show_posts(conn, config, organisation, service, as_csv=as_csv, as_json=as_json)
        else:
            _show_series(_days(conn, config, organisation, service, series), as_csv=as_csv, as_json=as_json)


# Posts


def _show_posts(
    conn: Connection, config: Config, organisation: str | None, service: str | None, *, as_csv: bool, as_json: bool
) -> None:
    from publisher.store import engagement

    found = [
        post
        for post in engagement.list_results(conn, organisation=organisation)
        if service is None or post.service == service
    ]
    moment = now()
    beside = {post.delivery_id: _beside(conn, post, moment) for post in found}
    if as_json:
        posts = [_post_data(post, beside[post.delivery_id], config.timezone) for post in found]
        print_json({"version": 1, "posts": posts})
    elif as_csv:
        _print_csv(_POST_HEADING, (_post_cells(post, beside[post.delivery_id], config.timezone) for post in found))
    else:
        _print_results(found, beside, config.timezone)


def _beside(conn: Connection, post: PostResult, moment: datetime) -> _Beside:
    from publisher.store import results as stored
    from publisher.usual import WEEKS, interactions, usual

    mine = interactions(post.reactions, post.comments, post.shares)
    if mine is None or post.as_of is None:
        return _Beside(interactions=mine, usual=None)
    others = stored.others_at_age(conn, post.delivery_id, post.as_of - post.published_at, WEEKS, moment)
    counted = (interactions(one.reactions, one.comments, one.shares) for one in others)
    return _Beside(interactions=mine, usual=usual([n for n in counted if n is not None]))


def _post_data(post: PostResult, beside: _Beside, zone: tzinfo) -> dict[str, object]:
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
        "clicks": post.clicks,
        "service": post.service,
        "published_at": words.iso(post.published_at, zone),
        "interactions": beside.interactions,
        "usual_interactions": beside.usual,
    }


_POST_HEADING = (
    "announcement",
    "title",
    "service",
    "organisation",
    "channel",
    "account",
    "language",
    "url",
    "published_at",
    "as_of",
    "reactions",
    "comments",
    "shares",
    "views",
    "clicks",
    "interactions",
    "usual_interactions",
)


def _post_cells(post: PostResult, beside: _Beside, zone: tzinfo) -> Sequence[Cell]:
    return (
        post.announcement,
        post.title,
        post.service,
        post.organisation,
        post.channel,
        post.account,
        post.language,
        post.url,
        post.published_at.astimezone(zone),
        post.as_of.astimezone(zone) if post.as_of else None,
        None if post.reactions is None else sum(post.reactions.values()),
        post.comments,
        post.shares,
        post.views,
        post.clicks,
        beside.interactions,
        beside.usual,
    )


def _print_csv(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    from publisher.cells import write_rows

    write_rows(sys.stdout, heading, rows)


def _print_results(found: Sequence[PostResult], beside: Mapping[int, _Beside], zone: tzinfo) -> None:
    """Print the posts of each announcement together; in words, for a table with every kind of reaction is wider than a terminal."""
    if not found:
        say(_("Nothing has been published yet."))
        return
    for announcement in dict.fromkeys(post.announcement for post in found):
        echo_folded("", announcement)
        theirs = (post for post in found if post.announcement == announcement)
        for post in sorted(theirs, key=lambda post: (post.organisation, post.channel, post.account)):
            account = f"{post.organisation} {words.account_word(post.channel, post.account)}"
            as_of = {"account": account, "moment": words.moment(post.as_of, zone)}
            read = _("%(account)s, as of %(moment)s") if post.as_of else _("%(account)s, not read yet")
            echo_folded("  ", read % as_of)
            if post.as_of:
                echo_folded("    ", ", ".join(_counted(post, beside[post.delivery_id])))
        click.echo()
    if any(None in (post.reactions, post.comments, post.shares, post.views) for post in found if post.as_of):
        tell(_("A dash: the network does not tell, or it has not been read yet."))
    if any(one.difference is not None for one in beside.values()):
        tell(
            _(
                "The usual: the middle of what the account's posts of the eight weeks before it had at the same age, reactions, "
                "comments and shares together. Nothing is said where fewer than three can be compared."
            )
        )


def _counted(post: PostResult, beside: _Beside) -> Iterator[str]:
    yield _("reactions %(n)s") % {"n": _kinds(post.reactions)}
    yield _("comments %(n)s") % {"n": _count(post.comments)}
    yield _("shares %(n)s") % {"n": _count(post.shares)}
    yield _("seen %(n)s") % {"n": _count(post.views)}
    if beside.difference is not None:
        yield _("%(difference)s beside the usual") % {"difference": _signed(beside.difference)}


def _kinds(reactions: Mapping[str, int] | None) -> str:
    """Give the sum, and in brackets each kind, the most frequent first."""
    if reactions is None:
        return "–"
    most_first = sorted(reactions.items(), key=lambda pair: (-pair[1], pair[0]))
    kinds = ", ".join(f"{_(_REACTIONS.get(kind, kind))} {n}" for kind, n in most_first if n)
    total = sum(reactions.values())
    return f"{total} ({kinds})" if kinds else str(total)


_REACTIONS = {
    "like": N_("like"),
    "love": N_("love"),
    "care": N_("care"),
    "haha": N_("haha"),
    "wow": N_("wow"),
    "sad": N_("sad"),
    "angry": N_("angry"),
    "praise": N_("celebrate"),
    "appreciation": N_("support"),
    "empathy": N_("love"),
    "interest": N_("insightful"),
    "entertainment": N_("funny"),
}
"""The kinds as the networks write them on their pages; those of LinkedIn's interface are named otherwise."""


def _count(n: int | None) -> str:
    return "–" if n is None else str(n)


def _signed(n: int | None) -> str:
    return "–" if n is None else f"{'+' if n > 0 else '−' if n < 0 else '±'}{abs(n)}"  # noqa: RUF001 - a minus sign, not a hyphen


# Series


def _days(
    conn: Connection, config: Config, organisation: str | None, service: str | None, series: str
) -> Iterable[Day]:
    from publisher.series import of_posts, of_services
    from publisher.store.results import counted

    by_service = series == "service"
    readings = counted(conn, organisation=organisation, service=service, by_time=by_service)
    return (of_services if by_service else of_posts)(readings, config.timezone)


def _show_series(days: Iterable[Day], *, as_csv: bool, as_json: bool) -> None:
    from publisher.series import Day

    names = [one.name for one in fields(Day)]
    if as_csv:
        _print_csv(names, ([_plain(getattr(day, name)) for name in names] for day in days))
    elif as_json:
        print_json({"version": 1, "days": [{name: _plain(getattr(day, name)) for name in names} for day in days]})
    else:
        _print_days(days)


def _plain(value: object) -> str | int | None:
    return value if isinstance(value, int) or value is None else str(value)


def _print_days(days: Iterable[Day]) -> None:
    from publisher.cli.tables import Column, print_table

    headings = (_("Day"), _("Of"), _("Reactions"), _("Comments"), _("Shares"), _("Seen"))
    rows = [
        (
            day.day.isoformat(),
            f"{day.organisation} {_of(day)}",
            _count(day.reactions),
            _count(day.comments),
            _count(day.shares),
            _count(day.views),
        )
        for day in days
    ]
    if not rows:
        say(_("Nothing was read so far."))
        return
    print_table([Column(heading=one, folds=n == 1) for n, one in enumerate(headings)], rows)


def _of(day: Day) -> str:
    if day.announcement is None:
        return str(day.service)
    return f"{words.NETWORKS.get(day.channel or '', day.channel)}: {day.announcement}"
