"""`plan`: what goes out when and where, what it costs, and why the rest does not; beside what the database knows, like a diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Stop, json_option, load, now, print_json, say
from publisher.locale import N_, _, current, ngettext
from publisher.terminal import WIDTH, folded, harmless

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.outlook import Going, Outlook, Staying
    from publisher.store import Store

_SIGNS = {"new": "+", "changed": "~", "same": " ", "cancelled": "-"}
_COLOURS = {"new": "green", "changed": "yellow", "cancelled": "red"}
_DAY = {"fi": "{0.day}.{0.month}.{0.year}", "sv": "{0.day}.{0.month}.{0.year}", "en": "{0:%Y-%m-%d}"}
_TIME = {"fi": "{0.hour}.{0:%M}", "sv": "{0.hour}.{0:%M}", "en": "{0:%H:%M}"}


@click.command(
    help=N_(
        "Show what goes out when and where, what it costs on X, and why the rest does not. "
        "+ is new, ~ changed, - called off, beside what the database knows. Nothing is sent or kept; no network is asked."
    )
)
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    metavar=N_("DAYS"),
    help=N_("How many days to look ahead."),
)
@json_option
@click.pass_context
def plan(ctx: click.Context, days: int, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Look ahead and print."""
    from publisher.outlook import look_ahead

    config = load(ctx, secrets=False)
    store = _store(config)
    try:
        outlook = look_ahead(config, store, now(), timedelta(days=days))
    finally:
        if store is not None:
            store.close()
    if not outlook.readable:
        raise Stop(
            _("The folder of announcements cannot be read: %(path)s") % {"path": config.queue},
            remedy=_("Make it, or name another one as 'queue' in the configuration."),
        )
    if as_json:
        print_json(_data(outlook, config, compared=store is not None))
    else:
        _print(outlook, config, days)


def _store(config: Config) -> Store | None:
    """Open the database if there is one that can be compared with; say so if there is one that cannot."""
    from publisher.store import DatabaseProblem, SchemaState, Store, schema_state

    is_file = config.database.startswith("sqlite:///")
    if (is_file and not _file_of(config).is_file()) or "${" in config.database:
        return None
    store = Store(config.database)
    try:
        state = schema_state(store)
    except DatabaseProblem:
        state = None
    if state is SchemaState.CURRENT:
        return store
    store.close()
    if state is not SchemaState.EMPTY:
        say(_("The database cannot be compared with, so all of it is shown as new. tiedote doctor tells why."))
    return None


def _file_of(config: Config) -> Path:
    return Path(config.database.removeprefix("sqlite:///").partition("?")[0])


# ---------------------------------------------------------------- for people


def _print(outlook: Outlook, config: Config, days: int) -> None:
    zone = config.timezone
    for day, of_day in groupby(
        sorted([*outlook.going, *outlook.cancelled], key=lambda one: (one.due_at, one.key.announcement)),
        key=lambda one: one.due_at.astimezone(zone).date(),
    ):
        click.echo(click.style(f"{_weekday(day.weekday())} {_DAY[current()].format(day)}", bold=True))
        for (change, due_at, _announcement, _occurrence), alike in groupby(of_day, key=_together):
            _print_group(change, due_at.astimezone(zone), list(alike))
        click.echo()
    if not outlook.going:
        click.echo(
            ngettext("Nothing goes out in %(n)d day.", "Nothing goes out in %(n)d days.", days) % {"n": days} + "\n"
        )
    _print_staying(outlook)
    if outlook.blocked:
        from publisher.cli.deliveries import print_blocked

        print_blocked(outlook.blocked)
        click.echo()
    _print_sum(outlook, days)
    _print_costs(outlook, config)


def _together(one: Going) -> tuple[str, datetime, str, int]:
    return str(one.change), one.due_at, one.key.announcement, one.key.occurrence


def _print_group(change: str, at: datetime, alike: Sequence[Going]) -> None:
    """Print one announcement at one time: where it goes, and what that costs."""
    name = _name(alike[0].key.announcement, alike[0].key.occurrence)
    title = " ".join(alike[0].title.split())
    head = f"{_SIGNS[change]} {_TIME[current()].format(at):>5}  {name}"
    room = WIDTH - len(head) - 2
    if room >= 12:
        head += "  " + (title if len(title) <= room else title[: room - 1].rstrip() + "…")
    click.echo(click.style(harmless(head), fg=_COLOURS.get(change)))
    for organisation, here in groupby(sorted(alike, key=_organisation), key=_organisation):
        for line in _folded(f"{organisation}: {', '.join(_accounts(list(here)))}", 9):
            click.echo(line)
    for parts, accounts in _by_parts(alike).items():
        for line in _folded(f"{', '.join(accounts)}: {parts}", 9):
            click.echo(line)


def _by_parts(alike: Sequence[Going]) -> Mapping[str, Sequence[str]]:
    """Give what a post has beside its words, and what is left out of it, with the accounts for which that holds."""
    found: dict[str, dict[str, None]] = {}
    for one in alike:
        parts = "; ".join(filter(None, [", ".join(_parts(one)), *_left_out(one)]))
        if parts:
            found.setdefault(parts, {})[words.account_word(one.key.channel, one.key.account)] = None
    return {parts: tuple(accounts) for parts, accounts in found.items()}


def _parts(one: Going) -> Iterator[str]:
    post = one.post
    if post.thread:
        count = 1 + len(post.thread)
        yield ngettext("a thread of %(n)d post", "a thread of %(n)d posts", count) % {"n": count}
    if post.pictures:
        count = len(post.pictures)
        yield ngettext("%(n)d picture", "%(n)d pictures", count) % {"n": count}
    if post.poll:
        yield _("a poll")
    if post.description:
        yield _("the card's description")
    if post.thumbnail:
        yield _("the card's picture")
    if post.first_comment:
        yield _("first comment")


def _left_out(one: Going) -> Iterator[str]:
    from publisher.errors import omission

    for code in one.left_out:
        yield _(_WITHOUT[code]) if code in _WITHOUT else omission(code)


_WITHOUT = {"first_comment": N_("without the first comment, which it does not take")}


def _organisation(one: Going) -> str:
    return one.key.organisation


def _accounts(here: Sequence[Going]) -> Iterator[str]:
    """Name the accounts of one organisation, each with what it costs; the language where one of them gets several posts."""
    from publisher.mail import formats

    several = len({(one.key.channel, one.key.account) for one in here}) < len(here)
    for one in here:
        account = words.account_word(one.key.channel, one.key.account)
        language = f" ({one.key.language})" if several else ""
        yield f"{account}{language}" + (f" {formats.dollars(one.cost, 3)}" if one.cost else "")


def _name(announcement: str, occurrence: int) -> str:
    return announcement if occurrence == 1 else f"{announcement}@{occurrence}"


def _folded(text: str, indent: int) -> list[str]:
    space = " " * indent
    return folded(text, WIDTH, space, space + "  ")


def _weekday(day: int) -> str:
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day]


def _print_staying(outlook: Outlook) -> None:
    reasons = list(_reasons(outlook))
    if not reasons and not outlook.faulty:
        return
    click.echo(click.style(_("Does not go out"), bold=True))
    for name, accounts, why in reasons:
        for line in _folded(f"{name}: {why}" if not accounts else f"{name}, {accounts}: {why}", 2):
            click.echo(line)
    for file, count in outlook.faulty.items():
        told = ngettext(
            "%(file)s: %(n)d fault; tiedote check shows it", "%(file)s: %(n)d faults; tiedote check shows them", count
        )
        for line in _folded(told % {"file": file, "n": count}, 2):
            click.echo(line)
    click.echo()


def _reasons(outlook: Outlook) -> Iterator[tuple[str, str, str]]:
    """Give each announcement with the accounts that share a reason, and the reason in words.

    That a file belongs to one organisation needs no mention for the others.
    """
    shared: dict[tuple[str, str], list[Staying]] = {}
    for one in outlook.staying:
        if one.reason != "not_in_organisations":
            shared.setdefault((_name(one.announcement, one.occurrence), _why(one)), []).append(one)
    for (name, why), alike in shared.items():
        by_organisation: dict[str, list[str]] = {}
        for one in alike:
            by_organisation.setdefault(one.organisation, []).append(words.account_word(one.channel, one.account))
        yield (
            name,
            "; ".join(f"{key}: {', '.join(dict.fromkeys(found))}" for key, found in by_organisation.items()),
            why,
        )


_STATES = {
    "draft": N_("a draft; it has no time under 'publish'"),
    "awaiting_approval": N_("awaits approval: tiedote approve %(announcement)s"),
    "unconfirmed": N_("it is not known whether it is out; tiedote status tells what to do"),
    "held": N_("on hold; tiedote status tells why"),
}


def _why(one: Staying) -> str:
    from publisher.errors import OMITTED, explain, omission

    if one.reason in _STATES:
        return _(_STATES[one.reason]) % {"announcement": one.announcement}
    if one.reason in OMITTED:
        return omission(one.reason)
    return explain(one.reason, one.detail).message.removesuffix(".")


def _print_sum(outlook: Outlook, days: int) -> None:
    counts = {change: sum(one.change == change for one in outlook.going) for change in ("new", "changed", "same")}
    going = ngettext("%(n)d post in", "%(n)d posts in", len(outlook.going)) % {"n": len(outlook.going)}
    span = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    parts = [
        ngettext("%(n)d new", "%(n)d new", counts["new"]) % {"n": counts["new"]},
        ngettext("%(n)d changed", "%(n)d changed", counts["changed"]) % {"n": counts["changed"]},
        ngettext("%(n)d as before", "%(n)d as before", counts["same"]) % {"n": counts["same"]},
        ngettext("%(n)d called off", "%(n)d called off", len(outlook.cancelled)) % {"n": len(outlook.cancelled)},
    ]
    if outlook.going or outlook.cancelled:
        click.echo(f"{going} {span}: {', '.join(parts)}.")
    if outlook.later:
        click.echo(ngettext("%(n)d more after that.", "%(n)d more after that.", outlook.later) % {"n": outlook.later})
    if outlook.half_gone:
        click.echo(_("More than half of the announcements disappeared at once, so nothing was cancelled."))
    if outlook.paused:
        click.echo(_("Publishing is paused. To go on: tiedote resume"))


def _print_costs(outlook: Outlook, config: Config) -> None:
    """Say what it costs, and the month so far; nothing where nobody uses a network that bills."""
    from publisher.mail import formats

    for channel in dict.fromkeys(month.channel for month in outlook.months):
        billed = [one for one in outlook.going if one.key.channel == channel]
        if not billed:
            continue
        prices = config.capabilities(channel).prices.values()
        known = {
            "network": words.NETWORKS.get(channel, channel),
            "n": len(billed),
            "total": formats.dollars(sum((one.cost for one in billed), Decimal(0)), 3),
            "day": words.day(max(price.source.on for price in prices)),
        }
        told = ngettext(
            "%(network)s: %(n)d post for %(total)s (prices of %(day)s).",
            "%(network)s: %(n)d posts for %(total)s (prices of %(day)s).",
            len(billed),
        )
        click.echo(told % known)
    for month in outlook.months:
        click.echo(words.spent(month))


# ---------------------------------------------------------------- for scripts


def _data(outlook: Outlook, config: Config, *, compared: bool) -> Mapping[str, object]:
    from publisher.cli.deliveries import blocked_data

    zone = config.timezone
    deliveries = [*outlook.going, *outlook.cancelled]
    return {
        "version": 1,
        "from": words.iso(outlook.since, zone),
        "until": words.iso(outlook.until, zone),
        "compared": compared,
        "deliveries": [_delivery(one, zone) for one in sorted(deliveries, key=lambda one: one.due_at)],
        "not_going": [_not_going(one) for one in outlook.staying],
        "faulty_files": [{"file": file, "faults": count} for file, count in outlook.faulty.items()],
        "blocked_accounts": blocked_data(outlook.blocked, zone),
        "later": outlook.later,
        "paused": sorted(outlook.paused),
        "cost": {
            "currency": "USD",
            "total": float(sum((one.cost for one in outlook.going), Decimal(0))),
            "months": [words.month_data(month) for month in outlook.months],
        },
    }


def _delivery(one: Going, zone: tzinfo) -> Mapping[str, object]:
    return {
        "change": str(one.change),
        "id": None if one.delivery is None else f"d-{one.delivery}",
        "announcement": one.key.announcement,
        "occurrence": one.key.occurrence,
        "organisation": one.key.organisation,
        "channel": one.key.channel,
        "account": one.key.account,
        "language": one.key.language,
        "due": words.iso(one.due_at, zone),
        "cost": float(one.cost),
        "posts": 1 + len(one.post.thread),
        "pictures": len(one.post.pictures),
        "poll": one.post.poll is not None,
        "card_description": one.post.description is not None,
        "card_thumbnail": one.post.thumbnail is not None,
        "first_comment": one.post.first_comment is not None,
        "left_out": list(one.left_out),
    }


def _not_going(one: Staying) -> Mapping[str, object]:
    return {
        "announcement": one.announcement,
        "occurrence": one.occurrence,
        "organisation": one.organisation,
        "channel": one.channel,
        "account": one.account,
        "reason": one.reason,
        "message": _why(one),
    }
