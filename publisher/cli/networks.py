"""`networks`: what is known of each network, since when, and from where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import config_path, json_option, load, print_json
from publisher.locale import N_, _

if TYPE_CHECKING:
    from channels.base import Source
    from publisher.config import Config
    from publisher.datasheet import Line

_NAME = 23
_VALUE = 46
"""Columns: with the number of its source a line has 80."""


@click.command(help=N_("Show every network's limits and what it tells, each with its source and date."))
@json_option
@click.pass_context
def networks(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Show the data sheets; without a configuration, as this Tiedote was made."""
    from channels import registry
    from publisher import datasheet

    config = load(ctx, secrets=False) if config_path(ctx).is_file() else None
    sheets: dict[str, tuple[tuple[Line, ...], tuple[Line, ...]]] = {}
    for name in registry.names():
        dated = registry.capabilities(name)
        counts = config.capabilities(name) if config else dated
        sheets[name] = tuple(datasheet.lines(name, dated, counts)), tuple(datasheet.prices(dated, counts))
    if as_json:
        data = [_as_data(name, *sheet, _users(config, name)) for name, sheet in sheets.items()]
        print_json({"version": 1, "networks": data})
        return
    for number, (name, (limits, prices)) in enumerate(sheets.items()):
        if number:
            click.echo()
        _print(name, (*limits, *prices), _users(config, name) if config else None)


def _users(config: Config | None, channel: str) -> list[str]:
    """Tell which organisations have an account on a network."""
    organisations = config.organisations.values() if config else ()
    return [one.key for one in organisations if any(account.channel == channel for account in one.accounts)]


def _as_data(name: str, limits: Sequence[Line], prices: Sequence[Line], users: Sequence[str]) -> dict[str, object]:
    return {
        "name": name,
        "organisations": list(users),
        "limits": [_line_data(line) for line in limits],
        "prices": [{**_line_data(line), "currency": "USD"} for line in prices],
    }


def _line_data(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "value": line.plain,
        "overridden": line.dated is not None,
        "source": _source_data(line.source),
    }


def _source_data(source: Source) -> dict[str, object]:
    return {
        "page": source.page or None,
        "read": source.on.isoformat(),
        "basis": str(source.basis),
        "note": source.note or None,
    }


def _print(name: str, lines: Sequence[Line], users: Sequence[str] | None) -> None:
    from publisher.datasheet import name_of

    title = words.NETWORKS.get(name, name)
    click.echo(click.style(title, bold=True) + ("" if users is None else f" ({_in_use(users)})"))
    sources = list(dict.fromkeys(map(_origin, lines)))
    for line in lines:
        value = (
            line.value
            if line.dated is None
            else _("%(value)s by the configuration; dated: %(dated)s")
            % {
                "value": line.value,
                "dated": line.dated,
            }
        )
        number = sources.index(_origin(line)) + 1
        for place, piece in enumerate(_pieces(value)):
            first = "" if place else name_of(line)
            last = "" if place else f"[{number}]"
            click.echo(f"  {first:<{_NAME}} {piece:<{_VALUE}} {last:>4}".rstrip())
    for number, (basis, page, day) in enumerate(sources, 1):
        click.echo(f"  {f'[{number}]':>4} {day}  {_(_BASES[basis])}".rstrip())
        if page:
            click.echo(f"       {page}")


def _in_use(users: Sequence[str]) -> str:
    return ", ".join(users) if users else _("not in use here")


_BASES = {
    "network": N_("the network's own page"),
    "others": N_("found by others; the network gives no figure"),
    "ours": N_("our own choice"),
}


def _origin(line: Line) -> tuple[str, str, str]:
    return (str(line.source.basis), line.source.page, line.source.on.isoformat())


def _pieces(value: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(value, _VALUE, break_long_words=False) or [""]
